"""Words that stand beside a clause hold under every rulebook that lists it."""

from __future__ import annotations

import pytest

from certify import rulebook
from certify.governance.lacking import MEETS


@pytest.mark.parametrize("id", rulebook.IDS)
def test_what_would_meet_a_clause_names_no_number_that_the_rulebook_lacks(id: str) -> None:
    book = rulebook.load(id)
    values = {name: str(parameter.value) for name, parameter in book.parameters.items()}
    for clause in book.clauses:
        if clause in MEETS:
            assert "{" not in MEETS[clause].text.format_map(values)
