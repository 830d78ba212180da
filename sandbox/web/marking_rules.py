"""How free answers are marked: the form of it, lifting anonymity, deciding between two markers."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from sandbox.domain.coursework import AssignmentName
from sandbox.domain.marking import Agreed, MarkingRules, Second
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.services import classroom_marking_rules, classroom_questions
from sandbox.services.classroom_room import Room
from sandbox.web.course_assignment import as_teacher
from sandbox.web.course_marking import BASE, questions_page, typed_points
from sandbox.web.courses import act_in
from sandbox.web.visit import Poster, Visit

router = APIRouter(include_in_schema=False)
SET, LIFTED = f"{BASE}?said=marking_set", f"{BASE}?said=names_shown"
NUMBERS: Final = ("percent", "border", "near")


@router.post(BASE + "/rules")
def set_rules(visit: Poster, course: str, assignment: str) -> Response:
    """Say how the free answers are marked."""

    def work(room: Room, wanted: AssignmentName) -> None:
        asked = classroom_questions.questions(room, wanted, visit.lang)
        places = [each.place for each in asked]
        classroom_marking_rules.set_rules(room, wanted, _rules(visit), places)

    return act_in(
        visit, (course, assignment), "rules", as_teacher(work), again=questions_page, then=SET
    )


@router.post(BASE + "/names")
def lift(visit: Poster, course: str, assignment: str) -> Response:
    """Show names from now on."""

    def work(room: Room, wanted: AssignmentName) -> None:
        classroom_marking_rules.lift(room, wanted, visit.form.get("reason", ""))

    return act_in(
        visit, (course, assignment), "names", as_teacher(work), again=questions_page, then=LIFTED
    )


def _rules(visit: Visit) -> MarkingRules:
    """The rules in the form.

    Raises:
        InvalidInput: ``marking.rules``, naming the field.
    """
    form = visit.form
    second, agreed = form.get("second", ""), form.get("agreed", "")
    if second not in set(Second) or agreed not in set(Agreed):
        raise InvalidInput("marking.rules", field="second")
    numbers: dict[str, Any] = {name: form.get(name, "").strip() for name in NUMBERS}
    for name, text in numbers.items():
        if not is_digits(text) or len(text) > len("100"):
            raise InvalidInput("marking.rules", field=name)
        numbers[name] = int(text)
    tolerance = typed_points(form.get("tolerance", ""))
    if tolerance is None:
        raise InvalidInput("marking.rules", field="tolerance")
    return MarkingRules(
        anonymous=form.get("anonymous") == "yes",
        second=Second(second),
        agreed=Agreed(agreed),
        tolerance=tolerance,
        **numbers,
    )
