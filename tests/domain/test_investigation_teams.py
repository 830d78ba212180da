"""Teams of an investigation, by the rules of their module."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.investigation_teams import (
    HANDING_IN,
    LEAST,
    MOST,
    WORKING,
    Place,
    Power,
    at_random,
    check_teams,
    require_power,
)
from sandbox.kit.errors import InvalidInput, NotAllowed
from sandbox.kit.ids import AccountName


def team(number, *powers):
    return [
        Place("i", AccountName(f"t{number}-{place}"), number, power)
        for place, power in enumerate(powers)
    ]


def test_pairs_and_teams_with_seats_can_be():
    check_teams([])
    check_teams([*team(1, Power.ALL, Power.ALL), *team(2, Power.ANALYST, Power.INVESTIGATOR)])
    check_teams(team(99, *[Power.ALL] * MOST))


@pytest.mark.parametrize(
    ("places", "code"),
    [
        (team(1, Power.ALL), "team_size"),
        (team(1, *[Power.ALL] * (MOST + 1)), "team_size"),
        (team(0, Power.ALL, Power.ALL), "team_number"),
        (team(100, Power.ALL, Power.ALL), "team_number"),
        (team(3, Power.ANALYST, Power.PROSECUTOR), "team_powers"),
    ],
)
def test_a_team_that_cannot_be_is_refused(places, code):
    with pytest.raises(InvalidInput, match=code):
        check_teams([*team(50, Power.ALL, Power.ALL), *places])


def test_each_seat_has_its_powers_and_no_other():
    for allowed, refused in (
        (WORKING, {Power.PROSECUTOR}),
        (HANDING_IN, {Power.PROSECUTOR, Power.ANALYST}),
    ):
        for power in Power:
            if power in refused:
                with pytest.raises(NotAllowed, match=r"investigation\.seat"):
                    require_power(power, allowed)
            else:
                require_power(power, allowed)


@given(count=st.integers(0, 60), size=st.integers(LEAST, MOST))
def test_random_teams_are_of_people_once_and_can_be(count, size):
    made = at_random(range(count), size, lambda names: list(reversed(names)))
    people = [each for members in made for each in members]
    assert len(people) == len(set(people))
    assert count - len(people) <= 1
    assert all(LEAST <= len(members) <= MOST for members in made)


@pytest.mark.parametrize("size", [1, MOST + 1])
def test_random_teams_of_another_size_are_refused(size):
    with pytest.raises(InvalidInput, match="team_size"):
        at_random(range(4), size, list)
