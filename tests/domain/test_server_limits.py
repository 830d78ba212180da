"""Limits of a permit's servers: what is a limit, what is used, and what a day is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.changes import changes
from sandbox.domain.limits_form import read_terms, write_terms
from sandbox.domain.policy import limits_of as gateway_limits
from sandbox.domain.server_limits import (
    DayUse,
    ServerLimits,
    limits_of,
    read_limits,
    read_role_limits,
)
from sandbox.domain.terms import HUB_LIMITS, HUB_RANGE, Terms
from sandbox.kit.errors import InvalidInput, Refused
from sandbox.kit.money import NO_LIMIT
from tests.domain.test_terms import AT, BASE

NOON = datetime(2026, 11, 22, 6, tzinfo=UTC)
"""Noon in Bishkek."""
MIDNIGHT = datetime(2026, 11, 22, 18, tzinfo=UTC)
"""Midnight in Bishkek."""
PERMIT = "permit-sb-2026-0001"


def with_limits(**limits):
    return replace(BASE, load=replace(BASE.load, **limits))


@pytest.mark.parametrize("name", HUB_LIMITS)
def test_a_limit_is_taken_at_both_ends_of_its_range_and_refused_beyond(name):
    least, most = HUB_RANGE[name]
    for value in (least, most, NO_LIMIT):
        made = with_limits(**{name: value})
        assert Terms.from_dict(made.as_dict()) == made
        assert read_terms(write_terms(made), at=AT) == (made, [])
    for value in (least - 1, most + 1):
        with pytest.raises(InvalidInput) as refused:
            with_limits(**{name: value})
        assert refused.value.code == ("terms.below_zero" if value < 0 else "terms.server_range")


@pytest.mark.parametrize("name", HUB_LIMITS)
def test_a_wrong_limit_is_named_in_the_form(name):
    form = {**write_terms(BASE), name: str(HUB_RANGE[name][1] + 1)}
    assert [(each.part, each.code) for each in read_terms(form, at=AT)[1]] == [
        (name, "terms.server_range")
    ]


def test_limits_are_in_the_document_only_where_they_are_set_and_never_the_gateways():
    assert not set(HUB_LIMITS) & set(BASE.as_dict()["load"])
    made = with_limits(server_cores=2)
    assert made.as_dict()["load"]["server_cores"] == "2"
    assert "server_memory" not in made.as_dict()["load"]
    assert gateway_limits(made) == gateway_limits(BASE)


def test_a_lower_limit_is_stricter_and_a_higher_one_looser():
    some, more = with_limits(server_hours_per_day=4), with_limits(server_hours_per_day=5)
    assert [each.looser for each in changes(some, more)] == [True]
    assert [each.looser for each in changes(more, some)] == [False]
    assert [each.looser for each in changes(BASE, some)] == [False]


def test_what_the_desk_says_is_what_the_hub_reads():
    made = with_limits(server_cores=2, server_memory=512, server_hours_per_day=8, server_disk=1000)
    assert read_limits(limits_of(made.load)) == ServerLimits(2, 512, 8, 1000)
    assert read_limits(limits_of(BASE.load)) == ServerLimits()


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"server_files": 1},
        {"server_disk": 63},
        {"server_cores": "2"},
        {"server_cores": 0},
    ],
)
def test_nonsense_is_no_limit_of_servers(data):
    with pytest.raises(InvalidInput):
        read_limits(data)


def test_up_to_the_hours_a_server_starts_and_at_them_none_does():
    almost = DayUse("2026-11-22", 3599)
    almost.require(PERMIT, 1, NOON)
    with pytest.raises(Refused) as refused:
        almost.ran(NOON - timedelta(seconds=1), NOON).require(PERMIT, 1, NOON)
    assert refused.value.as_dict() == {
        "code": "hub.server_hours_used",
        "params": {"permit": "SB-2026-0001", "hours": "1", "until": MIDNIGHT.isoformat()},
    }


def test_zero_hours_let_no_server_start():
    with pytest.raises(Refused):
        DayUse().require(PERMIT, 0, NOON)


def test_midnight_in_bishkek_frees_the_hours_and_what_ran_before_is_not_the_new_days():
    full = DayUse("2026-11-22", 3600)
    before, after = MIDNIGHT - timedelta(seconds=1), MIDNIGHT + timedelta(seconds=30)
    with pytest.raises(Refused):
        full.require(PERMIT, 1, before)
    full.require(PERMIT, 1, MIDNIGHT)
    assert full.ran(before, after) == DayUse("2026-11-23", 30)


@given(st.lists(st.integers(0, 600), max_size=20))
def test_each_second_counts_once_however_often_one_looks(steps):
    use, now = DayUse(), NOON
    for seconds in steps:
        use, now = use.ran(now, now + timedelta(seconds=seconds)), now + timedelta(seconds=seconds)
    assert use.used(now) == sum(steps)


def test_a_clock_that_goes_back_counts_nothing():
    assert DayUse().ran(NOON, NOON - timedelta(hours=1)).used(NOON) == 0


def test_limits_by_role_are_read_and_hours_stay_a_permits():
    limits = {"student": {"server_cores": 1, "server_disk": 2048}, "teacher": {}}
    assert read_role_limits(limits) == limits


@pytest.mark.parametrize(
    "data",
    [
        [],
        {"examiner": {}},
        {"student": {"server_hours_per_day": 2}},
        {"student": {"server_cores": 0}},
        {"student": {"server_disk": 1}},
        {"student": {"cores": 1}},
        {"student": {"server_cores": "1"}},
    ],
)
def test_other_limits_by_role_are_refused(data):
    with pytest.raises(InvalidInput):
        read_role_limits(data)
