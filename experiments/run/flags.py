"""Flags of the commands, and the ends of a command: one sentence and an exit code for every error.

It imports nothing heavy: flags and the config are checked before JAX is imported.
"""

import errno
import gc
import importlib.util
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NoReturn

from absl import app, flags, logging
from ml_collections import ConfigDict

from experiments.run.arguments import nearest
from experiments.run.lock import release_all
from experiments.run.overrides import keys, normalised, parse_value
from experiments.run.streams import lasting_streams
from seqjax.errors import DivergedRun, InputError, InterruptedRun, UndecidedRun

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = "stopped; run the same command again to go on"


def run(
    main: Callable[[], None], required: Sequence[str], *, outlives_output: bool = False, needs_output: bool = False
) -> None:
    """Parses the flags, of which some are ``required``, and calls ``main``.

    An ``InputError`` ends the command with one sentence on standard error and exit code 2; so does a full disk. A
    training that diverged has exit code 1; one that a signal ended, 128 and the signal's number.

    Args:
      main: The command. If "config" is required, it gets the config from :func:`read_config`.
      required: Names of flags.
      outlives_output: True for a command whose work goes on when nobody reads its output any more.
      needs_output: True for a command that is pointless without standard output.
    """
    if not lasting_streams(outlives_output) and needs_output:
        fail("standard output is closed; give it a file or a pipe, as in > FILE")
    gc.set_threshold(50_000, 50, 50)  # compiling makes millions of objects that live on: search them less often
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        received.append(number)
        if _is_importing(frame):  # an error inside the import of a compiled module may crash the process
            os.write(2, STOPPED.encode() + b"\n")
            release_all()
            os._exit(128 + number)
        raise KeyboardInterrupt

    def guarded(arguments: list[str]) -> None:
        logging.set_verbosity(logging.FATAL)  # Orbax logs each save at length.
        # Orbax and TensorBoard leave futures and threads unfinished when a file fails them.
        sys.unraisablehook = lambda _: None
        threading.excepthook = lambda _: None
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as SIGHUP is under nohup
                signal.signal(number, stop)
        try:
            main()
        except (Exception, KeyboardInterrupt) as error:
            _end(error, received)

    app.run(guarded, flags_parser=lambda arguments: _parse(arguments, required))


def _end(error: BaseException, received: Sequence[int]) -> NoReturn:
    """Ends the command with one line on standard error; raises an error that has no such line again."""
    if isinstance(error, InterruptedRun):
        print(f"stopped after step {error.step}; run the same command again to go on from there", file=sys.stderr)
        sys.exit(128 + error.signal)
    if isinstance(error, KeyboardInterrupt) or received:  # which may have become another error on its way
        print(STOPPED, file=sys.stderr)
        sys.exit(128 + (received[0] if received else signal.SIGINT))
    if isinstance(error, InputError):
        fail(str(error))
    if isinstance(error, UnicodeEncodeError):
        fail(_encoding_advice(error.object[error.start : error.end], error.encoding))
    if isinstance(error, DivergedRun | UndecidedRun):
        diverged = (
            "a checkpoint, if there is one, is from before it; try a lower optimizer.learning_rate or "
            "optimizer.clip_norm in another workdir"
        )
        undecided = "see whether the validation part has values, and whether the learning rate is not too high"
        print(f"error: {error}; {diverged if isinstance(error, DivergedRun) else undecided}", file=sys.stderr)
        sys.exit(1)
    if _is_disk_full(error):
        message = "error: the disk is full; make room and run the same command again to go on"
        print(message, file=sys.stderr, flush=True)
        os._exit(2)  # Writers that would flush at exit can only fail again, at length.
    if isinstance(error, OSError) and error.filename is not None:
        fail(f"{str(error.filename)[:200]}: {error.strerror}")
    if isinstance(error, MemoryError) or "RESOURCE_EXHAUSTED" in str(error):
        fail("the memory is full; make the model or data.batch_size smaller")
    raise error


def _is_importing(frame: FrameType | None) -> bool:
    """True if a frame, or one that called it, is importing a module."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def define_config() -> None:
    """Defines the flag of the commands that read a config file; its keys are flags too, see :func:`read_config`."""
    text = "The experiment: a file in configs/, FILE.py or FILE.py:ARGUMENT. --config.key=value changes a key of it."
    flags.DEFINE_string("config", None, text)


def read_config() -> ConfigDict:
    """The config that the command line names, with the keys that it changes; see :func:`make_config`."""
    file: str = flags.FLAGS["config"].value or ""
    return make_config(file, keys(sys.argv[1:]))


def make_config(file: str, changed: Mapping[str, str]) -> ConfigDict:
    """The config of a file ``FILE.py[:ARGUMENT]``, with other values for some keys, which are given as text.

    Raises:
      InputError: There is no such file, it makes no config, or a key or value is wrong.
    """
    module, argument = config_module(file)
    if not hasattr(module, "get_config"):
        raise InputError(f"config file {file!r} has no function get_config(), which makes the config")
    try:
        config = module.get_config(argument)
    except ValueError as fault:
        raise InputError(f"config {file!r}: {fault}") from None
    except Exception as fault:
        raise InputError(f"config {file!r}: {type(fault).__name__}: {fault}") from None
    if not isinstance(config, ConfigDict):
        raise InputError(f"config {file!r}: get_config() must return a ConfigDict, not {type(config).__name__}")
    known = flatten(config)
    config.update_from_flattened_dict({key: parse_value(key, text, known) for key, text in changed.items()})
    return config.lock()


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
    given, _, argument = flag.partition(":")
    path = Path(given).expanduser()
    if not path.is_file():
        raise InputError(f"there is no config file {given!r}{_nearest_config(given)}")
    spec = importlib.util.spec_from_file_location("config", path)
    if spec is None or spec.loader is None:
        raise InputError(f"{given!r} is no config file; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise InputError(f"config file {given}, line {error.lineno}: {error.msg}") from None
    except Exception as error:
        raise InputError(f"config file {given}: {type(error).__name__}: {error}") from None
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


def _encoding_advice(text: str, encoding: str) -> str:
    return f"{text!r} has no place in the encoding of the locale, {encoding}; set PYTHONUTF8=1"


def _parse(arguments: list[str], required: Sequence[str]) -> list[str]:
    encoding = sys.getfilesystemencoding()
    for argument in arguments:
        if encoding != "utf-8" and not argument.isascii():
            fail(_encoding_advice(argument, encoding))
    try:
        if "config" in required:
            arguments = flags.FLAGS.read_flags_from_files(arguments, force_gnu=False)
            arguments = [arguments[0], *normalised(arguments[1:])]
            sys.argv = arguments  # what a run records, and a sweep hands on
            arguments = [each for each in arguments if not each.startswith("--config.")]
        elif given := next((each for each in arguments[1:] if each.startswith(("--config=", "--config."))), ""):
            fail(f"{given.partition('=')[0]} is given, but this command takes the config of the run; leave it out")
        rest = flags.FLAGS(arguments)[1:]
    except (InputError, flags.Error) as error:
        fail(" ".join(str(error).split()))
    if rest:
        fail(f"{rest[0]!r} is no flag; flags have the form --name=value")
    for name in required:
        if flags.FLAGS[name].value in (None, ""):
            missing = "" if name != "config" or not keys(sys.argv[1:]) else " beside its keys"
            fail(f"flag --{name} is missing{missing}")
    return arguments[:1]
