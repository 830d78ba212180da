"""A token's whole ledger, read from the chain: what a trace begins with.

Rules: what the token's contract logged as ``Transfer`` is what moved; blocks are read in spans
that a gateway allows. A lab's people have money from its first block, and a copy of the public
ledger begins at a snapshot, without a log for it: what an account must have had before is its
balance now less what the logs brought it, both read at one block.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl
from web3 import Web3
from web3.contract.contract import Contract as Web3Contract

from sandbox.contracts.erc20 import TRANSFER
from sandbox.forensics.accounts import ZERO
from sandbox.forensics.ledger import NEEDED, Ledger
from sandbox.sdk.errors import SdkError
from sandbox.sdk.labs.tokens import LabToken

SPAN: Final = 10_000
"""Blocks of one request; a gateway allows no more."""
_TRANSFER_TOPICS: Final = 3
_SCHEMA: Final = {
    **dict.fromkeys(NEEDED, pl.String),
    **dict.fromkeys(("block", "transaction", "log"), pl.Int64),
    "hash": pl.String,
}


def ledger(token: LabToken | Web3Contract, *, times: bool = False) -> Ledger:
    """Every movement of a token so far, ready to be traced.

    Example::

        from sandbox.forensics import trace
        from sandbox.sdk import lab, ledger

        chain = lab()
        theft = chain.kgst.transfer(*chain.accounts[:2], "7")
        trace(ledger(chain.kgst), "fifo", theft["transactionHash"]).hops

    Args:
        token: ``chain.kgst`` of a lab, ``my.kgst`` of a trial, or a token's web3.py contract.
        times: whether each row has its block's moment (``time``): one request for each block.

    Raises:
        SdkError: ``sdk.not_a_token``.
        CannotTrace: ``forensics.overdrawn``: the token's logs do not tell the truth.
    """
    contract = token.contract if isinstance(token, LabToken) else token
    if not isinstance(contract, Web3Contract) or "balanceOf" not in _functions(contract):
        raise SdkError("sdk.not_a_token")
    newest = contract.w3.eth.block_number
    rows = [_row(each) for each in _logs(contract, newest)]
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    if times:
        table = table.join(_moments(contract, table["block"]), on="block", how="left")
    return Ledger.read(table, opening=_opening(contract, rows, newest))


def _functions(contract: Web3Contract) -> set[str]:
    return {str(each.get("name")) for each in contract.abi if each["type"] == "function"}


def _logs(contract: Web3Contract, newest: int) -> Iterator[Mapping[str, Any]]:
    for first in range(0, newest + 1, SPAN):
        wanted: Any = {
            "address": contract.address,
            "topics": [TRANSFER],
            "fromBlock": first,
            "toBlock": min(first + SPAN - 1, newest),
        }
        for each in contract.w3.eth.get_logs(wanted):
            if len(each["topics"]) == _TRANSFER_TOPICS:
                yield each


def _row(log: Mapping[str, Any]) -> tuple[int, int, int, str, str, str, str]:
    payer, payee = ("0x" + bytes(each)[-20:].hex() for each in log["topics"][1:])
    return (
        int(log["blockNumber"]),
        int(log["transactionIndex"]),
        int(log["logIndex"]),
        payer,
        payee,
        str(int.from_bytes(bytes(log["data"])[:32], "big")),
        "0x" + bytes(log["transactionHash"]).hex(),
    )


def _moments(contract: Web3Contract, blocks: pl.Series) -> pl.DataFrame:
    """When blocks were made."""
    ask = contract.w3.eth.get_block
    known = {each: ask(each)["timestamp"] for each in blocks.unique().sort().to_list()}
    made = [datetime.fromtimestamp(second, UTC) for second in known.values()]
    return pl.DataFrame(
        {"block": list(known), "time": made},
        schema={"block": pl.Int64, "time": pl.Datetime("us", "UTC")},
    )


def _opening(
    contract: Web3Contract, rows: Iterable[tuple[Any, ...]], newest: int
) -> dict[str, int]:
    """What each account held before the first log."""
    brought: Counter[str] = Counter()
    for _, _, _, payer, payee, amount, _ in rows:
        brought[payer] -= int(amount)
        brought[payee] += int(amount)
    balance_of = contract.functions.balanceOf
    held = {
        account: balance_of(Web3.to_checksum_address(account)).call(block_identifier=newest) - moved
        for account, moved in brought.items()
        if account != ZERO
    }
    return {account: amount for account, amount in held.items() if amount > 0}
