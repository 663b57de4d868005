"""One writer for each run folder, on one machine or on several that share a file system."""

import json
import os
import socket
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from seqjax.errors import InputError

NAME = "run.lock"
BEAT = 2.0  # seconds between two beats of a lock that is held
PATIENCE = 10.0  # seconds without a beat after which the holder on another machine is taken for dead
HELD: dict[Path, dict[str, Any]] = {}  # the locks of this process


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds the lock of a folder, so that no other command writes there.

    The lock is a file that names its holder and whose time of change moves while the holder lives. File locks of the
    operating system are not relied on, since not every network file system has them. After a crash the lock is taken
    over: at once on the same machine, where it is known which processes live; elsewhere when it has not moved for
    ``PATIENCE`` seconds.

    Raises:
      InputError: If a living process holds the lock, named by host and process.
    """
    path = folder / NAME
    me = _identity()
    while not _create(path, me):
        holder = _read(path)
        if holder is None:
            continue  # it was released in this moment
        if _is_alive(path, holder):
            raise InputError(
                f"{folder} is in use by process {holder.get('process')} on host {holder.get('host')}; "
                "wait for it to end, or name another workdir"
            )
        _remove(path, holder)
    HELD[path] = me
    stop = threading.Event()
    heart = threading.Thread(target=_beat, args=(path, me, stop), daemon=True)
    heart.start()
    try:
        yield
    finally:
        stop.set()
        heart.join()
        _remove(path, HELD.pop(path))


def release_all() -> None:
    """Releases all locks of this process, which is about to end at once."""
    for path, me in HELD.items():
        _remove(path, me)


def _identity() -> dict[str, Any]:
    """Names this process; ``started`` tells it from a later one that was given the same number."""
    return {
        "host": socket.gethostname(),
        "process": os.getpid(),
        "started": _start_time(os.getpid()),
        "space": _process_space(),
        "token": uuid.uuid4().hex,
    }


def _process_space() -> str:
    """The boot and the process namespace in which process numbers mean the same; empty where that is not known."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _start_time(process: int) -> str:
    """When a process started, in the system's own unit; empty if there is no such process."""
    try:
        # The name, in brackets, may hold blanks; the start time is the 20th field after it.
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]


def _create(path: Path, me: dict[str, Any]) -> bool:
    """Writes the lock whole under another name and links it into place, which fails if there is one."""
    draft = path.with_name(f"{NAME}.{me['token']}")
    try:
        draft.write_text(json.dumps(me), encoding="utf-8")
        try:
            _link(draft, path)
        finally:
            draft.unlink()
    except FileExistsError:
        return False
    except OSError as error:
        raise InputError(f"{path.parent} cannot be locked ({error.strerror}); name another workdir") from None
    return True


def _link(source: Path, target: Path) -> None:
    """Gives a file a second name, or where the file system has no links a copy, unless that name is taken."""
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        with target.open("x", encoding="utf-8") as file:
            file.write(source.read_text(encoding="utf-8"))


def _read(path: Path) -> dict[str, Any] | None:
    try:
        holder = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        holder = None
    return holder if isinstance(holder, dict) else {}  # a lock that a full disk cut short has no holder


def _is_alive(path: Path, holder: dict[str, Any]) -> bool:
    if not holder:
        return False
    space = _process_space()
    if space and holder.get("space") == space:
        started = holder.get("started")
        return bool(started) and _start_time(holder.get("process", 0)) == started
    print(f"{path} is held by host {holder.get('host')}; waiting to see whether it is alive", file=sys.stderr)
    first, end = _changed_at(path), time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(BEAT / 4)
        if _changed_at(path) != first:
            return _read(path) == holder  # it moved, or was released
    return False


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _remove(path: Path, holder: dict[str, Any]) -> None:
    """Removes the lock of ``holder``, and not one that another process has taken meanwhile."""
    taken = path.with_name(f"{NAME}.{uuid.uuid4().hex}")
    try:
        path.rename(taken)
    except FileNotFoundError:
        return
    if _read(taken) != holder:
        with suppress(FileExistsError):
            _link(taken, path)
    taken.unlink()


def _beat(path: Path, me: dict[str, Any], stop: threading.Event) -> None:
    while not stop.wait(BEAT):
        with suppress(OSError, InputError):  # a file system that is away for a moment may come back
            holder = _read(path)
            if holder is None:
                _create(path, me)
            elif holder != me:
                # This process stood still for long, as under a closed lid, and another one has taken over.
                text = f"error: {path.parent} was taken over by another process; this one ends"
                print(text, file=sys.stderr, flush=True)
                os._exit(2)
            else:
                os.utime(path)
