"""What all commands share: flags, and how they end when something is wrong."""

import difflib
import errno
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, NoReturn

from absl import app, flags, logging
from ml_collections import ConfigDict

from seqjax.errors import InputError
from seqjax.training.loop import DivergedRun, InterruptedRun

KINDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", tuple: "a tuple such as (1, 2)"}


def run(main: Callable[[], None], required: Sequence[str]) -> None:
    """Parses the flags, of which some are ``required``, and calls ``main``.

    What the user can put right ends the command with one sentence on standard error and exit code 2.
    """

    def guarded(arguments: list[str]) -> None:
        if len(arguments) > 1:
            fail(f"{arguments[1]!r} is no flag; flags have the form --name=value")
        for name in required:
            if flags.FLAGS[name].value is None:
                fail(f"flag --{name} is missing")
        signal.signal(signal.SIGTERM, _terminate)
        logging.set_verbosity(logging.FATAL)  # Orbax reports each save at length; what matters is said here.
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
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                fail(
                    f"the disk is full ({error.filename or 'while writing'}); make room and run the same command again"
                )
            raise
        except KeyboardInterrupt:
            print("stopped; run the same command again to go on", file=sys.stderr)
            sys.exit(130)

    app.run(guarded, flags_parser=_parse)


def fail(message: str) -> NoReturn:
    """Prints one sentence and exits with code 2."""
    print(f"error: {message}", file=sys.stderr)
    sys.exit(2)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _parse(arguments: list[str]) -> list[str]:
    try:
        return list(flags.FLAGS(arguments))
    except (flags.Error, AttributeError, KeyError, TypeError, ValueError, OSError, SyntaxError, ImportError) as error:
        fail(_wrong_override(arguments) or _without_advice(error))


def _without_advice(error: Exception) -> str:
    """The first line of the error, as a sentence."""
    if isinstance(error, OSError):
        path = next((a.split("=", 1)[1] for a in sys.argv if a.startswith("--config=")), "")
        return f"there is no config file {path.split(':')[0]!r}"
    return f"{type(error).__name__}: {error}".splitlines()[0] if not isinstance(error, flags.Error) else str(error)


def _wrong_override(arguments: list[str]) -> str | None:
    """What is wrong with the first ``--config.key=value`` that does not fit the config, if any."""
    overrides = [a for a in arguments if a.startswith("--config.")]
    try:
        flags.FLAGS.unparse_flags()
        flags.FLAGS([a for a in arguments if a not in overrides])
    except Exception:  # The fault is not, or not only, in an override.
        return None
    config = flags.FLAGS["config"].value
    known = flatten(config)
    for override in overrides:
        name, _, text = override.removeprefix("--config.").partition("=")
        if name not in known:
            return unknown_key(name, known)
        kind = type(known[name])
        try:
            flags.FLAGS.unparse_flags()
            flags.FLAGS([arguments[0], *[a for a in arguments[1:] if a not in overrides], override])
        except (flags.Error, TypeError, ValueError):
            return f"config key {name!r} is {text!r}, but must be {KINDS.get(kind, kind.__name__)}"
    return None


def unknown_key(name: str, known: dict[str, Any]) -> str:
    """The sentence for a key that is none, with the nearest that is one."""
    by_leaf = {key.rsplit(".", 1)[-1]: key for key in known}
    near = difflib.get_close_matches(name, known, n=1) or [
        by_leaf[leaf] for leaf in difflib.get_close_matches(name.rsplit(".", 1)[-1], by_leaf, n=1)
    ]
    advice = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
    return f"there is no config key {name!r}; {advice}"


def flatten(config: ConfigDict | dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A config as one dict with dotted keys."""
    flat: dict[str, Any] = {}
    for name, value in config.items():
        if isinstance(value, ConfigDict | dict):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
