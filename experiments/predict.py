r"""Applies a trained model to standard input, and writes to standard output.

Usage: python -m experiments.predict --workdir=DIR < input > output

Forecasting reads CSV: a history with the header of the training file and at least ``data.lookback`` rows. It may end
with rows whose targets are empty: these give the known columns (such as holidays) of the future. It writes CSV of time,
column and quantiles.

Classification reads one text a line, and writes one JSON object a line: ``label``, its ``probability``, and the
``probabilities`` of all classes.

Translation reads one text a line, and writes its translation on one line; an empty line stays empty. Flags for it:
--beam=K looks for it with K hypotheses, --nbest=N writes N translations divided by tabs, best first, --sample=T draws
them at random at temperature T (by the line's number: the same at each call), --max_length=N ends them after N tokens,
--attention=FILE.png draws where the model looked during the first lines. Of a line that is longer than all that the
model was trained on, the beginning is translated, and a remark on standard error says so.

A language model reads one prompt a line, perhaps empty, and writes how it goes on, on one line; at a terminal while it
is made. Line breaks are \n in both. Flags for it: --sample=T, the temperature, 0.8 if not given, --top_k=K and
--top_p=P, which tokens may be drawn, --seed=N, --max_length=N, its tokens at most, --stop=TEXT, where to end, and
--nbest=N for N texts divided by tabs.

A model of music reads one start a line, a chord such as C4 E4 G4 C5 or the name of a MIDI file, whose first bars
(--bars=N) it goes on from, and writes the names of the MIDI file, the sound and the picture of what it composed, in
--out=DIR; --sample=T, 0.7 if not given, --seed=N and --max_length=N, in frames, are as for texts. An empty line stays
empty.
"""

from pathlib import Path

from absl import flags

import experiments.tasks.classification.predict as classification
import experiments.tasks.forecasting.predict as forecasting
import experiments.tasks.language_modeling.predict as language_modeling
import experiments.tasks.music.predict as music
import experiments.tasks.translation.predict as translation
from experiments.run import stdin
from experiments.run.flags import run
from experiments.run.workdir import load_config
from experiments.tasks import text_generation_flags
from seqjax.errors import InputError

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")

# What answers for a run of each task, and the flags that it knows.
ANSWERS = {
    "forecasting": (forecasting.answer, ()),
    "classification": (classification.answer, ()),
    "translation": (translation.answer, ("beam", "nbest", "sample", "seed", "max_length", "attention")),
    "language_modeling": (
        language_modeling.answer,
        ("sample", "top_k", "top_p", "seed", "max_length", "stop", "nbest"),
    ),
    "music": (music.answer, ("bars", "out", "sample", "seed", "max_length")),
}


def main() -> None:
    """Does what the task of the run asks for."""
    workdir = Path(WORKDIR.value or "")
    config = load_config(workdir)
    if config.task not in ANSWERS:
        raise InputError(f"{workdir} is a run of the task {config.task!r}, which has nothing to predict")
    answer, known = ANSWERS[config.task]
    for name in sorted({name for _, names in ANSWERS.values() for name in names} - {*known}):
        if flags.FLAGS[name].present:
            has = "knows " + ", ".join(f"--{each}" for each in known) if known else "has no flags of its own"
            raise InputError(f"--{name} does not go with the task {config.task!r}, which {has}")
    answer(config, workdir)


if __name__ == "__main__":
    for module in (stdin, text_generation_flags, language_modeling, music):
        flags.adopt_module_key_flags(module)  # so that --help shows them
    run(main, required=("workdir",))
