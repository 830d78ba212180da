"""Column types that keep a value exactly, on both stores.

Rules:

1. Token amounts: NUMERIC(78,0) on PostgreSQL; zero-padded text of 78 digits on SQLite, whose
   NUMERIC silently rounds beyond 2**63. Order by the column is order by value on both.
2. Times are aware UTC, written and read; a naive one is refused.
3. Enumerations are stored by value, never by name.

>>> AmountColumn.padded(7)[-3:]
'007'
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import JSON, DateTime, Dialect, Numeric, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from sandbox.kit.canonical import canonical
from sandbox.kit.clock import utc
from sandbox.kit.errors import InvalidInput
from sandbox.kit.money import MAX_UINT256

AMOUNT_DIGITS = 78
UNREADABLE: Final[Mapping[str, Any]] = {"unreadable": True}


class AmountColumn(TypeDecorator[int]):
    """Minor units, 0 <= value < 2**256, exact on both stores."""

    impl = String(AMOUNT_DIGITS)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC(78,0) on PostgreSQL, fixed-width text elsewhere."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(AMOUNT_DIGITS, 0))
        return dialect.type_descriptor(String(AMOUNT_DIGITS))

    @staticmethod
    def padded(value: int) -> str:
        """The fixed-width text of an amount."""
        return str(value).rjust(AMOUNT_DIGITS, "0")

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        """Write; refuses what is no amount (``store.not_an_amount``)."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_UINT256:
            raise InvalidInput("store.not_an_amount", value=str(value)[:90])
        return Decimal(value) if dialect.name == "postgresql" else self.padded(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Read the integer again."""
        return None if value is None else int(value)


class TZDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite keeps it without zone, PostgreSQL with."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Write in UTC; a naive time is refused (``clock.naive``)."""
        if value is None:
            return None
        aware = utc(value)
        return aware if dialect.name == "postgresql" else aware.replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002
    ) -> datetime | None:
        """Read aware UTC."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class EnumColumn(TypeDecorator[StrEnum]):
    """A ``StrEnum`` stored by value."""

    impl = String(40)
    cache_ok = True

    def __init__(self, kind: type[StrEnum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the value."""
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        """Read the member again."""
        return None if value is None else self.kind(value)


class CanonicalColumn(TypeDecorator[Any]):
    """A JSON object kept as its canonical text, byte for byte (RFC 8785).

    Text that is not canonical any more is read as ``UNREADABLE``: whoever checks it sees that it
    is not what was written, and nobody has to catch a parser's error.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the canonical text."""
        return None if value is None else canonical(dict(value)).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read the object again."""
        if value is None:
            return None
        try:
            body = json.loads(value)
            return body if canonical(body).decode() == value else UNREADABLE
        except (ValueError, TypeError, RecursionError, InvalidInput):
            return UNREADABLE


class JsonColumn(TypeDecorator[Any]):
    """A JSON value; with ``load``/``dump``, a record that has a JSON form."""

    impl = JSON
    cache_ok = True

    def __init__(
        self,
        dump: Callable[[Any], Any] | None = None,
        load: Callable[[Any], Any] | None = None,
    ) -> None:
        super().__init__(none_as_null=True)
        self.dump = dump
        self.load = load

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSONB on PostgreSQL."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB(none_as_null=True))
        return dialect.type_descriptor(JSON(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Write the JSON form."""
        if value is None:
            return None
        if self.dump is not None:
            return self.dump(value)
        return dict(value) if isinstance(value, Mapping) else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read the record again."""
        return value if value is None or self.load is None else self.load(value)
