"""Acts in the trainer's room of an investigation, and the messages as a trainee reads them.

The page of a case asks for its news by itself; where nothing changed the answer has no content, so
that nobody is read the same message twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.coursework import course_name
from sandbox.domain.investigation_messages import LONGEST_WAIT
from sandbox.kit.dates import read_moment
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.locale.forms import ZONE
from sandbox.services import investigation_messages, investigation_pauses, investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_messages import Wish
from sandbox.web.courses import attempt, enter
from sandbox.web.investigation_case import look
from sandbox.web.investigation_room_page import news_of
from sandbox.web.investigations import CASE, ONE, show_one
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)


@router.post(ONE + "/pause")
def pause(visit: Poster, course: str, investigation: str) -> Response:
    """Pause it for all."""
    reason, extends = visit.form.get("reason", ""), visit.form.get("extends") == "yes"

    def work(room: Room) -> object:
        return investigation_pauses.pause(room, investigation, reason=reason, extends=extends)

    return act(visit, course, investigation, "pause", work, "investigation_paused")


@router.post(ONE + "/resume")
def resume(visit: Poster, course: str, investigation: str) -> Response:
    """Go on."""
    return act(
        *(visit, course, investigation, "pause"),
        lambda room: investigation_pauses.resume(room, investigation),
        "investigation_resumed",
    )


@router.post(ONE + "/messages")
def send(visit: Poster, course: str, investigation: str) -> Response:
    """Send a message."""
    form = visit.form

    def work(room: Room) -> object:
        at, after = _when(visit)
        who, prepared, words = (form.get(name, "") for name in ("trainee", "prepared", "words"))
        wish = Wish(who, prepared, words, at, after)
        return investigation_messages.send(room, investigation, wish)

    return act(visit, course, investigation, "message", work, "case_message_sent")


@router.post(ONE + "/messages/{message}/withdraw")
def withdraw(visit: Poster, course: str, investigation: str, message: str) -> Response:
    """Take a message back."""
    return act(
        *(visit, course, investigation, "withdraw"),
        lambda room: investigation_messages.withdraw(room, investigation, message),
        "case_message_withdrawn",
    )


@router.get(CASE + "/messages")
def messages(visit: Reader, course: str, investigation: str, case: str) -> Response:
    """The messages of a case; without content where the asker has what there is."""

    def mark(room: Room) -> str:
        held = investigations.held(room, investigation, case)
        return str(news_of(visit, room, held)["mark"])

    seen = visit.request.query_params.get("seen", "")
    if seen and enter(visit, course_name(course), mark) == seen:
        return Response(status_code=204)
    where = (course, investigation, case)
    return look(visit, where, "investigation_messages.html", lambda _: {})


def act(
    visit: Visit,
    course: str,
    investigation: str,
    form: str,
    work: Callable[[Room], object],
    said: str,
) -> Response:
    """Do what a form of the room asks for; a problem stands in the room again."""
    name = course_name(course)
    return attempt(
        form,
        lambda: enter(visit, name, work, commit=True),
        lambda problem: show_one(visit, name, investigation, problem),
        lambda _: f"{ONE}?said={said}".format(course=name, investigation=investigation),
    )


def _when(visit: Visit) -> tuple[datetime | None, int | None]:
    """When a message is to appear, as the form says it."""
    form = visit.form
    if form.get("when") == "at":
        return read_moment(form.get("moment", ""), ZONE), None
    if form.get("when") != "after":
        return None, None
    minutes = form.get("minutes", "").strip()
    if not is_digits(minutes) or len(minutes) > len(str(LONGEST_WAIT)):
        raise InvalidInput("investigation.message_time", most=LONGEST_WAIT)
    return None, int(minutes)
