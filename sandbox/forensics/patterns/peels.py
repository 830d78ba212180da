"""Peel chains: a sum moves on from fresh account to fresh account and loses a little at each.

An account **peels** when

1. it is no service, held nothing before the ledger begins, and what it received after its first
   receipt is at most ``dust`` together;
2. it pays at least twice, each time within ``blocks`` blocks of that receipt, and holds at most
   ``dust`` afterwards;
3. its largest payment (the first of equals) is the first receipt of an account that is no service
   and held nothing before the ledger begins: the sum moves **on**;
4. its other payments, what is **peeled**, are together from ``least`` to ``most`` millionths of the
   first receipt.

A **chain** is as many accounts that peel as follow on each other, at least ``length`` of them.

The **probability** that a chain is one person's and no chance: fresh accounts with several payments
that stand outside the chain peel at a rate of their own, ``q`` = (those that do + 1) / (all of them
+ 2), and by chance the first account is followed so ``steps - 1`` times with ``q`` to that power.
With ``prior``, what was held likely before one looked: prior / (prior + (1 - prior) * chance). So
where everybody pays like this, a chain says little, and a longer one always says more.

Source: the pattern, Meiklejohn et al., "A Fistful of Bitcoins" (2013), and Kappos et al., "How to
Peel a Million" (2022), for transactions with two outputs; length and shares, the supervisors' rule
of peel chains (5 hops, 1 to 20 %). Ours: the definition for an account ledger, and the probability.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from sandbox.forensics.amounts import money
from sandbox.forensics.clusters.links import Known
from sandbox.forensics.kernels import Rows
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.patterns import kernels
from sandbox.forensics.rows import MOST_BLOCKS, blocks_of, moving, probabilities, whole_numbers
from sandbox.forensics.running import chosen, listed

MILLION: Final = 1_000_000


class _Step(NamedTuple):
    """One account that peels."""

    account: int
    on: int
    received: int
    passed: int
    peeled: int
    rows: list[int]


def peel_chains(  # noqa: PLR0913 - the parameters of the pattern
    ledger: Ledger,
    services: Mapping[str, str] | None = None,
    *,
    length: int = 5,
    least: int = 10_000,
    most: int = 200_000,
    dust: int = 0,
    blocks: int = 7_200,
    prior: float = 0.5,
) -> pl.DataFrame:
    """Find the peel chains of a ledger.

    Args:
        ledger: the movements of a token.
        services: accounts that are services, with a tag each.
        length: accounts of a chain, at least.
        least: that is peeled at each, millionths.
        most: that is peeled at each, millionths.
        dust: what may be left, or arrive later, minor units.
        blocks: from the receipt to the last payment (ours).
        prior: how likely a chain is held before one looks (ours).

    Returns:
        A row for each account of each chain, in order. Columns: ``chain``, numbered from 1, the
        longest first; ``step``, from 1; ``account``; ``on``, where the sum moved; ``received``,
        ``passed`` on and ``peeled``, minor units; ``probability`` of the chain; ``rows``: the
        receipt and all payments.

    Raises:
        CannotTrace: ``forensics.parameter_malformed``.
    """
    whole_numbers(length=length, least=least, most=most, dust=dust, blocks=blocks)
    probabilities(prior=prior)
    known = Known.read(ledger, services or {})
    bounds = (least, most, dust, min(blocks, MOST_BLOCKS))
    peels, fresh = _peels(ledger, known, bounds)
    said = []
    chains = sorted(_chains(peels, max(length, 1)), key=lambda each: (-len(each), each[0].rows[0]))
    for number, chain in enumerate(chains, 1):
        rate = (len(peels) - len(chain) + 1) / (fresh - len(chain) + 2)
        chance = rate ** (len(chain) - 1)
        sure = prior / (prior + (1 - prior) * chance) if prior else 0.0
        said += [(number, at, step, sure) for at, step in enumerate(chain, 1)]
    steps = [step for _, _, step, _ in said]
    numbers = np.array([[step.account, step.on] for step in steps], np.int64).reshape(-1, 2)
    return pl.DataFrame(
        {
            "chain": pl.Series([each[0] for each in said], dtype=pl.Int64),
            "step": pl.Series([each[1] for each in said], dtype=pl.Int64),
            "account": ledger.names.gather(numbers[:, 0]),
            "on": ledger.names.gather(numbers[:, 1]),
            **{
                name: money(name, np.array([getattr(each, name) for each in steps], object))
                for name in ("received", "passed", "peeled")
            },
            "probability": pl.Series([each[3] for each in said], dtype=pl.Float64),
            "rows": pl.Series([each.rows for each in steps], dtype=pl.List(pl.Int64)),
        }
    )


def _peels(
    ledger: Ledger, known: Known, bounds: tuple[int, int, int, int]
) -> tuple[dict[int, _Step], int]:
    """The accounts that peel; and how many fresh accounts pay more than once."""
    least, most, dust, blocks = bounds
    turnover, block, amount = _turnover(ledger), blocks_of(ledger), ledger.amount
    fresh = known.people(ledger) & np.asarray(ledger.opening == 0, bool) & (turnover.first >= 0)
    several = np.flatnonzero(fresh & (turnover.payments > 1))
    found, testable = {}, 0
    for account in several.tolist():
        receipt, largest = int(turnover.first[account]), int(turnover.largest[account])
        received, passed = int(amount[receipt]), int(amount[largest])
        if int(turnover.received[account]) - received > dust:
            continue
        testable += 1
        on = int(ledger.payee[largest])
        peeled = int(turnover.received[account]) - int(ledger.closing[account]) - passed
        if (
            fresh[on]
            and turnover.first[on] == largest
            and int(ledger.closing[account]) <= dust
            and block[turnover.last[account]] - block[receipt] <= blocks
            and least * received <= peeled * MILLION <= most * received
        ):
            found[account] = _Step(account, on, received, passed, peeled, [receipt])
    rows = np.flatnonzero(moving(ledger))
    for row in rows[np.isin(ledger.payer[rows], list(found))].tolist():
        found[int(ledger.payer[row])].rows.append(row)
    return found, testable


def _chains(peels: Mapping[int, _Step], length: int) -> Iterator[list[_Step]]:
    """The longest rows of accounts that peel; each is paid on by at most one."""
    behind = {step.on for step in peels.values()}
    for account in peels.keys() - behind:
        chain, at = [], account
        while at in peels:
            chain.append(peels[at])
            at = peels[at].on
        if len(chain) >= length:
            yield chain


def _turnover(ledger: Ledger) -> kernels.Turnover:
    accounts, amount = len(ledger.names), ledger.amount
    found = kernels.Turnover(
        np.zeros(accounts, amount.dtype),
        np.zeros(accounts, np.int64),
        *(np.full(accounts, -1, np.int64) for _ in range(3)),
    )
    rows = listed(Rows(ledger.payer, ledger.payee, amount, np.zeros(0, np.uint8)))
    run: Callable[..., Any] = chosen(amount, kernels.compiled_turn_over, kernels.turn_over)
    run(rows, found)
    return found
