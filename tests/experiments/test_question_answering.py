"""The question answering task: parts, prompt, report, and answers on the command line."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.run.arguments import parse
from experiments.run.fingerprint import Sources
from experiments.tasks.question_answering.data import DataConfig, EncodedPart
from experiments.tasks.question_answering.prompt import Prompt, as_written
from experiments.tasks.question_answering.report import by_skill, examples, facts, is_right, measures, story_panel
from seqjax.data.text.questions import Question
from seqjax.data.text.stories import SKILLS
from seqjax.data.text.story_encoding import BatchSize
from seqjax.errors import InputError
from seqjax.tokens import PAD
from tests.experiments.commands import run_each, trained

DATA = {
    **{"path": "made_up", "tasks": (), "questions": 130, "test_questions": 26, "split": (0.6, 0.2, 0.2)},
    **{"split_seed": 0, "strict": False, "lowercase": True, "min_count": 1, "placeholders": 12, "anonymised": 0.5},
    **{"longest_sentence": 12, "bucket_sizes": (5, 10), "batch_size": 16},
}
BABI = "1 Ann went to the hall.\n2 Where is Ann?\thall\t1\n3 Ann took the key.\n4 Where is the key?\thall\t1 3\n"


def data(**keys):
    return parse(DataConfig, "data", DATA | keys)


def test_made_up_parts_have_new_names_in_every_second_question_of_validation_and_test():
    config = data()
    training, validation, test = config.read()
    assert [len(part) for part in (training, validation, test)] == [130, 26, 26]
    vocabulary = config.learn(training)
    for part in (validation, test):
        assert EncodedPart(part, vocabulary, config, "test").unseen.tolist() == [False, True] * 13
    assert config.read() == (training, validation, test)
    assert config.split_record((training, validation, test)) is None
    assert data(split_seed=1).read()[0] != training
    assert {each.skill for each in data(tasks=("ways", "sizes")).read()[0]} == {"ways", "sizes"}


def test_last_tenth_of_each_babi_task_is_for_validation(tmp_path):
    for task in (1, 2):
        for part in ("train", "test"):
            (tmp_path / f"qa{task}_x_{part}.txt").write_text(BABI * 15)
    config = data(path=str(tmp_path), questions=20)
    training, validation, test = config.read()
    assert [len(part) for part in (training, validation, test)] == [36, 4, 60]
    assert [each.skill for each in validation] == ["qa1"] * 2 + ["qa2"] * 2
    one = data(path=str(tmp_path), questions=0, tasks=(2,))
    assert [len(part) for part in one.read()] == [27, 3, 30]
    assert one.sources == Sources(tuple(tmp_path / f"qa2_x_{part}.txt" for part in ("train", "test")))
    with pytest.raises(InputError, match=r"'data.questions' is 31, but .*qa1_x_train.txt has 30 questions"):
        data(path=str(tmp_path), questions=31).read()
    with pytest.raises(InputError, match=r"'data.tasks' has 'qa2', but bAbI's tasks are numbers"):
        data(path=str(tmp_path), tasks=("qa2",)).read()


def test_questions_of_a_file_about_one_story_are_in_one_part_and_stay_there(tmp_path, capsys):
    path = tmp_path / "my.jsonl"
    rows = [
        {"story": [f"Ann has {number} eggs.", "Bob has none."], "question": question, "answer": answer}
        for number in range(20)
        for question, answer in (("How many has Ann?", str(number)), ("How many has Bob?", "none"))
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "{}\n")
    config = data(path=str(path))
    parts = config.read()
    assert [len(part) for part in parts] == [24, 8, 8]
    assert "1 lines of" in capsys.readouterr().err
    stories = [{each.story for each in part} for part in parts]
    assert not stories[0] & stories[1]
    assert not (stories[0] | stories[1]) & stories[2]
    record = json.loads(json.dumps(config.split_record(parts)))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows[::-1]))
    again = config.read(record)
    assert [{*part} for part in again] == [{*part} for part in parts]
    with pytest.raises(InputError, match=r"'data.tasks' is"):
        data(path=str(path), tasks=("ways",)).read()
    path.write_text("{}\n" + json.dumps(rows[0]) + "\n")
    with pytest.raises(InputError, match=r"line 1 has no key 'story'.*set data.strict=False"):
        data(path=str(path), strict=True).read()
    with pytest.raises(InputError, match=r"part of .* has no questions"):
        config.read()


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"path": ""}, "config key 'data.path' is empty"),
        ({"path": "nowhere"}, "there is no file nowhere"),
        ({"tasks": ("flying",)}, "there is no task 'flying'; data.tasks are of whereabouts"),
        ({"questions": 0}, "'data.questions' is 0"),
        ({"anonymised": 1.5}, "'data.anonymised' is 1.5"),
        ({"bucket_sizes": (9, 3)}, "'data.bucket_sizes' is"),
        ({"longest_sentence": 0}, "'data.longest_sentence' is 0"),
    ],
)
def test_wrong_data_key_is_named(keys, words):
    with pytest.raises(InputError, match=words):
        data(**keys).read()


def test_part_says_what_it_does_not_read(capsys):
    story = ("Ann went home.", "Bob took the small key.", "Cleo sat.")
    part = [
        Question(story, "Who sat?", ("Cleo",), (2,), "who"),
        Question(story[2:], "Who sat?", ("Cleo",), (0,), "who"),
    ]
    config = data(bucket_sizes=(2,), longest_sentence=4)
    encoded = EncodedPart(part, config.learn(part), config, "test")
    error = capsys.readouterr().err
    assert "1 test stories are longer: only the last 2 sentences are read" in error
    assert "1 test stories have longer sentences: only the first 4 words are read" in error
    assert encoded.longest == (4, 2, 1)
    assert encoded.lengths.tolist() == [2, 1]
    batch = encoded.batch(np.array([1, 0]), BatchSize(3, 2, 4, 2, 1))
    assert (batch.story[0, 1] == PAD).all()
    assert (batch.story[1, 1] == batch.story[0, 0]).all()
    assert not batch.story[2].any()


def test_prompt_keeps_the_story_until_it_is_reset():
    prompt = Prompt(3)
    assert prompt.take("Where is Ann?") == (None, "asks about an empty story; tell it a sentence first")
    assert prompt.take("Ann went home. She took the key!") == (None, "")
    question, remark = prompt.take("Where is Ann?")
    assert remark == ""
    assert question == Question(("Ann went home.", "She took the key!"), "Where is Ann?", (), (), "")
    assert prompt.take("") == prompt.take("  ") == (None, "")
    assert prompt.take("!?") == (None, "has no words")
    question, remark = prompt.take('Bob came. Who is here? Bob left. "Where is Bob?"')
    assert question.story == ("She took the key!", "Bob came.", "Bob left.")
    assert question.question == '"Where is Bob?"'
    assert (
        remark
        == "has several questions; only the last one is answered; has a story of 4 sentences; only the last 3 are read"
    )
    question, remark = prompt.take("Where is Ann? Dan met Dr. Who.")
    assert (question.question, remark) == ("Where is Ann?", "has a story of 5 sentences; only the last 3 are read")
    assert prompt.take("Who?")[0].story == ("Bob came.", "Bob left.", "Dan met Dr. Who.")
    assert prompt.take("/RESET") == (None, "")
    assert prompt.take("Where is Ann? Ann ate.") == (None, "asks about an empty story; tell it a sentence first")
    assert prompt.take("Who?")[0].story == ("Ann ate.",)
    assert prompt.take("/quit") == (None, "is no command; /reset starts a new story")
    prompt.take("Bob came. Bob left.")
    assert prompt.take("Where is Bob")[1].startswith("is remembered as a sentence")
    alone = json.dumps({"story": "Cleo ate.", "question": "Who ate?"})
    assert prompt.take(alone)[0].story == ("Cleo ate.",)
    assert prompt.take("Who?")[0].story == ("Bob came.", "Bob left.", "Where is Bob")
    assert prompt.take("/reset") == (None, "")
    assert prompt.take("Who?")[0] is None
    assert "has an empty story" in prompt.take('{"story": [], "question": "Who?"}')[1]
    assert "has no key 'question'" in prompt.take('{"story": "Ann ate."}')[1]
    assert "is no JSON object" in prompt.take("{")[1]


def test_answer_is_written_as_the_story_writes_it():
    story = ("The key is in Ann's hall.", "Milk is there.", "Bob took the milk.")
    assert as_written(("ann", "the", "milk", "yes"), story) == "Ann the milk yes"


def test_measures_count_whole_answers_and_tell_stories_with_new_words_apart():
    part = [Question(("Ann ate.",), "?", tuple(answer.split()), (), skill) for answer, skill in ANSWERS]
    vocabulary = data().learn(part)
    answers = [("ann",), ("ann",), ("bob", "cleo"), ("yes",), ()]
    unseen = np.array([False, True, False, True, False])
    assert is_right(answers, part, vocabulary).tolist() == [True, False, False, True, False]
    found = measures(answers, part, unseen, vocabulary)
    assert found == {"exact_match": 0.4, "known_words": pytest.approx(1 / 3), "unseen_words": 0.5}
    assert measures(answers, part, np.zeros(5, bool), vocabulary) == {"exact_match": 0.4}
    assert by_skill(is_right(answers, part, vocabulary), part, unseen) == {
        "who": {"exact_match": pytest.approx(1 / 3), "questions": 3, "known_words": 0.5, "unseen_words": 0.0},
        "is": {"exact_match": 0.5, "questions": 2, "known_words": 0.0, "unseen_words": 1.0},
    }


def test_examples_state_the_reference_of_wrong_answers_alone_whatever_their_capitals():
    part = [Question(("Ann ate.",), "Who?", ("Ann",), (), "")] * 3
    right = is_right([("ann",), ("Ann",), ("bob",)], part, data().learn(part))
    assert examples(part, [("ann",), ("Ann",), ("bob",)], right, 3) == [
        "Ann ate. Who? -> ann",
        "Ann ate. Who? -> Ann",
        "Ann ate. Who? -> bob (reference: Ann)",
    ]


ANSWERS = (("Ann", "who"), ("Ann Bob", "who"), ("Cleo Bob", "who"), ("yes", "is"), ("no", "is"))


def test_facts_are_the_sentences_with_the_most_weight_and_the_picture_knows_what_was_read():
    question = Question(("A.", "Ann ate.", "Bob sat.", "Cleo ran."), "Who ran?", ("Cleo",), (0, 3), "")
    weights = np.array([[0.1, 0.31, 0.59], [0.1, 0.2, 0.21]])
    answer = SimpleNamespace(question=question, words=("cleo",), rows=(1, 2, 3), weights=weights)
    assert facts(answer) == [("Bob sat.", [0.31, 0.2]), ("Cleo ran.", [0.59, 0.21])]
    panel = story_panel(answer)
    assert panel.sentences == ["Ann ate.", "Bob sat.", "Cleo ran."]
    assert (panel.title, list(panel.support)) == ("Who ran? cleo", [2])


def test_quick_runs_write_their_files():
    for config in ("stories", "babi"):
        workdir = trained(f"question_answering/{config}")
        table = json.loads((workdir / "table.json").read_text())
        assert list(table) == ["model", "nearest question", "most frequent answer"]
        assert list(table["model"]) == ["exact_match", "known_words", "unseen_words"]
        test = json.loads((workdir / "test.json").read_text())
        assert [test[f"{skill}_questions"] for skill in SKILLS] == [2] * 13
        assert 0 <= test["ways_unseen_words"] <= 1
        assert len((workdir / "answers.tsv").read_text().splitlines()) == 27
        assert (workdir / "hops.png").read_bytes().startswith(b"\x89PNG")


def test_predict_keeps_the_story_and_answers_objects(tmp_path):
    start = [f"--workdir={trained('question_answering/stories')}", "--min_length=1", "--max_length=3"]
    story = ["Zoltan took the lamp.", "He went to the attic."]
    alone = json.dumps({"story": story, "question": "Where is the lamp?"})
    lines = ["Where is the lamp?", " ".join(story), "Where is the lamp?", "", "/reset", "Where is the lamp?", alone]
    lines += ['{"story": "Ann ate."}', "{", json.dumps({"story": "word " * 100_000, "question": "Which?"}), "Hello."]
    cases = [[*start, "--attention=hops.png"], [*start, "--format=jsonl", "--facts", "--beam=2", "--nbest=2"]]
    plain, as_json = run_each([("predict", flags, "\n".join(lines)) for flags in cases], tmp_path)
    assert plain.returncode == as_json.returncode == 0, plain.stderr
    answers = plain.stdout.split("\n")[:-1]
    assert [bool(answer) for answer in answers] == [row in (2, 6, 9) for row in range(11)]
    assert answers[2] == answers[6]
    assert "\n".join(plain.stderr.splitlines()[:4]) == (
        "line 1 asks about an empty story; tell it a sentence first\n"
        "line 6 asks about an empty story; tell it a sentence first\n"
        "line 8 has no key 'question'; write it as "
        '{"story": ["Ann went to the park."], "question": "Where is Ann?"}\n'
        "line 9 is no JSON object (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"
    )
    assert "line 10 asks with new words that are not in what is read" in plain.stderr
    assert "only their first 16 words are read" in plain.stderr
    records = [json.loads(line) for line in as_json.stdout.splitlines()]
    assert [record["input"] for record in records] == lines
    assert records[0]["answer"] is None
    assert len(records[2]["n_best"]) == 2
    assert {fact["sentence"] for fact in records[2]["facts"]} <= {*story}
    assert all(len(fact["weights"]) == 2 for fact in records[6]["facts"])
    assert (tmp_path / "hops.png").read_bytes().startswith(b"\x89PNG")
