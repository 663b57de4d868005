"""Start-up: what can be answered without JAX is answered before JAX is imported."""

import os
import subprocess
import sys

import pytest

from tests.experiments.commands import ROOT

HEAVY = {
    "flax",
    "grain",
    "jax",
    "jaxlib",
    "matplotlib",
    "mido",
    "music21",
    "optax",
    "orbax",
    "pandas",
    "rich",
    "scipy",
    "sklearn",
}
QUICK = "--config=configs/long_range/adding.py:quick"

# Runs a command in this process, and then names the packages that were imported.
SCRIPT = """
import runpy, sys
name, sys.argv = sys.argv[1], sys.argv[1:]
try:
    runpy.run_module(name, run_name="__main__", alter_sys=True)
finally:
    print("imported:", *{module.partition(".")[0] for module in sys.modules}, file=sys.stderr)
"""


def python(script: str, *arguments: str) -> tuple[int, str, set[str]]:
    """Exit code, output, and imported packages of a script that ends with a line of them."""
    done = subprocess.run([sys.executable, "-c", script, *arguments], cwd=ROOT, capture_output=True, text=True)
    *lines, last = (done.stdout + done.stderr).splitlines()
    return done.returncode, "\n".join(lines), {*last.removeprefix("imported: ").split()}


@pytest.mark.parametrize("command", ["train", "evaluate", "predict", "sweep", "record"])
def test_help_is_shown_without_jax(command):
    code, output, packages = python(SCRIPT, f"experiments.{command}", "--help")
    assert code == 1  # absl's choice
    assert f"Usage: python -m experiments.{command}" in output
    assert "--workdir" in output
    assert not packages & HEAVY


def test_help_of_predict_explains_the_flags_of_every_task():
    _, output, _ = python(SCRIPT, "experiments.predict", "--help")
    for text in ("Forecasting reads", "Classification reads", "Translation reads", "--beam:", "--top_k:", "--bars:"):
        assert text in output


@pytest.mark.parametrize(
    ("command", "flags", "sentence"),
    [
        ("train", [QUICK, "--workdir=x", "--confg.seed=1"], "confg.seed"),
        (
            "train",
            ["--config=configs/long_range/ading.py", "--workdir=x"],
            "did you mean 'configs/long_range/adding.py'?",
        ),
        (
            "train",
            [QUICK, "--workdir=x", "--config.model.kid=mlp"],
            "no config key 'model.kid'; did you mean 'model.kind'?",
        ),
        ("train", [QUICK, "--workdir=x", "--config.data.length=x"], "'data.length' is 'x', but must be a whole number"),
        ("train", [QUICK, "--workdir=x", "--config.train.steps=0"], "'train.steps' is 0, but must be at least 1"),
        ("train", [QUICK, "--workdir=x", "--config.seed=-1"], "'seed' is -1, but must be at least 0"),
        ("train", [QUICK, "--workdir=x", "--config.task=memory"], "'task' is 'memory', but must be one of"),
        ("train", [QUICK, "--workdir=x", "--config.optimizer.schedule=cosin"], "did you mean 'cosine'?"),
        (
            "train",
            [QUICK, "--workdir=x", "--config.optimizer.learning_rate=nan"],
            "is nan, but must be a finite number",
        ),
        ("train", [QUICK, "--workdir=x", "--config.optimizer.learning_rate=-1"], "learning_rate must be above 0"),
        ("train", [QUICK, "--workdir=x", "--config.optimizer.clip_norm=-1"], "clip_norm must be at least 0 and finite"),
        ("train", [QUICK, "--workdir=x", "--config.optimizer.warmup_steps=-5"], "warmup_steps must be at least 0"),
        (
            "train",
            [QUICK, "--workdir=x", "--config.train.ema_decay=2"],
            "'train.ema_decay' is 2.0, but must be in [0, 1)",
        ),
        ("sweep", ["--config", "configs/no.py", "--workdir=x"], "there is no config file 'configs/no.py'"),
        ("sweep", [QUICK, "--workdir=x", "--config.seed=3"], "a sweep sets config.seed itself; give --seeds=N"),
        ("sweep", [QUICK, "--workdir=x", "--config.model.kid=mlp"], "no config key 'model.kid'"),
        ("sweep", ["--config=configs/no.py", "--workdir=x"], "there is no config file 'configs/no.py'"),
        ("evaluate", ["--workdir=absent"], "absent holds no run (no config.json)"),
        ("evaluate", ["--workdir=absent", QUICK], "--config is given, but this command takes the config of the run"),
        ("predict", ["--workdir=absent", "--bean=3"], "bean"),
        ("predict", ["--workdir=absent", "--config.seed=3"], "--config.seed is given, but this command takes"),
        ("predict", ["--workdir=absent"], "absent holds no run (no config.json)"),
        ("record", ["--workdir=absent"], "absent holds no run (no config.json)"),
    ],
)
def test_mistake_is_answered_by_one_sentence_without_jax(command, flags, sentence):
    code, output, packages = python(SCRIPT, f"experiments.{command}", *flags)
    assert code == 2
    assert sentence in output
    assert len(output.splitlines()) == 1
    assert not packages & HEAVY


def test_value_that_the_task_refuses_needs_neither_checkpoints_nor_plots():
    code, output, packages = python(SCRIPT, "experiments.train", QUICK, "--workdir=x", "--config.model.kind=mpl")
    assert code == 2
    assert output.endswith("'model.kind' is 'mpl', but must be one of 'mlp', 'recurrent'; did you mean 'mlp'?")
    assert not packages & {"grain", "matplotlib", "orbax"}


def test_layers_are_imported_without_the_packages_of_training():
    script = 'import sys, seqjax.layers; print("imported:", *{name.partition(".")[0] for name in sys.modules})'
    code, _, packages = python(script)
    assert code == 0
    assert "jax" in packages
    assert not packages & {"grain", "matplotlib", "ml_collections", "orbax", "sklearn"}


# Compiled modules may pass over an error that a signal raises in them, or crash.
INTERRUPTING = """
import os, signal
try:
    os.kill(os.getpid(), signal.SIGINT)
except BaseException:
    os.write(2, b"an error inside an import\\n")
"""


@pytest.mark.parametrize(
    ("command", "package"),
    [
        *((command, "ml_collections") for command in ("train", "evaluate", "predict", "sweep", "record")),
        ("train", "jax"),
    ],
)
def test_interrupt_while_a_package_is_imported_is_one_line(tmp_path, command, package):
    """The package is replaced by one that interrupts; JAX is imported when the command has begun."""
    (tmp_path / f"{package}.py").write_text(INTERRUPTING)
    workdir = tmp_path / "run"
    start = [sys.executable, "-m", f"experiments.{command}", QUICK, f"--workdir={workdir}"]
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(start, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 130
    (line,) = done.stderr.splitlines()
    assert line.startswith("stopped")
    assert not workdir.exists() or not list(workdir.iterdir())


def test_path_that_the_locale_cannot_write_is_one_sentence(tmp_path):
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PATH": os.environ["PATH"]}
    start = [sys.executable, "-m", "experiments.train", QUICK, f"--workdir={tmp_path}/\xfcn\xef".encode()]
    done = subprocess.run(start, cwd=ROOT, env=locale, capture_output=True)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert b"has no place in the encoding of the locale, ascii; set PYTHONUTF8=1" in line
