from pathlib import Path

import pytest
from mutations import MUTATIONS


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_place_to_break_is_still_there(mutation):
    """The script that breaks the package, tests/mutations.py, is too slow to run here."""
    source = (Path(__file__).parents[1] / mutation.file).read_text()
    assert source.count(mutation.before) == 1
    assert mutation.after not in source
