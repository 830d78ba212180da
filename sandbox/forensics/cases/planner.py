"""Plans a case.

Numbered plan:

1. Services, ordinary people and their lives; thefts and decoys that travel alike.
2. The market fills up to about the recipe's number of transactions, and everything is booked:
   covered, ordered, in blocks.
3. Addresses by shuffled numbers; nonces, coin, gas limits and tips by laws that know no role.
4. What is public and what is secret part ways.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Final

from sandbox.forensics.cases.addresses import ZERO, AddressOf, default, listed
from sandbox.forensics.cases.book import Book, Placed
from sandbox.forensics.cases.case import (
    VERSION,
    Account,
    Case,
    Kind,
    Public,
    Report,
    Transaction,
    minor,
)
from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.crime import Crime
from sandbox.forensics.cases.errors import CannotPlan
from sandbox.forensics.cases.habits import DAY, HOUR
from sandbox.forensics.cases.ordinary import Ordinary
from sandbox.forensics.cases.papers import Papers
from sandbox.forensics.cases.people import named
from sandbox.forensics.cases.plot import Plot
from sandbox.forensics.cases.recipes import Recipe
from sandbox.forensics.cases.scene import NOBODY, Scene
from sandbox.forensics.cases.services import Services
from sandbox.forensics.cases.tags import tagged
from sandbox.kit.canonical import canonical
from sandbox.kit.ids import Address

LEAST_SEED: Final = 16
"""Bytes."""
_GWEI: Final = 10**9


def case_seed(secret: bytes, *, who: str, lab: str, attempt: int) -> bytes:
    """The seed of somebody's case, 32 bytes; without the secret nobody can find it.

    Args:
        secret: the server's, at least 16 bytes.
        who: trainee or team.
        lab: of the curriculum.
        attempt: from 1; each has a seed of its own.

    Raises:
        CannotPlan: ``cases.seed_short``.

    Source: HMAC-SHA256 (RFC 2104) over canonical JSON (RFC 8785).
    """
    said = canonical({"who": who, "lab": lab, "attempt": attempt})
    return hmac.digest(_long_enough(secret), said, "sha256")


def plan(seed: bytes, recipe: Recipe, *, address_of: AddressOf | None = None) -> Case:
    """Plan a case.

    Args:
        seed: secret, at least 16 bytes; ``case_seed`` makes one.
        recipe: the knobs.
        address_of: the address of each public number, where they are to have keys; see
            ``sandbox.forensics.cases.addresses``.

    Raises:
        CannotPlan: ``cases.seed_short``, ``cases.address_malformed``, ``cases.address_twice``.
    """
    own = hmac.digest(_long_enough(seed), f"plan {VERSION}".encode(), "sha256")
    scene = Scene(own, recipe)
    placed = _acted(scene)
    addresses = listed(len(scene.wallets), own, address_of or default(own))
    transactions = tuple(_executable(scene, placed, addresses))
    plot = Plot(scene, placed, addresses)
    thefts = [transactions[each] for each in plot.thefts()]
    reports = tuple(sorted(_reports(scene, thefts), key=lambda each: each.moment))
    names = named(scene.chance("names"), scene.people)
    papers = Papers(plot, transactions, reports, names)
    public = Public(
        lab=recipe.lab,
        transactions=transactions,
        accounts=tuple(_accounts(own, plot.used())),
        tags=tuple(tagged(scene, plot.wallets, addresses)),
        reports=reports,
        papers=tuple(papers.public()),
    )
    return Case(
        recipe, public, plot.secrets(names, papers.records()), Chance(own, "salt").bytes(32)
    )


def _long_enough(secret: bytes) -> bytes:
    if len(secret) < LEAST_SEED:
        raise CannotPlan("cases.seed_short", least=LEAST_SEED)
    return secret


def _acted(scene: Scene) -> list[Placed]:
    """Steps 1 and 2; of five transactions of the market one is somebody's buying of som for it."""
    services = Services(scene)
    ordinary = Ordinary(scene, services)
    ordinary.live()
    Crime(scene, services, ordinary).happen()
    so_far = len(Book(scene, services).settle())
    ordinary.market(max(scene.recipe.transactions - so_far, 0) * 4 // 5)
    return Book(scene, services).settle()


def _executable(
    scene: Scene, placed: list[Placed], addresses: list[Address]
) -> Iterator[Transaction]:
    """Transactions with addresses, minor units and moments; gas by one law for all."""
    for number, each in enumerate(placed):
        chance, entry = scene.chance("gas", number), each.entry
        kind: Kind = "transfer"
        if NOBODY in {entry.payer, entry.payee}:
            kind = "issue" if entry.payer == NOBODY else "redeem"
        yield Transaction(
            ledger=entry.ledger,
            block=each.block,
            index=each.index,
            kind=kind,
            payer=ZERO if entry.payer == NOBODY else addresses[entry.payer],
            payee=ZERO if entry.payee == NOBODY else addresses[entry.payee],
            amount=minor(entry.ledger, entry.amount),
            time=scene.days.utc(each.time),
            gas=int(chance.weighed({"90000": 3, "100000": 3, "120000": 2, "150000": 1})),
            tip=chance.between(10, 50) * _GWEI // 10,
        )


def _accounts(seed: bytes, addresses: Iterable[Address]) -> Iterator[Account]:
    """What each has before the first block: by its address's place in order, not by its role."""
    for address in sorted(addresses, key=str.lower):
        chance = Chance(seed, "account", address.lower())
        nonce = chance.along([0, 0, 3, 12, 60, 400])
        yield Account(address, nonce, chance.between(2 * 10**17, 9 * 10**17))


def _reports(scene: Scene, thefts: list[Transaction]) -> Iterator[Report]:
    """Each victim goes to the police some hours or days later, when an office is open."""
    for number, theft in enumerate(thefts):
        chance = scene.chance("report", number)
        later = chance.between(3 * HOUR, 4 * DAY)
        day = scene.days.day(theft.time + timedelta(seconds=later)) + 1
        while not scene.days.works(day):
            day += 1
        yield Report(theft, scene.days.utc(scene.days.office(chance, day)))
