"""The internal side's part for customers' pages: do an act once, find what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from sandbox.gateway.customer_acts import CustomerAct
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import PermitNumber, checksum

if TYPE_CHECKING:
    from sandbox.gateway.internal import Inside


async def post_act(inside: Inside, request: Request) -> Any:
    """Do a customer's act once; ``CustomerActs.do``."""
    chain, asked = _read(await request.body())
    return await inside.customers.do(inside.chains.where(chain), asked)


async def post_found(inside: Inside, request: Request) -> Any:
    """What became of a customer's act; ``CustomerActs.found``."""
    chain, asked = _read(await request.body())
    return await inside.customers.found(inside.chains.where(chain), asked)


def _read(content: bytes) -> tuple[str, CustomerAct]:
    """The chain and the act that a body asks for.

    Raises:
        InvalidInput: ``gateway.params_invalid``, ``address.malformed``.
    """
    try:
        body = json.loads(content)
        to = body.get("to")
        return str(body["chain"]), CustomerAct(
            permit=PermitNumber(str(body["permit"])),
            wallet=checksum(body["wallet"]),
            act=str(body["act"]),
            to=None if to is None else checksum(to),
            amount=int(str(body["amount"])),
            key=str(body["key"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("gateway.params_invalid", what="customer act") from error
