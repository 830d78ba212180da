"""Wallets of a case: each key is derived alone, and signs one kind of transaction.

Rules:

1. A key is HMAC-SHA512 of the case's seed over the wallet's public number: who knows one, or
   all but one, learns nothing of another. There is no mnemonic and no path.
2. All transactions are of type 2 (EIP-1559) with one price: the fee cap is the tip.
3. Signatures are deterministic (RFC 6979): the same case has the same transaction hashes.

>>> first, again = Wallets(bytes(32)), Wallets(bytes(32))
>>> first.address_of(7) == again.address_of(7) != first.address_of(8)
True
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from typing import Final

from coincurve import PrivateKey

from sandbox.kit.ids import Address, checksum
from sandbox.kit.keccak import keccak

_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_LABEL: Final = b"synak/case/wallet/1/"
_TYPE: Final = b"\x02"
_EMPTY_LIST: Final = b"\xc0"
_STRING: Final = 0x80
_LIST: Final = 0xC0
_SHORT: Final = 55


@dataclass(frozen=True, slots=True)
class Call:
    """One transaction before it is signed.

    Attributes:
        nonce: of its sender.
        to: which contract; None creates one.
        data: its input.
        gas: the limit.
        tip: wei for a unit of gas.
    """

    nonce: int
    to: Address | None
    data: bytes
    gas: int
    tip: int


class Wallets:
    """The keys of one case.

    Args:
        seed: of the case, secret.
    """

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._keys: dict[Address, PrivateKey] = {}

    def address_of(self, number: int) -> Address:
        """The address of a public number; its key is kept to sign with.

        Args:
            number: as ``sandbox.forensics.cases.plan`` asks for it.
        """
        key = derived(self._seed, str(number))
        self._keys[address := address_of(key)] = key
        return address

    def key(self, address: Address) -> PrivateKey:
        """The key of an address that was asked for."""
        return self._keys[address]


def derived(seed: bytes, name: str) -> PrivateKey:
    """A key from a seed and a name.

    Source: FIPS 186-5 appendix A.2.1 (extra random bits), with HMAC-SHA512 (RFC 2104).
    """
    wide = int.from_bytes(hmac.digest(seed, _LABEL + name.encode(), "sha512"))
    return PrivateKey((wide % (_ORDER - 1) + 1).to_bytes(32))


def address_of(key: PrivateKey) -> Address:
    """The address of a key. Source: Ethereum yellow paper, appendix F."""
    return checksum("0x" + keccak(key.public_key.format(compressed=False)[1:])[12:].hex())


def signed(key: PrivateKey, chain_id: int, call: Call) -> bytes:
    """A signed transaction, ready to be sent.

    Args:
        key: of the sender.
        chain_id: EIP-155 chain id.
        call: what is sent.

    Source: EIP-1559.
    """
    to = bytes.fromhex(call.to[2:]) if call.to else b""
    numbers = [chain_id, call.nonce, call.tip, call.tip, call.gas]
    body = b"".join(_number(each) for each in numbers)
    body += _text(to) + _number(0) + _text(call.data) + _EMPTY_LIST
    made: bytes = key.sign_recoverable(keccak(_TYPE + _list(body)), hasher=None)
    signature = [made[64], int.from_bytes(made[:32]), int.from_bytes(made[32:64])]
    return _TYPE + _list(body + b"".join(_number(each) for each in signature))


def _number(value: int) -> bytes:
    return _text(value.to_bytes((value.bit_length() + 7) // 8))


def _text(value: bytes) -> bytes:
    """A string in RLP; a tenth of the library's time. Source: Ethereum yellow paper, appendix B."""
    return value if len(value) == 1 and value[0] < _STRING else _headed(_STRING, value)


def _list(body: bytes) -> bytes:
    return _headed(_LIST, body)


def _headed(kind: int, body: bytes) -> bytes:
    if len(body) <= _SHORT:
        return bytes([kind + len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8)
    return bytes([kind + _SHORT + len(size)]) + size + body
