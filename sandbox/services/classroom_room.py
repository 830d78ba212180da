"""What a use case of the classroom is given, and how an action is noted."""

from __future__ import annotations

import os
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sandbox.domain.classroom import Action, ActionKind
from sandbox.domain.coursework import AssignmentName, BundleHash
from sandbox.domain.receipts import ReceiptKey
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_people import CoursePerson, require_open
from sandbox.store.classroom import Actions
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.unit import UnitOfWork

COUNTER: Final = "classroom_action"
AUDITED: Final = frozenset(
    {
        ActionKind.RELEASED,
        ActionKind.CORRECTED,
        ActionKind.SUBMITTED,
        ActionKind.MARKED,
        ActionKind.FEEDBACK_RELEASED,
        ActionKind.DUE_SET,
        ActionKind.EXTENDED,
        ActionKind.EXTENSION_REVOKED,
        ActionKind.VIEWED_AS_STUDENT,
        ActionKind.MARKING_SET,
        ActionKind.ANONYMITY_LIFTED,
        ActionKind.OPINION_GIVEN,
        ActionKind.MARK_MODERATED,
        ActionKind.PASSBACK_SET,
        ActionKind.PASSBACK_AGAIN,
    }
)
"""What also goes into the audit log; fetching and reading are noted in the list of actions only."""
LOOKING: Final = frozenset(
    {
        ActionKind.FETCHED,
        ActionKind.COLLECTED,
        ActionKind.FEEDBACK_FETCHED,
        ActionKind.VIEWED_AS_STUDENT,
        ActionKind.LESSON_READ,
    }
)
"""What is possible in an archived course as well: taking what is there."""
WHOLE: Final = frozenset(
    {
        ActionKind.MARKED,
        ActionKind.MARKING_SET,
        ActionKind.ANONYMITY_LIFTED,
        ActionKind.OPINION_GIVEN,
        ActionKind.MARK_MODERATED,
        ActionKind.PASSBACK_SET,
        ActionKind.PASSBACK_AGAIN,
    }
)
"""What goes into the audit log with all that is said of it, but for `SECRET`."""
SECRET: Final = "secret"  # noqa: S105 (the name of a part)
MARK: Final = ("submission", "score", "points")
"""What of released feedback goes into the audit log: the mark of record."""


@dataclass(frozen=True, slots=True)
class Room:
    """One request of somebody in a course.

    Attributes:
        u: the unit of work.
        person: who, and in which role.
        at: the present moment, by the server's clock.
        blobs: where files are kept.
        key: signs receipts.
    """

    u: UnitOfWork
    person: CoursePerson
    at: datetime
    blobs: Blobs
    key: ReceiptKey = field(repr=False)


def load_receipt_key(path: Path | None) -> ReceiptKey:
    """The desk's key for receipts: 32 bytes as hex in a file, made when missing (0600).

    Args:
        path: of the file.

    Raises:
        Unavailable: ``receipt.no_key``.
    """
    if path is None:
        raise Unavailable("receipt.no_key")
    try:
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as file:
                file.write(secrets.token_hex(32))
        return ReceiptKey.from_seed(bytes.fromhex(path.read_text("ascii").strip()))
    except (OSError, ValueError) as error:
        raise Unavailable("receipt.no_key") from error


def act(
    room: Room,
    kind: ActionKind,
    assignment: AssignmentName,
    *,
    student: AccountName | None = None,
    bundle: BundleHash | None = None,
    detail: Mapping[str, Any] | None = None,
) -> Action:
    """Add an action to the list, and to the audit log where it matters.

    Args:
        room: who does it, when.
        kind: what.
        assignment: in which assignment.
        student: whose work it is about.
        bundle: the content.
        detail: more; the ``students`` in it get a notice of it (``domain.notices``).

    Raises:
        NotAllowed: ``course.archived``.
    """
    if kind not in LOOKING:
        require_open(room.u, room.person.course)
    account = room.u.accounts.find(room.person.account)
    action = Action(
        number=room.u.counters.next(COUNTER),
        id=uuid.uuid4().hex,
        at=room.at,
        actor=room.person.account,
        kind=kind,
        course=room.person.course,
        assignment=assignment,
        student=student,
        bundle=bundle,
        detail=dict(detail or {}),
        organisation=account.org if account else None,
    )
    Actions(room.u.session).add(action)
    if kind in AUDITED:
        room.u.audit.append(
            kind=f"course.{kind.value}",
            actor=action.actor,
            subject=f"submission/{action.id}",
            data={
                "course": action.course,
                "assignment": action.assignment,
                "student": action.student,
                "content": action.bundle,
                "number": action.number,
                **_mark_of(action),
                **({"students": action.detail["students"]} if "students" in action.detail else {}),
            },
            at=action.at,
        )
    return action


def _mark_of(action: Action) -> dict[str, Any]:
    """What an action says of a mark, for the audit log; points as texts."""
    if action.kind in WHOLE:
        return {name: value for name, value in action.detail.items() if name != SECRET}
    if action.kind is ActionKind.FEEDBACK_RELEASED:
        return {name: str(action.detail[name]) for name in MARK}
    return {}
