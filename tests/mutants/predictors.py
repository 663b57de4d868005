"""Mutants of seqjax/predictors/."""

from .mutant import Mutant, mutants

MUTANTS: list[Mutant] = [
    *mutants(
        "seqjax/predictors/dialogue_acts.py",
        "tests/predictors/test_dialogue_acts.py",
        ("(len(each.ids) + 1)", "len(each.ids)", "ranked"),
        ("1) - slot_penalty", "1) + slot_penalty", "ranked"),
    ),
    *mutants(
        "seqjax/predictors/frame_classification.py",
        "tests/predictors/test_frame_classification.py",
        ("np.where(last < 0, 0.0, ", "np.where(last < 0, last, ", "loop"),
        ("missing[:, self.flagged]", "missing", "loop"),
    ),
    *mutants(
        "seqjax/predictors/speech.py",
        "tests/predictors/test_speech.py",
        ("[BOS, EOS, UNK]", "[BOS, EOS]", "special"),
    ),
    *mutants(
        "seqjax/predictors/speech_stream.py",
        "tests/predictors/test_speech.py",
        ("(self._blank, self._last)", "(self._blank,)", "stream"),
    ),
]
