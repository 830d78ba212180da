"""Who may go on reading a live page: asked for many readers at once.

Rules:

- before each piece of news a reader's session, account and seats are looked at again, and which
  files the reader's authority sees;
- readers who ask within ``GATHER`` seconds are looked at together: four queries, however many;
- when nobody can say (store or hub out of reach) the reader's stream ends; the browser connects
  again by itself and is let in when somebody can.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from sandbox.kit.errors import SynakError
from sandbox.web.visit import Visit

GATHER: Final = 0.005
log = structlog.get_logger("desk")


class Porter(Protocol):
    """Knows who may go on (``Reception``)."""

    async def still(self, visits: Sequence[Visit]) -> set[str]:
        """The names of the sessions whose readers may."""
        ...


class Doors:
    """Asks the porter for many readers together.

    Args:
        porter: who knows.
    """

    def __init__(self, porter: Porter) -> None:
        self._porter = porter
        self._waiting: dict[str, Visit] = {}
        self._round: asyncio.Task[set[str]] | None = None

    async def still(self, visit: Visit) -> bool:
        """Whether a reader may go on reading, as of after this was asked."""
        if visit.session is None:
            return False
        self._waiting[visit.session.id_hash] = visit
        if self._round is None:
            self._round = asyncio.create_task(self._ask())
        return visit.session.id_hash in await asyncio.shield(self._round)

    async def _ask(self) -> set[str]:
        await asyncio.sleep(GATHER)
        visits, self._waiting, self._round = list(self._waiting.values()), {}, None
        try:
            return await self._porter.still(visits)
        except SynakError as error:
            log.warning("desk.live_readers_unknown", code=error.code, readers=len(visits))
            return set()
