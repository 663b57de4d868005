"""Reading labelled texts, and one sentence for what cannot be read."""

import io
import tarfile

import pytest

from seqjax.data.splits import split_record
from seqjax.data.text.labelled import Texts, read_texts, split_texts
from seqjax.errors import InputError

COLUMNS = {"text_column": "text", "label_column": "label"}
REVIEWS = {
    "train/pos/1_9.txt": "Good.",
    "train/neg/2_1.txt": "Bad.",
    "test/pos/3_8.txt": "Schön.",
    "test/neg/4_2.txt": "B",
}


def write(tmp_path, content: str | bytes, name: str = "texts.csv"):
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def archive(path, names):
    with tarfile.open(path, "w:xz") as tar:
        for name in [*names, *({"train/urls_neg.txt"} if any(name.startswith("train") for name in names) else ())]:
            content = REVIEWS.get(name, "no text").encode()
            member = tarfile.TarInfo(f"aclImdb/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        unlabelled = tarfile.TarInfo("aclImdb/train/unsup/5_0.txt")
        tar.addfile(unlabelled, io.BytesIO(b""))
    return path


def test_read_texts_reads_the_named_columns_of_a_table(tmp_path):
    texts = read_texts(write(tmp_path, 'label,id,text\n1,7,"One, ""two""\nthree"\n\n0,8,\n'), **COLUMNS)
    assert texts.texts == ('One, "two"\nthree', "")
    assert texts.labels == ("1", "0")
    assert texts.classes() == ("0", "1")


def test_read_texts_keeps_quotation_marks_of_tsv_files(tmp_path):
    texts = read_texts(write(tmp_path, 'text\tlabel\n"So" he said\ta\n" \tb\n', "texts.tsv"), **COLUMNS)
    assert texts.texts == ('"So" he said', '" ')


def test_read_texts_reads_cells_above_the_limit_of_the_csv_module(tmp_path):
    texts = read_texts(write(tmp_path, f"text,label\n{'a' * 200_000},x\n"), **COLUMNS)
    assert len(texts.texts[0]) == 200_000


def test_classes_orders_numbers_by_value():
    assert Texts("x", ("",) * 4, ("10", "2", "b", "1")).classes() == ("1", "2", "10", "b")


def test_read_texts_reads_the_same_from_a_folder_and_its_archive(tmp_path):
    for name, text in REVIEWS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "test" / "urls_pos.txt").write_text("no text")
    (tmp_path / "test" / "unsup").mkdir()
    (tmp_path / "test" / "unsup" / "1_0.txt").write_text("What is this?")
    packed = archive(tmp_path / "both.tar.xz", REVIEWS)
    folder, inside = (read_texts(path, **COLUMNS) for path in (tmp_path / "test", packed / "test"))
    assert folder.texts == inside.texts == ("B", "Schön.")
    assert folder.labels == inside.labels == ("neg", "pos")
    only = archive(tmp_path / "test.tar.xz", [name for name in REVIEWS if name.startswith("test")])
    assert read_texts(only, **COLUMNS).texts == folder.texts
    with pytest.raises(
        InputError, match=r"holds 'aclImdb/test', 'aclImdb/train'; name one: .*both.tar.xz/aclImdb/test"
    ):
        read_texts(packed, **COLUMNS)


def test_read_texts_refuses_unreadable_files_in_one_sentence(tmp_path):
    cases = {
        "": "is empty; it must hold a header and rows",
        "text,label\n": "has a header but no rows",
        "review,label\nx,1\n": "has no column 'text'; it has 'review', 'label'",
        "text,stars\nx,1\n": "has no column 'label'; it has 'text', 'stars'",
        "text,label\nx,1\ny\n": "line 3 has 1 cells, but the header has 2",
        "text,label\nx,1\ny, \n": "line 3, column 'label': the label is missing",
        "text,label\n1,1\n2.5,0\n": "column 'text' holds numbers, not texts",
        'text,label\n"x" y,1\n': "line 2 is no CSV text",
        b"text,label\n\xff,1\n": "is no UTF-8 text",
    }
    for content, sentence in cases.items():
        with pytest.raises(InputError, match=sentence):
            read_texts(write(tmp_path, content), **COLUMNS)
    with pytest.raises(InputError, match="there is no file"):
        read_texts(tmp_path / "absent.csv", **COLUMNS)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="holds no texts; it must hold a folder for each class"):
        read_texts(tmp_path / "folder", **COLUMNS)
    whole = archive(tmp_path / "whole.tar.xz", REVIEWS)
    with pytest.raises(InputError, match=r"broken.tar.xz is damaged"):
        read_texts(write(tmp_path, whole.read_bytes()[:-60], "broken.tar.xz"), **COLUMNS)


def test_classes_refuses_a_single_class():
    with pytest.raises(InputError, match="has one class, 'a'; a classifier needs texts of two classes or more"):
        Texts("x", ("", ""), ("a", "a")).classes()


def test_split_texts_divides_each_class_and_repeats_a_recorded_split():
    texts = Texts("x", tuple(f"text {number % 800}" for number in range(1000)), ("a", "b", "b", "b") * 250)
    parts = split_texts(texts, (0.6, 0.2, 0.2), seed=0)
    assert [len(part) for part in parts] == [600, 200, 200]
    assert [part.labels.count("a") for part in parts] == [150, 50, 50]
    kinds = [set(part.texts) for part in parts]
    assert sum(map(len, kinds)) == len(set(texts.texts))
    assert set(split_texts(texts, (0.6, 0.2, 0.2), seed=1)[0].texts) != kinds[0]
    record = split_record([part.texts for part in parts])
    changed = Texts("y", (*texts.texts[:500], "new"), ("c",) * 501)
    now = split_texts(changed, (0.6, 0.2, 0.2), 0, record)
    assert now[0].texts[-1] == "new"
    assert all(set(some.texts) <= {*kind, "new"} for some, kind in zip(now, kinds, strict=True))
    assert [len(part) for part in split_texts(texts, (50, 20, 10), seed=0)] == pytest.approx([50, 20, 10], abs=1)
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        split_texts(texts, (0.6, 0.0), seed=0)


def test_without_removes_equal_texts():
    texts = Texts("x", ("a", "b", "A", "b"), ("0", "1", "1", "0"))
    assert texts.without(Texts("y", ("b",), ("0",))).texts == ("a", "A")
