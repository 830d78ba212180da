"""What the clock erases when a period of ``domain.retention`` is over.

Rules: one person, one transaction: killed between two, nothing is done twice; what is held, still
owed or still in a wallet waits; each turn that took anything is an entry of the audit log.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Final

import structlog

from sandbox.domain.complaints import ComplaintState
from sandbox.domain.regime import months_later
from sandbox.domain.retention import KINDS, ends
from sandbox.domain.settlement import CLOSED
from sandbox.kit.errors import SynakError
from sandbox.services.complaints import erase_words
from sandbox.services.erasure import SYSTEM, ended_at, gathered, take_customer, why_not
from sandbox.services.investigation_expiry import reduce_expired
from sandbox.services.ports import GatewayPort
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork
from sandbox.store.outside_tables import KeptActs

_log = structlog.get_logger()
AT_ONCE: Final = 100
"""People, or complaints, that one turn erases at most."""
EVERY: Final = timedelta(hours=1)
"""Between turns."""


class Retention:
    """Applies the periods once an hour, as a loop of the worker."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._next: datetime | None = None

    def turn(self) -> int:
        """One turn, if its time has come."""
        at = self._desk.clock.now()
        if self._next is not None and at < self._next:
            return 0
        apply_retention(self._desk)
        self._next = at + EVERY
        return 0


def apply_retention(desk: Desk) -> int:
    """Erase what is over its period.

    Returns:
        How many records or people were erased.
    """
    at = desk.clock.now()
    with desk.store.unit(read_only=True) as u:
        people = _people_due(u, desk.gateway, at)
        complaints = _complaints_due(u, at)
    done: Counter[str] = Counter()
    for person in people:
        done["customer"] += _one_person(desk, person)
    for number in complaints:
        done["complaint"] += _one_complaint(desk, number)
    with desk.store.unit() as u:
        KeptActs(u.session).drop_old(at)  # what nobody confirmed is no record
        u.sealed.drop_before(_before(at, "sealed"))  # uncounted: the log does not say of any
        done["score"] = reduce_expired(u, at)
        done["mail"] = u.erasures.drop_old_mail(_before(at, "mail"))
        done["notice"] = u.erasures.drop_old_notices(_before(at, "notice"))
        taken = {kind: count for kind, count in done.items() if count}
        if taken:
            u.audit.append(
                kind="retention.applied", actor=SYSTEM, subject="retention", data=taken, at=at
            )
        u.commit()
    return sum(taken.values())


def _people_due(u: UnitOfWork, gateway: GatewayPort, at: datetime) -> list[str]:
    found: list[str] = []
    for file in u.files.in_states(CLOSED):
        if file.permit is None:
            continue
        permit = u.permits.get(file.permit)
        if ends(KINDS["customer"], ended_at(u, permit, file)) > at:
            continue
        erased = {each.subject for each in u.erasures.of_permit(permit.number)}
        people = [e for e in u.customers.of_permit(permit.number) if e.id not in erased]
        facts = gathered(u, permit, file, people, gateway)
        for person in people:
            if why_not(facts, file, person, at=at) is None:
                found.append(person.id)
            if len(found) == AT_ONCE:
                return found
    return found


def _one_person(desk: Desk, customer: str) -> int:
    try:
        with desk.store.unit() as u:
            person = u.customers.get(customer, lock=True)
            permit = u.permits.get(person.permit)
            file = u.files.get(permit.file)
            take_customer(u, permit, file, person, desk.gateway, by=SYSTEM, at=desk.clock.now())
            desk.at_step("retention.before_commit")
            u.commit()
    except SynakError as error:
        _log.warning("retention.failed", code=error.code)
        return 0
    return 1


def _complaints_due(u: UnitOfWork, at: datetime) -> list[str]:
    return [each.id for each in u.complaints.erasable(_before(at, "complaint"), AT_ONCE)]


def _one_complaint(desk: Desk, number: str) -> int:
    try:
        with desk.store.unit() as u:
            found = u.complaints.get(number, lock=True)
            if found.state is not ComplaintState.CLOSED or found.erased_at is not None:
                return 0
            erase_words(u, found, actor=SYSTEM, at=desk.clock.now())
            u.commit()
    except SynakError as error:
        _log.warning("retention.failed", code=error.code)
        return 0
    return 1


def _before(at: datetime, kind: str) -> datetime:
    """The moment before which a period has ended by now."""
    return months_later(at, -KINDS[kind].months)
