"""The tables of the explorer: an index of the chains, derived, which may be rebuilt.

Rules:

1. Addresses, hashes and data are lower-case ``0x`` hex; a number of a block is its own.
2. ``permit`` columns are private: no query of a page filters, orders or counts by them.
3. A running sum (``pending``) is a signed integer as decimal text: a contract may claim any
   amount in its logs, and sums of such claims do not fit an amount.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Boolean, Index, Integer, String, Text
from sqlmodel import SQLModel

from sandbox.store.base import column
from sandbox.store.types import AmountColumn, JsonColumn, TZDateTime

_SERIAL = BigInteger().with_variant(Integer(), "sqlite")
_CHAIN, _ADDRESS, _HASH, _PERMIT = 10, 42, 66, 20


class CursorRow(SQLModel, table=True):
    """How far each chain is indexed."""

    __tablename__: ClassVar[Any] = "explorer_cursor"
    chain: str = column(String(_CHAIN), primary_key=True)
    genesis: str = column(String(_HASH))
    block: int = column(BigInteger())
    block_hash: str = column(String(_HASH))
    taken: int = column(Integer())
    head: int = column(BigInteger())
    supervisor: str = column(String(_ADDRESS))
    token: str = column(String(_ADDRESS))
    at: datetime = column(TZDateTime())


class BlockRow(SQLModel, table=True):
    """Sealed blocks."""

    __tablename__: ClassVar[Any] = "explorer_block"
    chain: str = column(String(_CHAIN), primary_key=True)
    number: int = column(BigInteger(), primary_key=True, autoincrement=False)
    hash: str = column(String(_HASH), index=True)
    parent: str = column(String(_HASH))
    state_root: str = column(String(_HASH))
    at: datetime = column(TZDateTime())
    transactions: int = column(Integer())
    gas_used: int = column(BigInteger())


class TransactionRow(SQLModel, table=True):
    """Transactions of sealed blocks with what their receipts say."""

    __tablename__: ClassVar[Any] = "explorer_transaction"
    __table_args__: ClassVar[Any] = (
        Index(None, "chain", "sender", "block", "place"),
        Index(None, "chain", "to", "block", "place"),
    )
    chain: str = column(String(_CHAIN), primary_key=True)
    block: int = column(BigInteger(), primary_key=True, autoincrement=False)
    place: int = column(Integer(), primary_key=True, autoincrement=False)
    hash: str = column(String(_HASH), index=True)
    at: datetime = column(TZDateTime())
    sender: str = column(String(_ADDRESS))
    to: str | None = column(String(_ADDRESS), nullable=True)
    created: str | None = column(String(_ADDRESS), nullable=True)
    nonce: int = column(BigInteger())
    kind: int = column(Integer())
    value: int = column(AmountColumn())
    gas: int = column(BigInteger())
    gas_used: int = column(BigInteger())
    gas_price: int = column(AmountColumn())
    succeeded: bool = column(Boolean())
    input: str = column(Text())
    input_bytes: int = column(Integer())
    output: str | None = column(Text(), nullable=True)
    logs: int = column(Integer())
    operations: Any = column(JsonColumn(), nullable=True)
    permit: str | None = column(String(_PERMIT), nullable=True)


class LogRow(SQLModel, table=True):
    """Events, at most so many of a transaction."""

    __tablename__: ClassVar[Any] = "explorer_log"
    chain: str = column(String(_CHAIN), primary_key=True)
    block: int = column(BigInteger(), primary_key=True, autoincrement=False)
    place: int = column(Integer(), primary_key=True, autoincrement=False)
    position: int = column(Integer(), primary_key=True, autoincrement=False)
    address: str = column(String(_ADDRESS))
    topics: Any = column(JsonColumn(list, tuple))
    data: str = column(Text())
    data_bytes: int = column(Integer())


class MovementRow(SQLModel, table=True):
    """Movements of tokens, from logs and from differences of balances."""

    __tablename__: ClassVar[Any] = "explorer_movement"
    __table_args__: ClassVar[Any] = (
        Index(None, "chain", "block"),
        Index(None, "chain", "token", "id"),
        Index(None, "chain", "payer", "id"),
        Index(None, "chain", "payee", "id"),
    )
    id: int | None = column(_SERIAL, primary_key=True, autoincrement=True)
    chain: str = column(String(_CHAIN))
    block: int = column(BigInteger())
    since: int = column(BigInteger())
    at: datetime = column(TZDateTime())
    place: int | None = column(Integer(), nullable=True)
    hash: str | None = column(String(_HASH), nullable=True)
    token: str = column(String(_ADDRESS))
    payer: str | None = column(String(_ADDRESS), nullable=True)
    payee: str | None = column(String(_ADDRESS), nullable=True)
    amount: int = column(AmountColumn())
    source: str = column(String(12))


class TokenRow(SQLModel, table=True):
    """Contracts that behave as tokens, with their total supply as ``HoldingRow`` has a balance."""

    __tablename__: ClassVar[Any] = "explorer_token"
    __table_args__: ClassVar[Any] = (Index(None, "chain", "measured"),)
    chain: str = column(String(_CHAIN), primary_key=True)
    address: str = column(String(_ADDRESS), primary_key=True)
    name: str = column(String(80))
    symbol: str = column(String(20))
    decimals: int = column(Integer())
    first_block: int = column(BigInteger())
    asked: bool = column(Boolean())
    supply: int = column(AmountColumn())
    measured: int = column(BigInteger())
    pending: str = column(String(120))
    since: int | None = column(BigInteger(), nullable=True)
    searched: bool = column(Boolean())


class HoldingRow(SQLModel, table=True):
    """Balances: as last measured, and what logs moved since."""

    __tablename__: ClassVar[Any] = "explorer_holding"
    __table_args__: ClassVar[Any] = (
        Index(None, "chain", "holder"),
        Index(None, "chain", "since"),
        Index(None, "chain", "measured"),
    )
    chain: str = column(String(_CHAIN), primary_key=True)
    token: str = column(String(_ADDRESS), primary_key=True)
    holder: str = column(String(_ADDRESS), primary_key=True)
    balance: int = column(AmountColumn())
    measured: int = column(BigInteger())
    pending: str = column(String(120))
    since: int | None = column(BigInteger(), nullable=True)


class AddressRow(SQLModel, table=True):
    """Every address that was seen, and how a contract came to be."""

    __tablename__: ClassVar[Any] = "explorer_address"
    __table_args__: ClassVar[Any] = (Index(None, "chain", "asked"),)
    chain: str = column(String(_CHAIN), primary_key=True)
    address: str = column(String(_ADDRESS), primary_key=True)
    first_block: int = column(BigInteger())
    last_block: int = column(BigInteger())
    contract: bool = column(Boolean())
    asked: bool = column(Boolean())
    code_hash: str | None = column(String(_HASH), nullable=True, index=True)
    creator: str | None = column(String(_ADDRESS), nullable=True)
    created_block: int | None = column(BigInteger(), nullable=True)
    created_by: str | None = column(String(_HASH), nullable=True)
    permit: str | None = column(String(_PERMIT), nullable=True)


class SourceRow(SQLModel, table=True):
    """Verified sources of contracts."""

    __tablename__: ClassVar[Any] = "explorer_source"
    chain: str = column(String(_CHAIN), primary_key=True)
    address: str = column(String(_ADDRESS), primary_key=True)
    name: str = column(String(200))
    file: str = column(String(300))
    compiler: str = column(String(80))
    match: str = column(String(12))
    arguments: str | None = column(Text(), nullable=True)
    settings: Any = column(JsonColumn())
    abi: Any = column(JsonColumn(list, tuple))
    sources: Any = column(JsonColumn())
    account: str | None = column(String(32), nullable=True)
    permit: str | None = column(String(_PERMIT), nullable=True)
    at: datetime = column(TZDateTime())
