"""The national contracts' own errors by name, for whoever is told "custom error 0xbfc6c337".

Only words: who really said it nobody can tell from revert data alone, and nothing is decided by it.

>>> named_error(bytes.fromhex("bfc6c337") + bytes(12) + bytes.fromhex("dead" * 10))
'NotRegistered(0xdeaDDeADDEaDdeaDdEAddEADDEAdDeadDEADDEaD)'
>>> named_error(b"abcd") is None
True
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from sandbox.contracts.loader import artifact
from sandbox.kit.ids import checksum

NATIONAL: Final = (
    "DigitalSom",
    "KGST",
    "Supervisor",
    "FurtherLimits",
    "SupervisedLedgers",
)
_LONGEST: Final = 4 + 32 * 16


def named_error(data: bytes) -> str | None:
    """A national contract's error in words.

    Args:
        data: what a call returned when it reverted.

    Returns:
        Its name with its arguments, or None when no national contract has such an error.
    """
    if len(data) > _LONGEST or data[:4] not in _errors():
        return None
    name, types = _errors()[data[:4]]
    try:
        values = decode(types, data[4:])
    except (DecodingError, ValueError):
        return None
    return f"{name}({', '.join(map(_spoken, types, values))})"


@cache
def _errors() -> dict[bytes, tuple[str, tuple[str, ...]]]:
    """Name and argument types by selector."""
    found = {}
    for contract in NATIONAL:
        for entry in artifact(contract).abi:
            if entry.get("type") == "error":
                types = tuple(str(collapse_if_tuple(each)) for each in entry["inputs"])
                selector = keccak(text=f"{entry['name']}({','.join(types)})")[:4]
                found[selector] = (str(entry["name"]), types)
    return found


def _spoken(kind: str, value: Any) -> str:
    if kind == "address":
        return checksum(value)
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
