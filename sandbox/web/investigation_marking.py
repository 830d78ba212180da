"""Marking answers of investigations in the browser: what waits, and one answer at a time.

Rules: for who teaches the course; codes instead of names; works without a script and by keyboard:
each step is one group of choices, saving leads to the next answer that waits.
"""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.investigation_scores import MOST_WORDS, Opinion
from sandbox.forensics.scoring import Mark, part_title, steps
from sandbox.forensics.scoring.marks import rounded
from sandbox.forensics.scoring.words import CODES
from sandbox.kit.digits import is_digits
from sandbox.locale import wording
from sandbox.services import investigation_marking as marking
from sandbox.services import investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_marking import Given, Pile
from sandbox.services.investigation_scores import Score
from sandbox.web import investigation_score_words as named
from sandbox.web import investigation_words
from sandbox.web.courses import SHOWN, enter
from sandbox.web.investigation_case import amount
from sandbox.web.investigation_report import as_shown
from sandbox.web.investigation_words import said
from sandbox.web.investigations import ONE, about
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
BASE: Final = ONE + "/marking"
ROWS: Final = 100
"""Rows of a hop ledger beside the report."""


@router.get(BASE)
def register(visit: Reader, course: str, investigation: str) -> HTMLResponse:
    """What is to be marked, and how far it is."""

    def work(room: Room) -> dict[str, Any]:
        found = marking.pile(room, investigation)
        following = found.next_open(room.person.account)
        return {
            **about(visit, room, investigations.one(room, investigation)),
            "pile": found,
            "following": following.code if following else "",
            "stages": said(named.STAGES, visit.lang),
        }

    return page(visit, "investigation_marking.html", **enter(visit, course_name(course), work))


@router.get(BASE + "/{code}")
def show(visit: Reader, course: str, investigation: str, code: str) -> HTMLResponse:
    """One answer with the steps beside it."""
    return _show(visit, course_name(course), investigation, code)


@router.post(BASE + "/{code}")
def give(visit: Poster, course: str, investigation: str, code: str) -> Response:
    """Keep the marks and go on to the next answer."""
    name, form = course_name(course), visit.form

    def work(room: Room) -> str:
        marking.give(room, investigation, code, given_of(visit))
        following = marking.pile(room, investigation).next_open(room.person.account, code)
        stays = form.get("then") != "next"
        return f"/{code}" if stays else f"/{following.code}" if following else ""

    try:
        end = enter(visit, name, work, commit=True)
    except SHOWN as error:
        return _show(visit, name, investigation, code, Problem(error, "mark"))
    place = BASE.format(course=name, investigation=investigation)
    return RedirectResponse(f"{place}{end}?said=answer_marked", 303)


def given_of(visit: Visit) -> Given:
    """What a form of steps gives; a step without a choice is refused by the service."""
    form = visit.form
    levels = {
        part: {
            each: int(typed)
            for each in names
            if is_digits(typed := form.get(f"step.{part}.{each}", "")) and len(typed) == 1
        }
        for part, names in steps.STEPS.items()
    }
    seen = form.get("seen", "")
    return Given(
        levels=levels,
        as_is=frozenset(each for each in levels if form.get(f"as_is.{each}") == "yes"),
        comment=form.get("comment", ""),
        asks=form.get("asks", ""),
        seen=int(seen) if is_digits(seen) and len(seen) < 6 else -1,
    )


def steps_shown(visit: Visit, score: Score) -> list[dict[str, Any]]:
    """A person's parts with their steps, and what was chosen last."""
    newest = score.opinion
    return [_part(visit, each, newest) for each in marking.parts_of(score)]


def _part(visit: Visit, mark: Mark, newest: Opinion | None) -> dict[str, Any]:
    chosen = newest.levels.get(mark.part, {}) if newest else {}
    return {
        "part": mark.part,
        "title": part_title(mark.part, visit.lang),
        "of": rounded(mark.of),
        "checklist": None if mark.share is None else rounded(mark.points),
        "as_is": newest is not None and not chosen,
        "findings": [
            wording(CODES + code, dict(numbers), visit.lang) for code, numbers in mark.findings
        ],
        "steps": [
            {
                "name": each,
                "title": steps.step_title(mark.part, each, visit.lang),
                "chosen": str(chosen.get(each, "")),
            }
            for each in steps.STEPS[mark.part]
        ],
    }


def _show(
    visit: Visit,
    course: CourseName,
    investigation: str,
    code: str,
    problem: Problem | None = None,
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        pile = marking.pile(room, investigation)
        score = pile.at(code)
        answer = score.answer
        shown = answer.answer if answer else {}
        return {
            **about(visit, room, investigations.one(room, investigation)),
            **_ways(pile, score),
            **as_shown(visit, shown),
            "score": score,
            "answer": shown,
            "hops": shown["hops"][:ROWS],
            "parts": steps_shown(visit, score),
            "own": score.opinion is not None and score.opinion.author == room.person.account,
        }

    values = enter(visit, course, work)
    return page(
        visit,
        "investigation_marking_one.html",
        status=problem.error.status if problem else 200,
        problem=problem,
        most=MOST_WORDS,
        levels=said(named.LEVELS, visit.lang),
        stages=said(named.STAGES, visit.lang),
        policies=said(investigation_words.POLICIES, visit.lang),
        amount=lambda ledger, value: amount(visit, ledger, value),
        **values,
    )


def _ways(pile: Pile, score: Score) -> dict[str, Any]:
    """To the answers before and after."""
    codes = [each.code for each in pile.scores]
    here = codes.index(score.code)
    return {
        "pile": pile,
        "number_here": here + 1,
        "before": codes[here - 1] if here else "",
        "after": codes[here + 1] if here + 1 < len(codes) else "",
    }
