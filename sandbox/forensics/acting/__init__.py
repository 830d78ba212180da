"""Acting on a case with the law's clock, while its ledger goes on moving.

In a service::

    from sandbox.forensics.acting import World, read, reckoned, state
    world = World.of(case)
    now = state(world, read(sent), moment)
    now.news, reckoned(now).caught

Rules: pure; a list of acts only grows; who acts is told what came of it and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sandbox.kit.lazy import lazily

if TYPE_CHECKING:
    from sandbox.forensics.acting.acts import read, schema, written
    from sandbox.forensics.acting.clock import News, State, state
    from sandbox.forensics.acting.errors import CannotAct
    from sandbox.forensics.acting.letters import letter
    from sandbox.forensics.acting.reckoning import Reckoned, reachable, reckoned, settled
    from sandbox.forensics.acting.seeing import next_news, seen
    from sandbox.forensics.acting.timing import Terms, sources, terms
    from sandbox.forensics.acting.world import World

_HOMES: Final = {
    "CannotAct": ".errors",
    "News": ".clock",
    "Reckoned": ".reckoning",
    "State": ".clock",
    "Terms": ".timing",
    "World": ".world",
    "letter": ".letters",
    "next_news": ".seeing",
    "reachable": ".reckoning",
    "read": ".acts",
    "reckoned": ".reckoning",
    "schema": ".acts",
    "seen": ".seeing",
    "settled": ".reckoning",
    "sources": ".timing",
    "state": ".clock",
    "terms": ".timing",
    "written": ".acts",
}

__all__ = [
    "CannotAct",
    "News",
    "Reckoned",
    "State",
    "Terms",
    "World",
    "letter",
    "next_news",
    "reachable",
    "read",
    "reckoned",
    "schema",
    "seen",
    "settled",
    "sources",
    "state",
    "terms",
    "written",
]

__getattr__ = lazily(__name__, _HOMES)
