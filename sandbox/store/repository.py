"""The one mapping between rows and records: equal field names, nothing hidden.

Rows are written by statements, not by tracked objects, so that what is saved is exactly what the
caller holds, and a stale copy is refused instead of overwriting. A reading unit of work asks the
database the same thing once (``once``): a page that is put together by several services, each of
which looks for itself who may see the file, reads the file a single time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import wraps
from typing import Any, ClassVar, Generic, TypeVar, cast

from sqlalchemy import ColumnElement, Row, Table, insert, select, update
from sqlalchemy.engine import CursorResult, RowMapping
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from sandbox.kit.errors import Conflict, NotFound

R = TypeVar("R")
Ask = TypeVar("Ask", bound=Callable[..., Any])
READ = "read"
"""Where a reading unit's session keeps what was answered."""


def once(method: Ask) -> Ask:
    """A question that a reading unit of work asks the database once; a writing one each time.

    For methods of what holds a ``session``. The arguments are hashable, and nobody changes the
    answer.
    """

    @wraps(method)
    def asked(self: Any, *args: Any, **named: Any) -> Any:
        answers = self.session.info.get(READ)
        if answers is None:
            return method(self, *args, **named)
        question = (type(self), method.__name__, args, *sorted(named.items()))
        if question not in answers:
            answers[question] = method(self, *args, **named)
        return answers[question]

    return cast("Ask", asked)


class Repository(Generic[R]):
    """Records of one kind.

    Attributes:
        record: the dataclass.
        row: the table class with the same field names.
        code: the error code's first part.
    """

    record: ClassVar[type[Any]]
    row: ClassVar[type[SQLModel]]
    code: ClassVar[str]
    table: ClassVar[Table]
    columns: ClassVar[Any]
    names: ClassVar[tuple[str, ...]]
    keys: ClassVar[tuple[str, ...]]
    _places: ClassVar[tuple[int, ...]]

    def __init_subclass__(cls, **options: Any) -> None:
        """Work out once what is the same for every unit of work."""
        super().__init_subclass__(**options)
        if not hasattr(cls, "row"):
            return
        cls.table = cls.row.__table__  # type: ignore[attr-defined]
        cls.columns = cls.table.c
        cls.names = tuple(field.name for field in fields(cls.record))
        cls.keys = tuple(column.name for column in cls.table.primary_key.columns)
        columns = cls.table.c.keys()
        cls._places = tuple(columns.index(name) for name in cls.names)

    def __init__(self, session: Session) -> None:
        self.session = session

    def load(self, row: RowMapping) -> R:
        """The record of a row, whatever else the row holds."""
        found: R = self.record(**{name: row[name] for name in self.names})
        return found

    def _whole(self, row: Row[Any]) -> R:
        """The record of a row that is the table's own, in the table's order."""
        found: R = self.record(*(row[place] for place in self._places))
        return found

    def values(self, record: R) -> dict[str, Any]:
        """The row of a record."""
        return {name: getattr(record, name) for name in self.names}

    @once
    def find(self, *key: Any, lock: bool = False) -> R | None:
        """The record with a key, or None.

        Args:
            *key: the primary key's values.
            lock: hold the row until the end of the transaction (PostgreSQL; SQLite's writing
                unit already holds the whole store).
        """
        query = select(self.table).where(*self._is(key))
        if lock:
            query = query.with_for_update()
        row = self.session.execute(query).first()
        return None if row is None else self._whole(row)

    def get(self, *key: Any, lock: bool = False) -> R:
        """The record with a key.

        Raises:
            NotFound: ``<code>.not_found``.
        """
        found = self.find(*key, lock=lock)
        if found is None:
            raise NotFound(f"{self.code}.not_found", id="/".join(str(part)[:64] for part in key))
        return found

    def select(
        self,
        *where: ColumnElement[bool],
        order: Any = None,
        limit: int | None = None,
        lock: bool = False,
    ) -> tuple[R, ...]:
        """Records that fulfil every condition.

        Args:
            *where: conditions on ``columns``.
            order: one or several columns; the primary key when left out.
            limit: at most so many.
            lock: hold the rows until the end of the transaction, as in `find`.
        """
        by = (
            order
            if isinstance(order, Sequence)
            else [order]
            if order is not None
            else [self.columns[name] for name in self.keys]
        )
        query = select(self.table).where(*where).order_by(*by)
        if limit is not None:
            query = query.limit(limit)
        if lock:
            query = query.with_for_update()
        return tuple(self._whole(row) for row in self.session.execute(query))

    def add(self, record: R) -> R:
        """Insert a new record.

        Raises:
            Conflict: ``store.conflict`` when it exists (from the unit of work).
        """
        self.session.execute(insert(self.table).values(**self.values(record)))
        return record

    def add_all(self, records: Sequence[R]) -> None:
        """Insert many new records with one statement.

        Raises:
            Conflict: ``store.conflict`` when one exists (from the unit of work).
        """
        if records:
            self.session.execute(insert(self.table), [self.values(each) for each in records])

    def save(self, record: R) -> R:
        """Write a record that was read, unless it was written meanwhile.

        Returns:
            The record with its next revision.

        Raises:
            Conflict: ``store.changed_meanwhile``.
        """
        values = self.values(record)
        where = self._is(tuple(values[name] for name in self.keys))
        if "revision" in values:
            where.append(self.columns["revision"] == values["revision"])
            values["revision"] += 1
        result = self.session.execute(update(self.table).where(*where).values(**values))
        if not isinstance(result, CursorResult) or result.rowcount != 1:
            raise Conflict("store.changed_meanwhile", what=self.code)
        if "revision" not in values:
            return record
        return replace(record, revision=values["revision"])  # type: ignore[type-var]

    def _is(self, key: tuple[Any, ...]) -> list[ColumnElement[bool]]:
        return [self.columns[name] == value for name, value in zip(self.keys, key, strict=True)]
