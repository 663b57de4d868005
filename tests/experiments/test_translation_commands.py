"""The commands on translation: odd lines, flags, and one sentence for every mistake."""

import pytest

from tests.experiments.commands import ROOT, run_each, trained

LINES = [
    b"de: 3 weeks",
    b"",
    b"   ",
    b"fr: March 3, 2021\r",
    b"\xff\xfe\x00 \xe2\x80\xa8 \t",
    "很好看的电影 \u202e 🎬 $x$".encode(),
    b"x" * 200_000,
    b"de: 3 weeks",  # This one has no end.
]


def test_predict_answers_every_line_by_one_line_and_unsuitable_flags_by_one_sentence(tmp_path):
    """The other mistakes in flags are in test_text_generation.py."""
    workdir = f"--workdir={trained('translation/dates')}"
    faults = [
        (["--nbest=2"], "--nbest=2 is more than the beam, 1; give --beam=2 too"),
        (["--beam=0"], "--beam"),
        (["--max_length=x"], "--max_length"),
        (["--top_k=3"], "--top_k limits random draws; give --sample=1 too"),
        (["--bars=3"], "--bars does not go with the task 'translation', which knows --beam, --length_penalty"),
    ]
    flags = ["--sample=1", "--nbest=2", "--max_length=5", "--attention=a.png"]
    cases = [("predict", [workdir, *flags], b"\n".join(LINES))]
    cases += [("predict", [workdir, *more], LINES[0]) for more, _ in faults]
    done, *failed = run_each(cases, tmp_path)

    assert done.returncode == 0, done.stderr
    answers = done.stdout.split("\n")
    assert len(answers) == len(LINES) + 1, "the last line has an end"
    assert done.stderr.splitlines() == [
        "line 5 is no UTF-8 text at byte 1; such bytes are read as \ufffd",
        "line 5 holds zero bytes",
        "line 5 has 4 tokens that are not in the vocabulary",
        "line 6 has 11 tokens that are not in the vocabulary",
        "line 7 has 40 tokens that are not in the vocabulary, and has 200000 tokens; only the first 40 are translated",
    ]
    assert [answer.count("\t") for answer in answers] == [bool(line.strip()) for line in LINES] + [0]
    samples = [*answers[0].split("\t"), *answers[-2].split("\t")]
    assert len(set(samples)) == 4, "equal lines get samples of their own"
    assert all(len(each) <= 5 for each in samples)
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")

    for each, (_, sentence) in zip(failed, faults, strict=True):
        assert each.returncode == 2, each.stderr
        assert sentence in each.stderr
        assert len(each.stderr.splitlines()) == 1


@pytest.mark.slow
def test_sweep_compares_the_three_conditionings_in_one_plot(tmp_path):
    flags = ["--config=configs/translation/dates.py:quick", "--config.train.steps=2", f"--workdir={tmp_path / 'sweep'}"]
    (done,) = run_each([("sweep", flags, "")], tmp_path, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    files = {path.name for path in (tmp_path / "sweep").glob("*.*")}
    assert files == {"sweep.json", "sweep.png", "score_by_length.png"}
