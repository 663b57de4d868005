"""Fingerprints: every byte counts, names and times do not."""

import os

import pytest

from experiments.run.fingerprint import changes, fingerprint
from seqjax.errors import InputError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(b"a" * 5000 + b"b")
    return path


def test_changes_sees_one_byte(file):
    before = fingerprint([file], [])
    file.write_bytes(b"a" * 5000 + b"c")
    assert changes(before, fingerprint([file], [], before)) == [f"{file} is changed"]


def test_changes_does_not_mind_touched_or_moved_files(file, tmp_path):
    before = fingerprint([file], [])
    os.utime(file, (1, 1))
    assert changes(before, fingerprint([file], [], before)) == []
    moved = file.rename(tmp_path / "moved.csv")
    assert changes(before, fingerprint([moved], [], before)) == []


def test_changes_sees_files_that_change_places(tmp_path):
    train, test = tmp_path / "train.tsv", tmp_path / "test.tsv"
    train.write_text("a")
    test.write_text("b")
    before = fingerprint([train, test], [])
    train.write_text("b")
    test.write_text("a")
    assert changes(before, fingerprint([train, test], [])) == [f"{test} is changed", f"{train} is changed"]


def test_fingerprint_does_not_hash_a_file_of_the_same_size_and_time_again(file):
    before = fingerprint([file], [])
    status = file.stat()
    file.write_bytes(b"c" * 5001)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint([file], [], before) == before


def test_changes_names_new_and_missing_files_and_packages(file, tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("x")
    before, after = fingerprint([file], ["numpy"]), fingerprint([other], ["numpy"])
    version, after["packages"]["numpy"] = after["packages"]["numpy"], "0.1"
    expected = [f"{file} is gone", f"{other} is new", f"package numpy was {version} and is 0.1"]
    assert changes(before, after) == expected


def test_fingerprint_names_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"there is no file .*absent\.csv"):
        fingerprint([tmp_path / "absent.csv"], [])


def test_fingerprint_refuses_what_can_be_read_only_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path, kind in ((tmp_path / "pipe", "a pipe or device"), (tmp_path, "a folder")):
        with pytest.raises(InputError, match=f"{path} is {kind}.*; name a file"):
            fingerprint([path], [])
