"""How a course is marked: looked at, tried on the marks there are, set by its teachers.

Rules: each change is another version and stays; the same again changes nothing; sheets that were
signed keep the version they were signed by.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.mark_scales import (
    MOST,
    USUAL_BANDS,
    Module,
    Scale,
    band_of,
    check_scale,
    mean,
    rounded,
)
from sandbox.kit.errors import NotFound
from sandbox.services import investigation_results
from sandbox.services.classroom_exchange import released
from sandbox.services.classroom_people import students_of
from sandbox.services.classroom_room import Room
from sandbox.services.mark_records import records_of
from sandbox.store.classroom import Courses
from sandbox.store.mark_sheet_tables import Scales
from sandbox.store.repositories import lock_name

FIRST_NAMES = {"ky": "1-модуль", "ru": "Модуль 1", "en": "Module 1"}


def scale_of(room: Room) -> Scale:
    """How a course is marked, for its teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``scale.not_found``.
    """
    room.person.require(CourseRole.TEACHER)
    found = Scales(room.u.session).newest(room.person.course)
    if found is None:
        raise NotFound("scale.not_found", id=room.person.course)
    return found


def offered(room: Room) -> Scale:
    """What the form begins with: what is in force, else the university's newest with one module.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
    """
    room.person.require_lead()
    scales, course = Scales(room.u.session), Courses(room.u.session).get(room.person.course)
    own = scales.newest(course.name)
    if own is not None:
        return own
    names = tuple(each.assignment for each in released(room))
    fresh = Scale(
        course=course.name,
        version=0,
        bands=USUAL_BANDS,
        modules=(Module("1", MOST, FIRST_NAMES, names),),
        resits=1,
        resit_most=MOST,
        department={"ky": "", "ru": ""},
        hours=0,
        set_by=room.person.account,
        set_at=room.at,
    )
    other = scales.newest_of_university(course.org) if course.org else None
    if other is None:
        return fresh
    return replace(
        fresh, bands=other.bands, resits=other.resits, resit_most=other.resit_most,
        department=other.department,
    )  # fmt: skip


def set_scale(room: Room, wanted: Scale) -> Scale:
    """Set how a course is marked; version, author and moment of ``wanted`` are ours.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        InvalidInput: those of ``domain.mark_scales.check_scale``.
    """
    room.person.require_lead()
    lock_name(room.u.session, f"scale:{room.person.course}")
    scales = Scales(room.u.session)
    before = scales.newest(room.person.course)
    fresh = replace(
        _checked(room, wanted),
        version=before.version + 1 if before else 1,
        set_by=room.person.account,
        set_at=room.at,
    )
    if before is not None and before == replace(
        fresh, version=before.version, set_by=before.set_by, set_at=before.set_at
    ):
        return before
    scales.add(fresh)
    room.u.audit.append(
        kind="course.scale_set",
        actor=fresh.set_by,
        subject=f"course/{fresh.course}",
        data={
            "version": fresh.version,
            "bands": [
                [each.letter, each.least, each.most, each.passes, each.gpa] for each in fresh.bands
            ],
            "modules": [[each.key, each.weight, *each.assignments] for each in fresh.modules],
            "resits": fresh.resits,
            "resit_most": fresh.resit_most,
        },
        at=room.at,
    )
    return fresh


def tried(room: Room, wanted: Scale) -> Mapping[str, Mapping[str, int]]:
    """How many students of the course would get which letter, by module; nothing is changed.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        InvalidInput: those of ``domain.mark_scales.check_scale``.
        Conflict: ``sheet.no_points``.
    """
    room.person.require_lead()
    scale = _checked(room, wanted)
    students = students_of(room.u, room.person.course, room.at)
    found = {}
    for module in scale.modules:
        if not module.assignments:
            continue
        records = [records_of(room, AssignmentName(n), students) for n in module.assignments]
        points = (rounded(mean(each[student].share for each in records)) for student in students)
        found[module.key] = Counter(band_of(scale.bands, each).letter for each in points)
    return found


def _checked(room: Room, wanted: Scale) -> Scale:
    known = [*(each.assignment for each in released(room)), *investigation_results.named(room)]
    return check_scale(replace(wanted, course=room.person.course), known)
