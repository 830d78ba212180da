"""The explorer's index: what the follower writes, and by which keys pages read it.

Rules:

- Whatever one turn writes is written in the unit of work that moves the cursor.
- Pages go by the place in the ledger (keyset), newest first, never by an offset.
- No method here filters, orders or counts by ``permit``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar, cast

from sqlalchemy import ColumnElement, Table, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from sandbox.domain import ledger
from sandbox.store import explorer_tables as tables
from sandbox.store.repositories import lock_name

R = TypeVar("R")
Place = tuple[int, int]
"""A transaction's block and its place in it."""

_PART: Final = 400
"""Keys that one query asks for."""
_ROWS: Final[dict[type[Any], type[SQLModel]]] = {
    ledger.Cursor: tables.CursorRow,
    ledger.Block: tables.BlockRow,
    ledger.Transaction: tables.TransactionRow,
    ledger.Log: tables.LogRow,
    ledger.Movement: tables.MovementRow,
    ledger.Token: tables.TokenRow,
    ledger.Holding: tables.HoldingRow,
    ledger.KnownAddress: tables.AddressRow,
    ledger.VerifiedSource: tables.SourceRow,
}
_NAMES: Final = {kind: [each.name for each in fields(kind)] for kind in _ROWS}


def _table(kind: type[Any]) -> Table:
    return cast("Table", _ROWS[kind].__table__)  # type: ignore[attr-defined]


_BLOCK, _TX, _LOG = _table(ledger.Block), _table(ledger.Transaction), _table(ledger.Log)
_MOVE, _TOKEN, _HOLD = _table(ledger.Movement), _table(ledger.Token), _table(ledger.Holding)
_ADDRESS, _CURSOR = _table(ledger.KnownAddress), _table(ledger.Cursor)
_SOURCE = _table(ledger.VerifiedSource)


class Explorer:
    """The index of the chains, inside one unit of work."""

    def __init__(self, session: Session) -> None:
        self.session = session

    # ---------- writing: the follower alone ----------
    def hold(self, chain: str) -> ledger.Cursor | None:
        """The cursor, held until the unit ends: two followers take turns."""
        lock_name(self.session, f"explorer:{chain}")
        return self.cursor(chain)

    def move(self, cursor: ledger.Cursor) -> None:
        """Write how far the chain is indexed."""
        self._put(ledger.Cursor, [cursor])

    def add(self, records: Sequence[Any]) -> None:
        """Insert blocks, transactions, logs or movements, all of one kind."""
        if not records:
            return
        table = _table(type(records[0]))
        names = [name for name in _NAMES[type(records[0])] if name != "id"]
        self.session.execute(insert(table), [_values(each, names) for each in records])

    def see(self, chain: str, seen: Iterable[tuple[str, int]]) -> None:
        """Note that addresses were seen in blocks."""
        known: dict[str, Place] = {}
        for address, block in seen:
            first, last = known.get(address, (block, block))
            known[address] = (min(first, block), max(last, block))
        if not known:
            return
        blank = {"contract": False, "asked": False}
        rows = [
            {"chain": chain, "address": address, "first_block": first, "last_block": last, **blank}
            for address, (first, last) in known.items()
        ]
        statement = self._upsert(_ADDRESS)
        fresh = statement.on_conflict_do_update(
            index_elements=["chain", "address"],
            set_={"last_block": statement.excluded.last_block},
        )
        self.session.execute(fresh, rows)

    def made(self, records: Iterable[ledger.KnownAddress]) -> None:
        """Note who created a contract; the address was seen before."""
        for each in records:
            self.session.execute(
                update(_ADDRESS)
                .where(_ADDRESS.c.chain == each.chain, _ADDRESS.c.address == each.address)
                .values(
                    asked=False,
                    creator=each.creator,
                    created_block=each.created_block,
                    created_by=each.created_by,
                    permit=each.permit,
                )
            )

    def looked(self, chain: str, address: str, code_hash: str | None) -> None:
        """Note what the chain answered for the code of an address."""
        self.session.execute(
            update(_ADDRESS)
            .where(_ADDRESS.c.chain == chain, _ADDRESS.c.address == address)
            .values(asked=True, contract=code_hash is not None, code_hash=code_hash)
        )

    def put(self, records: Sequence[Any]) -> None:
        """Insert or replace tokens, holdings or sources, all of one kind."""
        if records:
            self._put(type(records[0]), records)

    def forget(self, chain: str) -> None:
        """Delete a chain's whole index but the verified sources, which people handed in."""
        for kind in _ROWS:
            if kind is not ledger.VerifiedSource:
                table = _table(kind)
                self.session.execute(delete(table).where(table.c.chain == chain))

    def drop_sources(self, chain: str) -> None:
        """Delete the verified sources of a chain that is no more."""
        self.session.execute(delete(_SOURCE).where(_SOURCE.c.chain == chain))

    # ---------- what the follower needs to know ----------
    def unasked(self, chain: str, limit: int) -> tuple[ledger.KnownAddress, ...]:
        """Addresses whose code was not asked for."""
        where = (_ADDRESS.c.chain == chain, _ADDRESS.c.asked.is_(False))
        return self._select(ledger.KnownAddress, *where, limit=limit)

    def holdings(self, chain: str, keys: Collection[tuple[str, str]]) -> list[ledger.Holding]:
        """Holdings by token and holder."""
        found: list[ledger.Holding] = []
        pair = tuple_(_HOLD.c.token, _HOLD.c.holder)
        for part in _parts(keys):
            found += self._select(ledger.Holding, _HOLD.c.chain == chain, pair.in_(part))
        return found

    def touched(self, chain: str, limit: int) -> tuple[ledger.Holding, ...]:
        """Holdings that were touched since they were measured, the longest ago first."""
        where = (_HOLD.c.chain == chain, _HOLD.c.since.is_not(None))
        return self._select(ledger.Holding, *where, order=[_HOLD.c.since], limit=limit)

    def stale(self, chain: str, before: int, limit: int) -> tuple[ledger.Holding, ...]:
        """Holdings last measured before a block, the longest ago first."""
        where = (_HOLD.c.chain == chain, _HOLD.c.measured < before, _HOLD.c.since.is_(None))
        return self._select(ledger.Holding, *where, order=[_HOLD.c.measured], limit=limit)

    def due_tokens(self, chain: str, before: int, limit: int) -> tuple[ledger.Token, ...]:
        """Tokens that were touched or last measured before a block, the longest ago first."""
        due = _TOKEN.c.since.is_not(None) | (_TOKEN.c.measured < before)
        where = (_TOKEN.c.chain == chain, due)
        return self._select(ledger.Token, *where, order=[_TOKEN.c.measured], limit=limit)

    def any_longer(self, chain: str, first: int, last: int, logs: int) -> bool:
        """Whether a transaction of these blocks has more than so many logs."""
        query = select(_TX.c.hash).where(
            _TX.c.chain == chain, _TX.c.block.between(first, last), _TX.c.logs > logs
        )
        return self.session.execute(query.limit(1)).first() is not None

    def any_touched(self, chain: str, token: str) -> bool:
        """Whether a holding of a token still waits to be measured."""
        query = select(_HOLD.c.holder).where(
            _HOLD.c.chain == chain, _HOLD.c.token == token, _HOLD.c.since.is_not(None)
        )
        return self.session.execute(query.limit(1)).first() is not None

    def touch_all(self, chain: str, token: str, block: int, limit: int) -> None:
        """Let the newest holders of a token be measured, at most so many."""
        newest = (
            select(_HOLD.c.holder)
            .where(_HOLD.c.chain == chain, _HOLD.c.token == token, _HOLD.c.since.is_(None))
            .order_by(_HOLD.c.measured.desc())
            .limit(limit)
        )
        self.session.execute(
            update(_HOLD)
            .where(
                _HOLD.c.chain == chain,
                _HOLD.c.token == token,
                _HOLD.c.holder.in_(newest.scalar_subquery()),
            )
            .values(since=block)
        )

    # ---------- reading ----------
    def cursor(self, chain: str) -> ledger.Cursor | None:
        """How far a chain is indexed; None before its first block."""
        return self._one(ledger.Cursor, _CURSOR.c.chain == chain)

    def cursors(self) -> tuple[ledger.Cursor, ...]:
        """Every chain that is indexed, by name."""
        return self._select(ledger.Cursor, order=[_CURSOR.c.chain])

    def block(self, chain: str, number: int) -> ledger.Block | None:
        """A block by its number."""
        return self._one(ledger.Block, _BLOCK.c.chain == chain, _BLOCK.c.number == number)

    def block_by_hash(self, digest: str) -> ledger.Block | None:
        """A block of any chain by its hash."""
        return self._one(ledger.Block, _BLOCK.c.hash == digest)

    def blocks(self, chain: str, before: int | None, limit: int) -> tuple[ledger.Block, ...]:
        """Blocks below a number, newest first."""
        where = [_BLOCK.c.chain == chain]
        if before is not None:
            where.append(_BLOCK.c.number < before)
        return self._select(ledger.Block, *where, order=[_BLOCK.c.number.desc()], limit=limit)

    def transaction(self, digest: str) -> ledger.Transaction | None:
        """A transaction of any chain by its hash."""
        return self._one(ledger.Transaction, _TX.c.hash == digest)

    def indexed(self, digests: Collection[str]) -> set[str]:
        """Which of these hashes the index knows as transactions."""
        found: set[str] = set()
        for part in _parts(digests):
            query = select(_TX.c.hash).where(_TX.c.hash.in_(part))
            found.update(self.session.execute(query).scalars())
        return found

    def transactions(
        self, chain: str, before: Place | None, limit: int
    ) -> tuple[ledger.Transaction, ...]:
        """A chain's transactions below a place, newest first."""
        return self._newest(_TX.c.chain == chain, before=before, limit=limit)

    def transactions_of_block(
        self, chain: str, block: int, after: int, limit: int
    ) -> tuple[ledger.Transaction, ...]:
        """A block's transactions after a place, in order; -1 for the beginning."""
        where = (_TX.c.chain == chain, _TX.c.block == block, _TX.c.place > after)
        return self._select(ledger.Transaction, *where, order=[_TX.c.place], limit=limit)

    def transactions_of(
        self, chain: str, address: str, before: Place | None, limit: int
    ) -> tuple[ledger.Transaction, ...]:
        """Transactions from or to an address, newest first."""
        found: dict[Place, ledger.Transaction] = {}
        for side in (_TX.c.sender, _TX.c.to):
            where = (_TX.c.chain == chain, side == address)
            for each in self._newest(*where, before=before, limit=limit):
                found[each.block, each.place] = each
        return tuple(found[key] for key in sorted(found, reverse=True)[:limit])

    def logs(self, chain: str, block: int, place: int) -> tuple[ledger.Log, ...]:
        """A transaction's events in order."""
        where = (_LOG.c.chain == chain, _LOG.c.block == block, _LOG.c.place == place)
        return self._select(ledger.Log, *where, order=[_LOG.c.position])

    def movements_of_block(
        self, chain: str, block: int, place: int | None, limit: int
    ) -> tuple[ledger.Movement, ...]:
        """A transaction's movements, or those of a block that no transaction explains."""
        where = (_MOVE.c.chain == chain, _MOVE.c.block == block)
        one = _MOVE.c.place.is_(None) if place is None else _MOVE.c.place == place
        return self._select(ledger.Movement, *where, one, order=[_MOVE.c.id], limit=limit)

    def movements_with(
        self, chain: str, token: str, hashes: Collection[str]
    ) -> tuple[ledger.Movement, ...]:
        """What some transactions moved of a token, in the ledger's order."""
        found: list[ledger.Movement] = []
        for part in _parts(hashes):
            where = (_MOVE.c.chain == chain, _MOVE.c.token == token, _MOVE.c.hash.in_(part))
            found += self._select(ledger.Movement, *where, order=[_MOVE.c.id])
        return tuple(sorted(found, key=lambda each: each.id or 0))

    def movements_of(
        self, chain: str, address: str, before: int | None, limit: int
    ) -> tuple[ledger.Movement, ...]:
        """Movements from or to an address below an id, newest first."""
        found: dict[int, ledger.Movement] = {}
        for side in (_MOVE.c.payer, _MOVE.c.payee):
            for each in self._moved(_MOVE.c.chain == chain, side == address, before, limit):
                found[each.id or 0] = each
        return tuple(found[key] for key in sorted(found, reverse=True)[:limit])

    def movements_of_token(
        self, chain: str, token: str, before: int | None, limit: int
    ) -> tuple[ledger.Movement, ...]:
        """A token's movements below an id, newest first."""
        return self._moved(_MOVE.c.chain == chain, _MOVE.c.token == token, before, limit)

    def holdings_of(self, chain: str, holder: str, limit: int) -> tuple[ledger.Holding, ...]:
        """What an address holds, by token."""
        where = (_HOLD.c.chain == chain, _HOLD.c.holder == holder)
        return self._select(ledger.Holding, *where, limit=limit)

    def tokens(self, chain: str, addresses: Collection[str]) -> dict[str, ledger.Token]:
        """Tokens by address."""
        found: dict[str, ledger.Token] = {}
        for part in _parts(addresses):
            where = (_TOKEN.c.chain == chain, _TOKEN.c.address.in_(part))
            found |= {each.address: each for each in self._select(ledger.Token, *where)}
        return found

    def addresses(self, chain: str, addresses: Collection[str]) -> dict[str, ledger.KnownAddress]:
        """Known addresses."""
        found: dict[str, ledger.KnownAddress] = {}
        for part in _parts(addresses):
            where = (_ADDRESS.c.chain == chain, _ADDRESS.c.address.in_(part))
            found |= {each.address: each for each in self._select(ledger.KnownAddress, *where)}
        return found

    def seen_on(self, address: str) -> tuple[ledger.KnownAddress, ...]:
        """An address on every chain where it was seen."""
        where = _ADDRESS.c.address == address
        return self._select(ledger.KnownAddress, where, order=[_ADDRESS.c.chain])

    def sources(self, chain: str, addresses: Collection[str]) -> dict[str, ledger.VerifiedSource]:
        """Verified sources by address."""
        found: dict[str, ledger.VerifiedSource] = {}
        for part in _parts(addresses):
            where = (_SOURCE.c.chain == chain, _SOURCE.c.address.in_(part))
            found |= {each.address: each for each in self._select(ledger.VerifiedSource, *where)}
        return found

    def sources_of_permit(self, number: str) -> tuple[ledger.VerifiedSource, ...]:
        """Verified sources of contracts that were deployed under a permit."""
        where = _SOURCE.c.permit == number
        order = [_SOURCE.c.chain, _SOURCE.c.at, _SOURCE.c.address]
        return self._select(ledger.VerifiedSource, where, order=order)

    def counts(self, chain: str) -> dict[str, int]:
        """How many blocks, transactions, addresses and tokens a chain's index holds."""
        found = {}
        for name, table in (
            ("blocks", _BLOCK),
            ("transactions", _TX),
            ("addresses", _ADDRESS),
            ("tokens", _TOKEN),
        ):
            query = select(func.count()).select_from(table).where(table.c.chain == chain)
            found[name] = int(self.session.execute(query).scalar() or 0)
        return found

    # ---------- how ----------
    def _newest(
        self, *where: ColumnElement[bool], before: Place | None, limit: int
    ) -> tuple[ledger.Transaction, ...]:
        conditions = list(where)
        if before is not None:
            block, place = before
            conditions.append(tuple_(_TX.c.block, _TX.c.place) < tuple_(block, place))
        order = [_TX.c.block.desc(), _TX.c.place.desc()]
        return self._select(ledger.Transaction, *conditions, order=order, limit=limit)

    def _moved(
        self, chain: ColumnElement[bool], side: ColumnElement[bool], before: int | None, limit: int
    ) -> tuple[ledger.Movement, ...]:
        where = [chain, side] + ([_MOVE.c.id < before] if before is not None else [])
        return self._select(ledger.Movement, *where, order=[_MOVE.c.id.desc()], limit=limit)

    def _one(self, kind: type[R], *where: ColumnElement[bool]) -> R | None:
        found = self._select(kind, *where, limit=1)
        return found[0] if found else None

    def _select(
        self,
        kind: type[R],
        *where: ColumnElement[bool],
        order: Sequence[Any] | None = None,
        limit: int | None = None,
    ) -> tuple[R, ...]:
        table = _table(kind)
        names = _NAMES[kind]
        query = select(*(table.c[name] for name in names)).where(*where)
        query = query.order_by(*(order if order is not None else table.primary_key.columns))
        rows = self.session.execute(query.limit(limit) if limit else query)
        return tuple(kind(**dict(zip(names, row, strict=True))) for row in rows)

    def _put(self, kind: type[Any], records: Sequence[Any]) -> None:
        table = _table(kind)
        keys = [each.name for each in table.primary_key.columns]
        statement = self._upsert(table)
        rest = {
            each.name: statement.excluded[each.name]
            for each in table.columns
            if each.name not in keys
        }
        self.session.execute(
            statement.on_conflict_do_update(index_elements=keys, set_=rest),
            [_values(each, _NAMES[kind]) for each in records],
        )

    def _upsert(self, table: Table) -> Any:
        if self.session.get_bind().dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)


def _values(record: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _parts(keys: Collection[Any]) -> Iterable[list[Any]]:
    listed = list(keys)
    return (listed[i : i + _PART] for i in range(0, len(listed), _PART))
