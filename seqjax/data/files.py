"""Files of the user and files of the system."""

from pathlib import PurePath


def is_hidden(path: PurePath) -> bool:
    """True for a relative path of the system's: hidden, such as ``.DS_Store`` and ``._a.txt``, or in ``__MACOSX``."""
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
