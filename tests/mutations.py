"""Breaks the package in one place after the other, and reports whether the tests notice.

Run from the project's root: ``python tests/mutations.py``. It works on a copy, takes some minutes, and ends with exit
code 1 if a mutation survives.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SUITE = ["tests/recurrence/test_unroll.py", "tests/interop/test_torch_golden.py", "tests/recurrence/test_properties.py"]


class Mutation(NamedTuple):
    name: str
    file: str
    before: str  # stands in the file exactly once
    after: str


SCAN, LSTM, GRU = (f"seqjax/recurrence/{name}.py" for name in ("scan", "lstm", "gru"))

MUTATIONS = [
    Mutation("swap two gates (LSTM)", LSTM, "*input_gate, f, g, o = jnp.split", "*input_gate, o, g, f = jnp.split"),
    Mutation("swap two gates (GRU)", GRU, "z_r, z_u, z_n = jnp.split", "z_u, z_r, z_n = jnp.split"),
    Mutation("drop the mask of the carry", SCAN, "new = _where(is_real, new, held)", "pass"),
    Mutation("drop the mask of the output", SCAN, "y = _where(is_real, y, jax.tree.map(jnp.zeros_like, y))", "pass"),
    Mutation("drop the mask of the input", SCAN, "xs = jnp.where(mask[..., None], xs, 0)", "pass"),
    Mutation("forget the reset", SCAN, "carry = _where(is_start, initial, carry)", "pass"),
    Mutation("hold the wrong carry", SCAN, "_where(is_real, new, held)", "_where(is_real, new, initial)"),
    Mutation("transpose w_h", "seqjax/recurrence/elman.py", "h.astype(z.dtype) @ params.w_h)", "h @ params.w_h.T)"),
    Mutation("transpose w_h on loading", "seqjax/interop/torch.py", "ours[name]: value.T for",
             "ours[name]: value if value.shape[0] == value.shape[1] else value.T for"),
    Mutation("resets backwards as forwards", SCAN, "reset = reset_in_reverse(reset, mask)", "pass"),
    Mutation("compose maps in the wrong order", SCAN, "later[0] * earlier[1] + later[1]",
             "earlier[0] * later[1] + earlier[1]"),
    Mutation("look through the peephole at the old c", LSTM, "_peep(o, params.p_o, c)",
             "_peep(o, params.p_o, carry.c)"),
    Mutation("b_h outside the reset product", GRU, "n = jnp.tanh(z_n + r * inner)",
             "n = jnp.tanh(z_n + r * h_n[0] + params.b_h)"),
]  # fmt: skip


def is_caught(mutation: Mutation) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in ("seqjax", "tests", "pyproject.toml"):
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
        target = copy / mutation.file
        target.write_text(target.read_text().replace(mutation.before, mutation.after))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-n0", *SUITE],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode not in (0, 1):  # neither passed nor failed: the mutated program did not run at all
        sys.exit(f"{mutation.name}:\n{done.stdout}{done.stderr}")
    return done.returncode == 1


def main() -> None:
    survivors = 0
    for mutation in MUTATIONS:
        caught = is_caught(mutation)
        survivors += not caught
        print(f"{'caught  ' if caught else 'SURVIVED'}  {mutation.name}", flush=True)
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
