"""What parties ask for or declare about a live permit or a decision, and how it is closed.

Rules:

1. One petition of a kind is open in a file at a time; a second one is refused.
2. It is closed by what it led to: an extension by ``extend`` or by being declined, an appeal by
   ``uphold`` or ``overturn``, a sponsor's leaving by its staying or by the end of the permit.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Final

from sandbox.domain.life import Petition, PetitionKind, PetitionState
from sandbox.domain.records import Decision, PermitFile
from sandbox.domain.seats import Actor, FileSeat
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import Conflict, NotFound
from sandbox.kit.ids import AccountName, FileId, OrgId
from sandbox.store import UnitOfWork


def file_petition(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    file: PermitFile,
    kind: PetitionKind,
    seat: FileSeat,
    text: str,
    *,
    at: datetime,
    plan: str = "",
    until: datetime | None = None,
    decision: str | None = None,
    sponsor: OrgId | None = None,
) -> Petition:
    """Enter a petition; the file is held by the caller.

    Raises:
        Conflict: ``petition.open_already``.
    """
    if u.petitions.open_of(file.id, kind) is not None:
        raise Conflict("petition.open_already", file=file.id)
    return u.petitions.add(
        Petition(
            id=uuid.uuid4().hex,
            file=file.id,
            kind=kind,
            state=PetitionState.OPEN,
            text=text,
            asked_by=actor.account,
            asked_person=actor.person,
            seat=seat,
            asked_at=at,
            plan=plan,
            until=until,
            decision=decision,
            sponsor=sponsor,
        )
    )


def open_petition(u: UnitOfWork, file: FileId, kind: PetitionKind) -> Petition:
    """The open petition of a kind.

    Raises:
        NotFound: ``petition.not_found``.
    """
    found = u.petitions.open_of(file, kind)
    if found is None:
        raise NotFound("petition.not_found", file=file)
    return found


def close_petition(  # noqa: PLR0913
    u: UnitOfWork,
    file: FileId,
    kind: PetitionKind,
    state: PetitionState,
    *,
    by: AccountName | None,
    at: datetime,
    answer: str = "",
) -> None:
    """Close the open petition of a kind, if there is one; ``by`` None: the clock."""
    found = u.petitions.open_of(file, kind)
    if found is not None:
        u.petitions.save(replace(found, state=state, closed_by=by, closed_at=at, answer=answer))


CLOSED_BY: Final = {
    DecisionKind.EXTEND: (PetitionKind.EXTENSION, PetitionState.GRANTED),
    DecisionKind.UPHOLD: (PetitionKind.APPEAL, PetitionState.DECLINED),
    DecisionKind.OVERTURN: (PetitionKind.APPEAL, PetitionState.GRANTED),
}
"""Which petition a countersigned decision closes, and how."""
OF_A_LIVE_PERMIT: Final = (
    PetitionKind.EXTENSION,
    PetitionKind.SPONSOR_LEAVING,
    PetitionKind.NEW_SPONSOR,
    PetitionKind.STEP,
)
"""Petitions that the end of a permit closes."""
_ENDS_THE_PERMIT: Final = frozenset({DecisionKind.REVOKE})


def closed_by(u: UnitOfWork, decision: Decision, by: AccountName, *, at: datetime) -> None:
    """Close what a countersigned decision answers."""
    if decision.kind in CLOSED_BY:
        kind, state = CLOSED_BY[decision.kind]
        close_petition(u, decision.file, kind, state, by=by, at=at, answer=decision.reasons)
    if decision.kind in _ENDS_THE_PERMIT:
        for kind in OF_A_LIVE_PERMIT:
            close_petition(u, decision.file, kind, PetitionState.DECLINED, by=by, at=at)


def extended_before(u: UnitOfWork, file: FileId) -> bool:
    """Whether a permit was extended already."""
    return any(
        each.kind is DecisionKind.EXTEND and each.status is DecisionStatus.IN_FORCE
        for each in u.decisions.of_file(file)
    )
