"""Shape annotations are checked, and types never widen in silence, wherever tests run."""

import sys
from pathlib import Path

import jax
import pytest
from jaxtyping import config, install_import_hook

sys.path.append(str(Path(__file__).parent))  # for the oracles: numpy_oracle, torch_oracle, layer_zoo
install_import_hook("seqjax", "beartype.beartype")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture
def unchecked():
    """Turns the shape annotations off, so that a test sees the messages that a user sees."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)
