"""Classification reads one text a line, and writes one JSON object a line.

Of frames it reads a table of frames like the one it was trained on, and writes a CSV line for each sequence: its id,
label and probability; or it reads the path of a sound file or a clip a line, and writes its label.

The object of a text holds ``label``, its ``probability``, and the ``probabilities`` of all classes; with --format=jsonl
the objects of both hold the ``input``, the ``answer``, its ``score`` and the ``probabilities``, as in the other tasks.
"""

from experiments.run.answers import FORMAT

FLAGS = (FORMAT,)
