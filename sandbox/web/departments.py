"""A coordinator's departments: courses of a term created, given to another lead, archived."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from sandbox.domain.coursework import CourseName, course_name
from sandbox.kit.errors import NotFound
from sandbox.locale.forms import ZONE
from sandbox.services import course_staff, department_views, departments
from sandbox.services.classroom_content import materials
from sandbox.services.departments import CreateCourse
from sandbox.store import UnitOfWork
from sandbox.toolchain.layout import CHECKOUT
from sandbox.web.class_lists import term_of_day
from sandbox.web.course_staff import appointment
from sandbox.web.pages import Problem, page
from sandbox.web.review import act
from sandbox.web.visit import Poster, Reader, Visit

router = APIRouter(include_in_schema=False)
MATERIAL = CHECKOUT / "courses"


@router.get("/desk/departments")
def show(visit: Reader) -> HTMLResponse:
    """The reader's departments and their courses."""
    return _show(visit)


@router.post("/desk/departments/{department}/courses")
def create(visit: Poster, department: str) -> Response:
    """Give material in a term."""
    form = visit.form
    command = CreateCourse(
        department=department,
        material=form.get("material", ""),
        term=form.get("term", ""),
        leads=form.get("leads", ""),
        key=visit.key,
    )
    return act(
        visit,
        lambda u: departments.create(u, visit.known, command, MATERIAL, at=visit.at),
        then=lambda name: f"{_place(department, name)}?said=course_created",
        again=lambda error: _show(visit, Problem(error, f"create-{department}")),
    )


@router.get("/desk/departments/{department}/courses/{course}")
def show_course(visit: Reader, department: str, course: str) -> HTMLResponse:
    """One course, for who coordinates its department."""
    return _show_course(visit, department, course_name(course))


@router.post("/desk/departments/{department}/courses/{course}/leads")
def reassign(visit: Poster, department: str, course: str) -> Response:
    """Give the course to another lead, or to several."""
    name, leads = course_name(course), visit.form.get("leads", "")
    return _on_course(
        visit,
        (department, name),
        ("leads", "course_reassigned"),
        lambda u: departments.reassign(u, visit.known, department, name, leads, at=visit.at),
    )


@router.post("/desk/departments/{department}/courses/{course}/helpers")
def appoint(visit: Poster, department: str, course: str) -> Response:
    """Appoint somebody from one day to another, both included."""
    name = course_name(course)

    def work(u: UnitOfWork) -> object:
        departments.course_for(u, visit.known, department, name, visit.at)
        return course_staff.appoint(u, visit.known, appointment(visit, name), at=visit.at)

    try:
        return _on_course(visit, (department, name), ("helpers", "saved"), work)
    except NotFound as error:
        if error.code != "staff.nobody":
            raise
        return _show_course(visit, department, name, Problem(error, "helpers"))


@router.post("/desk/departments/{department}/courses/{course}/helpers/{account}/end")
def end(visit: Poster, department: str, course: str, account: str) -> Response:
    """End an appointment now."""
    name = course_name(course)

    def work(u: UnitOfWork) -> None:
        departments.course_for(u, visit.known, department, name, visit.at)
        course_staff.end(u, visit.known, name, account, at=visit.at)

    return _on_course(visit, (department, name), ("helpers", "saved"), work)


@router.post("/desk/departments/{department}/courses/{course}/archive")
def archive(visit: Poster, department: str, course: str) -> Response:
    """Close the course for everything but looking."""
    name = course_name(course)
    return _on_course(
        visit,
        (department, name),
        ("archive", "course_archived"),
        lambda u: departments.archive(u, visit.known, department, name, at=visit.at),
    )


@router.post("/desk/departments/{department}/courses/{course}/open")
def open_again(visit: Poster, department: str, course: str) -> Response:
    """Take an archiving back."""
    name = course_name(course)
    return _on_course(
        visit,
        (department, name),
        ("archive", "course_opened"),
        lambda u: departments.open_again(u, visit.known, department, name, at=visit.at),
    )


def _on_course(
    visit: Visit,
    place: tuple[str, CourseName],
    form: tuple[str, str],
    work: Callable[[UnitOfWork], Any],
) -> Response:
    return act(
        visit,
        work,
        then=f"{_place(*place)}?said={form[1]}#{form[0]}",
        again=lambda error: _show_course(visit, *place, Problem(error, form[0])),
    )


def _place(department: str, course: CourseName) -> str:
    return f"/desk/departments/{department}/courses/{course}"


def _show(visit: Visit, problem: Problem | None = None) -> HTMLResponse:
    text = visit.request.query_params.get("q", "")
    with visit.parts.store.unit(read_only=True) as u:
        found = department_views.list_departments(u, visit.known, text=text, at=visit.at)
    return page(
        visit,
        "departments.html",
        status=problem.error.status if problem else 200,
        found=found,
        text=text,
        materials={name: titles[visit.lang] for name, titles in materials(MATERIAL).items()},
        term=term_of_day(visit),
        problem=problem,
    )


def _show_course(
    visit: Visit, department: str, course: CourseName, problem: Problem | None = None
) -> HTMLResponse:
    with visit.parts.store.unit(read_only=True) as u:
        found = department_views.one_course(u, visit.known, department, course, at=visit.at)
    return page(
        visit,
        "department_course.html",
        status=problem.error.status if problem else 200,
        found=found,
        today=visit.at.astimezone(ZONE).date().isoformat(),
        problem=problem,
    )
