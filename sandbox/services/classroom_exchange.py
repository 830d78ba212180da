"""The exchange: release, fetch, hand in, look up. Every act is an action in the list.

Rules:

- Whose work it is, is whoever the edge identified; no argument can say otherwise.
- A teacher releases two bundles at once: what students get, and the master with the
  hidden tests. What students get is refused when it shows a solution or a hidden test.
- What students get is made in every language of the source's catalogues when it is
  released, and fetched in the language of the student's account at that moment; the
  bundle that somebody was given is noted by its hash.
- Where an assignment has variants, what a student is given has their values filled in, and is
  named by the hash of that (`sandbox.services.classroom_variants`).
- A corrected release says what was corrected. Who has a copy is told; what was handed in before
  is graded by the newest release like everything else (ADR 53).
- A work without one of the assignment's notebooks is refused, whoever sends it and whenever: it
  could not be graded, and as the newest work it would stand before an earlier one that can.
- Handing in the same files again as the last time is the same submission: one action,
  one receipt. Anything else is a new submission; earlier ones stay.
- Of an exam students get nothing before their own start, and hand in until their own end
  (``services.exam_gate``).
- Who hands in may say after which submission of their own: what was handed in since then
  and arrives once more is that submission, however late; other files are refused.
- Every submission is kept for ever, so a student has so many an hour in an assignment
  (`MOST_AN_HOUR`); a repeat is none of them. Files of work that is refused anyway are not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.classroom import Action, ActionKind, CourseRole, StoredBundle
from sandbox.domain.course_time import said
from sandbox.domain.coursework import (
    PAGES_OF_COURSE,
    AssignmentName,
    Bundle,
    BundleHash,
    Entry,
    absent_notebooks,
    notebooks_of,
)
from sandbox.domain.receipts import receipt_for
from sandbox.domain.release import QUIZ, check_release, without_authoring
from sandbox.domain.variants import filled
from sandbox.grading.authoring.languages import in_languages
from sandbox.grading.authoring.quizzes import quiz_of
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.locale import Language, language
from sandbox.services import classroom_variants, exam_gate
from sandbox.services.classroom_marking_rules import require_named
from sandbox.services.classroom_people import require_open, students_of
from sandbox.services.classroom_room import Room, act
from sandbox.store.classroom import Actions, Bundles
from sandbox.store.repositories import lock_name

UNTOLD: Final = frozenset({"master", "variants"})
"""What of a release's detail is not told with it: the master, and what others could have got."""
HOUR: Final = timedelta(hours=1)
MOST_AN_HOUR: Final = 60
"""Submissions of a student in an assignment: one a minute is more than anybody's work changes."""


@dataclass(frozen=True, slots=True)
class Released:
    """A release as people see it; of an exam that a student has not started, the titles alone.

    Attributes:
        files: manifest (path, sha256, size).
        master: hash of the teacher's version; empty for students.
        detail: titles, points, and the bundle of each language.
    """

    assignment: AssignmentName
    at: datetime
    bundle: BundleHash
    files: tuple[tuple[str, str, int], ...]
    master: str
    detail: Mapping[str, Any]

    @property
    def paths(self) -> tuple[str, ...]:
        """Of its files."""
        return tuple(path for path, _sha256, _size in self.files)

    @property
    def notebooks(self) -> tuple[str, ...]:
        """Names of its notebooks."""
        return notebooks_of(tuple(Entry(*entry) for entry in self.files))


def release(
    room: Room,
    assignment: AssignmentName,
    *,
    student_version: Bundle,
    master: Bundle,
    titles: Mapping[str, str],
    note: str = "",
) -> Released:
    """Release an assignment, or a corrected version of it.

    Args:
        room: of a teacher.
        assignment: its name.
        student_version: what students get.
        master: the same with solutions and hidden tests.
        titles: by language.
        note: what was corrected, for those who have a copy.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        InvalidInput: see `sandbox.domain.release.check_release`,
            `sandbox.grading.authoring.quizzes.quiz_of` and
            `sandbox.grading.authoring.languages.in_languages`; ``classroom.no_note`` when what
            students get is another version; ``coursework.page_name``.
        Conflict, InvalidInput: those of `sandbox.services.classroom_variants.declare`.
    """
    room.person.require_lead()
    if assignment in PAGES_OF_COURSE:
        raise InvalidInput("coursework.page_name", value=assignment)
    lock_name(room.u.session, f"release:{room.person.course}:{assignment}")
    student_version = Bundle.of(without_authoring(student_version.files))
    points = check_release(student_version, master)
    if QUIZ in master.files:
        quiz_of(master.files[QUIZ])
    languages = {
        lang: Bundle.of(files)
        for lang, files in in_languages(student_version.files, master.files).items()
    }
    for bundle in languages.values():
        check_release(bundle, master)
    declared = classroom_variants.declare(room, assignment, master.files)
    for bundle in (student_version, master, *languages.values()):
        Bundles(room.u.session).remember(room.blobs.put_bundle(bundle))
    newest = Actions(room.u.session).newest(ActionKind.RELEASED, room.person.course, assignment)
    detail = {
        "master": master.hash,
        "titles": dict(titles),
        "points": points,
        "languages": {lang: bundle.hash for lang, bundle in languages.items()},
        **({} if declared is None else {"variants": declared}),
    }
    if newest is None or newest.bundle != student_version.hash or newest.detail != detail:
        before = newest
        newest = act(
            room, ActionKind.RELEASED, assignment, bundle=student_version.hash, detail=detail
        )
        if before is not None:
            _correct(room, before, newest, note)
    return _released(room, newest)


def _correct(room: Room, before: Action, now: Action, note: str) -> None:
    """Note what was corrected, and for whom: students who fetched or handed in."""
    if copies(before) == copies(now) and not note.strip():
        return
    kinds = (ActionKind.FETCHED, ActionKind.SUBMITTED)
    have = {
        action.actor
        for kind in kinds
        for action in Actions(room.u.session).all_of(kind, now.course, now.assignment)
    }
    act(
        room,
        ActionKind.CORRECTED,
        now.assignment,
        bundle=now.bundle,
        detail={
            "note": said(note, empty="classroom.no_note"),
            "students": sorted(have.intersection(students_of(room.u, now.course, room.at))),
        },
    )


def correction(room: Room, assignment: AssignmentName) -> Action | None:
    """The newest correction of an assignment: when it came, and what was corrected.

    None also for a student who may not have the assignment yet: a note tells of its tasks.
    """
    if not exam_gate.may_have(room, assignment):
        return None
    return Actions(room.u.session).newest(ActionKind.CORRECTED, room.person.course, assignment)


def versions(room: Room, assignment: AssignmentName) -> tuple[dict[str, StoredBundle], ...]:
    """What the reader gets by each release, oldest first, by language; ``""``: the release itself.

    Raises:
        NotFound: ``classroom.not_released``.
        NotAllowed: those of `sandbox.services.exam_gate.require_started`.
    """
    every = _releases(room, assignment)
    exam_gate.require_started(room, assignment)
    return tuple(
        {lang: _stored(room, action, bundle) for lang, bundle in copies(action).items()}
        for action in every
    )


def kept_versions(room: Room, assignment: AssignmentName) -> tuple[dict[str, StoredBundle], ...]:
    """What was released, like `versions`, but as it is kept: with nobody's values in it.

    For services that judge work; what somebody is given comes by `versions`.

    Raises:
        NotFound: ``classroom.not_released``.
    """
    kept = Bundles(room.u.session)
    return tuple(
        {lang: kept.get(bundle) for lang, bundle in copies(action).items()}
        for action in _releases(room, assignment)
    )


def _releases(room: Room, assignment: AssignmentName) -> tuple[Action, ...]:
    found = Actions(room.u.session).all_of(ActionKind.RELEASED, room.person.course, assignment)
    if not found:
        raise NotFound("classroom.not_released", assignment=assignment)
    return found


def _stored(room: Room, release: Action, bundle: BundleHash) -> StoredBundle:
    """The manifest of what the reader gets by a release."""
    if "variants" not in release.detail:
        return Bundles(room.u.session).get(bundle)
    mine = Bundle.of(_copy(room, release, bundle))
    return StoredBundle(mine.hash, tuple((e.path, e.sha256, e.size) for e in mine.entries))


def _copy(room: Room, release: Action, bundle: BundleHash) -> dict[str, bytes]:
    """The files of a release with the reader's own values."""
    files = room.blobs.files_of(Bundles(room.u.session).get(bundle))
    return filled(files, classroom_variants.values_by(room.u, release, room.person.account))


def copies(release: Action) -> dict[str, BundleHash]:
    """What students get by a release: one bundle, and one for each language it was made in."""
    return {"": BundleHash(str(release.bundle)), **(release.detail.get("languages") or {})}


def given(room: Room, assignment: AssignmentName) -> list[BundleHash]:
    """The bundles that the reader gets by the newest release; none before an exam's own start.

    Raises:
        NotFound: ``classroom.not_released``.
    """
    action = Actions(room.u.session).newest(ActionKind.RELEASED, room.person.course, assignment)
    if action is None:
        raise NotFound("classroom.not_released", assignment=assignment)
    if not exam_gate.may_have(room, assignment):
        return []
    return sorted({_stored(room, action, bundle).hash for bundle in copies(action).values()})


def fetch_version(room: Room, assignment: AssignmentName, bundle: str) -> dict[str, bytes]:
    """What students got by some release; that somebody took the newest is noted.

    Raises:
        NotFound: ``classroom.not_released``: also when it was no release of this assignment.
        NotAllowed: those of `sandbox.services.exam_gate.require_started`.
    """
    every = _releases(room, assignment)
    for release in every[::-1]:
        for handed_out in sorted(set(copies(release).values())):
            if _stored(room, release, handed_out).hash == bundle:
                exam_gate.require_started(room, assignment)
                if release is every[-1]:
                    act(room, ActionKind.FETCHED, assignment, bundle=handed_out)
                return _copy(room, release, handed_out)
    raise NotFound("classroom.not_released", assignment=assignment)


def released(room: Room) -> tuple[Released, ...]:
    """The assignments of a course, each in its newest release."""
    newest = {
        action.assignment: action
        for action in Actions(room.u.session).all_of(ActionKind.RELEASED, room.person.course)
    }
    return tuple(_released(room, newest[name]) for name in sorted(newest))


def newest_release(room: Room, assignment: AssignmentName) -> Released:
    """The release that is in force.

    Raises:
        NotFound: ``classroom.not_released``.
    """
    action = Actions(room.u.session).newest(ActionKind.RELEASED, room.person.course, assignment)
    if action is None:
        raise NotFound("classroom.not_released", assignment=assignment)
    return _released(room, action)


def fetch(room: Room, assignment: AssignmentName) -> dict[str, bytes]:
    """The files that students get, in the reader's language; that it was fetched is noted.

    Raises:
        NotFound: ``classroom.not_released``.
        NotAllowed: those of `sandbox.services.exam_gate.require_started`.
    """
    account = room.u.accounts.find(room.person.account)
    lang = language("", account.language if account else None)
    files, found, bundle = given_now(room, assignment, lang)
    detail = {"language": str(lang)}
    if "variants" in found.detail:
        detail["copy"] = Bundle.of(files).hash
    act(room, ActionKind.FETCHED, assignment, bundle=bundle, detail=detail)
    return files


def given_now(
    room: Room, assignment: AssignmentName, lang: Language
) -> tuple[dict[str, bytes], Action, BundleHash]:
    """What the reader gets now in a language, with their own values; nothing is noted.

    Returns:
        The files, the release and the bundle they were made of.

    Raises:
        NotFound: ``classroom.not_released``.
        NotAllowed: those of `sandbox.services.exam_gate.require_started`.
    """
    found = _releases(room, assignment)[-1]
    exam_gate.require_started(room, assignment)
    languages = found.detail.get("languages") or {}
    bundle = BundleHash(str(languages.get(lang) or found.bundle))
    return _copy(room, found, bundle), found, bundle


def submit(
    room: Room, assignment: AssignmentName, files: Bundle, *, after: int | None = None
) -> dict[str, Any]:
    """Hand in; the same files as last time are the same submission.

    Args:
        room: of a student.
        assignment: which.
        files: checked.
        after: number of the newest submission that the student's side knew of, 0 for none;
            None: it does not say.

    Returns:
        The signed receipt.

    Raises:
        NotFound: ``classroom.not_released``.
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
        InvalidInput: ``classroom.notebooks_missing``: the earlier submission stays the newest.
        Conflict: ``classroom.overtaken``: other files were handed in since;
            ``classroom.too_often`` naming the time.
        NotAllowed, Conflict: those of `sandbox.services.exam_gate.require_in_time`.
    """
    person = room.person
    person.require(CourseRole.STUDENT)
    wanted = newest_release(room, assignment).paths
    lock_name(room.u.session, f"submit:{person.course}:{assignment}:{person.account}")
    mine = submissions(room, assignment)
    found = _same_submission(mine, files.hash, after)
    if found is None:
        require_open(room.u, person.course)
        exam_gate.require_in_time(room, assignment, files.hash)
        if absent := absent_notebooks(wanted, files.files):
            raise InvalidInput("classroom.notebooks_missing", **absent)
        _require_seldom(room, mine)
        Bundles(room.u.session).remember(room.blobs.put_bundle(files))
        found = act(
            room, ActionKind.SUBMITTED, assignment, student=person.account, bundle=files.hash
        )
    return receipt_for(found, files.entries, room.key)


def is_kept(room: Room, assignment: AssignmentName, content: BundleHash) -> bool:
    """Whether files may be made durable before they are handed in: not what is refused anyway.

    Args:
        room: of a student; nothing is written to the store.
        assignment: a released one.
        content: hash of the files.

    Raises:
        Conflict: ``classroom.too_often``.
    """
    mine = submissions(room, assignment)
    if any(each.bundle == content for each in mine):
        return True
    _require_seldom(room, mine)
    return exam_gate.takes_work(room, assignment)


def _require_seldom(room: Room, mine: tuple[Action, ...]) -> None:
    lately = [each.at for each in mine if each.at > room.at - HOUR]
    if len(lately) >= MOST_AN_HOUR:
        free = lately[-MOST_AN_HOUR] + HOUR
        raise Conflict("classroom.too_often", count=MOST_AN_HOUR, at=free.isoformat())


def _same_submission(
    mine: tuple[Action, ...], content: BundleHash, after: int | None
) -> Action | None:
    """The submission that this is a repeat of; None: it is a new one.

    Raises:
        Conflict: ``classroom.overtaken``.
    """
    if mine and mine[-1].bundle == content:
        return mine[-1]
    since = () if after is None else tuple(each for each in mine if each.number > after)
    repeated = [each for each in since if each.bundle == content]
    if since and not repeated:
        raise Conflict("classroom.overtaken", number=str(since[-1].number))
    return repeated[-1] if repeated else None


def receipt(room: Room, wanted: str) -> dict[str, Any]:
    """The receipt of a submission, once more; see `submission`."""
    action = submission(room, wanted)
    stored = Bundles(room.u.session).get(action.bundle)
    return receipt_for(action, tuple(Entry(*entry) for entry in stored.entries), room.key)


def submission(room: Room, wanted: str) -> Action:
    """A submission, for its student and for teachers of the course.

    Raises:
        NotFound: ``classroom.no_submission``: also for those it is not for.
    """
    action = Actions(room.u.session).by_id(wanted)
    person = room.person
    known = (
        action is not None
        and action.kind is ActionKind.SUBMITTED
        and action.course == person.course
        and (person.role is CourseRole.TEACHER or action.student == person.account)
    )
    if action is None or not known:
        raise NotFound("classroom.no_submission", id=wanted[:64])
    return action


def submissions(room: Room, assignment: AssignmentName | None = None) -> tuple[Action, ...]:
    """All submissions that somebody may see, oldest first: students see their own."""
    person = room.person
    student = None if person.role is CourseRole.TEACHER else person.account
    return Actions(room.u.session).all_of(ActionKind.SUBMITTED, person.course, assignment, student)


def newest_per_student(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    """Each student's last submission of each assignment."""
    newest = {(action.assignment, action.student): action for action in actions}
    return tuple(newest.values())


def files_of(room: Room, action: Action) -> dict[str, bytes]:
    """The files of a submission."""
    return room.blobs.files_of(Bundles(room.u.session).get(action.bundle))


def collect(room: Room, wanted: str) -> dict[str, bytes]:
    """A teacher takes the files of a submission; that is noted.

    Raises:
        NotAllowed: ``classroom.wrong_role``; ``marking.anonymous``: formgrader shows names.
        NotFound: ``classroom.no_submission``.
    """
    room.person.require(CourseRole.TEACHER)
    action = submission(room, wanted)
    require_named(room, action)
    act(
        room,
        ActionKind.COLLECTED,
        action.assignment,
        student=action.student,
        bundle=action.bundle,
        detail={"submission": action.id},
    )
    return files_of(room, action)


def _released(room: Room, action: Action) -> Released:
    if not exam_gate.may_have(room, action.assignment):
        titles = {"titles": action.detail.get("titles") or {}}
        return Released(action.assignment, action.at, BundleHash(""), (), "", titles)
    stored = Bundles(room.u.session).get(action.bundle)
    teacher = room.person.role is CourseRole.TEACHER
    return Released(
        assignment=action.assignment,
        at=action.at,
        bundle=stored.hash,
        files=stored.entries,
        master=str(action.detail["master"]) if teacher else "",
        detail={name: value for name, value in action.detail.items() if name not in UNTOLD},
    )
