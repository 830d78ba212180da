"""What the explorer's pages show: frozen, without storage and without wording."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.domain.ledger import (
    Block,
    Cursor,
    Holding,
    KnownAddress,
    Log,
    Movement,
    Token,
    Transaction,
    VerifiedSource,
)
from sandbox.services.explorer_behind import Behind
from sandbox.services.explorer_decode import Decoded, Reverted


@dataclass(frozen=True, slots=True)
class Names:
    """What addresses are called.

    Attributes:
        public: names for everybody, by address.
        contracts: addresses that have code.
        behind: who is behind, as far as this reader may know.
        tokens: tokens by address.
    """

    public: Mapping[str, str]
    contracts: frozenset[str]
    behind: Mapping[str, Behind]
    tokens: Mapping[str, Token]


@dataclass(frozen=True, slots=True)
class Line:
    """A transaction in a list; ``method`` and whether it is a guess."""

    sent: Transaction
    method: str | None
    guessed: bool
    permit: str | None
    """Only for those who may know."""


@dataclass(frozen=True, slots=True)
class Overview:
    """A chain's newest blocks and transactions; ``more`` is the place to go on from.

    ``head`` is the chain's newest block now; None when the chain is out of reach.
    """

    cursor: Cursor
    head: int | None
    blocks: tuple[Block, ...]
    lines: tuple[Line, ...]
    names: Names
    more: str | None


@dataclass(frozen=True, slots=True)
class BlockPage:
    """A block with a part of its transactions."""

    cursor: Cursor
    block: Block
    lines: tuple[Line, ...]
    differences: tuple[Movement, ...]
    names: Names
    more: str | None


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event, decoded when a form fits."""

    log: Log
    decoded: Decoded | None


@dataclass(frozen=True, slots=True)
class TransactionPage:
    """One transaction."""

    cursor: Cursor
    line: Line
    call: Decoded | None
    input: str
    whole: bool
    """Whether ``input`` is the whole call data."""
    revert: Reverted | None
    events: tuple[EventLine, ...]
    movements: tuple[Movement, ...]
    differences: tuple[Movement, ...]
    """Of the tokens that it called or that logged in it, measured in its block."""
    names: Names


@dataclass(frozen=True, slots=True)
class AddressPage:
    """One address with a page of its movements and transactions; a token's are those of all."""

    cursor: Cursor
    known: KnownAddress
    native: int | None
    """Wei of gas money now; None when the chain is out of reach."""
    token: Token | None
    holdings: tuple[Holding, ...]
    movements: tuple[Movement, ...]
    lines: tuple[Line, ...]
    names: Names
    source: VerifiedSource | None
    may_verify: bool
    more_movements: str | None
    more_lines: str | None
