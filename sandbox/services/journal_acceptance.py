"""Going on after a real loss: two regulators accept a journal as it stands.

Putting the right journal or the right store back ends the alarm by itself. Only when one of them
is lost for good is there this act. It mends nothing: what is missing stays missing, and the log
says for ever who accepted that, when and why.

1. One regulator asks, with a reason; another person accepts. Both are acts of law.
2. The log takes the journal up again behind the newest batch that the journal still holds;
   everything behind that place is entered anew.
3. The gateway finds the acceptance with the next heartbeat, and the chain goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.chain.records import Place
from sandbox.domain.audit import JOURNAL_ACCEPTED
from sandbox.domain.records import AuditEntry
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import CHAIN_IDS, ChainName
from sandbox.services.journal_batches import ASKED, alarm_of, batch_of, standing_alarm, subject_of
from sandbox.services.ports import GatewayPort, Ports
from sandbox.store import UnitOfWork

LONGEST_REASON: Final = 1_000
START: Final[Mapping[str, Any]] = Place().as_dict()
"""Where every journal begins."""


@dataclass(frozen=True)
class AcceptJournal:
    """Accept a chain's journal as it stands.

    Attributes:
        chain: which chain.
        reason: why, for the log.
    """

    chain: str
    reason: str


def accept_journal(
    u: UnitOfWork, actor: Actor, command: AcceptJournal, *, at: datetime, ports: Ports
) -> AuditEntry:
    """Ask for, or give, the acceptance.

    Returns:
        The entry: of the asking, or of the acceptance when another person had asked.

    Raises:
        NotAllowed, NotAuthenticated: as ``require_act_of_law``.
        InvalidInput: ``journal.reason_missing``, ``gateway.chain_unknown``.
        Conflict: ``journal.nothing_to_accept``; ``journal.second_person`` when the same person
            asks again.
        Unavailable: the gateway is out of reach.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    reason = command.reason.strip()
    if not 0 < len(reason) <= LONGEST_REASON:
        raise InvalidInput("journal.reason_missing", limit=LONGEST_REASON)
    chain = _chain(command.chain)
    u.audit.lock()
    alarm = standing_alarm(u, chain)
    if alarm is None or alarm.body is None:
        raise Conflict("journal.nothing_to_accept", chain=chain)
    said = alarm.body["data"]
    if alarm.kind != ASKED:
        data = {"chain": chain, "code": said["code"], "params": said["params"], "reason": reason}
        return u.audit.append(
            kind=ASKED,
            actor=actor.account,
            subject=alarm_of(chain),
            data={**data, "person": actor.person},
            at=at,
        )
    if said["person"] == actor.person:
        raise Conflict("journal.second_person", chain=chain)
    end = newest_agreeing(u, chain, ports.gateway)
    return enter_acceptance(
        u, chain, end, actor=actor.account, at=at, code=said["code"], reason=reason
    )


def enter_acceptance(  # noqa: PLR0913 - the parts of one entry
    u: UnitOfWork,
    chain: ChainName,
    end: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
    code: str,
    reason: str,
) -> AuditEntry:
    """Enter that the log follows a chain's journal from a place on."""
    data = {"chain": chain, "end": dict(end), "code": code, "reason": reason, "accepted": True}
    return u.audit.append(
        kind=JOURNAL_ACCEPTED, actor=actor, subject=subject_of(chain), data=data, at=at
    )


def newest_agreeing(u: UnitOfWork, chain: ChainName, gateway: GatewayPort) -> Mapping[str, Any]:
    """The place behind the newest batch of the log that the journal still holds.

    A journal that agrees at one place agrees at every earlier one, so half of what is left is
    ruled out each time. Only what was entered since the last acceptance is looked at.
    """
    found = u.audit.of_subjects(subject_of(chain), most=10**6)
    begins = max((n for n, each in enumerate(found) if each.kind == JOURNAL_ACCEPTED), default=0)
    places = [batch_of(each)["end"] for each in found[begins:]]
    low, high = 0, len(places)
    while low < high:
        middle = (low + high) // 2
        if gateway.journal_agrees(chain, places[middle]):
            low = middle + 1
        else:
            high = middle
    return places[low - 1] if low else START


def _chain(name: str) -> ChainName:
    for known in CHAIN_IDS:
        if known == name:
            return known
    raise InvalidInput("gateway.chain_unknown", chain=name[:32], known=list(CHAIN_IDS))
