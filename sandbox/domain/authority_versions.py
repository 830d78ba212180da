"""What is recorded of an authority: names, contact, term and competence, in versions by two.

Rules:

1. The operator proposes a version, a new authority's first one too, with the legal source and the
   reasons. A regulator of that authority confirms it; of a new one, a regulator of the authority
   that is competent for everything else. The two are two persons. Either side drops it.
2. One version at a time waits. What was confirmed stays, numbered; the newest is in force.
3. A version decides which authority gets a file at its first submission from then on. Files that
   have an authority keep it: they are handed on by two persons of it.
4. An authority is competent from its first to its last day, both included; nobody shows a file to
   it or hands one to it before or after. At every time some authority is competent for everything
   else, with no last day.

>>> read_id(" Market-2 ")
'market-2'
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, get_args

from sandbox.domain.application import KINDS, plain_text
from sandbox.domain.authorities import Authority, ChangeState
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import AccountName, AssetCode, OrgId, PersonId

LANGUAGES: Final = ("ky", "ru", "en")
ASSETS: Final[tuple[str, ...]] = get_args(AssetCode)
NAME_LENGTH: Final = 200
TEXT_LENGTH: Final = 500
HIGHEST_RANK: Final = 99
NEW: Final = "new"
"""Where the form of a new authority is: no authority's short name."""
_ID: Final = re.compile(r"[a-z][a-z0-9-]{2,39}")


@dataclass(frozen=True)
class AuthorityVersion:
    """One version of what is recorded of an authority, proposed or settled.

    Attributes:
        number: of its authority's confirmed versions; nought until it is confirmed.
        body: the authority as this version has it.
    """

    id: str
    body: Authority
    number: int
    reasons: str
    state: ChangeState
    proposed_by: AccountName
    proposed_person: PersonId
    proposed_at: datetime
    settled_by: AccountName | None = None
    settled_at: datetime | None = None
    revision: int = 1

    @property
    def org(self) -> OrgId:
        """Whose version it is."""
        return self.body.org


def read_id(text: str) -> OrgId:
    """The short name of a new authority: small letters, digits and hyphens.

    Raises:
        InvalidInput: ``authority.bad_id``; ``authority.exists`` for what the form's page is called.
    """
    tidy = text.strip().lower()
    if not _ID.fullmatch(tidy):
        raise InvalidInput("authority.bad_id")
    if tidy == NEW:
        raise InvalidInput("authority.exists", authority=tidy)
    return OrgId(tidy)


def read_version(  # noqa: PLR0913
    org: OrgId,
    *,
    names: Mapping[str, str],
    contact: str,
    kinds: Collection[str],
    assets: Collection[str],
    rank: int,
    fallback: bool,
    source: str,
    since: date | None,
    until: date | None,
) -> Authority:
    """What was typed as an authority, tidied.

    Raises:
        InvalidInput: ``text.*``, ``authority.name_missing``, ``authority.no_source``,
            ``authority.unknown_competence``, ``authority.bad_rank``, ``authority.bad_term``.
    """
    known = {
        each: plain_text("name", names.get(each, ""), limit=NAME_LENGTH, name=True)
        for each in LANGUAGES
    }
    if not all(known.values()):
        raise InvalidInput("authority.name_missing")
    if not set(kinds) <= set(KINDS) or not set(assets) <= set(ASSETS):
        raise InvalidInput("authority.unknown_competence")
    if not 1 <= rank <= HIGHEST_RANK:
        raise InvalidInput("authority.bad_rank", most=HIGHEST_RANK)
    if since is not None and until is not None and until < since:
        raise InvalidInput("authority.bad_term")
    tidy = plain_text("source", source, limit=TEXT_LENGTH, name=True)
    if not tidy:
        raise InvalidInput("authority.no_source")
    return Authority(
        org=org,
        names=known,
        kinds=tuple(each for each in KINDS if each in kinds),
        assets=tuple(each for each in ASSETS if each in assets),
        rank=rank,
        fallback=fallback,
        source=tidy,
        contact=plain_text("contact", contact, limit=TEXT_LENGTH),
        since=since,
        until=until,
    )


def confirmers(org: OrgId, known: Iterable[Authority], day: date) -> frozenset[OrgId]:
    """The authorities whose regulators confirm a version: its own, or those for everything else."""
    found = list(known)
    if any(each.org == org for each in found):
        return frozenset({org})
    return frozenset(each.org for each in found if each.fallback and each.holds(day))


def require_fallback(known: Iterable[Authority], changed: Authority, day: date) -> None:
    """Refuse a version after which nobody would be competent for everything else.

    Raises:
        Conflict: ``authority.no_fallback``.
    """
    after = [each for each in known if each.org != changed.org]
    if not any(e.fallback and e.holds(day) and e.until is None for e in (*after, changed)):
        raise Conflict("authority.no_fallback")


def settled(
    version: AuthorityVersion,
    *,
    confirm: bool,
    person: PersonId,
    account: AccountName,
    number: int,
    at: datetime,
) -> AuthorityVersion:
    """A version that a second person confirms, or that is dropped.

    Args:
        version: as it was proposed.
        confirm: or drop.
        person: who settles it.
        account: theirs.
        number: what it becomes when it is confirmed.
        at: now.

    Raises:
        Conflict: ``authority.change_settled``.
        NotAllowed: ``authority.second_person``.
    """
    if version.state is not ChangeState.PROPOSED:
        raise Conflict("authority.change_settled", state=version.state.value)
    if confirm and (version.proposed_person == person or version.proposed_by == account):
        raise NotAllowed("authority.second_person", by=version.proposed_by)
    state = ChangeState.CONFIRMED if confirm else ChangeState.DROPPED
    number = number if confirm else 0
    return replace(version, state=state, number=number, settled_by=account, settled_at=at)
