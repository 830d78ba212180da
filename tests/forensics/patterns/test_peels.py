"""Peel chains against reading the definition out, and its nearest negatives."""

from __future__ import annotations

import random

import numpy as np
import polars as pl
import pytest

from sandbox.forensics import CannotTrace, Ledger
from sandbox.forensics.patterns.peels import peel_chains

SERVICES = {"1": "exchange", "2": "shop"}


def ledger(rows, *, opening=None, scale=1):
    """Rows of block, payer, payee, amount; accounts are called by their numbers."""
    count = max(max(row[1:3]) for row in rows) + 2
    held = np.zeros(count, object)
    for account, amount in (opening or {}).items():
        held[account] = amount * scale
    held[-1] = scale > 1
    places = {
        "block": pl.Series([row[0] for row in rows], dtype=pl.Int64),
        "transaction": pl.Series(range(len(rows)), dtype=pl.Int64),
        "log": pl.Series([0] * len(rows), dtype=pl.Int64),
    }
    return Ledger.coded(
        pl.DataFrame(places),
        pl.Series("account", [str(each) for each in range(count)]),
        np.array([row[1] for row in rows], np.int32),
        np.array([row[2] for row in rows], np.int32),
        np.array([row[3] * scale for row in rows], object),
        held,
    )


def told(chance):
    """Chains of different lengths, and what disturbs them."""
    rows, opening, block, fresh = [], {}, 1, iter(range(3, 200))
    for _ in range(chance.randint(1, 3)):
        at, held = next(fresh), chance.randint(20, 100)
        if chance.random() < 0.1:
            opening[at] = 1
        rows.append((block, 0, at, held))
        for _ in range(chance.randint(1, 6)):
            block += chance.choice([0, 1, 4])
            last = at
            parts = [chance.randint(1, max(held // 8, 1)) for _ in range(chance.choice([1, 1, 2]))]
            rest = held - sum(parts) - chance.choice([0, 0, 0, 1])
            if rest <= 0:
                break
            at = next(fresh)
            out = [(last, chance.choice([1, 2, next(fresh)]), part) for part in parts]
            out.insert(chance.randint(0, len(out)), (last, at, rest))
            if chance.random() < 0.1:
                out.insert(0, (0, chance.choice([at, last]), chance.randint(1, 3)))
            for payer, payee, amount in out:
                rows.append((block, payer, payee, amount))
                block += chance.choice([0, 0, 1])
            held = rest
    return rows, opening


def read_out(rows, opening, *, length, least, most, dust, blocks, prior):
    """The definition, account by account."""
    services = {int(name) for name in SERVICES}
    moves = [at for at, row in enumerate(rows) if row[3] and row[1] != row[2]]
    into = {a: [at for at in moves if rows[at][2] == a] for a in {row[2] for row in rows}}
    peels, testable = {}, 0

    def is_fresh(account):
        return bool(into.get(account)) and account not in {0, *services} | set(opening)

    for account, receipts in into.items():
        out = [at for at in moves if rows[at][1] == account]
        if not is_fresh(account) or len(out) < 2:
            continue
        first, *later = receipts
        if sum(rows[at][3] for at in later) > dust:
            continue
        testable += 1
        total = sum(rows[at][3] for at in receipts)
        paid = sum(rows[at][3] for at in out)
        largest = next(at for at in out if rows[at][3] == max(rows[each][3] for each in out))
        on, received = rows[largest][2], rows[first][3]
        peeled = paid - rows[largest][3]
        if (
            is_fresh(on)
            and into[on][0] == largest
            and total - paid <= dust
            and all(rows[at][0] - rows[first][0] <= blocks for at in out)
            and least <= peeled * 1_000_000 / received <= most
        ):
            peels[account] = (on, received, rows[largest][3], peeled, [first, *out])
    chains = []
    for start in peels:
        if start in {each[0] for each in peels.values()}:
            continue
        chain = [start]
        while peels[chain[-1]][0] in peels:
            chain.append(peels[chain[-1]][0])
        if len(chain) >= length:
            rate = (len(peels) - len(chain) + 1) / (testable - len(chain) + 2)
            sure = prior / (prior + (1 - prior) * rate ** (len(chain) - 1))
            chains.append(
                (sure, [(str(each), str(peels[each][0]), *peels[each][1:]) for each in chain])
            )
    return chains


def same_as_the_definition(number):
    chance = random.Random(number)
    rows, opening = told(chance)
    bounds = {
        "length": chance.choice([1, 2, 3]),
        "least": chance.choice([0, 10_000, 50_000]),
        "most": chance.choice([100_000, 200_000]),
        "blocks": chance.choice([1, 99]),
        "prior": chance.choice([0.1, 0.5]),
    }
    dust, scale = chance.choice([0, 1, 3]), chance.choice([1, 1, 10**20])
    found = peel_chains(
        ledger(rows, opening=opening, scale=scale), SERVICES, dust=dust * scale, **bounds
    )
    right = read_out(rows, opening, dust=dust, **bounds)
    said = []
    for chain in dict.fromkeys(found["chain"].to_list()):
        rows = [row for row in found.rows() if row[0] == chain]
        assert [row[1] for row in rows] == list(range(1, len(rows) + 1))
        assert len({row[7] for row in rows}) == 1
        said.append((rows[0][7], [(*row[2:7], row[8]) for row in rows]))
    right = [
        (sure, [(*s[:2], *(each * scale for each in s[2:5]), s[5]) for s in steps])
        for sure, steps in right
    ]
    assert sorted(steps for _, steps in said) == sorted(steps for _, steps in right)
    assert sorted(sure for sure, _ in said) == pytest.approx(sorted(sure for sure, _ in right))
    assert [len(steps) for _, steps in said] == sorted(
        (len(steps) for _, steps in said), reverse=True
    )
    return len(said)


def test_chains_are_what_the_definition_says():
    said = [same_as_the_definition(number) for number in range(200)]
    assert sum(each > 0 for each in said) > 40
    assert sum(each == 0 for each in said) > 40


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(1, 11))
def test_chains_are_what_the_definition_says_on_ten_thousand_ledgers(thousand):
    for number in range(thousand * 1_000, thousand * 1_000 + 1_000):
        same_as_the_definition(number)


def chain(steps=5, *, share=10):
    """A sum of 1,000 that loses one part in ``share`` at each account."""
    rows, held = [(1, 0, 3, 1_000)], 1_000
    for step in range(steps):
        peel = held // share
        rows += [(2 + step, 3 + step, 1, peel), (2 + step, 3 + step, 4 + step, held - peel)]
        held -= peel
    return rows


def test_five_accounts_that_peel_are_a_chain_and_four_are_none():
    found = peel_chains(ledger(chain()), SERVICES)
    assert found.select("step", "account", "on", "received", "peeled").rows()[:2] == [
        (1, "3", "4", 1_000, 100),
        (2, "4", "5", 900, 90),
    ]
    assert found["probability"][0] == pytest.approx(1 / (1 + 0.5**4))
    none = peel_chains(ledger(chain(4)), SERVICES)
    assert none.is_empty()
    assert none.columns == found.columns


def test_where_everybody_pays_like_this_a_chain_says_less():
    rows, others = chain(), chain()
    rows += [(r[0], *(each + 20 if each > 2 else each for each in r[1:3]), r[3]) for r in others]
    alone = peel_chains(ledger(chain()), SERVICES)["probability"][0]
    assert peel_chains(ledger(rows), SERVICES)["probability"][0] < alone
    salaries = [(1, 0, 60 + each, 10) for each in range(10)]
    salaries += [(2, 60 + each, to, 5) for each in range(10) for to in (1, 2)]
    assert peel_chains(ledger([*chain(), *salaries]), SERVICES)["probability"][0] > alone


@pytest.mark.parametrize("share", [3, 200])
def test_too_much_or_too_little_is_no_peel(share):
    assert peel_chains(ledger(chain(share=share)), SERVICES).is_empty()


@pytest.mark.parametrize("account", [5, 6])
def test_a_service_or_somebody_with_a_past_ends_a_chain(account):
    assert peel_chains(ledger(chain()), {**SERVICES, str(account): "exchange"}).is_empty()
    assert peel_chains(ledger(chain(), opening={account: 1}), SERVICES).is_empty()


def test_dust_sent_from_outside_breaks_a_chain_only_without_the_bound_for_it():
    rows = [*chain(), (9, 0, 5, 2)]
    assert peel_chains(ledger(rows), SERVICES).is_empty()
    assert len(peel_chains(ledger(rows), SERVICES, dust=2)) == 5


@pytest.mark.parametrize("options", [{"length": -1}, {"dust": 0.5}, {"prior": 1.5}])
def test_a_parameter_that_cannot_be_right_is_refused(options):
    with pytest.raises(CannotTrace, match="parameter_malformed"):
        peel_chains(ledger(chain()), SERVICES, **options)
