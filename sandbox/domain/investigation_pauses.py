"""A pause of an investigation, for all of its trainees at once.

Rules:

1. A pause has a reason, which trainees read; while it lasts none of them starts, changes or hands
   in anything (``investigations.check_time``). Trainers may do what they may.
2. Whoever pauses says whether the due date moves by the pause. It moves when the pause ends, by the
   part of it in which the investigation was open; until then it does not pass.
3. What is over is not paused, what is paused is not paused again. It is kept in the store: a
   restart ends no pause.

>>> from datetime import UTC, datetime
>>> from sandbox.domain.coursework import CourseName
>>> from sandbox.domain.investigations import Investigation
>>> from sandbox.kit.ids import AccountName
>>> nine, ten, noon = (datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (9, 10, 12))
>>> found = Investigation("i", CourseName("c"), "P3", "easy", nine, noon, 1, "00",
...                       AccountName("kanat"), nine)
>>> stopped = paused(found, nine, reason="Fire drill", extends=True)
>>> resumed(stopped, ten).due.hour
13
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.investigations import Investigation
from sandbox.kit.errors import Conflict, InvalidInput

LONGEST_REASON: Final = 200


def paused(found: Investigation, at: datetime, *, reason: str, extends: bool) -> Investigation:
    """An investigation in which nobody may work.

    Args:
        found: as it is.
        at: the present moment.
        reason: why, 1 to 200 letters.
        extends: whether the due date moves by the pause.

    Raises:
        InvalidInput: ``investigation.pause_reason``.
        Conflict: ``investigation.past_due``, ``investigation.paused``.
    """
    said = reason.strip()
    if not 1 <= len(said) <= LONGEST_REASON:
        raise InvalidInput("investigation.pause_reason", most=LONGEST_REASON)
    if found.paused_at is not None:
        raise Conflict("investigation.paused", reason=found.pause_reason)
    if found.is_over(at):
        raise Conflict("investigation.past_due", due=found.due.isoformat())
    return replace(found, paused_at=at, pause_reason=said, pause_extends=extends)


def resumed(found: Investigation, at: datetime) -> Investigation:
    """An investigation that goes on.

    Raises:
        Conflict: ``investigation.not_paused``.
    """
    if found.paused_at is None:
        raise Conflict("investigation.not_paused")
    lost = at - max(found.paused_at, found.opens) if found.pause_extends else timedelta()
    due = found.due + max(lost, timedelta())
    return replace(
        found, due=due, paused_at=None, pause_reason="", pause_extends=False, resumed_at=at
    )
