"""An attestation of reserves, checked against the chain.

A firm says: at this moment these wallets, whose keys we have, held enough for all that we owe. What
is checked, in this order:

1. **Control.** Each wallet signed the auditor's text with its own key (EIP-191). A wallet that did
   not, or that is named twice, counts for nothing. A contract cannot sign in this way. A signature
   shows control, not ownership.
2. **Assets**: what the wallets of 1 held together at the end of the last block at or before the
   moment, by the ledger.
3. **Owed**: the published total, plus what claims show to be hidden (``claims``).
4. **Cover**: assets are at least what is owed (else ``short``), and ``buffer`` percent more (else
   ``buffer``).
5. **Dressing**: assets rose for the moment alone. With A the assets, B and C their lowest values in
   the ``window`` before and after: A is more than ``spike`` percent above B and above C
   (``dressed``). Money that came and stayed, or that was there and left, is none. Where the ledger
   ends before the window does, that cannot be said (``window_open``).

Sources: 102 % and 20 % within 24 hours are ours; definition of dressing ours. EIP-191, version
0x45.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl
from eth_account import Account
from eth_account.messages import encode_defunct

from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.errors import CannotProve
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.reserves.claims import Claims
from sandbox.forensics.reserves.course import Course, Point
from sandbox.forensics.reserves.tree import Node

_WALLETS: Final[dict[str, Any]] = {
    "wallet": pl.String,
    "control": pl.String,
    "held": pl.String,
}
_AROUND: Final[dict[str, Any]] = {
    "block": pl.Int64,
    "time": pl.Datetime("us", "UTC"),
    "assets": pl.String,
}
_LENDERS: Final[dict[str, Any]] = {"account": pl.String, "came": pl.String, "went": pl.String}


@dataclass(frozen=True)
class Attestation:
    """What a firm says.

    Attributes:
        firm: its number, as in the tree.
        root: of its liabilities.
        at: the moment, with a zone.
        challenge: the text that the auditor invented.
        wallets: address and signature (65 bytes) of each.
    """

    firm: int
    root: Node
    at: datetime
    challenge: str
    wallets: Sequence[tuple[str, bytes]]


@dataclass(frozen=True)
class Bounds:
    """What is asked.

    Attributes:
        buffer: percent above what is owed.
        spike: percent above the lowest value on both sides.
        window: before and after the moment.
    """

    buffer: int = 2
    spike: int = 20
    window: timedelta = timedelta(hours=24)

    def __post_init__(self) -> None:
        if min(self.buffer, self.spike) < 0 or self.window <= timedelta(0):
            raise CannotProve("reserves.bounds_malformed")


@dataclass(frozen=True)
class Reserves:
    """What the check found.

    Attributes:
        findings: of ``unsigned``, ``short``, ``buffer``, ``hidden``, ``negative``, ``dressed``,
            ``window_open``; none: the attestation holds.
        assets: of wallets under control at the moment, minor units.
        owed: published total and what is hidden.
        needed: ``owed`` with the buffer, rounded up.
        wallets: ``wallet``, ``control`` (``signed``, ``unsigned``, ``unreadable``, ``twice``),
            ``held`` at the moment.
        around: assets in the window: ``block``, ``time``, ``assets``: as it begins (block 0), then
            after each block that changed them.
        lenders: who paid in before the moment and was paid after it, both within the window:
            ``account``, ``came``, ``went``; the largest first.
    """

    findings: tuple[str, ...]
    assets: int
    owed: int
    needed: int
    wallets: pl.DataFrame
    around: pl.DataFrame = field(repr=False)
    lenders: pl.DataFrame = field(repr=False)


def controlled(wallets: Sequence[tuple[str, bytes]], challenge: str) -> list[tuple[str, str]]:
    """Each wallet, with how it stands with its key.

    Args:
        wallets: address and signature.
        challenge: the text that was to be signed.

    Returns:
        The address in small letters, and ``signed``, ``unsigned`` (by another key, or another
        text), ``unreadable``, or ``twice``.
    """
    found: list[tuple[str, str]] = []
    text = encode_defunct(text=challenge)
    for address, signature in wallets:
        name = spelt(address)
        try:
            signer = spelt(str(Account.recover_message(text, signature=bytes(signature))))
        except Exception:  # noqa: BLE001 - the library raises many kinds for what is no signature
            found.append((name, "unreadable"))
            continue
        again = signer == name and (name, "signed") in found
        found.append((name, "twice" if again else "signed" if signer == name else "unsigned"))
    return found


def check_reserves(
    attestation: Attestation,
    ledger: Ledger,
    *,
    claims: Claims | None = None,
    bounds: Bounds | None = None,
) -> Reserves:
    """Check an attestation.

    Args:
        attestation: what the firm says.
        ledger: the token's whole ledger, with ``time``.
        claims: what customers who were asked showed.
        bounds: as shipped, if nothing else is given.

    Raises:
        CannotProve: ``reserves.time_missing``: the ledger has no moments, or the attestation's has
            no zone; ``reserves.before_ledger``: the moment lies before the ledger's first row.
    """
    asked = bounds or Bounds()
    if attestation.at.tzinfo is None:
        raise CannotProve("reserves.time_missing")
    standing = controlled(attestation.wallets, attestation.challenge)
    own = {name for name, state in standing if state == "signed" and name != ZERO}
    course = Course(ledger, own)
    if course.begins_after(attestation.at):
        raise CannotProve("reserves.before_ledger")
    assets = course.at(attestation.at)
    owed = attestation.root.total + (claims.hidden if claims else 0)
    needed = -(-owed * (100 + asked.buffer) // 100)
    around = _around(course, attestation.at, asked.window)
    spiked = all(
        100 * assets > (100 + asked.spike) * min(point[2] for point in side)
        for side in (
            [each for each in around if each[1] <= attestation.at],
            [(0, attestation.at, assets), *(each for each in around if each[1] > attestation.at)],
        )
    )
    holds = {
        "unsigned": any(state != "signed" for _, state in standing),
        "negative": attestation.root.total < 0,
        "hidden": bool(claims and claims.hidden),
        "short": assets < owed,
        "buffer": owed <= assets < needed,
        "dressed": spiked,
        "window_open": not spiked and course.last < attestation.at + asked.window,
    }
    held = [
        (name, state, str(Course(ledger, {name}).at(attestation.at))) for name, state in standing
    ]
    points = [(block, time, str(level)) for block, time, level in around]
    return Reserves(
        tuple(name for name, found in holds.items() if found),
        assets,
        owed,
        needed,
        pl.DataFrame(held, schema=_WALLETS, orient="row"),
        pl.DataFrame(points, schema=_AROUND, orient="row"),
        _lenders(course, attestation.at, asked.window),
    )


def _around(course: Course, at: datetime, window: timedelta) -> list[Point]:
    """The level at the beginning of the window, then each that follows."""
    begin = at - window
    return [(0, begin, course.at(begin)), *course.points(begin, at + window)]


def _lenders(course: Course, at: datetime, window: timedelta) -> pl.DataFrame:
    came = course.moved(at - window, at, into=True)
    went = course.moved(at, at + window, into=False)
    both = sorted(came.keys() & went.keys(), key=lambda name: (-min(came[name], went[name]), name))
    rows = [(name, str(came[name]), str(went[name])) for name in both]
    return pl.DataFrame(rows, schema=_LENDERS, orient="row")
