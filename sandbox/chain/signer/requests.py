"""What the signer can be asked, read strictly.

A request is one JSON object on one line: ``{"id", "op", "key", ...}``. An answer is
``{"id", "ok": true, ...}`` or ``{"id", "ok": false, "kind", "code", "params"}``.

======================  ==================  ==========================
op                      beside ``key``      answer
======================  ==================  ==========================
``address``                                 ``address``
``sign_transaction``    ``tx``              ``raw``, ``hash``
``sign_typed``          ``typed``           ``signature`` (65 bytes)
``sign_message``        ``message`` (hex)   ``signature`` (65 bytes)
``health``              (no key)            ``status``, ``mode``
======================  ==================  ==========================

Quantities are integers or ``0x`` hex, bytes are ``0x`` hex.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from sandbox.chain.signer.keys import Keys
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import checksum

MAX_LINE: Final = 512 * 1024
"""The longest request, bytes."""
MAX_TYPED: Final = 64 * 1024
"""The longest request for typed data, bytes."""
MAX_TYPED_BRACKETS: Final = 300
"""The most objects and lists in it: the time for hashing grows with the product of the
types' members and the message's items."""
_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}")
_COMMON: Final = {"nonce", "gas", "to", "data", "value", "chainId"}
_FEES: Final = (
    {"gasPrice"},
    {"gasPrice", "accessList"},
    {"maxFeePerGas", "maxPriorityFeePerGas"},
    {"maxFeePerGas", "maxPriorityFeePerGas", "accessList"},
)
_REQUIRED: Final = {"nonce", "gas", "chainId"}
_CHAIN_ID_BITS: Final = 53


def sign_transaction(keys: Keys, key: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Sign a legacy, EIP-2930 or EIP-1559 transaction.

    Raises:
        InvalidInput: ``signer.bad_transaction`` naming the field.
    """
    tx = _transaction(request.get("tx"))
    try:
        signed = Account.sign_transaction(tx, keys.private(key))
    except Exception as error:  # the library raises many kinds for bad fields
        raise InvalidInput("signer.bad_transaction", field=type(error).__name__) from error
    return {
        "raw": "0x" + bytes(signed.raw_transaction).hex(),
        "hash": "0x" + bytes(signed.hash).hex(),
    }


def check_typed_size(text: bytes) -> None:
    """Refuse typed data that would take long to hash.

    Args:
        text: as JSON, alone or within its request.

    Raises:
        InvalidInput: ``signer.bad_typed_data``.
    """
    if len(text) > MAX_TYPED:
        raise InvalidInput("signer.bad_typed_data", reason=f"more than {MAX_TYPED} bytes")
    if text.count(b"[") + text.count(b"{") > MAX_TYPED_BRACKETS:
        reason = f"more than {MAX_TYPED_BRACKETS} objects and lists"
        raise InvalidInput("signer.bad_typed_data", reason=reason)


def sign_typed(keys: Keys, key: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Sign typed data. Source: EIP-712.

    Raises:
        InvalidInput: ``signer.bad_typed_data``.
    """
    typed = request.get("typed")
    names = {"types", "domain", "primaryType", "message"}
    if not isinstance(typed, dict) or set(typed) != names:
        raise InvalidInput("signer.bad_typed_data", reason="fields")
    try:
        signed = Account.sign_message(encode_typed_data(full_message=typed), keys.private(key))
    except Exception as error:  # the library raises many kinds for bad fields
        raise InvalidInput("signer.bad_typed_data", reason=str(error)[:200]) from error
    return {"signature": "0x" + bytes(signed.signature).hex()}


def sign_message(keys: Keys, key: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Sign bytes as a personal message. Source: EIP-191, version 0x45.

    Raises:
        InvalidInput: ``signer.bad_message``.
    """
    message = request.get("message")
    if not isinstance(message, str) or not _HEX.fullmatch(message):
        raise InvalidInput("signer.bad_message")
    signed = Account.sign_message(encode_defunct(hexstr=message), keys.private(key))
    return {"signature": "0x" + bytes(signed.signature).hex()}


def _transaction(tx: Any) -> dict[str, Any]:
    if not isinstance(tx, dict):
        raise InvalidInput("signer.bad_transaction", field="tx")
    fees = set(tx) - _COMMON
    if fees not in _FEES or not set(tx) >= _REQUIRED:
        names = sorted(map(str, fees)) or sorted(_REQUIRED - set(tx))
        raise InvalidInput("signer.bad_transaction", field=",".join(names)[:100])
    read: dict[str, Any] = {"value": 0, "data": "0x"}
    for name, value in tx.items():
        read[name] = _field(name, value)
    if read["chainId"] >> _CHAIN_ID_BITS or not read["chainId"]:
        raise InvalidInput("signer.bad_transaction", field="chainId")
    if read.get("to") is None:
        read.pop("to", None)
    if "accessList" in read and "gasPrice" in read:
        read["type"] = 1
    return read


def _field(name: str, value: Any) -> Any:
    try:
        if name == "to":
            return None if value in {None, "", "0x"} else checksum(value)
        if name == "data":
            return _bytes(value)
        if name == "accessList":
            return [
                {"address": checksum(each["address"]), "storageKeys": _words(each["storageKeys"])}
                for each in value
            ]
        return quantity(value)
    except (InvalidInput, KeyError, TypeError, ValueError) as error:
        raise InvalidInput("signer.bad_transaction", field=name) from error


def _bytes(value: Any) -> str:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise ValueError
    return value


def _words(values: Any) -> list[str]:
    words = [_bytes(value) for value in values]
    if any(len(word) != 66 for word in words):
        raise ValueError
    return words


def quantity(value: Any) -> int:
    """An unsigned number below 2**256, from an integer or ``0x`` hex.

    Raises:
        ValueError: it is none.
    """
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 256:
        return value
    raise ValueError
