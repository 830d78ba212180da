"""A small ledger with a theft in it, and an exhibit of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from sandbox.forensics import Ledger, Stop, trace
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.exhibits import Exhibit, Pin

VICTIM, THIEF, MULE, SHOP = ("0x" + digit * 40 for digit in "abcd")
AT = datetime(2026, 11, 23, 9, 30, 5, tzinfo=UTC)
FIRST_DAY = datetime(2026, 3, 3, 8, tzinfo=UTC)
PIN = Pin(block=9, hash="0x" + "5e" * 32, chain=56417)
WHOLE = 10**18
MOVES = (
    (ZERO, VICTIM, 900),
    (VICTIM, THIEF, 700),
    (ZERO, THIEF, 50),
    (THIEF, MULE, 600),
    (MULE, SHOP, 250),
)


def table(moves=MOVES, *, scale=1):
    """A block each."""
    count = len(moves)
    return pl.DataFrame(
        {
            "block": range(1, count + 1),
            "transaction": [0] * count,
            "log": [0] * count,
            "payer": [each[0] for each in moves],
            "payee": [each[1] for each in moves],
            "amount": [str(each[2] * scale) for each in moves],
            "time": [FIRST_DAY + timedelta(hours=each) for each in range(count)],
            "hash": [f"0x{each:064x}" for each in range(count)],
        }
    )


def ledger(**options):
    return Ledger.read(table(**options))


def found(of=None, policy="fifo", **options):
    stop = options.pop("stop", Stop(services={SHOP: "exchange"}))
    return trace(of or ledger(), policy, options.pop("seeds", [1]), stop=stop, **options)


def exhibit(of=None, *, pin=PIN):
    """Acquired, traced by two policies, a chat added, handed over."""
    of = of or ledger()
    later = [AT + timedelta(minutes=each) for each in range(5)]
    kept = Exhibit.of(of, number="T-07", by="analyst 3", at=later[0], pin=pin, note="a lab")
    kept = kept.traced(found(of), by="analyst 3", at=later[1])
    kept = kept.traced(found(of, "haircut"), by="analyst 4", at=later[2], name="second")
    kept = kept.add({"chat.txt": "Салам, төлөм өттү".encode()}, by="analyst 4", at=later[3])
    return kept.handed_over(by="analyst 3", at=later[4], note="to the trainer")
