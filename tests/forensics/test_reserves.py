"""An attestation against the chain: control, cover, buffer, hidden debts, dressing."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct

from sandbox.forensics import (
    Attestation,
    Bounds,
    CannotProve,
    Claim,
    Ledger,
    Liabilities,
    audit,
    check_reserves,
)
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.reserves.attestation import controlled
from sandbox.forensics.reserves.course import Course
from sandbox.forensics.reserves.tree import Node

BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
TEXT = "аудит 4711"
KEYS = [Account.from_key(bytes([n]) * 32) for n in range(1, 5)]
HOT, COLD, LENDER, SHOP = (key.address for key in KEYS)
AT = BEGIN + 100 * HOUR


def signed(key, text=TEXT):
    return key.address, bytes(Account.sign_message(encode_defunct(text=text), key.key).signature)


def ledger(*rows, scale=10**18, **more):
    """Rows: hours after the beginning, payer, payee, whole units; a block each."""
    table = pl.DataFrame(
        {
            "block": list(range(1, len(rows) + 1)),
            "transaction": [0] * len(rows),
            "log": [0] * len(rows),
            "payer": [each[1] for each in rows],
            "payee": [each[2] for each in rows],
            "amount": [str(each[3] * scale) for each in rows],
            "time": [BEGIN + each[0] * HOUR for each in rows],
        }
    )
    return Ledger.read(table, **more)


STEADY = ((0, ZERO, HOT, 60), (1, ZERO, COLD, 50), (2, ZERO, LENDER, 900), (300, LENDER, SHOP, 1))


def attestation(owed=100, *, wallets=(KEYS[0], KEYS[1]), scale=10**18, **more):
    tree = Liabilities.of(7, {"Aida": owed * scale})
    said = {"at": AT, "challenge": TEXT, "wallets": [signed(key) for key in wallets]}
    return Attestation(7, tree.root, **(said | more))


def findings(said, rows, **more):
    return check_reserves(said, ledger(*rows), **more).findings


def refused(code, call, *arguments, **more):
    with pytest.raises(CannotProve) as error:
        call(*arguments, **more)
    assert error.value.code == code
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3


def test_an_attestation_that_holds():
    found = check_reserves(attestation(100), ledger(*STEADY))
    assert found.findings == ()
    assert (found.assets, found.owed) == (110 * 10**18, 100 * 10**18)
    assert found.needed == 102 * 10**18
    assert found.wallets.rows() == [
        (HOT.lower(), "signed", str(60 * 10**18)),
        (COLD.lower(), "signed", str(50 * 10**18)),
    ]


def test_cover_and_buffer():
    assert findings(attestation(107), STEADY) == ()
    assert findings(attestation(108), STEADY) == ("buffer",), "110.16 is needed"
    assert findings(attestation(110), STEADY) == ("buffer",)
    assert findings(attestation(111), STEADY) == ("short",)
    assert findings(attestation(110), STEADY, bounds=Bounds(buffer=0)) == ()
    one = check_reserves(attestation(1, scale=1), ledger(*STEADY))
    assert one.needed == 2, "rounded up"


def test_a_wallet_counts_that_signed_the_text_and_once():
    old = (COLD, signed(KEYS[1], "another audit")[1])
    foreign = (COLD, signed(KEYS[0])[1])
    for wallet, state in (
        (old, "unsigned"),
        (foreign, "unsigned"),
        ((COLD, b"short"), "unreadable"),
        ((COLD, b""), "unreadable"),
        (signed(KEYS[0]), "twice"),
    ):
        said = Attestation(7, attestation(100).root, AT, TEXT, [signed(KEYS[0]), wallet])
        found = check_reserves(said, ledger(*STEADY))
        assert found.findings == ("unsigned", "short")
        assert found.assets == 60 * 10**18
        assert found.wallets["control"].to_list() == ["signed", state]
    capitals = [(HOT.upper().replace("0X", "0x"), signed(KEYS[0])[1])]
    assert controlled(capitals, TEXT) == [(HOT.lower(), "signed")]


def test_a_wallet_that_was_refused_first_may_be_signed_later():
    wallets = [(HOT, b""), signed(KEYS[0])]
    assert [state for _, state in controlled(wallets, TEXT)] == ["unreadable", "signed"]


DRESSED = (
    *STEADY[:3],
    (90, LENDER, HOT, 200),
    (110, HOT, LENDER, 200),
    STEADY[3],
)


def test_money_that_came_for_the_moment_alone_is_dressing():
    found = check_reserves(attestation(250), ledger(*DRESSED))
    assert found.findings == ("dressed",)
    assert found.lenders.rows() == [(LENDER.lower(), str(200 * 10**18), str(200 * 10**18))]
    units = [int(each) // 10**18 for each in found.around["assets"]]
    assert (found.around["block"].to_list(), units) == ([0, 4, 5], [110, 310, 110])
    assert findings(attestation(250), DRESSED, bounds=Bounds(spike=181)) == ("dressed",)
    assert findings(attestation(250), DRESSED, bounds=Bounds(spike=182)) == ()


@pytest.mark.parametrize(
    "rows",
    [
        [(90, LENDER, HOT, 200)],  # came and stayed
        [(3, LENDER, HOT, 200), (110, HOT, LENDER, 200)],  # was there, and left
        [(90, LENDER, HOT, 22), (110, HOT, LENDER, 22)],  # 20 percent
        [(76, LENDER, HOT, 200), (124, HOT, LENDER, 200)],  # at the window's very edges
        [(99, COLD, HOT, 50), (101, HOT, COLD, 50)],  # from one pocket to the other
        [(101, LENDER, HOT, 200), (102, HOT, LENDER, 200)],  # after the moment
    ],
)
def test_what_is_no_dressing(rows):
    made = (*STEADY[:3], *rows, STEADY[3])
    assert findings(attestation(100), made) == ()


def test_more_than_a_fifth_is_dressing():
    rows = (*STEADY[:3], (90, LENDER, HOT, 23), (110, HOT, LENDER, 23), STEADY[3])
    assert findings(attestation(100), rows) == ("dressed",)


def test_a_window_that_is_still_open_is_told():
    assert findings(attestation(100), STEADY[:3]) == ("window_open",)
    assert findings(attestation(100), (*STEADY[:3], (123, LENDER, SHOP, 1))) == ("window_open",)
    assert findings(attestation(100), (*STEADY[:3], (124, LENDER, SHOP, 1))) == ()


def test_hidden_debts_count_as_owed():
    tree = Liabilities.of(7, {"Aida": 100 * 10**18})
    said = Attestation(7, tree.root, AT, TEXT, [signed(KEYS[0]), signed(KEYS[1])])
    claims = audit([Claim("Bek", 9 * 10**18)], tree.root, firm=7)
    found = check_reserves(said, ledger(*STEADY), claims=claims)
    assert found.findings == ("hidden", "buffer")
    assert found.owed == 109 * 10**18
    honest = audit([Claim("Aida", 100 * 10**18, tree.proof("Aida"))], tree.root, firm=7)
    assert check_reserves(said, ledger(*STEADY), claims=honest).findings == ()


def test_a_negative_total_is_told():
    said = Attestation(7, Node(bytes(32), -1), AT, TEXT, [signed(KEYS[0])])
    assert findings(said, STEADY) == ("negative",)


def test_what_cannot_be_checked_is_refused():
    said = attestation(100)
    rows = ledger(*STEADY)
    refused("reserves.time_missing", check_reserves, attestation(at=AT.replace(tzinfo=None)), rows)
    bare = Ledger.read(rows.table.drop("time"))
    refused("reserves.time_missing", check_reserves, said, bare)
    backwards = ledger((5, ZERO, HOT, 1), (1, ZERO, HOT, 1))
    refused("reserves.time_missing", check_reserves, said, backwards)
    early = attestation(at=BEGIN - HOUR)
    refused("reserves.before_ledger", check_reserves, early, rows)
    for wrong in ({"buffer": -1}, {"spike": -1}, {"window": timedelta(0)}):
        refused("reserves.bounds_malformed", Bounds, **wrong)


def test_a_wallet_that_the_ledger_does_not_know_holds_nothing():
    found = check_reserves(attestation(100, wallets=KEYS[:2]), ledger(*STEADY[2:]))
    assert (found.assets, found.findings) == (0, ("short",))


def random_rows(chance, opening, scale):
    """Covered rows of four accounts: block, transaction, payer, payee, amount, time."""
    rows, held, hours, block = [], dict(opening), 0, 0
    for place in range(60):
        payer, payee = chance.choice(list(held)), chance.choice(list(held))
        amount = chance.randrange(held[payer] // scale + 1) * scale
        if chance.random() < 0.7:
            hours, block = hours + chance.randrange(1, 5), block + 1
        held[payer] -= amount
        held[payee] += amount
        rows.append((block, place, payer, payee, amount, BEGIN + hours * HOUR))
    return rows, hours


def replayed(rows, opening, own, moment):
    """What some hold at a moment, row by row."""
    now = dict(opening)
    for _, _, payer, payee, amount, time in rows:
        if time <= moment:
            now[payer] -= amount
            now[payee] += amount
    return sum(now[name] for name in own)


def crossed(rows, own, after, until, *, into):
    """What came in, or went out, by the other account, row by row."""
    found = {}
    for _, _, payer, payee, amount, time in rows:
        other, mine = (payer, payee) if into else (payee, payer)
        if mine in own and other not in own and after < time <= until:
            found[other] = found.get(other, 0) + amount
    return found


@pytest.mark.parametrize("seed", range(20))
def test_the_course_is_that_of_replaying_every_row(seed):
    chance = random.Random(seed)
    scale = chance.choice([1, 10**18, 10**30])
    opening = {name: chance.randrange(1, 50) * scale for name in "abcd"}
    rows, hours = random_rows(chance, opening, scale)
    table = pl.DataFrame(
        [(*row[:2], 0, *row[2:4], str(row[4]), row[5]) for row in rows],
        schema=["block", "transaction", "log", "payer", "payee", "amount", "time"],
        orient="row",
    )
    own = set(chance.sample("abcd", 2))
    course = Course(Ledger.read(table, opening=opening), own)
    for hour in range(-2, hours + 3):
        moment = BEGIN + hour * HOUR
        assert course.at(moment) == replayed(rows, opening, own, moment)
    middle, end = BEGIN + hours // 2 * HOUR, BEGIN + hours * HOUR
    for block, time, level in course.points(middle, end):
        assert middle < time <= end
        assert level == replayed(rows, opening, own, time)
        assert (block, time) in {(row[0], row[5]) for row in rows}
    for into in (True, False):
        wanted = crossed(rows, own, middle, end, into=into)
        assert course.moved(middle, end, into=into) == wanted
