"""web3.py's errors as the SDK's own, and the reason of a failed transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_typing import HexStr
from web3.eth import Eth
from web3.exceptions import Web3Exception
from web3.types import RPCEndpoint, TxParams

from sandbox.contracts.loader import artifact
from sandbox.kit.ids import ChainName
from sandbox.locale.catalogue import Language
from sandbox.sdk.errors import ContractReverted, PermitRefused, SdkError
from sandbox.sdk.reverts import Abi, error_of_revert, revert_data


def readable(
    error: Exception,
    call: object = None,
    *,
    chain: ChainName = "kgst",
    language: Language = "en",
    tx_hash: str | None = None,
) -> Exception:
    """One of the SDK's errors, or the error itself when it is no revert.

    Args:
        error: what web3.py raised.
        call: what was called; its ABI names custom errors.
        chain: names the asset of a clause's numbers.
        language: the language of the error.
        tx_hash: the transaction, when it was mined.
    """
    data = revert_data(error)
    if isinstance(error, SdkError) or data is None:
        return error
    return error_of_revert(data, abis_of(call), chain=chain, language=language, tx_hash=tx_hash)


def failure(
    eth: Eth,
    tx_hash: str,
    call: object = None,
    *,
    chain: ChainName = "kgst",
    language: Language = "en",
) -> Exception:
    """Why a transaction failed in its block: from its trace, else asked again as a call.

    A call on the block before is not the state that the transaction met behind others in its
    own block; it is asked only where no trace is had any more.

    Args:
        eth: the chain.
        tx_hash: the failed transaction.
        call: what was called; its ABI names custom errors.
        chain: names the asset of a clause's numbers.
        language: the language of the error.
    """
    data = _traced(eth, tx_hash)
    if data is not None:
        abis = abis_of(call)
        return error_of_revert(data, abis, chain=chain, language=language, tx_hash=tx_hash)
    mined = eth.get_transaction(HexStr(tx_hash))
    again: TxParams = {
        "from": mined["from"],
        "data": mined["input"],
        "gas": mined["gas"],
        "value": mined["value"],
    }
    if mined.get("to"):
        again["to"] = mined["to"]
    try:
        eth.call(again, mined["blockNumber"] - 1)
    except (Web3Exception, SdkError) as error:
        found = readable(error, call, chain=chain, language=language, tx_hash=tx_hash)
        if isinstance(found, PermitRefused):
            found.tx_hash = tx_hash
        return found
    return ContractReverted("the reason is not known", tx_hash=tx_hash, language=language)


def _traced(eth: Eth, tx_hash: str) -> bytes | None:
    """What a transaction reverted with; ``None`` when there is no trace of it."""
    top = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
    method = RPCEndpoint("debug_traceTransaction")
    try:
        response = eth.w3.provider.make_request(method, [tx_hash, top])
    except (Web3Exception, SdkError):
        return None
    frame = response.get("result")
    if not isinstance(frame, Mapping) or not frame.get("error"):
        return None
    said = frame.get("output")
    return bytes.fromhex(said[2:]) if isinstance(said, str) else b""


def abis_of(call: Any) -> list[Abi]:
    """The interfaces whose errors may occur: the called contract's, then the national ones."""
    abi = getattr(call, "contract_abi", None) or getattr(call, "abi", None)
    names = ("KGST", "DigitalSom", "Supervisor", "FurtherLimits", "SupervisedLedgers")
    national = [list(artifact(name).abi) for name in names]
    return [list(abi), *national] if isinstance(abi, (list, tuple)) else national
