"""Changes the package in one place at a time, and reports whether the tests notice.

Run from the project's root: ``python tests/mutations.py [PACKAGE ...]``, all packages by default. Each mutant of
``mutants`` is tested in a copy of the project, by the tests that it names. The exit code is 1 if a mutant survives.
"""

import importlib
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest
from mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[1]
COPIED = ("seqjax", "tests", "experiments", "configs", "pyproject.toml")
# Imported once, before each mutant gets a process of its own by a fork: nothing of the project, no plugin of pytest.
IMPORTED = (
    *("jax.numpy", "flax.nnx", "optax", "orbax.checkpoint", "beartype", "ml_collections"),
    *("pandas", "scipy.fft", "scipy.signal", "scipy.sparse", "sklearn.metrics", "tokenizers"),
)
ENDS = {pytest.ExitCode.OK: "SURVIVED", pytest.ExitCode.TESTS_FAILED: "caught"}


def outcome(mutant: Mutant) -> tuple[str, float]:
    """Runs the tests of a mutant in a copy of the project.

    Returns:
      "caught", "SURVIVED", or why no test ran; and the seconds of processor time.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in COPIED:
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
        target = copy / mutant.file
        target.write_text(target.read_text().replace(mutant.before, mutant.after))
        os.chdir(copy)
        os.environ["PYTHONPATH"] = folder
        sys.path[:] = [folder, *(path for path in sys.path if path not in ("", str(ROOT), str(ROOT / "tests")))]
        # The copy has its own mutants and its own fixtures.
        for name in [
            name for name in sys.modules if name.partition(".")[0] in ("mutants", "tests", "conftest", "seqjax")
        ]:
            del sys.modules[name]
        with Path(os.devnull).open("w") as silent:
            os.dup2(silent.fileno(), 1)
            os.dup2(silent.fileno(), 2)
            # Hypothesis' plugin imports all of it at the end, which takes longer than most of these tests.
            plugins = ["-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:anyio"]
            options = ["-x", "-q", "-n0", *plugins, "-m", "", mutant.tests]
            code = pytest.main([*options, "-k", mutant.selection])
    return ENDS.get(pytest.ExitCode(code), f"NO TEST RAN (pytest exited with {int(code)})"), time.process_time()


def main() -> None:
    """Tests the mutants of the packages named on the command line."""
    packages = sys.argv[1:] or list(MUTANTS)
    mutants = [mutant for package in packages for mutant in MUTANTS[package]]
    cache = tempfile.TemporaryDirectory(prefix="seqjax-xla-")  # of the programs that a mutant does not change
    os.environ |= {"JAX_COMPILATION_CACHE_DIR": cache.name, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    for name in IMPORTED:
        importlib.import_module(name)
    caught, start = 0, time.monotonic()
    with cache, multiprocessing.get_context("fork").Pool(os.cpu_count(), maxtasksperchild=1) as pool:
        for mutant, (end, seconds) in zip(mutants, pool.imap(outcome, mutants, chunksize=1), strict=True):
            caught += end == "caught"
            print(f"{end:8}  {seconds:4.1f} s  {mutant.name}", flush=True)
    print(f"{caught} of {len(mutants)} caught in {time.monotonic() - start:.0f} s")
    sys.exit(0 if caught == len(mutants) else 1)


if __name__ == "__main__":
    main()
