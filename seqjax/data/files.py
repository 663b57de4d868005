"""Files of the user and files of the system."""

from pathlib import PurePath

SYSTEM = ("__macosx", "thumbs.db", "desktop.ini")  # files and folders that operating systems add


def is_hidden(path: PurePath) -> bool:
    """True for a relative path that no user wrote: hidden (``.DS_Store``), of the system, or in such a folder."""
    return any(part.startswith(".") or part.lower() in SYSTEM for part in path.parts if part not in (".", ".."))
