"""Conversations: files, exchanges with their history, and files that are broken."""

import pytest

from seqjax.data.text.small_talk import corpus_folder, made_up_conversations, read_conversations
from seqjax.errors import InputError

FOOD = "conversations:\n- - Hungry?\n  - |\n    Yes,\n    very.\n- - 1\n  - 2\n- alone\n"

yaml = pytest.importorskip("yaml")


def test_exchanges_have_their_history_and_their_group(tmp_path):
    (tmp_path / "talk.txt").write_text("Hi\nHello \nHow are you?\nGood\n\n \nBye\nSee you\n\nHi\nHello\n")
    found = read_conversations(tmp_path / "talk.txt")
    assert found.turns == (("Hi", "Hello", "How are you?", "Good"), ("Bye", "See you"), ("Hi", "Hello"))
    exchanges = found.exchanges(1)
    assert [(each.turns, each.reply) for each in exchanges] == [
        (("Hi",), "Hello"),
        (("Hi", "Hello"), "How are you?"),
        (("Hello", "How are you?"), "Good"),
        (("Bye",), "See you"),
    ]
    assert [each.group for each in exchanges] == ["hi", "hi", "hi", "bye"]
    assert [len(each.turns) for each in found.exchanges(0)] == [1, 1, 1, 1]
    assert [len(each.turns) for each in found.exchanges(9)] == [1, 2, 3, 1]


def test_folder_is_read_by_topic_and_broken_files_are_passed_over(tmp_path):
    (tmp_path / "food.yml").write_text(FOOD)
    (tmp_path / "wrong.yml").write_text("conversations:\n- - a\n - b\n")
    (tmp_path / "other.yml").write_text("talk: []\n")
    (tmp_path / "unsafe.yml").write_text("conversations: !!python/object/apply:os.getcwd []\n")
    (tmp_path / "notes.md").write_text("no conversation")
    found = read_conversations(tmp_path)
    assert found.turns == (("Hungry?", "Yes, very."), ("1", "2"))
    assert len(found.skipped) == 4
    assert "food.yml: conversation 3 is no list of two turns" in found.skipped[0]
    assert "other.yml has no list 'conversations'" in found.skipped[1]
    assert "unsafe.yml is broken YAML at line 1" in found.skipped[2]
    assert "wrong.yml is broken YAML at line 3" in found.skipped[3]
    assert read_conversations(tmp_path, ["food"]).turns == found.turns
    with pytest.raises(InputError, match=r"has no topic 'sports'; data.topics are of food, other, unsafe, wrong"):
        read_conversations(tmp_path, ["sports"])
    with pytest.raises(InputError, match="holds no conversation of two turns"):
        read_conversations(tmp_path, ["other"])
    with pytest.raises(InputError, match="there is no file or folder"):
        read_conversations(tmp_path / "absent")


def test_corpus_is_read_by_language():
    pytest.importorskip("chatterbot_corpus")
    found = read_conversations(corpus_folder("english"), ["greetings", "conversations"])
    assert ("Hello", "Hi") in found.turns
    with pytest.raises(InputError, match=r"no conversations in 'klingon'; data.language is one of bengali"):
        corpus_folder("klingon")


def test_made_up_conversations_need_their_history():
    found = made_up_conversations(50, 0)
    assert found.turns == made_up_conversations(50, 0).turns
    answers: dict[str, set[str]] = {}
    for each in found.exchanges(0):
        answers.setdefault(each.turns[-1], set()).add(each.reply)
    assert len(answers["Go on."]) > 3
    assert len(answers["Who am I?"]) > 3
    whole: dict[tuple[str, ...], set[str]] = {}
    for each in found.exchanges(2):
        whole.setdefault(each.turns, set()).add(each.reply)
    assert all(len(replies) == 1 for turns, replies in whole.items() if turns[-1] in ("Go on.", "Who am I?"))
