"""Reading labelled texts, and one sentence for what cannot be read."""

import io
import json
import tarfile
import zipfile

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
        "\ufefftext,label\nx,1\n".encode("utf-16-le"): r"is no UTF-8 text \(it is UTF-16\); save it as CSV in UTF-8",
        "\ufefftext,label\nx,1\n".encode("utf-16-be"): r"is no UTF-8 text \(it is UTF-16\)",
        "text,label\nx,1\n".encode("utf-16-le"): "line 1 holds zero bytes, as UTF-16 and packed files do",
        "text,label\ncafé,1\n".encode("latin-1"): r"is no UTF-8 text \(invalid continuation byte\)",
        "good film,1\nbad film,0\n": "has no column 'text'; it has 'good film', '1'; the first line must name",
        "text,label,text\nx,1,y\n": "has 2 columns 'text'; rename all but one",
        "text,label\n,1\n ,0\n": "column 'text' is empty in every row",
        '{"text": "x", "label": 1}\n{"text"\n': "line 2 is no JSON object",
        '{"text": "x", "label": 1}\n{"text": "x"}\n': "line 2 lacks 'label', unlike the first object",
        '{"text": "x", "label": 1}\n{"text": "x", "label": 1, "id": 1}\n': "line 2 has 'id', unlike the first object",
        '[{"text": "x", "label": 1}]\n': "line 1 is no JSON object; give CSV or one object a line",
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


GOOD = {f"{label}/{number}.txt": f"{label} {number}" for label in ("neg", "pos") for number in range(3)}
SYSTEM = {
    ".DS_Store": b"\0",
    "pos/.DS_Store": b"\0",
    "pos/._1.txt": b"\0\xff",
    "pos/.ipynb_checkpoints/1-checkpoint.txt": b"a copy",
    "neg/Thumbs.db": b"\0",
    ".git/objects/x.txt": b"x",
    "__MACOSX/pos/1.txt": b"x",
    "neg/notes.md": b"no text",
}


def container(tmp_path, kind: str, files: dict[str, str | bytes], prefix: str = ""):
    """Files as a folder, a tar archive with pax headers, or a zip archive."""
    contents = {prefix + name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    path = tmp_path / f"files.{kind}"
    if kind == "tar":
        with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
            for name, content in contents.items():
                member = tarfile.TarInfo(name)
                member.size, member.pax_headers = len(content), {"comment": "a header"}
                tar.addfile(member, io.BytesIO(content))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as packed:
            for name, content in contents.items():
                packed.writestr(name, content)
    else:
        for name, content in contents.items():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
@pytest.mark.parametrize("prefix", ["", "./", "reviews/"])
def test_read_texts_reads_no_hidden_files_but_upper_case_endings(tmp_path, kind, prefix):
    path = container(tmp_path, kind, GOOD | SYSTEM | {"pos/9.TXT": "pos 9"}, prefix if kind != "folder" else "")
    said: list[str] = []
    texts = read_texts(path, **COLUMNS, warn=said.append)
    assert texts.texts == (*GOOD.values(), "pos 9")
    assert texts.labels == ("neg",) * 3 + ("pos",) * 4
    assert said == []


@pytest.mark.parametrize("kind", ["folder", "tar", "zip"])
def test_read_texts_passes_over_files_that_are_no_text_unless_it_is_strict(tmp_path, kind):
    utf16 = "\ufeffbad".encode("utf-16-le")
    bad = {"neg/5.txt": b"caf\xe9", "neg/6.txt": b"a\0b", "pos/7.txt": utf16, "pos/8.txt": b"\xff"}
    path = container(tmp_path, kind, GOOD | bad | {"pos/4.txt": "\ufeffwith a mark"})
    said: list[str] = []
    texts = read_texts(path, **COLUMNS, warn=said.append)
    assert texts.texts == (*GOOD.values(), "with a mark")
    (sentence,) = said
    assert sentence.startswith(f"4 of 11 files of {path} are no readable UTF-8 text, and not used: ")
    assert f"{path}/neg/5.txt (unexpected end of data), {path}/neg/6.txt (it holds zero bytes)" in sentence
    assert sentence.endswith("), ...")
    with pytest.raises(InputError, match=r"neg/5.txt is no UTF-8 text .* set data.strict to False"):
        read_texts(path, **COLUMNS, strict=True)


def test_read_texts_refuses_a_class_without_readable_files(tmp_path):
    with pytest.raises(InputError, match=r"none of the 6 .txt files of .* is UTF-8 text"):
        read_texts(container(tmp_path, "zip", dict.fromkeys(GOOD, b"\xff")), **COLUMNS)
    half = {name: b"\xff" if name.startswith("neg") else text for name, text in GOOD.items()}
    with pytest.raises(InputError, match="no file of class 'neg' is UTF-8 text"):
        read_texts(container(tmp_path, "tar", half), **COLUMNS, warn=lambda _: None)


def test_read_texts_remarks_on_folders_that_are_no_classes(tmp_path):
    more = {"neutral/1.text": "odd ending", "part/pos/1.txt": "deeper"}
    said: list[str] = []
    texts = read_texts(container(tmp_path, "folder", GOOD | more), **COLUMNS, warn=said.append)
    assert texts.texts == tuple(GOOD.values())
    assert [sentence.rpartition("/")[2] for sentence in said] == [
        "neutral holds no .txt file, and is not read as a class",
        "part holds folders, such as pos, and is not read as a class",
    ]


def test_read_texts_passes_over_a_file_that_is_not_there(tmp_path):
    path = container(tmp_path, "folder", GOOD)
    (path / "pos" / "9.txt").symlink_to(tmp_path / "nowhere")
    said: list[str] = []
    assert len(read_texts(path, **COLUMNS, warn=said.append)) == 6
    assert "9.txt (No such file or directory)" in said[0]


def test_read_texts_names_the_parts_of_an_archive_without_a_folder_around_them(tmp_path):
    parts = {f"{part}/{name}": text for part in ("train", "test") for name, text in GOOD.items()}
    path = container(tmp_path, "tar", parts | {"train/urls.txt": "no text"})
    with pytest.raises(InputError, match="holds 'test', 'train'; name one"):
        read_texts(path, **COLUMNS)
    assert read_texts(path / "train", **COLUMNS).texts == tuple(GOOD.values())


def test_read_texts_reads_json_lines(tmp_path):
    lines = [{"label": 1, "text": 'a "b"\nü'}, {"text": "c", "label": True}, {"label": "x", "text": None}]
    path = write(tmp_path, "\n".join(map(json.dumps, lines)) + "\n\n", "texts.jsonl")
    texts = read_texts(path, **COLUMNS)
    assert texts.texts == ('a "b"\nü', "c", "")
    assert texts.labels == ("1", "true", "x")


def test_read_texts_reads_old_line_ends_and_a_byte_order_mark(tmp_path):
    for ends in ("\n", "\r\n", "\r"):
        texts = read_texts(write(tmp_path, f"\ufefftext,label{ends}good,1{ends}bad,0{ends}"), **COLUMNS)
        assert (texts.texts, texts.labels) == (("good", "bad"), ("1", "0"))


def test_read_texts_expands_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path, "text,label\ngood,1\n")
    assert read_texts("~/texts.csv", **COLUMNS).texts == ("good",)


def remarks(**labels: str) -> list[str]:
    """Remarks on texts and their labels."""
    return Texts("x", tuple(labels), tuple(labels.values())).remarks()


def test_remarks_name_empty_texts_and_contradictory_labels():
    texts = Texts("x", ("a", "a", "a", "", " ", "b", "b"), ("0", "1", "1", "0", "0", "1", "1"))
    assert texts.remarks() == ["2 texts of x are empty", "1 texts of x occur with several labels"]


def test_remarks_name_labels_that_hardly_differ():
    assert remarks(a="Pos", b="pos", c="neg") == [
        "the labels 'Pos', 'pos' of x hardly differ, but are classes of their own"
    ]
    assert remarks(a="very  good", b="very good", c="neg")[0].startswith("the labels 'very  good', 'very good'")
    assert remarks(a="1", b="1.0", c="2")[0].startswith("the labels '1', '1.0'")
    assert remarks(a="\uff11", b="1", c="2")[0].startswith("the labels '1', '\uff11'")
    assert remarks(a="pos", b="neg", c="-1", d="1") == []
    assert remarks(a="1000001", b="1000002", c="1000003") == []


def test_remarks_name_labels_that_are_numbers():
    assert remarks(a="0.5", b="1", c="2.25") == ["the labels of x are numbers, such as 0.5; each is a class of its own"]
    for labels in ("-1 0 1", "1.0 2.0 3.0", "0.5 1 high"):
        assert remarks(**dict(zip("abc", labels.split(), strict=True))) == []


def test_require_shared_labels_refuses_names_of_texts():
    with pytest.raises(InputError, match="x has 5 distinct labels, such as 'a', for 9 texts; name a column of classes"):
        Texts("x", tuple("123456789"), tuple("abcdeabcd")).require_shared_labels()
    Texts("x", tuple("12345678"), tuple("abcdabcd")).require_shared_labels()
    Texts("x", tuple("12"), tuple("ab")).require_shared_labels()


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
