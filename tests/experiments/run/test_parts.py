"""A part without examples is named, and what to do about it."""

import pytest

from experiments.run.parts import require_examples
from seqjax.errors import InputError


def test_parts_with_examples_pass():
    require_examples([["a"], ["b"], ["c"]], "my.csv", "texts", recorded=False)
    require_examples([["a"]], "my.csv", "texts", recorded=True)


def test_part_without_examples_is_named():
    parts = [["a"], [], ["c"]]
    with pytest.raises(InputError, match=r"^the validation part of my.csv has no texts; give more, or change"):
        require_examples(parts, "my.csv", "texts", recorded=False)
    with pytest.raises(InputError, match=r"^my.csv has none of the validation examples of the run; train on another"):
        require_examples(parts, "my.csv", "texts", recorded=True)


class Named(list[str]):
    """A part with a name of its own."""

    name = "other.csv"


def test_part_is_named_by_its_own_file():
    with pytest.raises(InputError, match=r"^the test part of other.csv has no texts; give more rows$"):
        require_examples([["a"], ["b"], Named()], "my.csv", "texts", recorded=False, advice="give more rows")
