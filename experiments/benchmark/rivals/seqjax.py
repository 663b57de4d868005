"""seqjax itself, with the plan of a subject's name."""

from typing import Any

import jax.numpy as jnp
from flax import nnx

from experiments.benchmark.cases import VARIANTS, Case
from experiments.benchmark.rivals import jax_calls
from experiments.benchmark.rivals.measured import Arrays, Measured, cells_of
from seqjax.layers import Dtypes, LinearRNN, MinGRU, MinLSTM, Recurrent
from seqjax.layers.recurrent import LAYERS
from seqjax.recurrence import Plan

LINEAR: dict[str, Any] = {"linear": LinearRNN, "mingru": MinGRU, "minlstm": MinLSTM}


def layer(case: Case, arrays: Arrays, subject: str) -> Measured:
    """A layer over a batch; those of the suite "associative" have no weights in ``arrays``."""
    if case.suite != "associative":
        network = _network(with_weights(case, arrays, plan=Plan(**VARIANTS[subject])))
    else:
        _, _, in_features, hidden_features = case.shape
        plan = Plan(backend="associative") if subject == "associative" else Plan()
        network = _network(LINEAR[case.kind](in_features, hidden_features, plan=plan, rngs=nnx.Rngs(0)), "w_x")
    return jax_calls.layer(case, arrays, network)


def stream(case: Case, arrays: Arrays, subject: str) -> Measured:
    """``layer.step``, jitted."""
    module = with_weights(case, arrays)
    graph, params = nnx.split(module)
    first = module.initial_carry(case.shape[0], jnp.dtype(case.dtype))
    cell = jax_calls.Cell(params, first, lambda params, carry, x: nnx.merge(graph, params).step(carry, x))
    return jax_calls.stream(case, arrays, cell)


def with_weights(case: Case, arrays: Arrays, **options: Any) -> Any:
    """The layer of a case, with the weights of ``arrays``."""
    _, _, in_features, hidden_features = case.shape
    if case.is_stacked:
        options |= {"num_layers": 2, "bidirectional": True}
    dtypes = Dtypes(param=jnp.dtype(case.dtype))
    module = LAYERS[case.kind](in_features, hidden_features, dtypes=dtypes, rngs=nnx.Rngs(0), **options)
    directions = [module.forward, module.backward] if case.is_stacked else [module.forward]
    cells = [cell for above in zip(*directions, strict=True) for cell in above]
    for cell, weights in zip(cells, cells_of(arrays), strict=True):
        for name, value in weights.items():
            getattr(cell, name)[...] = jnp.asarray(value, case.dtype)
    return module


def _network(module: Recurrent, weights: str = "w_h") -> jax_calls.Network:
    graph, params = nnx.split(module)

    def apply(params: Any, x: Any) -> tuple[Any, Any]:
        y, carry = nnx.merge(graph, params)(x)
        return y, carry[-1].h

    return jax_calls.Network(params, apply, lambda tree: tree["forward"][0][weights][...])
