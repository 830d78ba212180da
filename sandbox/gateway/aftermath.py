"""Where accounts would get their code from after a transaction, which is only tried out.

Rules:

- One ``eth_simulateV1`` of three blocks: the transaction; then each account is asked for its
  ``implementation()``, as a beacon is, by a call that can change nothing; then each account's
  code is put aside for code that reads its two EIP-1967 slots.
- The engine simulates no creation: one is tried by code lent to its sender that creates. The new
  contract has another address than it would have; nothing else differs for it.
- Nothing is traced: it costs what the transaction costs, and no input is kept.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx
from sandbox.gateway.foresight import called, tried
from sandbox.gateway.layers import BEACON_SLOT, IMPLEMENTATION_SLOT, Overlay

_ASKER: Final = "0x" + "5a" * 20
_ASK: Final = "0x635c60da1b60e01b5f525f5f60045f5f355afa3d5f5f3e601d575f5ffd5b3d5ff3"
"""STATICCALL ``implementation()`` of the address in the call data, and pass on what it answers."""
_READ: Final = f"0x7f{BEACON_SLOT[2:]}545f52" + f"7f{IMPLEMENTATION_SLOT[2:]}54602052" + "60405ff3"
"""SLOAD both slots, and return their 64 bytes."""
_CREATE: Final = "0x365f5f37365f5ff000"
"""CREATE from the call data."""
_GAS: Final = hex(200_000)
_WORD: Final = 64


async def aftermath(node: ChainNode, transaction: SignedTx, accounts: Collection[str]) -> Overlay:
    """What the pointers of accounts would be after a transaction at the head.

    Args:
        node: the chain.
        transaction: decoded.
        accounts: whose; lower-case.

    Raises:
        Unavailable: ``gateway.cannot_foresee``.
    """
    asked = sorted(accounts)
    asking = [
        {"to": _ASKER, "data": "0x" + each[2:].rjust(_WORD, "0"), "gas": _GAS} for each in asked
    ]
    reading = [{"to": each, "gas": _GAS} for each in asked]
    first: dict[str, Any] = {"calls": [called(transaction)]}
    if transaction.to is None:
        first = {
            "calls": [{**called(transaction), "to": transaction.sender}],
            "stateOverrides": {transaction.sender: {"code": _CREATE}},
        }
    blocks: list[dict[str, Any]] = [
        {**first, "blockOverrides": {"time": hex(node.next_timestamp())}},
        {"stateOverrides": {_ASKER: {"code": _ASK}}, "calls": asking},
        {"stateOverrides": {each: {"code": _READ} for each in asked}, "calls": reading},
    ]
    found = await tried(node, "eth_simulateV1", {"blockStateCalls": blocks}, "latest")
    _, answers, slots = (each["calls"] for each in found)
    return Overlay(
        {each: _pointers(said["returnData"]) for each, said in zip(asked, slots, strict=True)},
        {each: _answer(said) for each, said in zip(asked, answers, strict=True)},
    )


def _pointers(data: str) -> dict[str, str]:
    return {
        BEACON_SLOT: "0x" + data[2 : 2 + _WORD],
        IMPLEMENTATION_SLOT: "0x" + data[2 + _WORD : 2 + 2 * _WORD],
    }


def _answer(said: dict[str, Any]) -> str:
    """What was answered; nothing when it failed."""
    return str(said["returnData"]) if said["status"] == "0x1" else "0x"
