"""What a contract is made of, for the desk and the worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from sandbox.contracts.made import reviews_address
from sandbox.domain.review import layers_to_json
from sandbox.gateway.layers import LayerReader
from sandbox.kit.ids import checksum

if TYPE_CHECKING:
    from sandbox.gateway.internal import Inside


async def layers(inside: Inside, request: Request) -> Any:
    """The layers of a contract at the head, and with another implementation.

    Query: ``chain``, ``contract``, and ``upgrade`` (an implementation) for what it would be
    made of after that upgrade.

    Raises:
        InvalidInput: as ``LayerReader.layers``; ``address.malformed``.
    """
    query = request.query_params
    where = inside.chains.where(query.get("chain", ""))
    reader, contract = LayerReader(where.node.call), checksum(query.get("contract", ""))
    upgrade = query.get("upgrade")
    now = await reader.layers(contract)
    after = await reader.layers(contract, upgrade=checksum(upgrade)) if upgrade else None
    code = await where.node.call("eth_getCode", contract, "latest")
    return {
        "reviews": reviews_address(where.supervisor),
        "layers": layers_to_json(now),
        "upgraded": None if after is None else layers_to_json(after),
        "code": code,
        "block": where.node.head.number,
    }
