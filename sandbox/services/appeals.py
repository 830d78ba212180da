"""An appeal of a refusal or a revocation, by the applicant, within the legal period.

Rules: once for each decision; within the period that the decision began, in working days; the file
waits for two regulators who did not sign the decision (``outcomes``).

Source: Law No. 210 of 31 July 2015 on administrative procedures (period; to be confirmed).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.life import Deadline, DeadlineState, PetitionKind
from sandbox.domain.lifecycle import Act, find
from sandbox.domain.records import Decision, PermitFile
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import FileId
from sandbox.services.access import applicants_file
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.files import file_view
from sandbox.services.petitions import file_petition
from sandbox.services.reviews import needed_text
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class AppealDecision:
    """Appeal the refusal or the revocation of a file."""

    file: FileId
    grounds: str
    key: str | None = None


def appeal(u: UnitOfWork, actor: Actor, command: AppealDecision, *, at: datetime) -> FileView:
    """Appeal, as the applicant.

    Raises:
        InvalidInput: ``text.empty``.
        Conflict: ``appeal.too_late``, ``appeal.decided_already``, ``lifecycle.not_from_here``.
        NotAllowed: ``seat.*``.
        NotFound: ``file.not_found``.
    """
    require_act_of_law(actor, Right.APPLY, at)
    done = earlier(u, actor, "appeal", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    grounds = needed_text("grounds", command.grounds)
    file = applicants_file(u, actor, command.file)
    find(file.state, Act.APPEAL)
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    decision = appealable(u, file)
    if decision is None:
        raise Conflict("appeal.decided_already", file=file.id)
    until = period_of(u, file)
    if until is None or at > until.due:
        due = until.due.isoformat() if until else ""
        raise Conflict("appeal.too_late", due=due)
    petition = file_petition(
        u,
        actor,
        file,
        PetitionKind.APPEAL,
        FileSeat.APPLICANT,
        grounds,
        at=at,
        decision=decision.id,
    )
    data = {"petition": petition.id, "decision": decision.id, "grounds": grounds}
    move(u, file, Act.APPEAL, actor=actor.account, at=at, data=data)
    remember(u, actor, "appeal", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def appealable(u: UnitOfWork, file: PermitFile) -> Decision | None:
    """The decision that could be appealed: the last refusal or revocation, not appealed before."""
    last = [
        each
        for each in u.decisions.of_file(file.id)
        if each.status is DecisionStatus.IN_FORCE
        and each.kind in {DecisionKind.REFUSE, DecisionKind.REVOKE}
    ][-1:]
    appealed = {each.decision for each in u.petitions.of_file(file.id)}
    return next((each for each in last if each.id not in appealed), None)


def period_of(u: UnitOfWork, file: PermitFile) -> Deadline | None:
    """The latest period to appeal that was not used."""
    found = [
        each
        for each in u.deadlines.of_file(file.id)
        if each.kind is DeadlineKind.APPEAL and each.state is not DeadlineState.MET
    ]
    return max(found, key=lambda each: each.since, default=None)


def may_still_appeal(u: UnitOfWork, file: PermitFile, at: datetime) -> bool:
    """Whether the period to appeal the last decision is not over."""
    until = period_of(u, file)
    return appealable(u, file) is not None and until is not None and at <= until.due
