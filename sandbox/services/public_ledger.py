"""Parts of a copy of the public ledger, for those who may read it.

The trial ledger is a pseudonymous public record among permit holders and, for teaching, in a
course: a permit's key or server and a course's server may copy it; a customer's token may not.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.domain.seats import Actor, Channel
from sandbox.kit.errors import NotAllowed
from sandbox.kit.ids import ChainName
from sandbox.services.ports import Ports

COURSE: str = "course-"


@dataclass(frozen=True)
class LedgerPart:
    """One part of a copy.

    Attributes:
        of: the copy's name: the SHA-256 of all its parts joined.
        parts: how many there are.
        part: ASCII text.
        supervisor: the Supervisor's address on that chain.
        token: the national money's address there.
    """

    of: str
    parts: int
    part: str
    supervisor: str
    token: str


def ledger_part(
    ports: Ports,
    actor: Actor | None,
    contexts: frozenset[str],
    *,
    chain: ChainName,
    part: int,
    of: str | None,
) -> LedgerPart:
    """One part of a copy of the public ledger.

    Args:
        ports: the gateway.
        actor: who asks; None for a hub user without an account at the desk.
        contexts: of the server whose token asks.
        chain: which one.
        part: from 0.
        of: the copy's name; None for the newest.

    Raises:
        NotAllowed: ``ledger.not_for_this_token``.
        Conflict: ``ledger.copy_gone``.
        Unavailable: ``ledger.copy_too_large`` and what else the gateway says.
    """
    by_permit = (
        actor is not None and actor.permit is not None and actor.channel is not Channel.CUSTOMER
    )
    if not by_permit and not any(each.startswith(COURSE) for each in contexts):
        raise NotAllowed("ledger.not_for_this_token")
    return LedgerPart(**ports.gateway.public_state(chain, part, of))
