"""Kill-switch drills: the gateway really stops a permit for a moment, and what it took is kept.

Rules:

1. A drill holds a permit at the gateway as a halt does first, and nothing else: no version, no
   state of the file, nothing on chain. It ends by a hand or by the clock, ``LENGTH`` after the
   click; whatever happens to desk and worker, the gateway lets a hold go after 30 seconds.
2. Measured is the time from the click to the gateway's answer, and from the click to the last
   transaction that the permit still had acknowledged; 0 when there was none after the click.
3. A drill has passed when nothing was acknowledged after the gateway's answer.
4. One drill of a permit runs at a time; only a permit that is active is drilled.
5. From one drill of a permit to the next ``PAUSE`` passes, whoever begins it: drill upon drill
   would be a halt that no second person confirms.

>>> from datetime import UTC
>>> click = datetime(2026, 3, 1, tzinfo=UTC)
>>> made = Drill("DR-2026-0001", "SB-2026-0001", "ermek", "Monthly.", click, "h", click + LATEST)
>>> done = ended(made, click + timedelta(milliseconds=140), click + LENGTH, "")
>>> done.last_ms, done.held_ms, done.passed
(140, 2000, True)
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

LENGTH: Final = timedelta(seconds=20)
"""How long a drill lasts when nobody ends it; shorter than the gateway's own end of a hold."""
PAUSE: Final = timedelta(days=7)
"""From the click of one drill of a permit to the next. Source: ours."""
LATEST: Final = timedelta(seconds=2)
"""Within which the stop is expected to be answered. Source: ours."""


@dataclass(frozen=True)
class Drill:
    """One drill.

    Attributes:
        id: ``DR-<year>-<number>``.
        permit: which was held.
        author: who clicked.
        reasons: what it is for.
        clicked_at: when the desk had the request, UTC.
        hold: the hold's name at the gateway.
        held_at: when the gateway had answered.
        ended_at: when it was let go; None while it runs.
        ended_by: account; empty for the clock.
        last_at: the last transaction of the permit that was acknowledged by then; None for none.
        measured: whether the gateway could be asked for that.
    """

    id: str
    permit: str
    author: str
    reasons: str
    clicked_at: datetime
    hold: str
    held_at: datetime
    ended_at: datetime | None = None
    ended_by: str = ""
    last_at: datetime | None = None
    measured: bool = False
    revision: int = 1

    @property
    def held_ms(self) -> int:
        """From the click to the gateway's answer, milliseconds."""
        return _ms(self.held_at - self.clicked_at)

    @property
    def last_ms(self) -> int:
        """From the click to the last acknowledged transaction, milliseconds; 0 for none after."""
        return _ms(self.last_at - self.clicked_at) if self.last_at is not None else 0

    @property
    def passed(self) -> bool | None:
        """Whether nothing was acknowledged after the answer; None when that is not known."""
        if self.ended_at is None or not self.measured:
            return None
        return self.last_at is None or self.last_at <= self.held_at


def ended(
    drill: Drill, last_at: datetime | None, at: datetime, by: str, *, measured: bool = True
) -> Drill:
    """The drill once it was let go."""
    return replace(drill, last_at=last_at, ended_at=at, ended_by=by, measured=measured)


def _ms(span: timedelta) -> int:
    return max(0, span // timedelta(milliseconds=1))
