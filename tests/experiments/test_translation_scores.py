"""Translations are scored as they are written, and what was read is said."""

from pathlib import Path

import numpy as np
import pytest

from configs.translation import dates
from experiments.registry import build_task
from experiments.tasks.translation.data import DataConfig
from experiments.tasks.translation.task import Translation
from seqjax.decoding.search import Hypothesis
from seqjax.tokens import UNK

# Two targets for most sources; capitals, signs, a non-breaking space, and sources that differ in capitals alone.
SENTENCES = [
    ("How are you, {}?", "Comment vas-tu, {}\u202f?", "Comment allez-vous, {}\u202f?"),
    ("HOW ARE YOU, {}?", "Comment vas-tu, {}\u202f?", "Ça va bien, {}, ou non\u202f?"),
    ("It is 10:30 for {}.", "Il est 10:30 (3.14) pour {}.", "Il est dix heures pour {}."),
]


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sentences") / "pairs.tsv"
    names = ("Ann", "Bob", "Eva", "Ida", "Jim", "Kim", "Leo", "Max", "Mia", "Ned", "Pam", "Ray", "Sam", "Tim", "Zoe")
    rows = [(row[0].format(n), target.format(n)) for n in names for row in SENTENCES for target in row[1:]]
    path.write_text("".join(f"{source}\t{target}\n" for source, target in rows), encoding="utf-8")
    return path


def sentence_task(path: Path, **keys: object) -> Translation:
    config = dates.get_config("quick")
    config.data.path, config.data.split = str(path), (0.5, 0.25, 0.25)
    config.update_from_flattened_dict({f"data.{key}": value for key, value in keys.items()})
    task: Translation = build_task(config)
    return task


@pytest.mark.parametrize("lowercase", [False, True])
def test_scores_are_sacrebleus_of_the_written_files(sentences, monkeypatch, tmp_path, lowercase):
    """BLEU and chrF from the user's own targets, and all measures from translations.tsv."""
    pytest.importorskip("sacrebleu")
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    task = sentence_task(sentences, target_tokens="word", source_tokens="word", target_lowercase=lowercase)
    by_source: dict[str, list[str]] = {}
    for line in sentences.read_text(encoding="utf-8").splitlines():
        source, target = line.split("\t")
        by_source.setdefault(source.lower(), []).append(target)

    def translate(params, sources):
        texts = [by_source[source.lower()][0].replace("dix", "3.14").replace("vas-tu", "va") for source in sources]
        return [Hypothesis(task.translator.target.encode(text), 0.0, None) for text in texts]

    monkeypatch.setattr(task, "_translate", translate)
    monkeypatch.setattr(task, "_mean_loss", lambda params, pairs: 0.0)
    result = task.test({})
    result.plots["translations.tsv"](tmp_path / "translations.tsv")
    header, *rows = [line.split("\t") for line in (tmp_path / "translations.tsv").read_text("utf-8").splitlines()]
    assert header == ["source", "translation", "target", "target 2", "target 3"]
    assert len({source.lower() for source, *_ in rows}) == len(rows), "capitals make no other source"
    system = [row[1] for row in rows]
    assert any("Il est 10:30 (3.14) pour " in text or lowercase for text in system), "written as people write"
    measures = result.table["model"]
    for references in (
        [[*dict.fromkeys(by_source[row[0].lower()])] for row in rows],
        [[*filter(None, row[2:])] for row in rows],
    ):
        streams = [[*column] for column in zip(*([*those, None, None][:3] for those in references), strict=True)]
        for name, metric in (("bleu", BLEU(lowercase=lowercase)), ("chrf", CHRF(lowercase=lowercase))):
            assert measures[name] == pytest.approx(metric.corpus_score(system, streams).score, abs=1e-9)
    matches = [row[1] in row[2:] for row in rows]
    assert measures["exact_match"] == np.mean(matches)
    assert 0 < np.mean(matches) < 1
    case = "lc" if lowercase else "mixed"
    assert any(line.startswith("bleu: ") and f"case:{case}|" in line and "tok:13a" in line for line in result.lines)


def test_exact_match_is_0_if_normalization_changes_what_is_written(sentences, monkeypatch):
    """NFKC turns the narrow space before the question mark into a blank."""
    task = sentence_task(sentences, target_normalization="NFKC")
    targets = dict(zip(task.parts[2].sources, task.parts[2].targets, strict=True))

    def translate(params, sources):
        return [Hypothesis(task.translator.target.encode(targets[source]), 0.0, None) for source in sources]

    monkeypatch.setattr(task, "_translate", translate)
    monkeypatch.setattr(task, "_mean_loss", lambda params, pairs: 0.0)
    with_space = np.mean(["\u202f" in targets[source] for source in targets])
    assert with_space > 0
    assert task.test({}).table["model"]["exact_match"] < 1


def test_words_in_scripts_without_blanks_are_scored_by_a_tokenizer_that_fits(tmp_path):
    rows = [f"number {n}\t他有{'一二三四五六七八九十'[n % 10]}本书{n}。" for n in range(60)]
    (tmp_path / "zh.tsv").write_text("\n".join(rows), encoding="utf-8")
    keys = dates.get_config("quick").data.to_dict() | {"path": str(tmp_path / "zh.tsv")}
    config = DataConfig(**keys)
    assert config.learn(config.read()[0])["bleu_tokenizer"] == "zh"
    assert DataConfig(**keys | {"bleu_tokenizer": "char"}).learn(config.read()[0])["bleu_tokenizer"] == "char"


def test_data_summary_says_what_was_read(sentences):
    task = sentence_task(sentences, target_tokens="word", source_vocabulary_size=20, bucket_sizes=(24,))
    first, sources, targets, longest = task.data_summary
    counts = [len(part) for part in task.parts]
    assert first == f"{sentences}: {counts[0]} training, {counts[1]} validation, {counts[2]} test pairs"
    ids = np.concatenate([task.translator.source.encode(text) for text in task.parts[2].sources])
    assert "sources: 20 character tokens, normalization NFC, lower-cased; unknown are " in sources
    assert sources.endswith(f" and {np.mean(ids == UNK):.2%} in the test")
    assert np.mean(ids == UNK) > 0
    assert targets.startswith(f"targets: {len(task.translator.target)} word tokens, normalization NFC; unknown are ")
    longest_source = max(len(text) for part in task.parts for text in part.sources)
    assert longest.startswith(
        f"the longest text has {longest_source} tokens; not in the loss, longer than 24: 0 training"
    )


def test_pairs_of_a_table_are_named_by_column(tmp_path):
    (tmp_path / "a.csv").write_text("fr,en\n" + "".join(f"{n} mots,{n} words\n" for n in range(60)))
    task = sentence_task(tmp_path / "a.csv", source_column="en", target_column="fr")
    assert all(source.endswith(" words") for part in task.parts for source in part.sources)
