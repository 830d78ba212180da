"""The figures of an exit report, gathered from what the desk holds: nothing is typed.

Rules: sums of the chain's index, counts of records, the proof of the settlement; nobody's name, no
account, no alert; amounts are decimal strings of minor units.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Final

from sandbox.domain.complaints import ComplaintState
from sandbox.domain.customer_page import ActState
from sandbox.domain.ledger import ZERO
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.settlement import SettlementState, Way
from sandbox.domain.terms import CHAIN_OF
from sandbox.domain.words import DecisionStatus, MemberKind
from sandbox.store import UnitOfWork

PART: Final = 500
ENDINGS: Final = frozenset({"file.expire", "file.revoke", "file.surrender"})
"""Kinds of the entry by which a test ended."""


def exit_facts(u: UnitOfWork, permit: Permit, file: PermitFile, *, at: datetime) -> dict[str, Any]:
    """Every figure of a test's report, as JSON.

    Args:
        u: a reading unit of work.
        permit: whose.
        file: its file.
        at: now; of what is counted until now.
    """
    names = u.organisations.names_of({permit.org, permit.sponsor})
    return {
        "as_of": at.isoformat(),
        "scope": {
            "title": permit.title,
            "permit": permit.number,
            "version": permit.version,
            "operator": names.get(permit.org, permit.org),
            "holder": names.get(permit.sponsor or permit.org, permit.sponsor or permit.org),
            "chains": list(permit.chains),
            "terms": permit.terms.as_dict(),
        },
        "dates": _dates(u, permit, file),
        "people": _people(u, permit),
        "payments": _payments(u, permit),
        "refusals": _refusals(u, permit),
        "complaints": _complaints(u, permit),
        "decisions": _decisions(u, file),
        "requirements": dict(Counter(each.state.value for each in u.requirements.of_file(file.id))),
        "returned": _returned(u, permit),
    }


def _dates(u: UnitOfWork, permit: Permit, file: PermitFile) -> dict[str, str]:
    ends = [
        each
        for each in u.audit.of_subjects(file.id)
        if each.kind in ENDINGS and each.body is not None
    ]
    ended = ends[-1] if ends else None
    return {
        "granted": permit.granted_at.isoformat(),
        "start": permit.terms.start.isoformat(),
        "end": permit.terms.end.isoformat(),
        "ended": (ended.at if ended else file.updated_at).isoformat(),
        "how": ended.kind if ended else "",
    }


def _people(u: UnitOfWork, permit: Permit) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for each in u.customers.of_permit(permit.number):
        found.setdefault(each.kind.value, Counter())[each.state.value] += 1
    return {kind: dict(counts) for kind, counts in found.items()}


def _payments(u: UnitOfWork, permit: Permit) -> dict[str, dict[str, str]]:
    """Of each asset: what customers paid and what they took home, how often; from the index."""
    people = {
        each.wallet.lower()
        for each in u.customers.of_permit(permit.number)
        if each.kind is MemberKind.CUSTOMER
    }
    found: dict[str, dict[str, str]] = {}
    for each in permit.terms.assets:
        chain = CHAIN_OF[each.asset]
        cursor = u.explorer.cursor(chain)
        moved = u.figures.payments(chain, cursor.token, people, cursor.block) if cursor else []
        gave = [move for move in moved if move.payer in people]
        paid = [move.amount for move in gave if move.payee != ZERO]
        home = [move.amount for move in gave if move.payee == ZERO]
        found[each.asset] = {
            "payments": str(len(paid)),
            "volume": str(sum(paid)),
            "redemptions": str(len(home)),
            "redeemed": str(sum(home)),
        }
    return found


def _refusals(u: UnitOfWork, permit: Permit) -> dict[str, int]:
    counts: Counter[str] = Counter()
    after = 0
    while page := u.refusals.page([permit.number], after=after, limit=PART, newest_first=False):
        counts.update(each.clause for each in page)
        after = page[-1].seq
    return dict(counts)


def _complaints(u: UnitOfWork, permit: Permit) -> dict[str, Any]:
    whole, still_open = u.complaints.count(permit.number)
    found = u.complaints.newest([permit.number], 2_000)
    outcomes = Counter(
        each.outcome.value
        for each in found
        if each.state is ComplaintState.CLOSED and each.outcome is not None
    )
    return {"filed": whole, "open": still_open, "outcomes": dict(outcomes)}


def _decisions(u: UnitOfWork, file: PermitFile) -> dict[str, int]:
    """Grants, variations, suspensions, extensions: what was in force at some time."""
    valid = {DecisionStatus.IN_FORCE, DecisionStatus.LAPSED}
    return dict(
        Counter(each.kind.value for each in u.decisions.of_file(file.id) if each.status in valid)
    )


def _returned(u: UnitOfWork, permit: Permit) -> dict[str, Any]:
    """The newest proof, and how many of the returns are paid out."""
    settled = [
        each
        for each in u.settlements.of_permit(permit.number)
        if each.state is SettlementState.SETTLED
    ]
    if not settled or settled[0].proof is None:
        return {}
    done = [each for each, act in u.returns.with_acts(settled[0].id) if act.state is ActState.DONE]
    return {
        **settled[0].proof,
        "paid_out": sum(each.paid_at is not None for each in done),
        "in_custody": sum(each.way is Way.CUSTODY and each.paid_at is None for each in done),
    }
