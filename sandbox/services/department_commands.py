"""``synak department``: departments, and who coordinates them; for the operator of the machine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from sandbox.domain.coursework import course_name
from sandbox.domain.departments import term_of
from sandbox.kit.clock import SystemClock
from sandbox.services import department_admin
from sandbox.settings import Settings
from sandbox.store import Store, UnitOfWork

app = typer.Typer(no_args_is_help=True, help="Departments of a university.")
Department = Annotated[str, typer.Argument(help="The department's id, a short word.")]
Account = Annotated[str, typer.Argument(help="Whose account, of the same university.")]
Database = Annotated[
    str, typer.Option(help="Another store than the settings say (SQLAlchemy URL).")
]


@app.callback()
def group() -> None:
    """Departments of a university."""


@app.command()
def add(
    department: Department,
    university: Annotated[str, typer.Argument(help="The university's id.")],
    *,
    ky: Annotated[str, typer.Option(help="Its name in Kyrgyz.")],
    ru: Annotated[str, typer.Option(help="Its name in Russian.")],
    en: Annotated[str, typer.Option(help="Its name in English.")],
    database: Database = "",
) -> None:
    """Add a department; it is in the audit log."""
    names, at = {"ky": ky, "ru": ru, "en": en}, SystemClock().now()
    _do(
        database,
        lambda u: department_admin.add_department(u, department, university, names, at=at),
    )
    typer.echo(f"{department}: added")


@app.command()
def appoint(department: Department, account: Account, *, database: Database = "") -> None:
    """Let somebody coordinate a department: create, reassign and archive its courses."""
    at = SystemClock().now()
    _do(database, lambda u: department_admin.appoint_coordinator(u, department, account, at=at))
    typer.echo(f"{account}: coordinates {department}")


@app.command()
def end(department: Department, account: Account, *, database: Database = "") -> None:
    """End that somebody coordinates a department."""
    at = SystemClock().now()
    _do(database, lambda u: department_admin.end_coordinator(u, department, account, at=at))
    typer.echo(f"{account}: coordinates {department} no more")


@app.command()
def give(
    department: Department,
    course: Annotated[str, typer.Argument(help="A course that has no department yet.")],
    term: Annotated[str, typer.Argument(help="Its term: 2026/27-1.")],
    *,
    database: Database = "",
) -> None:
    """Give a course of before to a department."""
    name, said, at = course_name(course), term_of(term), SystemClock().now()
    _do(database, lambda u: department_admin.give_to_department(u, name, department, said, at=at))
    typer.echo(f"{course}: given to {department}")


def _do(database: str, work: Callable[[UnitOfWork], Any]) -> None:
    """One act in one transaction."""
    store = Store(database or Settings.of_running().database_url)
    try:
        with store.unit() as u:
            work(u)
            u.commit()
    finally:
        store.close()
