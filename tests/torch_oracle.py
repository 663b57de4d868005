"""Random settings of ``torch.nn.RNN``, ``LSTM`` and ``GRU``, with PyTorch's numbers and ours for each.

Only :func:`torch_numbers` needs PyTorch.
"""

import dataclasses
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from seqjax.interop.torch import from_state_dict
from seqjax.layers import GRU, LSTM, RNN, Dtypes


@dataclasses.dataclass(frozen=True)
class Setting:
    """Options and shapes. Lengths and weights come from a seed, so that problems of a setting share a compilation."""

    cell: str  # tanh, relu, lstm or gru
    num_layers: int
    bidirectional: bool
    bias: bool
    proj_features: int
    in_features: int
    hidden_features: int
    batch: int
    time: int
    packed: bool


class Numbers(NamedTuple):
    """Arrays of one setting; ``carry`` and ``d_carry`` are stacked as PyTorch stacks them."""

    y: np.ndarray
    carry: dict[str, np.ndarray]
    d_x: np.ndarray
    d_carry: dict[str, np.ndarray]
    d_weights: dict[str, np.ndarray]


def draw_setting(rng: np.random.Generator, largest: int) -> Setting:
    cell = str(rng.choice(["tanh", "relu", "lstm", "lstm", "gru", "gru"]))
    hidden = int(rng.integers(1, largest + 1))
    project = cell == "lstm" and hidden > 1 and rng.random() < 0.5
    return Setting(
        cell=cell,
        num_layers=int(rng.choice([1, 1, 1, 2, 2, 3])),
        bidirectional=bool(rng.random() < 0.5),
        bias=bool(rng.random() < 0.7),
        proj_features=int(rng.integers(1, hidden)) if project else 0,
        in_features=int(rng.integers(1, largest + 1)),
        hidden_features=hidden,
        batch=int(rng.integers(1, 6)),
        time=int(rng.choice([1, 2, 3, 5, 8])),
        packed=bool(rng.random() < 0.5),
    )


def golden_settings() -> list[Setting]:
    """The thirty settings of tests/golden: every cell with and without each option, in few shapes."""
    settings = []
    for cell, proj_features in (("tanh", 0), ("relu", 0), ("lstm", 0), ("lstm", 2), ("gru", 0)):
        for num_layers, bidirectional, bias, packed in (
            (1, False, True, False),
            (1, False, False, True),
            (1, True, True, True),
            (2, False, True, True),
            (2, True, True, False),
            (2, True, False, True),
        ):
            settings.append(Setting(cell, num_layers, bidirectional, bias, proj_features, 3, 4, 3, 4, packed))
    return settings


def weight_shapes(s: Setting) -> dict[str, tuple[int, ...]]:
    gates = {"tanh": 1, "relu": 1, "lstm": 4, "gru": 3}[s.cell] * s.hidden_features
    out = s.proj_features or s.hidden_features
    shapes = {}
    for layer in range(s.num_layers):
        width = s.in_features if layer == 0 else out * (2 if s.bidirectional else 1)
        for suffix in ["", "_reverse"] if s.bidirectional else [""]:
            end = f"l{layer}{suffix}"
            shapes |= {f"weight_ih_{end}": (gates, width), f"weight_hh_{end}": (gates, out)}
            if s.bias:
                shapes |= {f"bias_ih_{end}": (gates,), f"bias_hh_{end}": (gates,)}
            if s.proj_features:
                shapes[f"weight_hr_{end}"] = (out, s.hidden_features)
    return shapes


class Problem(NamedTuple):
    weights: dict[str, np.ndarray]
    x: np.ndarray
    lengths: np.ndarray
    carry: dict[str, np.ndarray]
    d_y: np.ndarray  # weights of outputs and last carries in the sum that is differentiated
    d_last: dict[str, np.ndarray]


def draw_problem(s: Setting, seed: int) -> Problem:
    rng = np.random.default_rng(seed)
    bound = s.hidden_features**-0.5
    directions = 2 if s.bidirectional else 1
    out = s.proj_features or s.hidden_features
    stacked = {"h": (s.num_layers * directions, s.batch, out)}
    if s.cell == "lstm":
        stacked["c"] = (s.num_layers * directions, s.batch, s.hidden_features)
    low = 0 if s.packed else s.time
    return Problem(
        weights={name: rng.uniform(-bound, bound, shape) for name, shape in weight_shapes(s).items()},
        x=rng.normal(size=(s.batch, s.time, s.in_features)),
        lengths=rng.integers(low, s.time + 1, s.batch),
        carry={name: rng.normal(size=shape) for name, shape in stacked.items()},
        d_y=rng.normal(size=(s.batch, s.time, out * directions)),
        d_last={name: rng.normal(size=shape) for name, shape in stacked.items()},
    )


def torch_numbers(s: Setting, p: Problem, dtype: str) -> Numbers:
    """PyTorch's numbers. It refuses an empty row, so empty rows are left out; there the initial carry is returned."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    torch.set_num_threads(1)  # faster at these sizes
    kind = {"tanh": torch.nn.RNN, "relu": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[s.cell]
    options = {"nonlinearity": s.cell} if kind is torch.nn.RNN else {}
    options |= {"proj_size": s.proj_features} if s.proj_features else {}
    module = kind(
        s.in_features,
        s.hidden_features,
        num_layers=s.num_layers,
        bias=s.bias,
        bidirectional=s.bidirectional,
        batch_first=True,
        dtype=getattr(torch, dtype),
        **options,
    )

    def tensor(array, *, grad=False):
        return torch.tensor(np.asarray(array), dtype=getattr(torch, dtype), requires_grad=grad)

    module.load_state_dict({name: tensor(value) for name, value in p.weights.items()})
    x = tensor(p.x, grad=True)
    carry = {name: tensor(value, grad=True) for name, value in p.carry.items()}
    rows = np.flatnonzero(p.lengths)
    y = torch.zeros(p.d_y.shape, dtype=x.dtype)
    last = dict(carry)
    if len(rows):
        first = {name: value[:, rows].contiguous() for name, value in carry.items()}
        hx = (first["h"], first["c"]) if s.cell == "lstm" else first["h"]
        if s.packed:
            packed = pack_padded_sequence(
                x[rows], torch.tensor(p.lengths[rows]), batch_first=True, enforce_sorted=False
            )
            out, end = module(packed, hx)
            out, _ = pad_packed_sequence(out, batch_first=True, total_length=s.time)
        else:
            out, end = module(x[rows], hx)
        y = y.index_put((torch.tensor(rows),), out)
        ends = dict(zip(("h", "c"), end, strict=True)) if s.cell == "lstm" else {"h": end}
        last = {name: value.clone() for name, value in carry.items()}
        for name, value in ends.items():
            last[name][:, rows] = value
    total = (y * tensor(p.d_y)).sum() + sum((last[name] * tensor(w)).sum() for name, w in p.d_last.items())
    names = list(dict(module.named_parameters()))
    inputs = [x, *carry.values(), *module.parameters()]
    grads = torch.autograd.grad(total, inputs, allow_unused=True, materialize_grads=True)
    grads = [g.numpy() for g in grads]
    return Numbers(
        y=y.detach().numpy(),
        carry={name: value.detach().numpy() for name, value in last.items()},
        d_x=grads[0],
        d_carry=dict(zip(carry, grads[1:], strict=False)),
        d_weights=dict(zip(names, grads[1 + len(carry) :], strict=True)),
    )


def make_layer(s: Setting, dtype: str):
    options = {"num_layers": s.num_layers, "bidirectional": s.bidirectional, "dtypes": Dtypes(param=dtype)}
    if not s.bias:
        options["bias"] = False
    if s.proj_features:
        options["proj_features"] = s.proj_features
    if s.cell == "relu":
        options["activation"] = jax.nn.relu
    kind = {"tanh": RNN, "relu": RNN, "lstm": LSTM, "gru": GRU}[s.cell]
    # Parameters of zeros: they are overwritten, and drawing them would take longer than all the rest.
    layer = nnx.eval_shape(lambda: kind(s.in_features, s.hidden_features, **options, rngs=nnx.Rngs(0)))
    graph, state = nnx.split(layer)
    return nnx.merge(graph, jax.device_put(jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), state)))


_compiled = {}


def our_numbers(s: Setting, p: Problem, dtype: str) -> Numbers:
    """Our numbers; one compilation for all problems of a setting, at the lowest optimisation level to save time."""
    layer = from_state_dict(make_layer(s, dtype), p.weights)
    graph, state = nnx.split(layer)
    carry_kind = layer.cell.Carry
    order = [(k, d) for k in range(s.num_layers) for d in range(2 if s.bidirectional else 1)]

    def loss(state, x, carry, mask, d_y, d_last):
        carries = tuple(carry_kind(**{name: leaf[i] for name, leaf in carry.items()}) for i in range(len(order)))
        y, last = nnx.merge(graph, state)(x, carry=carries, mask=mask)
        last = {name: jnp.stack([getattr(c, name) for c in last]) for name in carry}
        total = jnp.sum(y * d_y) + sum(jnp.sum(last[name] * d_last[name]) for name in last)
        return total, (y, last)

    def array(value):
        return np.asarray(value, dtype)

    mask = np.arange(s.time) < p.lengths[:, None] if s.packed else None
    tree = jax.tree.map(array, (p.x, p.carry, p.d_y, p.d_last))
    arguments = (state, *tree[:2], mask, *tree[2:])
    if (s, dtype) not in _compiled:
        lowered = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True)).lower(*arguments)
        _compiled[s, dtype] = lowered.compile({"xla_backend_optimization_level": 0})
    (_, (y, last)), (d_state, d_x, d_carry) = _compiled[s, dtype](*arguments)
    gradient = nnx.merge(graph, d_state)
    d_weights = {}
    for suffix, cells in (("", gradient.forward), ("_reverse", gradient.backward)):
        for k, cell in enumerate(cells):
            for name, value in cell.as_tuple()._asdict().items():
                if value is not None:
                    d_weights[f"{name}_l{k}{suffix}"] = np.asarray(value)
    to_numpy = {name: np.asarray(value) for name, value in last.items()}
    return Numbers(np.asarray(y), to_numpy, np.asarray(d_x), jax.tree.map(np.asarray, d_carry), d_weights)


def in_our_names(s: Setting, d_weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """PyTorch's weight gradients under our names: matrices transposed; ``b`` has the gradient of ``bias_ih``."""
    ours = {}
    for name, value in d_weights.items():
        kind, end = name.split("_l")
        if kind == "bias_hh":
            if s.cell == "gru":
                ours[f"b_h_l{end}"] = value[2 * s.hidden_features :]
            continue
        ours[{"weight_ih": "w_x", "weight_hh": "w_h", "weight_hr": "w_r", "bias_ih": "b"}[kind] + "_l" + end] = value.T
    return ours


def largest_error(ours: Numbers, expected: Numbers) -> float:
    """The largest difference of any array, relative to the largest entry of the expected one."""
    assert jax.tree.structure(ours) == jax.tree.structure(expected)
    worst = 0.0
    for a, b in zip(jax.tree.leaves(ours), jax.tree.leaves(expected), strict=True):
        assert a.shape == b.shape
        if a.size:
            worst = max(worst, float(np.max(np.abs(a - b)) / (np.max(np.abs(b)) or 1.0)))
    return worst
