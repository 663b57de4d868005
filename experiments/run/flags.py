"""Flags of the commands, and the ends of a command: one sentence and an exit code for every error.

It imports nothing heavy: flags and the config are checked before JAX is imported.
"""

import errno
import importlib.util
import os
import re
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

from absl import app, flags, logging
from ml_collections import ConfigDict

from experiments.run.arguments import nearest
from seqjax.errors import DivergedRun, InputError, InterruptedRun

KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", tuple: "a tuple like (1,2)"}


def run(main: Callable[[], None], required: Sequence[str]) -> None:
    """Parses the flags, of which some are ``required``, and calls ``main``.

    An ``InputError`` ends the command with one sentence on standard error and exit code 2; so does a full disk. A
    training that diverged has exit code 1; one that a signal ended, 128 and the signal's number.
    """

    def guarded(arguments: list[str]) -> None:
        logging.set_verbosity(logging.FATAL)  # Orbax logs each save at length.
        # Orbax and TensorBoard leave futures and threads unfinished when a file fails them.
        sys.unraisablehook = lambda _: None
        threading.excepthook = lambda _: None
        signal.signal(signal.SIGTERM, _terminate)
        try:
            main()
        except InputError as error:
            fail(str(error))
        except InterruptedRun as end:
            print(f"stopped after step {end.step}; run the same command again to go on from there", file=sys.stderr)
            sys.exit(128 + end.signal)
        except DivergedRun as end:
            print(
                f"error: {end}; the last checkpoint is from before it; try a lower optimizer.learning_rate "
                "or optimizer.clip_norm in another workdir",
                file=sys.stderr,
            )
            sys.exit(1)
        except KeyboardInterrupt:
            print("stopped; run the same command again to go on", file=sys.stderr)
            sys.exit(130)
        except Exception as error:
            if not _is_disk_full(error):
                raise
            message = "error: the disk is full; make room and run the same command again to go on"
            print(message, file=sys.stderr, flush=True)
            os._exit(2)  # Writers that would flush at exit can only fail again, at length.

    app.run(guarded, flags_parser=lambda arguments: _parse(arguments, required))


def define_data_changed() -> flags.FlagHolder[str]:
    """Defines the flag of the commands that read the data of a run again."""
    text = "Refuse data that changed since the run began, or go on with what was learned from the old data."
    return flags.DEFINE_enum("data_changed", "refuse", ["refuse", "accept"], text)


def fail(message: str) -> NoReturn:
    """Prints one sentence and exits with code 2."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def config_module(flag: str) -> tuple[ModuleType, str]:
    """The module of a config file, and the argument that follows its path: ``FILE.py[:ARGUMENT]``.

    Raises:
      InputError: If there is no such file, or it is not valid Python.
    """
    path, _, argument = flag.partition(":")
    spec = importlib.util.spec_from_file_location("config", path)
    if spec is None or spec.loader is None or not Path(path).is_file():
        raise InputError(f"there is no config file {path!r}{_nearest_config(path)}")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise InputError(f"config file {path}, line {error.lineno}: {error.msg}") from None
    return module, argument


def _nearest_config(path: str) -> str:
    """Advice for a path that names no config file: the nearest one in the folder of configs that it names."""
    folder = next((parent for parent in Path(path).parents if parent.name == "configs"), None)
    return nearest(path, [str(file) for file in folder.rglob("*.py")]) if folder else ""


def flatten(config: ConfigDict | dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A config as one dict with dotted keys."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, ConfigDict | dict):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _is_disk_full(error: BaseException | None) -> bool:
    """True if an error, or one that led to it, is that nothing more can be written; each library has its type."""
    while error is not None:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _parse(arguments: list[str], required: Sequence[str]) -> list[str]:
    try:
        rest = flags.FLAGS(arguments)[1:]
        config = flags.FLAGS["config"].value if "config" in required else None
        if config is not None:
            config.to_dict()  # The file is read when the config is first looked into.
    except Exception as error:  # ml_collections lets through any error that a config file or an override raises.
        fail(_explain(error, arguments))
    if rest:
        fail(f"{rest[0]!r} is no flag; flags have the form --name=value")
    for name in required:
        if flags.FLAGS[name].value in (None, ""):
            fail(f"flag --{name} is missing")
    return arguments[:1]


def _explain(error: Exception, arguments: Sequence[str]) -> str:
    """One sentence on why the flags cannot be parsed."""
    text = " ".join(str(error).split())
    of_config = [each for each in arguments if re.match("--?config[.=]", each)]
    overrides = [each.partition(".")[2] for each in of_config if re.match(r"--?config\.", each)]
    file = next((each.partition("=")[2] for each in of_config if re.match("--?config=", each)), "")
    if not file or (overrides and of_config[0].endswith(overrides[0])):
        return "flag --config is missing before its keys" if overrides else text
    try:
        module, argument = config_module(file)
        known = flatten(module.get_config(argument))
    except InputError as fault:
        return str(fault)
    except Exception as fault:
        return f"config {file!r}: {fault}"
    faults = (_explain_override(override, known, text) for override in overrides)
    return next(filter(None, faults), text)


def _explain_override(override: str, known: dict[str, Any], text: str) -> str:
    """One sentence on an override ``key=value`` of a config with the keys ``known``; empty if it is not at fault."""
    name, _, value = override.partition("=")
    if name not in known:
        leaves = {key.rpartition(".")[2]: key for key in known}
        near = nearest(name, known) or nearest(leaves.get(name.rpartition(".")[2], ""), known)
        return f"there is no config key {name!r}{near or '; there are ' + ', '.join(known)}"
    if f"--config.{override}" in text:
        kind = type(known[name])
        return f"config key {name!r} is {value!r}, but must be {KINDS.get(kind, kind.__name__)}"
    return ""
