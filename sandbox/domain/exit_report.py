"""The exit report: what was tested and what came of it, from the data; lessons by the firm.

Rules:

1. Figures are the desk's own; the firm adds its lessons and nothing else.
2. When it is filed the figures are fixed, under one digest, with the words beside them.
3. A regulator accepts it, or returns it with reasons; a returned one is filed anew, figures too.
4. A graduation refers to the accepted report and covers only what it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AccountName, FileId, PermitNumber

SHORTEST_LESSONS = 40
"""Characters below which lessons say nothing."""


class ReportState(StrEnum):
    """Where a report stands."""

    FILED = "report_filed"
    ACCEPTED = "report_accepted"
    RETURNED = "report_returned"


@dataclass(frozen=True)
class ExitReport:
    """One file's report.

    Attributes:
        facts: the figures as they were when it was filed (``services.exit_facts``).
        digest: SHA-256 of the canonical form of figures and lessons, hex.
        reason: why it was returned.
    """

    file: FileId
    permit: PermitNumber
    state: ReportState
    facts: Mapping[str, Any]
    lessons: str
    digest: str
    filed_by: AccountName
    filed_at: datetime
    judged_by: AccountName | None = None
    judged_at: datetime | None = None
    reason: str = ""
    revision: int = 1


def digest_of(facts: Mapping[str, Any], lessons: str) -> str:
    """What a graduation refers to, hex.

    >>> digest_of({"a": "1"}, "x") == digest_of({"a": "1"}, "y")
    False
    """
    return content_hash({"facts": dict(facts), "lessons": lessons}).hex()


def require_fileable(before: ExitReport | None) -> None:
    """Refuse a second report beside one that waits or was accepted.

    Raises:
        Conflict: ``exit_report.filed_already``.
    """
    if before is not None and before.state is not ReportState.RETURNED:
        raise Conflict("exit_report.filed_already", state=before.state.value)


def require_judgeable(report: ExitReport) -> None:
    """Refuse to judge what does not wait.

    Raises:
        Conflict: ``exit_report.not_waiting``.
    """
    if report.state is not ReportState.FILED:
        raise Conflict("exit_report.not_waiting", state=report.state.value)
