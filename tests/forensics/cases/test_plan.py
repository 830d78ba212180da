"""A plan: the same from the same seed, covered, in order; another seed is another case."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.forensics.accounts import ZERO
from sandbox.forensics.cases import CannotPlan, case_seed, changed, plan, recipe
from sandbox.forensics.cases.scene import CHAIN_OF, LEDGERS
from sandbox.forensics.cases.solver import measured
from tests.forensics.cases.planned import NAMES, SECRET, SMALL, case, small

CHECKOUT = Path(__file__).resolve().parents[3]
GOLDEN = {
    "easy": "58f0a379b80f81b444db49bb4cde894d535b8c044e9df77f6bfa7aff80d1030c",
    "medium": "29c23beb6baaaba78048f31fcd2f8675779981d01cef6b8b04ca8164cbe2f257",
    "hard": "adc95eb3b5611f7c2495d8793c657a2d430729b6e40c61ddbb0eefa93e62c937",
}
"""SHA-256 of public part and truth; whoever changes them raises ``case.VERSION``."""
HASHED = """
from tests.forensics.cases.planned import case
import hashlib
print(hashlib.sha256(case("hard").public().canonical()).hexdigest())
"""


def digest(found):
    return hashlib.sha256(found.public().canonical() + found.truth().canonical()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_bytes_for_ever(name):
    assert digest(case(name)) == GOLDEN[name]
    again = plan(case_seed(SECRET, who="aida", lab="P3", attempt=1), recipe(name))
    assert again.public() == case(name).public()


def test_a_seed_gives_the_same_bytes_in_another_process():
    said = {
        subprocess.run(
            [sys.executable, "-c", HASHED],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert said == {hashlib.sha256(case("hard").public().canonical()).hexdigest()}


@settings(max_examples=12, deadline=None)
@given(seed=st.binary(min_size=16, max_size=40), name=st.sampled_from(NAMES))
def test_every_payment_is_covered_and_nothing_is_made_or_lost(seed, name):
    found = plan(seed, changed(name, SMALL)).public()
    for ledger in LEDGERS:
        rows = [each for each in found.transactions if each.ledger == ledger]
        issued = sum(each.amount for each in rows if each.kind == "issue")
        redeemed = sum(each.amount for each in rows if each.kind == "redeem")
        read = found.ledger(ledger)  # refuses what is not covered
        assert sum(read.closing.tolist()[1:]) == issued - redeemed
        assert len(read) == len(rows)


@pytest.mark.parametrize("name", NAMES)
def test_transactions_stand_in_blocks_in_order(name):
    transactions = case(name).public().transactions
    for chain in set(CHAIN_OF.values()):
        rows = [each for each in transactions if CHAIN_OF[each.ledger] == chain]
        places = [(each.block, each.index) for each in rows]
        assert places == sorted(set(places))
        for number, block in itertools.groupby(rows, key=lambda each: each.block):
            inside = list(block)
            assert [each.index for each in inside] == list(range(len(inside)))
            assert len({each.time for each in inside}) == 1, number
        times = [each.time for each in rows]
        assert times == sorted(times)
        assert {each.block for each in rows} == set(range(1, rows[-1].block + 1))


@pytest.mark.parametrize("name", NAMES)
def test_a_standard_case_has_about_two_thousand_transactions_of_every_kind(name):
    found = case(name).public()
    assert 1_800 <= len(found.transactions) <= 2_400
    assert {each.kind for each in found.transactions} == {"issue", "transfer", "redeem"}
    assert {each.ledger for each in found.transactions} == set(LEDGERS)
    for each in found.transactions:
        assert (each.kind == "issue") == (each.payer.lower() == ZERO)
        assert (each.kind == "redeem") == (each.payee.lower() == ZERO)
        assert each.amount > 0
        assert each.payer != each.payee


def test_an_account_is_listed_once_and_every_party_is():
    found = case().public()
    listed = [each.address for each in found.accounts]
    parties = {end for each in found.transactions for end in (each.payer, each.payee)}
    assert len(listed) == len(set(listed))
    assert {each.lower() for each in parties} - {ZERO} == {each.lower() for each in listed}
    assert {each.address for each in found.tags} <= set(listed)


def test_another_attempt_lab_trainee_or_secret_is_another_seed():
    def seed(secret=SECRET, **other):
        return case_seed(secret, **{"who": "aida", "lab": "P3", "attempt": 1} | other)

    seeds = [
        seed(),
        seed(attempt=2),
        seed(lab="P4"),
        seed(who="bek"),
        seed(bytes(32)),
        seed(who='aida","lab":"P3'),
    ]
    assert len(set(seeds)) == len(seeds)
    assert {len(each) for each in seeds} == {32}
    assert seed() == seed()


def test_a_copied_answer_is_worth_nothing():
    mine, other = case(), case(attempt=2)
    assert not set(mine.truth().guilty) & set(other.truth().guilty)
    assert measured(other.truth().guilty, mine.truth().guilty).f1 == 0
    assert measured(mine.truth().guilty, mine.truth().guilty).f1 == 1
    addresses = [{each.address for each in found.public().accounts} for found in (mine, other)]
    assert not addresses[0] & addresses[1]


def test_a_short_seed_or_secret_is_refused():
    with pytest.raises(CannotPlan, match="seed_short"):
        plan(bytes(15), recipe("easy"))
    with pytest.raises(CannotPlan, match="16"):
        case_seed(bytes(15), who="aida", lab="P3", attempt=1)


def test_one_parts_draws_do_not_shift_anothers():
    def wages(found):
        purposes = found.truth().secrets.purposes
        rows = zip(found.public().transactions, purposes, strict=True)
        return sorted(each.amount for each, purpose in rows if purpose == "wage")

    def stolen(found):
        return sorted(each.transaction.amount for each in found.public().reports)

    few, many = small(decoys=1), small(decoys=6)
    assert few.public() != many.public()
    assert wages(few) == wages(many) != wages(small(attempt=2, decoys=1))
    assert stolen(few) == stolen(many)


def test_addresses_may_come_from_who_has_the_keys():
    asked = []

    def address_of(number):
        asked.append(number)
        return f"0x{number + 1:040x}"

    seed = case_seed(SECRET, who="aida", lab="P3", attempt=1)
    found = plan(seed, changed("medium", SMALL), address_of=address_of)
    assert asked == list(range(len(asked)))
    assert {int(each.address, 16) for each in found.public().accounts} <= {n + 1 for n in asked}
    mine = [each.amount for each in found.public().transactions]
    assert mine == [each.amount for each in small().public().transactions]


@pytest.mark.parametrize(
    ("address_of", "code"),
    [
        (lambda number: "0x12", "cases.address_malformed"),
        (lambda number: "0x" + "ab" * 20, "cases.address_twice"),
        (lambda number: f"0x{number:040x}", "cases.address_twice"),
    ],
)
def test_addresses_that_cannot_be_right_are_refused(address_of, code):
    with pytest.raises(CannotPlan) as error:
        plan(bytes(16), changed("medium", SMALL), address_of=address_of)
    assert error.value.code == code
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3
