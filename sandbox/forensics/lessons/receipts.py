"""Receipts as a node gives them, with numbers in decimals: what was asked and what came of it.

Rules:

1. A log is as a node writes it: its contract, topics and data of 32 bytes each, in hexadecimals.
2. A transaction that failed has no logs, and its gas is paid for all the same.
3. No chain stands behind them: hashes and addresses are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance
from sandbox.kit.keccak import keccak

TRANSFER: Final = "0x" + keccak(b"Transfer(address,address,uint256)").hex()
APPROVAL: Final = "0x" + keccak(b"Approval(address,address,uint256)").hex()
Receipt = dict[str, Any]
Log = dict[str, Any]


def word(value: str | int) -> str:
    """An address or a whole number as 32 bytes, filled up with zeros on the left.

    >>> word(255)[-4:], len(word(255))
    ('00ff', 66)
    """
    digits = value.removeprefix("0x") if isinstance(value, str) else f"{value:x}"
    return "0x" + digits.rjust(64, "0")


def log(contract: str, topic: str, one: str, other: str, amount: int) -> Log:
    """A log of an event that names two accounts and an amount.

    Args:
        contract: that wrote it.
        topic: of the event: `TRANSFER` or `APPROVAL`.
        one: payer, or owner.
        other: payee, or who may spend.
        amount: minor units.
    """
    return {"address": contract, "topics": [topic, word(one), word(other)], "data": word(amount)}


def receipt(draw: Chance, block: int, who: tuple[str, str], logs: Sequence[Log]) -> Receipt:
    """A receipt; it failed if there are no logs.

    Args:
        draw: chance of its own, for what is not given.
        block: in which it stands.
        who: who handed it in, and which contract was called.
        logs: what contracts said.
    """
    by, to = who
    return {
        "hash": "0x" + draw.bytes(32).hex(),
        "block": block,
        "index": draw.between(2, 60),
        "from": by,
        "to": to,
        "status": int(bool(logs)),
        "gas_used": draw.between(34_001, 88_999),
        "gas_price_gwei": draw.between(3, 29),
        "logs": list(logs),
    }
