"""The minutes of a sitting: a JSON object made from the record alone, hashed and signed.

Rules: everything that was recorded stands in it, struck ballots and their reason too; once both
officers signed it is never written again; what a page prints is this object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.domain.committee import AgendaItem, InterestConflict, Sitting
from sandbox.kit.canonical import content_hash

FORM: Final = 1
"""The form of the object; counts up when it changes."""


@dataclass(frozen=True)
class Considered:
    """An item with the names that the minutes show beside it."""

    item: AgendaItem
    title: str
    applicant: str
    sponsor: str | None
    conflicts: tuple[tuple[str, InterestConflict], ...]


def minutes_document(
    sitting: Sitting, authority: str, number: str, items: tuple[Considered, ...]
) -> dict[str, Any]:
    """The minutes as an object.

    Args:
        sitting: ended, with rules and members.
        authority: its name.
        number: of the minutes.
        items: in the agenda's order.
    """
    assert sitting.rules is not None
    assert sitting.opened_at is not None
    assert sitting.ended_at is not None
    return {
        "form": FORM,
        "number": number,
        "sitting": sitting.id,
        "authority": {"id": sitting.authority, "name": authority},
        "place": sitting.place,
        "called_for": sitting.held_at.isoformat(),
        "opened_at": sitting.opened_at.isoformat(),
        "ended_at": sitting.ended_at.isoformat(),
        "rules": sitting.rules.as_dict(),
        "members": [each.as_dict() for each in sitting.members],
        "items": [_item(each) for each in items],
    }


def _item(considered: Considered) -> dict[str, Any]:
    item = considered.item
    return {
        "place": item.place,
        "file": item.file,
        "title": considered.title,
        "applicant": considered.applicant,
        "sponsor": considered.sponsor,
        "application": item.application,
        "conflicts": [{"name": name, **each.as_dict()} for name, each in considered.conflicts],
        "ballots": [each.as_dict() for each in item.ballots],
        "result": item.result.value if item.result else None,
        "text": item.text,
    }


def minutes_digest(document: Mapping[str, Any]) -> str:
    """SHA-256 of the minutes in canonical form, hex. Source: RFC 8785."""
    return content_hash(dict(document)).hex()


def minutes_text(number: str, digest: str, role: str) -> str:
    """What an officer signs (EIP-191).

    >>> print(minutes_text("M-2026-0001", "00", "chair"))
    Synak: minutes of the Committee (simulated money; not a decision of any authority)
    minutes: M-2026-0001
    signed as: chair
    sha-256: 00
    """
    return (
        "Synak: minutes of the Committee (simulated money; not a decision of any authority)\n"
        f"minutes: {number}\n"
        f"signed as: {role}\n"
        f"sha-256: {digest}"
    )
