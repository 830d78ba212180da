"""The scene of a case: wallets, who holds them, and what is to be paid, before balances are known.

Rules: a wallet's number is the order in which it was made and never leaves the plan; a payment
that belongs to a flow (stolen money, or a decoy that travels alike) keeps money for the next step,
so that nothing else is paid from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.habits import Days
from sandbox.forensics.cases.recipes import Recipe

LedgerName = Literal["kgst", "som", "usdkg"]
LEDGERS: Final[tuple[LedgerName, ...]] = ("kgst", "som", "usdkg")
CHAIN_OF: Final[dict[LedgerName, str]] = {"kgst": "kgst", "usdkg": "kgst", "som": "som"}
"""On which chain each token lives; tokens of one chain share its blocks."""

NOBODY: Final = -1
"""In place of a wallet's number the zero address: issues from it, destruction to it."""


class Role(StrEnum):
    """What an address is for."""

    BANK = "bank"
    BRIDGE = "bridge"
    DEPOSIT = "deposit"
    EMPLOYER = "employer"
    EXCHANGE = "exchange"
    GOLD = "gold"
    MERCHANT = "merchant"
    MIXER = "mixer"
    MULE = "mule"
    PERSON = "person"
    THIEF = "thief"
    TRADER = "trader"
    UTILITY = "utility"
    VICTIM = "victim"


SERVICES: Final = frozenset(
    {
        Role.BANK,
        Role.BRIDGE,
        Role.DEPOSIT,
        Role.EXCHANGE,
        Role.GOLD,
        Role.MERCHANT,
        Role.MIXER,
        Role.UTILITY,
    }
)
"""Roles at which a trace stops: their own books say what goes on behind them."""


@dataclass
class Person:
    """Somebody.

    Attributes:
        number: in the order in which they were made.
        gang: whether they belong to the thieves.
        joined: the first day on which they use money of the chains.
    """

    number: int
    gang: bool = False
    joined: int = 0

    @property
    def owner(self) -> str:
        """How the truth calls them."""
        return f"person-{self.number}"


@dataclass
class Wallet:
    """An address before it has one.

    Attributes:
        number: in the order in which they were made; secret.
        role: what it is for.
        owner: a person or a service; of a deposit address the customer.
        service: the service that it is of; empty for people's own.
    """

    number: int
    role: Role
    owner: str
    service: str = ""


@dataclass(frozen=True)
class Payment:
    """What is to be paid.

    Attributes:
        moment: seconds since the first midnight.
        ledger: in which token.
        payer: a wallet's number.
        payee: a wallet's number.
        amount: hundredths; None for all that the payer may spend.
        purpose: why; secret.
        flow: it passes on what was kept for it.
        kept: of the amount, what the payee keeps for a later step.
    """

    moment: int
    ledger: LedgerName
    payer: int
    payee: int
    amount: int | None
    purpose: str
    flow: bool = False
    kept: int = 0


@dataclass(frozen=True)
class Journey:
    """One sum on its way, from beginning to end.

    Attributes:
        gang: stolen; otherwise a decoy.
        payer: from whom it came: the victim, or a buyer.
        began: position of the payment with which it began, in ``Scene.payments``.
        ended: the position behind its last payment.
    """

    gang: bool
    payer: Person
    began: int
    ended: int


@dataclass(frozen=True)
class Crossing:
    """Money that went into a service and came out elsewhere.

    Attributes:
        service: ``mixer``, ``bridge`` or ``gold``.
        entry: position of the payment in ``Scene.payments``.
        release: position of the payment out.
    """

    service: str
    entry: int
    release: int


class Scene:
    """Everything that is planned, in the order in which it was thought of.

    Args:
        seed: of the case.
        recipe: its knobs.
    """

    def __init__(self, seed: bytes, recipe: Recipe) -> None:
        self.seed, self.recipe, self.days = seed, recipe, Days(recipe)
        self.people: list[Person] = []
        self.wallets: list[Wallet] = []
        self.payments: list[Payment] = []
        self.crossings: list[Crossing] = []
        self.journeys: list[Journey] = []

    def chance(self, *label: str | int) -> Chance:
        """The draws under a label."""
        return Chance(self.seed, *label)

    def person(self, *, gang: bool = False, joined: int = 0) -> Person:
        """Somebody new."""
        self.people.append(Person(len(self.people), gang, joined))
        return self.people[-1]

    def wallet(self, role: Role, owner: str, service: str = "") -> int:
        """A new wallet's number."""
        self.wallets.append(Wallet(len(self.wallets), role, owner, service))
        return len(self.wallets) - 1

    def pay(self, payment: Payment) -> int:
        """Plan a payment; its position."""
        self.payments.append(payment)
        return len(self.payments) - 1
