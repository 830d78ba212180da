"""Lists of files and one file as its reader may see it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sandbox.domain.application import missing_parts
from sandbox.domain.approvals import may_countersign
from sandbox.domain.delegations import Delegation, for_whom, two_persons
from sandbox.domain.lifecycle import Act, By, FileState, find, possible
from sandbox.domain.records import Decision, PermitFile, Question, Signature
from sandbox.domain.seats import Actor, Channel, FileSeat, Right, rights_of
from sandbox.domain.sight import sight_of
from sandbox.domain.story import DAILY, DRAFTING, FOR_FIRMS, NOT_FOR_GUESTS
from sandbox.kit.ids import FileId
from sandbox.services.access import competent_in, is_guest, readable_file
from sandbox.services.views import (
    DecisionView,
    FileView,
    MissingPart,
    QuestionView,
    TimelineEntry,
)
from sandbox.store import UnitOfWork

_AUTOMATIC: Final = frozenset(
    {
        Act.ACTIVATE,
        Act.PUBLISH_REFUSED,
        Act.LAPSE,
        Act.HALT_ENDS,
        Act.EXPIRE,
        Act.RETURN_LAPSES,
        Act.SPONSOR_GONE,
        Act.LIMIT_PASSED,
    }
)
_HIDDEN_DATA: Final = frozenset({"answers", "documents", "document", "replaces"})
"""What stands elsewhere on the file's page, and more fully."""
_DATA_FOR_ALL: Final = frozenset(
    {"from", "to", "version", "overtaken", "deadline", "due", "chain", "contract", "transaction"}
)
"""What firms read of an entry beside its kind; notes within the authority stand beside these."""


def file_view(u: UnitOfWork, actor: Actor, file_id: str, *, at: datetime) -> FileView:
    """One file with everything this reader may see.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, FileId(file_id))
    names = u.organisations.names_of({file.org, file.sponsor})
    issued = _issued(u, file)
    shown = sight_of(actor).shown(file.state)
    seats = u.file_actors.of_file(file.id)
    seat = seats.get(actor.person)
    signature = file.sponsor_signature
    known = u.delegations.of(file.authority) if file.authority else ()
    return FileView(
        id=file.id,
        org=file.org,
        org_name=names.get(file.org, file.org),
        sponsor=file.sponsor,
        sponsor_name=names.get(file.sponsor) if file.sponsor else None,
        title=file.title,
        state=shown.value,
        answers=_answers(u, actor, file),
        missing=missing_of(u, file, at=at),
        revision=file.revision,
        created_by=file.created_by,
        created_at=file.created_at,
        updated_at=file.updated_at,
        submitted_at=file.submitted_at,
        sponsor_signed_at=datetime.fromisoformat(signature["at"]) if signature else None,
        sponsor_signature=signature,
        questions=tuple(_question(each) for each in u.questions.of_file(file.id)),
        decisions=tuple(
            _decision(each, actor, file, issued, known)
            for each in _visible_decisions(u, actor, file)
        ),
        permit=file.permit,
        timeline=_timeline(u, actor, file, known),
        possible=_possible(actor, file, shown, seat),
        my_seat=seat.value if seat else None,
        authority=file.authority,
        shared_with_me=is_guest(actor, file),
        submission=submission_stamp(u, file) if Right.SPONSOR in rights_of(actor.seats) else "",
    )


def submission_stamp(u: UnitOfWork, file: PermitFile) -> str:
    """What says which submission of a file was read; empty before the first."""
    last = u.submissions.of_file(file.id)[-1:]
    return last[0].stamp if last else ""


def _answers(u: UnitOfWork, actor: Actor, file: PermitFile) -> dict[str, str]:
    """The form; of a draft under way others see what was submitted last."""
    own = Right.SEE_OWN_FILES in rights_of(actor.seats) and file.org == actor.org
    if own or file.state is not FileState.DRAFT:
        return dict(file.answers)
    last = u.submissions.of_file(file.id)[-1:]
    return dict(last[0].answers) if last else dict(file.answers)


def missing_of(u: UnitOfWork, file: PermitFile, *, at: datetime) -> tuple[MissingPart, ...]:
    """What a draft still lacks; nothing once it was submitted."""
    if file.state is not FileState.DRAFT:
        return ()
    named = file.answers.get("sponsor", "").strip()
    sponsor = u.organisations.find(named[:40]) if named else None
    return tuple(
        MissingPart(each.part, each.code, each.params)
        for each in missing_parts(file.answers, sponsor, at=at)
    )


def _issued(u: UnitOfWork, file: PermitFile) -> int:
    permit = u.permits.find(file.permit) if file.permit else None
    return permit.issued_version if permit else 0


def _visible_decisions(u: UnitOfWork, actor: Actor, file: PermitFile) -> tuple[Decision, ...]:
    """A proposal is the authority's own until it is countersigned."""
    found = u.decisions.of_file(file.id)
    if Right.SEE_ALL_FILES in rights_of(actor.seats):
        return found
    return tuple(each for each in found if each.status.value in {"in_force", "lapsed"})


def _possible(
    actor: Actor, file: PermitFile, shown: FileState, seat: FileSeat | None
) -> tuple[str, ...]:
    """Acts that this actor's seat and rights allow in the state that is shown."""
    if actor.channel is not Channel.BROWSER:
        return ()
    rights = rights_of(actor.seats)
    mine: set[By] = set()
    if Right.APPLY in rights and file.org == actor.org:
        mine |= {By.APPLICANT, By.PARTIES}
    if Right.SPONSOR in rights and file.sponsor == actor.org:
        mine |= {By.SPONSOR, By.PARTIES}
    if competent_in(actor, file, Right.DECIDE):
        mine |= {By.REGULATOR, By.TWO_REGULATORS, By.INDEPENDENT}
    if seat is not None:
        allowed = {
            FileSeat.EXPERT: set(),
            FileSeat.APPLICANT: {By.APPLICANT, By.PARTIES},
            FileSeat.SPONSOR: {By.SPONSOR, By.PARTIES},
            FileSeat.REGULATOR: {By.REGULATOR, By.TWO_REGULATORS, By.INDEPENDENT},
        }[seat]
        mine &= allowed
    return tuple(
        act.value
        for act in possible(shown)
        if act not in _AUTOMATIC and find(shown, act).by in mine
    )


def _question(question: Question) -> QuestionView:
    return QuestionView(
        id=question.id,
        text=question.text,
        asked_by=question.asked_by,
        asked_at=question.asked_at,
        due=question.due,
        answer=question.answer,
        answered_by=question.answered_by,
        answered_at=question.answered_at,
    )


def _decision(
    decision: Decision, actor: Actor, file: PermitFile, issued: int, known: Sequence[Delegation]
) -> DecisionView:
    able = (
        competent_in(actor, file, Right.DECIDE)
        and actor.channel is Channel.BROWSER
        and may_countersign(decision, actor, issued_version=issued)
        and two_persons(known, file.id, decision, actor)
    )
    return DecisionView(
        id=decision.id,
        kind=decision.kind.value,
        status=decision.status.value,
        version=decision.version,
        terms=decision.terms,
        reasons=decision.reasons,
        author=decision.author,
        authored_at=decision.authored_at,
        countersigner=decision.countersigner,
        countersigned_at=decision.countersigned_at,
        interim_until=decision.interim_until,
        may_countersign=able,
        signatures=tuple(signature_view(each) for each in decision.signatures),
        trial_state=decision.trial_state.value if decision.trial_state else None,
        minutes=decision.minutes,
        holder=(decision.document or {}).get("holder", {}).get("name"),
        author_for=for_whom(known, decision.author, file.id, decision.authored_at),
    )


def signature_view(signature: Signature) -> dict[str, Any]:
    """A signature as JSON."""
    return {
        "account": signature.account,
        "address": signature.address,
        "terms": dict(signature.terms),
        "document": signature.document,
        "at": signature.at.isoformat(),
    }


def _timeline(
    u: UnitOfWork, actor: Actor, file: PermitFile, known: Sequence[Delegation]
) -> tuple[TimelineEntry, ...]:
    """What happened to the file and its permit; proposals are the authority's own."""
    subjects = (file.id, file.permit) if file.permit else (file.id,)
    hidden = set(DAILY | DRAFTING)
    whole = Right.SEE_ALL_FILES in rights_of(actor.seats)
    if is_guest(actor, file):
        hidden |= NOT_FOR_GUESTS
    return tuple(
        TimelineEntry(
            at=entry.at,
            kind=entry.kind,
            actor=entry.actor,
            data={
                name: value
                for name, value in (entry.body or {}).get("data", {}).items()
                if (name not in _HIDDEN_DATA if whole else name in _DATA_FOR_ALL)
            },
            on_behalf=for_whom(known, entry.actor, file.id, entry.at),
        )
        for entry in u.audit.of_subjects(
            *subjects, without=hidden, only=None if whole else FOR_FIRMS
        )
    )
