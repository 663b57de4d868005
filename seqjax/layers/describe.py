"""A table of a recurrent layer's parameters."""

from math import prod

import jax
import jax.numpy as jnp

from seqjax.layers.cell_params import CellParams
from seqjax.layers.stack import Recurrent


def describe(layer: Recurrent) -> str:
    """A table of a layer's parameters and carries, and of the cost of one step.

    FLOP counts the matrix products of one row and one step, two operations (multiply and add) for each entry of a
    matrix. Elementwise operations are left out, as is usual (a few dozen H).

    Args:
      layer: The layer.

    Returns:
      Lines of text: one for each array of parameters, one for each cell's carry, and the totals.
    """
    rows: list[tuple[str, ...]] = [("name", "shape", "parameters", "FLOP per step")]
    carries = iter(jax.eval_shape(lambda: layer.initial_carry(1)))
    parameters = flop = 0
    for index in range(len(layer.forward)):
        for side, cells in (("forward", layer.forward), ("backward", layer.backward)):
            if index >= len(cells):
                continue
            for name, leaf in _arrays(cells[index]).items():
                work = 2 * prod(leaf.shape) if leaf.ndim == 2 else 0
                rows.append((f"{side}.{index}.{name}", str(list(leaf.shape)), f"{leaf.size:,}", f"{work:,}"))
                parameters += leaf.size
                flop += work
            carry = next(carries)
            fields = ", ".join(f"{name} [B, {leaf.shape[1]}]" for name, leaf in carry._asdict().items())
            rows.append((f"{side}.{index} carry", fields, "", ""))
    if layer.output is not None:
        kernel = layer.output.kernel[...]
        work = 2 * kernel.size
        rows.append(("output.kernel", str(list(kernel.shape)), f"{kernel.size:,}", f"{work:,}"))
        parameters += kernel.size
        flop += work
    rows.append(("total", "", f"{parameters:,}", f"{flop:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{name:<{widths[0]}}  {shape:<{widths[1]}}  {count:>{widths[2]}}  {work:>{widths[3]}}".rstrip()
        for name, shape, count, work in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _arrays(cell: CellParams) -> dict[str, jax.Array]:
    params = {name: value for name, value in cell.as_tuple()._asdict().items() if value is not None}
    initial = {name: jnp.asarray(getattr(cell, name)[...]) for name in vars(cell) if name.startswith("initial_")}
    return params | initial
