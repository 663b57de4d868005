"""The machine, the versions and the commit of a run."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path

# Environment variables that change times.
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


def machine() -> dict[str, str | int]:
    """Processor, cores that this process may use, JAX's device, Python, and environment variables that change times."""
    import jax  # here, so that a command can read a record without it

    device = jax.devices()[0]
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "device": f"{device.platform}, {device.device_kind}",
        "python": platform.python_version(),
        "environment": " ".join(f"{name}={os.environ[name]}" for name in VARIABLES if name in os.environ),
    }


def versions() -> dict[str, str]:
    """The versions of the packages that results depend on."""
    names = ("seqjax", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "grain", "numpy")
    return {name: importlib.metadata.version(name) for name in names}


def commit() -> str:
    """The commit of the checkout that runs, marked if files differ from it; "unknown" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _processor() -> str:
    """The processor's model name, as Linux gives it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
