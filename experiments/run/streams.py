"""Standard output and standard error that may be closed, before a command starts or while it runs."""

import errno
import io
import os
import sys
from typing import Any

GONE = (errno.EPIPE, errno.EIO, errno.EBADF, errno.ENXIO)  # the reader, or the terminal, is no longer there


def lasting_streams(outlives_output: bool) -> bool:
    """Opens what was closed before the command started, and with ``outlives_output`` passes over what closes later.

    A closed stream would give its number to the next file that is opened, which then received what is printed.

    Returns:
      True if standard output was open.
    """
    was_open = sys.stdout is not None
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for name, number in (("stdout", 1), ("stderr", 2)):
        stream = getattr(sys, name)
        if outlives_output or stream is None:
            setattr(sys, name, _text(_LastingFile(number, "w", closefd=False), stream))
    return was_open


class _LastingFile(io.FileIO):
    """A file whose output goes nowhere once nobody can read it any more."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data) or 0
        except OSError as error:
            if error.errno not in GONE:
                raise
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return len(memoryview(data).cast("B"))


def _text(file: io.FileIO, like: Any) -> io.TextIOWrapper:
    """A stream of text on a file, with the encoding of another stream, if there is one."""
    encoding = like.encoding if like is not None else "utf-8"
    # Standard error is written through, also into a file, so that its lines stand in the order in which they came.
    at_once = like is None or like.line_buffering or like.write_through
    return io.TextIOWrapper(io.BufferedWriter(file), encoding, errors="backslashreplace", line_buffering=at_once)
