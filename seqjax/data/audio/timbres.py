"""Random timbres for espeak-ng: the attributes of a voice variant (docs/voices.md of espeak-ng).

No two are equal, so that a model that is trained on them hears more voices than the synthesiser has names for.
"""

import numpy as np

FORMANTS = 9  # 0 is below the first formant; 1 to 3 tell vowels apart
TRACT = (0.85, 1.25)  # factor of all formants' frequencies, as from the length of the vocal tract
VOWEL_SHIFT, OTHER_SHIFT = 0.07, 0.15  # standard deviations of the logarithm of a formant's own factor
RARE = 0.3  # probability of each attribute that most voices do not have


def random_timbre(rng: np.random.Generator) -> str:
    """The lines of a random variant.

    Frequencies, heights and widths of the formants, pitch, strength of vowels and consonants always differ; breath,
    flutter, roughness, an echo and a tone are each in some.
    """
    pitch = int(np.exp(rng.uniform(np.log(60), np.log(230))))
    tract, slope = rng.uniform(*TRACT), rng.uniform(-12, 4)
    lines = [f"pitch {pitch} {int(pitch * rng.uniform(1.2, 1.8))}"]
    for number in range(FORMANTS):
        own = 1 + (VOWEL_SHIFT if 1 <= number <= 3 else OTHER_SHIFT) * rng.standard_normal()
        frequency = 100 if number == 0 else round(100 * tract * own)
        height = round(np.clip(100 + slope * number + 25 * rng.standard_normal(), 10, 200))
        lines.append(f"formant {number} {frequency} {height} {round(rng.uniform(60, 170))}")
    lines.append(f"voicing {round(np.exp(rng.uniform(np.log(25), np.log(120))))}")
    lines.append(f"consonants {_numbers(rng.uniform(40, 160, 2))}")
    if rng.random() < RARE:
        lines.append(f"breath {_numbers(rng.uniform(0, 10) * rng.uniform(0, 1, 8))}")
        lines.append("breathw 150 150 200 200 400 400 600 600")
    if rng.random() < RARE:
        lines.append(f"flutter {round(rng.uniform(0, 20))}")
    if rng.random() < RARE:
        lines.append(f"roughness {rng.integers(0, 5)}")
    if rng.random() < RARE:
        lines.append(f"echo {round(rng.uniform(20, 150))} {round(rng.uniform(5, 50))}")
    if rng.random() < RARE:
        places = np.cumsum(rng.uniform(100, 1000, 4))
        falling = 255 * np.exp(-rng.uniform(0, 1.2) * np.arange(4) + 0.4 * rng.standard_normal(4))
        pairs = np.stack([places, np.clip(falling, 10, 255)], axis=1)
        lines.append(f"tone {_numbers(pairs.ravel())}")
    return "\n".join(lines) + "\n"


def _numbers(values: np.ndarray) -> str:
    return " ".join(str(round(value)) for value in values)
