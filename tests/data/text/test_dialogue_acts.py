"""Dialogue acts: how they are read, and placeholders for values."""

import json

import pytest

from seqjax.data.text.dialogue_acts import (
    DialogueAct,
    delexicalise,
    lexicalise,
    normalise_reply,
    read_act_replies,
    references,
)
from seqjax.data.text.made_up_acts import made_up_replies
from seqjax.errors import InputError

INFORM = DialogueAct.parse("inform(name='red door cafe';food=thai;kidsallowed=no;area=dont_care;near)")


def test_values_in_quotation_marks_hold_semicolons_and_marks():
    act = DialogueAct.parse("inform(name='john's; grill';food=\"thai\"; near='a b' ;area)")
    assert act.slots == (("name", "john's; grill"), ("food", "thai"), ("near", "a b"), ("area", "?"))


def test_act_is_read_with_special_values_and_features():
    assert INFORM.type == "inform"
    assert INFORM.slots == (
        ("name", "red door cafe"),
        ("food", "thai"),
        ("kidsallowed", "no"),
        ("area", "dontcare"),
        ("near", "?"),
    )
    assert INFORM.values == [("name", "red door cafe"), ("food", "thai")]
    assert INFORM.features == ("inform", "area.dontcare", "food._1", "kidsallowed.no", "name._1", "near.?")


def test_slots_that_occur_twice_are_numbered_and_names_are_plain():
    act = DialogueAct.parse("?select(battery rating=good; 'battery_rating'='Very Good';hasusbport=true)")
    assert act.features == ("?select", "batteryrating._1", "batteryrating._2", "hasusbport.yes")
    assert act.values == [("batteryrating", "good"), ("batteryrating", "very good")]
    assert DialogueAct.parse("goodbye()").features == ("goodbye",)


@pytest.mark.parametrize("text", ["", "hello", "inform(name=a", "inform(=a)", "in form(name=a)"])
def test_text_that_is_no_act_is_refused(text):
    with pytest.raises(ValueError, match=r"write it as"):
        DialogueAct.parse(text)


@pytest.mark.parametrize(
    ("act", "reply", "expected"),
    [
        ("inform(name='red door cafe';food=thai)", "red door cafe serves thai", "SLOT_NAME serves SLOT_FOOD"),
        # The longest value first, each once, whole words only.
        ("inform(name=cafe;near='cafe row')", "cafe near cafe row", "SLOT_NAME near SLOT_NEAR"),
        ("inform(count=2)", "2 of 2", "SLOT_COUNT of 2"),
        ("inform(food=thai)", "thais eat", "thais eat"),
        # Parts of a value in any order.
        ("inform(goodformeal='lunch or dinner')", "good for dinner and lunch", "good for SLOT_GOODFORMEAL"),
        ("?select(food=thai;food=french)", "french or thai", "SLOT_FOOD or SLOT_FOOD"),
        ("inform(kidsallowed=no)", "no kids", "no kids"),
    ],
)
def test_values_are_replaced(act, reply, expected):
    assert delexicalise(reply, DialogueAct.parse(act)) == expected


def test_values_are_put_back_in_order_and_the_last_repeats():
    act = DialogueAct.parse("?select(food=thai;food='sea food')")
    text = "SLOT_FOOD or SLOT_FOOD , SLOT_FOOD in SLOT_AREA"
    assert lexicalise(text, act) == "thai or sea food , sea food in SLOT_AREA"
    for entry in made_up_replies(30, 0):
        assert lexicalise(delexicalise(entry.reply, entry.act), entry.act) == entry.reply


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  It's the Red Door cafe's . ", "it's the red door cafe's"),
        ("'quoted' name 's", "quoted name s"),
        ("Yes,no!it costs 3.50.", "yes , no ! it costs 3.50 ."),
    ],
)
def test_reply_is_normalised(text, expected):
    assert normalise_reply(text) == expected


def write(path, entries, head="# Copyright\n#\n"):
    path.write_text(head + json.dumps(entries))
    return path


def test_file_is_read_and_entries_that_are_none_are_told(tmp_path):
    entries = [["inform(food=thai)", "thai food .", "It is thai."], ["bye()", "bye"], ["bye()"], ["x", "y"], 3]
    entries += [["bye()", " . "], ["bye()", 4]]
    found, faults = read_act_replies(write(tmp_path / "a.json", entries))
    assert [(entry.reply, entry.rule) for entry in found] == [("thai food", "it is thai ."), ("bye", "")]
    assert [fault.split(": ")[1] for fault in faults] == [f"entry {number}" for number in (3, 4, 5, 6, 7)]
    assert "no list of an act and a reply" in faults[0]
    assert "'x' is no dialogue act" in faults[1]
    assert "the reply to 'bye()' is empty" in faults[3]


def test_broken_file_is_named_with_its_line(tmp_path):
    (tmp_path / "a.json").write_text("# one\n# two\n[\n[1,\n")
    with pytest.raises(InputError, match=r"a.json is no JSON list .* line 5"):
        read_act_replies(tmp_path / "a.json")
    with pytest.raises(InputError, match="must hold a JSON list"):
        read_act_replies(write(tmp_path / "a.json", {}))
    with pytest.raises(InputError, match="holds no act with a reply"):
        read_act_replies(write(tmp_path / "a.json", []))


def test_references_are_all_replies_to_acts_with_the_same_features(tmp_path):
    entries = [["inform(food=thai)", "thai food"], ["inform(food=french)", "it serves french"], ["bye()", "bye"]]
    found, _ = read_act_replies(write(tmp_path / "a.json", entries))
    assert references(found) == {
        ("inform", "food._1"): ["SLOT_FOOD food", "it serves SLOT_FOOD"],
        ("bye",): ["bye"],
    }
