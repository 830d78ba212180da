"""Minutes: drawn up from the record, signed by chair and secretary, never written again.

Rules:

1. The sitting ends when every item has a result. Its minutes get a number and a SHA-256 then.
2. Chair and secretary, two persons, each sign that hash (EIP-191). Either may send the minutes
   back instead: the signatures fall, the sitting goes on, the number stays.
3. With the second signature they are closed: hash and signatures stand in the audit log, and the
   files are under review again.
4. Where minutes are demanded, a grant or refusal refers to closed minutes in which the Committee,
   on this application and its documents as they stand, last recommended just that.
5. An appeal that overturns a decision ends what was recommended before it: the Committee considers
   the file again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.committee import (
    AgendaItem,
    CommitteeRole,
    ItemResult,
    Motion,
    Sitting,
    SittingState,
)
from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.minutes import Considered, minutes_digest, minutes_document, minutes_text
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, Right, require_act_of_law
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import OrgId, PersonId
from sandbox.services.acts import earlier, move, remember
from sandbox.services.committee_members import committee_now, rules_in_force
from sandbox.services.committee_sittings import conflicts_of, held, note, require_secretary
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text
from sandbox.services.submissions import application_digest
from sandbox.store import UnitOfWork

OFFICERS: Final = (CommitteeRole.CHAIR, CommitteeRole.SECRETARY)
_DECIDED: Final = {ItemResult(each.value) for each in Motion}


@dataclass(frozen=True)
class EndSitting:
    """End a sitting and draw up its minutes."""

    sitting: str
    key: str | None = None


@dataclass(frozen=True)
class SignMinutes:
    """Sign minutes; ``digest``: of what was read, so that nothing else is signed."""

    sitting: str
    digest: str
    key: str | None = None


@dataclass(frozen=True)
class ReturnMinutes:
    """Send minutes back before they are closed: the sitting goes on."""

    sitting: str
    reasons: str
    key: str | None = None


def end_sitting(u: UnitOfWork, actor: Actor, command: EndSitting, *, at: datetime) -> str:
    """End a sitting and draw up its minutes.

    Returns:
        The sitting's id.

    Raises:
        NotFound: ``sitting.not_found``.
        NotAllowed: ``committee.secretary_only``.
        Conflict: ``committee.wrong_time``, ``committee.items_open``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "end_sitting", command.key)
    if done is not None:
        return done
    sitting = held(u, actor, command.sitting, SittingState.IN_SESSION)
    require_secretary(u, sitting, actor, at)
    items = _settled(u, sitting, at)
    number = sitting.minutes or f"M-{at.year}-{u.counters.next(f'minutes:{at.year}'):04d}"
    ended = replace(sitting, ended_at=at)
    authority = u.organisations.get(sitting.authority).name
    document = minutes_document(ended, authority, number, _considered(u, ended, items))
    drawn = replace(
        ended,
        state=SittingState.SIGNING,
        minutes=number,
        document=document,
        digest=minutes_digest(document),
        signatures=(),
    )
    saved = u.sittings.save(drawn)
    data = {"minutes": number, "digest": saved.digest}
    note(u, "committee.minutes_drawn_up", actor, saved, at, **data)
    remember(u, actor, "end_sitting", command.key, sitting.id, at=at)
    return sitting.id


def sign_minutes(
    u: UnitOfWork, actor: Actor, command: SignMinutes, *, at: datetime, ports: Ports
) -> str:
    """Sign as the chair or as the secretary; the second signature closes the minutes.

    Raises:
        NotFound: ``sitting.not_found``.
        NotAllowed: ``committee.officers_only``, ``committee.second_person``.
        Conflict: ``committee.wrong_time``, ``committee.minutes_changed``.
        Unavailable: the signer is out of reach; nothing is signed.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "sign_minutes", command.key)
    if done is not None:
        return done
    sitting = held(u, actor, command.sitting, SittingState.SIGNING)
    role = _office(u, sitting, actor, at)
    if command.digest != sitting.digest or sitting.minutes is None:
        raise Conflict("committee.minutes_changed")
    for each in sitting.signatures:
        if each["person"] == actor.person or each["role"] == role.value:
            raise NotAllowed("committee.second_person", recorded_by=each["account"])
    key = f"regulator/{actor.account}"
    text = minutes_text(sitting.minutes, sitting.digest, role.value)
    signature = {
        "account": actor.account,
        "person": actor.person,
        "role": role.value,
        "address": ports.signer.address(key),
        "text": text,
        "signature": ports.signer.sign_message(key, text),
        "at": at.isoformat(),
    }
    signed = replace(sitting, signatures=(*sitting.signatures, signature))
    note(u, "committee.minutes_signed", actor, sitting, at, minutes=sitting.minutes, **signature)
    if len(signed.signatures) == len(OFFICERS):
        signed = _close(u, signed, actor, at)
    u.sittings.save(signed)
    remember(u, actor, "sign_minutes", command.key, sitting.id, at=at)
    return sitting.id


def return_minutes(u: UnitOfWork, actor: Actor, command: ReturnMinutes, *, at: datetime) -> str:
    """Send minutes back: chair or secretary, before the second signature.

    Raises:
        NotFound: ``sitting.not_found``.
        NotAllowed: ``committee.officers_only``.
        InvalidInput: ``text.empty``.
        Conflict: ``committee.wrong_time``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "return_minutes", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    sitting = held(u, actor, command.sitting, SittingState.SIGNING)
    _office(u, sitting, actor, at)
    back = replace(
        sitting,
        state=SittingState.IN_SESSION,
        ended_at=None,
        document=None,
        digest=None,
        signatures=(),
        reason=reasons,
    )
    u.sittings.save(back)
    data = {"minutes": sitting.minutes, "digest": sitting.digest, "reasons": reasons}
    note(u, "committee.minutes_returned", actor, sitting, at, **data)
    remember(u, actor, "return_minutes", command.key, sitting.id, at=at)
    return sitting.id


def minutes_demanded(u: UnitOfWork, authority: OrgId | None, at: datetime) -> bool:
    """Whether an authority's grant or refusal must refer to minutes today."""
    members = sum(each.role.votes for each in committee_now(u, authority, at))
    return rules_in_force(u, authority).demands(members=members)


def usable_minutes(u: UnitOfWork, file: PermitFile) -> tuple[str, ItemResult] | None:
    """The minutes that a decision on this file may refer to now, and what they recommend."""
    found = _last_word(u, file)
    if found is None:
        return None
    sitting, item = found
    assert sitting.minutes is not None
    assert item.result is not None
    same = item.application == application_digest(u, file)
    return (sitting.minutes, item.result) if same else None


def require_minutes(
    u: UnitOfWork, file: PermitFile, number: str, wanted: Motion, *, at: datetime
) -> str | None:
    """The number of the minutes that a grant or refusal refers to, checked.

    Args:
        u: the unit of work.
        file: which is decided.
        number: as given; empty where none is referred to.
        wanted: what the minutes must recommend.
        at: now.

    Returns:
        The number; None when none is given and none is demanded.

    Raises:
        Conflict: ``committee.minutes_needed``, ``committee.minutes_say_otherwise``,
            ``committee.minutes_overtaken``, ``committee.application_changed``.
        InvalidInput: ``committee.minutes_unknown``: no closed minutes of this number decide on
            this file.
    """
    number = number.strip().upper()[:20]
    if not number:
        if minutes_demanded(u, file.authority, at):
            raise Conflict("committee.minutes_needed")
        return None
    sitting = u.sittings.of_minutes(number)
    items = u.agenda.of_sittings([sitting.id]) if sitting else ()
    item = next((each for each in items if each.file == file.id and each.result in _DECIDED), None)
    if sitting is None or sitting.state is not SittingState.CLOSED or item is None:
        raise InvalidInput("committee.minutes_unknown", number=number)
    if item.result is None or item.result.value != wanted.value:
        raise Conflict("committee.minutes_say_otherwise", number=number)
    last = _last_word(u, file)
    if last is None or last[1].id != item.id:
        raise Conflict("committee.minutes_overtaken", number=number)
    if item.application != application_digest(u, file):
        raise Conflict("committee.application_changed", number=number)
    return number


def _last_word(u: UnitOfWork, file: PermitFile) -> tuple[Sitting, AgendaItem] | None:
    """The newest result on a file that closed minutes hold and no appeal has overtaken."""
    since = _overturned_at(u, file)
    for item in reversed(u.agenda.of_file(file.id)):
        if item.decided_at is None or (since is not None and item.decided_at <= since):
            continue
        if item.result in _DECIDED:
            sitting = u.sittings.get(item.sitting)
            if sitting.state is SittingState.CLOSED:
                return sitting, item
    return None


def _overturned_at(u: UnitOfWork, file: PermitFile) -> datetime | None:
    """When an appeal last overturned a decision on a file."""
    return max(
        (
            each.countersigned_at
            for each in u.decisions.of_file(file.id)
            if each.kind is DecisionKind.OVERTURN
            and each.status is DecisionStatus.IN_FORCE
            and each.countersigned_at is not None
        ),
        default=None,
    )


def _settled(u: UnitOfWork, sitting: Sitting, at: datetime) -> tuple[AgendaItem, ...]:
    """The items; a file that its applicant withdrew has left the agenda by itself."""
    items = []
    waiting = []
    for item in u.agenda.of_sittings([sitting.id]):
        kept = item
        if item.result is None:
            if u.files.get(item.file).state is FileState.COMMITTEE:
                waiting.append(str(item.place))
            else:
                left = replace(item, result=ItemResult.TAKEN_OFF, decided_at=at)
                kept = u.agenda.save(left)
        items.append(kept)
    if waiting:
        raise Conflict("committee.items_open", items=", ".join(waiting))
    return tuple(items)


def _considered(
    u: UnitOfWork, sitting: Sitting, items: Iterable[AgendaItem]
) -> tuple[Considered, ...]:
    names: dict[PersonId, str] = {each.person: each.name for each in sitting.members}
    found = []
    for item in items:
        file = u.files.get(item.file)
        orgs = u.organisations.names_of({file.org, file.sponsor})
        conflicts = conflicts_of(u, file, item, list(names))
        found.append(
            Considered(
                item=item,
                title=file.title,
                applicant=orgs.get(file.org, file.org),
                sponsor=orgs.get(file.sponsor) if file.sponsor else None,
                conflicts=tuple(
                    (names[person], each) for person, each in sorted(conflicts.items())
                ),
            )
        )
    return tuple(found)


def _office(u: UnitOfWork, sitting: Sitting, actor: Actor, at: datetime) -> CommitteeRole:
    """As what this person signs: an officer of the sitting, or of today where one has left."""
    role = sitting.officer(actor.person)
    if role in OFFICERS:
        assert role is not None
        return role
    for each in committee_now(u, sitting.authority, at):
        if each.person == actor.person and each.role in OFFICERS:
            return each.role
    raise NotAllowed("committee.officers_only")


def _close(u: UnitOfWork, sitting: Sitting, actor: Actor, at: datetime) -> Sitting:
    """The minutes are closed; every file that is still before the Committee goes on."""
    assert sitting.minutes is not None
    items = u.agenda.of_sittings([sitting.id])
    for item in items:
        file = u.files.get(item.file, lock=True)
        if item.result is not ItemResult.TAKEN_OFF and file.state is FileState.COMMITTEE:
            data = {"sitting": sitting.id, "minutes": sitting.minutes}
            move(u, file, Act.CLOSE_MINUTES, actor=actor.account, at=at, data=data)
    note(
        u,
        "committee.minutes_closed",
        actor,
        sitting,
        at,
        minutes=sitting.minutes,
        digest=sitting.digest,
        document=dict(sitting.document or {}),
        results={each.file: each.result.value for each in items if each.result},
    )
    return replace(sitting, state=SittingState.CLOSED, closed_at=at)


def minutes_of(u: UnitOfWork, number: str) -> Sitting:
    """The sitting whose minutes have a number, drawn up or closed.

    Raises:
        NotFound: ``committee.not_found``.
    """
    sitting = u.sittings.of_minutes(number[:20].upper())
    if sitting is None or sitting.document is None:
        raise NotFound("committee.not_found")
    return sitting
