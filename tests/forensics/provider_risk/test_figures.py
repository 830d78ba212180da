"""What is measured of a provider, against brute force; what is not known is missing, not good."""

from __future__ import annotations

import random
from datetime import timedelta

import polars as pl
import pytest

from sandbox.forensics import Feed, faked, match
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.provider_risk import CannotRate, Sources, Value, figures, rate
from sandbox.forensics.reserves.attestation import Reserves
from tests.forensics.feeds import BEGIN, KGST, account, register, transfers, world

DAY = timedelta(days=1)
HELD = register((1, "A", None), (2, "A", None), (3, "B", None))
EVERY = {
    *("unhosted", "listed", "near_threshold", "alerted", "backlog"),
    *("travel_wrong", "travel_late", "made_up", "missed_names", "reserves"),
}


def of_ledger(*rows, listed=None, held=HELD):
    table = transfers(*((*row, timedelta(0)) for row in rows))
    found = figures("A", Sources(held, table, listed=listed))
    return {name: (each.part, each.whole) for name, each in found.items() if each}


def test_shares_of_value_are_exact_and_leave_out_what_stays_inside():
    found = of_ledger((1, 3, 10), (1, 2, 99), (9, 1, 5), (2, 8, 2), (3, 9, 77), listed={account(9)})
    assert found == {
        "unhosted": (7 * KGST, 17 * KGST),
        "listed": (5 * KGST, 5 * KGST),
        "near_threshold": (0, 2),
    }


def test_what_is_issued_or_destroyed_counts_for_nothing():
    issued = pl.DataFrame(
        {"payer": [ZERO, account(1)], "payee": [account(1), account(3)], "amount": [7, 1]}
    )
    found = figures("A", Sources(HELD, issued))
    assert found["unhosted"] == Value(0, 1)


@pytest.mark.parametrize(("amount", "near"), [(67_999, 0), (68_000, 1), (85_000, 1), (85_001, 0)])
def test_just_below_the_threshold_begins_at_four_fifths_of_it(amount, near):
    assert of_ledger((1, 3, amount))["near_threshold"] == (near, 1)
    assert of_ledger((3, 1, amount))["near_threshold"] == (0, 0), "what comes in is another's"


@pytest.mark.parametrize("seed", range(20))
def test_figures_of_the_ledger_are_what_the_definitions_say(seed):
    chance = random.Random(seed)
    held = register(*((n, chance.choice("ABC"), None) for n in range(1, 12)))
    owner = dict(held.select("account", "provider").rows())
    listed = {account(n) for n in chance.sample(range(1, 16), 4)}
    rows = [
        (chance.randrange(1, 16), chance.randrange(1, 16), chance.randrange(50_000, 120_000))
        for _ in range(60)
    ]
    mine = [
        (account(payer), account(payee), amount * KGST)
        for payer, payee, amount in rows
        if (owner.get(account(payer)) == "A") != (owner.get(account(payee)) == "A")
    ]
    into = [row for row in mine if owner.get(row[1]) == "A"]
    left = [row for row in mine if owner.get(row[0]) == "A"]
    assert of_ledger(*rows, listed=listed, held=held) == {
        "unhosted": (
            sum(row[2] for row in mine if {row[0], row[1]} - set(owner)),
            sum(row[2] for row in mine),
        ),
        "listed": (sum(row[2] for row in into if row[0] in listed), sum(row[2] for row in into)),
        "near_threshold": (
            sum(68_000 * KGST <= row[2] <= 85_000 * KGST for row in left),
            len(left),
        ),
    }


def alerts(*rows):
    """Rows: number of an account, days before the moment, decided so many days before, or never."""
    rows = [
        (account(n), BEGIN - raised * DAY, None if decided is None else BEGIN - decided * DAY)
        for n, raised, decided in rows
    ]
    kind = pl.Datetime("us", "UTC")
    schema = {"account": pl.String, "time": kind, "decided": kind}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_alerts_count_accounts_once_and_the_backlog_begins_at_three_days():
    rows = alerts((1, 1, None), (1, 3, None), (1, 9, 1), (1, 9, -1), (3, 9, None))
    table = transfers((1, 3, 5, DAY), (2, 3, 5, DAY))
    found = figures("A", Sources(HELD, table, alerts=rows, at=BEGIN))
    assert (found["alerted"], found["backlog"]) == (Value(1, 2), Value(2, 3))
    assert figures("A", Sources(HELD, table, alerts=rows))["backlog"] is None, "no moment"


def test_messages_are_judged_as_joined():
    rows, held, told = world(1)
    kept = [each for number, each in enumerate(told) if number % 3]
    matched = match(rows, held, Feed.read(kept))
    signs = faked(matched, held)
    found = figures("A", Sources(held, matched=matched, signs=signs))
    mine = matched.transfers.filter(sender="A")
    missing = mine.filter(status="missing").height
    assert found["travel_wrong"] == found["travel_late"] == Value(missing, mine.height)
    assert missing
    assert found["made_up"] == Value(0)


@pytest.mark.parametrize("seed", range(3))
def test_whoever_withholds_messages_is_not_rated_better(seed):
    rows, held, told = world(seed)
    chance = random.Random(seed)
    for each in told:
        each["sent"] = (BEGIN + 40 * DAY).isoformat() if chance.random() < 0.2 else each["sent"]
    hashes = dict(zip((each["id"] for each in told), rows["hash"], strict=True))
    told = [each | {"hash": hashes[each["id"]]} for each in told]
    scores = []
    while told:
        matched = match(rows, held, Feed.read(told))
        found = figures("A", Sources(held, rows, matched=matched, signs=faked(matched, held)))
        scores.append(rate("A", found).score)
        told = [each for each in told if each["sender"] != "A" or chance.random() < 0.7]
        if not any(each["sender"] == "A" for each in told):
            break
    assert len(scores) > 4
    assert scores == sorted(scores)


def test_few_messages_are_missing_signs_and_no_debt_is_none():
    rows, held, told = world(1, payments=9)
    matched = match(rows, held, Feed.read(told))
    sources = Sources(held, matched=matched, signs=faked(matched, held))
    assert figures("A", sources)["made_up"] is None
    nobody = figures("Z", sources)
    assert (nobody["made_up"], nobody["travel_wrong"]) == (Value(0), Value(0, 0))


def hits(*rows):
    return pl.DataFrame(rows, schema=["customer", "entry", "verdict"], orient="row")


def test_customers_are_missed_where_one_of_their_hits_was_not_told():
    rows = hits(("c1", "T1", "block"), ("c1", "T2", "block"), ("c2", "T1", "block"),
                ("c3", "T3", "review"))  # fmt: skip
    told = {("c1", "T1"), ("c2", "T1")}
    assert figures("A", Sources(HELD, hits=rows, told=told))["missed_names"] == Value(1, 2)
    assert figures("A", Sources(HELD, hits=hits()))["missed_names"] == Value(0, 0)


@pytest.mark.parametrize(
    ("found", "level"),
    [((), 0), (("window_open",), 1), (("buffer", "dressed"), 2), (("unsigned", "hidden"), 3)],
)
def test_the_worst_finding_about_reserves_counts(found, level):
    reserves = Reserves(found, 1, 1, 1, pl.DataFrame(), pl.DataFrame(), pl.DataFrame())
    assert figures("A", Sources(HELD, reserves=reserves))["reserves"] == Value(level)


def test_what_is_not_known_is_missing():
    assert figures("A", Sources(HELD)) == dict.fromkeys(EVERY)
    table = transfers((1, 3, 5, DAY))
    unknown = figures("Z", Sources(HELD, table, listed=set(), alerts=alerts(), at=BEGIN))
    assert {name for name, each in unknown.items() if each} == set(), "it keeps no account"
    quiet = figures("A", Sources(HELD, transfers((3, 9, 5, DAY)), listed=set()))
    assert quiet["unhosted"] is None, "nothing moved"
    assert rate("Z", unknown).tier.id == "critical"


@pytest.mark.parametrize(
    "broken",
    [
        {"register": HELD.drop("provider")},
        {"register": register((1, None, None))},
        {"transfers": transfers((1, 3, 5, DAY)).drop("amount")},
        {"transfers": transfers((1, 3, 5, DAY)).with_columns(amount=pl.lit(1.5))},
        {"hits": hits(("c", "T", None))},
        {"alerts": alerts((1, 1, None)).drop("decided")},
        {"alerts": alerts((1, 4, None)).with_columns(pl.col("time").dt.replace_time_zone(None))},
        {"at": BEGIN.replace(tzinfo=None), "alerts": alerts()},
    ],
)
def test_tables_that_cannot_be_right_are_refused(broken):
    whole = {"register": HELD, "transfers": transfers((1, 3, 5, DAY)), "at": BEGIN}
    with pytest.raises(CannotRate) as error:
        figures("A", Sources(**whole | broken))
    assert error.value.code == "provider_risk.table_malformed"
