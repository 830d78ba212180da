"""The end of a trial: completed only when the chain says that nobody of it holds anything.

Rules:

1. Asked of each chain at a block now (``settlement_reading``), for every asset that any version
   ever named: customers, merchants and the permit's contracts.
2. While anybody holds anything it is refused, saying how much of what.
3. A revoked permit is completed only when its revocation can no longer be appealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.lifecycle import Act, FileState, find
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import FileId
from sandbox.services.acts import earlier, move, remember
from sandbox.services.appeals import may_still_appeal
from sandbox.services.files import file_view
from sandbox.services.ports import Ports
from sandbox.services.reviews import regulators_file
from sandbox.services.settlement_reading import statement_of
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class CompletePermit:
    """Find that everybody's money is home and close the trial."""

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
    left = statement_of(u, permit, ports.gateway)
    owed = {asset: amount for asset, amount in left.in_all.items() if amount}
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
    data = {"permit": permit.number, "outstanding": dict.fromkeys(left.outstanding, "0")}
    move(u, file, Act.COMPLETE, actor=actor.account, at=at, data=data)
    remember(u, actor, "complete", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)
