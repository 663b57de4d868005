"""The table of a whole model."""

import jax
import pytest
import seq2seq_zoo
from flax import nnx

from seqjax.layers import describe


def test_table_of_a_model_has_every_parameter_once():
    model = seq2seq_zoo.shared("feeding")
    lines = [line.split() for line in describe(model).splitlines()]
    state = nnx.to_flat_state(nnx.state(model, nnx.Param))
    names = [line[0] for line in lines[2:-1] if line[1] != "carry"]
    assert sorted(names) == sorted(".".join(map(str, path)) for path, _ in state)
    parameters = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model)))
    matrices = [leaf[...] for path, leaf in state if leaf[...].ndim == 2 and path[-1] != "embedding"]
    assert lines[-1] == ["total", f"{parameters:,}", f"{2 * sum(leaf.size for leaf in matrices):,}"]
    assert ["encoder.layer.backward.0", "carry", "c", "[B,", "6],", "h", "[B,", "6]"] in lines


@pytest.mark.usefixtures("unchecked")
def test_describe_refuses_what_is_no_module():
    with pytest.raises(TypeError, match=r"module must be a layer or a model, a flax.nnx.Module, not 'lstm'"):
        describe("lstm")
