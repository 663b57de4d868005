"""Checkpoints that survive any interruption of a run. The only module that imports orbax."""

import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import jax
import numpy as np
import orbax.checkpoint as ocp

from seqjax.errors import InputError

Tree = TypeVar("Tree")


class Checkpoints:
    """The last few states of a run, and the parameters that were best on validation.

    ``latest/STEP`` holds a whole state, ``best/STEP`` parameters only. A checkpoint appears whole or not at all: it is
    written under another name and then renamed. Each holds a checksum of its arrays, so that a damaged one is noticed
    and never used.

    Args:
      folder: Holds ``latest`` and ``best``. It is made if need be.
      max_to_keep: The number of latest states to keep.
    """

    def __init__(self, folder: Path, max_to_keep: int = 2) -> None:
        self._kept = ((_manager(folder / "latest", max_to_keep), max_to_keep), (_manager(folder / "best", 1), 1))
        (self._latest, _), (self._best, _) = self._kept

    def save(self, step: int, state: Any, *, best_params: Any = None) -> None:
        """Saves the state after ``step`` steps. A step that is already saved is left as it is.

        Args:
          step: Steps done.
          state: The state, a tree of arrays.
          best_params: The parameters to evaluate, if this step is the best so far. They are saved first: a run that is
            killed between the two goes on from the state before, and reaches the same best step again.
        """
        if best_params is not None:
            _save(self._best, step, best_params)
        _save(self._latest, step, state)

    def restore_latest(self, template: Tree, warn: Callable[[str], None]) -> Tree | None:
        """The newest whole state, in the structure of ``template``; None if there are no checkpoints at all.

        A damaged checkpoint is moved to the folder ``damaged`` and named to ``warn``, and the one before it is taken.
        Deleted are only older ones than are to be kept, which a run leaves that is killed right after it saves.

        Raises:
          InputError: If a checkpoint cannot be read or does not fit ``template``, or all are damaged.
        """
        steps = sorted(self._latest.all_steps(), reverse=True)
        for step in steps:
            try:
                state = _restore(self._latest, step, template)
                for manager, count in self._kept:
                    for old in sorted(manager.all_steps())[:-count]:
                        manager.delete(old)
                return state
            except _DamagedError as damage:
                aside = _move_aside(Path(self._latest.directory) / str(step))
                self._latest.reload()
                warn(f"checkpoint {step} is damaged ({damage}) and was moved to {aside}")
        if steps:
            folder = self._latest.directory.parent
            raise InputError(f"all checkpoints in {folder} are damaged; delete {folder} to train anew, from step 0")
        return None


def restore_best(folder: Path, template: Tree) -> Tree:
    """The parameters that were best on validation, in the structure of ``template``. Nothing in the folder changes.

    Args:
      folder: The folder of :class:`Checkpoints`.
      template: A tree of arrays with the right shapes and types, such as the parameters before training.

    Raises:
      InputError: If there are none, or they are damaged, cannot be read or do not fit ``template``.
    """
    best = folder / "best"
    manager = ocp.CheckpointManager(best.absolute(), options=ocp.CheckpointManagerOptions(read_only=True))
    step = manager.latest_step()
    if step is None:
        raise InputError(
            f"{best} holds no checkpoint; run the same training on, until a validation gives a finite number"
        )
    try:
        return _restore(manager, step, template)
    except _DamagedError as damage:
        raise InputError(f"checkpoint {step} in {best} is damaged ({damage}); train again on another workdir") from None


class _DamagedError(Exception):
    pass


def _save(manager: ocp.CheckpointManager, step: int, tree: Any) -> None:
    if step not in manager.all_steps():
        meta = {"checksum": checksum(tree), "arrays": _described(tree), "orbax": ocp.__version__}
        args = ocp.args.Composite(state=ocp.args.StandardSave(tree), meta=ocp.args.JsonSave(meta))
        manager.save(step, args=args)


def _manager(folder: Path, max_to_keep: int) -> ocp.CheckpointManager:
    options = ocp.CheckpointManagerOptions(
        max_to_keep=max_to_keep, enable_async_checkpointing=False, cleanup_tmp_directories=True
    )
    return ocp.CheckpointManager(folder.absolute(), options=options)


def _restore(manager: ocp.CheckpointManager, step: int, template: Tree) -> Tree:
    folder = Path(manager.directory) / str(step)
    meta = _read_meta(manager, step, folder)
    if difference := _difference(meta["arrays"], _described(template)):
        raise InputError(
            f"checkpoint {folder} does not fit this model: {difference}; it is from another version of seqjax or from "
            "other data; config.json names the version it was made with"
        )
    arrays = ocp.args.StandardRestore(jax.tree.map(ocp.utils.to_shape_dtype_struct, template))
    try:
        state = manager.restore(step, args=ocp.args.Composite(state=arrays)).state
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:  # Orbax and tensorstore have error types of their own for what they cannot read.
        raise _explain(folder, meta["orbax"], error) from error
    if meta["checksum"] != checksum(state):
        raise _DamagedError("its checksum does not fit its arrays")
    # Orbax commits arrays to devices; a step would be compiled anew for such, and again where they meet others.
    # Unlike jnp.asarray, jax.device_put compiles no program for each shape.
    tree: Tree = jax.device_put(jax.tree.map(np.asarray, state), may_alias=False)
    return tree


def _read_meta(manager: ocp.CheckpointManager, step: int, folder: Path) -> dict[str, Any]:
    try:
        meta: dict[str, Any] = manager.restore(step, args=ocp.args.Composite(meta=ocp.args.JsonRestore())).meta
        if not {"checksum", "arrays", "orbax"} <= meta.keys():
            raise InputError(
                f"checkpoint {folder} is from an older version of seqjax; go on with that version, or train again on "
                "another workdir"
            )
    except (InputError, MemoryError):
        raise
    except Exception as error:
        raise _explain(folder, ocp.__version__, error) from error
    return meta


def _explain(folder: Path, saved_by: str, error: Exception) -> Exception:
    """An error for a checkpoint that Orbax cannot read: its files are unreadable, of another version, or damaged."""
    try:
        for path in folder.rglob("*"):
            if path.is_file():
                with path.open("rb") as file:
                    while file.read(1 << 20):
                        pass
    except OSError as cause:
        return InputError(f"checkpoint {folder} cannot be read ({cause.strerror}); try again")
    if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
        return InputError(f"checkpoint {folder} cannot be read ({error.strerror}); try again")
    if saved_by != ocp.__version__:
        return InputError(
            f"checkpoint {folder} was saved by orbax-checkpoint {saved_by}, and version {ocp.__version__} cannot read "
            "it; install the former"
        )
    return _DamagedError(str(error).splitlines()[0][:80])


def _described(tree: Any) -> dict[str, str]:
    """Type and shape of every array of a tree, by its path."""
    leaves = jax.tree.leaves_with_path(tree)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): f"{leaf.dtype}{list(leaf.shape)}"
        for path, leaf in leaves
    }


def _difference(saved: Mapping[str, str], expected: Mapping[str, str]) -> str:
    """The first array in which two descriptions of a tree differ, in words; empty if they are equal."""
    for name in sorted(saved.keys() | expected.keys()):
        if saved.get(name) != expected.get(name):
            return f"{name} is {saved.get(name, 'absent')} there, but {expected.get(name, 'absent')} here"
    return ""


def _move_aside(folder: Path) -> Path:
    """Moves a damaged checkpoint to the folder ``damaged``, and returns its new path."""
    aside = folder.parents[1] / "damaged" / folder.name
    number = 1
    while aside.exists():
        number += 1
        aside = aside.with_name(f"{folder.name}-{number}")
    aside.parent.mkdir(exist_ok=True)
    return folder.rename(aside)


def checksum(tree: Any) -> int:
    """The CRC-32 of all arrays of a tree, in order."""
    crc = 0
    for leaf in jax.tree.leaves(tree):
        crc = zlib.crc32(np.ascontiguousarray(jax.device_get(leaf)).tobytes(), crc)
    return crc
