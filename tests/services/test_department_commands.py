"""``synak department``, as the operator types it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from sandbox.kit.errors import NotFound
from sandbox.services.department_commands import app
from sandbox.services.departments import departments_of
from sandbox.store.classroom import Courses
from tests.services.class_world import AT, COURSE, people, teacher

NAMES = ("--ky", "Каржы", "--ru", "Финансы", "--en", "Finance")


def typed(store, *line):
    where = str(store.engine.url)
    done = CliRunner().invoke(app, [*line, "--database", where], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_department_its_coordinator_and_its_course_come_by_commands(store) -> None:
    people(store)
    assert "finance: added" in typed(store, "add", "finance", "uni", *NAMES)
    assert "kanat: coordinates finance" in typed(store, "appoint", "finance", "kanat")
    typed(store, "give", "finance", COURSE, "2026/27-1")
    with store.unit(read_only=True) as u:
        now = u.accounts.get("kanat").created_at.replace(year=2099)
        assert [each.id for each in departments_of(u, teacher(store), now)] == ["finance"]
        assert Courses(u.session).get(COURSE).department == "finance"
        kinds = [each.kind for each in u.audit.scan()]
    assert kinds[-3:] == [
        "department.added",
        "department.coordinator_appointed",
        "department.course_given",
    ]
    typed(store, "end", "finance", "kanat")
    with store.unit(read_only=True) as u, pytest.raises(NotFound):
        departments_of(u, teacher(store), now)


def test_a_command_that_is_refused_changes_nothing(store) -> None:
    people(store)
    with pytest.raises(NotFound):
        typed(store, "appoint", "finance", "kanat")
    with store.unit(read_only=True) as u:
        assert list(u.audit.scan()) == []
        assert u.coordinators.of_account("kanat", AT) == ()
