"""A piece of a block, as the gateway gives it, read into the ledger's records.

Rules:

- A movement is read from a log only in the exact form of ERC-20's ``Transfer``: three
  topics and 32 bytes of data. What a contract says there is its word, nothing more.
- An address is *touched* for a token when it stands in a log of the token, or in a
  transaction sent to the token, also as a word of its call data: USDKG issues without an
  event, and there the call data alone names who received.

Source: ERC-20 (``Transfer``); Solidity ABI specification (an address is a word of 32 bytes).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sandbox.contracts.erc20 import TRANSFER
from sandbox.domain.ledger import (
    ZERO,
    Block,
    KnownAddress,
    Log,
    Movement,
    Source,
    Transaction,
)

_WORDS_READ: Final = 64
"""Words of call data that are looked at for addresses."""
_CREATIONS: Final = frozenset({"create", "create2"})


@dataclass(slots=True)
class Found:
    """What a piece of a block says.

    Attributes:
        block: set with the block's last piece.
        moved: sum of the logs' movements by token and holder; may be negative.
        issued: the same for each token's supply.
        touched: holdings to measure, by token and holder.
        tokens: contracts that logged a transfer or were called.
        folded: whether a transaction has more logs than were given.
        seen: addresses.
        made: contracts that came to be, or that a reverted part of a transaction tried to make.
    """

    block: Block | None = None
    transactions: list[Transaction] = field(default_factory=list)
    logs: list[Log] = field(default_factory=list)
    movements: list[Movement] = field(default_factory=list)
    moved: dict[tuple[str, str], int] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)
    touched: set[tuple[str, str]] = field(default_factory=set)
    tokens: set[str] = field(default_factory=set)
    folded: bool = False
    seen: set[str] = field(default_factory=set)
    made: list[KnownAddress] = field(default_factory=list)


def read_piece(chain: str, piece: Mapping[str, Any]) -> Found:
    """Read a piece.

    Args:
        chain: the chain's name.
        piece: as ``GatewayClient.index`` gives it.

    Raises:
        KeyError, ValueError, TypeError: when it is not in the agreed form.
    """
    found = Found()
    at = datetime.fromtimestamp(piece["time"], UTC)
    number = int(piece["number"])
    for offset, each in enumerate(piece["transactions"]):
        _read(found, chain, number, int(piece["from"]) + offset, at, each)
    if piece["to"] == piece["count"]:
        found.block = Block(
            chain,
            number,
            piece["hash"],
            piece["parent"],
            piece["state_root"],
            at,
            int(piece["count"]),
            int(piece["gas_used"]),
        )
    return found


def _read(
    found: Found, chain: str, number: int, place: int, at: datetime, each: Mapping[str, Any]
) -> None:
    operations = each["operations"]
    to, created = _lower(each["to"]), _lower(each["created"])
    sent = Transaction(
        chain=chain,
        block=number,
        place=place,
        hash=each["hash"],
        at=at,
        sender=each["from"].lower(),
        to=to,
        created=created if each["succeeded"] else None,
        nonce=int(each["nonce"]),
        kind=int(each["type"]),
        value=int(each["value"]),
        gas=int(each["gas"]),
        gas_used=int(each["gas_used"]),
        gas_price=int(each["gas_price"]),
        succeeded=bool(each["succeeded"]),
        input=each["input"],
        input_bytes=int(each["input_bytes"]),
        output=each["output"],
        logs=int(each["log_count"]),
        operations=None
        if operations is None
        else tuple((kind, _low(a), _low(b), value) for kind, a, b, value in operations),
        permit=each["permit"],
    )
    found.transactions.append(sent)
    found.seen.update(address for address in (sent.sender, to, sent.created) if address)
    found.folded = found.folded or sent.logs > len(each["logs"])
    _creations(found, sent)
    for position, raw in enumerate(each["logs"]):
        _log(found, sent, position, raw)
    if to is not None and sent.succeeded:
        found.tokens.add(to)
        for holder in {sent.sender, *words(sent.input)}:
            found.touched.add((to, holder))


def _creations(found: Found, sent: Transaction) -> None:
    made = {b: a for kind, a, b, _ in sent.operations or () if kind in _CREATIONS}
    if sent.created:
        made[sent.created] = sent.sender
    if not sent.succeeded:
        return
    for address, creator in made.items():
        found.seen.add(address)
        found.made.append(
            KnownAddress(
                chain=sent.chain,
                address=address,
                first_block=sent.block,
                last_block=sent.block,
                contract=False,
                asked=False,
                code_hash=None,
                creator=creator,
                created_block=sent.block,
                created_by=sent.hash,
                permit=sent.permit,
            )
        )
    for kind, a, b, _ in sent.operations or ():
        if kind not in _CREATIONS:
            found.seen.update((a, b))


def _log(found: Found, sent: Transaction, position: int, raw: Mapping[str, Any]) -> None:
    token, topics = raw["address"].lower(), tuple(raw["topics"])
    log = Log(
        sent.chain,
        sent.block,
        sent.place,
        position,
        token,
        topics,
        raw["data"],
        int(raw["data_bytes"]),
    )
    found.logs.append(log)
    found.seen.add(token)
    found.touched.update((token, word) for word in map(_address, topics[1:]) if word)
    moved = transfer(topics, raw["data"], log.data_bytes)
    if moved is None:
        return
    payer, payee, amount = moved
    found.tokens.add(token)
    found.seen.update(side for side in (payer, payee) if side != ZERO)
    found.movements.append(
        Movement(
            chain=sent.chain,
            block=sent.block,
            since=sent.block,
            at=sent.at,
            token=token,
            payer=payer,
            payee=payee,
            amount=amount,
            source=Source.LOG.value,
            place=sent.place,
            hash=sent.hash,
        )
    )
    for side, change in ((payer, -amount), (payee, amount)):
        if side == ZERO:
            found.issued[token] = found.issued.get(token, 0) - change
        else:
            key = (token, side)
            found.moved[key] = found.moved.get(key, 0) + change
            found.touched.add(key)


def transfer(topics: Sequence[str], data: str, length: int) -> tuple[str, str, int] | None:
    """Read a log as ERC-20's ``Transfer``.

    Returns:
        Payer, payee and minor units; None when it is anything else (ERC-721 has four topics).

    >>> transfer([TRANSFER, "0x" + "0" * 64, "0x" + "0" * 63 + "1"], "0x" + "0" * 63 + "5", 32)[2]
    5
    """
    if len(topics) != 3 or topics[0] != TRANSFER or length != 32:
        return None
    return "0x" + topics[1][-40:], "0x" + topics[2][-40:], int(data, 16)


def words(data: str) -> set[str]:
    """Words of call data that may be addresses.

    >>> words("0xa9059cbb" + "00" * 12 + "11" * 20 + "00" * 31 + "05")
    {'0x1111111111111111111111111111111111111111'}
    """
    body = data[10 : 10 + 64 * _WORDS_READ]
    found = (_address("0x" + body[i : i + 64]) for i in range(0, len(body) - 63, 64))
    return {each for each in found if each is not None}


def _address(word: str) -> str | None:
    """A word as an address: twelve zero bytes, then no small number."""
    if len(word) != 66 or word[2:26] != "0" * 24 or word[26:42] == "0" * 16:
        return None
    return "0x" + word[26:]


def _low(address: str) -> str:
    return address.lower()


def _lower(address: str | None) -> str | None:
    return None if address is None else address.lower()
