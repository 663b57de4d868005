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
SUITE = [
    "tests/recurrence/test_unroll.py",
    "tests/interop/test_torch_golden.py",
    "tests/recurrence/test_properties.py",
    "tests/layers/test_plans.py",
]


class Mutation(NamedTuple):
    name: str
    file: str
    before: str  # stands in the file exactly once
    after: str


SCAN, LSTM, GRU, ELMAN, GATHERED = (
    f"seqjax/recurrence/{name}.py" for name in ("scan", "lstm", "gru", "elman", "gathered")
)

MUTATIONS = [
    Mutation("swap two gates (LSTM)", LSTM, "*input_gate, f, g, o = jnp.split", "*input_gate, o, g, f = jnp.split"),
    Mutation("swap two gates (GRU)", GRU, "(z_r, z_u, z_n), (s_r", "(z_u, z_r, z_n), (s_r"),
    Mutation("drop the mask of the carry", GATHERED, "after = choose_rows(is_real, after, carry)", "0  # gone"),
    Mutation("drop the mask of the output", GATHERED, "y = choose_rows(is_real, y, jnp.zeros_like(y))", "0  # gone"),
    Mutation("drop the mask of the input", SCAN, "xs = jnp.where(mask[..., None], xs, 0)", "0  # gone"),
    Mutation("drop the mask of the carry (autodiff)", SCAN, "new = choose_rows(is_real, new, held)", "0  # gone"),
    Mutation("forget the reset (autodiff)", SCAN, "carry = choose_rows(is_start, initial, carry)", "0  # gone"),
    Mutation("hold the wrong carry (autodiff)", SCAN, "choose_rows(is_real, new, held)",
             "choose_rows(is_real, new, initial)"),
    Mutation("a gradient crosses a reset", GATHERED, "d_start, d_before = _split(is_start, d_before)",
             "d_start, _ = _split(is_start, d_before)"),
    Mutation("a held carry has no gradient", GATHERED, "d_before if d_held is None else", "d_before if True else"),
    Mutation("the gradient of a dropped h", GATHERED, "d_h = d_h * keep", "0  # gone"),
    Mutation("the gates again of an h not dropped", GATHERED, "before.h, keep, d_y.dtype", "before.h, None, d_y.dtype"),
    Mutation("fetch the step before", GATHERED, "(-1 if reverse else 1)", "(1 if reverse else -1)"),
    Mutation("h of the step after", GATHERED, "[ys[1:], first] if reverse else [first, ys[:-1]]",
             "[first, ys[:-1]] if reverse else [ys[1:], first]"),
    Mutation("transpose w_h", ELMAN, "product(h, params.w_h)", "product(h, params.w_h.T)"),
    Mutation("transpose w_h on loading", "seqjax/interop/torch.py", "ours[name]: value.T for",
             "ours[name]: value if value.shape[0] == value.shape[1] else value.T for"),
    Mutation("resets backwards as forwards", SCAN, "reset = reset_in_reverse(reset, mask)", "0  # gone"),
    Mutation("compose maps in the wrong order", SCAN, "later[0] * earlier[1] + later[1]",
             "earlier[0] * later[1] + earlier[1]"),
    Mutation("look through the peephole at the old c", LSTM, "_peep(o, params.p_o, c)",
             "_peep(o, params.p_o, carry.c)"),
    Mutation("b_h in another gate", GRU, "(2 * len(params.b_h), 0)", "(len(params.b_h), len(params.b_h))"),
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
