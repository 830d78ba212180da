"""A classroom: real store, blobs, API and plugins; the journey has the real hub too."""

from __future__ import annotations

import shutil
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import nbformat
import pytest
from nbgrader.coursedir import CourseDirectory
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from traitlets.config import Config

from sandbox.api.app import create_api
from sandbox.api.hub_door import HubClient, HubDoor
from sandbox.api.parts import DeskParts
from sandbox.domain.coursework import AssignmentName, CourseName
from sandbox.grading.authoring.grading import make_release
from sandbox.hub.exchange.client import CourseDesk
from sandbox.hub.exchange.teacher import ReleaseAssignment
from sandbox.kit.clock import FixedClock
from sandbox.services.classroom_people import seed_course
from sandbox.store import Store
from tests.grading.notebooks import master

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # starlette prefers httpx2
    from starlette.testclient import TestClient

COURSE = CourseName("digital-money")
LAB = AssignmentName("lab")
START = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
BLANK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
"""A notebook without a cell: a work without the assignment's notebook is refused."""
PEOPLE = ("kanat", "lira", "marat", "nurlan")


async def _user(request):
    """The hub's answer: token ``t-<user>[@<context>]`` belongs to that user's course server."""
    token = request.headers.get("authorization", "").removeprefix("token ")
    name, _, context = token.removeprefix("t-").partition("@")
    if not token.startswith("t-") or name not in PEOPLE:
        return JSONResponse({}, 403)
    scope = f"access:servers!server={name}/{context or 'course-digital-money'}"
    return JSONResponse({"name": name, "kind": "user", "groups": [], "scopes": [scope]})


def hub_app():
    """A hub that knows these tokens and nothing else."""
    return Starlette(routes=[Route("/hub/api/user", _user)])


@dataclass
class Class:
    """The desk and everybody's home."""

    client: TestClient
    store: Store
    clock: FixedClock
    parts: DeskParts
    folder: Path

    def desk(self, who: str) -> CourseDesk:
        return CourseDesk("digital-money", "http://desk", f"t-{who}", http=self.client)

    def home(self, who: str) -> Path:
        home = self.folder / "homes" / who
        home.mkdir(parents=True, exist_ok=True)
        return home

    def plugin(self, kind, who: str, assignment: str = LAB, **traits):
        """A plugin as nbgrader makes it, in somebody's home."""
        config = Config()
        config.CourseDirectory.root = str(self.home(who) / COURSE)
        config.CourseDirectory.course_id = COURSE
        config.CourseDirectory.assignment_id = assignment
        coursedir = CourseDirectory(config=config)
        return kind(
            coursedir=coursedir, assignment_dir=str(self.home(who)), desk=self.desk(who), **traits
        )

    def later(self, **by: float) -> None:
        self.clock.forward(timedelta(**by))


@pytest.fixture
def world(tmp_path):
    """The desk with a course of two students and a teacher, nothing released."""
    store = Store(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    store.migrate()
    with store.unit() as u:
        seed_course(u, START - timedelta(days=1), teachers=["kanat"], students=["lira", "marat"])
        u.commit()
    hub = httpx.AsyncClient(transport=httpx.ASGITransport(hub_app()))
    clock = FixedClock(START)
    parts = DeskParts(
        store=store,
        ports=None,
        hub=HubDoor(HubClient("http://hub/hub/api", "http://desk", "service-desk", "s"), hub),
        clock=clock,
        head_key=None,
        public_url="http://desk",
        session_secret="s",
        hub_secret="s",
        node_modules=tmp_path,
        blobs=tmp_path / "blobs",
        receipt_key=tmp_path / "receipt.key",
    )
    api = create_api(parts)
    outer = Starlette()
    outer.mount("/desk/api/v1", api)
    with TestClient(outer, base_url="http://desk", raise_server_exceptions=False) as client:
        yield Class(client, store, clock, parts, tmp_path)
    store.close()


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """An assignment and what nbgrader makes of it for students."""
    folder = tmp_path_factory.mktemp("made")
    source = folder / "assignment"
    source.mkdir()
    (source / "lab.ipynb").write_text(nbformat.writes(master()))
    (source / "course.yaml").write_text('titles: {en: "Sums", ru: "Суммы", ky: "Суммалар"}\n')
    return source, make_release(source, folder / "work")


@pytest.fixture
def course_folder(world, made):
    """The teacher's course folder."""
    home = world.home("kanat") / COURSE
    for name, folder in zip(("source", "release"), made, strict=True):
        shutil.copytree(folder, home / name / "lab")
    return home


@pytest.fixture
def released(world, course_folder):
    """The assignment is released."""
    world.plugin(ReleaseAssignment, "kanat").start()
    return world
