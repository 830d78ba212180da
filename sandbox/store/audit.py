"""The audit log's rows: appended in order, inside the transaction of the act they record."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from sandbox.domain.audit import ERASED, ERASURE, KEPT_FOR_EVER, body_of, leaf_of
from sandbox.domain.records import AuditEntry, TreeHead
from sandbox.kit.errors import InvalidInput
from sandbox.store import tables
from sandbox.store.repositories import lock_name
from sandbox.store.repository import Repository

PAGE: Final = 1000
BROKEN: Final = AuditEntry(-1, datetime(1970, 1, 1, tzinfo=UTC), "", "", "", "", "", None, None)
"""Stands for a row that no longer parses."""


class _Entries(Repository[AuditEntry]):
    record, row, code = AuditEntry, tables.AuditRow, "audit"


class _Heads(Repository[TreeHead]):
    record, row, code = TreeHead, tables.TreeHeadRow, "tree_head"


class AuditLog:
    """Entries and signed heads."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._entries = _Entries(session)
        self._heads = _Heads(session)

    def append(
        self, *, kind: str, actor: str, subject: str, data: Mapping[str, Any], at: datetime
    ) -> AuditEntry:
        """Add an entry at the end.

        Args:
            kind: what happened, dotted (``permit.granted``).
            actor: who did it: an account, or ``system``.
            subject: what it happened to: a file, a permit, an account.
            data: canonical JSON values only.
            at: when, UTC.
        """
        return self.append_each(kind=kind, actor=actor, subject=subject, data=[data], at=at)[0]

    def append_each(
        self,
        *,
        kind: str,
        actor: str,
        subject: str,
        data: Sequence[Mapping[str, Any]],
        at: datetime,
    ) -> tuple[AuditEntry, ...]:
        """Add an entry for each of ``data`` at the end, in their order; as ``append`` otherwise.

        No entry is of an earlier time than the one before it: who was slower than somebody else
        is entered when the other was.
        """
        self.lock()
        last = next(iter(self.newest(1)), None)
        place, since = (0, at) if last is None else (last.index + 1, max(at, last.at))
        said = {"at": since, "kind": kind, "actor": actor, "subject": subject}
        entries = tuple(_entry(each, said, what) for each, what in enumerate(data, start=place))
        self._entries.add_all(entries)
        return entries

    def lock(self) -> None:
        """Let nobody else append until the end of the transaction."""
        lock_name(self.session, "audit")

    def size(self) -> int:
        """How many entries there are."""
        highest = self.session.execute(select(func.max(self._entries.columns.index))).scalar()
        return 0 if highest is None else int(highest) + 1

    def leaves(self, first: int = 0, size: int | None = None) -> list[bytes]:
        """Leaf hashes in order, from ``first`` up to ``size`` (excluded)."""
        columns = self._entries.columns
        query = select(columns.leaf).where(columns.index >= first).order_by(columns.index)
        if size is not None:
            query = query.where(columns.index < size)
        return [bytes.fromhex(leaf) for leaf in self.session.execute(query).scalars()]

    def scan(self) -> Iterator[AuditEntry]:
        """Every entry in order, ``PAGE`` of them in memory at a time.

        One whose columns cannot even be read comes as ``BROKEN``.
        """
        columns, after = self._entries.columns, None
        while True:
            query = select(columns.index).order_by(columns.index).limit(PAGE)
            if after is not None:
                query = query.where(columns.index > after)
            places = self.session.execute(query).scalars().all()
            if not places:
                return
            yield from self._page_from(places[0])
            after = places[-1]

    def _page_from(self, first: int) -> Iterator[AuditEntry]:
        columns = self._entries.columns
        with contextlib.suppress(ValueError, TypeError):
            yield from self._entries.select(columns.index >= first, limit=PAGE)
            return
        query = select(columns.index).where(columns.index >= first).order_by(columns.index)
        for index in self.session.execute(query.limit(PAGE)).scalars():
            try:
                yield self._entries.get(index)
            except (ValueError, TypeError):
                yield BROKEN

    def page(self, *, after: int, limit: int) -> tuple[AuditEntry, ...]:
        """Entries after a place (-1 for the beginning)."""
        return self._entries.select(self._entries.columns.index > after, limit=limit)

    def at_places(self, places: Collection[int]) -> Iterator[AuditEntry]:
        """The entries at these places, in order."""
        wanted = sorted(places)
        for first in range(0, len(wanted), PAGE):
            yield from self._entries.select(
                self._entries.columns.index.in_(wanted[first : first + PAGE])
            )

    def newest(self, limit: int) -> tuple[AuditEntry, ...]:
        """The newest entries, newest first."""
        return self._entries.select(order=self._entries.columns.index.desc(), limit=limit)

    def of_subjects(
        self,
        *subjects: str,
        without: Collection[str] = (),
        only: Collection[str] | None = None,
        most: int = 1000,
    ) -> tuple[AuditEntry, ...]:
        """Entries about a file and its permit, in order; the newest ``most`` of them.

        Args:
            *subjects: file id, permit number.
            without: kinds to leave out.
            only: kinds to keep; None for all.
            most: at most so many.
        """
        columns = self._entries.columns
        kept = () if only is None else (columns.kind.in_(list(only)),)
        newest = self._entries.select(
            columns.subject.in_(subjects),
            columns.kind.not_in(list(without)),
            *kept,
            order=columns.index.desc(),
            limit=most,
        )
        return newest[::-1]

    def of_kinds(self, subject: str, kinds: Collection[str]) -> tuple[AuditEntry, ...]:
        """Every entry of some kinds about a subject, in order."""
        columns = self._entries.columns
        where = (columns.subject == subject, columns.kind.in_(list(kinds)))
        return self._entries.select(*where, order=columns.index)

    def erase(self, index: int, *, actor: str, at: datetime) -> AuditEntry:
        """Erase the body and the salt of an entry; its leaf and every proof stay.

        Args:
            index: which entry.
            actor: who erases.
            at: when, UTC.

        Returns:
            The entry that records the erasure, appended in the same transaction.

        Raises:
            InvalidInput: ``audit.cannot_be_erased`` for an entry that is not there, is erased
                already, records an erasure or commits to a journal.
        """
        lock_name(self.session, "audit")
        found = self._entries.find(index, lock=True)
        if found is None or found.body is None or found.kind in KEPT_FOR_EVER:
            raise InvalidInput("audit.cannot_be_erased", index=index)
        recorded = self.append(
            kind=ERASURE, actor=actor, subject=str(index), data={"index": index}, at=at
        )
        table = self._entries.table
        self.session.execute(
            update(table).where(table.c.index == index).values(salt=None, body=None, **ERASED)
        )
        return recorded

    def last_head(self) -> TreeHead | None:
        """The newest signed head."""
        found = self._heads.select(order=self._heads.columns.size.desc(), limit=1)
        return found[0] if found else None

    def heads(self) -> tuple[TreeHead, ...]:
        """Every signed head, oldest first."""
        return tuple(self.scan_heads())

    def scan_heads(self) -> Iterator[TreeHead]:
        """Every signed head, oldest first, ``PAGE`` of them in memory at a time."""
        page = self.heads_after(-1, limit=PAGE)
        while page:
            yield from page
            page = self.heads_after(page[-1].size, limit=PAGE)

    def heads_after(self, size: int, *, limit: int) -> tuple[TreeHead, ...]:
        """Signed heads of more entries than ``size``, oldest first."""
        columns = self._heads.columns
        return self._heads.select(columns.size > size, order=columns.size, limit=limit)

    def add_head(self, head: TreeHead) -> TreeHead:
        """Keep a signed head; the first one of a size stays."""
        lock_name(self.session, "audit-head")
        found = self._heads.find(head.size)
        if found is not None:
            return found
        self.session.execute(insert(self._heads.table).values(**self._heads.values(head)))
        return head


def _entry(index: int, said: Mapping[str, Any], data: Mapping[str, Any]) -> AuditEntry:
    """An entry with its own salt, its commitment and its leaf."""
    salt = secrets.token_bytes(32)
    body = body_of(index=index, data=data, **said)
    commitment, leaf = leaf_of(body, salt)
    return AuditEntry(
        index=index,
        commitment=commitment.hex(),
        leaf=leaf.hex(),
        salt=salt.hex(),
        body=body,
        **said,
    )
