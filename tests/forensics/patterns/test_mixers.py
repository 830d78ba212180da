"""Pools against counting every assignment, and what reveals."""

from __future__ import annotations

import random
from itertools import count

import numpy as np
import polars as pl
import pytest

from sandbox.forensics import CannotTrace, Ledger
from sandbox.forensics.patterns.mixers import mixed

POOL, UNIT = 9, 10


def ledger(rows, *, opening=0, scale=1):
    """Rows of block, transaction, payer, payee, amount; accounts 0 to 10 are called so."""
    held = np.zeros(11, object)
    held[POOL], held[10] = opening * scale, scale > 1
    return Ledger.coded(
        pl.DataFrame(
            {
                "block": pl.Series([row[0] for row in rows], dtype=pl.Int64),
                "transaction": pl.Series([row[1] for row in rows], dtype=pl.Int64),
                "log": pl.Series(range(len(rows)), dtype=pl.Int64),
            }
        ),
        pl.Series("account", [str(each) for each in range(11)]),
        np.array([row[2] for row in rows], np.int32),
        np.array([row[3] for row in rows], np.int32),
        np.array([row[4] * scale for row in rows], object),
        held,
    )


def pool(chance):
    """A pool's rows, covered; some are neither deposit nor withdrawal."""
    rows, held, block, transaction = [], 0, 1, count()
    opening = UNIT * chance.choice([0, 0, 1, 2])
    held = opening // UNIT
    for _ in range(chance.randint(2, 11)):
        block += chance.choice([0, 1, 1, 3])
        who, at = chance.randint(1, 5), next(transaction)
        if held and chance.random() < 0.5:
            fee = chance.choice([0, 0, 1, 5])
            rows.append((block, at, POOL, who, UNIT - fee))
            if fee:
                rows.append((block, at, POOL, chance.randint(6, 7), fee))
            held -= 1
        else:
            rows.append((block, at, 0, who, UNIT))
            rows.append((block, next(transaction), who, POOL, UNIT))
            held += 1
        if chance.random() < 0.1:
            rows.append((block, next(transaction), 0, POOL, 3))
            rows.append((block, next(transaction), POOL, 8, 3))
    return rows, opening


def counted(rows, opening, *, after, reuse, owners):  # noqa: C901 - a definition read out
    """Every assignment, one by one: for each withdrawal the probability of each deposit."""
    deposits = [(-1, None, None)] * (opening // UNIT)
    deposits += [(at, r[2], r[0]) for at, r in enumerate(rows) if (r[3], r[4]) == (POOL, UNIT)]
    withdrawals = []
    for transaction in dict.fromkeys(row[1] for row in rows):
        out = [at for at, row in enumerate(rows) if (row[1], row[2]) == (transaction, POOL)]
        if sum(rows[at][4] for at in out) == UNIT:
            withdrawals.append(min(out, key=lambda at: (-rows[at][4], at)))

    def fits(deposit, withdrawal):
        at, _, block = deposits[deposit]
        return at < withdrawal and (block is None or rows[withdrawal][0] - block >= after)

    def assignments(taken=()):
        if len(taken) == len(withdrawals):
            yield taken
            return
        for deposit in range(len(deposits)):
            if deposit not in taken and fits(deposit, withdrawals[len(taken)]):
                yield from assignments((*taken, deposit))

    every = list(assignments())
    if not every:
        return None
    revealed = {}
    for number, withdrawal in enumerate(withdrawals):
        who = owners.get(rows[withdrawal][3], rows[withdrawal][3])
        own = [
            deposit
            for deposit, (_, account, _) in enumerate(deposits)
            if account is not None and owners.get(account, account) == who
            if deposit not in revealed.values()
        ]
        if own and fits(own[0], withdrawal):
            tried = {**revealed, number: own[0]}
            if any(all(each[w] == d for w, d in tried.items()) for each in every):
                revealed = tried
    told = [each for each in every if all(each[w] == d for w, d in revealed.items())]
    return [
        [
            reuse * sum(each[number] == deposit for each in told) / len(told)
            + (1 - reuse) * sum(each[number] == deposit for each in every) / len(every)
            for deposit in range(len(deposits))
        ]
        for number in range(len(withdrawals))
    ], revealed


def same_as_counting(number):
    chance = random.Random(number)
    rows, opening = pool(chance)
    scale = chance.choice([1, 1, 10**20])
    after, reuse = chance.choice([0, 0, 1, 3]), chance.choice([0.0, 0.5, 0.9])
    owners = {1: 2} if chance.random() < 0.3 else {}
    whole = ledger(rows, opening=opening, scale=scale)
    right = counted(rows, opening, after=after, reuse=reuse, owners=owners)
    names = {str(each): "2" for each in (1, 2)} if owners else {}
    if right is None:
        with pytest.raises(CannotTrace, match="pool_unbacked"):
            mixed(whole, str(POOL), UNIT * scale, after=after, reuse=reuse, owners=names)
        return "unbacked"
    said = mixed(whole, str(POOL), UNIT * scale, after=after, reuse=reuse, owners=names)
    chances, revealed = right
    assert dict(said.revealed) == (revealed if reuse else {})
    shown, accounts = said.withdrawals.rows(named=True), said.deposits["account"].to_list()
    assert len(shown) == len(chances)
    for withdrawal, wanted in enumerate(chances):
        assert said.chances(withdrawal).tolist() == pytest.approx(wanted)
        row = shown[withdrawal]
        assert row["candidates"] == sum(each > 0 for each in wanted)
        assert 1 - 1e-9 <= row["effective"] <= row["candidates"] + 1e-9
        by_account = {}
        for account, part in zip(accounts, wanted, strict=True):
            by_account[account] = by_account.get(account, 0) + part
        assert row["probability"] == pytest.approx(max(by_account.values()))
    together = [sum(column) for column in zip(*chances, strict=True)]
    assert all(each <= 1 + 1e-9 for each in together)
    return "revealed" if said.revealed else "plain"


def test_probabilities_are_what_counting_every_assignment_gives():
    said = [same_as_counting(number) for number in range(80)]
    assert {"plain", "revealed", "unbacked"} == set(said)
    assert said.count("revealed") > 8


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(1, 11))
def test_probabilities_are_what_counting_gives_on_ten_thousand_pools(thousand):
    for number in range(thousand * 1_000, thousand * 1_000 + 1_000):
        same_as_counting(number)


def enters(*who, first=1):
    """Deposits, a block each."""
    made = []
    for number, each in enumerate(who):
        made += [(first + number, 2 * number, 0, each, UNIT)]
        made += [(first + number, 2 * number + 1, each, POOL, UNIT)]
    return made


def test_a_withdrawal_hides_among_all_deposits_before_it_and_none_behind():
    rows = [*enters(1, 2, 3, 4), (5, 0, POOL, 6, UNIT), *enters(5, first=6)]
    found = mixed(ledger(rows), "9", UNIT)
    said = found.withdrawals.row(0, named=True)
    assert (said["candidates"], said["effective"]) == (4, pytest.approx(4))
    assert found.of(0)["account"].to_list() == ["1", "2", "3", "4"]
    assert found.chances(0).tolist() == [0.25, 0.25, 0.25, 0.25, 0]
    late = mixed(ledger(rows), "9", UNIT, after=3)
    assert late.withdrawals["candidates"].to_list() == [2]


def test_reuse_reveals_with_its_probability_and_never_with_certainty():
    rows = [*enters(1, 2, 3, 4), (5, 0, POOL, 2, UNIT)]
    found = mixed(ledger(rows), "9", UNIT, reuse=0.8)
    assert found.of(0).row(0) == ("2", pytest.approx(0.85), [3])
    assert found.withdrawals["revealed"].to_list() == [3]
    silent = mixed(ledger(rows), "9", UNIT, reuse=0)
    assert silent.withdrawals["revealed"].to_list() == [None]
    assert silent.chances(0).tolist() == [0.25] * 4


def test_a_cluster_reveals_as_one_account_does():
    rows = [*enters(1, 2, 3, 4), (5, 0, POOL, 6, UNIT)]
    assert not mixed(ledger(rows), "9", UNIT).revealed
    found = mixed(ledger(rows), "9", UNIT, owners={"3": "a cluster", "6": "a cluster"})
    assert found.of(0)["account"][0] == "3"


def test_reuse_that_would_leave_another_withdrawal_without_a_deposit_reveals_nothing():
    rows = [*enters(1), (2, 0, POOL, 6, UNIT), *enters(2, first=3), (4, 9, POOL, 1, UNIT)]
    found = mixed(ledger(rows), "9", UNIT)
    assert not found.revealed
    assert found.of(1)["account"].to_list() == ["2"]


def test_what_is_neither_deposit_nor_withdrawal_is_told():
    rows = [*enters(1, 2), (3, 8, 1, POOL, 0), (3, 9, 0, POOL, 3), (4, 0, POOL, 6, 7)]
    found = mixed(ledger(rows), "9", UNIT)
    assert found.aside == (5, 6)
    assert len(found.withdrawals) == 0


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("nobody", UNIT, {}), "forensics.pool_unknown"),
        (("0", UNIT, {}), "forensics.pool_unknown"),
        (("9", 0, {}), "forensics.parameter_malformed"),
        (("9", 2.5, {}), "forensics.parameter_malformed"),
        (("9", UNIT, {"reuse": 2}), "forensics.parameter_malformed"),
        (("9", UNIT, {"after": -1}), "forensics.parameter_malformed"),
        (("9", UNIT, {"after": 99}), "forensics.pool_unbacked"),
    ],
)
def test_a_pool_that_cannot_be_right_is_refused(given, code):
    name, denomination, options = given
    with pytest.raises(CannotTrace) as refused:
        mixed(ledger([*enters(1, 2), (3, 8, POOL, 3, UNIT)]), name, denomination, **options)
    assert refused.value.code == code
