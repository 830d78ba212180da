"""What a trainee has in an investigation: the median of what is signed, in the course's marks.

Rules:

1. The median of the attempts that count: signed, not reset, not expired, by the newest version of
   the rubric that any of them has.
2. For the course's sheets an investigation is an assignment of its own name (``case-…``). While an
   answer that was handed in is not signed, or a signed one is contested, it waits and holds a sheet
   up: nobody signs the good attempts alone.
3. With each signature the result goes into the list of actions, as released feedback does, and from
   there to learning platforms and into the trainee's proofs of marks. Points have two places there;
   sheets reckon with the exact ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Final

from sandbox.domain.classroom import ActionKind
from sandbox.domain.coursework import AssignmentName
from sandbox.domain.investigation_scores import PREFIX
from sandbox.domain.investigations import CaseFile, Investigation
from sandbox.domain.mark_scales import hundredths, share
from sandbox.domain.mark_sheets import Counting, Part
from sandbox.forensics.scoring import median, read_marks
from sandbox.kit.ids import AccountName
from sandbox.services import investigations, passback
from sandbox.services.classroom_room import Room, act
from sandbox.services.investigation_places import people_of
from sandbox.services.investigation_scores import Score, scores_of
from sandbox.store.investigation_tables import CaseFiles, Investigations

MOST: Final = 100
LANGUAGES: Final = ("ky", "ru", "en")
Moments = Mapping[AccountName, datetime]


@dataclass(frozen=True)
class Result:
    """What a trainee has.

    Attributes:
        points: of a hundred, exact; None: nothing counts.
        counts: how many attempts it is the median of.
        waits: attempts that were handed in and are not signed, or contested.
        expired: attempts that counted once.
    """

    points: Fraction | None
    counts: int
    waits: int
    expired: int

    @property
    def shown(self) -> str:
        """Points to two places; empty: nothing counts."""
        return "" if self.points is None else hundredths(self.points)


def assignment_of(found: Investigation) -> AssignmentName:
    """What an investigation is called among the course's assignments."""
    return AssignmentName(f"{PREFIX}{found.id}")


def named(room: Room) -> Mapping[AssignmentName, Mapping[str, str]]:
    """The investigations of a course as columns of its sheets, the oldest first, with titles.

    A further one of the same lab has its number beside the lab's.
    """
    titles: dict[AssignmentName, Mapping[str, str]] = {}
    seen: dict[str, int] = {}
    for each in reversed(investigations.all_of(room)):
        seen[each.lab] = number = seen.get(each.lab, 0) + 1
        title = each.lab if number == 1 else f"{each.lab} ({number})"
        titles[assignment_of(each)] = dict.fromkeys(LANGUAGES, title)
    return titles


def found_as(room: Room, assignment: AssignmentName) -> Investigation | None:
    """The investigation of the course that is called so, if there is one."""
    if not assignment.startswith(PREFIX):
        return None
    found = Investigations(room.u.session).find(assignment.removeprefix(PREFIX))
    return found if found is not None and found.course == room.person.course else None


def result_of(scores: Iterable[Score], at: datetime) -> Result:
    """The result of a trainee's scores.

    Args:
        scores: of their cases in one investigation.
        at: now.
    """
    sent = [each for each in scores if each.answer is not None and each.case.reset_at is None]
    kept = [each.signature.content for each in sent if each.signature and each.counts(at)]
    newest = max((each["rubric"] for each in kept), default=0)
    marks = [read_marks(each["marks"]) for each in kept if each["rubric"] == newest]
    return Result(
        points=median(marks) if marks else None,
        counts=len(marks),
        waits=sum(not each.versions or each.contested for each in sent),
        expired=sum(bool(each.versions) and not each.counts(at) for each in sent),
    )


def records(
    room: Room,
    found: Investigation,
    students: Iterable[AccountName],
    *,
    after: Moments,
    until: Moments,
) -> dict[AccountName, tuple[Fraction, Part]]:
    """What some students have for a mark sheet: hundredths, and the part of their line.

    Args:
        room: of a teacher.
        found: the investigation.
        students: of the course.
        after: only what a student handed in later than this.
        until: only what a student handed in by then.
    """
    names = set(students)
    cases = CaseFiles(room.u.session).of(found.id)
    by_name: dict[AccountName, list[Score]] = {name: [] for name in names}
    for each in scores_of(room, found, cases):
        for name in names.intersection(people_of(room, each.case)):
            if _within(each, name, after, until):
                by_name[name].append(each)
    return {name: _record(room, found, scores) for name, scores in by_name.items()}


def hold(room: Room, found: Investigation) -> None:
    """To be taken before anything of a signature is entered (``passback.hold``)."""
    passback.hold(room.u, room.person.course, assignment_of(found))


def enter_results(room: Room, found: Investigation, case: CaseFile) -> None:
    """Enter the results of everybody whose case it is; the same again changes nothing.

    Args:
        room: of who signed; ``hold`` was taken.
        found: the investigation.
        case: that was signed.
    """
    for name in people_of(room, case):
        _enter(room, found, name)


def _enter(room: Room, found: Investigation, trainee: AccountName) -> None:
    every = CaseFiles(room.u.session).of(found.id)
    scores = scores_of(room, found, (e for e in every if trainee in people_of(room, e)))
    result = result_of(scores, room.at)
    if result.points is None:
        return
    last = next(each.case.id for each in reversed(scores) if each.counts(room.at))
    act(
        room,
        ActionKind.FEEDBACK_RELEASED,
        assignment_of(found),
        student=trainee,
        detail={"submission": last, "score": float(result.shown), "points": float(MOST)},
    )
    passback.queue(
        room.u,
        room.person.course,
        assignment=assignment_of(found),
        students=[trainee],
        at=room.at,
    )


def _within(score: Score, name: AccountName, after: Moments, until: Moments) -> bool:
    at = score.case.handed_in_at
    if at is None:
        return False
    return (name not in after or at > after[name]) and (name not in until or at <= until[name])


def _record(room: Room, found: Investigation, scores: list[Score]) -> tuple[Fraction, Part]:
    result, nothing = result_of(scores, room.at), Fraction(0)
    part = Part(assignment_of(found), hundredths(nothing), Counting.ABSENT)
    if result.waits:
        return nothing, replace(part, counting=Counting.WAITING)
    if result.points is None:
        expired = Counting.EXPIRED if result.expired else Counting.ABSENT
        return nothing, replace(part, counting=expired)
    got = share(result.points, Fraction(MOST))
    return got, replace(part, points=hundredths(got), counting=Counting.COUNTED)
