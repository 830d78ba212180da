"""The index of a chain's history: what the engine no longer holds, in the engine's own form.

An SQLite file beside the journal. It is derived: whoever deletes it loses nothing but
the time to make it again from the journal.

Rules:

- An epoch's blocks are written in one transaction together with ``upto``, so each is
  there exactly once or not at all, whatever is killed.
- It belongs to one chain (the genesis block's hash) and to one journal (the hash of the
  block ``upto``); whoever opens it compares both.
- Answers have the engine's form to the last field. Logs lie in a table of their own;
  signed bytes and what was remembered are read from the journal, at ``offset``.
- What cannot be read is ``history.damaged``, never an empty answer.
"""

from __future__ import annotations

import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.chain.dump import Mined
from sandbox.kit.errors import IntegrityFailure, InvalidInput, Unavailable

FORMAT: Final = 1
MOST_LOGS: Final = 10_000
"""The most logs of one answer, whoever gives it: the index or the engine."""
MOST_LOG_BYTES: Final = 4 << 20
"""The most bytes of their JSON."""
_WORDS: Final = (
    b'"accessList":[],"yParity":"0x1","maxFeePerGas":"0x0","maxPriorityFeePerGas":"0x0"'
    b'"contractAddress":null,"status":"0x0","type":"0x2","logsBloom":"0x' + b"0" * 512 + b'",'
    b'{"type":"0x0","status":"0x1","cumulativeGasUsed":"0x","gasUsed":"0x","chainId":"0xdc61",'
    b'"nonce":"0x","gasPrice":"0x3b9aca00","gas":"0x3d090","to":"0x","value":"0x0",'
    b'"input":"0xa9059cbb' + b"0" * 64 + b'","r":"0x","s":"0x","v":"0x1b8e5","hash":"0x'
)
"""Words that compress the JSON; a change is a change of ``FORMAT``."""
_SCHEMA: Final = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, time INTEGER NOT NULL,
    count INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE transactions (
    hash BLOB PRIMARY KEY, number INTEGER NOT NULL, place INTEGER NOT NULL,
    offset INTEGER NOT NULL, body BLOB NOT NULL, receipt BLOB NOT NULL,
    failed INTEGER NOT NULL, output BLOB, operations BLOB) WITHOUT ROWID;
CREATE UNIQUE INDEX transactions_place ON transactions (number, place);
CREATE TABLE logs (
    number INTEGER NOT NULL, at INTEGER NOT NULL, place INTEGER NOT NULL, address BLOB NOT NULL,
    topic0 BLOB, topic1 BLOB, topic2 BLOB, topic3 BLOB, data BLOB NOT NULL,
    PRIMARY KEY (number, at)) WITHOUT ROWID;
CREATE INDEX logs_address ON logs (address, number);
"""
_MOST_OUTPUT: Final = 65_536
"""The most hex characters of a revert that are kept."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Whole:
    """A block of the past: as ``bundle.from_engine`` gives it, and where its records lie."""

    block: Json
    receipts: list[Json]
    offsets: list[int]


def too_many_logs() -> InvalidInput:
    """The error for logs that are too many, or too long, for one answer."""
    return InvalidInput("history.too_many_logs", limit=MOST_LOGS, bytes=MOST_LOG_BYTES)


def damaged(reason: str) -> IntegrityFailure:
    """The error for an index that cannot be read."""
    return IntegrityFailure("history.damaged", reason=reason[:200])


def peek(path: Path) -> tuple[int, str] | None:
    """The newest block of an index and its hash, without opening it for good.

    Args:
        path: the file.

    Returns:
        None when there is none, or it cannot be read.
    """
    if not path.exists():
        return None
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
            about = dict(db.execute("SELECT name, value FROM about"))
        return int(about["upto"]), about["head"]
    except (sqlite3.Error, KeyError, ValueError):
        return None


class HistoryIndex:
    """An open index.

    Args:
        path: the file; made when missing.
        genesis: the hash of the chain's first block.

    Raises:
        IntegrityFailure: ``history.damaged``, ``history.other_chain``.
        Unavailable: ``history.unwritable``.
    """

    def __init__(self, path: Path, genesis: str) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            path.touch(mode=0o600)
            self._db = sqlite3.connect(
                path, timeout=10, check_same_thread=False, isolation_level=None
            )
        except (OSError, sqlite3.Error) as error:
            raise Unavailable("history.unwritable", reason=str(error)) from error
        try:
            with self._careful():
                self._prepare(genesis)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, genesis: str) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        if not self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
            self._db.executescript("BEGIN;" + _SCHEMA + "COMMIT;")
            about = {"format": str(FORMAT), "genesis": genesis, "upto": "0", "head": genesis}
            self._db.executemany("INSERT INTO about VALUES (?, ?)", about.items())
        if self._about("format") != str(FORMAT):
            raise damaged("format")
        if self._about("genesis") != genesis:
            raise IntegrityFailure("history.other_chain", differs="genesis")

    @contextmanager
    def _careful(self) -> Iterator[None]:
        try:
            with self._lock:
                yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname in {"SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN"} or (
                error.sqlite_errorname.startswith(("SQLITE_IOERR", "SQLITE_BUSY"))
            ):
                raise Unavailable("history.unwritable", reason=str(error)) from error
            raise damaged(str(error)) from error
        except (sqlite3.DatabaseError, zlib.error, orjson.JSONDecodeError, TypeError) as error:
            raise damaged(str(error)) from error

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _about(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM about WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise damaged(name)
        return str(row[0])

    def upto(self) -> tuple[int, str]:
        """The newest block that is written, and its hash."""
        with self._careful():
            return int(self._about("upto")), self._about("head")

    def write(self, blocks: Sequence[Json], mined: Iterable[tuple[Mined, int]]) -> None:
        """Write an epoch; what is written already stays as it is.

        Args:
            blocks: as ``eth_getBlockByNumber`` answers them, with hashes, in order.
            mined: all their transactions, and where each record lies in the journal.

        Raises:
            IntegrityFailure: ``history.damaged``, ``history.gap``.
            Unavailable: ``history.unwritable``.
        """
        with self._careful():
            upto = int(self._about("upto"))
            todo = {int(block["number"], 16): block for block in blocks}
            todo = {number: block for number, block in todo.items() if number > upto}
            if not todo:
                return
            if list(todo) != list(range(upto + 1, upto + 1 + len(todo))):
                raise IntegrityFailure("history.gap", block=upto + 1)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                _insert(self._db, todo, mined)
                last = max(todo)
                for name, value in (("upto", str(last)), ("head", todo[last]["hash"])):
                    self._db.execute("UPDATE about SET value = ? WHERE name = ?", (value, name))
                self._db.execute("COMMIT")
            except BaseException:
                self._db.execute("ROLLBACK")
                raise

    def _row(self, question: str, *values: Any) -> Any:
        with self._careful():
            return self._db.execute(question, values).fetchone()

    def number(self, block_hash: str) -> int | None:
        """The number of a block by its hash."""
        row = self._row("SELECT number FROM blocks WHERE hash = ?", _bytes(block_hash))
        return None if row is None else int(row[0])

    def count(self, number: int) -> int | None:
        """How many transactions a block holds; None when it is not here."""
        row = self._row("SELECT count FROM blocks WHERE number = ?", number)
        return None if row is None else int(row[0])

    def block(self, number: int, *, full: bool) -> Json | None:
        """As ``eth_getBlockByNumber``.

        Args:
            number: of the block.
            full: with whole transactions, not only their hashes.
        """
        with self._careful():
            row = self._db.execute(
                "SELECT hash, time, body FROM blocks WHERE number = ?", (number,)
            ).fetchone()
            if row is None:
                return None
            rows = self._db.execute(
                f"SELECT hash, place{', body' if full else ''} FROM transactions"  # noqa: S608
                " WHERE number = ? ORDER BY place",
                (number,),
            ).fetchall()
            where = _Where(number, _hex(row[0]), row[1])
            found = [_transaction(each, where) if full else _hex(each[0]) for each in rows]
            return {**_unpack(row[2]), "transactions": found}

    def transaction(self, tx_hash: str) -> Json | None:
        """As ``eth_getTransactionByHash``."""
        with self._careful():
            row = self._db.execute(
                "SELECT t.hash, t.place, t.body, b.number, b.hash, b.time"
                " FROM transactions t JOIN blocks b ON b.number = t.number WHERE t.hash = ?",
                (_bytes(tx_hash),),
            ).fetchone()
            return None if row is None else _transaction(row, _Where(row[3], _hex(row[4]), row[5]))

    def hash_at(self, number: int, place: int) -> str | None:
        """The hash of the transaction at a place of a block."""
        row = self._row(
            "SELECT hash FROM transactions WHERE number = ? AND place = ?", number, place
        )
        return None if row is None else _hex(row[0])

    def receipt(self, tx_hash: str) -> Json | None:
        """As ``eth_getTransactionReceipt``."""
        with self._careful():
            row = self._db.execute(
                "SELECT t.hash, t.place, t.body, t.receipt, b.number, b.hash, b.time"
                " FROM transactions t JOIN blocks b ON b.number = t.number WHERE t.hash = ?",
                (_bytes(tx_hash),),
            ).fetchone()
            if row is None:
                return None
            where = _Where(row[4], _hex(row[5]), row[6])
            logs = self._db.execute(
                f"{_LOGS} WHERE l.number = ? AND l.place = ? ORDER BY l.at",
                (row[4], row[1]),
            ).fetchall()
            return _receipt(row, where, [_log(each) for each in logs])

    def offset(self, tx_hash: str) -> int | None:
        """Where the transaction's record lies in the journal, bytes."""
        row = self._row("SELECT offset FROM transactions WHERE hash = ?", _bytes(tx_hash))
        return None if row is None else int(row[0])

    def outcome(self, tx_hash: str) -> tuple[str, list[Json]] | None:
        """Revert data (``0x`` when it did not fail) and operations inside a transaction."""
        with self._careful():
            row = self._db.execute(
                "SELECT failed, output, operations FROM transactions WHERE hash = ?",
                (_bytes(tx_hash),),
            ).fetchone()
            if row is None:
                return None
            _, output, operations = row
            return _hex(output or b""), _unpack(operations) if operations else []

    def whole(self, number: int) -> Whole | None:
        """A block with its transactions, receipts, and where their records lie."""
        block = self.block(number, full=True)
        if block is None:
            return None
        with self._careful():
            rows = self._db.execute(
                "SELECT hash, place, body, receipt, offset FROM transactions"
                " WHERE number = ? ORDER BY place",
                (number,),
            ).fetchall()
            found = self._db.execute(
                f"{_LOGS} WHERE l.number = ? ORDER BY l.at", (number,)
            ).fetchall()
            logs: dict[int, list[Json]] = {}
            for each in found:
                logs.setdefault(each[2], []).append(_log(each))
            where = _Where(number, block["hash"], int(block["timestamp"], 16))
            receipts = [_receipt(row, where, logs.get(row[1], [])) for row in rows]
            return Whole(block, receipts, [row[4] for row in rows])

    def logs(
        self, first: int, last: int, addresses: Sequence[str], topics: Sequence[Any]
    ) -> list[Json]:
        """As ``eth_getLogs`` over blocks that are here.

        Args:
            first: the first block.
            last: the last block.
            addresses: any of these; none means all.
            topics: for each place None, one, or any of several.

        Raises:
            InvalidInput: ``history.too_many_logs``.
        """
        where, values = ["l.number BETWEEN ? AND ?"], [first, last]
        wanted: list[tuple[str, Sequence[str]]] = [("l.address", addresses)]
        for place, topic in enumerate(topics):
            wanted.append((f"l.topic{place}", [topic] if isinstance(topic, str) else topic or ()))
        for column, any_of in wanted:
            if any_of:
                where.append(f"{column} IN ({', '.join('?' * len(any_of))})")
                values += [_bytes(each) for each in any_of]  # type: ignore[misc]
        question = f"{_LOGS} WHERE {' AND '.join(where)} ORDER BY l.number, l.at LIMIT ?"
        with self._careful():
            rows = self._db.execute(question, (*values, MOST_LOGS + 1))
            found, size = [], 0
            for row in rows:
                found.append(_log(row))
                size += len(orjson.dumps(found[-1])) + 1
                if len(found) > MOST_LOGS or size > MOST_LOG_BYTES:
                    raise too_many_logs()
            return found


@dataclass(frozen=True, slots=True)
class _Where:
    number: int
    hash: str
    time: int


_LOGS: Final = (
    "SELECT l.number, l.at, l.place, l.address, l.topic0, l.topic1, l.topic2, l.topic3, l.data,"
    " b.hash, b.time, t.hash FROM logs l JOIN blocks b ON b.number = l.number"
    " JOIN transactions t ON t.number = l.number AND t.place = l.place"
)


def _log(row: Sequence[Any]) -> Json:
    return {
        "address": _hex(row[3]),
        "topics": [_hex(topic) for topic in row[4:8] if topic is not None],
        "data": _hex(zlib.decompress(row[8])),
        "blockHash": _hex(row[9]),
        "blockNumber": hex(row[0]),
        "blockTimestamp": hex(row[10]),
        "transactionHash": _hex(row[11]),
        "transactionIndex": hex(row[2]),
        "logIndex": hex(row[1]),
        "removed": False,
    }


def _transaction(row: Sequence[Any], where: _Where) -> Json:
    """Columns hash, place, body."""
    shown = _unpack(row[2])
    sender = shown.pop("from")
    return {
        **shown,
        "hash": _hex(row[0]),
        "blockHash": where.hash,
        "blockNumber": hex(where.number),
        "transactionIndex": hex(row[1]),
        "from": sender,
        "gasPrice": hex(_price(shown)),
        "blockTimestamp": hex(where.time),
    }


def _receipt(row: Sequence[Any], where: _Where, logs: list[Json]) -> Json:
    """Columns hash, place, body, receipt."""
    sent = _unpack(row[2])
    return {
        **_unpack(row[3]),
        "logs": logs,
        "transactionHash": _hex(row[0]),
        "transactionIndex": hex(row[1]),
        "blockHash": where.hash,
        "blockNumber": hex(where.number),
        "effectiveGasPrice": hex(_price(sent)),
        "blobGasPrice": "0x1",
        "from": sent["from"],
        "to": sent["to"],
        "blockTimestamp": where.time,
    }


def _price(sent: Json) -> int:
    """The price that was paid, wei; the base fee is zero. Source: EIP-1559."""
    if "maxFeePerGas" in sent:
        return min(int(sent["maxFeePerGas"], 16), int(sent["maxPriorityFeePerGas"], 16))
    return int(sent["gasPrice"], 16)


def _insert(
    db: sqlite3.Connection, blocks: dict[int, Json], mined: Iterable[tuple[Mined, int]]
) -> None:
    counts = dict.fromkeys(blocks, 0)
    logs: dict[int, dict[int, list[Json]]] = {number: {} for number in blocks}
    for each, offset in mined:
        if each.number not in counts:
            continue
        counts[each.number] += 1
        receipt = dict(each.receipt)
        logs[each.number][each.place] = receipt.pop("logs")
        body = {name: value for name, value in each.transaction.items() if name != "hash"}
        output = each.output[2 : 2 + _MOST_OUTPUT] if each.failed and each.output else None
        db.execute(
            "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                _bytes(each.hash),
                each.number,
                each.place,
                offset,
                _pack(body),
                _pack(receipt),
                each.failed,
                bytes.fromhex(output) if output is not None else None,
                _pack(each.operations) if each.operations else None,
            ),
        )
    for number, block in blocks.items():
        if counts[number] != len(block["transactions"]):
            raise IntegrityFailure("epoch.bad_dump", reason=f"block {number}")
        _insert_block(db, number, block)
        _insert_logs(db, number, logs[number])


def _insert_block(db: sqlite3.Connection, number: int, block: Json) -> None:
    body = {name: value for name, value in block.items() if name != "transactions"}
    count, time = len(block["transactions"]), int(block["timestamp"], 16)
    db.execute(
        "INSERT INTO blocks VALUES (?, ?, ?, ?, ?)",
        (number, _bytes(block["hash"]), time, count, _pack(body)),
    )


def _insert_logs(db: sqlite3.Connection, number: int, found: dict[int, list[Json]]) -> None:
    """Logs are numbered through their block."""
    at = 0
    rows = []
    for place in sorted(found):
        for log in found[place]:
            topics = [_bytes(topic) for topic in log["topics"]]
            topics += [None] * (4 - len(topics))  # type: ignore[list-item]
            data = zlib.compress(_bytes(log["data"]), 1)
            rows.append((number, at, place, _bytes(log["address"]), *topics, data))
            at += 1
    db.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _hex(data: bytes) -> str:
    return "0x" + data.hex()


def _pack(value: Any) -> bytes:
    pressed = zlib.compressobj(6, zdict=_WORDS)
    return pressed.compress(orjson.dumps(value)) + pressed.flush()


def _unpack(data: bytes) -> Any:
    opened = zlib.decompressobj(zdict=_WORDS)
    return orjson.loads(opened.decompress(data) + opened.flush())
