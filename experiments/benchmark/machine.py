"""The machine and the versions of a measurement."""

import importlib.metadata
import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jax

from experiments.benchmark.cases import RIVALS
from experiments.build import commit, versions

PACKAGES = {
    "torch": "torch",
    "flax_nnx": "flax",
    "flax_linen": "flax",
    "keras": "keras",
    "equinox": "equinox",
    "haiku": "dm-haiku",
}
# Environment variables that affect times.
VARIABLES = (
    "GLIBC_TUNABLES",
    "JAX_DISABLE_MOST_OPTIMIZATIONS",
    "JAX_ENABLE_X64",
    "JAX_PLATFORMS",
    "LD_PRELOAD",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
    "XLA_FLAGS",
)


def describe(rivals: Sequence[str]) -> dict[str, Any]:
    """Processor, cores, JAX's device, versions, environment variables, PyTorch's threads and the commit."""
    device = jax.devices()[0]
    packages = versions() | {PACKAGES[name]: importlib.metadata.version(PACKAGES[name]) for name in rivals}
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "device": f"{device.platform}, {device.device_kind}",
        "python": platform.python_version(),
        "packages": packages,
        "environment": " ".join(f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ),
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


def _processor() -> str:
    """The processor's name, as Linux reports it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _torch_threads() -> int:
    """The number of PyTorch's threads, from another process: this one does not import PyTorch."""
    command = [sys.executable, "-c", "import torch; print(torch.get_num_threads())"]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
