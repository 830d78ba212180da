"""The log score of a link: the honest answer is best; constant or too sure ones earn nothing."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox.forensics.lessons import small_pool
from sandbox.forensics.scoring import CannotScore
from sandbox.forensics.scoring.links import link_score
from tests.forensics.lessons.pools import chances


@st.composite
def beliefs(draw, least=0):
    """Probabilities of some accounts."""
    weights = draw(st.lists(st.integers(least, 40), min_size=3, max_size=9))
    assume(sum(weights))
    return {f"a{at}": each / sum(weights) for at, each in enumerate(weights)}


@st.composite
def knowns(draw):
    """What is known, with something that tells the accounts apart."""
    known = draw(beliefs())
    same = 1 / len(known)
    assume(max(abs(each - same) for each in known.values()) > 0.1)
    assume(all(each == 0 or each > 0.02 for each in known.values()))
    return known


@given(knowns(), beliefs())
def test_nothing_scores_more_than_what_is_known(known, said):
    said = {f"a{at}": each for at, each in enumerate(said.values())}
    assert link_score(known, known) == pytest.approx(1)
    assert 0 <= link_score(said, known) <= 1


@given(knowns())
def test_the_same_for_everybody_scores_nothing(known):
    assert link_score(dict.fromkeys(known, 1 / len(known)), known) == pytest.approx(0, abs=1e-9)


@given(knowns(), st.data())
def test_certainty_about_one_of_several_scores_nothing(known, data):
    assume(max(known.values()) < 0.7)
    name = data.draw(st.sampled_from(sorted(known)))
    assert link_score({name: 1.0}, known) == 0


@given(knowns(), st.floats(0, 1), st.floats(0, 1))
def test_the_nearer_to_what_is_known_the_better(known, one, other):
    def between(part):
        same = 1 / len(known)
        return {name: part * each + (1 - part) * same for name, each in known.items()}

    near, far = max(one, other), min(one, other)
    assert link_score(between(near), known) >= link_score(between(far), known) - 1e-9


@pytest.mark.parametrize(
    "said",
    [
        {"a": 0.5},
        {"a": 1.5, "b": -0.5},
        {"a": float("nan"), "b": 1.0},
        {"a": float("inf")},
        {},
        {"a": 1.0, "b": 1.0},
    ],
)
def test_what_are_no_probabilities_is_refused(said):
    with pytest.raises(CannotScore, match="chances_wrong"):
        link_score(said, {"a": 0.75, "b": 0.25})


def test_where_nothing_is_known_nothing_is_marked():
    with pytest.raises(CannotScore, match="nothing_known"):
        link_score({"a": 1.0}, {"a": 0.5, "b": 0.5})


def test_on_a_pool_counting_pays_and_pointing_does_not():
    for number in (3, 4711, 20_002):
        known = {name: float(each) for name, each in chances(small_pool(number), 1).items()}
        rounded = {name: round(each, 2) for name, each in known.items()}
        possible = [name for name, each in known.items() if each]
        assert link_score(rounded, known) > 0.99
        assert link_score({possible[-1]: 1.0}, known) == 0
        assert 0 < link_score(dict.fromkeys(possible, 1 / len(possible)), known) < 0.99
