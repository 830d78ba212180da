"""Requirements of a file: set, filed for, judged, lifted.

Rules: one regulator sets, judges and lifts (nothing is put on chain by it); the applicant's or the
sponsor's people file evidence; each is an act of law with its audit entry in the same transaction;
whoever may not see the file learns nothing of its requirements.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sandbox.domain.records import PermitFile
from sandbox.domain.reports import periodic
from sandbox.domain.requirements import (
    MOST_IN_A_FILE,
    Requirement,
    RequirementAct,
    RequirementState,
    check_due,
    check_every,
    following,
    kind_of,
    moved,
)
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law, rights_of
from sandbox.domain.sight import acting_sight_of
from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId
from sandbox.services.access import competent_in, readable_file
from sandbox.services.acts import earlier, remember, require_read, take_seat
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class SetRequirement:
    """Require something of a file; ``every_months``: it comes back."""

    file: FileId
    kind: str
    what: str
    expected: str
    due: datetime
    every_months: int | None = None
    key: str | None = None


@dataclass(frozen=True)
class FileEvidence:
    """Show that a requirement is met."""

    file: FileId
    requirement: str
    evidence: str
    key: str | None = None


@dataclass(frozen=True)
class JudgeRequirement:
    """Confirm, reject or lift; a reason for the latter two, ``good_until`` for the first.

    Attributes:
        read: the requirement's revision that was read, with its evidence.
    """

    file: FileId
    requirement: str
    read: str
    act: RequirementAct
    reason: str = ""
    good_until: datetime | None = None
    key: str | None = None


@dataclass(frozen=True)
class RequirementView:
    """A requirement as its reader sees it.

    Attributes:
        standing: its state, or ``overdue``, ``expired``, ``due_soon``.
        late: overdue or expired.
        may: the acts that its reader may do.
    """

    id: str
    file: str
    kind: str
    what: str
    expected: str
    due: datetime
    every_months: int | None
    standing: str
    late: bool
    set_by: str
    set_at: datetime
    evidence: str | None
    filed_by: str | None
    filed_at: datetime | None
    judged_by: str | None
    judged_at: datetime | None
    reason: str | None
    good_until: datetime | None
    revision: int
    may: tuple[str, ...] = ()


def set_requirement(
    u: UnitOfWork, actor: Actor, command: SetRequirement, *, at: datetime
) -> Requirement:
    """Require something.

    Raises:
        InvalidInput: ``text.empty``, ``requirement.kind``, ``requirement.due_in_the_past``,
            ``requirement.due_too_far``, ``requirement.every``.
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``.
        NotFound: ``file.not_found``.
        Conflict: ``requirement.too_many``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "set_requirement", command.key)
    if done is not None:
        return u.requirements.get(done)
    kind = kind_of(command.kind)
    what, expected = needed_text("what", command.what), needed_text("expected", command.expected)
    check_every(command.every_months)
    check_due(command.due, at)
    file = regulators_file(u, actor, command.file, at=at)
    if len(u.requirements.of_file(file.id)) >= MOST_IN_A_FILE:
        raise Conflict("requirement.too_many", most=MOST_IN_A_FILE)
    made = u.requirements.add(
        Requirement(
            id=uuid.uuid4().hex,
            file=file.id,
            kind=kind,
            what=what,
            expected=expected,
            due=command.due,
            every_months=command.every_months,
            set_by=actor.account,
            set_at=at,
        )
    )
    data = {"what": what, "expected": expected, "due": command.due.isoformat()}
    _note(u, actor, made, "set", {**data, "every_months": command.every_months}, at=at)
    remember(u, actor, "set_requirement", command.key, made.id, at=at)
    return made


def file_evidence(
    u: UnitOfWork, actor: Actor, command: FileEvidence, *, at: datetime
) -> Requirement:
    """File evidence for a requirement, as the applicant or the sponsor.

    Raises:
        InvalidInput: ``text.empty``.
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``.
        NotFound: ``file.not_found``, ``requirement.not_found``.
        Conflict: ``requirement.not_from_here``, ``requirement.by_reports``.
    """
    sponsors = Right.SPONSOR in rights_of(actor.seats)
    require_act_of_law(actor, Right.SPONSOR if sponsors else Right.APPLY, at)
    done = earlier(u, actor, "file_evidence", command.key)
    if done is not None:
        return u.requirements.get(done)
    evidence = needed_text("evidence", command.evidence)
    file = readable_file(u, actor, command.file, lock=True)
    seat = side_of(actor, file)
    if seat is None:
        raise NotFound("file.not_found", id=command.file[:20])
    take_seat(u, file, actor, seat, at=at)
    found = _of(u, file, command.requirement)
    _require_by_hand(file, found)
    saved = u.requirements.save(
        replace(
            found,
            state=moved(found, RequirementAct.FILE),
            evidence=evidence,
            filed_by=actor.account,
            filed_at=at,
            judged_by=None,
            judged_at=None,
            reason=None,
            good_until=None,
        )
    )
    _note(u, actor, saved, "filed", {"evidence": evidence}, at=at)
    remember(u, actor, "file_evidence", command.key, saved.id, at=at)
    return saved


def judge(u: UnitOfWork, actor: Actor, command: JudgeRequirement, *, at: datetime) -> Requirement:
    """Confirm, reject or lift; one that comes back is followed by the next when confirmed.

    Raises:
        InvalidInput: ``text.empty``, ``requirement.due_in_the_past``.
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``.
        NotFound: ``file.not_found``, ``requirement.not_found``.
        Conflict: ``requirement.not_from_here``, ``requirement.by_reports``,
            ``act.other_than_read``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    name = f"requirement_{command.act.value}"
    done = earlier(u, actor, name, command.key)
    if done is not None:
        return u.requirements.get(done)
    confirms = command.act is RequirementAct.CONFIRM
    reason = None if confirms else needed_text("reason", command.reason)
    until = command.good_until if confirms else None
    if until is not None and utc(until) <= at:
        raise InvalidInput("requirement.due_in_the_past", due=until.date().isoformat())
    file = regulators_file(u, actor, command.file, at=at)
    found = _of(u, file, command.requirement)
    if command.act is not RequirementAct.LIFT:
        _require_by_hand(file, found)
    state = moved(found, command.act)
    require_read(command.read, str(found.revision))
    saved = u.requirements.save(
        replace(
            found,
            state=state,
            judged_by=actor.account,
            judged_at=at,
            reason=reason,
            good_until=until,
        )
    )
    data = {"reason": reason, "good_until": until.isoformat() if until else None}
    _note(u, actor, saved, saved.state.value, data, at=at)
    due = following(saved) if confirms else None
    if due is not None:
        _next(u, actor, saved, due, at=at)
    remember(u, actor, name, command.key, saved.id, at=at)
    return saved


def requirements_of(
    u: UnitOfWork, actor: Actor, file_id: str, *, at: datetime
) -> tuple[RequirementView, ...]:
    """A file's requirements: late ones first, then by the day they are due.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, file_id)
    views = [_view(each, _may(actor, file, each), at) for each in u.requirements.of_file(file.id)]
    settled = {RequirementState.MET.value, RequirementState.LIFTED.value}
    return tuple(sorted(views, key=lambda each: (not each.late, each.standing in settled)))


def pressing(
    u: UnitOfWork, actor: Actor, *, at: datetime, limit: int
) -> tuple[RequirementView, ...]:
    """What presses in the files that a reader may learn of, late ones first.

    What is late concerns everybody; what is due soon, who has to show it; what was filed waits for
    the regulators.

    Args:
        u: the unit of work.
        actor: the reader.
        at: the present moment.
        limit: at most so many.
    """
    judges = Right.REVIEW in rights_of(actor.seats)
    found = u.requirements.pressing(acting_sight_of(actor), at, judges=judges, limit=limit)
    return tuple(_view(each, (), at) for each in found)


def _next(u: UnitOfWork, actor: Actor, before: Requirement, due: datetime, *, at: datetime) -> None:
    made = u.requirements.add(
        Requirement(
            id=uuid.uuid4().hex,
            file=before.file,
            kind=before.kind,
            what=before.what,
            expected=before.expected,
            due=due,
            every_months=before.every_months,
            set_by=before.set_by,
            set_at=at,
        )
    )
    u.requirements.save(replace(before, every_months=None))
    data = {"what": made.what, "due": due.isoformat(), "follows": before.id}
    _note(u, actor, made, "set", data, at=at)


def _note(
    u: UnitOfWork,
    actor: Actor,
    requirement: Requirement,
    what: str,
    data: dict[str, Any],
    *,
    at: datetime,
) -> None:
    u.audit.append(
        kind=f"file.requirement_{what}",
        actor=actor.account,
        subject=requirement.file,
        data={"requirement": requirement.id, "kind": requirement.kind.value, **data},
        at=at,
    )


def _of(u: UnitOfWork, file: PermitFile, requirement: str) -> Requirement:
    found = u.requirements.find(requirement[:40], lock=True)
    if found is None or found.file != file.id:
        raise NotFound("requirement.not_found", id=requirement[:40])
    return found


def _by_reports(file: PermitFile, requirement: Requirement) -> bool:
    """Whether it is met by the reports of its periods, which have pages of their own."""
    return file.permit is not None and periodic(requirement)


def _require_by_hand(file: PermitFile, requirement: Requirement) -> None:
    if _by_reports(file, requirement):
        raise Conflict("requirement.by_reports")


def side_of(actor: Actor, file: PermitFile) -> FileSeat | None:
    """On which side of the file a person of a firm acts for it; None for everybody else."""
    rights = rights_of(actor.seats)
    if Right.SPONSOR in rights and actor.org is not None and file.sponsor == actor.org:
        return FileSeat.SPONSOR
    if Right.APPLY in rights and file.org == actor.org:
        return FileSeat.APPLICANT
    return None


def _may(actor: Actor, file: PermitFile, requirement: Requirement) -> tuple[str, ...]:
    acts: list[RequirementAct] = []
    if side_of(actor, file) is not None:
        acts.append(RequirementAct.FILE)
    if competent_in(actor, file, Right.REVIEW):
        acts += [RequirementAct.CONFIRM, RequirementAct.REJECT, RequirementAct.LIFT]
    if _by_reports(file, requirement):
        acts = [each for each in acts if each is RequirementAct.LIFT]
    return tuple(each.value for each in acts if _possible(requirement, each))


def _possible(requirement: Requirement, act: RequirementAct) -> bool:
    try:
        moved(requirement, act)
    except Conflict:
        return False
    return True


def _view(requirement: Requirement, may: tuple[str, ...], at: datetime) -> RequirementView:
    return RequirementView(
        id=requirement.id,
        file=requirement.file,
        kind=requirement.kind.value,
        what=requirement.what,
        expected=requirement.expected,
        due=requirement.due,
        every_months=requirement.every_months,
        standing=requirement.standing(at),
        late=requirement.late(at),
        set_by=requirement.set_by,
        set_at=requirement.set_at,
        evidence=requirement.evidence,
        filed_by=requirement.filed_by,
        filed_at=requirement.filed_at,
        judged_by=requirement.judged_by,
        judged_at=requirement.judged_at,
        reason=requirement.reason,
        good_until=requirement.good_until,
        revision=requirement.revision,
        may=may,
    )
