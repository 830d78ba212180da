"""Why a call was reverted, in words.

Rules: a revert of the Supervisor is a clause of the permit and becomes
``PermitRefused``; any other becomes ``ContractReverted`` with the reason string,
the panic in words, or the custom error's name and arguments when the ABI that
declares it is known. Nothing is guessed: unknown data is shown as hex.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak
from web3.exceptions import ContractLogicError, Web3RPCError

from sandbox.contracts.typed import decode_reason, decode_refusal
from sandbox.kit.ids import ChainName
from sandbox.locale.catalogue import Language
from sandbox.sdk.errors import ContractReverted, PermitRefused, SdkError
from sandbox.sdk.rpc import refusal_dict, with_asset

Abi = list[dict[str, Any]]


def revert_data(error: Exception) -> bytes | None:
    """The revert data inside one of web3.py's errors.

    Args:
        error: what web3.py raised.

    Returns:
        The data (empty for a revert without reason); ``None`` when it was no revert.
    """
    data: object = None
    if isinstance(error, ContractLogicError):
        data = error.data
    elif isinstance(error, Web3RPCError) and error.rpc_response:
        inner = error.rpc_response.get("error")
        if not isinstance(inner, Mapping) or "revert" not in str(inner.get("message", "")).lower():
            return None
        data = inner.get("data")
    else:
        return None
    if isinstance(data, str) and data.startswith("0x"):
        return bytes.fromhex(data[2:])
    return b""


def error_of_revert(
    data: bytes,
    abis: Iterable[Abi] = (),
    *,
    chain: ChainName = "kgst",
    language: Language = "en",
    tx_hash: str | None = None,
) -> SdkError:
    """The error that revert data stands for.

    Args:
        data: what the call returned.
        abis: ABIs whose custom errors may occur.
        chain: names the asset of a clause's numbers.
        language: the language of the error.
        tx_hash: the transaction, when it was mined.
    """
    refusal = decode_refusal(data)
    if refusal is not None:
        said = {**refusal_dict(refusal), "tx_hash": tx_hash}
        return PermitRefused(with_asset(said, chain), language=language)
    return ContractReverted(reason_of(data, abis), tx_hash=tx_hash, language=language)


def reason_of(data: bytes, abis: Iterable[Abi] = ()) -> str:
    """Revert data in words.

    >>> reason_of(bytes.fromhex("4e487b71") + (17).to_bytes(32, "big"))
    'arithmetic overflow or underflow'
    >>> reason_of(b"")
    'no reason given'
    """
    if not data:
        return "no reason given"
    said = decode_reason(data)
    if said is not None:
        return said
    for item in (each for abi in abis for each in abi):
        if item.get("type") == "error" and _selector(item) == data[:4]:
            try:
                values = decode([collapse_if_tuple(each) for each in item["inputs"]], data[4:])
            except (DecodingError, OverflowError):
                break
            return f"{item['name']}({', '.join(_shown(value) for value in values)})"
    return "0x" + data.hex()[:200]


def _selector(item: Mapping[str, Any]) -> bytes:
    types = ",".join(collapse_if_tuple(each) for each in item["inputs"])
    return keccak(text=f"{item['name']}({types})")[:4]


def _shown(value: object) -> str:
    return "0x" + value.hex() if isinstance(value, bytes) else str(value)
