"""Checkpoints that survive any interruption of a run. The only module that imports orbax."""

import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
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
        self._latest = _manager(folder / "latest", max_to_keep)
        self._best = _manager(folder / "best", 1)

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
        """The newest whole state, in the structure of ``template``; None if there is none.

        A damaged one is named to ``warn`` and removed, and the one before it is taken.
        """
        for step in sorted(self._latest.all_steps(), reverse=True):
            try:
                return _restore(self._latest, step, template)
            except _DamagedError as damage:
                warn(f"checkpoint {step} is damaged ({damage}); going on from the one before it")
                shutil.rmtree(Path(self._latest.directory) / str(step))
                self._latest.reload()
        return None


def restore_best(folder: Path, template: Tree) -> Tree:
    """The parameters that were best on validation, in the structure of ``template``. Nothing in the folder changes.

    Args:
      folder: The folder of :class:`Checkpoints`.
      template: A tree of arrays with the right shapes and types, such as the parameters before training.

    Raises:
      InputError: If there are none, or they are damaged.
    """
    best = folder / "best"
    manager = ocp.CheckpointManager(best.absolute(), options=ocp.CheckpointManagerOptions(read_only=True))
    step = manager.latest_step()
    if step is None:
        raise InputError(f"{best} holds no checkpoint; train on this workdir first")
    try:
        return _restore(manager, step, template)
    except _DamagedError as damage:
        raise InputError(
            f"checkpoint {step} in {best} is damaged ({damage}); delete the workdir and train again"
        ) from None


class _DamagedError(Exception):
    pass


def _save(manager: ocp.CheckpointManager, step: int, tree: Any) -> None:
    if step not in manager.all_steps():
        meta = ocp.args.JsonSave({"checksum": checksum(tree)})
        manager.save(step, args=ocp.args.Composite(state=ocp.args.StandardSave(tree), meta=meta))


def _manager(folder: Path, max_to_keep: int) -> ocp.CheckpointManager:
    options = ocp.CheckpointManagerOptions(
        max_to_keep=max_to_keep, enable_async_checkpointing=False, cleanup_tmp_directories=True
    )
    return ocp.CheckpointManager(folder.absolute(), options=options)


def _restore(manager: ocp.CheckpointManager, step: int, template: Tree) -> Tree:
    arrays = ocp.args.StandardRestore(jax.tree.map(ocp.utils.to_shape_dtype_struct, template))
    args = ocp.args.Composite(state=arrays, meta=ocp.args.JsonRestore())
    try:
        restored = manager.restore(step, args=args)
    # Damaged files make orbax, tensorstore or the JSON reader raise an error type of their own.
    except Exception as error:
        raise _DamagedError(str(error).splitlines()[0][:80]) from error
    if restored.meta["checksum"] != checksum(restored.state):
        raise _DamagedError("its checksum does not fit its arrays")
    # Orbax commits arrays to devices; a step would be compiled anew for such, and again where they meet others.
    tree: Tree = jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), restored.state)
    return tree


def checksum(tree: Any) -> int:
    """The CRC-32 of all arrays of a tree, in order."""
    crc = 0
    for leaf in jax.tree.leaves(tree):
        crc = zlib.crc32(np.ascontiguousarray(jax.device_get(leaf)).tobytes(), crc)
    return crc
