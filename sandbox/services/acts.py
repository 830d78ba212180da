"""What every act on a file shares: seat, state, audit entry, doing it once.

Rules:

1. The first act of a person in a file fixes the person's seat there. A regulator's seat is for
   the authority that is competent for the file; nobody stands in it for somebody with another
   seat there.
2. A change of state goes through the lifecycle's table and into the audit log, in one transaction;
   its deadlines begin and end with it (``timekeeping``).
3. An act with a key that was used before is not done again; its outcome is shown. A key is
   1 to 100 characters of printable ASCII.
4. A second person puts the name to what was read: the form hands back what its page showed, and
   the act is refused when something else stands there by now.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.domain.delegations import counts_as
from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.records import FileActor, PermitFile
from sandbox.domain.seats import Actor, FileSeat, require_seat_in_file
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.services.access import require_competent
from sandbox.services.timekeeping import keep_time
from sandbox.store import UnitOfWork

LONGEST_KEY = 100
_KEY = re.compile("[ -~]+")
"""Printable ASCII: what a store, a log and a header hold alike."""


def earlier(u: UnitOfWork, actor: Actor, act: str, key: str | None) -> str | None:
    """What this act under this key came to before, or None.

    Raises:
        InvalidInput: ``once.key_too_long``, ``once.key_malformed``.
        Conflict: ``once.key_reused`` when the key belongs to another act.
    """
    if key is None:
        return None
    if not 0 < len(key) <= LONGEST_KEY:
        raise InvalidInput("once.key_too_long", limit=LONGEST_KEY)
    if not _KEY.fullmatch(key):
        raise InvalidInput("once.key_malformed")
    return u.once.find(_who(actor), key, act)


def remember(
    u: UnitOfWork, actor: Actor, act: str, key: str | None, subject: str, *, at: datetime
) -> None:
    """Keep what an act under a key came to."""
    if key is not None:
        u.once.record(_who(actor), key, act, subject, at)


def require_read(read: str, stands: str) -> None:
    """Refuse to put a name to what its reader did not see.

    Args:
        read: what the page showed, as its form handed it back.
        stands: the same of what is held for writing.

    Raises:
        Conflict: ``act.other_than_read``.
    """
    if read != stands:
        raise Conflict("act.other_than_read")


def _who(actor: Actor) -> str:
    return f"customer:{actor.customer}" if actor.customer else actor.account


def take_seat(
    u: UnitOfWork, file: PermitFile, actor: Actor, seat: FileSeat, *, at: datetime
) -> None:
    """Sit down in a seat of the file, or stay in it.

    Raises:
        NotAllowed: ``seat.second_seat_in_file``, ``authority.reads_only``.
    """
    if seat is FileSeat.REGULATOR:
        require_competent(actor, file)
    taken = u.file_actors.of_file(file.id)
    require_seat_in_file(file.id, taken, actor, seat)
    if seat is FileSeat.REGULATOR:
        for person in counts_as(u.delegations.of(file.authority), actor.person, file.id, at):
            require_seat_in_file(file.id, taken, replace(actor, person=person), seat)
    if actor.person not in taken:
        u.file_actors.add(FileActor(file.id, actor.person, actor.account, seat, at))


def move(  # noqa: PLR0913
    u: UnitOfWork,
    file: PermitFile,
    act: Act,
    *,
    actor: str,
    at: datetime,
    data: Mapping[str, Any] | None = None,
    to: FileState | None = None,
    **changes: Any,
) -> PermitFile:
    """Move a file along the table, save it and record it.

    Args:
        u: the unit of work.
        file: as read.
        act: what is done.
        actor: the account, or ``system``.
        at: now.
        data: what the audit entry says besides the states.
        to: the state where the table leaves it open (a lapse).
        **changes: other fields of the file that change with it.

    Raises:
        Conflict: ``lifecycle.not_from_here`` or ``store.changed_meanwhile``.
    """
    target = find(file.state, act).target or to or file.state
    saved = u.files.save(replace(file, state=target, updated_at=at, **changes))
    u.audit.append(
        kind=f"file.{act.value}",
        actor=actor,
        subject=file.id,
        data={"from": file.state.value, "to": target.value, **(data or {})},
        at=at,
    )
    keep_time(u, saved, act, at=at)
    return saved
