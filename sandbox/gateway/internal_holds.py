"""Internal side: hold a permit at once, or take the hold back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import PermitNumber

if TYPE_CHECKING:
    from sandbox.gateway.internal import Inside


async def put_hold(inside: Inside, request: Request) -> dict[str, Any]:
    """``PUT /holds {permit, state}`` → ``{hold}``: in force with this answer.

    Raises:
        InvalidInput: ``policy.malformed``, ``gateway.params_invalid``.
        NotAllowed: ``gateway.permit_unknown``.
    """
    permit, state = await _two(request, "permit", "state")
    return {"hold": inside.policies.hold(PermitNumber(permit), state)}


async def take_back(inside: Inside, request: Request) -> dict[str, Any]:
    """``POST /holds/end {permit, hold}`` → ``{ended}``.

    Raises:
        InvalidInput: ``gateway.params_invalid``.
    """
    permit, name = await _two(request, "permit", "hold")
    return {"ended": inside.policies.take_back(PermitNumber(permit), name)}


async def _two(request: Request, first: str, second: str) -> tuple[str, str]:
    try:
        body = orjson.loads(await request.body())
        found = (body[first], body[second])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("gateway.params_invalid", what=f"{first}, {second}") from error
    if not all(isinstance(each, str) for each in found):
        raise InvalidInput("gateway.params_invalid", what=f"{first}, {second}")
    return found
