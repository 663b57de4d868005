"""Checkpoints that survive whatever stops a run. The only module that imports orbax."""

import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp

from seqjax.errors import InputError


class Checkpoints:
    """The last few states of a run, and the one that was best on validation.

    A checkpoint appears whole or not at all: it is written beside its place and then moved there. Each carries a
    checksum of its arrays, so that damage is seen and never trained on.

    Args:
      folder: Where they are kept: ``latest/STEP`` and ``best/STEP``. It is made if need be.
      keep: How many of the latest to keep.
    """

    def __init__(self, folder: Path, keep: int = 2) -> None:
        self._latest = _manager(folder / "latest", keep)
        self._best = _manager(folder / "best", 1)

    def save(self, step: int, state: Any, *, is_best: bool = False) -> None:
        """Saves the state after ``step`` steps. Where that step is already saved, it is left as it is."""
        for manager in (self._latest, self._best) if is_best else (self._latest,):
            if step not in manager.all_steps():
                manager.save(
                    step,
                    args=ocp.args.Composite(
                        state=ocp.args.StandardSave(state), meta=ocp.args.JsonSave({"checksum": checksum(state)})
                    ),
                )

    def restore_latest(self, template: Any, warn: Callable[[str], None]) -> Any | None:
        """The newest whole state, in the structure of ``template``; None if there is none.

        A damaged one is named to ``warn``, removed, and the one before it is taken.
        """
        for step in sorted(self._latest.all_steps(), reverse=True):
            try:
                return _restore(self._latest, step, template)
            except _DamagedError as damage:
                warn(f"checkpoint {step} is damaged ({damage}); going on from the one before it")
                shutil.rmtree(Path(self._latest.directory) / str(step))
                self._latest.reload()
        return None

    def restore_best(self, template: Any) -> Any:
        """The state that was best on validation.

        Raises:
          InputError: If there is none, or it is damaged.
        """
        step = self._best.latest_step()
        if step is None:
            raise InputError(f"{self._best.directory} holds no checkpoint; train on this workdir first")
        try:
            return _restore(self._best, step, template)
        except _DamagedError as damage:
            raise InputError(
                f"checkpoint {step} in {self._best.directory} is damaged ({damage}); delete the workdir and train again"
            ) from None


class _DamagedError(Exception):
    pass


def _manager(folder: Path, keep: int) -> ocp.CheckpointManager:
    options = ocp.CheckpointManagerOptions(
        max_to_keep=keep, enable_async_checkpointing=False, cleanup_tmp_directories=True
    )
    return ocp.CheckpointManager(folder.absolute(), options=options)


def _restore(manager: ocp.CheckpointManager, step: int, template: Any) -> Any:
    arrays = ocp.args.StandardRestore(jax.tree.map(ocp.utils.to_shape_dtype_struct, template))
    args = ocp.args.Composite(state=arrays, meta=ocp.args.JsonRestore())
    try:
        restored = manager.restore(step, args=args)
    # Whatever is wrong with the files, orbax, tensorstore or the JSON reader says so with an error type of its own.
    except Exception as error:
        raise _DamagedError(str(error).splitlines()[0][:80]) from error
    if restored.meta["checksum"] != checksum(restored.state):
        raise _DamagedError("its checksum does not fit its arrays")
    # Orbax commits arrays to devices; a step would be compiled anew for such, and again where they meet others.
    return jax.tree.map(lambda leaf: jnp.asarray(np.asarray(leaf)), restored.state)


def checksum(tree: Any) -> int:
    """The CRC-32 of all arrays of a tree, in order."""
    crc = 0
    for leaf in jax.tree.leaves(tree):
        crc = zlib.crc32(np.ascontiguousarray(jax.device_get(leaf)).tobytes(), crc)
    return crc
