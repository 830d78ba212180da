"""The end of a trial: completed only when the chain says that customers hold nothing.

Rules:

1. Asked of the Supervisor of each chain now, for every asset that any version ever named.
2. While anything is outstanding it is refused, saying how much of what.
3. A revoked permit is completed only when its revocation can no longer be appealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.records import Permit
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.domain.terms import CHAIN_OF
from sandbox.domain.words import DecisionStatus
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AssetCode, FileId, permit_key
from sandbox.services.acts import earlier, move, remember
from sandbox.services.appeals import may_still_appeal
from sandbox.services.calls import read
from sandbox.services.files import file_view
from sandbox.services.ports import Ports
from sandbox.services.reviews import regulators_file
from sandbox.services.signing import national_of
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class CompletePermit:
    """Find that the customers' money is home and close the trial."""

    file: FileId
    key: str | None = None


def complete(
    u: UnitOfWork, actor: Actor, command: CompletePermit, *, at: datetime, ports: Ports
) -> FileView:
    """Complete a permit that has ended.

    Raises:
        Conflict: ``complete.outstanding`` with ``missing``, one part for each asset;
            ``complete.may_be_appealed``; ``lifecycle.not_from_here``.
        Unavailable: gateway or chain out of reach: nothing is found.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "complete", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.COMPLETE)
    assert file.permit is not None
    permit = u.permits.get(file.permit, lock=True)
    if file.state is FileState.REVOKED and may_still_appeal(u, file, at):
        raise Conflict("complete.may_be_appealed", permit=permit.number)
    held = outstanding(u, permit, ports)
    owed = {asset: amount for asset, amount in held.items() if amount}
    if owed:
        raise Conflict(
            "complete.outstanding",
            permit=permit.number,
            missing=[
                {
                    "part": f"{asset}.outstanding_cap",
                    "code": "complete.outstanding_asset",
                    "params": {"asset": asset, "amount": str(amount)},
                }
                for asset, amount in owed.items()
            ],
        )
    data = {"permit": permit.number, "outstanding": dict.fromkeys(held, "0")}
    move(u, file, Act.COMPLETE, actor=actor.account, at=at, data=data)
    remember(u, actor, "complete", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def outstanding(u: UnitOfWork, permit: Permit, ports: Ports) -> dict[AssetCode, int]:
    """What customers and the permit's contracts hold of each asset, minor units.

    Raises:
        Unavailable: gateway or chain out of reach.
    """
    national = national_of(ports, permit.chains)
    found = {}
    for asset in assets_of(u, permit):
        where = national[CHAIN_OF[asset]]
        key, token = permit_key(permit.number), where.tokens[asset]
        answer = read(ports.gateway, where.chain, where.supervisor, "usage", key, token)
        found[asset] = int(answer[1])
    return found


def assets_of(u: UnitOfWork, permit: Permit) -> tuple[AssetCode, ...]:
    """Every asset that any version of a permit ever named: it may still be held."""
    named: dict[AssetCode, None] = dict.fromkeys(each.asset for each in permit.terms.assets)
    for decision in u.decisions.of_file(permit.file):
        if decision.terms and decision.status in {DecisionStatus.IN_FORCE, DecisionStatus.LAPSED}:
            named |= dict.fromkeys(each.asset for each in decision.terms.assets)
    return tuple(named)
