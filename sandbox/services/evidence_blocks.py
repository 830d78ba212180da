"""A transaction and its receipt, shown to be in a sealed block without the rest of it.

Rules:

1. A block's hash is the keccak-256 of its header; the header names the roots of two tries, of
   the block's transactions and of their receipts, by place. A proof is the trie's nodes on the
   way: hashes of what lies beside, never the others themselves.
2. What the engine answers is believed only when it encodes to the hash that was sealed.

Source: Ethereum Yellow Paper, 4.3 (the block) and appendix D (Merkle-Patricia trie); EIP-2718,
EIP-2930, EIP-1559; header fields in the order of EIP-1559, -4895, -4844, -4788 and -7685.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import rlp
from trie.hexary import HexaryTrie

from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.keccak import keccak

_HEADER: Final = (
    ("parentHash", "bytes"),
    ("sha3Uncles", "bytes"),
    ("miner", "bytes"),
    ("stateRoot", "bytes"),
    ("transactionsRoot", "bytes"),
    ("receiptsRoot", "bytes"),
    ("logsBloom", "bytes"),
    ("difficulty", "number"),
    ("number", "number"),
    ("gasLimit", "number"),
    ("gasUsed", "number"),
    ("timestamp", "number"),
    ("extraData", "bytes"),
    ("mixHash", "bytes"),
    ("nonce", "bytes"),
)
_LATER: Final = (
    ("baseFeePerGas", "number"),
    ("withdrawalsRoot", "bytes"),
    ("blobGasUsed", "number"),
    ("excessBlobGas", "number"),
    ("parentBeaconBlockRoot", "bytes"),
    ("requestsHash", "bytes"),
)
STATE_ROOT, TRANSACTIONS_ROOT, RECEIPTS_ROOT, NUMBER, TIME = 3, 4, 5, 8, 11
"""Places in a header."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One transaction of a block.

    Attributes:
        index: its place in the block.
        receipt: in its consensus form.
        transaction_proof: nodes of the trie of transactions.
        receipt_proof: nodes of the trie of receipts.
    """

    index: int
    receipt: bytes
    transaction_proof: tuple[bytes, ...]
    receipt_proof: tuple[bytes, ...]


def header_of(block: Mapping[str, Any]) -> bytes:
    """A block's header in its consensus form.

    Args:
        block: as ``eth_getBlockByNumber`` answers it.

    Raises:
        IntegrityFailure: ``evidence.block_differs`` when it does not hash to the block's hash.
    """
    later = [field for field in _LATER if block.get(field[0]) is not None]
    header: bytes = rlp.encode([_field(block[name], kind) for name, kind in (*_HEADER, *later)])
    if keccak(header) != _bytes(block["hash"]):
        number = _number(block["number"])
        raise IntegrityFailure("evidence.block_differs", block=number, what="hash")
    return header


def show(
    block: Mapping[str, Any], receipts: Sequence[Mapping[str, Any]], indexes: Sequence[int]
) -> list[Shown]:
    """Proofs of some transactions of a block and of their receipts.

    Args:
        block: with full transactions.
        receipts: of all of them, in order.
        indexes: which ones.

    Raises:
        IntegrityFailure: ``evidence.block_differs``.
    """
    encoded = [encode_receipt(each) for each in receipts]
    transactions = _trie([encode_transaction(each) for each in block["transactions"]])
    outcomes = _trie(encoded)
    for trie, name in ((transactions, "transactionsRoot"), (outcomes, "receiptsRoot")):
        if trie.root_hash != _bytes(block[name]):
            raise IntegrityFailure(
                "evidence.block_differs", block=_number(block["number"]), what=name
            )
    return [
        Shown(index, encoded[index], _proof(transactions, index), _proof(outcomes, index))
        for index in indexes
    ]


def encode_transaction(tx: Mapping[str, Any]) -> bytes:
    """A signed transaction in its consensus form, from the engine's answer.

    Raises:
        IntegrityFailure: ``evidence.block_differs``.
    """
    kind = _number(tx.get("type", "0x0"))
    call = [_bytes(tx.get("to") or "0x"), _number(tx["value"]), _bytes(tx["input"])]
    end = [_number(tx["r"]), _number(tx["s"])]
    nonce, gas = _number(tx["nonce"]), _number(tx["gas"])
    if kind == 0:
        parts = [nonce, _number(tx["gasPrice"]), gas, *call, _number(tx["v"]), *end]
        data: bytes = rlp.encode(parts)
    else:
        fees = [_number(tx["gasPrice"])]
        if kind == 2:
            fees = [_number(tx["maxPriorityFeePerGas"]), _number(tx["maxFeePerGas"])]
        parity = _number(tx["yParity"] if tx.get("yParity") is not None else tx["v"])
        access = [
            [_bytes(each["address"]), [_bytes(key) for key in each["storageKeys"]]]
            for each in tx.get("accessList") or ()
        ]
        parts = [_number(tx["chainId"]), nonce, *fees, gas, *call, access, parity, *end]
        data = bytes([kind]) + rlp.encode(parts)
    if keccak(data) != _bytes(tx["hash"]):
        raise IntegrityFailure("evidence.block_differs", block=str(tx["hash"]), what="transaction")
    return data


def encode_receipt(receipt: Mapping[str, Any]) -> bytes:
    """A receipt in its consensus form, from the engine's answer."""
    logs = [
        [_bytes(log["address"]), [_bytes(topic) for topic in log["topics"]], _bytes(log["data"])]
        for log in receipt["logs"]
    ]
    body: bytes = rlp.encode(
        [
            _number(receipt["status"]),
            _number(receipt["cumulativeGasUsed"]),
            _bytes(receipt["logsBloom"]),
            logs,
        ]
    )
    kind = _number(receipt.get("type", "0x0"))
    return bytes([kind]) + body if kind else body


def proven(root: bytes, index: int, proof: Sequence[bytes]) -> bytes | None:
    """What a trie holds at a place, by a proof; None when the proof shows nothing.

    Args:
        root: of the trie.
        index: the place.
        proof: the trie's nodes on the way.
    """
    try:
        nodes = [rlp.decode(node) for node in proof]
        value: bytes = HexaryTrie.get_from_proof(  # type: ignore[no-untyped-call]
            root, rlp.encode(index), nodes
        )
    except Exception:  # noqa: BLE001 - the nodes are whatever somebody put into the file
        return None
    return value or None


def _trie(values: Sequence[bytes]) -> HexaryTrie:
    trie = HexaryTrie({}, prune=True)
    for index, value in enumerate(values):
        trie[rlp.encode(index)] = value
    return trie


def _proof(trie: HexaryTrie, index: int) -> tuple[bytes, ...]:
    nodes = trie.get_proof(rlp.encode(index))  # type: ignore[no-untyped-call]
    return tuple(rlp.encode(node) for node in nodes)


def _field(value: str, kind: str) -> bytes | int:
    return _number(value) if kind == "number" else _bytes(value)


def _number(value: Any) -> int:
    return int(value, 16) if isinstance(value, str) else int(value)


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))
