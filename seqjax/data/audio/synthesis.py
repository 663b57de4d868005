"""Synthetic speech by espeak-ng, which the package espeakng-loader brings: any text in many voices."""

import hashlib
import importlib.metadata
import importlib.util
import json
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from seqjax.data.audio import espeak_child
from seqjax.data.audio.cache import load_sounds, store_sounds
from seqjax.data.audio.files import resample
from seqjax.data.audio.recordings import Recordings
from seqjax.data.audio.texts import spoken_texts
from seqjax.errors import InputError

VERSION = 1  # of this file: a cache made by another one is not used
PACKAGE = "espeakng-loader"

# Accents (languages of espeak-ng) and variants (timbres) of each part: none is in two parts.
ACCENTS = {
    "training": ("en-us", "en", "en-gb-x-rp", "en-029"),
    "validation": ("en-gb-x-gbcwmd",),
    "test": ("en-gb-scotland", "en-us-nyc", "en-gb-x-gbclan"),
}
VARIANTS = {
    "training": (
        *("m1", "m2", "m3", "m4", "m6", "f1", "f2", "f3", "adam", "Alex", "Andrea", "Andy", "Annie", "Denis", "Gene"),
        *("Lee", "Marco", "Michael", "Mike", "anika", "belinda", "benjamin", "caleb", "david", "edward", "grandma"),
        *("ian", "iven", "john", "klatt", "klatt4", "linda", "max", "paul", "quincy", "rob", "shelby", "zac"),
    ),
    "validation": ("m5", "f5", "Jacky", "steph", "robert"),
    "test": ("m7", "m8", "f4", "Alicia", "ed", "Storm", "travis", "klatt2"),
}


@dataclass(frozen=True)
class Utterance:
    """A text and the voice that speaks it.

    Attributes:
      text: The text.
      voice: Accent and variant, such as "en-us+f3".
      speed: Words per minute.
      pitch: From 0 to 99; 50 is the voice's own.
      range: Range of the pitch from 0 to 99; 50 is the voice's own.
    """

    text: str
    voice: str
    speed: int = 175
    pitch: int = 50
    range: int = 50


def synthesise(utterances: Sequence[Utterance], rate: int) -> list[np.ndarray]:
    """Speaks utterances in a child process; results are cached by their contents and the version of the package.

    Equal lists of utterances give equal sounds. One utterance sounds a little different in another list, since
    espeak-ng varies what it speaks.

    Args:
      utterances: The texts and voices, at least one.
      rate: Samples per second.

    Returns:
      Samples ``int16 [N]`` of each.

    Raises:
      InputError: If the package is not installed, or the library fails.
    """
    if importlib.util.find_spec("espeakng_loader") is None:
        raise InputError(f"synthetic speech needs the package {PACKAGE!r}; install seqjax with its extra 'speech'")
    jobs = [json.dumps(asdict(utterance)) for utterance in utterances]
    version = importlib.metadata.version(PACKAGE)
    name = hashlib.sha256("\n".join([f"{VERSION} {version} {rate}", *jobs]).encode()).hexdigest()[:32]
    sounds = load_sounds(name)
    if sounds is None or len(sounds) != len(utterances):
        sounds = _speak(jobs, rate)
        store_sounds(name, sounds)
    return sounds


def _speak(jobs: Sequence[str], rate: int) -> list[np.ndarray]:
    """The samples of each job, made by a child process."""
    import espeakng_loader

    paths = json.dumps([espeakng_loader.get_library_path(), espeakng_loader.get_data_path()])
    done = subprocess.run(
        [sys.executable, str(Path(espeak_child.__file__))],
        input="\n".join([paths, *jobs]).encode() + b"\n",
        capture_output=True,
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"]
        raise InputError(f"espeak-ng of the package {PACKAGE!r} failed ({reason[-1]}); install another version of it")
    (own_rate,), place = struct.unpack_from("=i", done.stdout), 4
    sounds = []
    for _ in jobs:
        (count,) = struct.unpack_from("=i", done.stdout, place)
        samples = np.frombuffer(done.stdout, np.int16, count, place + 4)
        place += 4 + 2 * count
        wave = resample(samples.astype(np.float32), own_rate, rate)
        sounds.append(np.clip(np.round(wave), -32768, 32767).astype(np.int16))
    return sounds


def spoken(part: str, count: int, rate: int, seed: int) -> Recordings:
    """Random strings of digits and short commands, spoken by random voices of a part.

    Args:
      part: "training", "validation" or "test", which have neither an accent nor a variant in common.
      count: Number of recordings.
      rate: Samples per second.
      seed: Source of texts and voices.
    """
    rng = np.random.default_rng([seed, *part.encode()])
    utterances = [
        Utterance(
            text,
            f"{rng.choice(ACCENTS[part])}+{rng.choice(VARIANTS[part])}",
            speed=int(rng.integers(120, 221)),
            pitch=int(rng.integers(25, 76)),
            range=int(rng.integers(25, 76)),
        )
        for text in spoken_texts(rng, count)
    ]
    sounds = synthesise(utterances, rate)
    voices = tuple(utterance.voice for utterance in utterances)
    names = tuple(f"{part}{row}" for row in range(count))
    return Recordings("espeak", names, tuple(sounds), tuple(each.text for each in utterances), voices)
