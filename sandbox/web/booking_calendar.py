"""Booked seats as a calendar file.

Source: RFC 5545: lines of at most 75 octets, ended by CRLF; moments in UTC.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from sandbox.domain.bookings import Booking

LINE: Final = 75
MARKS: Final = (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n"))


def calendar(bookings: Iterable[Booking], title: str, url: str, at: datetime) -> str:
    """A calendar with an event for each booking.

    Args:
        bookings: none of them cancelled.
        title: of the course.
        url: of this install; makes the events' ids its own.
        at: now.
    """
    host = url.partition("://")[2].partition("/")[0].partition(":")[0]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Synak//Seats//EN"]
    for each in bookings:
        group = f" · {each.group}" if each.group else ""
        lines += [
            "BEGIN:VEVENT",
            f"UID:{each.id}@{host}",
            f"DTSTAMP:{_moment(at)}",
            f"DTSTART:{_moment(each.begins)}",
            f"DTEND:{_moment(each.ends)}",
            f"SUMMARY:{_text(f'{title}{group} ({each.seats})')}",
            "END:VEVENT",
        ]
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"])


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    for mark, written in MARKS:
        text = text.replace(mark, written)
    return text


def _folded(line: str) -> str:
    r"""A line in pieces of at most ``LINE`` octets, no letter cut; further ones begin with a space.

    >>> [len(each.encode()) for each in _folded("SUMMARY:" + "ө" * 40).split("\r\n")]
    [74, 15]
    """
    pieces, piece = [], ""
    for letter in line:
        if len((piece + letter).encode()) > LINE:
            pieces.append(piece)
            piece = " "
        piece += letter
    return "\r\n".join([*pieces, piece])
