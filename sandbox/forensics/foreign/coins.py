"""A UTXO ledger from an explorer's replies: coins that transactions use up and make.

1. The file is a JSON list of replies to ``GET /tx/:txid`` in Esplora's form. Fields that are not
   needed may be there; those that are needed have to be right.
2. Inputs make outputs and fee, to the unit. A coin is used once, after it was made, and says of
   itself where it is used what it said where it was made. Only confirmed transactions count.
3. Explorers do not say where in its block a transaction stands: here transactions of one block
   stand in the order in which they use each other, then in that of the file.
4. For tracing, an account is a **coin** (``txid:place``), and each transaction an account of its
   own between them: inputs are paid into it in their order, then outputs out of it in theirs, and
   the fee last, to the zero address. FIFO in that ledger is first in, first out of satoshis
   (Anderson, Shumailov, Ahmed, 2018), haircut the share of each. Coins that were made outside of
   the file begin with their value.
5. For matching, ``payments`` names addresses: the payer is the address of the largest input, the
   first of equals. That is a reading aid, not a finding about who paid.

Source: Esplora HTTP API, "Transaction format".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any, Final

from sandbox.forensics.accounts import ZERO
from sandbox.forensics.foreign.addresses import is_segwit
from sandbox.forensics.foreign.errors import CannotRead
from sandbox.kit.strict_json import read_object

if TYPE_CHECKING:
    import polars as pl

    from sandbox.forensics.ledger import Ledger

MOST_BYTES: Final = 16_000_000
MOST: Final = 20_000
"""Transactions of a file."""
MOST_ENDS: Final = 2_000
"""Inputs, or outputs, of a transaction."""
MOST_VALUE: Final = 21_000_000 * 10**8
_LAST: Final = 2**32
_HASH: Final = 64
Coin = tuple[str, int]


@dataclass(frozen=True, slots=True)
class End:
    """A coin where it is made or used.

    Attributes:
        coin: transaction and place at which it was made.
        address: whose; empty where the script has none.
        value: smallest units.
    """

    coin: Coin
    address: str
    value: int

    @property
    def name(self) -> str:
        """How the ledger calls it."""
        return f"{self.coin[0]}:{self.coin[1]}"


@dataclass(frozen=True, slots=True)
class Spending:
    """A transaction.

    Attributes:
        txid: 64 hexadecimals.
        block: height.
        time: of the block, UTC.
        uses: inputs in order; none of a coinbase.
        makes: outputs in order.
        fee: smallest units.
    """

    txid: str
    block: int
    time: datetime
    uses: tuple[End, ...]
    makes: tuple[End, ...]
    fee: int


@dataclass(frozen=True, eq=False)
class Coins:
    """A UTXO ledger; ``read_utxo`` makes one.

    Attributes:
        transactions: in their order; see rule 3.
    """

    transactions: tuple[Spending, ...] = field(repr=False)

    @cached_property
    def outputs(self) -> pl.DataFrame:
        """Every coin that is made in the file.

        Columns: ``txid``, ``place``, ``address``, ``amount``, ``block``, ``time``, and
        ``spent_by``, the transaction that uses it (empty: none in this file).
        """
        import polars as pl  # noqa: PLC0415 - reading does without it

        used = {each.coin: by.txid for by in self.transactions for each in by.uses}
        rows = [
            (*each.coin, each.address, each.value, by.block, by.time, used.get(each.coin))
            for by in self.transactions
            for each in by.makes
        ]
        schema: dict[str, Any] = {
            "txid": pl.String,
            "place": pl.Int64,
            "address": pl.String,
            "amount": pl.Int64,
            "block": pl.Int64,
            "time": pl.Datetime("us", "UTC"),
            "spent_by": pl.String,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def ledger(self) -> Ledger:
        """Coin by coin, to be traced; see rule 4."""
        rows: list[tuple[Any, ...]] = []
        for place, each in self._placed():
            moves = [(one.name, each.txid, one.value) for one in each.uses]
            if not each.uses:
                moves.append((ZERO, each.txid, sum(one.value for one in each.makes)))
            moves += [(each.txid, one.name, one.value) for one in each.makes]
            moves += [(each.txid, ZERO, each.fee)] if each.fee else []
            kept = [move for move in moves if move[2]]
            rows += [(*place, log, *move, each) for log, move in enumerate(kept)]
        return _ledger(rows)

    def payments(self) -> Ledger:
        """Address by address, for matching; see rule 5. Outputs without an address are left out."""
        rows: list[tuple[Any, ...]] = []
        for place, each in self._placed():
            payer = max(each.uses, key=lambda one: one.value).address if each.uses else ZERO
            rows += [
                (*place, one.coin[1], payer, one.address, one.value, each)
                for one in each.makes
                if one.address and payer and one.value
            ]
        return _ledger(rows)

    def _placed(self) -> list[tuple[tuple[int, int], Spending]]:
        found, block, number = [], -1, 0
        for each in self.transactions:
            number = number + 1 if each.block == block else 0
            block = each.block
            found.append(((block, number), each))
        return found


def read_utxo(content: bytes) -> Coins:
    """Read an explorer's replies.

    Args:
        content: a JSON list of transactions, UTF-8, at most ``MOST_BYTES``.

    Raises:
        CannotRead: ``foreign.too_large``, ``foreign.not_json``, ``foreign.field_malformed``,
            ``foreign.address_malformed``, ``foreign.unconfirmed``, ``foreign.twice``,
            ``foreign.unbalanced``, ``foreign.spent_twice``, ``foreign.contradicts``,
            ``foreign.order_impossible``.
    """
    if len(content) > MOST_BYTES:
        raise CannotRead("foreign.too_large", most=MOST_BYTES)
    try:
        said = read_object(b'{"list":' + content + b"}", openings=MOST * 40)["list"]
    except (ValueError, TypeError) as error:
        raise CannotRead("foreign.not_json") from error
    if not isinstance(said, list) or not 0 < len(said) <= MOST:
        raise CannotRead("foreign.field_malformed", place="0", name="list")
    found = [_transaction(number, each) for number, each in enumerate(said, 1)]
    by_name = {each.txid: each for each in found}
    if len(by_name) < len(found):
        raise CannotRead("foreign.twice")
    _checked(found, by_name)
    return Coins(_ordered(found, by_name))


def _transaction(number: int, said: Any) -> Spending:
    """One reply, by itself."""
    reply = _Reply(number, said)
    status = reply.within("status")
    if status.said.get("confirmed") is not True:
        raise CannotRead("foreign.unconfirmed", place=str(number))
    txid = reply.hash("txid")
    moment = status.number("block_time", _LAST)
    made = [_end((txid, at), _Reply(number, each)) for at, each in enumerate(reply.ends("vout"))]
    used = []
    for each in (_Reply(number, one) for one in reply.ends("vin")):
        if each.said.get("is_coinbase") is not True:
            coin = each.hash("txid"), each.number("vout", MOST_ENDS)
            used.append(_end(coin, each.within("prevout")))
    if used and len(used) < len(reply.ends("vin")):
        raise CannotRead("foreign.field_malformed", place=str(number), name="is_coinbase")
    fee = reply.number("fee", MOST_VALUE)
    came, went = (sum(each.value for each in ends) for ends in (used, made))
    if (used and came != went + fee) or (not used and fee):
        raise CannotRead("foreign.unbalanced", place=str(number))
    block = status.number("block_height", _LAST)
    return Spending(txid, block, datetime.fromtimestamp(moment, UTC), tuple(used), tuple(made), fee)


def _end(coin: Coin, said: _Reply) -> End:
    address = said.said.get("scriptpubkey_address", "")
    if not isinstance(address, str) or (address and not is_segwit(address)):
        raise CannotRead("foreign.address_malformed", place=str(said.place))
    return End(coin, address, said.number("value", MOST_VALUE))


def _checked(found: list[Spending], by_name: Mapping[str, Spending]) -> None:
    """What the transactions say of each other."""
    used: set[Coin] = set()
    for number, each in enumerate(found, 1):
        for end in each.uses:
            if end.coin in used:
                raise CannotRead("foreign.spent_twice", place=str(number))
            used.add(end.coin)
            maker = by_name.get(end.coin[0])
            if maker and (end.coin[1] >= len(maker.makes) or maker.makes[end.coin[1]] != end):
                raise CannotRead("foreign.contradicts", place=str(number))
            if maker and maker.block > each.block:
                raise CannotRead("foreign.order_impossible")


def _ordered(found: list[Spending], by_name: Mapping[str, Spending]) -> tuple[Spending, ...]:
    """By block; within one, who is used comes first."""
    known = {
        each.txid: {end.coin[0] for end in each.uses if end.coin[0] in by_name} for each in found
    }
    depth: dict[str, int] = {}
    try:
        for name in TopologicalSorter(known).static_order():
            same = [each for each in known[name] if by_name[each].block == by_name[name].block]
            depth[name] = 1 + max((depth[each] for each in same), default=-1)
    except CycleError as error:
        raise CannotRead("foreign.order_impossible") from error
    return tuple(sorted(found, key=lambda each: (each.block, depth[each.txid])))


def _ledger(rows: list[tuple[Any, ...]]) -> Ledger:
    import polars as pl  # noqa: PLC0415 - reading does without it

    from sandbox.forensics.ledger import Ledger  # noqa: PLC0415 - as above

    names = ("block", "transaction", "log", "payer", "payee", "amount")
    table = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    table |= {"time": [row[-1].time for row in rows], "hash": [row[-1].txid for row in rows]}
    return Ledger.read(pl.DataFrame(table), opening="least")


@dataclass(frozen=True)
class _Reply:
    """An object of a file, looked at field by field."""

    place: int
    said: Any

    def __post_init__(self) -> None:
        if not isinstance(self.said, dict):
            raise CannotRead("foreign.field_malformed", place=str(self.place), name="{}")

    def _wrong(self, name: str) -> CannotRead:
        return CannotRead("foreign.field_malformed", place=str(self.place), name=name)

    def within(self, name: str) -> _Reply:
        if not isinstance(self.said.get(name), dict):
            raise self._wrong(name)
        return _Reply(self.place, self.said[name])

    def ends(self, name: str) -> list[Any]:
        found = self.said.get(name)
        if not isinstance(found, list) or not 0 < len(found) <= MOST_ENDS:
            raise self._wrong(name)
        return found

    def number(self, name: str, most: int) -> int:
        found = self.said.get(name)
        if type(found) is not int or not 0 <= found <= most:
            raise self._wrong(name)
        return found

    def hash(self, name: str) -> str:
        found = self.said.get(name)
        right = isinstance(found, str) and len(found) == _HASH
        if not right or set(found) - set("0123456789abcdef"):
            raise self._wrong(name)
        return str(found)
