"""The machine and the versions of a measurement."""

import importlib.metadata
import importlib.util
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from experiments.benchmark.cases import RIVALS
from experiments.run.machine import commit, machine, versions

PACKAGES = {
    "torch": "torch",
    "flax_nnx": "flax",
    "flax_linen": "flax",
    "keras": "keras",
    "equinox": "equinox",
    "haiku": "dm-haiku",
}


def describe(rivals: Sequence[str]) -> dict[str, Any]:
    """Processor, cores, JAX's device, versions, environment variables, PyTorch's threads and the commit."""
    packages = versions() | {PACKAGES[name]: importlib.metadata.version(PACKAGES[name]) for name in rivals}
    return {
        **machine(),
        "packages": packages,
        "torch_threads": _torch_threads() if "torch" in rivals else None,
        "commit": commit(),
    }


def installed(rivals: Sequence[str]) -> list[str]:
    """The rivals that are installed; the others are listed on standard error."""
    available = [name for name in rivals if importlib.util.find_spec(RIVALS[name]) is not None]
    for name in rivals:
        if name not in available:
            print(f'skipped: {name} is not installed; pip install "seqjax[benchmark]"', file=sys.stderr)
    return available


def _torch_threads() -> int:
    """The number of PyTorch's threads, from another process: this one does not import PyTorch."""
    command = [sys.executable, "-c", "import torch; print(torch.get_num_threads())"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
