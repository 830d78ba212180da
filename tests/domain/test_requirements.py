from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.countries import COUNTRIES
from sandbox.domain.requirements import (
    MOST_MONTHS,
    MOST_YEARS_AHEAD,
    TABLE,
    Requirement,
    RequirementAct,
    RequirementKind,
    RequirementState,
    after,
    check_due,
    check_every,
    following,
    kind_of,
    moved,
)
from sandbox.domain.residence import Identification, attributes, read_residences
from sandbox.kit.errors import Conflict, InvalidInput

DUE = datetime(2026, 12, 31, 17, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ONE = Requirement(
    id="r",
    file="F-2026-0001",
    kind=RequirementKind.CAPITAL,
    what="Own funds.",
    expected="A statement.",
    due=DUE,
    set_by="ermek",
    set_at=DUE - timedelta(days=90),
)
S = RequirementState


@pytest.mark.parametrize(
    ("state", "before", "then"),
    [
        (S.OPEN, "due_soon", "overdue"),
        (S.NOT_MET, "not_met", "overdue"),
        (S.FILED, "evidence_filed", "evidence_filed"),
        (S.MET, "met", "met"),
        (S.LIFTED, "lifted", "lifted"),
    ],
)
def test_only_what_is_neither_met_nor_waiting_becomes_overdue_exactly_at_its_moment(
    state, before, then
):
    made = replace(ONE, state=state)
    assert (made.standing(DUE - SECOND), made.standing(DUE)) == (before, then)
    assert made.late(DUE) == (then == "overdue")
    assert not made.late(DUE - SECOND)


def test_soon_is_seven_days_and_not_earlier():
    week = DUE - timedelta(days=7)
    assert (ONE.standing(week), ONE.standing(week + SECOND)) == ("requirement_open", "due_soon")


def test_what_was_confirmed_until_a_day_expires_and_what_was_filed_since_does_not():
    until = DUE + timedelta(days=30)
    made = replace(ONE, state=S.MET, good_until=until)
    assert (made.standing(until - SECOND), made.standing(until)) == ("met", "expired")
    assert made.late(until)
    assert not replace(made, state=S.FILED).late(until)


@given(st.lists(st.sampled_from(RequirementAct), max_size=8))
def test_met_is_reached_through_filed_alone_and_lifted_is_left_by_nothing(acts):
    made, before = ONE, None
    for act in acts:
        before = made
        try:
            made = replace(made, state=moved(made, act))
        except Conflict as error:
            assert error.code == "requirement.not_from_here"  # noqa: PT017
            continue
        assert before.state is not S.LIFTED
        assert made.state is not S.MET or (before.state, act) == (S.FILED, RequirementAct.CONFIRM)
    assert set(TABLE) == set(RequirementAct)


@given(st.integers(0, 1500), st.integers(1, MOST_MONTHS))
def test_so_many_months_later_is_that_month_and_never_a_later_day(days, months):
    moment = DUE + timedelta(days=days)
    found = after(moment, months)
    assert (found.year * 12 + found.month) - (moment.year * 12 + moment.month) == months
    assert found.day <= moment.day
    assert found.time() == moment.time()


@pytest.mark.parametrize("months", [0, -1, MOST_MONTHS + 1])
def test_months_out_of_range_and_unknown_kinds_are_refused(months):
    with pytest.raises(InvalidInput, match=r"requirement\.every"):
        check_every(months)
    with pytest.raises(InvalidInput, match=r"requirement\.kind"):
        kind_of("luck")
    check_every(1)
    assert kind_of("fee") is RequirementKind.FEE


def test_levels_are_the_contracts_numbers_and_what_is_wrong_is_refused():
    assert [each.code for each in Identification] == [0, 1, 2]
    assert attributes(" kz ", "full").residence == "KZ"
    for residence in ("K", "KGZ", "К1", "", "XX", "UK"):
        with pytest.raises(InvalidInput, match=r"terms\.residence_malformed"):
            attributes(residence, "full")
    with pytest.raises(InvalidInput, match=r"customer\.level"):
        attributes("KG", "FULL")


def test_a_requirement_is_due_after_now_and_within_ten_years():
    last = after(DUE, 12 * MOST_YEARS_AHEAD)
    check_due(DUE + SECOND, DUE)
    check_due(last, DUE)
    for due, code in (
        (DUE, "requirement.due_in_the_past"),
        (last + SECOND, "requirement.due_too_far"),
        (datetime(9999, 12, 31, 17, 59, 59, tzinfo=UTC), "requirement.due_too_far"),
    ):
        with pytest.raises(InvalidInput) as caught:
            check_due(due, DUE)
        assert caught.value.code == code


@given(st.datetimes(timezones=st.just(UTC)), st.integers(1, MOST_MONTHS))
def test_what_comes_back_follows_until_2100_and_then_no_more(due, months):
    found = following(replace(ONE, due=due, every_months=months))
    if due.year * 12 + due.month + months <= 2100 * 12 + 12:
        assert found == after(due, months)
    else:
        assert found is None
    assert following(replace(ONE, due=due)) is None


def test_a_list_of_residences_holds_assigned_codes_only_and_names_the_others():
    assert len(COUNTRIES) == 249
    assert all(len(each) == 2 and each.isalpha() and each.isupper() for each in COUNTRIES)
    assert read_residences("gb, kg KZ") == ("GB", "KG", "KZ")
    with pytest.raises(InvalidInput, match=r"terms\.residence_malformed") as caught:
        read_residences("KG, XX, EU, KZ")
    assert caught.value.params["what"] == "EU, XX"
