"""The feed of sealed blocks for the desk, the worker and evidence, on the internal side.

``GET /blocks?chain=&after=&limit=`` gives whole blocks: at most :data:`MOST_BLOCKS` or
:data:`MOST_BYTES`, but at least one. ``GET /blocks/index?chain=&after=&taken=`` gives the
same for the explorer, in pieces that stay small whatever a block holds:

- call data, revert data and logs are cut; true lengths and counts stay;
- an answer is made of pieces, a block of one or several (``from``, ``to``); what does not
  fit in one answer goes on in the next;
- creations and transfers inside a transaction come from ``ots_getInternalOperations``:
  it lists them from what the engine recorded while it mined (later from the history index),
  without any call's input, and each was paid for (a creation 32,000 gas, a transfer of value
  9,000). The traces of all calls are not asked for: each call's input is copied into them
  unpaid.

``POST /blocks/measure`` asks balances, supplies and code at one sealed block.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import orjson
from starlette.requests import Request

from sandbox.chain.bundle import Bundle
from sandbox.chain.ipc import EngineError
from sandbox.chain.node import ChainNode
from sandbox.chain.producer import MAX_OUTPUT
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import checksum

if TYPE_CHECKING:
    from sandbox.gateway.internal import Inside

MOST_BLOCKS: Final = 50
MOST_BYTES: Final = 5_000_000
PIECE: Final = 300_000
"""Bytes of JSON after which a piece ends: one piece is one transaction of the store, which
holds up whoever else writes."""
MOST_LOGS: Final = 1_000
"""Logs of one transaction that the explorer is given; the count is always true."""
MOST_OPERATIONS: Final = 200
MOST_INPUT: Final = 8_192
"""Bytes of call data that the explorer is given."""
MOST_DATA: Final = 2_048
"""Bytes of one log's data that the explorer is given."""
MOST_ASKED: Final = 400
"""Questions in one request for measures."""
MEASURE_GAS: Final = 300_000
"""Gas that one question about a token may use: it runs the product's code."""
_MOST_ANSWER: Final = 1_024
_TOGETHER: Final = 25


async def blocks(inside: Inside, request: Request) -> Any:
    """Whole sealed blocks after a number."""
    node, after = _asked(inside, request)
    limit = max(1, min(_number(request, "limit", MOST_BLOCKS), MOST_BLOCKS))
    found: list[dict[str, Any]] = []
    size = 0
    for number in range(after + 1, min(after + limit, node.head.number) + 1):
        bundle = await node.bundle(number)
        piece = {"block": bundle.block, "receipts": bundle.receipts, "metas": bundle.metas}
        size += len(orjson.dumps(piece))
        if found and size > MOST_BYTES:
            break
        found.append(piece)
    return {"head": node.head.number, "blocks": found}


async def index(inside: Inside, request: Request) -> Any:
    """Pieces of blocks for the explorer's index."""
    node, after = _asked(inside, request)
    taken = _number(request, "taken", 0)
    contracts = inside.chains.contracts(request.query_params.get("chain", ""))
    pieces: list[dict[str, Any]] = []
    answer = {
        "genesis": await _hash(node, 0),
        "anchor": await _hash(node, after),
        "head": node.head.number,
        "supervisor": contracts.supervisor,
        "token": contracts.token,
        "pieces": pieces,
    }
    size, head = 0, node.head.number
    for number in range(after + 1, min(after + MOST_BLOCKS, head) + 1):
        bundle = await node.bundle(number)
        whole = False
        while not whole and size < MOST_BYTES:
            piece, more = await _piece(node, bundle, taken)
            pieces.append(piece)
            size += more
            taken, whole = piece["to"], piece["to"] == piece["count"]
        if size >= MOST_BYTES:
            break
        taken = 0
    return answer


async def measure(inside: Inside, request: Request) -> Any:
    """Answers of contracts and codes at one sealed block.

    The body is ``{chain, block, asks: [[what, address, data], …]}`` with ``what`` ``call`` or
    ``code``. An answer is hex, ``null`` for a contract that failed to answer.

    Raises:
        InvalidInput: ``gateway.params_invalid``;
            ``history.state_not_kept`` when the chain no longer has that block's state.
    """
    try:
        body = json.loads(await request.body())
        chain, number = str(body["chain"]), int(body["block"])
        asks = [(str(what), checksum(address), str(data)) for what, address, data in body["asks"]]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("gateway.params_invalid", what="chain, block, asks") from error
    if len(asks) > MOST_ASKED or not all(what in {"call", "code"} for what, _, _ in asks):
        raise InvalidInput("gateway.params_invalid", what="asks")
    node = inside.chains.where(chain).node
    answers: list[str | None] = []
    for start in range(0, len(asks), _TOGETHER):
        part = asks[start : start + _TOGETHER]
        answers += await asyncio.gather(*(_measure(node, number, each) for each in part))
    return {"answers": answers}


async def _measure(node: ChainNode, number: int, ask: tuple[str, str, str]) -> str | None:
    what, address, data = ask
    try:
        if what == "code":
            return str(await node.call("eth_getCode", address, hex(number)))
        call = {"to": address, "data": data, "gas": hex(MEASURE_GAS)}
        answer = str(await node.call("eth_call", call, hex(number)))
    except EngineError:
        return None
    return answer if len(answer) <= 2 + 2 * _MOST_ANSWER else answer[: 2 + 2 * _MOST_ANSWER]


def _asked(inside: Inside, request: Request) -> tuple[ChainNode, int]:
    node = inside.chains.where(request.query_params.get("chain", "")).node
    return node, _number(request, "after", -1)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not is_digits(text.removeprefix("-")) or len(text) > 12:
        raise InvalidInput("gateway.params_invalid", what=f"{name}: integer")
    return max(-1, int(text))


async def _hash(node: ChainNode, number: int) -> str | None:
    """The hash of a sealed block; None when there is none of that number."""
    if not 0 <= number <= node.head.number:
        return None
    block = await node.call("eth_getBlockByNumber", hex(number), False)
    return str(block["hash"]) if block else None


async def _piece(node: ChainNode, bundle: Bundle, taken: int) -> tuple[dict[str, Any], int]:
    """Transactions of a block from a place on: at least one, and about as much as a piece."""
    block, count = bundle.block, len(bundle.receipts)
    found: list[dict[str, Any]] = []
    size = 400
    for place in range(taken, count):
        if found and size >= PIECE:
            break
        each = _compact(bundle, place)
        if not each["succeeded"]:
            each["output"] = await _output(node, each["hash"])
        elif _may_create(each):
            each["operations"] = await _operations(node, each["hash"])
        found.append(each)
        size += len(each["input"]) + 900 + sum(300 + len(log["data"]) for log in each["logs"])
    head = {
        "number": int(block["number"], 16),
        "hash": block["hash"],
        "parent": block["parentHash"],
        "state_root": block["stateRoot"],
        "time": int(block["timestamp"], 16),
        "gas_used": int(block["gasUsed"], 16),
        "count": count,
        "from": taken,
        "to": taken + len(found),
        "transactions": found,
    }
    return head, size


def _compact(bundle: Bundle, place: int) -> dict[str, Any]:
    sent, receipt = bundle.block["transactions"][place], bundle.receipts[place]
    logs: Sequence[Mapping[str, Any]] = receipt["logs"]
    return {
        "hash": sent["hash"],
        "from": sent["from"],
        "to": sent["to"],
        "created": receipt.get("contractAddress"),
        "nonce": int(sent["nonce"], 16),
        "type": int(sent["type"], 16),
        "value": str(int(sent["value"], 16)),
        "gas": int(sent["gas"], 16),
        "gas_used": int(receipt["gasUsed"], 16),
        "gas_price": str(int(receipt["effectiveGasPrice"], 16)),
        "succeeded": receipt["status"] == "0x1",
        "input": sent["input"][: 2 + 2 * MOST_INPUT],
        "input_bytes": len(sent["input"]) // 2 - 1,
        "logs": [_log(each) for each in logs[:MOST_LOGS]],
        "log_count": len(logs),
        "output": None,
        "operations": [],
        "permit": bundle.permits[place],
    }


def _log(log: Mapping[str, Any]) -> dict[str, Any]:
    data: str = log["data"]
    return {
        "address": log["address"],
        "topics": log["topics"],
        "data": data[: 2 + 2 * MOST_DATA],
        "data_bytes": len(data) // 2 - 1,
    }


def _may_create(each: Mapping[str, Any]) -> bool:
    """Whether code ran: a plain transfer of gas money creates nothing."""
    return each["to"] is None or each["gas_used"] > 21_000


async def _output(node: ChainNode, digest: str) -> str | None:
    """Revert data of a failed transaction; None when the engine has it no more."""
    try:
        return str(await node.call("ots_getTransactionError", digest))[:MAX_OUTPUT]
    except EngineError:
        return None


async def _operations(node: ChainNode, digest: str) -> list[list[str]] | None:
    """Creations and transfers inside a transaction; None when the engine has them no more."""
    try:
        found = await node.call("ots_getInternalOperations", digest)
    except EngineError:
        return None
    kinds = {0: "transfer", 1: "selfdestruct", 2: "create", 3: "create2"}
    return [
        [kinds.get(each["type"], "other"), each["from"], each["to"], str(int(each["value"], 16))]
        for each in found[:MOST_OPERATIONS]
    ]
