"""Cases of an investigation, ordered ahead of time, waited for, and given to who starts.

Numbered plan of a start where cases are executed:

1. May this trainee start, and which attempt would it be? (``investigations.may_start``)
2. Its case lies ready: it is the trainee's at once (``start``).
3. It does not: the order is noted as waited for, or placed, and comes before all that nobody waits
   for. The worker gives the case to the trainee when it is there (``investigation_queue``).

Nothing here opens what is sealed, or plans a case.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from sandbox.domain.case_orders import MOST_PLACED, CaseOrder, Progress
from sandbox.domain.classroom import CourseRole, JobState
from sandbox.domain.investigations import CaseFile, Investigation, next_attempt
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AccountName
from sandbox.services import investigations
from sandbox.services.classroom_people import require_open, students_of
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_places import own_place
from sandbox.services.investigations import Begun
from sandbox.store import UnitOfWork
from sandbox.store.case_order_tables import CaseOrders
from sandbox.store.investigation_tables import CaseFiles
from sandbox.store.investigation_team_tables import Places


def prepare(room: Room, investigation: str) -> int:
    """Order the next case of every trainee who may start one; what failed is tried again.

    Args:
        room: of a teacher who leads.
        investigation: which.

    Returns:
        How many were ordered.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.past_due``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    found = investigations.one(room, investigation)
    if found.is_over(room.at):
        raise Conflict("investigation.past_due", due=found.due.isoformat())
    placed = place(room.u, found, students_of(room.u, found.course, room.at), room.at)
    if placed:
        investigations.note(room, found, "cases_ordered", {"count": placed})
    return placed


def place(
    u: UnitOfWork, found: Investigation, trainees: Iterable[AccountName], at: datetime
) -> int:
    """Order the next case of some trainees, where they may start one and it is not there.

    Who is in a team gets none: a team's case is planned when it is started.

    Args:
        u: a writing unit of work.
        found: the investigation.
        trainees: of its course.
        at: now.

    Returns:
        How many were ordered.
    """
    orders = CaseOrders(u.session)
    every = orders.of(found.id)
    there = {(each.trainee, each.attempt): each for each in every}
    cases = CaseFiles(u.session).of(found.id)
    grouped = {each.trainee for each in Places(u.session).of(found.id)}
    count, room_for = 0, MOST_PLACED - len(every)
    for trainee in trainees:
        if trainee in grouped:
            continue
        attempt = _next(found, tuple(each for each in cases if each.trainee == trainee))
        known = there.get((trainee, attempt)) if attempt else None
        if attempt is None or (known is not None and known.state is not JobState.FAILED):
            continue
        if known is not None:
            orders.save(_again(known))
        elif room_for > 0:
            orders.add(_new(found, trainee, attempt, at))
            room_for -= 1
        else:
            break
        count += 1
    return count


def place_next(room: Room, investigation: str, trainee: AccountName) -> None:
    """Order the next case of a trainee whose last one was handed in or reset.

    Args:
        room: of anybody in the course.
        investigation: which.
        trainee: whose.
    """
    found = investigations.one(room, investigation)
    if not found.is_over(room.at):
        place(room.u, found, (trainee,), room.at)


def start(room: Room, begun: Begun) -> CaseFile | CaseOrder:
    """Steps 2 and 3: the case, or the order that the trainee waits for.

    Args:
        room: of the trainee.
        begun: of step 1.

    Raises:
        NotAllowed: as ``investigations.may_start``.
        Conflict: likewise; also when the trainee was put into a team meanwhile.
    """
    found = begun.investigation
    investigations.hold(room.u, found.id, begun.trainee)
    now = investigations.may_start(room, found.id)
    if now.there is not None:
        return now.there
    if now.team is not None:
        raise Conflict("store.changed_meanwhile", what="investigation_case")
    orders = CaseOrders(room.u.session)
    order = _of(orders.of(found.id, now.trainee), now.attempt)
    if order is None:
        new = _new(found, now.trainee, now.attempt, room.at)
        return orders.add(replace(new, wanted_at=room.at))
    if order.made is not None:
        orders.take_away(order)
        return investigations.begin(room.u, now, order.made, room.at)
    if order.state is JobState.FAILED:
        return orders.save(replace(_again(order), wanted_at=room.at))
    return order if order.wanted_at else orders.save(replace(order, wanted_at=room.at))


def waited_for(room: Room, investigation: str) -> tuple[CaseOrder, int] | None:
    """The order that the reader waits for, or that failed, and how many stand before it.

    None for who is in a team: what they ordered alone is taken away.
    """
    if own_place(room, investigation) is not None:
        return None
    orders = CaseOrders(room.u.session)
    mine = orders.of(investigation, room.person.account)
    found = next((each for each in reversed(mine) if each.wanted_at), None)
    return None if found is None else (found, orders.before(found) if found.waits else 0)


def progress(room: Room, found: Investigation) -> Progress:
    """How far the cases of the trainees who work alone are prepared, for their trainers.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    cases = CaseFiles(room.u.session).of(found.id)
    orders = CaseOrders(room.u.session).of(found.id)
    grouped = {each.trainee for each in Places(room.u.session).of(found.id)}
    people = [e for e in students_of(room.u, found.course, room.at) if e not in grouped]
    ready, may = 0, 0
    for name in people:
        own = tuple(each for each in cases if each.trainee == name)
        attempt = _next(found, own)
        order = _of((each for each in orders if each.trainee == name), attempt or 0)
        working = any(each.is_open for each in own)
        may += working or attempt is not None
        ready += working or (order is not None and order.made is not None)
    failed = [each for each in orders if each.state is JobState.FAILED]
    waiting = sum(each.waits for each in orders)
    return Progress(ready, waiting, len(failed), may, failed[-1].error or "" if failed else "")


def _next(found: Investigation, own: tuple[CaseFile, ...]) -> int | None:
    """The attempt that somebody would start next; None: one is open, or all are used."""
    if any(each.is_open for each in own):
        return None
    try:
        return next_attempt(found, own)
    except Conflict:
        return None


def _of(orders: Iterable[CaseOrder], attempt: int) -> CaseOrder | None:
    return next((each for each in orders if each.attempt == attempt), None)


def _new(found: Investigation, trainee: AccountName, attempt: int, at: datetime) -> CaseOrder:
    return CaseOrder(uuid.uuid4().hex, found.id, trainee, attempt, JobState.QUEUED, at)


def _again(order: CaseOrder) -> CaseOrder:
    return replace(order, state=JobState.QUEUED, tries=0, error=None, begun_at=None)
