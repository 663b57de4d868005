"""Baselines of summaries: sentences and words by hand."""

from seqjax.baselines.summaries import first_sentence, lead_words


def test_first_sentence_ends_at_its_sign_or_at_an_empty_line():
    assert first_sentence("  Dr. Who came. He left.") == "Dr."  # it knows no abbreviations
    assert first_sentence("We met at 3.5 km!  Then\nnot.") == "We met at 3.5 km!"
    assert first_sentence("Title\n\nText. More.") == "Title"
    assert first_sentence("no end\nat all") == "no end at all"


def test_lead_words_are_divided_by_blanks():
    assert lead_words(" one\ntwo,  three four", 3) == "one two, three"
    assert lead_words("", 2) == ""
