"""Signing in with an own password: codes for slips, the first sign-in, the check for the hub.

Rules:

1. A teacher makes codes for students of the course who came by a class list, and for nobody else. A
   code is shown once; its keyed hash is kept; a new one ends the older unused ones. Who signed in
   before is given a code by the course whose list made the account, or one in which they did
   something: a teacher who only put a student's number on a list opens none of their courses.
2. A code that is not known, misspelt, used, expired or tried too often is answered with the same
   words after the same steps. Tries are counted before anything is compared. So is a code of an
   account that may do more than study: teachers make codes, and what a coordinator may do is not
   theirs to give away.
3. A code sets the password and nothing else: whoever uses it signs in at the hub as everybody does.
   Setting a password ends the account's sessions of the desk and is in the audit log.
4. Wrong passwords are counted for each account; a closed account has no right one.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.classroom import Course, CourseRole
from sandbox.domain.coursework import CourseName
from sandbox.domain.customer_page import (
    CODE_GOOD_FOR,
    spoken_code,
)
from sandbox.domain.seats import Actor, Channel, only_studies
from sandbox.domain.sign_ins import (
    PASSWORD_SPAN,
    PASSWORD_TRIES,
    SignInCode,
    is_password,
)
from sandbox.kit.errors import InvalidInput, NotAllowed, NotFound
from sandbox.kit.folding import alphabetical, natural
from sandbox.kit.ids import AccountName
from sandbox.services.class_lists import teacher_in
from sandbox.services.keyed import Keyed
from sandbox.services.short_codes import Typed, fresh_code, typed_code
from sandbox.store import Store, UnitOfWork
from sandbox.store.classroom import Actions, Members
from sandbox.store.customers_tables import KEPT_TRIES

MOST_AT_ONCE: Final = 400
FROM_ONE_ADDRESS: Final = 60
"""Wrong codes from one network address in a quarter of an hour: a class types from one."""
PURPOSE: Final = "sign-in "
"""Tells the keyed hashes of these codes from those of others."""
EVERYBODY: Final = "everybody"
"""Stands for all who have not signed in yet."""


@dataclass(frozen=True)
class MakeSlips:
    """Make codes.

    Attributes:
        accounts: whose; or ``everybody``: all of the course who have not signed in yet.
    """

    course: CourseName
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class Slip:
    """A code as it is handed out; ``code`` is in this answer and nowhere else."""

    account: AccountName
    name: str
    number: str
    group: str
    code: str
    expires_at: datetime


def make_slips(
    u: UnitOfWork, actor: Actor, command: MakeSlips, *, at: datetime, keyed: Keyed
) -> tuple[Slip, ...]:
    """Make a code for each.

    Raises:
        NotFound: ``course.not_found``, ``sign_in.not_found``.
        NotAllowed: ``classroom.wrong_role``, ``key.not_by_key``.
        InvalidInput: ``sign_in.nobody``, ``sign_in.too_many``.
    """
    course = teacher_in(u, actor, command.course, at)
    if actor.channel is not Channel.BROWSER:
        raise NotAllowed("key.not_by_key")
    able = may_be_given(u, course, at)
    if command.accounts == (EVERYBODY,):
        wanted = [name for name, first in able.items() if first]
    else:
        wanted = [AccountName(each) for each in dict.fromkeys(command.accounts)]
    if not wanted:
        raise InvalidInput("sign_in.nobody")
    if len(wanted) > MOST_AT_ONCE:
        raise InvalidInput("sign_in.too_many", limit=MOST_AT_ONCE)
    for each in wanted:
        if each not in able:
            raise NotFound("sign_in.not_found", id=each[:32])
    u.sign_in_codes.forget(at - KEPT_TRIES)
    slips = _slips(u, actor, course, wanted, at=at, keyed=keyed)
    u.audit.append(
        kind="course.codes_made",
        actor=actor.account,
        subject=f"course/{course.name}",
        data={"accounts": [str(each) for each in wanted]},
        at=at,
    )
    return slips


def first_sign_in(
    u: UnitOfWork, text: str, hashed: str, *, address: str, at: datetime, keyed: Keyed
) -> AccountName | None:
    """Set a password by a code. The caller commits whatever comes of it: tries count.

    Args:
        u: a writing unit of work.
        text: the code as typed.
        hashed: ``domain.sign_ins.password_hash`` of the new password, made before the unit began.
        address: the network address it came from.
        at: now.
        keyed: makes keyed hashes.

    Returns:
        Whose password it is now; None, which does not say why.

    Raises:
        NotAllowed: ``customer_code.too_many``: this address tried too often; nothing was compared.
    """
    found = code_typed(u, Typed(text, address, at), keyed=keyed)
    if found is None:
        return None
    u.sign_in_codes.save(replace(found, used_at=at))
    own = u.sign_ins.get(found.account)
    u.sign_ins.save(replace(own, password=hashed, set_at=at))
    u.sessions.end_of([found.account])
    u.audit.append(
        kind="account.password_set",
        actor=found.account,
        subject=found.account,
        data={"code": found.id},
        at=at,
    )
    return found.account


def code_typed(u: UnitOfWork, typed: Typed, *, keyed: Keyed) -> SignInCode | None:
    """The slip's code that somebody typed, of a student whose account is open; it is not used up.

    Raises:
        NotAllowed: ``customer_code.too_many``.
    """
    found = typed_code(
        u,
        typed,
        u.sign_in_codes.by_selector,
        purpose=PURPOSE,
        keyed=keyed,
        most=FROM_ONE_ADDRESS,
    )
    account = u.accounts.find(found.account) if found else None
    opens = account is not None and account.active and only_studies(account.seats)
    return found if opens else None


def is_right(store: Store, name: str, password: str, *, at: datetime, keyed: Keyed) -> bool:
    """Whether a password opens an account. Nothing else waits while it is looked at.

    Args:
        store: the store.
        name: of the account, as typed.
        password: as typed.
        at: now.
        keyed: makes keyed hashes.
    """
    counted = keyed.of("password", name[:64])
    with store.unit() as u:
        within = u.pages.tries.take(counted, PASSWORD_TRIES, PASSWORD_SPAN, at)
        account = u.accounts.find(name[:32])
        own = u.sign_ins.find(name[:32])
        u.commit()
    right = within and is_password(password, own.password if own else "")
    if not right or account is None or not account.active:
        return False
    with store.unit() as u:
        u.pages.tries.clear(counted)
        u.commit()
    return True


def may_be_given(u: UnitOfWork, course: Course, at: datetime) -> dict[AccountName, bool]:
    """The students whose password a code of a course may set; whether it would be their first."""
    members = Members(u.session).of_course(course.name, at)
    students = [each.account for each in members if each.role is CourseRole.STUDENT]
    own = u.sign_ins.of_accounts(students)
    accounts = u.accounts.named(own)
    open_ = {name for name, each in accounts.items() if only_studies(each.seats)}
    outside = {each.account for each in u.outside.of_accounts(students)}
    first = {
        name: own[name].set_at is None and name not in outside for name in students if name in open_
    }
    at_home = _at_home(u, course, [name for name in first if not first[name]])
    return {name: is_first for name, is_first in first.items() if is_first or name in at_home}


def _at_home(u: UnitOfWork, course: Course, students: Sequence[AccountName]) -> set[AccountName]:
    """Who of some students came here by a list of this course, or did something in it."""
    made = {
        AccountName(change["account"])
        for each in u.class_lists.settled(course.name)
        for change in each.changes
        if change["made"]
    }
    return made.intersection(students) | Actions(u.session).actors(course.name, students)


def _slips(
    u: UnitOfWork,
    actor: Actor,
    course: Course,
    wanted: Sequence[AccountName],
    *,
    at: datetime,
    keyed: Keyed,
) -> tuple[Slip, ...]:
    people = u.class_people.of_accounts(wanted)
    groups = {each.account: each.group for each in Members(u.session).in_course(course.name)}
    shown = u.accounts.several(wanted)
    made = []

    def place(name: AccountName) -> tuple[object, ...]:
        return natural(groups[name]), alphabetical(shown[name].display_name)

    for name in sorted(wanted, key=place):
        code, spoken = _code(u, actor, name, at=at, keyed=keyed)
        number = people[name].number if name in people else ""
        display = shown[name].display_name
        made.append(Slip(name, display, number, groups[name], spoken, code.expires_at))
    return tuple(made)


def _code(
    u: UnitOfWork, actor: Actor, name: AccountName, *, at: datetime, keyed: Keyed
) -> tuple[SignInCode, str]:
    u.sign_in_codes.end(name, at)
    selector, proof = fresh_code(
        lambda first: (
            u.pages.tries.seen(keyed.of(f"{PURPOSE}selector", first))
            or u.sign_in_codes.by_selector(first) is not None
        )
    )
    code = SignInCode(
        id=uuid.uuid4().hex,
        account=name,
        selector=selector,
        digest=keyed.of(f"{PURPOSE}code", selector + proof),
        created_by=actor.account,
        created_at=at,
        expires_at=at + CODE_GOOD_FOR,
    )
    return u.sign_in_codes.add(code), spoken_code(selector, proof)
