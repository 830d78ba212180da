"""Scores of investigations in the browser: who has what, one score, signing it.

Rules: a trainee reads the own score alone; a teacher who leads signs exactly what the page shows,
and proves just then who they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.classroom import CourseRole
from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.investigation_scores import MOST_WORDS, Stage, check_contest
from sandbox.forensics.scoring import part_title, so_far, steps
from sandbox.forensics.scoring.marks import rounded
from sandbox.forensics.scoring.words import CODES
from sandbox.kit.errors import Conflict, SynakError
from sandbox.locale import wording
from sandbox.services import investigation_scores as scores
from sandbox.services import investigation_signing as signing
from sandbox.services import investigations
from sandbox.services.classroom_people import by_name
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_results import result_of
from sandbox.services.investigation_scores import Score
from sandbox.web import investigation_score_words as named
from sandbox.web.courses import attempt, enter
from sandbox.web.investigation_marking import steps_shown
from sandbox.web.investigation_words import said
from sandbox.web.investigations import CASE, ONE, about
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
PLACE: Final = CASE + "/score"


@router.get(ONE + "/scores")
def register(visit: Reader, course: str, investigation: str) -> HTMLResponse:
    """Whose answers are marked, signed, contested, for teachers."""

    def work(room: Room) -> dict[str, Any]:
        found = sorted(
            scores.all_scores(room, investigation),
            key=lambda each: (each.case.trainee, each.case.attempt),
        )
        waits = [each for each in found if each.stage is Stage.TO_SIGN or each.contested]
        people = {each.case.trainee for each in found}
        return {
            **about(visit, room, investigations.one(room, investigation)),
            "results": {
                name: result_of([e for e in found if e.case.trainee == name], visit.at)
                for name in by_name(room.u, people)
            },
            "leads": room.person.leads,
            "rows": [(each, brief(visit, each, teaches=True)) for each in found],
            "signed": sum(each.stage is Stage.SIGNED for each in found),
            "following": waits[0].case.id if waits else "",
        }

    return page(
        visit,
        "investigation_scores.html",
        stages=said(named.STAGES, visit.lang),
        **enter(visit, course_name(course), work),
    )


@router.get(PLACE)
def show(visit: Reader, course: str, investigation: str, case: str) -> HTMLResponse:
    """One score: for its trainee, or for teachers with what would be signed."""
    return show_score(visit, course_name(course), investigation, case)


@router.post(PLACE)
def sign(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Sign what was shown."""
    name, form = course_name(course), visit.form

    def work(room: Room) -> object:
        seen, reason = form.get("seen", ""), form.get("reason", "")
        return signing.sign(room, visit.known, investigation, case, seen=seen, reason=reason)

    return attempt(
        "sign",
        lambda: enter(visit, name, work, commit=True),
        lambda problem: show_score(visit, name, investigation, case, problem),
        lambda _: f"{PLACE}?said=score_signed".format(
            course=name, investigation=investigation, case=case
        ),
    )


def show_score(
    visit: Visit,
    course: CourseName,
    investigation: str,
    case: str,
    problem: Problem | None = None,
) -> HTMLResponse:
    """The page of a score.

    Args:
        visit: who reads.
        course: which.
        investigation: of the course.
        case: whose score.
        problem: what went wrong with a form of it.
    """

    def work(room: Room) -> dict[str, Any]:
        teaches = room.person.role is CourseRole.TEACHER
        read = scores.score_of if teaches else scores.own_score
        score = read(room, investigation, case)
        return {
            **about(visit, room, score.investigation),
            **_signing(score, leads=room.person.leads),
            "score": score,
            "brief": brief(visit, score, teaches=teaches),
            "parts": parts_shown(visit, score, teaches=teaches),
            "marking": steps_shown(visit, score) if teaches else [],
            "teaches": teaches,
            "leads": room.person.leads,
            "signers": {each.by for each in score.versions},
            "may_contest": not teaches and _may_contest(score, room),
            "reader": room.person.account,
        }

    values = enter(visit, course, work)
    return page(
        visit,
        "investigation_score.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        most=MOST_WORDS,
        stages=said(named.STAGES, visit.lang),
        contest_names=said(named.CONTESTS, visit.lang),
        levels=said(named.LEVELS, visit.lang),
        **values,
    )


def brief(visit: Visit, score: Score, *, teaches: bool) -> dict[str, Any]:
    """A score in a line: what is signed, or what there is so far that the reader may know."""
    newest = score.signature
    marks = None if newest else score.marks if teaches else score.machine
    line: dict[str, Any] = {
        "points": None,
        "of": None,
        "waits": "",
        "passed": None,
        "signed": newest,
        "expired": newest is not None and not newest.in_force(visit.at),
    }
    if newest is not None:
        kept = newest.content["marks"]
        return line | {name: kept[name] for name in ("points", "of", "passed")}
    if marks is None:
        return line
    found = so_far(marks)
    points = {"points": rounded(found.points), "of": rounded(found.of)}
    return line | points | {"waits": rounded(found.waits) if found.waits else ""}


def parts_shown(visit: Visit, score: Score, *, teaches: bool) -> list[dict[str, Any]]:
    """The parts of what is signed; before that, of what the reader may know of it."""
    newest = score.signature
    marks = None if newest else score.marks if teaches else score.machine
    kept: Mapping[str, Any] = (
        newest.content["marks"] if newest else marks.as_data() if marks else {"parts": ()}
    )
    levels = newest.content["levels"] if newest else {}
    if teaches and not newest and score.opinion:
        levels = score.opinion.levels
    return [
        {
            **each,
            "title": part_title(each["part"], visit.lang),
            "waits": each["by"] != "machine" and not each["confirmed"],
            "said": [
                wording(CODES + code, dict(numbers), visit.lang)
                for code, numbers in each["findings"]
            ],
            "steps": [
                (steps.step_title(each["part"], step, visit.lang), str(level))
                for step in steps.STEPS.get(each["part"], ())
                if (level := levels.get(each["part"], {}).get(step)) is not None
            ],
        }
        for each in kept["parts"]
    ]


def _may_contest(score: Score, room: Room) -> bool:
    try:
        check_contest(score.signature, score.contests, room.at)
    except Conflict:
        return False
    return True


def _signing(score: Score, *, leads: bool) -> dict[str, Any]:
    """What a teacher who leads could sign now, and why not."""
    nothing = {"draft": None, "seen": "", "why_not": None}
    if not leads or (score.versions and not signing.differs(score)):
        return nothing
    if score.contested:
        return {**nothing, "why_not": Problem(Conflict("score.contest_open"), "why")}
    try:
        draft = signing.draft(score)
    except SynakError as error:
        return {**nothing, "why_not": Problem(error, "why")}
    return {"draft": draft, "seen": signing.seen_of(draft), "why_not": None}
