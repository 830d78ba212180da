"""Where the national contracts are that follow from an address: their maker's.

Three the Supervisor made; Attestations the deployer made, who made the Supervisor too.

Source: Ethereum yellow paper, section 7 (address of a new account); EIP-161 (nonce from 1).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from sandbox.kit.ids import Address

ATTESTATIONS_NONCE: Final = 5
"""The deployer's nonce at which it creates Attestations, on the KGST chain."""


@lru_cache(maxsize=64)
def reviews_address(supervisor: str) -> Address:
    """Where the Supervisor's ContractReviews is: the first contract that the Supervisor made.

    Args:
        supervisor: the Supervisor's address.

    Source: Ethereum yellow paper, section 7 (address of a new account); EIP-161 (nonce from 1).
    """
    return _made_by(supervisor, 1)


@lru_cache(maxsize=64)
def further_address(supervisor: str) -> Address:
    """Where the Supervisor's FurtherLimits is: the second contract that the Supervisor made.

    Args:
        supervisor: the Supervisor's address.
    """
    return _made_by(supervisor, 2)


@lru_cache(maxsize=64)
def ledgers_address(supervisor: str) -> Address:
    """Where the Supervisor's SupervisedLedgers is: the third contract that the Supervisor made.

    Args:
        supervisor: the Supervisor's address.
    """
    return _made_by(supervisor, 3)


@lru_cache(maxsize=64)
def attestations_address(deployer: str) -> Address:
    """Where Attestations is.

    Args:
        deployer: the address that created the Supervisor.
    """
    return _made_by(deployer, ATTESTATIONS_NONCE)


def _made_by(maker: str, nonce: int) -> Address:
    body = b"\xd6\x94" + bytes.fromhex(maker[2:]) + bytes([nonce])
    return Address(to_checksum_address(keccak(body)[12:]))
