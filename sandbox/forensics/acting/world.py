"""What the clock goes on: a case's plan, and of its truth what exchanges, courts and issuers know.

Rule: a trainee gets none of this, only what the fold hands out of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sandbox.forensics.acting.timing import Terms, terms
from sandbox.forensics.cases.case import Case, Paper, Report, Transaction, minor
from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.scene import SERVICES, LedgerName, Role
from sandbox.forensics.cases.services import EXCHANGES, GOLD_RATE
from sandbox.kit.canonical import canonical
from sandbox.kit.ids import Address, checksum

ENDS: Final = SERVICES - {Role.DEPOSIT}
"""Roles at which stolen money is lost. At a deposit address it is not yet: until it is swept, a
freeze still catches it."""
KNOWN: Final = SERVICES
"""Roles about which the financial intelligence service knows something."""


@dataclass(frozen=True, kw_only=True)
class World:
    """A case to act in; ``World.of`` makes one.

    Attributes:
        key: secret, of the draws.
        transactions: as planned, in their order.
        reports: what victims reported.
        papers: what lies beside the chain.
        records: what an exchange would answer, by deposit address.
        services: name and role by address.
        guilty: addresses that were used for the thieves' money.
        crossings: positions of the entry into a service and of its release, of the gang's.
        passages: the same of everybody's; what a service pays out tells nothing about for whom.
        policy: by which the money is followed.
        terms: of the clock.
    """

    key: bytes
    transactions: tuple[Transaction, ...]
    reports: tuple[Report, ...]
    papers: tuple[Paper, ...] = ()
    records: Mapping[str, Mapping[str, Any]]
    services: Mapping[str, tuple[str, str]]
    guilty: frozenset[str]
    crossings: tuple[tuple[int, int], ...] = ()
    passages: tuple[tuple[int, int], ...] = ()
    policy: str
    terms: Terms

    @classmethod
    def of(cls, case: Case, by: Terms | None = None) -> World:
        """The world of a planned case.

        Args:
            case: planned.
            by: terms other than the shipped ones.
        """
        public, secrets = case.public(), case.secrets()
        return cls(
            key=case.salt,
            transactions=public.transactions,
            reports=public.reports,
            papers=public.papers,
            records={each["address"]: each for each in secrets.records},
            services={
                each.address: (each.service, each.role)
                for each in secrets.control
                if Role(each.role) in KNOWN
            },
            guilty=frozenset(each.address for each in secrets.control if each.guilty),
            crossings=tuple((entry, release) for _, entry, release in secrets.crossings),
            passages=secrets.passages,
            policy=case.recipe.policy,
            terms=by or terms(),
        )

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Those to which a request can go."""
        return EXCHANGES

    @cached_property
    def wallet(self) -> Address:
        """The police wallet, of two signatures."""
        return self._own("police wallet")

    @cached_property
    def reserve(self) -> Address:
        """The state reserve's address."""
        return self._own("state reserve")

    @cached_property
    def said(self) -> tuple[bytes, ...]:
        """What each paper says, as JSON in small letters."""
        return tuple(canonical(dict(each.data)).lower() for each in self.papers)

    @cached_property
    def position(self) -> Mapping[tuple[LedgerName, int, int], int]:
        """Of each planned transaction by its place."""
        return {
            (each.ledger, each.block, each.index): position
            for position, each in enumerate(self.transactions)
        }

    @cached_property
    def thefts(self) -> frozenset[int]:
        """Positions of what victims reported."""
        return frozenset(
            self.position[each.transaction.ledger, each.transaction.block, each.transaction.index]
            for each in self.reports
        )

    @cached_property
    def ends(self) -> Mapping[str, str]:
        """Addresses at which stolen money is lost, with their role."""
        return {name: role for name, (_, role) in self.services.items() if Role(role) in ENDS}

    def _own(self, label: str) -> Address:
        return checksum("0x" + Chance(self.key, "acting", label).bytes(20).hex())


def tyiyn(ledger: LedgerName, amount: int) -> int:
    """Minor units of a token in tyiyn, gold at the case's rate.

    >>> tyiyn("usdkg", 1_000_000)
    8745
    """
    rate = GOLD_RATE if ledger == "usdkg" else 100
    return amount // minor(ledger, 1) * rate // 100
