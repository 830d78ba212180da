"""The engine's dump: what of it the engine needs, and what of it is history.

A dump holds the state, every block since the last load, every transaction with its
receipt, and the traces of all calls with all their inputs. Going on needs the state,
the block's environment and the newest header alone: ``strip`` keeps these, so a
snapshot grows with the state and not with the history. What is taken out is read by
``history`` in the engine's own words, for the index.

Rules:

- Inputs of inner calls are passed over unread, never made into objects: they are not
  paid for by gas, and a dump may hold hundreds of megabytes of them.
- What does not look like a dump of the pinned engine is refused, never guessed at.

Source: anvil 1.7.1 (``SerializableState``).
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import Raw

from sandbox.kit.errors import IntegrityFailure

_LEVEL: Final = 1
_OPERATIONS: Final = {"CREATE": 2, "CREATE2": 3}
_TRANSFER, _SELF_DESTRUCT = 0, 1


class _Header(msgspec.Struct):
    number: str


class _BlockHead(msgspec.Struct):
    header: _Header


class _Whole(msgspec.Struct):
    block: Raw
    accounts: Raw
    best_block_number: int
    blocks: list[Raw]
    transactions: Raw


class _Log(msgspec.Struct):
    address: str
    topics: list[str]
    data: str


class _Receipt(msgspec.Struct):
    type: str
    status: str
    cumulative: str = msgspec.field(name="cumulativeGasUsed")
    bloom: str = msgspec.field(name="logsBloom")
    logs: list[_Log]


class _Call(msgspec.Struct):
    kind: str
    value: str
    caller: str
    address: str
    selfdestruct_address: str | None
    selfdestruct_refund_target: str | None
    selfdestruct_transferred_value: str | None


class _Node(msgspec.Struct):
    trace: _Call


class _Info(msgspec.Struct):
    transaction_hash: str
    transaction_index: int
    sender: str = msgspec.field(name="from")
    contract_address: str | None
    traces: list[_Node]
    exit: str
    out: str | None
    gas_used: int


class _Transaction(msgspec.Struct):
    info: _Info
    receipt: _Receipt
    block_number: int


class _Signed(msgspec.Struct):
    transaction: dict[str, Any]


class _Block(msgspec.Struct):
    header: _Header
    transactions: list[_Signed]


@dataclass(frozen=True, slots=True)
class Mined:
    """One transaction of the past, in the engine's own words.

    Attributes:
        number: of its block.
        place: in the block.
        hash: its hash.
        transaction: as ``eth_getTransactionByHash`` answers, without what its block says.
        receipt: as ``eth_getTransactionReceipt`` answers, without what its block says.
        output: what it returned, or its revert data, hex.
        failed: it failed.
        operations: as ``ots_getInternalOperations`` answers.
    """

    number: int
    place: int
    hash: str
    transaction: dict[str, Any]
    receipt: dict[str, Any]
    output: str | None
    failed: bool
    operations: list[dict[str, Any]]


class Dump:
    """A dump that was opened.

    Args:
        data: as ``anvil_dumpState`` gives it: gzip, or plain JSON.

    Raises:
        IntegrityFailure: ``epoch.bad_dump``.
    """

    def __init__(self, data: bytes) -> None:
        text = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        self._whole: _Whole = _read(text, _Whole)

    @property
    def number(self) -> int:
        """The newest block's number."""
        return self._whole.best_block_number

    def strip(self) -> bytes:
        """The same without history: what the engine needs to go on.

        Raises:
            IntegrityFailure: ``epoch.bad_dump``: it does not hold its newest block.
        """
        newest = [raw for raw in self._whole.blocks if _number(raw) == self.number]
        if len(newest) != 1:
            raise IntegrityFailure("epoch.bad_dump", reason="newest block")
        head = _read(newest[0], dict[str, Any])
        head["transactions"] = []
        kept = {
            "block": self._whole.block,
            "accounts": self._whole.accounts,
            "best_block_number": self.number,
            "blocks": [head],
            "transactions": [],
            "historical_states": None,
        }
        return gzip.compress(msgspec.json.encode(kept), _LEVEL, mtime=0)

    def history(self, after: int) -> Iterator[Mined]:
        """The transactions of the blocks after a number, in no order.

        Args:
            after: the newest block that is known already.

        Raises:
            IntegrityFailure: ``epoch.bad_dump``: a transaction has no receipt.
        """
        signed = {
            each.transaction["hash"]: each.transaction
            for raw in self._whole.blocks
            if _number(raw) > after
            for each in _read(raw, _Block).transactions
        }
        for mined in _read(self._whole.transactions, list[_Transaction]):
            if mined.block_number <= after:
                continue
            transaction = signed.pop(mined.info.transaction_hash, None)
            if transaction is None:
                raise IntegrityFailure("epoch.bad_dump", reason="transaction")
            yield _mined(mined, transaction)
        if signed:
            raise IntegrityFailure("epoch.bad_dump", reason="receipt")


def _read(text: bytes | Raw, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IntegrityFailure("epoch.bad_dump", reason=str(error)[:200]) from error


def _number(raw: Raw) -> int:
    head: _BlockHead = _read(raw, _BlockHead)
    return int(head.header.number, 16)


def _mined(mined: _Transaction, transaction: dict[str, Any]) -> Mined:
    info, receipt = mined.info, mined.receipt
    shown = {
        "type": receipt.type,
        "status": receipt.status,
        "cumulativeGasUsed": receipt.cumulative,
        "logs": [
            {"address": log.address, "topics": log.topics, "data": log.data} for log in receipt.logs
        ],
        "logsBloom": receipt.bloom,
        "gasUsed": hex(info.gas_used),
        "contractAddress": info.contract_address,
    }
    return Mined(
        mined.block_number,
        info.transaction_index,
        info.transaction_hash,
        {**transaction, "from": info.sender},
        shown,
        info.out,
        receipt.status == "0x0",
        [found for node in info.traces if (found := _operation(node.trace)) is not None],
    )


def _operation(call: _Call) -> dict[str, Any] | None:
    """A transfer of value, a creation or a self-destruction inside a transaction."""
    kind = _OPERATIONS.get(call.kind)
    told = (call.caller, call.address, call.value)
    if call.selfdestruct_refund_target is not None:
        kind = _SELF_DESTRUCT
        told = (
            call.selfdestruct_address or call.address,
            call.selfdestruct_refund_target,
            call.selfdestruct_transferred_value or "0x0",
        )
    elif call.kind == "CALL" and int(call.value, 16):
        kind = _TRANSFER
    if kind is None:
        return None
    return {"type": kind, "from": told[0], "to": told[1], "value": told[2]}
