"""What each permit has used of the limits that the gateway holds.

Rules:

- The journal is the truth: at start everything is counted again from it, and
  afterwards from what is put into it. There is no second ledger.
- A transaction counts once, when it is acknowledged, whatever becomes of it
  (mined, reverted, dropped): the limit is about load.
- A deployment counts for ever once it succeeded; one that is under way holds
  its place; one that failed or was dropped gives it back.
- Places are taken before anything is awaited, so two requests cannot race for
  the last one, and given back when the request goes no further.
- Both chains of a permit count together. 0 means none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.admission import refusal
from sandbox.domain.policy import Policy
from sandbox.domain.rolling import RequestRate, RollingCount
from sandbox.kit.errors import Refused
from sandbox.kit.ids import PermitNumber, TxHash
from sandbox.kit.money import NoLimit

DAY: Final = timedelta(hours=24)
BUCKET: Final = timedelta(minutes=10)


@dataclass(slots=True)
class Counters:
    """One permit's counters."""

    transactions: RollingCount = field(default_factory=lambda: RollingCount(DAY, BUCKET))
    requests: RequestRate = field(default_factory=RequestRate)
    deployed: int = 0
    deploying: int = 0


@dataclass(slots=True)
class Place:
    """Room that a transaction holds while it is on its way into the journal."""

    permit: PermitNumber
    at: datetime
    digest: TxHash
    deployment: bool
    known: bool


class Usage:
    """The counters of all permits."""

    def __init__(self) -> None:
        self._counters: dict[PermitNumber, Counters] = {}
        self._deploying: dict[TxHash, PermitNumber] = {}

    def of(self, permit: PermitNumber) -> Counters:
        """The counters of a permit; empty ones for a permit that used nothing.

        Args:
            permit: its number.
        """
        found = self._counters.get(permit)
        if found is None:
            found = self._counters[permit] = Counters()
        return found

    def refusals(self, policy: Policy, at: datetime, *, deployment: bool) -> Iterator[Refused]:
        """Every quota that has no room for one more transaction; takes nothing.

        Args:
            policy: of the asking permit.
            at: now.
            deployment: it creates a contract.

        Yields:
            ``refused.transactions_per_day``, ``refused.deployments``.
        """
        daily, deploys = policy.limits["transactions_per_day"], policy.limits["deployments"]
        counters = self.of(policy.permit)
        used = counters.transactions.used(at)
        if not isinstance(daily, NoLimit) and used + 1 > daily:
            frees = counters.transactions.frees_at(at, used + 1 - daily) if daily else None
            yield refusal(
                policy,
                "transactions_per_day",
                limit=str(daily),
                used=str(used),
                requested="1",
                frees_at=frees.isoformat() if frees else None,
            )
        held = counters.deployed + counters.deploying
        if deployment and not isinstance(deploys, NoLimit) and held + 1 > deploys:
            yield refusal(policy, "deployments", limit=str(deploys), used=str(held), requested="1")

    def take(self, policy: Policy, digest: TxHash, at: datetime, *, deployment: bool) -> Place:
        """Take room for one transaction.

        Args:
            policy: of the authenticated permit.
            digest: the transaction's hash.
            at: now.
            deployment: it creates a contract.

        Raises:
            Refused: ``refused.transactions_per_day``, ``refused.deployments``.
        """
        for refused in self.refusals(policy, at, deployment=deployment):
            raise refused
        permit, counters = policy.permit, self.of(policy.permit)
        counters.transactions.add(at)
        known = digest in self._deploying
        if deployment:
            counters.deploying += 1
            self._deploying.setdefault(digest, permit)
        return Place(permit, at, digest, deployment, known)

    def give_back(self, place: Place) -> None:
        """The transaction did not reach the journal.

        Args:
            place: what ``take`` gave.
        """
        counters = self.of(place.permit)
        counters.transactions.add(place.at, -1)
        if place.deployment:
            counters.deploying -= 1
            if not place.known:
                self._deploying.pop(place.digest, None)

    def recount(
        self, permit: PermitNumber, at: datetime, digest: TxHash, *, deployment: bool | None
    ) -> None:
        """Count a transaction found in the journal at start.

        Args:
            permit: whose it was.
            at: when it was acknowledged.
            digest: its hash.
            deployment: True when it succeeded, None when it is still under way,
                False when it was none or failed.
        """
        counters = self.of(permit)
        counters.transactions.add(at)
        if deployment is None:
            counters.deploying += 1
            self._deploying[digest] = permit
        elif deployment:
            counters.deployed += 1

    def under_way(self) -> dict[TxHash, PermitNumber]:
        """Deployments whose end is not known yet."""
        return dict(self._deploying)

    def ended(self, digest: TxHash, *, succeeded: bool) -> None:
        """A deployment was mined or dropped; told twice, it counts once.

        Args:
            digest: the transaction's hash.
            succeeded: its receipt says so; False for a dropped one.
        """
        permit = self._deploying.pop(digest, None)
        if permit is None:
            return
        counters = self.of(permit)
        counters.deploying -= 1
        counters.deployed += int(succeeded)
