"""The rules about permits, and the days they are measured from, against their definitions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.alerts.complaint_rate import COMPLAINT_RATE, rate_of
from sandbox.domain.alerts.engine import day_number, watch_permits
from sandbox.domain.alerts.facts import Payment, Standing, Tally
from sandbox.domain.alerts.loss_cap import LOSS_CAP
from sandbox.domain.alerts.permit_days import PermitDay, Role, day_end, fold
from sandbox.domain.alerts.reserve_shortfall import RESERVE_SHORTFALL
from sandbox.domain.alerts.rule_set import LATER, SHIPPED, RuleSet

UNTIL = datetime(2026, 3, 10, 18, tzinfo=UTC)
DAY = timedelta(days=1)
NUMBER = "SB-2026-0001"


def standing(rule, tallies, **changed):
    values = {each.name: each.default for each in rule.parameters} | changed
    ordered = sorted(tallies, key=lambda each: each.at)
    return rule.measure(Standing(NUMBER, UNTIL, ordered, values))


def people(count, at=UNTIL):
    return [Tally(at, "complaint", of=f"person-{each}", ref=f"C-{each}") for each in range(count)]


def test_a_rate_counts_people_once_in_the_window_over_at_least_the_base():
    payments = [Tally(UNTIL, "payments", 1_500, "kgst"), Tally(UNTIL, "payments", 500, "som")]
    measured = standing(COMPLAINT_RATE, [*people(4), *people(4, UNTIL - DAY), *payments])
    assert (measured.value, len(measured.evidence)) == (20, 4)
    assert standing(COMPLAINT_RATE, people(4)).value == 40
    assert standing(COMPLAINT_RATE, people(4), least=5) is None
    old = people(4, UNTIL - timedelta(days=30))
    assert standing(COMPLAINT_RATE, old) is None
    assert standing(COMPLAINT_RATE, people(4, UNTIL - timedelta(days=30) + DAY)).value == 40


@given(st.integers(0, 500), st.integers(0, 10**6), st.integers(1, 10**4), st.integers(0, 10**4))
def test_a_rate_is_above_a_limit_exactly_when_the_people_are(complained, payments, base, limit):
    above = complained * 10_000 > limit * max(payments, base)
    assert (rate_of(complained, payments, base) > limit) == above


def test_what_nothing_covers_is_summed_over_the_newest_levels():
    old = Tally(UNTIL - 9 * DAY, "uncovered", 9_000_000, "kgst", unit="amount")
    new = Tally(UNTIL - 8 * DAY, "uncovered", 600_000, "kgst", unit="amount")
    other = Tally(UNTIL, "uncovered", 400_000, "som", unit="amount")
    assert standing(LOSS_CAP, [old, new, other]).value == 1_000_000
    assert standing(LOSS_CAP, [Tally(UNTIL, "uncovered", 0, "kgst")]) is None
    assert standing(LOSS_CAP, [Tally(UNTIL + DAY, "uncovered", 5, "kgst")]) is None


@pytest.mark.parametrize(
    ("held", "reserve", "had", "value"),
    [
        (200_000, 190_000, 100, 5),
        (200_000, 199_999, 100, 1),
        (200_000, 200_000, 100, None),
        (200_000, 100_000, 99, None),
        (99_999, 0, 100, None),
        (100_000, 0, 100, 100),
    ],
)
def test_a_shortfall_is_of_a_reserve_that_once_covered(held, reserve, had, value):
    levels = {"held": held, "reserve": reserve, "covered": had}
    measured = standing(
        RESERVE_SHORTFALL, [Tally(UNTIL, name, each, "kgst") for name, each in levels.items()]
    )
    assert (measured.value if measured else None) == value


def test_a_permit_is_told_of_once_in_a_window_unless_it_gets_worse():
    days = [UNTIL + DAY * place for place in range(40)]
    found = watch_permits(SHIPPED, {NUMBER: people(3)}, days, {})
    assert [(each.place, each.weight, each.subject) for each in found] == [
        (day_number(UNTIL), 50, NUMBER)
    ]
    worse = [*people(3), *[Tally(UNTIL + 3 * DAY, "complaint", of=f"p{n}") for n in range(3)]]
    found = watch_permits(SHIPPED, {NUMBER: worse}, days, {})
    assert [(each.place - day_number(UNTIL), each.weight) for each in found] == [(0, 50), (3, 75)]


def test_a_set_kept_before_these_rules_reads_as_them_switched_off():
    kept = SHIPPED.as_dict()
    for name in LATER:
        del kept["rules"][name]
    read = RuleSet.read(kept)
    assert {name for name, each in read.rules.items() if not each.on} == LATER
    assert watch_permits(read, {NUMBER: people(9)}, [UNTIL], {}) == []
    assert watch_permits(SHIPPED, {NUMBER: people(9)}, [UNTIL], {}) != []


# ---------- days ----------
ROLES = {
    "customer": (NUMBER, Role.CUSTOMER),
    "friend": (NUMBER, Role.CUSTOMER),
    "shop": (NUMBER, Role.MERCHANT),
    "team": (NUMBER, Role.TEAM),
    "bank": (NUMBER, Role.SETTLEMENT),
    "pool": (NUMBER, Role.CONTRACT),
    "other": ("SB-2026-0002", Role.CUSTOMER),
}
START = datetime(2026, 3, 1, tzinfo=UTC)


def paid(*moves, every=timedelta(minutes=10)):
    return [
        Payment(n, n, START + every * n, payer, payee, amount, f"0x{n}")
        for n, (payer, payee, amount) in enumerate(moves)
    ]


def after(*moves):
    days = fold("kgst", paid(*moves), ROLES, {})
    return [day for day in days.values() if day.permit == NUMBER][-1]


@pytest.mark.parametrize(
    ("moves", "uncovered"),
    [
        ([("issuer", "customer", 900), ("customer", "shop", 900)], 0),
        ([("customer", "bank", 700)], 0),
        ([("customer", "pool", 700)], 0),
        ([("customer", "team", 700)], 700),
        ([("customer", "team", 700), ("team", "customer", 200)], 500),
        ([("customer", "pool", 700), ("pool", "shop", 700)], 0),
        ([("customer", "pool", 700), ("pool", "team", 300)], 300),
        ([("customer", "bank", 700), ("bank", "stranger", 700)], 700),
        ([("team", "shop", 900), ("customer", "team", 100)], 100),
        ([("customer", "team", 700), ("stranger", "bank", 700)], 0),
        ([("customer", "team", 700), ("other", "customer", 700)], 700),
    ],
)
def test_uncovered_is_what_the_firm_took_less_what_it_gave_and_keeps(moves, uncovered):
    assert after(*moves).uncovered == uncovered


def test_days_end_at_midnight_in_bishkek_and_levels_carry_over():
    assert day_end(datetime(2026, 3, 1, 17, 59, 59, tzinfo=UTC)) == START + timedelta(hours=18)
    moves = [("customer", "team", 7)] * 3
    days = fold("kgst", paid(*moves, every=timedelta(hours=9)), ROLES, {})
    told = [(day.payments, day.taken) for day in days.values()]
    assert told == [(2, 14), (1, 21)]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_days_folded_in_pieces_are_the_same_and_no_level_is_below_zero(data):
    parties = st.sampled_from([*ROLES, "stranger", "issuer"])
    moves = data.draw(st.lists(st.tuples(parties, parties, st.integers(0, 100)), max_size=30))
    payments = paid(*moves, every=timedelta(hours=5))
    whole = fold("kgst", payments, ROLES, {})
    cut = data.draw(st.integers(0, len(payments)))
    first = fold("kgst", payments[:cut], ROLES, {})
    newest: dict[str, PermitDay] = {permit: day for (permit, _), day in first.items()}
    assert {**first, **fold("kgst", payments[cut:], ROLES, newest)} == whole
    for day in whole.values():
        assert min(day.taken, day.reserve, day.contracts, day.customers, day.uncovered) >= 0
        assert day.uncovered <= day.taken
        assert 0 <= day.covered <= 100
