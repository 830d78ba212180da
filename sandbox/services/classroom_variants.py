"""Variants of an assignment: declared by its authors, kept and filled in by the service.

Rules (``domain.variants``):

- The first release that declares variants draws the seed; no later one changes it. It leaves the
  store for nobody: pages and interfaces give values alone.
- Once somebody has a copy, a correction may not change what is declared: values that students
  already work with would be others.
- Whose values are meant is the account that fetches or handed in, never what a file says.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from sandbox.domain.classroom import Action, ActionKind
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.domain.variants import SEED_BYTES, Seed, Value, filled, parameters_in, values_for
from sandbox.grading.authoring.description import FILE, described
from sandbox.kit.errors import Conflict, IntegrityFailure
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Actions
from sandbox.store.unit import UnitOfWork
from sandbox.store.variant_tables import Seeds


def declare(
    room: Room, assignment: AssignmentName, master: Mapping[str, bytes]
) -> dict[str, Any] | None:
    """What a release declares; the seed is drawn when there is none yet.

    Args:
        room: of a teacher who releases.
        assignment: which.
        master: files of the teacher's version.

    Returns:
        Of ``variants`` in ``course.yaml``; None: everybody has the same.

    Raises:
        InvalidInput: ``authoring.variants_form``.
        Conflict: ``classroom.variants_changed``.
    """
    declared = _declared(master)
    course, seeds = room.person.course, Seeds(room.u.session)
    before = Actions(room.u.session).newest(ActionKind.RELEASED, course, assignment)
    if before is not None and before.detail.get("variants") != declared:
        kinds = (ActionKind.FETCHED, ActionKind.SUBMITTED)
        if any(Actions(room.u.session).newest(kind, course, assignment) for kind in kinds):
            raise Conflict("classroom.variants_changed")
    if declared is not None and seeds.find(course, assignment) is None:
        seeds.add(Seed(course, assignment, secrets.token_hex(SEED_BYTES)))
    return declared


def values_of(
    u: UnitOfWork, course: CourseName, assignment: AssignmentName, student: AccountName
) -> dict[str, Value]:
    """The values of a student in an assignment; for whoever may know them.

    This is what an exam calls too: it gives the same at each call, before and after the paper
    was handed out, and needs no copy of the student's.

    Args:
        u: the unit of work.
        course: which course.
        assignment: a released one; of one that is not, or has no variants, there are none.
        student: whose.

    Raises:
        IntegrityFailure: ``classroom.seed_lost``.
    """
    release = Actions(u.session).newest(ActionKind.RELEASED, course, assignment)
    return {} if release is None else values_by(u, release, student)


def values_by(u: UnitOfWork, release: Action, student: AccountName) -> dict[str, Value]:
    """The values of a student by one release.

    Args:
        u: the unit of work.
        release: of the assignment.
        student: whose.

    Raises:
        IntegrityFailure: ``classroom.seed_lost``.
    """
    declared = release.detail.get("variants")
    return _values(u, release.course, release.assignment, student, declared)


def with_values(u: UnitOfWork, submission: Action, master: Mapping[str, bytes]) -> dict[str, bytes]:
    """The teacher's version with the values of whoever handed in.

    Args:
        u: the unit of work.
        submission: what is graded.
        master: files of the teacher's version that it is graded by.

    Raises:
        IntegrityFailure: ``classroom.seed_lost``.
    """
    student = AccountName(str(submission.student))
    declared = _declared(master)
    return filled(master, _values(u, submission.course, submission.assignment, student, declared))


def _declared(master: Mapping[str, bytes]) -> dict[str, Any] | None:
    declared = (described(master.get(FILE)) or {}).get("variants")
    if declared is None:
        return None
    parameters_in(declared)
    return dict(declared)


def _values(
    u: UnitOfWork,
    course: CourseName,
    assignment: AssignmentName,
    student: AccountName,
    declared: object,
) -> dict[str, Value]:
    if declared is None:
        return {}
    seed = Seeds(u.session).find(course, assignment)
    if seed is None:  # refused rather than another variant than the student's
        raise IntegrityFailure("classroom.seed_lost", assignment=assignment)
    return values_for(parameters_in(declared), bytes.fromhex(seed.seed), student)
