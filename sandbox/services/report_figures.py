"""The figures of a permit for a period, from index, refusals and audit log.

Rules:

1. Only what lies before the period's end is read, so that the same figures come out whenever they
   are computed; terms are those that were in force at its end.
2. A chain whose follower has not passed the period's end yet is named as incomplete.
3. Customers count by the wallets of people who were invited before the period's end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sandbox.domain.alerts.facts import Payment
from sandbox.domain.figures import DAY, Facts, Figure, Sent, compute
from sandbox.domain.periods import Period
from sandbox.domain.records import Decision, Permit
from sandbox.domain.terms import Terms
from sandbox.domain.words import MemberKind
from sandbox.services.alert_watch import ASSETS
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class Computed:
    """Figures and what they rest on; ``based_on`` is canonical JSON."""

    figures: tuple[Figure, ...]
    based_on: Mapping[str, Any]


def figures_of(u: UnitOfWork, permit: Permit, period: Period) -> Computed:
    """Compute every figure of a permit for a period.

    Args:
        u: a reading unit of work.
        permit: whose.
        period: which; what happens after its end plays no part, save that an incident
            was lifted: then it was none.
    """
    people = {
        each.wallet.lower(): each.kind
        for each in u.customers.of_permit(permit.number)
        if each.invited_at < period.end
    }
    payments: dict[str, list[Payment]] = {}
    sent: list[Sent] = []
    blocks: dict[str, str] = {}
    incomplete = []
    for chain in permit.chains:
        seen = _chain(u, permit, chain, period, people)
        payments[ASSETS[chain]] = seen.payments
        sent += seen.sent
        blocks[chain] = str(seen.block)
        incomplete += [chain] if seen.incomplete else []
    refusals = u.figures.refusals(permit.number, period.start, period.end)
    events = u.figures.events((permit.number, permit.file), period.end)
    facts = Facts(
        period=period,
        terms=terms_at(u.decisions.of_file(permit.file), period.end),
        people=people,
        payments=payments,
        sent=sorted(sent, key=lambda each: each.at),
        refusals=refusals,
        events=events,
        incidents=[
            (each.reported_at, each.closed_at)
            for each in u.incidents.of_permit(permit.number, period.end)
            if not each.lifted
        ],
    )
    based_on = {
        "blocks": blocks,
        "refusals": str(len(refusals)),
        "entries": str(len(events)),
        "incomplete": incomplete,
    }
    return Computed(compute(facts), based_on)


@dataclass(frozen=True)
class _Chain:
    payments: list[Payment]
    sent: list[Sent]
    block: int
    incomplete: bool


def _chain(
    u: UnitOfWork, permit: Permit, chain: str, period: Period, people: Mapping[str, MemberKind]
) -> _Chain:
    cursor = u.explorer.cursor(chain)
    if cursor is None:
        return _Chain([], [], -1, incomplete=True)
    last = u.figures.last_block(chain, period.end, cursor.block)
    before = u.figures.last_block(chain, period.start - DAY + timedelta(microseconds=1), last)
    return _Chain(
        payments=u.figures.payments(chain, cursor.token, people, last),
        sent=u.figures.sent(chain, permit.number, (before, last)),
        block=last,
        incomplete=cursor.lag > 0 and last == cursor.block,
    )


def terms_at(decisions: tuple[Decision, ...], at: datetime) -> Terms | None:
    """The terms that were in force just before a moment.

    Args:
        decisions: of the file.
        at: the moment.
    """
    found = [each for each in decisions if each.terms is not None and _held(each, at)]
    return max(found, key=lambda each: each.version).terms if found else None


def _held(decision: Decision, at: datetime) -> bool:
    """Whether a decision was in force: signed by two, or a lone act that had not lapsed."""
    if decision.countersigned_at is not None:
        return decision.version > 0 and decision.countersigned_at < at
    until = decision.interim_until
    return until is not None and decision.authored_at < at <= until
