"""Tables of texts and summaries: CSV and JSONL with named columns, references, parts, and one sentence for a fault."""

import json
import lzma

import pytest

from seqjax.data.text.summaries import Summaries, distributions_of, read_summaries
from seqjax.errors import InputError

NAMES = {"source_column": "body", "target_column": "subject"}


def test_json_lines_have_references_and_parts(tmp_path):
    rows = [
        {"body": "One.\nTwo.", "subject": "a\nb", "more": ["c", " "], "split": "train"},
        {"body": "Three", "subject": "d", "more": [], "split": "Dev"},
        {"body": "", "subject": "e", "more": ["f"], "split": "test"},
    ]
    path = tmp_path / "mails.jsonl.xz"
    path.write_bytes(lzma.compress("\n".join(map(json.dumps, rows)).encode()))
    found, parts = read_summaries(path, **NAMES, references_column="more", part_column="split")
    assert found.sources == ("One.\nTwo.", "Three", "")
    assert found.references == (("a b", "c"), ("d",), ("e", "f"))
    assert parts.tolist() == [0, 1, 2]


def test_csv_has_cells_of_several_lines(tmp_path):
    (tmp_path / "a.csv").write_text('id,subject,body\n1,s,"x, y\nz"\n2,t,w\n')
    found, parts = read_summaries(tmp_path / "a.csv", **NAMES)
    assert (found.sources, found.references, parts) == (("x, y\nz", "w"), (("s",), ("t",)), None)


@pytest.mark.parametrize(
    ("text", "more", "sentence"),
    [
        ("body,subject\n", {}, "holds no rows"),
        ("", {}, "is empty"),
        ("body,title\na,b\n", {}, "has no column 'subject'; it has 'body', 'title'"),
        ('{"body": "a", "subject": "b"}\n{"body": \n', {}, "line 2 is no JSON object"),
        ('{"body": "a", "subject": "b"}\n{"body": "a"}\n', {}, "line 2 lacks 'subject'"),
        (
            "body,subject,r\na,b,c\n",
            {"references_column": "r"},
            "line 2: the further summaries are 'c'; give a",
        ),
        ("body,subject,p\na,b,c\n", {"part_column": "p"}, "line 2: the part is 'c'; it must be 'train', 'dev'"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path, text, more, sentence):
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(InputError, match=sentence):
        read_summaries(tmp_path / "a.csv", **NAMES, **more)


def test_equal_texts_are_found_apart_from_capitals_and_blanks():
    texts = Summaries("x", ("A b", "c", "a  B", "d"), (("1",), ("2",), ("3",), ("4",)))
    assert texts.distinct().references == (("1",), ("2",), ("4",))
    assert texts.without(texts.take([1]), texts.take([2])).sources == ("d",)


def test_distributions_have_other_names_than_packages():
    assert distributions_of(["yaml", "numpy", "no_such_package"])[:2] == ("PyYAML", "no_such_package")
