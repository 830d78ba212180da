"""Whose an outside account is: found, bound by a person's own act or number, taken back.

Rules:

1. Who is not bound comes in only by a way that the desk knows already: a university's own provider
   names the student's number, a slip's code, or the person links it while signed in. Nothing makes
   an account.
   A number finds students alone: teachers write class lists, and who may do more than study here
   (coordinators, owners, regulators) is not theirs to give away. They link by themselves.
2. An account that is closed is refused, bound or not.
3. One outside account belongs to one person, and a person has one at each issuer, however many
   platforms that has: another one asks for the first to be taken back.
4. The person takes it back, or who leads a course that the person studies in, or who coordinates
   its department. That ends the person's sessions of the desk, and no marks go there any more.
5. Who binds an outside account by a number or by themselves needs no slip: the code of one ends.
   Binding and taking back are in the audit log by the provider's name; the provider's name for the
   person is not.
6. The hub learns who came by a ticket: 32 random bytes in a cookie, kept as a hash, good once and
   for a minute.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.class_lists import number_key
from sandbox.domain.classroom import Course, CourseRole
from sandbox.domain.coursework import CourseName
from sandbox.domain.lti import LtiPlatform
from sandbox.domain.outside_accounts import How, OidcProvider, OutsideAccount, Outsider
from sandbox.domain.seats import Actor, only_studies, require_just_proved
from sandbox.kit.errors import Conflict, NotAllowed, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services import passback
from sandbox.services.class_lists import teacher_in
from sandbox.services.departments import coordinates
from sandbox.services.keyed import Keyed
from sandbox.services.short_codes import Typed
from sandbox.services.sign_ins import code_typed
from sandbox.store import UnitOfWork
from sandbox.store.classroom import Courses, Members

TICKET_AGE: Final = timedelta(minutes=1)


def account_of(
    u: UnitOfWork, provider: OidcProvider | LtiPlatform, outsider: Outsider, *, at: datetime
) -> AccountName | None:
    """Whose an outside account is; by the number of a university's own provider it is bound now.

    Returns:
        None for somebody who is not known here.

    Raises:
        NotAllowed: ``outside.closed``.
        Conflict: ``outside.has_another``.
    """
    bound = u.outside.of(outsider.issuer, outsider.subject)
    if bound is not None:
        require_open(u, bound.account)
        passback.came(u, bound.account, outsider.issuer, outsider.subject, at=at)
        return bound.account
    account = numbered(u, provider, outsider)
    if account is None:
        return None
    require_open(u, account)
    _bind(u, account, outsider, How.NUMBER, at)
    return account


def numbered(
    u: UnitOfWork, provider: OidcProvider | LtiPlatform, outsider: Outsider
) -> AccountName | None:
    """The student whose number a university's own provider named; nobody who is more than that."""
    key = number_key(outsider.number) if outsider.number and provider.university else ""
    person = u.class_people.numbered(provider.university, key) if key else None
    found = u.accounts.find(person.account) if person is not None else None
    return found.name if found is not None and only_studies(found.seats) else None


def link(u: UnitOfWork, actor: Actor, outsider: Outsider, *, at: datetime) -> None:
    """Bind an outside account to the account that somebody is signed in with.

    Raises:
        NotAuthenticated: ``seat.needs_reauthentication``.
        Conflict: ``outside.has_another``, ``outside.of_another``.
    """
    require_just_proved(actor, at)
    bound = u.outside.of(outsider.issuer, outsider.subject)
    if bound is not None and bound.account == actor.account:
        return
    if bound is not None:
        raise Conflict("outside.of_another")
    _bind(u, actor.account, outsider, How.OWN, at)


def link_by_code(
    u: UnitOfWork, typed: Typed, outsider: Outsider, *, keyed: Keyed
) -> AccountName | None:
    """Bind an outside account by a slip's code. The caller commits whatever comes of it.

    Returns:
        Whose it is now; None, which does not say why.

    Raises:
        NotAllowed: ``customer_code.too_many``.
        Conflict: ``outside.has_another``, ``outside.of_another``; the code is used up by none.
    """
    found = code_typed(u, typed, keyed=keyed)
    if found is None:
        return None
    bound = u.outside.of(outsider.issuer, outsider.subject)
    if bound is not None and bound.account != found.account:
        raise Conflict("outside.of_another")
    if bound is None:
        _bind(u, found.account, outsider, How.CODE, typed.at)
    u.sign_in_codes.save(replace(found, used_at=typed.at))
    return found.account


def own(u: UnitOfWork, actor: Actor) -> tuple[OutsideAccount, ...]:
    """The reader's own outside accounts."""
    return u.outside.of_accounts([actor.account])


def take_back(u: UnitOfWork, actor: Actor, outside: str, *, at: datetime) -> None:
    """Take back one of one's own.

    Raises:
        NotFound: ``outside.not_found``.
    """
    found = u.outside.find(outside, lock=True)
    if found is None or found.account != actor.account:
        raise NotFound("outside.not_found", id=outside[:32])
    _unbind(u, actor, found, at)


@dataclass(frozen=True)
class OfCourse:
    """Outside accounts of a course's students.

    Attributes:
        bound: the oldest first.
    """

    course: Course
    bound: Sequence[OutsideAccount]


def of_course(u: UnitOfWork, actor: Actor, name: CourseName, *, at: datetime) -> OfCourse:
    """The outside accounts of a course's students, for who leads or coordinates it.

    Raises:
        NotFound: ``course.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
    """
    course = _course(u, actor, name, at)
    return OfCourse(course, u.outside.of_accounts(_students(u, name, at)))


def take_back_in(
    u: UnitOfWork, actor: Actor, name: CourseName, outside: str, *, at: datetime
) -> None:
    """Take back one of a student of the course.

    Raises:
        NotFound: ``course.not_found``, ``outside.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
    """
    _course(u, actor, name, at)
    found = u.outside.find(outside, lock=True)
    if found is None or found.account not in _students(u, name, at):
        raise NotFound("outside.not_found", id=outside[:32])
    _unbind(u, actor, found, at)


def give_ticket(u: UnitOfWork, account: AccountName, *, at: datetime) -> str:
    """What the browser shows to the hub, once, within a minute."""
    ticket = secrets.token_urlsafe(32)
    u.outside.give_ticket(_digest(ticket), account, at=at, until=at + TICKET_AGE)
    return ticket


def use_ticket(u: UnitOfWork, ticket: str, *, at: datetime) -> AccountName | None:
    """Whose a ticket is; None for one that is not known, used, too old, or of a closed account."""
    account = u.outside.use_ticket(_digest(ticket), at)
    found = u.accounts.find(account) if account else None
    return account if found is not None and found.active else None


def require_open(u: UnitOfWork, account: AccountName) -> None:
    """Refuse a closed account.

    Raises:
        NotAllowed: ``outside.closed``.
    """
    found = u.accounts.find(account)
    if found is None or not found.active:
        raise NotAllowed("outside.closed")


def _course(u: UnitOfWork, actor: Actor, name: CourseName, at: datetime) -> Course:
    course = Courses(u.session).find(name)
    if course is not None and coordinates(u, actor, course, at):
        return course
    return teacher_in(u, actor, name, at)


def _students(u: UnitOfWork, name: CourseName, at: datetime) -> list[AccountName]:
    members = Members(u.session).of_course(name, at)
    return [each.account for each in members if each.role is CourseRole.STUDENT]


def _bind(u: UnitOfWork, account: AccountName, outsider: Outsider, how: How, at: datetime) -> None:
    if any(each.issuer == outsider.issuer for each in u.outside.of_accounts([account])):
        raise Conflict("outside.has_another", provider=outsider.provider)
    u.outside.add(
        OutsideAccount(
            id=uuid.uuid4().hex,
            provider=outsider.provider,
            issuer=outsider.issuer,
            subject=outsider.subject,
            account=account,
            how=how,
            bound_at=at,
        )
    )
    if how is not How.CODE:  # a slip from before, of whatever course, is no way in beside it
        u.sign_in_codes.end(account, at)
    passback.came(u, account, outsider.issuer, outsider.subject, at=at)
    u.audit.append(
        kind="account.outside_bound",
        actor=account,
        subject=account,
        data={"provider": outsider.provider, "how": how.value},
        at=at,
    )


def _unbind(u: UnitOfWork, actor: Actor, found: OutsideAccount, at: datetime) -> None:
    u.outside.remove(found.id)
    passback.forget(u, found.account, found.provider, found.issuer, found.subject)
    u.sessions.end_of([found.account])
    u.audit.append(
        kind="account.outside_taken_back",
        actor=actor.account,
        subject=found.account,
        data={"provider": found.provider},
        at=at,
    )


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()
