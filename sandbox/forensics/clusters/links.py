"""Links as heuristics propose them: accounts and rows by their numbers in one ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sandbox.forensics.ledger import Ledger


class Link(NamedTuple):
    """Two accounts that may be one's own.

    Attributes:
        account: number.
        other: number.
        via: number of the account by way of which: deposit address, funder, spender, distributor.
        rows: numbers of the ledger's rows that are the evidence, in their order.
        beside: evidence that stands in no row: hashes, or places.
    """

    account: int
    other: int
    via: int
    rows: tuple[int, ...]
    beside: tuple[str, ...] = ()


class Aside(NamedTuple):
    """What a heuristic left out because of one of its bounds.

    Attributes:
        account: number; -1: the heuristic as a whole.
        bound: the parameter.
        size: what was found in place of at most the parameter.
    """

    account: int
    bound: str
    size: int


class Deposit(NamedTuple):
    """A deposit address that was found.

    Attributes:
        account: number.
        service: number of the hot wallet to which it forwards.
        payers: how many accounts that are no services pay it.
        rows: numbers of its payments to the hot wallet.
    """

    account: int
    service: int
    payers: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Proposed:
    """What a heuristic finds in a ledger."""

    links: list[Link] = field(default_factory=list)
    aside: list[Aside] = field(default_factory=list)
    deposits: list[Deposit] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """Which accounts of a ledger are services.

    Attributes:
        tags: what kind, by number.
    """

    tags: Mapping[int, str]

    @classmethod
    def read(cls, ledger: Ledger, services: Mapping[str, str]) -> Known:
        """Services by their names; one that stands in no row is left out."""
        numbers = {ledger.number(name): tag for name, tag in services.items()}
        return cls({number: tag for number, tag in numbers.items() if number})

    def marks(self, ledger: Ledger, tags: Iterable[str] | None = None) -> NDArray[np.bool_]:
        """Whether each account is a service, or one with one of these tags."""
        wanted = None if tags is None else set(tags)
        marked = np.zeros(len(ledger.names), bool)
        for number, tag in self.tags.items():
            marked[number] = wanted is None or tag in wanted
        return marked

    def people(self, ledger: Ledger) -> NDArray[np.bool_]:
        """Whether each account may be a person's: no service, not the zero address."""
        people: NDArray[np.bool_] = ~self.marks(ledger)
        people[0] = False
        return people


class Heuristic(Protocol):
    """A rule that proposes links; its attributes are its parameters."""

    @property
    def name(self) -> str:
        """As it is written into the table of links."""

    @property
    def confidence(self) -> float:
        """Of each of its links, 0 to 1."""

    def propose(self, ledger: Ledger, known: Known) -> Proposed:
        """Find links in a ledger."""
