"""Servers of a course whose user is in it no more: stopped at the hub, by the outbox.

Rules: asked again until it is so; whoever is in the course again by then keeps their server. The
hub asks the desk before each start, so a stopped server stays stopped; its home is kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sandbox.domain.coursework import CourseName
from sandbox.domain.records import OutboxRow
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import AccountName
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Members, holds

STOP: Final = "course.stop_server"


def stop_servers(
    u: UnitOfWork, course: CourseName, accounts: Iterable[AccountName], at: datetime
) -> None:
    """Have the servers of some who left a course stopped.

    Args:
        u: a writing unit of work.
        course: which.
        accounts: whose.
        at: now.
    """
    for account in accounts:
        payload = {"course": course, "account": account}
        u.outbox.put(kind=STOP, subject=f"{STOP}:{course}:{account}", payload=payload, at=at)


def at_hub(desk: Desk, row: OutboxRow) -> None:
    """Stop one server, unless its user is in the course again.

    Raises:
        Unavailable: ``hub.unreachable``: try again.
    """
    if desk.hub is None:
        raise Unavailable("hub.unreachable")
    course, account = CourseName(row.payload["course"]), row.payload["account"]
    with desk.store.unit(read_only=True) as u:
        member = Members(u.session).find(course, account)
    if member is None or not holds(member, desk.clock.now()):
        desk.hub.stop(account, f"course-{course}")
    with desk.store.unit() as u:
        u.outbox.done(row.id, desk.clock.now())
        u.commit()
