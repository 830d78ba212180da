"""After the proxy was started again it knows no route: the hub is asked to tell it."""

from __future__ import annotations

import asyncio

import httpx

from sandbox.run.health import check
from sandbox.settings import Settings

_TRIES = 50
_PAUSE = 0.2


async def restore_routes(settings: Settings) -> None:
    """Have the hub compare its routes with the proxy's.

    Raises:
        httpx.HTTPError: the hub does not answer.
    """
    for _ in range(_TRIES):
        if (await check("proxy", settings)).ok:
            break
        await asyncio.sleep(_PAUSE)
    token = settings.secret("hub", "manager_token")
    async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
        answer = await client.post(
            f"{settings.paths.hub_api}/proxy", headers={"Authorization": f"token {token}"}
        )
        answer.raise_for_status()
