"""The method of a trace as data: with it and the ledger anybody makes the same trace again.

Rules:

1. What decides the result is named: policy, direction, seeds, stops, and the ledger by the hash of
   its rows and of what was there before them.
2. What only describes it is named too: the policy's definition, the library's version.
3. Where the chain's own words are known, they pin the ledger: the height up to which it was read
   and that block's hash. The pinned block is not before the ledger's last row.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, Literal

import msgspec
import polars as pl

from sandbox import __version__
from sandbox.forensics.errors import NotAsWritten
from sandbox.forensics.exhibits.definitions import DEFINITIONS, SOURCES
from sandbox.forensics.exhibits.tables import digests
from sandbox.forensics.ledger import PLACE, Ledger
from sandbox.forensics.tracing import Stop, Trace, trace

_BLOCK_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
TOOL: Final = "sandbox.forensics"


class Pin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The block up to which a ledger was read.

    Attributes:
        block: its height.
        hash: ``0x`` and 64 hexadecimal digits, small letters.
        chain: the chain's number (EIP-155), if it has one.
        token: the token's address, where a chain has several.
    """

    block: int
    hash: str
    chain: int | None = None
    token: str | None = None


class Tool(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A program: its name and version."""

    name: str
    version: str


HERE: Final = Tool(TOOL, __version__)
"""This library as it is installed."""


class Seed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row that began the trace: its number from 0, its place in words, its transaction."""

    row: int
    place: str
    hash: str | None


class Stops(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``sandbox.forensics.Stop`` as data: amounts as digits, a moment as ISO 8601 in UTC."""

    services: dict[str, str]
    dust: str
    hops: int | None
    until: int | str | None
    enough: str | None


class LedgerMark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which ledger: its length, its hashes, the places of its first and last row."""

    rows: int
    sha256: str
    opening_sha256: str
    first: str
    last: str


class Method(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a trace was made; see the module."""

    policy: str
    definition: str
    source: str
    direction: Literal["forward", "backward"]
    seeds: tuple[Seed, ...]
    stops: Stops
    tool: Tool
    ledger: LedgerMark
    pin: Pin | None

    def again(self, ledger: Ledger) -> Trace:
        """Make the trace again.

        Args:
            ledger: the one of the method; ``NotAsWritten`` is for the caller to find out.

        Raises:
            CannotTrace: as ``sandbox.forensics.trace``.
        """
        return trace(
            ledger,
            self.policy,
            [each.row for each in self.seeds],
            stop=_stop(self.stops, ledger),
            backward=self.direction == "backward",
        )


def method_of(found: Trace, *, pin: Pin | None = None) -> Method:
    """The method of a trace.

    Args:
        found: the trace.
        pin: up to which block its ledger was read, where that is known.

    Raises:
        NotAsWritten: ``exhibits.pin_malformed``, ``exhibits.pin_too_early``.
    """
    return Method(
        policy=found.policy.value,
        definition=DEFINITIONS[found.policy],
        source=SOURCES[found.policy],
        direction="backward" if found.backward else "forward",
        seeds=tuple(_seed(found.ledger, row) for row in found.seeds),
        stops=_stops(found.stop),
        tool=HERE,
        ledger=mark_of(found.ledger),
        pin=checked_pin(pin, found.ledger),
    )


def mark_of(ledger: Ledger) -> LedgerMark:
    """By what a ledger is known."""
    rows, opening = digests(ledger)
    ends = (0, len(ledger) - 1) if len(ledger) else ()
    places = [_place(ledger, row) for row in ends] or ["", ""]
    return LedgerMark(len(ledger), rows, opening, *places)


def checked_pin(pin: Pin | None, ledger: Ledger) -> Pin | None:
    """A pin that fits a ledger.

    Raises:
        NotAsWritten: ``exhibits.pin_malformed``, ``exhibits.pin_too_early``.
    """
    if pin is None:
        return None
    if pin.block < 0 or not _BLOCK_HASH.fullmatch(pin.hash):
        raise NotAsWritten("exhibits.pin_malformed")
    last = int(ledger.places["block"][-1]) if len(ledger) else 0
    if pin.block < last:
        raise NotAsWritten("exhibits.pin_too_early", block=pin.block, last=last)
    return pin


def moment(at: datetime) -> str:
    """A moment as ISO 8601 in UTC, whole seconds where it is whole.

    >>> moment(datetime(2026, 11, 23, 9, 30, tzinfo=UTC))
    '2026-11-23T09:30:00Z'
    """
    aware = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return aware.replace(tzinfo=None).isoformat() + "Z"


def _place(ledger: Ledger, row: int) -> str:
    return " / ".join(str(each) for each in ledger.places.select(PLACE).row(row))


def _seed(ledger: Ledger, row: int) -> Seed:
    known = "hash" in ledger.places.columns
    return Seed(row, _place(ledger, row), ledger.places["hash"][row] if known else None)


def _stops(stop: Stop) -> Stops:
    until = moment(stop.until) if isinstance(stop.until, datetime) else stop.until
    enough = None if stop.enough is None else str(stop.enough)
    return Stops(dict(stop.services), str(stop.dust), stop.hops, until, enough)


def _stop(stops: Stops, ledger: Ledger) -> Stop:
    until: Any = stops.until
    if isinstance(until, str):
        until = datetime.fromisoformat(until)
        kind = ledger.places.schema.get("time")
        if isinstance(kind, pl.Datetime) and kind.time_zone is None:
            until = until.replace(tzinfo=None)
    enough = None if stops.enough is None else int(stops.enough)
    return Stop(
        services=stops.services, dust=int(stops.dust), hops=stops.hops, until=until, enough=enough
    )
