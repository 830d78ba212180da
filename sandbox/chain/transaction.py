"""Signed transactions, read once and then trusted.

Rules:

- Types 0 (legacy), 1 (EIP-2930) and 2 (EIP-1559) are read; blobs (3), authorisation
  lists (4) and everything unknown are refused.
- The sender is recovered from the signature; a signature with a high ``s`` is
  refused (EIP-2), so that one transaction has one hash.
- Only the one canonical RLP form is read: trailing bytes, leading zeros and short
  addresses are refused.

>>> decode("0x01")
Traceback (most recent call last):
...
sandbox.kit.errors.InvalidInput: tx.malformed (reason='rlp')
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import rlp
from coincurve import PublicKey
from eth_utils.address import to_checksum_address
from rlp.exceptions import RLPException

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import Address, TxHash
from sandbox.kit.keccak import keccak

MAX_BYTES: Final = 131_072
"""The largest raw transaction read, bytes (geth's own limit)."""
GAS_CAP: Final = 16_777_216
"""The most gas a transaction may ask for. Source: EIP-7825."""
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_UINT64: Final = 1 << 64
_UINT256: Final = 1 << 256
_FIELDS: Final = {0: 9, 1: 11, 2: 12}
_LIST: Final = 0xC0
_SHORT: Final = 55
_EMPTY_LIST: Final = b"\xc0"


@dataclass(frozen=True, slots=True)
class SignedTx:
    """A signed transaction.

    Attributes:
        raw: the bytes that were signed and sent.
        hash: keccak-256 of ``raw``.
        sender: who signed.
        nonce: the sender's count of transactions before this one.
        type: 0, 1 or 2.
        chain_id: EIP-155 chain id; None when the signature names none.
        to: None for a deployment.
        value: wei.
        gas: gas limit.
        gas_price: wei a unit of gas at a base fee of zero: ``gasPrice``, or the
            smaller of ``maxFeePerGas`` and ``maxPriorityFeePerGas``.
        data: input.
        fee_cap: wei a unit of gas that the sender must be able to pay: ``gasPrice`` or
            ``maxFeePerGas``.
    """

    raw: bytes
    hash: TxHash
    sender: Address
    nonce: int
    type: int
    chain_id: int | None
    to: Address | None
    value: int
    gas: int
    gas_price: int
    data: bytes
    fee_cap: int = 0


def decode(raw: bytes | str) -> SignedTx:
    """Read a signed transaction and recover its sender.

    Args:
        raw: bytes, or hex with ``0x``.

    Raises:
        InvalidInput: ``tx.malformed``, ``tx.too_large``, ``tx.type_not_supported``,
            ``tx.bad_signature``, ``tx.high_s``.

    Source: EIP-2718, EIP-155, EIP-2930, EIP-1559.
    """
    data = _bytes(raw)
    kind = data[0] if data[0] < _LIST else 0
    if kind not in _FIELDS or data[0] == 0:
        raise InvalidInput("tx.type_not_supported", type=data[0])
    try:
        fields, ends = split(data, 1 if kind else 0)
    except (IndexError, ValueError) as error:
        raise InvalidInput("tx.malformed", reason="rlp") from error
    if len(fields) != _FIELDS[kind]:
        raise InvalidInput("tx.malformed", reason="fields")
    return _legacy(data, fields, ends) if kind == 0 else _typed(data, kind, fields, ends)


def payload(raw: bytes) -> bytes:
    """The input of a transaction that was read and trusted before; nothing is recovered.

    Args:
        raw: its signed bytes.

    Raises:
        InvalidInput: ``tx.malformed``.
    """
    typed = raw[0] < _LIST
    try:
        fields, _ = split(raw, 1 if typed else 0)
        found = fields[-5] if typed else fields[5]
    except (IndexError, ValueError) as error:
        raise InvalidInput("tx.malformed", reason="rlp") from error
    return found or b""


def _bytes(raw: bytes | str) -> bytes:
    if isinstance(raw, str):
        if not raw.startswith("0x"):
            raise InvalidInput("tx.malformed", reason="hex")
        try:
            raw = bytes.fromhex(raw[2:])
        except ValueError as error:
            raise InvalidInput("tx.malformed", reason="hex") from error
    if not raw:
        raise InvalidInput("tx.malformed", reason="empty")
    if len(raw) > MAX_BYTES:
        raise InvalidInput("tx.too_large", size=len(raw), limit=MAX_BYTES)
    return bytes(raw)


def _number(value: bytes, below: int = _UINT256) -> int:
    if value[:1] == b"\0":
        raise InvalidInput("tx.malformed", reason="leading_zero")
    number = int.from_bytes(value, "big")
    if number >= below:
        raise InvalidInput("tx.malformed", reason="overflow")
    return number


def _legacy(data: bytes, fields: list[bytes | None], ends: list[int]) -> SignedTx:
    nonce, price, gas, to, value, payload, last, r, s = _flat(fields)
    v = _number(last)
    if v in {27, 28}:
        chain_id, parity, extra = None, v - 27, b""
    elif v >= 35:
        chain_id, parity = (v - 35) // 2, (v - 35) % 2
        extra = rlp.encode(_minimal(chain_id)) + b"\x80\x80"
    else:
        raise InvalidInput("tx.bad_signature")
    unsigned = data[ends[0] : ends[6]] + extra
    return SignedTx(
        raw=data,
        hash=_hash(data),
        sender=_recover(_list_head(len(unsigned)) + unsigned, parity, r, s),
        nonce=_number(nonce, _UINT64),
        type=0,
        chain_id=chain_id,
        to=_target(to),
        value=_number(value),
        gas=_number(gas, _UINT64),
        gas_price=_number(price),
        data=payload,
        fee_cap=_number(price),
    )


def _typed(data: bytes, kind: int, fields: list[bytes | None], ends: list[int]) -> SignedTx:
    _check_access_list(data[ends[-5] : ends[-4]], fields.pop(-4))
    *head, gas, to, value, payload, last, r, s = _flat(fields)
    parity = _number(last)
    if parity not in {0, 1}:
        raise InvalidInput("tx.bad_signature")
    unsigned = data[ends[0] : ends[-4]]
    price = _number(head[2])
    if kind == 2 and price > _number(head[3]):
        raise InvalidInput("tx.malformed", reason="priority_above_cap")
    return SignedTx(
        raw=data,
        hash=_hash(data),
        sender=_recover(bytes([kind]) + _list_head(len(unsigned)) + unsigned, parity, r, s),
        nonce=_number(head[1], _UINT64),
        type=kind,
        chain_id=_number(head[0], _UINT64),
        to=_target(to),
        value=_number(value),
        gas=_number(gas, _UINT64),
        gas_price=price,
        data=payload,
        fee_cap=_number(head[3]) if kind == 2 else price,
    )


def split(data: bytes, start: int = 0) -> tuple[list[bytes | None], list[int]]:
    """Walk a list of byte strings once; the unsigned part of a transaction is a slice.

    Args:
        data: RLP; one list from ``start`` to the end.
        start: where the list begins.

    Returns:
        The items (None for a list inside), and where they lie: the start of the first,
        then the end of each.

    Raises:
        ValueError: not the one canonical form, or bytes are left over.
        IndexError: it ends too early.

    Source: Ethereum Yellow Paper, appendix B.
    """
    begin, end = _extent(data, start)
    if data[start] < _LIST or end != len(data):
        raise ValueError
    items: list[bytes | None] = []
    ends = [begin]
    at = begin
    while at < end:
        first = data[at]
        inside, at = _extent(data, at)
        items.append(data[inside:at] if first < _LIST else None)
        ends.append(at)
    if at != end:
        raise ValueError
    return items, ends


def _extent(data: bytes, at: int) -> tuple[int, int]:
    """Where the content of the item at ``at`` begins and ends."""
    first = data[at]
    if first < 0x80:
        return at, at + 1
    offset = 0x80 if first < _LIST else _LIST
    size = first - offset
    begin = at + 1
    if size > _SHORT:
        begin += size - _SHORT
        long = data[at + 1 : begin]
        size = int.from_bytes(long, "big")
        if size <= _SHORT or long[0] == 0:
            raise ValueError
    elif size == 1 and offset == 0x80 and data[begin] < 0x80:
        raise ValueError
    if begin + size > len(data):
        raise IndexError
    return begin, begin + size


def _list_head(size: int) -> bytes:
    if size <= _SHORT:
        return bytes([_LIST + size])
    long = _minimal(size)
    return bytes([_LIST + _SHORT + len(long)]) + long


def _flat(fields: list[bytes | None]) -> list[bytes]:
    flat = [field for field in fields if field is not None]
    if len(flat) != len(fields):
        raise InvalidInput("tx.malformed", reason="fields")
    return flat


def _check_access_list(raw: bytes, field: bytes | None) -> None:
    """Each entry is ``[address (20 bytes), [key (32 bytes), ...]]``. Source: EIP-2930."""
    if raw == _EMPTY_LIST:
        return
    try:
        entries: Any = rlp.decode(raw) if field is None else b""
    except (RLPException, TypeError, ValueError, RecursionError) as error:
        raise InvalidInput("tx.malformed", reason="access_list") from error
    right = isinstance(entries, list) and all(
        isinstance(entry, list)
        and len(entry) == 2
        and isinstance(entry[0], bytes)
        and len(entry[0]) == 20
        and isinstance(entry[1], list)
        and all(isinstance(key, bytes) and len(key) == 32 for key in entry[1])
        for entry in entries
    )
    if not right:
        raise InvalidInput("tx.malformed", reason="access_list")


def _target(to: bytes) -> Address | None:
    if len(to) not in {0, 20}:
        raise InvalidInput("tx.malformed", reason="to")
    return _address(to) if to else None


def _minimal(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _hash(data: bytes) -> TxHash:
    return TxHash("0x" + keccak(data).hex())


@lru_cache(maxsize=65_536)
def _address(value: bytes) -> Address:
    return Address(to_checksum_address(value))


def _recover(signed: bytes, parity: int, r: bytes, s: bytes) -> Address:
    if not 0 < _number(r) < _ORDER or not 0 < _number(s) < _ORDER:
        raise InvalidInput("tx.bad_signature")
    if _number(s) > _ORDER // 2:
        raise InvalidInput("tx.high_s")
    signature = r.rjust(32, b"\0") + s.rjust(32, b"\0") + bytes([parity])
    try:
        key = PublicKey.from_signature_and_message(signature, keccak(signed), hasher=None)
    except Exception as error:  # coincurve raises bare Exception for an impossible point
        raise InvalidInput("tx.bad_signature") from error
    return _address(keccak(key.format(compressed=False)[1:])[12:])
