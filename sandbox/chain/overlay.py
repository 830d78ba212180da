"""Queued transactions in the shape in which an engine shows pending ones."""

from __future__ import annotations

from typing import Any

import rlp

from sandbox.chain.transaction import SignedTx


def pending_transaction(tx: SignedTx) -> dict[str, Any]:
    """A queued transaction as ``eth_getTransactionByHash`` answers it.

    Args:
        tx: the transaction.

    Source: Ethereum JSON-RPC specification (execution-apis), schema ``TransactionInfo``.
    """
    fields = rlp.decode(tx.raw[1:] if tx.type else tx.raw)
    shown: dict[str, Any] = {
        "blockHash": None,
        "blockNumber": None,
        "transactionIndex": None,
        "hash": tx.hash,
        "from": tx.sender.lower(),
        "to": tx.to.lower() if tx.to else None,
        "nonce": hex(tx.nonce),
        "value": hex(tx.value),
        "gas": hex(tx.gas),
        "gasPrice": hex(tx.gas_price),
        "input": "0x" + tx.data.hex(),
        "type": hex(tx.type),
        "v": _quantity(fields[-3]),
        "r": _quantity(fields[-2]),
        "s": _quantity(fields[-1]),
    }
    if tx.chain_id is not None:
        shown["chainId"] = hex(tx.chain_id)
    if tx.type:
        shown["yParity"] = shown["v"]
        shown["accessList"] = [
            {"address": "0x" + address.hex(), "storageKeys": ["0x" + key.hex() for key in keys]}
            for address, keys in fields[-4]
        ]
    if tx.type == 2:
        shown["maxPriorityFeePerGas"] = _quantity(fields[2])
        shown["maxFeePerGas"] = _quantity(fields[3])
    return shown


def _quantity(value: bytes) -> str:
    return hex(int.from_bytes(value, "big"))
