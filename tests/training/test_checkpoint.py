"""Checkpoints: whole or not at all, and damage is seen."""

import gc
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.errors import InputError
from seqjax.training.checkpoint import Checkpoints, checksum


def tree(value: float) -> dict[str, Any]:
    noise = np.random.default_rng(0).normal(size=(40, 30))  # does not compress, so that a flipped bit hits it
    return {
        "w": jnp.asarray(noise + value, jnp.float32),
        "step": jnp.int32(value),
        "layers": {0: jnp.arange(3.0) * value},
    }


# Orbax leaves a future behind in its event loop when it meets a damaged file.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def silent(text: str) -> None:
    raise AssertionError(text)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_newest_comes_back_bitwise_in_the_same_types(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    for step in (1, 2, 3):
        checkpoints.save(step, tree(step + 0.1))
    restored = Checkpoints(tmp_path, keep=2).restore_latest(tree(0), silent)
    jax.tree.map(np.testing.assert_array_equal, restored, tree(3.1))
    assert jax.tree.map(lambda leaf: leaf.dtype, restored) == jax.tree.map(lambda leaf: leaf.dtype, tree(0))
    assert sorted(path.name for path in (tmp_path / "latest").iterdir()) == ["2", "3"]


def test_none_is_none(tmp_path):
    assert Checkpoints(tmp_path).restore_latest(tree(0), silent) is None
    with pytest.raises(InputError, match="holds no checkpoint"):
        Checkpoints(tmp_path).restore_best(tree(0))


def test_the_best_outlives_the_latest(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=1)
    checkpoints.save(1, tree(1), is_best=True)
    checkpoints.save(2, tree(2))
    checkpoints.save(2, tree(9))  # A step that is there is left as it is.
    assert checkpoints.restore_best(tree(0))["step"] == 1
    assert checkpoints.restore_latest(tree(0), silent)["step"] == 2


def damage_by_deleting(folder: Path) -> None:
    max(files(folder / "state" / "d"), key=lambda path: path.stat().st_size).unlink()


def damage_by_cutting(folder: Path) -> None:
    path = max(files(folder), key=lambda path: path.stat().st_size)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def damage_by_flipping_a_bit(folder: Path) -> None:
    path = max(files(folder / "state" / "ocdbt.process_0" / "d"), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def damage_by_emptying_the_metadata(folder: Path) -> None:
    for path in files(folder / "meta"):
        path.write_bytes(b"")


@pytest.mark.parametrize(
    "damage",
    [damage_by_deleting, damage_by_cutting, damage_by_flipping_a_bit, damage_by_emptying_the_metadata],
)
def test_a_damaged_newest_is_named_and_the_one_before_is_used(tmp_path, damage):
    checkpoints = Checkpoints(tmp_path, keep=2)
    checkpoints.save(1, tree(1))
    checkpoints.save(2, tree(2), is_best=True)
    damage(tmp_path / "latest" / "2")
    said: list[str] = []
    checkpoints = Checkpoints(tmp_path, keep=2)
    restored = checkpoints.restore_latest(tree(0), said.append)
    jax.tree.map(np.testing.assert_array_equal, restored, tree(1))
    assert len(said) == 1
    assert said[0].startswith("checkpoint 2 is damaged")
    assert "\n" not in said[0]
    checkpoints.save(2, tree(2))  # The step can be saved again.
    assert Checkpoints(tmp_path, keep=2).restore_latest(tree(0), silent)["step"] == 2
    damage(tmp_path / "best" / "2")
    with pytest.raises(InputError, match=r"checkpoint 2 in .* is damaged"):
        Checkpoints(tmp_path, keep=2).restore_best(tree(0))
    gc.collect()  # The futures are complained about here, and not in a test that knows nothing of them.


def test_a_half_written_checkpoint_is_passed_over(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    checkpoints.save(1, tree(1))
    unfinished = tmp_path / "latest" / "2.orbax-checkpoint-tmp-123"
    unfinished.mkdir()
    (unfinished / "state").write_bytes(b"half")
    assert Checkpoints(tmp_path, keep=2).restore_latest(tree(0), silent)["step"] == 1


def test_the_checksum_sees_every_entry_and_the_order():
    assert checksum([jnp.array([1.0, 2.0])]) != checksum([jnp.array([2.0, 1.0])])
    assert checksum([jnp.array([1.0, 2.0])]) != checksum([jnp.array([1.0, np.nextafter(np.float32(2), 3)])])
