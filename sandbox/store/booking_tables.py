"""The table and repository of booked seats."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, Integer, String
from sqlmodel import SQLModel

from sandbox.domain.bookings import Booking, Window
from sandbox.domain.coursework import CourseName
from sandbox.store.base import column
from sandbox.store.repository import Repository
from sandbox.store.types import TZDateTime


class BookingRow(SQLModel, table=True):
    """Booked seats."""

    __tablename__: ClassVar[Any] = "seat_booking"
    __table_args__: ClassVar[Any] = (Index(None, "course", "ends"), Index(None, "ends"))
    id: str = column(String(32), primary_key=True)
    course: str = column(String(48))
    group: str = column(String(40))
    term: str = column(String(20))
    begins: datetime = column(TZDateTime())
    ends: datetime = column(TZDateTime())
    seats: int = column(Integer())
    booked_by: str = column(String(32))
    booked_at: datetime = column(TZDateTime())
    cancelled_by: str | None = column(String(32), nullable=True)
    cancelled_at: datetime | None = column(TZDateTime(), nullable=True)
    revision: int = column(Integer())


class Bookings(Repository[Booking]):
    """Booked seats."""

    record, row, code = Booking, BookingRow, "booking"

    def within(self, window: Window) -> tuple[Booking, ...]:
        """What is booked, of all courses, at some moment of a window."""
        return self.select(
            self.columns.begins < window.ends,
            self.columns.ends > window.begins,
            self.columns.cancelled_at.is_(None),
            order=(self.columns.begins, self.columns.id),
        )

    def of_course(self, course: CourseName, since: datetime) -> tuple[Booking, ...]:
        """A course's bookings that end after a moment, cancelled ones too, by their begin."""
        where = (self.columns.course == course, self.columns.ends > since)
        return self.select(*where, order=(self.columns.begins, self.columns.id))
