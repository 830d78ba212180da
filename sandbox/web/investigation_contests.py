"""Contesting a score in the browser, and deciding it; both stand on the score's page."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.coursework import course_name
from sandbox.services import investigation_contests as contests
from sandbox.services.classroom_room import Room
from sandbox.web.courses import attempt, enter
from sandbox.web.investigation_marking import given_of
from sandbox.web.investigation_scores import PLACE, show_score
from sandbox.web.investigations import CASE
from sandbox.web.visit import Poster

router = APIRouter(include_in_schema=False)


@router.post(CASE + "/contest")
def contest(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Contest the own score."""
    name, words = course_name(course), visit.form.get("words", "")

    def work(room: Room) -> object:
        return contests.contest(room, investigation, case, words)

    return attempt(
        "contest",
        lambda: enter(visit, name, work, commit=True),
        lambda problem: show_score(visit, name, investigation, case, problem),
        lambda _: f"{PLACE}?said=contest_sent".format(
            course=name, investigation=investigation, case=case
        ),
    )


@router.post(CASE + "/contest/decision")
def decide(visit: Poster, course: str, investigation: str, case: str) -> Response:
    """Decide a contest of somebody else's signature."""
    name, form = course_name(course), visit.form
    given = given_of(visit) if form.get("decision") == "change" else None

    def work(room: Room) -> object:
        return contests.decide(
            room,
            visit.known,
            investigation,
            case,
            reasons=form.get("reasons", ""),
            given=given,
        )

    return attempt(
        "decide",
        lambda: enter(visit, name, work, commit=True),
        lambda problem: show_score(visit, name, investigation, case, problem),
        lambda _: f"{PLACE}?said=contest_decided".format(
            course=name, investigation=investigation, case=case
        ),
    )
