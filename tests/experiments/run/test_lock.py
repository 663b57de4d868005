"""The lock of a run folder: one writer, named; nothing is left behind by a crash."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.run import lock
from seqjax.errors import InputError

ROOT = Path(__file__).parents[3]

HOLD = "import sys, time; from pathlib import Path; from experiments.run.lock import locked\n"
HOLD += "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)\n"


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture
def quick_beats(monkeypatch):
    monkeypatch.setattr(lock, "BEAT", 0.05)
    monkeypatch.setattr(lock, "PATIENCE", 0.4)


def elsewhere(path: Path) -> dict[str, object]:
    """Makes a lock look as if another machine held it."""
    holder = json.loads(path.read_text()) | {"host": "elsewhere", "space": "another boot"}
    path.write_text(json.dumps(holder))
    return holder


def test_locked_refuses_a_second_process_and_names_the_first(tmp_path, holder):
    with pytest.raises(InputError, match=rf"in use by process {holder.pid} on host \S+"), lock.locked(tmp_path):
        pass


def test_locked_takes_over_at_once_after_a_kill(tmp_path, holder):
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / lock.NAME).exists()
    start = time.monotonic()
    with lock.locked(tmp_path):
        assert json.loads((tmp_path / lock.NAME).read_text())["process"] == os.getpid()
    assert time.monotonic() - start < lock.PATIENCE / 2
    assert list(tmp_path.iterdir()) == []


def test_locked_knows_a_process_number_that_was_given_again(tmp_path):
    with lock.locked(tmp_path):
        path = tmp_path / lock.NAME
        stale = json.loads(path.read_text()) | {"started": "1"}
    path.write_text(json.dumps(stale))
    with lock.locked(tmp_path):
        assert json.loads(path.read_text())["started"] != "1"


def test_locked_believes_the_heartbeat_of_another_machine(tmp_path, monkeypatch, holder, capsys):
    monkeypatch.setattr(lock, "PATIENCE", 3 * lock.BEAT)
    monkeypatch.setattr(lock, "_process_space", lambda: "this boot")
    with pytest.raises(InputError, match="in use"), lock.locked(tmp_path):
        pass
    assert "waiting to see whether it is alive" in capsys.readouterr().err


def test_locked_takes_over_when_another_machine_has_no_heartbeat(tmp_path, quick_beats):
    (tmp_path / lock.NAME).write_text(json.dumps({"host": "elsewhere", "process": 1, "space": "x", "started": "1"}))
    with lock.locked(tmp_path):
        assert json.loads((tmp_path / lock.NAME).read_text())["process"] == os.getpid()


@pytest.mark.parametrize("text", ["", "{", "[1]"])
def test_locked_takes_over_a_lock_that_was_cut_short(tmp_path, text):
    (tmp_path / lock.NAME).write_text(text)
    with lock.locked(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_remove_leaves_the_lock_of_another(tmp_path):
    other = {"process": 1}
    (tmp_path / lock.NAME).write_text(json.dumps(other))
    lock._remove(tmp_path / lock.NAME, {"process": 2})
    assert json.loads((tmp_path / lock.NAME).read_text()) == other
    assert len(list(tmp_path.iterdir())) == 1


def test_holder_ends_when_it_was_taken_over(tmp_path, holder):
    elsewhere(tmp_path / lock.NAME)
    assert holder.wait(timeout=4 * lock.BEAT) == 2


def test_locked_says_that_a_folder_cannot_be_locked(tmp_path):
    with pytest.raises(InputError, match="cannot be locked"), lock.locked(tmp_path / "absent"):
        pass
