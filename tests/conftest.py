"""Shape annotations are checked in all tests, and JAX widens no types implicitly."""

import gc
import os
import signal
import sys
import tempfile
from pathlib import Path

import jax
import pytest
from jaxtyping import config, install_import_hook

# Compiled programs and trained runs are shared by all of pytest's processes, which inherit this variable.
if "SEQJAX_TEST_CACHE" not in os.environ:
    CACHE = tempfile.TemporaryDirectory(prefix="seqjax-xla-")
    os.environ["SEQJAX_TEST_CACHE"] = CACHE.name

# JAX keeps every program that it compiles there, so that equal ones are compiled once for all tests and processes.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", os.environ["SEQJAX_TEST_CACHE"] + "/xla")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
jax.config.update("jax_compilation_cache_dir", os.environ["JAX_COMPILATION_CACHE_DIR"])
jax.config.update(
    "jax_persistent_cache_min_compile_time_secs", float(os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"])
)

# Background jobs ignore SIGINT, and nohup SIGHUP; so would the commands that tests start and stop.
for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, handler)

sys.path.append(str(Path(__file__).parent))  # for the oracles: numpy_oracle, torch_oracle, layer_zoo
install_import_hook("seqjax", "beartype.beartype")
jax.config.update("jax_numpy_dtype_promotion", "strict")


STRICT_RANKS = {"recurrence", "layers", "models", "decoding"}  # folders whose tests take no arrays of fewer axes


@pytest.fixture(autouse=True)
def rank_promotion(request):
    """Broadcasting adds no axes in the tests of the library's layers and models."""
    if request.path.parent.name in STRICT_RANKS or request.path.stem == "test_losses":
        with jax.numpy_rank_promotion("raise"):
            yield
    else:
        yield


@pytest.fixture
def unchecked():
    """Turns the shape annotations off, so that a test sees the messages that a user sees."""
    config.update("jaxtyping_disable", True)
    yield
    config.update("jaxtyping_disable", False)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests run commands take longest, so they come first: then the processes end together."""
    long = ("test_readme", "test_notebooks", "test_commands")
    items.sort(key=lambda item: not (item.path.stem in long or item.path.stem.endswith("_commands")))


def pytest_collection_finish() -> None:
    """Compiling makes millions of objects that live on; searching them for garbage again and again takes time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 50)
