"""A token's movements on a TRON-like chain, from an explorer's CSV of transfers.

1. The first line is ``HEADER``, in any order of its columns; further columns may be there.
2. Amounts are decimal text with at most ``DECIMALS`` places, without groups. Times are UTC.
3. ``Result`` other than ``SUCCESS`` moved nothing and is left out. A zero transfer stays: such
   lines are how lookalike addresses get into a victim's history.
4. Explorers give no place within a block; rows of one block stand in the order of the file. Newest
   first, as exports come, is turned round.
5. An export begins somewhere: accounts begin with just enough.

The columns' names are ours after what exports of such explorers hold (hash, block, time, from, to,
amount, token, result); a real export's names are mapped to them first.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from sandbox.forensics.foreign.addresses import is_tron
from sandbox.forensics.foreign.errors import CannotRead

if TYPE_CHECKING:
    from sandbox.forensics.ledger import Ledger

HEADER: Final = (
    "Txn Hash",
    "Block",
    "Time (UTC)",
    "From",
    "To",
    "Amount",
    "Token Symbol",
    "Contract Address",
    "Result",
)
DECIMALS: Final = 6
MOST_BYTES: Final = 16_000_000
MOST: Final = 50_000
"""Rows of a file."""
_FIELD: Final = 200
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,14})(?:\.([0-9]{1,6}))?")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_BLOCK: Final = re.compile(r"0|[1-9][0-9]{0,11}")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Moved:
    """One transfer.

    Attributes:
        hash: of the transaction, 64 hexadecimals.
        block: height.
        time: of the block, UTC.
        payer: Base58Check.
        payee: Base58Check.
        amount: smallest units.
        symbol: of the token; anybody may write any.
        contract: of the token, Base58Check.
    """

    hash: str
    block: int
    time: datetime
    payer: str
    payee: str
    amount: int
    symbol: str
    contract: str


@dataclass(frozen=True, eq=False)
class Tokens:
    """Transfers that succeeded; ``read_tokens`` makes them.

    Attributes:
        transfers: oldest first.
    """

    transfers: tuple[Moved, ...] = field(repr=False)

    @property
    def contracts(self) -> tuple[str, ...]:
        """The tokens that are there, in the order of first sight."""
        return tuple(dict.fromkeys(each.contract for each in self.transfers))

    def ledger(self, contract: str | None = None) -> Ledger:
        """One token's movements, to be traced.

        Args:
            contract: of the token; may be left out where the file has one.

        Raises:
            CannotRead: ``foreign.token_unclear``: it has several, or not this one.
        """
        import polars as pl  # noqa: PLC0415 - reading does without it

        from sandbox.forensics.ledger import Ledger  # noqa: PLC0415 - as above

        known = self.contracts
        if (contract is None and len(known) != 1) or (contract or known[0]) not in known:
            raise CannotRead("foreign.token_unclear", known=", ".join(known))
        rows = [
            each for each in self.transfers if each.amount and contract in {None, each.contract}
        ]
        number, block, places = 0, -1, []
        for each in rows:
            number = number + 1 if each.block == block else 0
            block = each.block
            places.append(number)
        table = {
            "block": [each.block for each in rows],
            "transaction": places,
            "log": [0] * len(rows),
            "payer": [each.payer for each in rows],
            "payee": [each.payee for each in rows],
            "amount": [each.amount for each in rows],
            "time": [each.time for each in rows],
            "hash": [each.hash for each in rows],
        }
        return Ledger.read(pl.DataFrame(table), opening="least")


def read_tokens(content: bytes) -> Tokens:
    """Read an explorer's CSV.

    Args:
        content: UTF-8, at most ``MOST_BYTES``.

    Raises:
        CannotRead: ``foreign.too_large``, ``foreign.not_csv``, ``foreign.field_malformed``,
            ``foreign.address_malformed``, ``foreign.order_impossible``.
    """
    if len(content) > MOST_BYTES:
        raise CannotRead("foreign.too_large", most=MOST_BYTES)
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise CannotRead("foreign.not_csv") from error
    head = lines[0] if lines else []
    if not set(HEADER) <= set(head) or len(set(head)) < len(head) or len(lines) > MOST + 1:
        raise CannotRead("foreign.not_csv")
    found, newest_first = [], False
    for number, line in enumerate(lines[1:], 2):
        if len(line) != len(head) or max(map(len, line)) > _FIELD:
            raise CannotRead("foreign.not_csv")
        row = _moved(number, dict(zip(head, line, strict=True)))
        found += [row] if row else []
    blocks = [each.block for each in found]
    newest_first = blocks != sorted(blocks)
    if newest_first:
        found, blocks = found[::-1], blocks[::-1]
    times = [each.time for each in found]
    if blocks != sorted(blocks) or times != sorted(times):
        raise CannotRead("foreign.order_impossible")
    return Tokens(tuple(found))


def _moved(number: int, row: dict[str, str]) -> Moved | None:
    """One line; None where it moved nothing because it failed."""

    def like(name: str, form: re.Pattern[str]) -> re.Match[str]:
        right = form.fullmatch(row[name])
        if right is None:
            raise CannotRead("foreign.field_malformed", place=str(number), name=name)
        return right

    amount, block = like("Amount", _AMOUNT), int(like("Block", _BLOCK)[0])
    try:
        time = datetime.fromisoformat(like("Time (UTC)", _TIME)[0]).replace(tzinfo=UTC)
    except ValueError as error:
        raise CannotRead("foreign.field_malformed", place=str(number), name="Time (UTC)") from error
    name = like("Txn Hash", _HASH)[0]
    if not all(is_tron(row[each]) for each in ("From", "To", "Contract Address")):
        raise CannotRead("foreign.address_malformed", place=str(number))
    if row["Result"] != "SUCCESS":
        return None
    minor = int(amount[1]) * 10**DECIMALS + int((amount[2] or "").ljust(DECIMALS, "0"))
    who = (row["From"], row["To"], minor, row["Token Symbol"], row["Contract Address"])
    return Moved(name, block, time, *who)
