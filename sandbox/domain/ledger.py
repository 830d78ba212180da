"""The pseudonymous ledger as the explorer keeps it: blocks, transactions, movements, contracts.

Rules:

- Everything here is on the chain for every permit holder to read, except ``permit``: who is
  behind a transaction or a contract is for the permit's parties and its supervisors.
- Addresses, hashes and data are lower-case ``0x`` hex; amounts are minor units.
- A movement of source ``log`` is what a contract said. One of source ``difference`` is what
  no log explains: a balance was measured and is not what the logs lead to.

>>> Movement("kgst", 7, 7, datetime(2026, 1, 1), "0x1", None, "0x2", 5, Source.LOG).minted
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

ZERO: Final = "0x" + "00" * 20
"""The address that tokens name when they issue or destroy."""


class Source(StrEnum):
    """How a movement became known."""

    LOG = "log"
    DIFFERENCE = "difference"
    FOLDED = "folded"
    """A difference in a span with more logs than the index keeps: they may explain it."""


class Match(StrEnum):
    """How well a source fits the code on the chain."""

    FULL = "full"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a chain is indexed.

    Attributes:
        chain: its name.
        genesis: hash of block 0: another one is another chain.
        block: the last block that is wholly indexed; -1 for none.
        block_hash: its hash; empty for none.
        taken: how many transactions of the next block are indexed already.
        head: the chain's newest block when it was last asked.
        supervisor: the Supervisor's address.
        token: the national token's address.
        at: when this was written.
    """

    chain: str
    genesis: str
    block: int
    block_hash: str
    taken: int
    head: int
    supervisor: str
    token: str
    at: datetime

    @property
    def lag(self) -> int:
        """How many blocks are not indexed yet."""
        return max(0, self.head - self.block)


@dataclass(frozen=True, slots=True)
class Block:
    """A sealed block."""

    chain: str
    number: int
    hash: str
    parent: str
    state_root: str
    at: datetime
    transactions: int
    gas_used: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction in a sealed block.

    Attributes:
        place: in its block, from 0.
        to: None for a deployment.
        created: the contract that a deployment made.
        kind: the transaction's type, 0 to 2.
        value: wei of gas money.
        gas_price: wei, as paid.
        input: call data, cut; ``input_bytes`` is its true length.
        output: revert data of a failed one, cut.
        logs: how many it has; the index keeps the first ones.
        operations: creations and transfers of gas money inside it, ``(kind, from, to, value)``;
            None when they were not read in time.
        permit: private.
    """

    chain: str
    block: int
    place: int
    hash: str
    at: datetime
    sender: str
    to: str | None
    created: str | None
    nonce: int
    kind: int
    value: int
    gas: int
    gas_used: int
    gas_price: int
    succeeded: bool
    input: str
    input_bytes: int
    output: str | None
    logs: int
    operations: tuple[tuple[str, str, str, str], ...] | None
    permit: str | None


@dataclass(frozen=True, slots=True)
class Log:
    """An event; ``data`` is cut, ``data_bytes`` its true length."""

    chain: str
    block: int
    place: int
    position: int
    address: str
    topics: tuple[str, ...]
    data: str
    data_bytes: int


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of a token.

    Attributes:
        block: where it was logged or measured.
        since: the first block in which a difference may have happened; ``block`` for a log.
        payer: :data:`ZERO` for an issue, None when nobody knows.
        payee: :data:`ZERO` for what was destroyed, None when nobody knows.
        amount: minor units of the token.
        place: of the transaction in its block; None for a difference.
        hash: of the transaction; None for a difference.
        id: grows in the order of the ledger.
    """

    chain: str
    block: int
    since: int
    at: datetime
    token: str
    payer: str | None
    payee: str | None
    amount: int
    source: str
    place: int | None = None
    hash: str | None = None
    id: int | None = None

    @property
    def minted(self) -> bool:
        """Whether the contract says that it was issued."""
        return self.payer == ZERO


@dataclass(frozen=True, slots=True)
class Holding:
    """A balance: as last measured, and what logs moved since.

    Attributes:
        balance: minor units at the end of block ``measured``.
        pending: signed decimal text: the sum of the logs after it.
        since: the first block since ``measured`` that touched it; None when none did.
    """

    chain: str
    token: str
    holder: str
    balance: int
    measured: int
    pending: str = "0"
    since: int | None = None

    @property
    def expected(self) -> int:
        """The balance that the logs lead to; may be negative when they lie."""
        return self.balance + int(self.pending)


@dataclass(frozen=True, slots=True)
class Token:
    """A contract that behaves as a token.

    Attributes:
        asked: whether name, symbol and decimals were asked for.
        supply: the total supply at the end of block ``measured``; ``pending`` and ``since``
            as for a holding.
        searched: every known holder is being measured for a change of supply without a log.
    """

    chain: str
    address: str
    name: str
    symbol: str
    decimals: int
    first_block: int
    asked: bool
    supply: int
    measured: int
    pending: str = "0"
    since: int | None = None
    searched: bool = False

    @property
    def expected(self) -> int:
        """The supply that logs and differences lead to."""
        return self.supply + int(self.pending)


@dataclass(frozen=True, slots=True)
class KnownAddress:
    """An address that was seen.

    Attributes:
        contract: whether there is code.
        asked: whether the chain was asked for it.
        code_hash: keccak-256 of the code.
        creator: who created it: a wallet, or a contract inside a transaction.
        created_block: where.
        created_by: the transaction.
        permit: private: of the transaction that created it.
    """

    chain: str
    address: str
    first_block: int
    last_block: int
    contract: bool
    asked: bool
    code_hash: str | None
    creator: str | None
    created_block: int | None
    created_by: str | None
    permit: str | None


@dataclass(frozen=True, slots=True)
class VerifiedSource:
    """A source whose compilation is the code on the chain.

    Attributes:
        name: the contract's.
        file: in which source it is defined.
        compiler: the whole version.
        match: a ``Match`` value.
        arguments: the constructor's, as hex; None when they could not be told apart.
        settings: what decided the result: optimizer, EVM version, libraries.
        abi: JSON ABI.
        sources: path to text.
        account: who handed it in; None for the national contracts.
        permit: private: under which permit it was deployed.
    """

    chain: str
    address: str
    name: str
    file: str
    compiler: str
    match: str
    arguments: str | None
    settings: Mapping[str, Any]
    abi: tuple[Mapping[str, Any], ...]
    sources: Mapping[str, str]
    account: str | None
    permit: str | None
    at: datetime
