"""A table of the parameters of a layer or a model."""

from math import prod

import jax
import jax.numpy as jnp
from flax import nnx

from seqjax.layers.cell_params import CellParams
from seqjax.layers.stack import Recurrent

Row = tuple[str, str, int | None, int | None]  # name, shape, parameters, FLOP per step


def describe(module: nnx.Module) -> str:
    """A table of a module's parameters, of the carries of its recurrent layers, and of the cost of one step.

    FLOP counts the matrix products of one row and one step, two operations (multiply and add) for each entry of a
    matrix. Elementwise operations are left out, as is usual (a few dozen H), and so is the look-up of an embedding. In
    a model, a step is one application of each module.

    Args:
      module: A layer, or a model with any number of them.

    Returns:
      Lines of text: one for each array of parameters, one for each cell's carry, and the totals.

    Raises:
      TypeError: Something else than a Flax module.
    """
    if not isinstance(module, nnx.Module):
        raise TypeError(f"module must be a layer or a model, a flax.nnx.Module, not {module!r}")
    layers = {path: part for path, part in nnx.iter_modules(module) if isinstance(part, Recurrent)}
    rows: list[Row] = []
    for path, layer in layers.items():
        rows += _layer("".join(f"{name}." for name in path), layer)
    for path, param in nnx.to_flat_state(nnx.state(module, nnx.Param)):
        if not any(path[: len(start)] == start for start in layers):
            rows.append(_row(".".join(map(str, path)), param[...], is_looked_up=path[-1] == "embedding"))
    return _table([*rows, ("total", "", sum(row[2] or 0 for row in rows), sum(row[3] or 0 for row in rows))])


def _layer(prefix: str, layer: Recurrent) -> list[Row]:
    """The rows of one recurrent layer."""
    rows: list[Row] = []
    carries = iter(jax.eval_shape(lambda: layer.initial_carry(1)))
    for index in range(len(layer.forward)):
        for side, cells in (("forward", layer.forward), ("backward", layer.backward)):
            if index >= len(cells):
                continue
            rows += [_row(f"{prefix}{side}.{index}.{name}", leaf) for name, leaf in _arrays(cells[index]).items()]
            fields = ", ".join(f"{name} [B, {leaf.shape[1]}]" for name, leaf in next(carries)._asdict().items())
            rows.append((f"{prefix}{side}.{index} carry", fields, None, None))
    if layer.output is not None:
        rows.append(_row(f"{prefix}output.kernel", layer.output.kernel[...]))
    return rows


def _row(name: str, leaf: jax.Array, *, is_looked_up: bool = False) -> Row:
    return name, str(list(leaf.shape)), leaf.size, 2 * prod(leaf.shape) if leaf.ndim == 2 and not is_looked_up else 0


def _table(rows: list[Row]) -> str:
    """The rows as lines of text, in columns."""
    cells = [("name", "shape", "parameters", "FLOP per step")]
    cells += [(name, shape, _number(count), _number(work)) for name, shape, count, work in rows]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    lines = [
        f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {count:>{widths[2]}}  {work:>{widths[3]}}".rstrip()
        for name, shape, count, work in cells
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _arrays(cell: CellParams) -> dict[str, jax.Array]:
    params = {name: value for name, value in cell.as_tuple()._asdict().items() if value is not None}
    initial = {name: jnp.asarray(getattr(cell, name)[...]) for name in vars(cell) if name.startswith("initial_")}
    return params | initial
