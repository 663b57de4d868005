"""Files of the bAbI tasks: stories that go on, supports, answers of several words, and broken files."""

import pytest

from seqjax.data.text.babi import babi_files, read_babi
from seqjax.errors import InputError

TEXT = (
    "1 Mary got the milk there.\n2 John moved to the bedroom.\n3 What is Mary carrying? \tmilk\t1\n"
    "4 Mary got the football.\n5 What is Mary carrying?\tmilk,football\t1 4\n"
    "1 The garden is west of the hall.\n2 How do you go from the garden to the hall?\te\t1\n"
)


@pytest.fixture
def folder(tmp_path):
    for name in ("qa1_one_train", "qa1_one_test", "qa3_three_test", "qa12_twelve_train", "qa12_twelve_test"):
        (tmp_path / f"{name}.txt").write_text(TEXT)
    return tmp_path


def test_file_is_read(folder):
    first, second, third = read_babi(folder / "qa1_one_train.txt", "qa1")
    assert first.story == ("Mary got the milk there.", "John moved to the bedroom.")
    assert (first.question, first.answer, first.support) == ("What is Mary carrying?", ("milk",), (0,))
    assert second.story == (*first.story, "Mary got the football.")
    assert (second.answer, second.support, second.skill) == (("milk", "football"), (0, 2), "qa1")
    assert (third.story, third.answer) == (("The garden is west of the hall.",), ("e",))


def test_tasks_with_both_files_are_found(folder):
    assert list(babi_files(folder)) == [1, 12]
    training, test = babi_files(folder, (12,))[12]
    assert (training.name, test.name) == ("qa12_twelve_train.txt", "qa12_twelve_test.txt")
    with pytest.raises(InputError, match=r"has no file qa3_\*_train.txt; take 3 out of data.tasks"):
        babi_files(folder, (3,))
    with pytest.raises(InputError, match="there is no folder"):
        babi_files(folder / "absent")
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match="has no task"):
        babi_files(folder / "empty")
    (folder / "qa1_two_test.txt").write_text(TEXT)
    with pytest.raises(InputError, match="several files"):
        babi_files(folder)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1 Mary left.\nMary left.\n", "line 2 does not begin with a number and a blank, as 'Mary left.'"),
        ("1 Mary left.\n2 ...\n", "line 2 has no words"),
        ("1 Mary left.\n2 Where is Mary?\t\t1\n", "line 2 has a question without an answer"),
        ("1 Mary left.\n\n1 Where is Mary?\thall\t1\n", "line 3 has a question without a story"),
        ("1 Mary left.\n2 Where is Mary?\thall\t1 4\n", "line 2 rests on '4', which is no sentence"),
        ("1 Mary left.\n2 Where is Mary?\thall\tone\n", "line 2 rests on 'one'"),
        ("1 Mary left.\n", "has no question"),
        ("", "has no question"),
    ],
)
def test_broken_file_is_named_with_its_line(tmp_path, text, words):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(InputError, match=words):
        read_babi(tmp_path / "a.txt", "qa1")
