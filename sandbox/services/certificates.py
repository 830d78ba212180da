"""Certificates of a course: previewed, issued to all who reached the rule, revoked, given out.

Numbered plan:

1. a lead teacher gives a pass mark and sees who gets a certificate, who not, and why;
2. issuing works the same out again: if it is not what the teacher saw, nothing is done;
3. whoever holds one keeps it: issuing twice gives nothing twice;
4. the holder takes it as a token, with the name or with a salted hash of it, as often as wanted: it
   is made from the record each time, and the same choice gives the same token;
5. revoking needs a reason, which the holder and the course's teachers read; the published list
   tells no more than that it is revoked. Audit entries name course and student, never a reason.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sandbox.domain.badge_status import PLACES, status_list
from sandbox.domain.badges import sign
from sandbox.domain.certificates import (
    LANGUAGES,
    Certificate,
    Line,
    Result,
    Verdict,
    credential,
    decide,
    list_address,
)
from sandbox.domain.class_names import PersonName
from sandbox.domain.classroom import ActionKind
from sandbox.domain.course_time import said
from sandbox.domain.receipts import ReceiptKey
from sandbox.grading.authoring.description import FILE, described
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_exchange import released
from sandbox.services.classroom_people import students_of
from sandbox.services.classroom_room import Room
from sandbox.store import UnitOfWork
from sandbox.store.certificate_tables import Certificates
from sandbox.store.classroom import Actions, Courses
from sandbox.store.repositories import lock_name

LISTS: Final = range(1, 2**31)
"""Numbers that a list may have."""
PLATFORM: Final = "Synak"


@dataclass(frozen=True, slots=True)
class Preview:
    """What issuing would do; ``seen`` names exactly this."""

    mark: int
    lines: tuple[Line, ...]
    seen: str

    @property
    def gets(self) -> int:
        """How many would get one."""
        return sum(each.verdict is Verdict.GETS for each in self.lines)


def preview(room: Room, mark: int) -> Preview:
    """Step 1.

    Args:
        room: of a lead teacher.
        mark: the pass mark, per cent.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        Conflict: ``certificate.nothing_released``.
    """
    room.person.require_lead()
    lines = decide(_results(room), mark)
    seen = [[each.result.student, each.verdict.value] for each in lines]
    return Preview(mark, lines, content_hash([mark, seen]).hex())


def issue(room: Room, mark: int, seen: str, folder: Path) -> tuple[Certificate, ...]:
    """Steps 2 and 3.

    Args:
        room: of a lead teacher.
        mark: the pass mark, per cent.
        seen: ``Preview.seen`` of the page that was looked at.
        folder: of all courses' material, for the outcomes.

    Returns:
        The new ones.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        Conflict: ``certificate.nothing_released``, ``certificate.changed_meanwhile``.
    """
    room.person.require_lead()
    lock_name(room.u.session, "certificates")
    now = preview(room, mark)
    if now.seen != seen:
        raise Conflict("certificate.changed_meanwhile")
    said_of = _course(room, folder)
    wanted = [each.result.student for each in now.lines if each.verdict is Verdict.GETS]
    places = _places(room.u, len(wanted))
    return tuple(
        _issue(room, student, mark, said_of, place)
        for student, place in zip(wanted, places, strict=True)
    )


def revoke(room: Room, wanted: str, reason: str) -> Certificate:
    """Step 5.

    Args:
        room: of a lead teacher.
        wanted: the certificate's id.
        reason: why.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``certificate.not_found``.
        Conflict: ``certificate.is_revoked``.
        InvalidInput: ``classroom.no_reason``, ``classroom.words_too_long``.
    """
    room.person.require_lead()
    words = said(reason, empty="classroom.no_reason")
    found = Certificates(room.u.session).find(wanted[:32], lock=True)
    if found is None or found.course != room.person.course:
        raise NotFound("certificate.not_found", id=wanted[:32])
    if found.revoked_at is not None:
        raise Conflict("certificate.is_revoked")
    gone = replace(found, revoked_by=room.person.account, revoked_at=room.at, revoked_reason=words)
    gone = Certificates(room.u.session).save(gone)
    _note(room, "course.certificate_revoked", gone)
    return gone


def of_course(room: Room) -> tuple[Certificate, ...]:
    """All of a course, newest first, for its lead teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
    """
    room.person.require_lead()
    return Certificates(room.u.session).of_course(room.person.course)[::-1]


def own(u: UnitOfWork, account: AccountName, wanted: str) -> Certificate:
    """One of one's own.

    Raises:
        NotFound: ``certificate.not_found``: also for those of others.
    """
    found = find(u, wanted)
    if found.account != account:
        raise NotFound("certificate.not_found", id=wanted[:32])
    return found


def all_own(u: UnitOfWork, account: AccountName) -> tuple[Certificate, ...]:
    """All of one's own, newest first."""
    return Certificates(u.session).of_account(account)[::-1]


def find(u: UnitOfWork, wanted: str) -> Certificate:
    """A certificate by its id, which nobody can guess.

    Raises:
        NotFound: ``certificate.not_found``.
    """
    return Certificates(u.session).get(wanted[:32])


def names_of(u: UnitOfWork, account: AccountName) -> tuple[str, ...]:
    """A holder's name as written, and in Latin letters if that was chosen."""
    person = u.class_people.find(account)
    if person is None:
        return (u.accounts.get(account).display_name,)
    written = PersonName(person.surname, person.given, person.patronymic).shown
    return (written, person.latin) if person.latin else (written,)


def token_of(
    u: UnitOfWork, found: Certificate, *, hidden: bool, key: ReceiptKey, public_url: str
) -> str:
    """Step 4."""
    names = names_of(u, found.account)
    return sign(
        credential(found, names, hidden=hidden, public_hex=key.public_hex, public_url=public_url),
        key,
    )


def published_list(
    u: UnitOfWork, number: int, *, at: datetime, key: ReceiptKey, public_url: str
) -> str:
    """The list of revoked certificates that anybody may have.

    Raises:
        NotFound: ``certificate.no_list``.
    """
    held = Certificates(u.session)
    if number not in LISTS or not held.places(number):
        raise NotFound("certificate.no_list", number=str(number)[:20])
    revoked = held.places(number, revoked=True)
    return status_list(list_address(public_url, number), revoked, at, key)


def _results(room: Room) -> tuple[Result, ...]:
    course, session = room.person.course, room.u.session
    wanted = [each.assignment for each in released(room)]
    if not wanted:
        raise Conflict("certificate.nothing_released")
    told = {
        (each.student, each.assignment): each.detail
        for each in Actions(session).all_of(ActionKind.FEEDBACK_RELEASED, course)
    }
    holding = {
        each.account for each in Certificates(session).of_course(course) if not each.revoked_at
    }
    results = []
    for student in students_of(room.u, course, room.at):
        marks = [told[student, each] for each in wanted if (student, each) in told]
        results.append(
            Result(
                student=student,
                score=sum(float(each["score"]) for each in marks),
                points=sum(float(each["points"]) for each in marks),
                unmarked=tuple(each for each in wanted if (student, each) not in told),
                holds=student in holding,
            )
        )
    return tuple(results)


def _course(room: Room, folder: Path) -> dict[str, Any]:
    """What a certificate says of the course, as it is now."""
    course = Courses(room.u.session).get(room.person.course)
    path = folder / course.material / FILE
    content = described(path.read_bytes()) if path.is_file() else None
    outcomes = (content or {}).get("outcomes") or {}
    org = room.u.organisations.find(course.org) if course.org else None
    return {
        "titles": dict(course.titles),
        "outcomes": tuple(
            {lang: str(each[lang]) for lang in LANGUAGES if lang in each}
            for each in outcomes.values()
            if isinstance(each, Mapping)
        ),
        "issuer": f"{org.name} ({PLATFORM})" if org else PLATFORM,
    }


def _issue(
    room: Room,
    student: AccountName,
    mark: int,
    said_of: Mapping[str, Any],
    listed: tuple[int, int],
) -> Certificate:
    number, place = listed
    made = Certificate(
        id=uuid.uuid4().hex,
        course=room.person.course,
        account=student,
        titles=said_of["titles"],
        outcomes=said_of["outcomes"],
        pass_mark=mark,
        issuer=said_of["issuer"],
        salt=secrets.token_hex(16),
        list_number=number,
        list_place=place,
        issued_by=room.person.account,
        issued_at=room.at,
    )
    Certificates(room.u.session).add(made)
    _note(room, "course.certificate_issued", made)
    return made


def _places(u: UnitOfWork, wanted: int) -> list[tuple[int, int]]:
    """Free places in lists, drawn at random; a list is left when it is half full."""
    number, found = 0, list[tuple[int, int]]()
    while len(found) < wanted:
        number += 1
        taken = set(Certificates(u.session).places(number))
        while len(found) < wanted and len(taken) < PLACES // 2:
            place = secrets.randbelow(PLACES)
            if place not in taken:
                taken.add(place)
                found.append((number, place))
    return found


def _note(room: Room, kind: str, certificate: Certificate) -> None:
    room.u.audit.append(
        kind=kind,
        actor=room.person.account,
        subject=f"certificate/{certificate.id}",
        data={"course": certificate.course, "students": [certificate.account]},
        at=room.at,
    )
