"""Where a permit stands: one word for each state, and the number that the contract knows."""

from __future__ import annotations

import re

import pytest

from sandbox.contracts.compiler import SOURCES
from sandbox.domain.attestation import Standing, standing_of, standing_of_code
from sandbox.domain.lifecycle import FileState
from sandbox.domain.terms import TrialState


def test_the_contracts_numbers_are_those_of_the_words():
    prose = (SOURCES / "Attestations.sol").read_text("utf-8")
    told = prose[prose.index("STANDINGS") : prose.index("In 2, 4, 5")]
    found = {int(number): word for number, word in re.findall(r"\b([1-8]) ([a-z]{4,})", told)}
    assert found == {each.code: each.value for each in Standing}
    assert f"LAST_STANDING = {len(Standing)};" in prose
    for each in Standing:
        assert standing_of_code(each.code) is each
    assert (standing_of_code(0), standing_of_code(len(Standing) + 1)) == (None, None)


@pytest.mark.parametrize("trial", TrialState)
@pytest.mark.parametrize("over", [False, True])
@pytest.mark.parametrize("state", FileState)
def test_nothing_but_an_active_permit_within_its_term_is_valid(state, trial, over):
    found = standing_of(state, trial, over=over)
    if found is Standing.VALID:
        assert (trial, over) == (TrialState.ACTIVE, False)
        assert state is not FileState.SUSPENDED
    if over:
        assert found.ended
    if state.value in set(Standing) - {"suspended", "halted"}:
        assert found.value == state.value
    assert found.group == ("ended" if found.ended else found.value)
    assert not (found.winds_down and found in {Standing.COMPLETED, Standing.GRADUATED})
