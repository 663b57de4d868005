"""The names of languages and countries."""

from seqjax.data.text.names import names


def test_names_are_many_sorted_and_unique():
    listed = names()
    assert len(listed) == len(set(listed)) > 800
    assert {"French", "France", "Zulu"} <= {*listed}
    assert list(listed) == sorted(listed)
