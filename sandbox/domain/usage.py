"""What each permit has used of the limits that the gateway holds.

Rules:

- The journal is the truth of transactions: at start they are counted again from it, and
  afterwards from what is put into it.
- A transaction counts once, when it is acknowledged, whatever becomes of it
  (mined, reverted, dropped): the limit is about load.
- Its gas counts as the limit that it named: what it may take from the others, known
  before it runs and the same after a restart.
- A deployment counts for ever once it succeeded; one that is under way holds
  its place; one that was dropped gives it back, and so does one that failed unless the
  permit's terms say that failed ones count.
- Compute units count when a request is taken up, by the price of its method. No journal
  holds reads: a ledger of its own keeps them (``sandbox.gateway.ledger``).
- Places are taken before anything is awaited, so two requests cannot race for
  the last one, and given back when the request goes no further.
- Both chains of a permit count together. 0 means none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
    gas: RollingCount = field(default_factory=lambda: RollingCount(DAY, BUCKET))
    units: RollingCount = field(default_factory=lambda: RollingCount(DAY, BUCKET))
    requests: RequestRate = field(default_factory=RequestRate)
    deployed: int = 0
    deploying: int = 0
    failed: int = 0
    acknowledged: datetime | None = None

    def deployments(self, policy: Policy | None) -> int:
        """Places that are used: succeeded, under way, and failed where the terms count them.

        Args:
            policy: of this permit; None where none is held yet.
        """
        failed = self.failed if policy is not None and policy.failed_deployments_count else 0
        return self.deployed + self.deploying + failed


@dataclass(slots=True)
class Place:
    """Room that a transaction holds while it is on its way into the journal."""

    permit: PermitNumber
    at: datetime
    digest: TxHash
    deployment: bool
    known: bool
    gas: int


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

    def used(self, permit: PermitNumber, policy: Policy | None, at: datetime) -> dict[str, int]:
        """What is used of each quota, by the limit's name.

        Args:
            permit: its number.
            policy: of the permit; None where none is held yet.
            at: now.
        """
        counters = self.of(permit)
        return {
            "transactions_per_day": counters.transactions.used(at),
            "deployments": counters.deployments(policy),
            "units_per_day": counters.units.used(at),
            "gas_per_day": counters.gas.used(at),
        }

    def refusals(
        self, policy: Policy, at: datetime, *, deployment: bool, gas: int = 0
    ) -> Iterator[Refused]:
        """Every quota that has no room for one more transaction; takes nothing.

        Args:
            policy: of the asking permit.
            at: now.
            deployment: it creates a contract.
            gas: its gas limit, units.

        Yields:
            ``refused.transactions_per_day``, ``refused.gas_per_day``, ``refused.deployments``.
        """
        counters, deploys = self.of(policy.permit), policy.limits["deployments"]
        yield from _rolling(policy, "transactions_per_day", counters.transactions, at, 1)
        yield from _rolling(policy, "gas_per_day", counters.gas, at, gas)
        held = counters.deployments(policy)
        if deployment and not isinstance(deploys, NoLimit) and held + 1 > deploys:
            yield refusal(policy, "deployments", limit=str(deploys), used=str(held), requested="1")

    def request(self, policy: Policy, now: float) -> None:
        """Charge one request.

        Args:
            policy: of the asking permit.
            now: seconds of a monotonic clock.

        Raises:
            Refused: ``refused.requests_per_second``.
        """
        limit = policy.limits["requests_per_second"]
        if isinstance(limit, NoLimit):
            return
        if limit > 0 and self.of(policy.permit).requests.take(now, limit) == 0.0:
            return
        said = {"limit": str(limit), "used": str(limit), "requested": "1"}
        raise refusal(policy, "requests_per_second", **said)

    def charge(self, policy: Policy, units: int, at: datetime) -> None:
        """Count the compute units of one request.

        Args:
            policy: of the authenticated permit.
            units: the price of its method, >= 0.
            at: now.

        Raises:
            Refused: ``refused.units_per_day``; nothing is counted then.
        """
        counter = self.of(policy.permit).units
        for refused in _rolling(policy, "units_per_day", counter, at, units):
            raise refused
        counter.add(at, units)

    def take(
        self, policy: Policy, digest: TxHash, at: datetime, *, deployment: bool, gas: int = 0
    ) -> Place:
        """Take room for one transaction.

        Args:
            policy: of the authenticated permit.
            digest: the transaction's hash.
            at: now.
            deployment: it creates a contract.
            gas: its gas limit, units.

        Raises:
            Refused: ``refused.transactions_per_day``, ``refused.gas_per_day``,
                ``refused.deployments``.
        """
        for refused in self.refusals(policy, at, deployment=deployment, gas=gas):
            raise refused
        permit, counters = policy.permit, self.of(policy.permit)
        counters.transactions.add(at)
        counters.gas.add(at, gas)
        known = digest in self._deploying
        if deployment:
            counters.deploying += 1
            self._deploying.setdefault(digest, permit)
        return Place(permit, at, digest, deployment, known, gas)

    def acknowledged(self, permit: PermitNumber, at: datetime) -> None:
        """A transaction is durable: the newest of its permit since the gateway began.

        Args:
            permit: whose it is.
            at: now.
        """
        self.of(permit).acknowledged = at

    def give_back(self, place: Place) -> None:
        """The transaction did not reach the journal.

        Args:
            place: what ``take`` gave.
        """
        counters = self.of(place.permit)
        counters.transactions.add(place.at, -1)
        counters.gas.add(place.at, -place.gas)
        if place.deployment:
            counters.deploying -= 1
            if not place.known:
                self._deploying.pop(place.digest, None)

    def recount(self, permit: PermitNumber, at: datetime, count: int = 1, gas: int = 0) -> None:
        """Count transactions found in the journal at start.

        Args:
            permit: whose they were.
            at: when they were acknowledged, to the bucket.
            count: how many.
            gas: their gas limits, units.
        """
        counters = self.of(permit)
        counters.transactions.add(at, count)
        counters.gas.add(at, gas)

    def recount_deployment(self, permit: PermitNumber, digest: TxHash) -> None:
        """Count a deployment that was under way when the journal was read at start.

        Args:
            permit: whose it was.
            digest: its hash.
        """
        self.of(permit).deploying += 1
        self._deploying[digest] = permit

    def created(self, permit: PermitNumber, made: int, failed: int) -> None:
        """Count contracts that mined transactions created: beside themselves, or at start.

        Args:
            permit: whose transactions they were.
            made: contracts that came to be.
            failed: creations that failed or were undone.
        """
        counters = self.of(permit)
        counters.deployed += made
        counters.failed += failed

    def under_way(self) -> dict[TxHash, PermitNumber]:
        """Deployments whose end is not known yet."""
        return dict(self._deploying)

    def ended(self, digest: TxHash, *, succeeded: bool | None) -> None:
        """A deployment was mined or dropped; told twice, it counts once.

        Args:
            digest: the transaction's hash.
            succeeded: its receipt says so; False for a failed one, None for a dropped one.
        """
        permit = self._deploying.pop(digest, None)
        if permit is None:
            return
        counters = self.of(permit)
        counters.deploying -= 1
        counters.deployed += int(succeeded is True)
        counters.failed += int(succeeded is False)


def _rolling(
    policy: Policy, clause: str, counter: RollingCount, at: datetime, asked: int
) -> Sequence[Refused]:
    """A quota of a rolling day, if it has no room for so much more."""
    limit = policy.limits[clause]
    if isinstance(limit, NoLimit):
        return ()
    used = counter.used(at)
    over = used + asked - limit
    if over <= 0:
        return ()
    frees = counter.frees_at(at, over) if asked <= limit else None
    said = {"limit": str(limit), "used": str(used), "requested": str(asked)}
    return (refusal(policy, clause, **said, frees_at=frees.isoformat() if frees else None),)
