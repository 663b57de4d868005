"""Checkpoints are whole or absent, and damage is detected."""

import gc
import shutil
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from seqjax.errors import InputError
from seqjax.training import checkpoint
from seqjax.training.checkpoint import Checkpoints, checksum, restore_best

# Orbax leaves a future in its event loop when it meets a damaged file.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def tree(value: float) -> dict[str, Any]:
    noise = np.random.default_rng(0).normal(size=(40, 30))  # does not compress, so that a flipped bit hits it
    return {
        "w": jnp.asarray(noise + value, jnp.float32),
        "step": jnp.int32(value),
        "layers": {0: jnp.arange(3.0) * value},
    }


@pytest.fixture(autouse=True)
def collect():
    """Orbax's futures are reported here, and not in an unrelated test."""
    yield
    gc.collect()


def no_warning(text: str) -> None:
    raise AssertionError(text)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_newest_is_restored_bitwise_with_its_types(tmp_path):
    checkpoints = Checkpoints(tmp_path, max_to_keep=2)
    for step in (1, 2, 3):
        checkpoints.save(step, tree(step + 0.1))
    restored = Checkpoints(tmp_path, max_to_keep=2).restore_latest(tree(0), no_warning)
    jax.tree.map(np.testing.assert_array_equal, restored, tree(3.1))
    assert jax.tree.map(lambda leaf: leaf.dtype, restored) == jax.tree.map(lambda leaf: leaf.dtype, tree(0))
    assert sorted(path.name for path in (tmp_path / "latest").iterdir()) == ["2", "3"]


def test_empty_folder_has_no_state_and_no_best_parameters(tmp_path):
    assert Checkpoints(tmp_path / "run").restore_latest(tree(0), no_warning) is None
    for folder in ("run", "absent"):
        with pytest.raises(InputError, match="holds no checkpoint; run the same training on, until"):
            restore_best(tmp_path / folder, tree(0))
    assert not (tmp_path / "absent").exists(), "reading makes no folder"


def test_best_parameters_outlive_later_states(tmp_path):
    checkpoints = Checkpoints(tmp_path, max_to_keep=1)
    checkpoints.save(1, tree(1), best_params=tree(1)["layers"])
    checkpoints.save(2, tree(2))
    checkpoints.save(2, tree(9))  # A step that is there is left as it is.
    np.testing.assert_array_equal(restore_best(tmp_path, tree(0)["layers"])[0], tree(1)["layers"][0])
    assert checkpoints.restore_latest(tree(0), no_warning)["step"] == 2


def test_best_parameters_are_saved_before_the_state(tmp_path, monkeypatch):
    """A run that is killed between the two repeats the step; in the other order its best step would be lost."""
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, tree(1), best_params=tree(1))
    save, saved = checkpoint._save, []

    def killed_after_one(manager, step, state):
        if saved:
            raise KeyboardInterrupt
        saved.append(save(manager, step, state))

    monkeypatch.setattr(checkpoint, "_save", killed_after_one)
    with pytest.raises(KeyboardInterrupt):
        checkpoints.save(2, tree(2), best_params=tree(2))
    monkeypatch.undo()
    again = Checkpoints(tmp_path)
    assert again.restore_latest(tree(0), no_warning)["step"] == 1
    assert restore_best(tmp_path, tree(0))["step"] == 2
    again.save(2, tree(2), best_params=tree(2))
    assert again.restore_latest(tree(0), no_warning)["step"] == 2


def test_checkpoints_left_by_a_kill_are_deleted_when_the_run_goes_on(tmp_path):
    """Orbax deletes old checkpoints after it has saved a new one; a kill may come in between."""
    hoarding = Checkpoints(tmp_path, max_to_keep=9)
    for step in (1, 2, 3):
        hoarding.save(step, tree(step), best_params=tree(-step))
    shutil.copytree(tmp_path / "best" / "3", tmp_path / "best" / "1")
    checkpoints = Checkpoints(tmp_path, max_to_keep=2)
    jax.tree.map(np.testing.assert_array_equal, checkpoints.restore_latest(tree(0), no_warning), tree(3))
    assert sorted(path.name for path in (tmp_path / "latest").iterdir()) == ["2", "3"]
    assert [path.name for path in (tmp_path / "best").iterdir()] == ["3"]


def test_reading_the_best_removes_nothing(tmp_path):
    """A run that is still going may be evaluated: its unfinished files are left alone."""
    Checkpoints(tmp_path).save(1, tree(1), best_params=tree(1))
    unfinished = tmp_path / "best" / "2.orbax-checkpoint-tmp-123"
    unfinished.mkdir()
    assert restore_best(tmp_path, tree(0))["step"] == 1
    assert unfinished.exists()


def delete_largest(folder: Path) -> None:
    max(files(folder / "state" / "d"), key=lambda path: path.stat().st_size).unlink()


def truncate_largest(folder: Path) -> None:
    path = max(files(folder), key=lambda path: path.stat().st_size)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip_a_bit(folder: Path) -> None:
    path = max(files(folder / "state" / "ocdbt.process_0" / "d"), key=lambda path: path.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def empty_metadata(folder: Path) -> None:
    for path in files(folder / "meta"):
        path.write_bytes(b"")


@pytest.mark.parametrize("damage", [delete_largest, truncate_largest, flip_a_bit, empty_metadata])
def test_damaged_newest_is_named_and_the_one_before_is_used(tmp_path, damage):
    checkpoints = Checkpoints(tmp_path, max_to_keep=2)
    checkpoints.save(1, tree(1))
    checkpoints.save(2, tree(2), best_params=tree(2))
    damage(tmp_path / "latest" / "2")
    warnings: list[str] = []
    checkpoints = Checkpoints(tmp_path, max_to_keep=2)
    restored = checkpoints.restore_latest(tree(0), warnings.append)
    jax.tree.map(np.testing.assert_array_equal, restored, tree(1))
    assert len(warnings) == 1
    assert warnings[0].startswith("checkpoint 2 is damaged")
    assert (tmp_path / "damaged" / "2").is_dir()
    assert "\n" not in warnings[0]
    checkpoints.save(2, tree(2))  # The step can be saved again.
    assert Checkpoints(tmp_path, max_to_keep=2).restore_latest(tree(0), no_warning)["step"] == 2
    damage(tmp_path / "best" / "2")
    with pytest.raises(InputError, match=r"checkpoint 2 in .* is damaged .* another workdir"):
        restore_best(tmp_path, tree(0))


def test_all_damaged_is_refused_and_kept(tmp_path):
    Checkpoints(tmp_path).save(1, tree(1))
    truncate_largest(tmp_path / "latest" / "1")
    with pytest.raises(InputError, match=r"all checkpoints in .* are damaged; delete .* to train anew"):
        Checkpoints(tmp_path).restore_latest(tree(0), [].append)
    assert (tmp_path / "damaged" / "1").is_dir()


OTHERS = {
    "a new array": ({**tree(0), "v": jnp.ones(2)}, r"v is absent there, but float32\[2\] here"),
    "another shape": (
        {**tree(0), "w": jnp.ones((41, 30))},
        r"w is float32\[40, 30\] there, but float32\[41, 30\] here",
    ),
    "another type": ({**tree(0), "step": jnp.float32(0)}, r"step is int32\[\] there, but float32\[\] here"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_state_that_does_not_fit_is_refused_by_name_and_kept(tmp_path, name):
    checkpoints = Checkpoints(tmp_path)
    checkpoints.save(1, tree(1))
    checkpoints.save(2, tree(2), best_params=tree(2))
    before = files(tmp_path)
    other, difference = OTHERS[name]
    for restore in (
        lambda: Checkpoints(tmp_path).restore_latest(other, no_warning),
        lambda: restore_best(tmp_path, other),
    ):
        with pytest.raises(InputError, match=f"does not fit this model: {difference}"):
            restore()
    assert files(tmp_path) == before


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), PermissionError(13, "Permission denied")])
def test_unreadable_checkpoint_is_reported_and_kept(tmp_path, monkeypatch, error):
    Checkpoints(tmp_path).save(1, tree(1))
    before = files(tmp_path)

    def fails(*args, **kwargs):
        raise error

    monkeypatch.setattr(checkpoint.ocp.CheckpointManager, "restore", fails)
    with pytest.raises(InputError, match=f"cannot be read \\({error.strerror}\\); try again"):
        Checkpoints(tmp_path).restore_latest(tree(0), no_warning)
    assert files(tmp_path) == before


def test_checkpoint_of_another_orbax_is_not_taken_for_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint.ocp, "__version__", "99.0")
    Checkpoints(tmp_path).save(1, tree(1))
    monkeypatch.undo()
    truncate_largest(tmp_path / "latest" / "1" / "state")
    before = files(tmp_path)
    with pytest.raises(InputError, match=r"saved by orbax-checkpoint 99.0, and version \S+ cannot read it"):
        Checkpoints(tmp_path).restore_latest(tree(0), no_warning)
    assert files(tmp_path) == before


def test_out_of_memory_is_not_damage(tmp_path, monkeypatch):
    Checkpoints(tmp_path).save(1, tree(1))

    def fails(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(checkpoint.ocp.CheckpointManager, "restore", fails)
    with pytest.raises(MemoryError):
        Checkpoints(tmp_path).restore_latest(tree(0), no_warning)
    assert (tmp_path / "latest" / "1").is_dir()


def test_unfinished_checkpoint_is_skipped(tmp_path):
    checkpoints = Checkpoints(tmp_path, max_to_keep=2)
    checkpoints.save(1, tree(1))
    unfinished = tmp_path / "latest" / "2.orbax-checkpoint-tmp-123"
    unfinished.mkdir()
    (unfinished / "state").write_bytes(b"half")
    assert Checkpoints(tmp_path, max_to_keep=2).restore_latest(tree(0), no_warning)["step"] == 1


def test_checksum_depends_on_every_entry_and_their_order():
    assert checksum([jnp.array([1.0, 2.0])]) != checksum([jnp.array([2.0, 1.0])])
    assert checksum([jnp.array([1.0, 2.0])]) != checksum([jnp.array([1.0, np.nextafter(np.float32(2), 3)])])
    assert checksum([jnp.array(1.0), jnp.array(2.0)]) != checksum([jnp.array(3.0), jnp.array(2.0)])
