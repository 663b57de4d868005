"""Shape annotations are checked, and types never widen in silence, wherever tests run."""

import os
import sys
import tempfile
from pathlib import Path

import jax
import pytest
from jaxtyping import config, install_import_hook

# Commands that tests run share compiled programs, whichever of pytest's processes runs them: those inherit this.
if "SEQJAX_TEST_CACHE" not in os.environ:
    CACHE = tempfile.TemporaryDirectory(prefix="seqjax-xla-")
    os.environ["SEQJAX_TEST_CACHE"] = CACHE.name

sys.path.append(str(Path(__file__).parent))  # for the oracles: numpy_oracle, torch_oracle, layer_zoo
install_import_hook("seqjax", "beartype.beartype")
jax.config.update("jax_numpy_dtype_promotion", "strict")


@pytest.fixture
def unchecked():
    """Turns the shape annotations off, so that a test sees the messages that a user sees."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


@pytest.fixture
def quick_compilation():
    """Compiles with less care, for programs that run once. What is claimed bitwise is tested without this."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests run commands take longest, so they come first: then the processes end together."""
    long = ("test_readme", "test_commands", "test_notebooks", "test_sentiment_commands", "test_translation_commands")
    long += ("test_music_commands",)
    items.sort(key=lambda item: not item.path.stem.startswith(long))
