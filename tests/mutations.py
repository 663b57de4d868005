"""Changes the package in one place at a time, and reports whether the tests notice.

Run from the project's root: ``python tests/mutations.py [PACKAGE ...]``, all packages by default. Each mutant is tested
in a copy of the project, by the few tests that it names. The exit code is 1 if a mutant survives.

To add a mutant, add a line to ``MUTANTS`` under its package, with the test that should fail; to add a package, add a
key. ``before`` must occur exactly once in the file.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
COPIED = ("seqjax", "tests", "experiments", "configs", "pyproject.toml")
REMOVED = "0  # removed"


class Mutant(NamedTuple):
    """A change of one place, and the tests that should notice."""

    name: str
    file: str
    before: str
    after: str
    tests: str  # a test file
    selection: str  # what pytest selects of it: its option -k


RECURRENCE, BACKENDS = "seqjax/recurrence/", "seqjax/recurrence/backends/"
UNROLL, LSTM, GRU, ELMAN = (f"{RECURRENCE}{name}.py" for name in ("unroll", "lstm", "gru", "elman"))
AUTODIFF, CUSTOM_VJP, ASSOCIATIVE = (f"{BACKENDS}{name}.py" for name in ("autodiff", "custom_vjp", "associative"))
STACK = "seqjax/layers/stack.py"
TEST_UNROLL, TEST_BACKENDS = "tests/recurrence/test_unroll.py", "tests/recurrence/test_backends.py"
TEST_OPTIONS, TEST_NOISE = "tests/layers/test_options.py", "tests/layers/test_noise.py"

MUTANTS: dict[str, list[Mutant]] = {
    "recurrence": [
        Mutant("LSTM: two gates swapped", LSTM, "*input_gate, f, g, o = jnp.split", "*input_gate, o, g, f = jnp.split",
               TEST_UNROLL, "loop_in_numpy and lstm and False-False-False"),
        Mutant("LSTM: output gate reads the old c", LSTM, "_peephole(o, params.p_o, c)",
               "_peephole(o, params.p_o, carry.c)", TEST_UNROLL, "every_cell_option and lstm-cell2"),
        Mutant("GRU: two gates swapped", GRU, "(z_r, z_u, z_n), (s_r", "(z_u, z_r, z_n), (s_r",
               TEST_UNROLL, "loop_in_numpy and gru and False-False-False"),
        Mutant("GRU: b_h in another gate", GRU, "(2 * len(params.b_h), 0)", "(len(params.b_h), len(params.b_h))",
               TEST_UNROLL, "loop_in_numpy and gru and False-False-False"),
        Mutant("Elman: w_h transposed", ELMAN, "product(h, params.w_h)", "product(h, params.w_h.T)",
               TEST_UNROLL, "loop_in_numpy and elman and False-False-False"),
        Mutant("unroll: input not masked", UNROLL, "xs = jnp.where(mask[..., None], xs, 0)", REMOVED,
               TEST_UNROLL, "padding_changes_no_bit and elman-False"),
        Mutant("unroll: resets not reversed", UNROLL, "reset = reset_in_reverse(reset, mask)", REMOVED,
               TEST_UNROLL, "loop_in_numpy and elman and True-False-True"),
        Mutant("unroll: chunks in the wrong order", UNROLL, "carry, chunks, reverse=True)",
               "carry, chunks, reverse=False)", TEST_BACKENDS, "custom_vjp_equals"),
        Mutant("autodiff: carry not masked", AUTODIFF, "new = choose_rows(is_real, new, old)", REMOVED,
               TEST_UNROLL, "every_cell_option and linear"),
        Mutant("autodiff: reset ignored", AUTODIFF,
               "before = old if is_start is None else choose_rows(is_start, initial, old)", "before = old  # no reset",
               TEST_UNROLL, "every_cell_option and linear"),
        Mutant("autodiff: wrong carry held", AUTODIFF, "choose_rows(is_real, new, old)",
               "choose_rows(is_real, new, initial)", TEST_UNROLL, "every_cell_option and linear"),
        Mutant("associative: maps composed in the wrong order", ASSOCIATIVE, "later[0] * earlier[1] + later[1]",
               "earlier[0] * later[1] + earlier[1]", TEST_BACKENDS, "associative_scan_in_chunks"),
        Mutant("custom_vjp: carry not masked", CUSTOM_VJP, "new = choose_rows(is_real, new, old)", REMOVED,
               TEST_UNROLL, "loop_in_numpy and elman and False-True-False"),
        Mutant("custom_vjp: output not masked", CUSTOM_VJP, "y = choose_rows(is_real, y, jnp.zeros_like(y))", REMOVED,
               TEST_UNROLL, "loop_in_numpy and elman and False-True-False"),
        Mutant("custom_vjp: x and h fused in the wrong order", CUSTOM_VJP, "[x.astype(dtype), h]",
               "[h, x.astype(dtype)]", TEST_BACKENDS, "custom_vjp_equals"),
        Mutant("custom_vjp: the step before prefetched", CUSTOM_VJP, "(-1 if reverse else 1)", "(1 if reverse else -1)",
               TEST_BACKENDS, "custom_vjp_equals"),
        Mutant("custom_vjp: h of the step after", CUSTOM_VJP, "[ys[1:], first] if reverse else [first, ys[:-1]]",
               "[first, ys[:-1]] if reverse else [ys[1:], first]", TEST_BACKENDS,
               "custom_vjp_equals"),
        Mutant("custom_vjp: a gradient crosses a reset", CUSTOM_VJP, "d_start, d_before = _split(is_start, d_before)",
               "d_start, _ = _split(is_start, d_before)", TEST_UNROLL, "crosses_a_reset and elman"),
        Mutant("custom_vjp: a held carry has no gradient", CUSTOM_VJP, "d_before if d_held is None else",
               "d_before if True else", TEST_UNROLL, "padding_changes_no_bit and elman-False"),
        Mutant("custom_vjp: gradient of h without the mask", CUSTOM_VJP, "d_h = d_h * recurrent_mask", REMOVED,
               TEST_BACKENDS, "custom_vjp_equals"),
        Mutant("custom_vjp: pre-activations again without the mask", CUSTOM_VJP,
               "recurrent_product(params, _recurrent_input(before.h, recurrent_mask, dtype))",
               "recurrent_product(params, _recurrent_input(before.h, None, dtype))", TEST_BACKENDS,
               "custom_vjp_equals"),
        Mutant("custom_vjp: gradients of the peepholes lost", CUSTOM_VJP, "{name: d + getattr(d_params, name) for",
               "{name: getattr(d_params, name) for", TEST_BACKENDS, "custom_vjp_equals"),
    ],
    "layers": [
        Mutant("residual connection from the wrong layer", STACK, "y = y + below", "y = y + y",
               TEST_OPTIONS, "run_in_turn and True-concat"),
        Mutant("learned carry forgotten at a reset", STACK, '"initial": initial[n]}', '"initial": None}',
               TEST_OPTIONS, "learned_carry and gru-before"),
        Mutant("recurrent dropout not passed on", STACK, "recurrent_mask=recurrent_mask,", "recurrent_mask=None,",
               TEST_NOISE, "recurrent_dropout_drops"),
        Mutant("zoneout keeps the wrong share", "seqjax/layers/dropout.py", "(key, rate, old.shape), old, new)",
               "(key, rate, old.shape), new, old)", TEST_NOISE, "zoneout_keeps"),
    ],
    "interop": [
        Mutant("PyTorch: square weights not transposed", "seqjax/interop/torch.py", "ours[name]: value.T for",
               "ours[name]: value if value.shape[0] == value.shape[1] else value.T for",
               "tests/interop/test_torch_weights.py", "round_trip and 0"),
        Mutant("PyTorch: b_h added to b as well", "seqjax/interop/torch.py", "bias_h[candidate] = 0", REMOVED,
               "tests/interop/test_torch_golden.py", "float32"),
        Mutant("Flax: the candidate's biases added", "seqjax/interop/flax.py",
               'separate = {"n"} if ours.kind is GRUCell.Params else set()', "separate = set()",
               "tests/interop/test_flax_weights.py", "linen_weights"),
    ],
}  # fmt: skip


def is_caught(mutant: Mutant) -> bool:
    """Runs the tests in a copy of the project with the mutant; True if one fails."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for part in COPIED:
            source = ROOT / part
            (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
        target = copy / mutant.file
        target.write_text(target.read_text().replace(mutant.before, mutant.after))
        command = ["-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", mutant.tests, "-k", mutant.selection]
        done = subprocess.run(
            [sys.executable, *command],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode not in (0, 1):  # neither passed nor failed: no test ran
        sys.exit(f"{mutant.name}:\n{done.stdout}{done.stderr}")
    return done.returncode == 1


def main() -> None:
    """Tests the mutants of the packages named on the command line."""
    packages = sys.argv[1:] or list(MUTANTS)
    mutants = [mutant for package in packages for mutant in MUTANTS[package]]
    survivors, start = 0, time.monotonic()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for mutant, caught in zip(mutants, pool.map(is_caught, mutants), strict=True):
            survivors += not caught
            print(f"{'caught  ' if caught else 'SURVIVED'}  {mutant.name}", flush=True)
    print(f"{len(mutants) - survivors} of {len(mutants)} caught in {time.monotonic() - start:.0f} s")
    sys.exit(1 if survivors else 0)


if __name__ == "__main__":
    main()
