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
--out=DIR; --sample=T, --seed=N and --max_length=N, in frames, are as for texts. An empty line stays empty.
"""

import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path

import jax
import numpy as np
from absl import flags
from ml_collections import ConfigDict

from experiments.build import load_config, restore_best
from experiments.command import run
from experiments.composer import Composer, write_piece
from experiments.composer import ModelConfig as MusicModelConfig
from experiments.forecasting import Forecaster
from experiments.text_classifier import ModelConfig, TextClassifier
from experiments.text_model import PROMPTS, Sampling, TextModel, check_sampling
from experiments.text_model import ModelConfig as LanguageModelConfig
from experiments.translator import ModelConfig as TranslationModelConfig
from experiments.translator import Search, Translator
from seqjax import pictures
from seqjax.data.midi import read_midi
from seqjax.data.piano_rolls import MIDI_ENDINGS, chord_roll
from seqjax.data.pitches import chord
from seqjax.data.series import parse_series
from seqjax.data.timestamps import step_name
from seqjax.data.vocabulary import Vocabulary
from seqjax.data.windows import Scaler, make_windows, with_future
from seqjax.errors import InputError
from seqjax.tokens import UNK

LINES = 1024  # Texts that are classified at once; no result depends on it.

ESCAPES = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})  # An answer is one line.
DRAWN = 8  # Lines whose attention is drawn.

WORKDIR = flags.DEFINE_string("workdir", None, "Folder of the run.")
BEAM = flags.DEFINE_integer("beam", None, "Hypotheses of the beam search.", lower_bound=1, upper_bound=100)
NBEST = flags.DEFINE_integer("nbest", 1, "Answers to each line.", lower_bound=1, upper_bound=100)
SAMPLE = flags.DEFINE_float("sample", None, "Temperature of random draws.")
TOP_K = flags.DEFINE_integer("top_k", None, "How many of the likeliest tokens may be drawn.", lower_bound=1)
TOP_P = flags.DEFINE_float("top_p", None, "How much probability those that may be drawn have together.")
SEED = flags.DEFINE_integer("seed", 0, "Of random draws.", lower_bound=0, upper_bound=2**31 - 1)
STOP = flags.DEFINE_string("stop", None, "A text where to end.")
MAX_LENGTH = flags.DEFINE_integer(
    "max_length", None, "Tokens of an answer at most.", lower_bound=1, upper_bound=100_000
)
ATTENTION = flags.DEFINE_string("attention", None, "Picture of where the model looked.")
BARS = flags.DEFINE_integer("bars", 2, "Bars of a MIDI file that are gone on from.", lower_bound=1, upper_bound=1000)
OUT = flags.DEFINE_string("out", None, "Folder of what is composed.")


def main() -> None:
    """Does what the task of the run asks for."""
    workdir = Path(WORKDIR.value or "")
    config = load_config(workdir)
    if config.task == "forecasting":
        forecast(config, workdir)
    elif config.task == "classification":
        classify(config, workdir)
    elif config.task == "translation":
        translate(config, workdir)
    elif config.task == "language":
        write(config, workdir)
    elif config.task == "music":
        compose(config, workdir)
    else:
        raise InputError(f"{workdir} is a run of the task {config.task!r}, which has nothing to predict")


def forecast(config: ConfigDict, workdir: Path) -> None:
    """Reads a history, writes the quantiles of what follows it."""
    model = Forecaster(config.data, config.model, config.seed)
    data, columns = model.data, model.data.columns
    params = restore_best(config, model.fresh_params, workdir)
    record = json.loads((workdir / "data.json").read_text(encoding="utf-8"))
    scaler, step = Scaler.from_json(record["scaler"]), np.timedelta64(*record["step"])

    history = parse_series(
        io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8-sig", newline=""),
        name="standard input",
        time_column=data.time_column,
        columns=columns.all,
        time_format=data.time_format,
    )
    if history.step != step:
        raise InputError(
            f"{history.name} has a row every {step_name(history.step)}, "
            f"but the model was trained on one every {step_name(step)}"
        )
    series, origin = with_future(
        history,
        columns,
        lookback=data.lookback,
        horizon=data.horizon,
        warn=lambda text: print(text, file=sys.stderr),
    )
    windows = make_windows(series, columns, scaler, lookback=data.lookback, horizon=data.horizon)
    quantiles = model.quantile_forecast(params, windows, scaler, np.array([origin]))[0]  # [N, M, Q]

    writer = csv.writer(sys.stdout, lineterminator="\n")
    labels = [f"p{100 * quantile:g}" for quantile in model.quantiles]
    names = [f"{target} {label}" for target in columns.targets for label in labels] or list(columns.targets)
    writer.writerow([data.time_column, *names])
    for time, row in zip(series.times[origin:], quantiles, strict=True):
        writer.writerow([series.style.write(time), *(f"{value:.7g}" for value in row.ravel())])


def classify(config: ConfigDict, workdir: Path) -> None:
    """Reads texts, writes the label and the probabilities of each; at a terminal one after the other."""
    record = json.loads((workdir / "vocabulary.json").read_text(encoding="utf-8"))
    model = TextClassifier(
        config.data.widths,
        config.data.cut,
        ModelConfig(**config.model),
        config.seed,
        Vocabulary.from_json(record["vocabulary"]),
        record["classes"],
    )
    params = restore_best(config, model.fresh_params, workdir)
    if sys.stdin.isatty():
        print("Type a text and press Enter; Ctrl-D ends.", file=sys.stderr)
    for texts in _texts():
        for probabilities in model.probabilities(params, model.encode(texts)):
            best = int(np.argmax(probabilities))
            shares = {name: round(float(share), 6) for name, share in zip(model.classes, probabilities, strict=True)}
            answer = {"label": model.classes[best], "probability": shares[model.classes[best]], "probabilities": shares}
            print(json.dumps(answer, ensure_ascii=False))
        sys.stdout.flush()


def translate(config: ConfigDict, workdir: Path) -> None:
    """Reads texts, writes translations; at a terminal one after the other."""
    network = TranslationModelConfig(**config.model)
    search, picture = _search(network, config.data.widths), ATTENTION.value
    record = json.loads((workdir / "vocabulary.json").read_text(encoding="utf-8"))
    model = Translator(
        config.data.widths,
        network,
        config.seed,
        Vocabulary.from_json(record["source"]),
        Vocabulary.from_json(record["target"]),
    )
    widest = model.widths[-1]
    params = restore_best(config, model.fresh_params, workdir)
    panels, number = list[pictures.AttentionPanel](), 0
    if sys.stdin.isatty():
        print("Type a text and press Enter; Ctrl-D ends.", file=sys.stderr)
    for texts in _texts():
        ids = model.encode(texts)
        for line, each in enumerate(ids, number + 1):
            if len(each) > widest:
                remark = (
                    f"line {line} has {len(each)} tokens, but the model was made for {widest}: the rest is not read"
                )
                print(remark, file=sys.stderr)
        filled = [row for row, text in enumerate(texts) if text.strip() and len(ids[row])]
        keys = None
        if search.temperature:  # A line's draws depend on its number alone.
            numbers = number + np.array(filled, int)
            keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(SEED.value)))(numbers)
        found = model.translate(params, [ids[row] for row in filled], search, keys)
        answers = dict(zip(filled, found, strict=True))
        for row, text in enumerate(texts):
            hypotheses = answers.get(row, [])
            print("\t".join(model.text(each.ids) for each in hypotheses))
            if picture and hypotheses and len(panels) < DRAWN:
                panels.append(model.panel(text, hypotheses[0]))
        sys.stdout.flush()
        number += len(texts)
    if picture and panels:
        try:
            pictures.attention(Path(picture), panels)
        except (OSError, ValueError) as error:
            raise InputError(f"picture {picture} cannot be drawn ({error})") from None


def _search(network: TranslationModelConfig, widths: Sequence[int]) -> Search:
    """How the flags say that translations are to be looked for."""
    search = Search.of(network, widths)._replace(temperature=SAMPLE.value or 0.0, n_best=NBEST.value)
    if MAX_LENGTH.value is not None:
        search = search._replace(max_length=MAX_LENGTH.value)
    if BEAM.value is not None:
        search = search._replace(beam=BEAM.value)
    if SAMPLE.value and not 0.01 <= SAMPLE.value <= 100:
        raise InputError(f"--sample is {SAMPLE.value}, but a temperature lies between 0.01 and 100")
    if SAMPLE.value and BEAM.value is not None:
        raise InputError("--sample draws at random, and has no use for --beam; give one of them")
    if not SAMPLE.value and NBEST.value > search.beam:
        raise InputError(f"--nbest={NBEST.value} needs a beam of as many, not {search.beam}; give --beam too")
    if ATTENTION.value and network.conditioning != "attention":
        raise InputError("--attention needs a model that was trained with model.conditioning=attention")
    if ATTENTION.value and not Path(ATTENTION.value).parent.is_dir():
        raise InputError(f"--attention={ATTENTION.value} names a folder that is not there")
    return search


def write(config: ConfigDict, workdir: Path) -> None:
    """Reads prompts, writes how they go on; at a terminal while it is made."""
    how = Sampling(MAX_LENGTH.value or 400, 0.8 if SAMPLE.value is None else SAMPLE.value, TOP_K.value, TOP_P.value)
    check_sampling(how)
    vocabulary = Vocabulary.from_json(json.loads((workdir / "vocabulary.json").read_text(encoding="utf-8")))
    model = TextModel(LanguageModelConfig(**config.model), config.seed, vocabulary)
    memory = model.carry(model.fresh_params, config.data.batch_size)
    params = restore_best(config, model.fresh_params, workdir, memory)
    live = sys.stdout.isatty() and NBEST.value == 1
    if sys.stdin.isatty():
        print("Type how a text begins and press Enter; Ctrl-D ends.", file=sys.stderr)
    for number, prompt in enumerate(chain.from_iterable(_texts()), 1):
        ids = vocabulary.encode(prompt.replace("\\n", "\n"))
        _remark_on(ids, number)
        keys = jax.random.split(jax.random.fold_in(jax.random.key(SEED.value), number), NBEST.value)
        said: Sequence[str] = []
        for so_far in model.texts(params, ids, how, keys, STOP.value):
            if live:
                print(so_far[0][len(said[0]) if said else 0 :], end="", flush=True)
            said = so_far
        print("" if live else "\t".join(text.translate(ESCAPES) for text in said), flush=True)


def _remark_on(ids: np.ndarray, number: int) -> None:
    """Says on standard error what a language model will not read of a prompt."""
    unknown = int((ids == UNK).sum())
    if unknown:
        print(f"line {number} has {unknown} tokens that the training text has not", file=sys.stderr)
    if len(ids) >= PROMPTS[-1]:
        print(f"line {number} has {len(ids)} tokens; the last {PROMPTS[-1]} are read", file=sys.stderr)


def compose(config: ConfigDict, workdir: Path) -> None:
    """Reads starts, writes pieces; at a terminal one after the other."""
    length, temperature = MAX_LENGTH.value or 64, 0.8 if SAMPLE.value is None else SAMPLE.value
    if not 0.01 <= temperature <= 100:
        raise InputError(f"--sample is {temperature}, but a temperature lies between 0.01 and 100")
    model = Composer(MusicModelConfig(**config.model), config.seed)
    params = restore_best(config, model.fresh_params, workdir)
    folder, number = Path(OUT.value or workdir / "pieces"), 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"folder {folder} cannot be made ({error.strerror}); name another one with --out") from None
    if sys.stdin.isatty():
        print(
            "Type a chord, such as C4 E4 G4 C5, or the name of a MIDI file, and press Enter; Ctrl-D ends.",
            file=sys.stderr,
        )
    for lines in _texts():
        starts = {}
        for row, line in enumerate(lines):
            try:
                if line.strip():
                    starts[row] = _start(line.strip(), config.data.frames_per_quarter)
            except InputError as error:
                print(f"line {number + row + 1}: {error}", file=sys.stderr)
        # What is drawn for a line depends on the seed and its number alone.
        keys = jax.vmap(partial(jax.random.fold_in, jax.random.key(SEED.value)))(number + np.array([*starts], int))
        pieces = model.compose(params, [*starts.values()], length, temperature, keys)
        composed = dict(zip(starts, pieces, strict=True))
        for row in range(len(lines)):
            written = []
            if row in composed:
                name, given = f"piece{number + row + 1}", len(starts[row])
                written = write_piece(folder, name, composed[row], config.data.frames_per_quarter, given)
            print("\t".join(map(str, written)))
        sys.stdout.flush()
        number += len(lines)


def _start(line: str, frames_per_quarter: int) -> np.ndarray:
    """What a line asks to go on from: the first bars of a MIDI file, or one frame of a chord."""
    if not line.lower().endswith(MIDI_ENDINGS):
        return chord_roll(chord(line))
    piece = read_midi(line, frames_per_quarter)
    return piece.roll[: max(round(BARS.value * piece.bar * frames_per_quarter), 1)]


def _texts() -> Iterator[list[str]]:
    """The lines of standard input; bytes that are no UTF-8 become signs that no vocabulary has."""
    count = 1 if sys.stdin.isatty() else LINES
    while lines := list(islice(sys.stdin.buffer, count)):
        yield [line.rstrip(b"\r\n").decode("utf-8", errors="replace") for line in lines]


if __name__ == "__main__":
    run(main, required=("workdir",))
