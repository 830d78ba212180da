"""Refusals as rows of a page: equal ones are one row with a count.

Rules: equal is the same clause of the same version refusing the same amount on the same use, by
the same part for the same reason; the newest of them gives the row its time and its words. What is
folded here is whole in the CSV file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sandbox.services.views import RefusalView


@dataclass(frozen=True)
class RefusalRow:
    """One row.

    Attributes:
        newest: the newest of the equal refusals.
        count: how many there were.
        since: when the oldest of them was.
        senders: whose transactions they were, the newest first.
    """

    newest: RefusalView
    count: int
    since: datetime
    senders: tuple[str, ...]


def folded(refusals: Iterable[RefusalView]) -> list[RefusalRow]:
    """Equal refusals folded.

    Args:
        refusals: the newest first.

    Returns:
        Rows by the newest refusal in each, the newest first.
    """
    groups: dict[tuple[object, ...], list[RefusalView]] = {}
    for each in refusals:
        groups.setdefault(_sameness(each), []).append(each)
    return [_row(group) for group in groups.values()]


def _sameness(each: RefusalView) -> tuple[object, ...]:
    return (
        each.chain,
        each.layer,
        each.clause,
        each.version,
        each.asset,
        each.limit,
        each.used,
        each.requested,
        each.wording.get("reason"),
    )


def _row(group: list[RefusalView]) -> RefusalRow:
    senders = dict.fromkeys(each.sender for each in group if each.sender)
    return RefusalRow(group[0], sum(each.count for each in group), group[-1].at, tuple(senders))
