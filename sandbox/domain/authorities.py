"""Authorities: which of them is competent for a file, and what one shares with another.

Rules:

1. A file has one competent authority, chosen when the application is submitted: the first, by
   rank, that is competent for the kind of product; else for an asset; else the fallback.
   Source: separate bodies with separate powers; the division itself is to be confirmed.
2. The competent authority alone acts in a file. Two persons of it, with a reason, may hand the
   file to another authority; while anything waits for a second signature it stays.
3. A file may be shown to another authority for reading, on a stated legal basis and until a day:
   at most ``LONGEST_SHARE``. Nobody but the authorities learns of it.

>>> bank = Authority("nb", {"en": "Bank"}, ("payments",), ("SOM",), 1, fallback=True, source="")
>>> market = Authority("fs", {"en": "Market"}, ("tokenisation",), (), 2, fallback=False, source="")
>>> competent([market, bank], {"product_kind": "tokenisation", "assets": "SOM"}).org
'fs'
>>> competent([market, bank], {"assets": "SOM"}).org, competent([market, bank], {}).org
('nb', 'nb')
>>> competent([market], {}) is None
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import AccountName, FileId, OrgId, PersonId

LONGEST_SHARE: Final = timedelta(days=366)
MOST_SHARES: Final = 1_000
"""Files that are shared with one authority at a time."""
BASIS_LENGTH: Final = 300


@dataclass(frozen=True)
class Authority:
    """An authority and what it is competent for.

    Attributes:
        org: the organisation of its regulators.
        names: language to name (``ky``, ``ru``, ``en``).
        kinds: kinds of products (``application.KINDS``).
        assets: codes of assets.
        rank: the lower goes first where two are competent.
        fallback: competent where no rule names another one.
        source: on what the division rests, as far as it is known.
        contact: address, telephone, mail, as it is published.
        since: the first day of its competence; None for ever before.
        until: the last day; None for none.
    """

    org: OrgId
    names: Mapping[str, str]
    kinds: tuple[str, ...]
    assets: tuple[str, ...]
    rank: int
    fallback: bool
    source: str
    contact: str = ""
    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether it is competent on a day."""
        return (self.since is None or self.since <= day) and (
            self.until is None or day <= self.until
        )

    def name(self, language: str) -> str:
        """Its name in a language, in English where that is missing."""
        return self.names.get(language) or self.names.get("en") or self.org


class ChangeState(StrEnum):
    """What became of a proposal to hand a file to another authority."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DROPPED = "dropped"


@dataclass(frozen=True)
class CompetenceChange:
    """A proposal that another authority be competent, and what became of it."""

    id: str
    file: FileId
    before: OrgId
    after: OrgId
    reasons: str
    state: ChangeState
    proposed_by: AccountName
    proposed_person: PersonId
    proposed_at: datetime
    settled_by: AccountName | None = None
    settled_at: datetime | None = None
    revision: int = 1


@dataclass(frozen=True)
class Share:
    """A file shown to another authority.

    Attributes:
        authority: who may read.
        by: the authority that was competent and showed it.
        basis: the legal basis, in words.
        until: until when, not included.
        ended_at: when it was withdrawn, or fell with a change of competence.
    """

    id: str
    file: FileId
    authority: OrgId
    by: OrgId
    basis: str
    shared_by: AccountName
    shared_at: datetime
    until: datetime
    ended_by: AccountName | None = None
    ended_at: datetime | None = None
    revision: int = 1

    @property
    def last(self) -> datetime:
        """A moment of the last day that belongs to it."""
        return self.until - timedelta(seconds=1)

    def holds(self, at: datetime) -> bool:
        """Whether it may be read by it now."""
        return self.ended_at is None and at < self.until


def competent(authorities: Iterable[Authority], answers: Mapping[str, str]) -> Authority | None:
    """The authority that is competent for an application; None where no rule names one.

    Args:
        authorities: all there are.
        answers: the application.
    """
    ranked = sorted(authorities, key=lambda each: (each.rank, each.org))
    kind = answers.get("product_kind", "").strip()
    assets = {each.strip().upper() for each in answers.get("assets", "").split(",")}
    by_kind = (each for each in ranked if kind and kind in each.kinds)
    by_asset = (each for each in ranked if assets & set(each.assets))
    fallback = (each for each in ranked if each.fallback)
    for found in (*by_kind, *by_asset, *fallback):
        return found
    return None


def require_span(at: datetime, until: datetime) -> None:
    """Refuse an end that has passed or is too far.

    Raises:
        InvalidInput: ``authority.wrong_span``.
    """
    if not at < until <= at + LONGEST_SHARE:
        raise InvalidInput("authority.wrong_span", days=LONGEST_SHARE.days)


def require_second(change: CompetenceChange, person: PersonId, account: AccountName) -> None:
    """Refuse whoever proposed a change, under whatever account, and what is settled.

    Raises:
        Conflict: ``authority.change_settled``.
        NotAllowed: ``authority.second_person``.
    """
    if change.state is not ChangeState.PROPOSED:
        raise Conflict("authority.change_settled", state=change.state.value)
    if change.proposed_person == person or change.proposed_by == account:
        raise NotAllowed("authority.second_person", by=change.proposed_by)
