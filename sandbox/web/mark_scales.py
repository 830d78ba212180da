"""The page on which a course's teachers say how it is marked: tried first, then set."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.domain.coursework import CourseName, course_name
from sandbox.domain.mark_scales import (
    LONGEST,
    MOST_BANDS,
    MOST_MODULES,
    SPOKEN,
    Band,
    Module,
    Scale,
)
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.locale import Language, forms
from sandbox.services import classroom_exchange, investigation_results, mark_scales
from sandbox.services.classroom_room import Room
from sandbox.web.courses import enter, title_in
from sandbox.web.pages import Problem, page
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
SHOWN: Final = (InvalidInput, Conflict)
LARGEST: Final = 9999
"""A number of a form that is larger is read as this, and refused by what it is for."""


@router.get("/desk/courses/{course}/scale")
def show(visit: Reader, course: str) -> Response:
    """How a course is marked."""
    return _page(visit, course_name(course))


@router.post("/desk/courses/{course}/scale")
def change(visit: Poster, course: str) -> Response:
    """Try what is typed on the marks there are, or set it."""
    name, tries = course_name(course), visit.form.get("do") != "set"

    def work(room: Room) -> Any:
        wanted = _typed(room, visit.form)
        return mark_scales.tried(room, wanted) if tries else mark_scales.set_scale(room, wanted)

    try:
        done = enter(visit, name, work, commit=not tries)
    except SHOWN as error:
        return _page(visit, name, Problem(error, "scale"))
    if tries:
        return _page(visit, name, tried=done)
    return RedirectResponse(f"/desk/courses/{name}/scale?said=scale_set", 303)


def _page(
    visit: Visit,
    course: CourseName,
    problem: Problem | None = None,
    tried: Mapping[str, Mapping[str, int]] | None = None,
) -> HTMLResponse:
    def work(room: Room) -> dict[str, Any]:
        found = mark_scales.offered(room)
        titles = {
            each.assignment: title_in(visit, each) for each in classroom_exchange.released(room)
        }
        for name, title in investigation_results.named(room).items():
            titles[name] = title[visit.lang]
        return {"scale": found, "assignments": titles, "values": _values(found, visit.lang)}

    return page(
        visit,
        "mark_scale.html",
        status=problem.error.status if problem else 200,
        course=course,
        problem=problem,
        tried=tried,
        most_bands=MOST_BANDS,
        most_modules=MOST_MODULES,
        longest=LONGEST,
        **enter(visit, course, work),
    )


def _values(scale: Scale, lang: Language) -> dict[str, str]:
    """What the form's fields begin with, by name."""
    found = {
        "resits": str(scale.resits),
        "resit_most": str(scale.resit_most),
        "hours": str(scale.hours),
        **{f"department.{lang}": text for lang, text in scale.department.items()},
    }
    for place, band in enumerate(scale.bands):
        own = {
            "least": str(band.least),
            "most": str(band.most),
            "letter": band.letter,
            "gpa": forms.decimal(Decimal(band.gpa), lang),
            "passes": "yes" if band.passes else "no",
            **band.words,
        }
        found |= {f"band.{place}.{key}": value for key, value in own.items()}
    for module in scale.modules:
        named = {"weight": str(module.weight), **module.names}
        found |= {f"module.{module.key}.{key}": value for key, value in named.items()}
        found |= {f"in.{name}": module.key for name in module.assignments}
    return found


def _typed(room: Room, form: Mapping[str, str]) -> Scale:
    """The scale of a form; a band or module of which nothing is typed is none."""
    names = [each.assignment for each in classroom_exchange.released(room)]
    bands = [
        Band(
            least=_whole(form, f"band.{n}.least"),
            most=_whole(form, f"band.{n}.most"),
            letter=form.get(f"band.{n}.letter", "").strip().upper(),
            gpa=form.get(f"band.{n}.gpa", "").strip().replace(",", "."),
            passes=form.get(f"band.{n}.passes") == "yes",
            words={lang: form.get(f"band.{n}.{lang}", "") for lang in SPOKEN},
        )
        for n in range(MOST_BANDS)
        if _begun(form, f"band.{n}.", ("least", "most", "letter", "gpa", *SPOKEN))
    ]
    modules = [
        Module(
            key=str(n),
            weight=_whole(form, f"module.{n}.weight"),
            names={lang: form.get(f"module.{n}.{lang}", "") for lang in SPOKEN},
            assignments=tuple(each for each in names if form.get(f"in.{each}") == str(n)),
        )
        for n in range(1, MOST_MODULES + 1)
        if _begun(form, f"module.{n}.", ("weight", *SPOKEN))
        or any(form.get(f"in.{each}") == str(n) for each in names)
    ]
    return Scale(
        course=room.person.course,
        version=0,
        bands=tuple(bands),
        modules=tuple(modules),
        resits=_whole(form, "resits"),
        resit_most=_whole(form, "resit_most"),
        department={lang: form.get(f"department.{lang}", "") for lang in ("ky", "ru")},
        hours=_whole(form, "hours"),
        set_by=room.person.account,
        set_at=room.at,
    )


def _begun(form: Mapping[str, str], prefix: str, fields: tuple[str, ...]) -> bool:
    return any(form.get(prefix + each, "").strip() for each in fields)


def _whole(form: Mapping[str, str], field: str) -> int:
    """A whole number of a field.

    Raises:
        InvalidInput: ``scale.not_whole``.
    """
    text = form.get(field, "").strip()
    if not is_digits(text):
        raise InvalidInput("scale.not_whole", text=text[:20])
    return min(int(text), LARGEST)
