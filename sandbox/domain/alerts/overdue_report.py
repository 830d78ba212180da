"""Overdue report: a periodic report that was due and has not come.

Definition: at the end of a day a report of the permit was due and had not been submitted. Measured
are the days since it was due, begun ones counted, of the one that waits longest. The bands are
about it; the window says only for how long the rule is silent afterwards.

Source: reporting duties of sandboxes (ADGM, NBKR; secondary, to be confirmed); numbers ours.

>>> from datetime import UTC, datetime
>>> days_late(datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 1, 11, 5, tzinfo=UTC))
2
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sandbox.domain.alerts.facts import Figure, Measured, Standing
from sandbox.domain.alerts.rule import DAY, LONGEST, About, Band, Rule, Unit, window

OVERDUE: Final = "overdue_report"
"""1 from the day that it was due on, 0 from its coming on; each ``of`` its report."""


def days_late(due: datetime, until: datetime) -> int:
    """Days after a moment, begun ones counted."""
    return (until - due).days + 1


def measure(standing: Standing) -> Measured | None:
    """How long the oldest missing report of a permit is overdue at the end of a day."""
    missing = [each for each in standing.level(OVERDUE) if each.value]
    if not missing:
        return None
    longest = max(days_late(each.at, standing.until) for each in missing)
    return Measured(longest, missing, (Figure("missing_reports", len(missing)),))


OVERDUE_REPORT: Final = Rule(
    name="overdue_report",
    unit=Unit.DAYS,
    parameters=(window(7 * DAY, LONGEST),),
    bands=(Band(1, 50), Band(10, 75), Band(30, 100)),
    measure=measure,
    source="Reporting duties of sandboxes, to be confirmed; numbers ours",
    kinds=frozenset(),
    about=About.PERMITS,
)
