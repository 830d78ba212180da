"""Figures of a period against a second statement of each definition; periods; states of reports."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.alerts.facts import Payment
from sandbox.domain.figures import (
    DAY,
    JOINED,
    LEFT,
    Event,
    Facts,
    Figure,
    Sent,
    compute,
    rolling,
)
from sandbox.domain.ledger import ZERO
from sandbox.domain.limits_form import read_terms
from sandbox.domain.periods import LENGTHS, before, containing
from sandbox.domain.reports import ReportAct, ReportState, after, differing, read_corrections
from sandbox.domain.words import MemberKind
from sandbox.kit.errors import Conflict, InvalidInput
from tests.services.world import LIMITS

PERIOD = containing(datetime(2026, 11, 15, tzinfo=UTC), 1)
PEOPLE = {
    "0xa": MemberKind.CUSTOMER,
    "0xb": MemberKind.CUSTOMER,
    "0xm": MemberKind.MERCHANT,
}
EVERYBODY = ("0xa", "0xb", "0xm", "0xbank")
TERMS = read_terms(LIMITS, at=datetime(2026, 3, 1, tzinfo=UTC))[0]

hours = st.integers(-40 * 24, 35 * 24)
"""Around the period's beginning, before and behind it too."""
moves = st.lists(
    st.tuples(hours, st.sampled_from(EVERYBODY), st.sampled_from(EVERYBODY), st.integers(1, 50)),
    max_size=25,
)


def _payments(moved: list[tuple[int, str, str, int]]) -> list[Payment]:
    return [
        Payment(
            place, place, PERIOD.start + timedelta(hours=hour), payer, payee, amount, f"0x{hour}"
        )
        for place, (hour, payer, payee, amount) in enumerate(
            sorted(moved, key=lambda each: each[0])
        )
        if payer != payee
    ]


def _by_key(facts: Facts) -> dict[str, Figure]:
    return {each.key: each for each in compute(facts)}


def test_what_is_taken_home_is_no_payment() -> None:
    moved = [(1, "0xa", "0xm", 30), (2, "0xa", ZERO, 500), (3, "0xb", ZERO, 7), (4, ZERO, "0xa", 9)]
    found = _by_key(Facts(PERIOD, TERMS, PEOPLE, {"KGST": _payments(moved)}))
    told = {name: found[f"{name}.KGST"].value for name in ("payments", "volume", "redeemed")}
    assert told == {"payments": 1, "volume": 30, "redeemed": 507}
    assert found["redemptions.KGST"].value == 2
    assert found["largest_payment.KGST"].value == 30


@given(moves)
@settings(max_examples=80, deadline=None)
def test_money_and_limits_are_what_a_second_statement_says(
    moved: list[tuple[int, str, str, int]],
) -> None:
    payments = _payments(moved)
    found = _by_key(Facts(PERIOD, TERMS, PEOPLE, {"KGST": payments}))
    inside = [
        each.amount
        for each in payments
        if each.payer in {"0xa", "0xb"} and PERIOD.start <= each.at < PERIOD.end
    ]
    assert found["payments.KGST"].value == len(inside)
    assert found["volume.KGST"].value == sum(inside)
    assert found["largest_payment.KGST"].value == (max(inside) if inside else 0)
    median = found["median_payment.KGST"].value or 0
    below, above = sum(e < median for e in inside), sum(e > median for e in inside)
    assert (median in inside, 2 * below <= len(inside), 2 * above <= len(inside)) == (
        bool(inside),
        True,
        True,
    )

    def held(wallets: set[str], moment: datetime) -> int:
        seen = [each for each in payments if each.at < moment]
        came = sum(each.amount for each in seen if each.payee in wallets)
        return came - sum(each.amount for each in seen if each.payer in wallets)

    assert found["held_at_end.KGST"].value == held({"0xa", "0xb"}, PERIOD.end)
    soon = timedelta(microseconds=1)
    moments = [each.at + soon for each in payments if PERIOD.covers(each.at)]
    for clause, groups in (
        ("outstanding_cap", [{"0xa", "0xb"}]),
        ("customer_cap", [{"0xa"}, {"0xb"}]),
        ("merchant_cap", [{"0xm"}]),
    ):
        use = found[f"use.{clause}.KGST"]
        levels = [held(one, at) for one in groups for at in [PERIOD.start, *moments]]
        assert use.value == max(levels)


@given(st.lists(st.tuples(hours, st.integers(1, 9)), max_size=30), st.sampled_from([1, 7, 30]))
@settings(max_examples=80, deadline=None)
def test_a_rolling_peak_is_the_greatest_sum_at_any_moment(
    given_: list[tuple[int, int]], days: int
) -> None:
    amounts = sorted((PERIOD.start + timedelta(hours=hour), value) for hour, value in given_)
    window = days * DAY
    peak, end = rolling(amounts, window, PERIOD)

    def sum_at(moment: datetime) -> int:
        known = [(at, value) for at, value in amounts if at < PERIOD.end]
        return sum(value for at, value in known if moment - window < at <= moment)

    moments = [PERIOD.start, *(at for at, _ in amounts if PERIOD.covers(at))]
    assert peak == max(map(sum_at, moments))
    assert end == sum_at(PERIOD.end)


@given(moves, moves)
@settings(max_examples=40, deadline=None)
def test_what_happens_after_the_period_changes_no_figure(
    moved: list[tuple[int, str, str, int]], more: list[tuple[int, str, str, int]]
) -> None:
    later = [(each[0] % 100 + 31 * 24, *each[1:]) for each in more]
    facts = Facts(PERIOD, TERMS, PEOPLE, {"KGST": _payments([e for e in moved if e[0] < 720])})
    grown = Facts(
        PERIOD,
        TERMS,
        PEOPLE,
        {"KGST": _payments([*(e for e in moved if e[0] < 720), *later])},
        sent=[Sent(PERIOD.end, 5, succeeded=True, created=True)],
        refusals=[(PERIOD.end, "window_volume", 3)],
        events=[Event(PERIOD.end, "file.halt"), Event(PERIOD.end, JOINED, {"wallet": "0xA"})],
        incidents=[(PERIOD.end, None)],
    )
    assert differing(compute(facts), compute(grown)) == ()


def test_people_acts_refusals_and_complaints_are_counted_where_they_fall() -> None:
    start, hour = PERIOD.start, timedelta(hours=1)
    events = [
        Event(start - hour, JOINED, {"wallet": "0xA"}),
        Event(start, JOINED, {"wallet": "0xB"}),
        Event(start + hour, JOINED, {"wallet": "0xM"}),
        Event(start + 2 * hour, LEFT, {"wallet": "0xA"}),
        Event(start + 2 * hour, "file.suspend"),
        Event(start - hour, "complaint.filed", {"complaint": "C-1"}),
        Event(start + hour, "complaint.filed", {"complaint": "C-2"}),
        Event(start + hour, "complaint.escalated", {"complaint": "C-1", "why": "overdue"}),
        Event(start + hour, "complaint.closed", {"complaint": "C-1"}),
    ]
    denied = [(start, "window_volume", 4), (start + hour, "consent", 1), (start - hour, "state", 9)]
    incidents = [(start - hour, start + hour), (start, None)]
    facts = Facts(PERIOD, TERMS, PEOPLE, {}, refusals=denied, events=events, incidents=incidents)
    found = {key: each.value for key, each in _by_key(facts).items()}
    assert [found[f"customers_{each}"] for each in ("start", "new", "left", "end")] == [1, 1, 1, 1]
    assert [found[f"merchants_{each}"] for each in ("start", "new", "left", "end")] == [0, 1, 0, 1]
    assert (found["refusals_all"], found["refusals.window_volume"]) == (5, 4)
    assert "refusals.state" not in found
    assert (found["complaints_received"], found["complaints_overdue"]) == (1, 1)
    assert found["complaints_open_at_end"] == 1
    assert (found["incidents_reported"], found["incidents_open_at_end"]) == (1, 1)
    assert (found["suspensions"], found["halts"]) == (1, 0)


def test_figures_come_back_from_json() -> None:
    facts = Facts(PERIOD, TERMS, PEOPLE, {"KGST": _payments([(5, "0xa", "0xm", 7)])})
    for each in compute(facts):
        assert Figure.read(each.as_dict()) == each


@given(
    st.integers(0, 60 * 365 * 24).map(lambda n: datetime(2020, 1, 1, tzinfo=UTC) + n * DAY / 24),
    st.sampled_from(LENGTHS),
)
@settings(max_examples=80, deadline=None)
def test_periods_follow_each_other_without_gap(at: datetime, months: int) -> None:
    now, last = containing(at, months), before(at, months)
    assert now.covers(at)
    assert last.next == now
    assert last.end == now.start <= at
    assert now.first.day == 1


def test_who_is_next_depends_on_whether_the_sponsor_signs() -> None:
    submitted = ReportState.SUBMITTED
    assert after(submitted, ReportAct.SIGN, sponsor_signs=True) is ReportState.SIGNED
    assert after(submitted, ReportAct.ACCEPT, sponsor_signs=False) is ReportState.ACCEPTED
    for act, signs in ((ReportAct.ACCEPT, True), (ReportAct.SIGN, False)):
        with pytest.raises(Conflict):
            after(submitted, act, sponsor_signs=signs)
    for act in ReportAct:
        with pytest.raises(Conflict):
            after(ReportState.ACCEPTED, act, sponsor_signs=True)


def test_a_correction_stands_beside_a_figure_that_there_is_and_says_why() -> None:
    figures = compute(Facts(PERIOD, TERMS, PEOPLE, {}))
    read = read_corrections(figures, {"halts": ("1", "A drill."), "refusals_all": ("", "")})
    assert list(read) == ["halts"]
    for wrong in ({"halts": ("1", "")}, {"halts": ("", "why")}, {"nothing": ("1", "why")}):
        with pytest.raises(InvalidInput):
            read_corrections(figures, wrong)
