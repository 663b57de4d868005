"""Classification reads one text a line, and writes one JSON object a line.

The object holds ``label``, its ``probability``, and the ``probabilities`` of all classes. Classification has no flags
of its own.
"""

from typing import Any

from absl import flags

FLAGS: tuple[flags.FlagHolder[Any], ...] = ()
