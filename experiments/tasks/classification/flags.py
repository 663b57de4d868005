"""Classification reads one text a line, and writes one JSON object a line.

The object holds ``label``, its ``probability``, and the ``probabilities`` of all classes; with --format=jsonl it holds
the ``input``, the ``answer``, its ``score`` and the ``probabilities``, as in the other tasks.
"""

from experiments.run.stdout import FORMAT

FLAGS = (FORMAT,)
