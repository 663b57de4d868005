"""Random texts to be spoken: strings of digits, and short commands."""

import numpy as np

from seqjax.data.audio.folders import DIGITS

LONGEST_STRING = 7  # digits
WORDS = ("yes", "no", "stop", "start", "left", "right", "up", "down", "help", "cancel", "repeat", "louder")
SWITCHED = ("turn on", "turn off", "switch on", "switch off", "dim")
THINGS = ("light", "radio", "heater", "fan", "lamp", "music")
PLACES = ("", "in the kitchen", "in the bedroom", "in the hall", "outside")
OPENED = ("open", "close", "lock")
OPENINGS = ("door", "window", "gate", "curtain")
UNITS = ("seconds", "minutes", "hours")


def spoken_texts(rng: np.random.Generator, count: int) -> list[str]:
    """So many texts, about half of them strings of 1 to 7 digits, the others commands; see :func:`command`."""
    return [digits(rng) if rng.random() < 0.5 else command(rng) for _ in range(count)]


def digits(rng: np.random.Generator) -> str:
    """A string of 1 to 7 digits, such as "four zero two"."""
    return " ".join(DIGITS[digit] for digit in rng.integers(0, 10, int(rng.integers(1, LONGEST_STRING + 1))))


def command(rng: np.random.Generator) -> str:
    """A command, such as "turn on the light in the hall", "lock the gate", "wait four minutes" or "stop"."""
    kind = int(rng.integers(4))
    if kind == 0:
        return str(rng.choice(WORDS))
    if kind == 1:
        return f"{rng.choice(SWITCHED)} the {rng.choice(THINGS)} {rng.choice(PLACES)}".strip()
    if kind == 2:
        return f"{rng.choice(OPENED)} the {rng.choice(OPENINGS)}"
    return f"wait {DIGITS[int(rng.integers(2, 10))]} {rng.choice(UNITS)}"
