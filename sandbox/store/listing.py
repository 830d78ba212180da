"""Lists of files and permits: what a reader may see, searched, ordered and counted by the database.

Rules:

1. Every query here holds the reader's sight; nothing is read that the reader may not learn of, and
   a state is the one that this reader is shown (``FileSight.shown``).
2. Words are compared folded (``sandbox.kit.folding``) and orders are by code point, so that both
   databases answer alike.
3. A part is bounded, and so is a count; no query reads answers or terms of what is not shown.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    and_,
    case,
    collate,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from sandbox.domain import records
from sandbox.domain.approvals import OpenProposal
from sandbox.domain.lifecycle import FileState
from sandbox.domain.listing import (
    MOST_COUNTED,
    Found,
    ListedFile,
    Order,
    Search,
    Waiting,
    Waits,
)
from sandbox.domain.sight import FileSight
from sandbox.domain.words import DecisionStatus
from sandbox.kit.folding import folded
from sandbox.kit.ids import FileId, PermitNumber
from sandbox.store import tables
from sandbox.store.among import among
from sandbox.store.repositories import Permits

_FILE: Final[Table] = tables.PermitFileRow.__table__  # type: ignore[attr-defined]
_PERMIT: Final[Table] = tables.PermitRow.__table__  # type: ignore[attr-defined]
_DECISION: Final[Table] = tables.DecisionRow.__table__  # type: ignore[attr-defined]
_ORG: Final[Table] = tables.OrganisationRow.__table__  # type: ignore[attr-defined]
_APPLICANT, _SPONSOR = _ORG.alias("applicant"), _ORG.alias("sponsor")
_WITH_NAMES: Final = _FILE.join(_APPLICANT, _APPLICANT.c.id == _FILE.c.org).outerjoin(
    _SPONSOR, _SPONSOR.c.id == _FILE.c.sponsor
)
_LINE: Final = (
    _FILE.c.id,
    _FILE.c.title,
    _FILE.c.org,
    _APPLICANT.c.name.label("org_name"),
    _FILE.c.sponsor,
    _SPONSOR.c.name.label("sponsor_name"),
    _FILE.c.state,
    _FILE.c.permit,
    _FILE.c.updated_at,
)
MOST_WORDS: Final = 8
"""So many words of a search are looked for."""
MOST_PROPOSALS: Final = 5_000
PART: Final = 400
"""So many are asked about in one query."""


def seen(sight: FileSight) -> ColumnElement[bool]:
    """``FileSight.covers`` as a condition on the table of files."""
    submitted = _FILE.c.submitted_at.is_not(None)
    some: list[ColumnElement[bool]] = [submitted] if sight.submitted else []
    if sight.authority is not None:
        some.append(and_(submitted, _FILE.c.authority == sight.authority))
    if sight.shared:
        some.append(and_(submitted, _FILE.c.id.in_(sight.shared)))
    if sight.own is not None:
        some.append(_FILE.c.org == sight.own)
    if sight.sponsored is not None:
        named = or_(_FILE.c.sponsor == sight.sponsored, _FILE.c.candidate == sight.sponsored)
        some.append(and_(submitted, named))
    shown = or_(*some) if some else false()
    return shown if sight.only is None else and_(shown, _FILE.c.permit == sight.only)


def _unseen(sight: FileSight) -> ColumnElement[bool]:
    """The opposite of ``seen``, also where a column is NULL."""
    return case((seen(sight), 0), else_=1) == 1


class Listing:
    """Lists, inside one unit of work."""

    def __init__(self, session: Session) -> None:
        self.session = session
        postgres = session.get_bind().dialect.name == "postgresql"
        self._code_points = "C" if postgres else "BINARY"

    # ---------- files ----------
    def files(self, sight: FileSight, search: Search, waits: Waits) -> Found:
        """One part of the files that a search finds, and how many it finds."""
        if sight.nothing:
            return Found()
        where = [seen(sight), *_wanted(sight, search, waits)]
        lines = self._lines(sight, where, search)
        if search.start == 0 and len(lines) < search.limit:
            return Found(lines, len(lines))
        return Found(lines, *self._count(where, search))

    def following(self, sight: FileSight, search: Search) -> tuple[ListedFile, ...]:
        """Files behind ``search.after`` by number: one more than its limit, if there is one."""
        if sight.nothing:
            return ()
        query = select(*_LINE).select_from(_WITH_NAMES)
        query = query.where(
            seen(sight), *_wanted(sight, search, Waits()), _FILE.c.id > (search.after or "")
        )
        return tuple(self._listed(sight, query.order_by(_FILE.c.id).limit(search.limit + 1)))

    def ids(self, sight: FileSight, search: Search, waits: Waits) -> tuple[FileId, ...]:
        """The numbers of everything a search finds, in order, for reading it part by part."""
        if sight.nothing:
            return ()
        query = select(_FILE.c.id).select_from(_WITH_NAMES)
        query = query.where(seen(sight), *_wanted(sight, search, waits))
        ordered = query.order_by(*self._order(search.order))
        return tuple(self.session.execute(ordered).scalars())

    def lines(self, sight: FileSight, ids: Sequence[FileId]) -> tuple[ListedFile, ...]:
        """Files by number, in the order of the numbers, as far as they may still be seen."""
        query = select(*_LINE).select_from(_WITH_NAMES)
        query = query.where(seen(sight), _FILE.c.id.in_(ids))
        found = {each.id: each for each in self._listed(sight, query)}
        return tuple(found[each] for each in ids if each in found)

    def states(self, sight: FileSight) -> tuple[FileState, ...]:
        """The states in which files of this reader's stand."""
        if sight.nothing:
            return ()
        query = select(_FILE.c.state).where(seen(sight)).distinct()
        return tuple(sorted({sight.shown(each) for each in self.session.execute(query).scalars()}))

    def proposals(
        self, sight: FileSight, files: Collection[FileId] | None = None
    ) -> tuple[OpenProposal, ...]:
        """Proposals that wait for a second signature.

        Args:
            sight: of the reader.
            files: of these files; of all when left out.
        """
        if sight.nothing or (files is not None and not files):
            return ()
        issued = func.coalesce(_PERMIT.c.issued_version, 0)
        query = (
            select(
                _DECISION.c.file,
                _DECISION.c.status,
                _DECISION.c.version,
                _DECISION.c.author,
                _DECISION.c.author_person,
                _DECISION.c.authored_at,
                issued.label("issued_version"),
            )
            .select_from(
                _DECISION.join(_FILE, _FILE.c.id == _DECISION.c.file).outerjoin(
                    _PERMIT, _PERMIT.c.file == _DECISION.c.file
                )
            )
            .where(
                _DECISION.c.status == DecisionStatus.PROPOSED,
                seen(sight),
                true() if files is None else _DECISION.c.file.in_(list(files)),
            )
            .order_by(_DECISION.c.authored_at)
            .limit(MOST_PROPOSALS)
        )
        return tuple(OpenProposal(**row) for row in self.session.execute(query).mappings())

    # ---------- how far a sight reaches ----------
    def sees_every(self, sight: FileSight) -> bool:
        """Whether there is no submitted file that a reader may not learn of."""
        if sight.submitted and sight.only is None:
            return True
        hidden = select(_FILE.c.id).where(_FILE.c.submitted_at.is_not(None), _unseen(sight))
        return self.session.execute(hidden.limit(1)).first() is None

    def numbers(self, sight: FileSight) -> tuple[PermitNumber, ...] | None:
        """The permits that a reader may see, in no order; None where that is every permit."""
        if self.sees_every(sight):
            return None
        query = select(_PERMIT.c.number).select_from(_with_permits()).where(seen(sight))
        return tuple(self.session.execute(query).scalars())

    def hidden(self, sight: FileSight, subjects: Collection[str]) -> set[str]:
        """Which of these are numbers of files or permits of an authority outside a sight."""
        found: set[str] = set()
        for part in in_parts(subjects):
            for column in (_FILE.c.id, _FILE.c.permit):
                query = select(column).where(column.in_(part or []), _FILE.c.authority.is_not(None))
                found |= set(self.session.execute(query.where(_unseen(sight))).scalars())
        return found

    # ---------- permits ----------
    def permits(
        self, sight: FileSight, search: Search
    ) -> tuple[tuple[tuple[records.Permit, ListedFile], ...], int, bool]:
        """One part of the permits that a search finds, newest number first.

        Returns:
            Each permit with its file; how many there are; whether there are even more.
        """
        if sight.nothing:
            return (), 0, False
        where = [seen(sight), *_wanted(sight, search, Waits())]
        query = select(_PERMIT.c.number).select_from(_with_permits()).where(*where)
        query = query.order_by(_PERMIT.c.number.desc()).offset(search.start)
        numbers = tuple(self.session.execute(query.limit(search.limit)).scalars())
        found = self.permits_by_number(sight, numbers)
        if search.start == 0 and len(numbers) < search.limit:
            return found, len(numbers), False
        return found, *self._count(where, search, permits=True)

    def following_permits(
        self, sight: FileSight, search: Search
    ) -> tuple[tuple[records.Permit, ListedFile], ...]:
        """Permits behind ``search.after`` by number: one more than its limit, if there is one."""
        if sight.nothing:
            return ()
        query = select(_PERMIT.c.number).select_from(_with_permits())
        query = query.where(
            seen(sight), *_wanted(sight, search, Waits()), _PERMIT.c.number > (search.after or "")
        )
        numbers = self.session.execute(query.order_by(_PERMIT.c.number).limit(search.limit + 1))
        return self.permits_by_number(sight, tuple(numbers.scalars()))

    def permit_numbers(self, sight: FileSight, search: Search) -> tuple[PermitNumber, ...]:
        """The numbers of every permit that a search finds, newest first."""
        if sight.nothing:
            return ()
        query = select(_PERMIT.c.number).select_from(_with_permits())
        query = query.where(seen(sight), *_wanted(sight, search, Waits()))
        return tuple(self.session.execute(query.order_by(_PERMIT.c.number.desc())).scalars())

    def permits_by_number(
        self, sight: FileSight, numbers: Sequence[PermitNumber]
    ) -> tuple[tuple[records.Permit, ListedFile], ...]:
        """Permits with their files, in the order of the numbers, as far as they may be seen."""
        if sight.nothing or not numbers:
            return ()
        query = select(*_LINE).select_from(_with_permits())
        query = query.where(seen(sight), _PERMIT.c.number.in_(numbers))
        files = {each.permit: each for each in self._listed(sight, query)}
        rows = Permits(self.session)
        known = {each.number: each for each in rows.select(rows.columns.number.in_([*files]))}
        return tuple((known[each], files[each]) for each in numbers if each in known)

    def permit_titles(
        self, sight: FileSight, limit: int, *, number: str | None = None
    ) -> dict[PermitNumber, str]:
        """Number and title of the newest published permits (or of one), for choosing."""
        query = select(_PERMIT.c.number, _PERMIT.c.title).select_from(_with_permits())
        query = query.where(seen(sight), _PERMIT.c.published_version > 0)
        if number is not None:
            query = query.where(_PERMIT.c.number == number)
        rows = self.session.execute(query.order_by(_PERMIT.c.number.desc()).limit(limit))
        return {row.number: row.title for row in rows}

    # ---------- how ----------
    def _lines(
        self, sight: FileSight, where: Sequence[ColumnElement[bool]], search: Search
    ) -> tuple[ListedFile, ...]:
        query = select(*_LINE).select_from(_WITH_NAMES).where(*where)
        query = query.order_by(*self._order(search.order)).offset(search.start)
        return tuple(self._listed(sight, query.limit(search.limit)))

    def _order(self, order: Order) -> list[ColumnElement[Any]]:
        def text(column: ColumnElement[Any]) -> ColumnElement[Any]:
            return collate(column, self._code_points)

        columns: dict[Order, list[ColumnElement[Any]]] = {
            Order.CHANGED: [_FILE.c.updated_at.desc(), _FILE.c.id.desc()],
            Order.OLDEST: [_FILE.c.updated_at, _FILE.c.id],
            Order.TITLE: [text(_FILE.c.folded), _FILE.c.id],
            Order.APPLICANT: [text(_APPLICANT.c.folded), _FILE.c.id],
        }
        return columns[order]

    def _listed(self, sight: FileSight, query: Select[Any]) -> Iterator[ListedFile]:
        for row in self.session.execute(query).mappings():
            yield ListedFile(**{**row, "state": sight.shown(row["state"])})

    def _count(
        self, where: Sequence[ColumnElement[bool]], search: Search, *, permits: bool = False
    ) -> tuple[int, bool]:
        source = _with_permits() if permits else _WITH_NAMES
        if not folded(search.text).split():
            source = _FILE.join(_PERMIT, _PERMIT.c.file == _FILE.c.id) if permits else _FILE
        some = select(_FILE.c.id).select_from(source).where(*where).limit(MOST_COUNTED + 1)
        counted = self.session.execute(select(func.count()).select_from(some.subquery())).scalar()
        total = int(counted or 0)
        return min(total, MOST_COUNTED), total > MOST_COUNTED


def _with_permits() -> Any:
    return _WITH_NAMES.join(_PERMIT, _PERMIT.c.file == _FILE.c.id)


def _wanted(sight: FileSight, search: Search, waits: Waits) -> list[ColumnElement[bool]]:
    where = [_has(word) for word in folded(search.text).split()[:MOST_WORDS]]
    if search.state:
        state = search.known_state
        where.append(false() if state is None else _FILE.c.state.in_(sight.standing(state)))
    mine = case(
        (among(_FILE.c.id, waits.able), true()),
        (among(_FILE.c.id, waits.proposed), false()),
        else_=_FILE.c.state.in_(waits.mine),
    )
    if search.waiting is Waiting.MINE:
        where.append(mine == true())
    elif search.waiting is Waiting.OTHERS:
        someone = or_(_FILE.c.state.in_(waits.others), among(_FILE.c.id, waits.proposed))
        where.append(and_(mine == false(), someone))
    return where


def _has(word: str) -> ColumnElement[bool]:
    places = (_FILE.c.folded, _APPLICANT.c.folded, func.coalesce(_SPONSOR.c.folded, ""))
    return or_(*(place.contains(word, autoescape=True) for place in places))


def in_parts(some: Collection[str]) -> Iterator[list[str]]:
    """The same in parts that fit into a query, in order."""
    listed = sorted(some)
    for start in range(0, len(listed), PART):
        yield listed[start : start + PART]
