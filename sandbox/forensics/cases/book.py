"""The book of a case: planned payments become transactions that are covered, in blocks.

Numbered plan:

1. In the order of their moments, payments are booked. Who lacks something has bought it at a bank
   some hours before; what is kept for a later step is not spent on anything else.
2. Banks (for gold: the desk) begin with what they will pay out; it is issued to them in a few sums
   on the day before. What shops bring to a bank it gives back to the issuer, which destroys it.
3. Everything is ordered by moment, and what follows a block's first within the recipe's seconds
   shares its block. The block's time is that of its last transaction.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.habits import HOUR, MINUTE, SOM, spoken
from sandbox.forensics.cases.scene import (
    CHAIN_OF,
    LEDGERS,
    NOBODY,
    LedgerName,
    Payment,
    Role,
    Scene,
)
from sandbox.forensics.cases.services import Services

_BUNDLE: Final = 5_000 * SOM
_NEEDED_FOR_TAKINGS: Final = 100 * SOM


@dataclass(frozen=True)
class Entry:
    """A payment that was booked.

    Attributes:
        moment: seconds since the first midnight.
        ledger: in which token.
        payer: a wallet's number, or ``NOBODY``.
        payee: the same.
        amount: hundredths.
        purpose: why; secret.
        planned: the position of the payment in ``Scene.payments``; -1 of what the book added.
    """

    moment: int
    ledger: LedgerName
    payer: int
    payee: int
    amount: int
    purpose: str
    planned: int = -1


@dataclass(frozen=True)
class Placed:
    """An entry in its block.

    Attributes:
        entry: what was booked.
        block: on its chain, from 1.
        index: in the block, from 0.
        time: of the block, seconds since the first midnight.
    """

    entry: Entry
    block: int
    index: int
    time: int


class Book:
    """Books payments.

    Args:
        scene: what was planned.
        services: whose banks lend.
    """

    def __init__(self, scene: Scene, services: Services) -> None:
        self.scene, self.services = scene, services
        self.entries: list[Entry] = []
        self.held: dict[tuple[str, int], int] = defaultdict(int)
        self.kept: dict[tuple[str, int], int] = defaultdict(int)
        self.taken: dict[tuple[str, int], int] = defaultdict(int)

    def settle(self) -> list[Placed]:
        """All transactions in their order."""
        planned = sorted(enumerate(self.scene.payments), key=lambda each: (each[1].moment, each[0]))
        for position, payment in planned:
            if payment.moment < self.scene.days.end:
                self._book(position, payment)
        self._issue()
        order = sorted(enumerate(self.entries), key=lambda each: (each[1].moment, each[0]))
        return self._placed([entry for _, entry in order])

    def _book(self, position: int, payment: Payment) -> None:
        """Step 1."""
        payer, payee = (payment.ledger, payment.payer), (payment.ledger, payment.payee)
        chance, lends = self.scene.chance("booked", position), self._lends(payment)
        amount = payment.amount
        if amount is None:
            own = self.taken if lends == payment.payer else self.held
            amount = spoken(chance, max(own[payer] - self.kept[payer], 0))
            if amount < _NEEDED_FOR_TAKINGS:
                return
            self.taken[payee] += amount
        if payment.flow:
            self.kept[payer] -= min(self.kept[payer], amount)
        lacking = amount - (self.held[payer] - self.kept[payer])
        if lacking > 0 and lends != payment.payer:
            self._top_up(chance, payment, lends, lacking)
        self._moved(
            Entry(
                payment.moment,
                payment.ledger,
                payment.payer,
                payment.payee,
                amount,
                payment.purpose,
                position,
            )
        )
        self.kept[payee] += payment.kept

    def _top_up(self, chance: Chance, payment: Payment, lends: int, lacking: int) -> None:
        """What is lacking and a little more, bought some time before."""
        more = lacking + chance.between(0, max(_BUNDLE, lacking // 4))
        amount = lacking + spoken(chance, more)
        moment = payment.moment - chance.between(2 * MINUTE, 9 * HOUR)
        moment = max(moment, -1 - chance.below(HOUR))
        self._moved(Entry(moment, payment.ledger, lends, payment.payer, amount, "bought"))

    def _lends(self, payment: Payment) -> int:
        """Of whom the payer buys what is lacking; itself, where it is covered by issues."""
        if payment.ledger == "usdkg":
            return self.services.gold
        if self.scene.wallets[payment.payer].role is Role.BANK:
            return payment.payer
        return self.services.bank_of(payment.payer)

    def _moved(self, entry: Entry) -> None:
        self.held[entry.ledger, entry.payer] -= entry.amount
        self.held[entry.ledger, entry.payee] += entry.amount
        self.entries.append(entry)

    def _issue(self) -> None:
        """Step 2."""
        paid: dict[tuple[LedgerName, int], int] = defaultdict(int)
        for entry in self.entries:
            paid[entry.ledger, entry.payer] += entry.amount
        for ledger in LEDGERS:
            lenders = [self.services.gold] if ledger == "usdkg" else self.services.banks
            for lender in lenders:
                chance = self.scene.chance("issued", ledger, lender)
                whole = paid[ledger, lender] + 1_000_000 * SOM
                unit = 100_000 * SOM
                parts = chance.between(1, 3)
                each = -(-whole // (parts * unit)) * unit
                for _ in range(parts):
                    moment = -chance.between(2 * HOUR, 14 * HOUR)
                    self.entries.append(Entry(moment, ledger, NOBODY, lender, each, "issued"))

    def _placed(self, entries: list[Entry]) -> list[Placed]:
        """Step 3."""
        blocks: dict[str, list[list[Entry]]] = defaultdict(list)
        numbers: list[tuple[Entry, str, int, int]] = []
        for entry in entries:
            chain = CHAIN_OF[entry.ledger]
            made = blocks[chain]
            if not made or entry.moment >= made[-1][0].moment + self.scene.recipe.block_seconds:
                made.append([])
            made[-1].append(entry)
            numbers.append((entry, chain, len(made), len(made[-1]) - 1))
        return [
            Placed(entry, number, index, blocks[chain][number - 1][-1].moment)
            for entry, chain, number, index in numbers
        ]
