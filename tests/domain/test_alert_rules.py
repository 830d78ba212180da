"""The alert rules against their written definitions: an oracle that reads all of a small ledger."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.alerts.engine import Book, Last, watch, watch_refusals
from sandbox.domain.alerts.facts import Activity, Denied, Kind, Payment
from sandbox.domain.alerts.hours import ALWAYS, EVERYBODY, hours_of, with_sums
from sandbox.domain.alerts.rule import About, Band, weight_of
from sandbox.domain.alerts.rule_set import RULES, SHIPPED, RuleSet
from sandbox.domain.supervision import RuleVersions, Setting, SettingKind, SettingState
from sandbox.kit.errors import InvalidInput

START = datetime(2026, 3, 1, tzinfo=UTC)
ZERO = "issuer"
KINDS = {
    ZERO: Kind.ISSUER,
    "bank": Kind.SETTLEMENT,
    "a": Kind.CUSTOMER,
    "b": Kind.CUSTOMER,
    "c": Kind.CUSTOMER,
    "shop": Kind.MERCHANT,
}
SMALL = {
    "structuring": ({"threshold": 10_000, "margin": 20, "multiple": 2}, [(3, 50), (5, 80)]),
    "burst": ({"floor": 5_000}, [(3, 50), (4, 60)]),
    "pass_through": ({"floor": 8_000}, [(90, 50), (100, 70)]),
    "fan_in": ({"floor": 2_000}, [(2, 50), (3, 90)]),
    "fan_out": ({"floor": 2_000}, [(3, 50)]),
    "dormant_surge": ({"idle": 2}, [(6_000, 50), (12_000, 90)]),
    "probing": ({}, [(3, 50), (6, 70)]),
}


def small(window=120, alert_at=50):
    """A rule set for a ledger of a few payments; windows in minutes."""
    rules = {}
    for name, (values, bands) in SMALL.items():
        given_bands = tuple(Band(*each) for each in bands)
        kinds = SHIPPED.rules[name].kinds
        rules[name] = replace(
            SHIPPED.rules[name],
            values={**values, "window": window},
            bands=given_bands,
            kinds=kinds | {Kind.MERCHANT} if kinds else kinds,
        )
    return RuleSet(alert_at, rules)


# ---------- the oracle: each definition once more, over the whole ledger ----------
def _inside(ledger, at, window, side, subject):
    return [
        each
        for each in ledger
        if at - window < each.at <= at
        and getattr(each, side) == subject
        and each.payer != each.payee
    ]


def oracle_value(name, ledger, subject, at, values, unit):
    window = timedelta(minutes=values["window"])
    paid = _inside(ledger, at, window, "payer", subject)
    got = _inside(ledger, at, window, "payee", subject)
    if name == "structuring":
        top = values["threshold"] * unit
        near = [e for e in paid if 100 * e.amount >= top * (100 - values["margin"])]
        near = [e for e in near if e.amount < top]
        enough = near and sum(e.amount for e in near) >= values["multiple"] * top
        return len(near) if enough else None
    if name == "burst":
        return len([e for e in paid if e.amount >= values["floor"] * unit]) or None
    if name == "pass_through":
        came = [e for e in got if KINDS.get(e.payer) not in {Kind.ISSUER, Kind.SETTLEMENT}]
        total = sum(e.amount for e in came)
        if not came or total < values["floor"] * unit:
            return None
        out = sum(e.amount for e in paid if e.order > min(one.order for one in came))
        return 100 if out >= total else 100 * out // total
    if name == "fan_in":
        from_ = {e.payer for e in got if e.amount >= values["floor"] * unit} - {ZERO}
        return len(from_) or None
    if name == "fan_out":
        return len({e.payee for e in paid if e.amount >= values["floor"] * unit}) or None
    moments = sorted({e.at for e in ledger if subject in {e.payer, e.payee} and e.at <= at})
    woke = None
    for before, after in pairwise(moments):
        if after - before >= timedelta(days=1):
            woke = (after, after - before)
    if woke is None or woke[1] < timedelta(days=values["idle"]) or at - woke[0] >= window:
        return None
    since = [e for e in got if e.at >= woke[0]]
    return sum(e.amount for e in since) // unit if since else None


def oracle(rules, ledger, unit):
    found = []
    for name, settings_ in rules.rules.items():
        if RULES[name].about is not About.PAYMENTS:
            continue
        window = timedelta(minutes=settings_.values["window"])
        for subject, kind in KINDS.items():
            if kind not in settings_.kinds:
                continue
            raised = []
            for block in sorted({e.block for e in ledger if subject in {e.payer, e.payee}}):
                until = [e for e in ledger if e.block <= block]
                at = until[-1].at
                value = oracle_value(name, until, subject, at, settings_.values, unit)
                weight = max((w for s, w in SMALL[name][1] if value and s <= value), default=0)
                heard = [w for when, w in raised[-1:] if when > at - window]
                if weight >= rules.alert_at and all(weight > w for w in heard):
                    raised.append((at, weight))
                    found.append((name, subject, block, value, weight))
    return sorted(found)


PARTIES = st.sampled_from(["a", "a", "a", "b", "shop", "c", ZERO, "bank", "stranger"])
STEPS = st.sampled_from([0, 1, 7, 20, 20, 45, 90, 119, 120, 121, 1_440, 2_880, 3_000])
BUSY = (st.just("a"), st.sampled_from(["b", "c", "shop", "stranger"]), st.sampled_from([0, 20, 45]))
AMOUNTS = st.sampled_from([9_000, 8_000, 5_000, 9_999, 2_000, 1, 1_999, 4_999, 7_999, 10_000])


@st.composite
def ledgers(draw, unit):
    made, at, block = [], START, 0
    payers, payees, steps = draw(st.sampled_from([(PARTIES, PARTIES, STEPS), BUSY]))
    for order in range(draw(st.sampled_from([12, 18, 8, 24, 3, 0]))):
        minutes = draw(steps)
        at, block = at + timedelta(minutes=minutes), block + (1 if minutes or not made else 0)
        amount = draw(AMOUNTS) * unit + draw(st.sampled_from([0, 0, unit - 1]))
        made.append(Payment(block, order, at, draw(payers), draw(payees), amount, f"0x{order}"))
    return made


def _told(found):
    return sorted((e.rule, e.subject, e.place, e.value, e.weight) for e in found)


@pytest.mark.parametrize("unit", [1, 10**16])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_the_rules_find_what_their_definitions_say_and_nothing_else(unit, data):
    ledger = data.draw(ledgers(unit))
    rules = small(alert_at=data.draw(st.sampled_from([50, 60, 90])))
    found = watch(rules, Book(ledger, unit=unit, kinds=KINDS))
    assert _told(found) == oracle(rules, ledger, unit)
    for each in found:
        assert each.evidence
        assert all(each.since < one.at <= each.at for one in each.evidence)
        assert all(each.subject in {one.payer, one.payee} for one in each.evidence)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_looking_in_pieces_finds_what_looking_in_one_go_finds(data):
    ledger = data.draw(ledgers(1))
    whole = Book(ledger, kinds=KINDS)
    expected = watch(small(), whole)
    last_block = ledger[-1].block if ledger else 0
    cuts = sorted(data.draw(st.sets(st.integers(0, last_block), max_size=4)) | {last_block})
    activity, last, after, found = {}, {}, -1, []
    for upto in cuts:
        part = [each for each in ledger if each.block <= upto]
        book = Book(part, after=after, kinds=KINDS, activity=activity, last=last)
        found += watch(small(), book)
        after = upto
    assert found == expected
    assert (activity, last) == (whole.activity, whole.last)


def _paid(*amounts, every=10, payer="a", payee="shop"):
    return [
        Payment(n, n, START + timedelta(minutes=every * n), payer, payee, amount, f"0x{n}")
        for n, amount in enumerate(amounts)
    ]


@pytest.mark.parametrize(("amount", "raised"), [(7_999, 0), (8_000, 1), (9_999, 1), (10_000, 0)])
def test_structuring_counts_from_the_lower_bound_to_one_unit_below_the_threshold(amount, raised):
    rules = small()
    found = watch(rules, Book(_paid(*[amount] * 3), kinds=KINDS))
    assert len([each for each in found if each.rule == "structuring"]) == raised


def test_charging_a_wallet_and_spending_is_no_pass_through_but_a_friends_money_is():
    for payer, raised in ((ZERO, 0), ("bank", 0), ("b", 1), ("stranger", 1)):
        ledger = [*_paid(9_000, payer=payer, payee="a"), *_paid(0, 9_000)[1:]]
        found = watch(small(), Book(ledger, kinds=KINDS))
        about_a = [each for each in found if (each.rule, each.subject) == ("pass_through", "a")]
        assert len(about_a) == raised, payer


def test_money_spent_before_it_came_is_not_passed_on():
    ledger = [*_paid(9_000), *_paid(0, 9_000, payer="b", payee="a")[1:]]
    assert [e for e in watch(small(), Book(ledger, kinds=KINDS)) if e.rule == "pass_through"] == []


def test_a_window_is_open_at_its_beginning_and_closed_at_its_end():
    for last, raised in ((119, 1), (120, 0)):
        ledger = [
            replace(each, at=START + timedelta(minutes=minutes))
            for each, minutes in zip(_paid(5_000, 5_000, 5_000), (0, 60, last), strict=True)
        ]
        found = watch(small(), Book(ledger, kinds=KINDS))
        assert len([each for each in found if each.rule == "burst"]) == raised


def test_after_an_alert_only_a_heavier_band_speaks_within_the_window():
    found = watch(small(), Book(_paid(*[5_000] * 12), kinds=KINDS))
    burst = [(each.place, each.weight) for each in found if each.rule == "burst"]
    assert burst == [(2, 50), (3, 60)]
    later = watch(small(window=30), Book(_paid(*[5_000] * 12), kinds=KINDS))
    assert [each.place for each in later if each.rule == "burst"] == [2, 5, 8, 11]


def test_contracts_settlement_and_strangers_are_never_the_subject():
    payers = {"bank": Kind.SETTLEMENT, "stranger": Kind.OTHER}
    for payer in payers:
        ledger = _paid(*[9_000] * 12, payer=payer, payee="shop")
        assert {e.subject for e in watch(small(), Book(ledger, kinds=KINDS))} <= {"shop"}


# ---------- refusals ----------
def _denied(*minutes, clause="per_transaction", sender="0xaa", permit="SB-2026-0001", count=1):
    return [
        Denied(n + 1, permit, sender, START + timedelta(minutes=m), clause, count)
        for n, m in enumerate(minutes)
    ]


@pytest.mark.parametrize(
    ("denied", "raised"),
    [
        (_denied(0, 1, 2), 1),
        (_denied(0, 1), 0),
        (_denied(0, 1, 2, clause="requests_per_second"), 0),
        (_denied(0, 60, 120), 0),
        (_denied(0, count=3), 1),
        ([*_denied(0, 1), *_denied(0, 0, 2, sender="0xbb")[2:]], 0),
        ([*_denied(0, 1), *_denied(0, 0, 2, permit="SB-2026-0002")[2:]], 0),
    ],
)
def test_probing_counts_refusals_by_value_limits_of_one_sender_under_one_permit(denied, raised):
    found = watch_refusals(small(), denied, 0, {})
    assert len(found) == raised
    assert all(each.subject == "SB-2026-0001 0xaa" for each in found)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from("ab")), max_size=25), st.data())
def test_refusals_looked_at_in_pieces_give_the_same(steps, data):
    at, denied = START, []
    for seq, (minutes, sender) in enumerate(steps, 1):
        at += timedelta(minutes=minutes)
        denied.append(Denied(seq, "P", sender, at, "window_volume"))
    whole: dict[tuple[str, str], Last] = {}
    expected = watch_refusals(small(), denied, 0, whole)
    cut = data.draw(st.integers(0, len(denied)))
    last: dict[tuple[str, str], Last] = {}
    found = watch_refusals(small(), denied[:cut], 0, last)
    found += watch_refusals(small(), denied, cut, last)
    assert (found, last) == (expected, whole)


# ---------- sets ----------
def _changed(**changes):
    data = SHIPPED.as_dict()
    data["rules"]["burst"].update(changes)
    return data


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"rules": {}, "alert_at": 50}, "alert_rules.malformed"),
        ({"rules": SHIPPED.as_dict()["rules"], "alert_at": 0}, "alert_rules.outside"),
        ({"rules": SHIPPED.as_dict()["rules"], "alert_at": True}, "alert_rules.malformed"),
        (_changed(values={"floor": 0, "window": 60}), "alert_rules.outside"),
        (_changed(values={"floor": 1, "window": 10_081}), "alert_rules.outside"),
        (_changed(values={"floor": 1.5, "window": 60}), "alert_rules.malformed"),
        (_changed(values={"window": 60}), "alert_rules.malformed"),
        (_changed(bands=[]), "alert_rules.bands"),
        (_changed(bands=[[5, 50], [5, 60]]), "alert_rules.bands"),
        (_changed(bands=[[5, 60], [6, 50]]), "alert_rules.bands"),
        (_changed(bands=[[5, 101]]), "alert_rules.bands"),
        (_changed(kinds=[]), "alert_rules.nobody"),
        (_changed(kinds=["settlement"]), "alert_rules.nobody"),
        (_changed(kinds=["anybody"]), "alert_rules.malformed"),
    ],
)
def test_a_set_outside_its_ranges_is_refused(data, code):
    with pytest.raises(InvalidInput) as refused:
        RuleSet.read(data)
    assert refused.value.code == code


def test_a_set_at_the_edges_of_its_ranges_is_taken_and_a_rule_that_is_off_finds_nothing():
    edge = _changed(values={"floor": 1, "window": 10_080}, bands=[[1, 1]], kinds=[], on=False)
    rules = RuleSet.read(edge)
    assert RuleSet.read(rules.as_dict()) == rules
    off = RuleSet(1, {**small().rules, "burst": replace(small().rules["burst"], on=False)})
    found = watch(off, Book(_paid(*[5_000] * 9), kinds=KINDS))
    assert "burst" not in {each.rule for each in found}


def test_a_weight_is_that_of_the_highest_band_reached():
    bands = (Band(5, 50), Band(8, 75))
    assert [weight_of(bands, value) for value in (0, 4, 5, 7, 8, 99)] == [0, 0, 50, 50, 75, 75]


def test_the_version_of_a_moment_is_the_newest_that_began_by_then():
    def version(number, since):
        body = {**SHIPPED.as_dict(), "alert_at": number}
        return Setting(
            f"SV-{number}",
            SettingKind.RULES,
            number,
            SettingState.IN_FORCE,
            body,
            "",
            "ermek",
            "p",
            START,
            in_force_since=since,
        )

    hour = timedelta(hours=1)
    versions = RuleVersions.of([version(3, START + hour), version(2, START)])
    moments = (START - hour, START, START + hour - timedelta(seconds=1), START + hour)
    assert [versions.at(each)[0] for each in moments] == [1, 2, 2, 3]
    assert [versions.at(each)[1].alert_at for each in moments] == [50, 2, 2, 3]


def test_a_pause_of_a_day_is_kept_and_a_shorter_one_is_not():
    first = Activity(START, START)
    shorter = first.moved(START + timedelta(days=1) - timedelta(seconds=1))
    assert (shorter.woke, shorter.idle) == (None, 0)
    whole = first.moved(START + timedelta(days=1))
    assert (whole.woke, whole.idle) == (START + timedelta(days=1), 86_400)


# ---------- hourly sums ----------
@settings(max_examples=40, deadline=None)
@given(ledgers(1), st.data())
def test_hourly_sums_are_those_of_the_ledger_however_it_is_cut(ledger, data):
    customers = {"a": "P1", "b": "P1", "c": "P2"}
    sums = with_sums(hours_of("kgst", ledger, customers, 1).values())
    cut = data.draw(st.integers(0, len(ledger)))
    again = with_sums(hours_of("kgst", ledger[:cut], customers, 1).values())
    for key, each in with_sums(hours_of("kgst", ledger[cut:], customers, 1).values()).items():
        again[key] = again[key] + each if key in again else each
    assert again == sums
    for permit in ("P1", "P2"):
        own = {who for who, theirs in customers.items() if theirs == permit}
        held = sum(e.amount * ((e.payee in own) - (e.payer in own)) for e in ledger)
        total = sums.get((permit, ALWAYS))
        assert (total.came - total.went if total else 0) == held
    paid = [each for each in ledger if each.payer in customers]
    total = sums.get((EVERYBODY, ALWAYS))
    assert (total.payments if total else 0) == len(paid)
    assert (sum(total.sizes) if total else 0) == len(paid)
    assert (total.volume if total else 0) == sum(each.amount for each in paid)
