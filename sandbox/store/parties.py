"""Whose permits and wallets: the operators and holders that a reader may learn of.

Rules: every query holds the reader's sight beside what is asked for, in one condition; what may not
be learnt of does not leave the database. As many queries for a page however many permits there are.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    Table,
    cast,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from sandbox.domain.sight import FileSight
from sandbox.kit.ids import OrgId, PermitNumber
from sandbox.store import tables
from sandbox.store.listing import in_parts, seen
from sandbox.store.team_wallets import TeamWalletRow

_FILE: Final[Table] = tables.PermitFileRow.__table__  # type: ignore[attr-defined]
_PERMIT: Final[Table] = tables.PermitRow.__table__  # type: ignore[attr-defined]
_PERSON: Final[Table] = tables.CustomerRow.__table__  # type: ignore[attr-defined]
_TEAM: Final[Table] = TeamWalletRow.__table__  # type: ignore[attr-defined]
_PERMITS: Final = _FILE.join(_PERMIT, _PERMIT.c.file == _FILE.c.id)
_NOBODY: Final = cast(literal(None), Integer)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a wallet in a permit.

    Attributes:
        wallet: checksummed.
        permit: the permit's number.
        org: its operator.
        kind: ``customer``, ``merchant``, ``settlement`` or ``team``.
        place: the person's number in the permit, from 1; None for no person.
    """

    wallet: str
    permit: PermitNumber
    org: OrgId
    kind: str
    place: int | None


class Parties:
    """Operators and holders, inside one unit of work."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def operators(self, sight: FileSight, numbers: Collection[str]) -> dict[str, OrgId]:
        """The operators of those of some permits that may be seen, by number."""
        if sight.nothing:
            return {}
        found: dict[str, OrgId] = {}
        for part in in_parts(numbers):
            query = select(_PERMIT.c.number, _PERMIT.c.org).select_from(_PERMITS)
            query = query.where(seen(sight), _PERMIT.c.number.in_(part))
            found |= {row.number: row.org for row in self.session.execute(query)}
        return found

    def holders(self, sight: FileSight, wallets: Collection[str]) -> tuple[Holder, ...]:
        """Whose wallets these are, as far as their permits may be seen.

        Args:
            sight: of the reader.
            wallets: checksummed addresses, known or not.
        """
        if sight.nothing:
            return ()
        found: list[Holder] = []
        for part in in_parts(wallets):
            every = union_all(*(each.where(seen(sight)) for each in _held(part)))
            found += [Holder(*row) for row in self.session.execute(every)]
        return tuple(found)


def _held(wallets: list[str]) -> tuple[Select[Any], ...]:
    """Settlement wallets, people's and the teams' own."""

    def columns(
        wallet: ColumnElement[Any], kind: ColumnElement[Any], place: ColumnElement[Any]
    ) -> Select[Any]:
        query = select(wallet, _PERMIT.c.number, _PERMIT.c.org, kind, place)
        return query.where(wallet.in_(wallets))

    settlement = columns(_PERMIT.c.settlement, literal("settlement", String), _NOBODY)
    person = columns(_PERSON.c.wallet, cast(_PERSON.c.kind, String), _PERSON.c.place + 1)
    team = columns(_TEAM.c.address, literal("team", String), _NOBODY)
    return (
        settlement.select_from(_PERMITS),
        person.select_from(_PERMITS.join(_PERSON, _PERSON.c.permit == _PERMIT.c.number)),
        team.select_from(_PERMITS.join(_TEAM, _TEAM.c.permit == _PERMIT.c.number)).where(
            _TEAM.c.joined_at.is_not(None)
        ),
    )
