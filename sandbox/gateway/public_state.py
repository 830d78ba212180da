"""The public record for private copies, on the internal side: ``GET /public-state``.

``?chain=&part=&of=`` gives one part of a copy (``sandbox.chain.public_copy``). A copy is made at
most once in :data:`KEPT` seconds for all who ask, from files, in a thread: no engine is asked and
nothing waits for it. Its parts are fetched by its name, so that they belong together; a name that
is no longer kept is ``ledger.copy_gone``: begin again.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request

from sandbox.chain.public_copy import take
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import ChainName

if TYPE_CHECKING:
    from sandbox.gateway.internal import Inside

KEPT: Final = 30.0
"""Seconds for which one copy is given to everybody."""
PART: Final = 1_048_576
"""Bytes of one part."""
_NAMED: Final = 2
"""Copies of a chain whose parts can be asked for: the newest, and the one before."""


@dataclass
class PublicStates:
    """The newest copies of each chain."""

    made: dict[ChainName, float] = field(default_factory=dict)
    copies: dict[ChainName, dict[str, bytes]] = field(default_factory=dict)
    making: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def newest(self, inside: Inside, chain: ChainName) -> str:
        """The name of a copy that is young enough; made when there is none.

        Args:
            inside: knows the chains.
            chain: which one.
        """
        async with self.making:
            held = self.copies.setdefault(chain, {})
            if held and time.monotonic() - self.made[chain] < KEPT:
                return next(reversed(held))
            source = inside.chains.where(chain).node.copy_source()
            copy = await asyncio.to_thread(take, *source)
            data = await asyncio.to_thread(copy.as_bytes)
            name = hashlib.sha256(data).hexdigest()
            held.pop(name, None)
            held[name] = data
            while len(held) > _NAMED:
                held.pop(next(iter(held)))
            self.made[chain] = time.monotonic()
            return name


async def get(inside: Inside, request: Request) -> Any:
    """One part of a copy."""
    where = inside.chains.where(request.query_params.get("chain", ""))
    part, name = request.query_params.get("part", "0"), request.query_params.get("of")
    if not is_digits(part) or len(part) > 6:
        raise InvalidInput("gateway.params_invalid", what="part: a number")
    if not name:
        name = await inside.public.newest(inside, where.chain)
    data = inside.public.copies.get(where.chain, {}).get(name)
    first = int(part) * PART
    if data is None:
        raise Conflict("ledger.copy_gone")
    if first >= len(data):
        raise InvalidInput("gateway.params_invalid", what="part: beyond the end")
    return {
        "of": name,
        "parts": -(-len(data) // PART),
        "part": data[first : first + PART].decode("ascii"),
        "supervisor": where.supervisor,
        "token": where.token,
    }
