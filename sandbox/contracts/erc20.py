"""What every token of the common standard says alike. Source: ERC-20."""

from __future__ import annotations

from typing import Final

from sandbox.kit.keccak import keccak

TRANSFER: Final = "0x" + keccak(b"Transfer(address,address,uint256)").hex()
"""The topic of a transfer."""
