"""Self-checks: the visible tests in the grader's isolation; fair, and no hand-in."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from sandbox.domain.classroom import JobState
from sandbox.domain.records import Account
from sandbox.domain.self_checks import AN_HOUR, MOST_BYTES
from sandbox.grading.authoring.catalogues import Catalogue, written
from sandbox.grading.authoring.grading import files_below, make_release
from sandbox.grading.authoring.texts import texts_of
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.hub.exchange.client import DeskProblem, packed
from sandbox.hub.exchange.self_check import checked
from sandbox.hub.exchange.student import FetchAssignment, Submit
from sandbox.hub.exchange.teacher import ReleaseAssignment
from sandbox.isolation.probe import probe
from sandbox.kit.errors import IntegrityFailure, Unavailable
from sandbox.services.classroom_queue import LEASE, MAX_ATTEMPTS, Grading
from sandbox.services.classroom_self_check_queue import SelfChecking
from sandbox.store.classroom import Actions, Jobs, Marks
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.self_check_tables import SelfChecks
from sandbox.toolchain.layout import CHECKOUT
from tests.exchange.conftest import COURSE, LAB, START
from tests.grading.notebooks import answer, cell, check, notebook

PATH = "/assignments/lab/self-check"
SECRET = "seventeen_is_hidden"
WORDS = {"Sums": "Суммы", "Task 1": "Задание 1", "double(2) is 4": "double(2) — это 4"}


def lab():
    """One visible test, one all hidden, one in part."""
    visible = "assert double(2) == 4, 'double(2) is 4'"
    hidden = f"### BEGIN HIDDEN TESTS\nassert double(17) == 34, '{SECRET}'\n### END HIDDEN TESTS"
    tests = {"one": visible, "both": f"{visible}\n{hidden}"}
    return notebook(
        new_markdown_cell("# Sums", id="top"),
        new_markdown_cell("## Task 1", id="task"),
        answer("def double(x):\n    return 2 * x", "double"),
        *(cell(each, name, grade=True, locked=True, points=1) for name, each in tests.items()),
        check(f"assert double(17) == 34, '{SECRET}'", "dark", 2),
    )


@pytest.fixture(scope="module")
def course_of_lab(tmp_path_factory):
    """Source and release of the lab."""
    home = tmp_path_factory.mktemp("lab")
    source = home / "source" / "lab"
    (source / "locale").mkdir(parents=True)
    (source / "lab.ipynb").write_text(nbformat.writes(lab()))
    (source / "course.yaml").write_text('titles: {en: "Sums", ru: "Суммы", ky: "Суммалар"}\n')
    words = written(texts_of(files_below(source)), Catalogue("ru", WORDS))
    (source / "locale" / "ru.po").write_bytes(words)
    shutil.copytree(make_release(source, home / "made"), home / "release" / "lab")
    return home


@pytest.fixture
def desk(world, course_of_lab):
    """The lab is released; lira, who reads Russian, and marat have it."""
    shutil.copytree(course_of_lab, world.home("kanat") / COURSE)
    with world.store.unit() as u:
        u.accounts.add(Account("lira", "lira", "person-lira", None, (), "ru", True, START))
        u.commit()
    world.plugin(ReleaseAssignment, "kanat").start()
    for who in ("lira", "marat"):
        world.plugin(FetchAssignment, who).start()
    return world


def solve(world, who, code):
    path = world.home(who) / LAB / "lab.ipynb"
    nb = json.loads(path.read_text())
    (task,) = [each for each in nb["cells"]
               if each["metadata"].get("nbgrader", {}).get("grade_id") == "double"]  # fmt: skip
    task["source"] = code
    path.write_text(json.dumps(nb))


def ask(world, who, code=None):
    if code is not None:
        solve(world, who, code)
    files = {"lab.ipynb": (world.home(who) / LAB / "lab.ipynb").read_bytes()}
    return world.desk(who).post(PATH, {"files": packed(files)})


class Grader:
    """The launcher's seam: says which jobs came and what lay there; all tests pass, or it fails."""

    def __init__(self, folder):
        self.folder = folder
        self.jobs = []
        self.seen = ""
        self.fails = []

    def grade(self, job):
        self.jobs.append(job)
        self.seen += "".join(
            each.read_text() for each in (self.folder / job / "master").rglob("*") if each.is_file()
        )
        if self.fails:
            raise self.fails.pop(0)
        cells = [{"cell": name, "title": "Task 1", "points": 1.0, "mark": 1.0, "status": "passed",
                  "reason": None} for name in ("one", "both", "dark")]  # fmt: skip
        return {"notebooks": [{"notebook": "lab", "cells": cells}], "autograded": {}}


@pytest.fixture
def worker(desk):
    folder = desk.folder / "jobs"
    blobs = Blobs(desk.parts.blobs)
    return SelfChecking(Grading(desk.store, blobs, folder, Grader(folder), desk.clock))


def look(world, who):
    return world.desk(who).get(PATH)


def statuses(found):
    return [line["status"] for line in found["lines"]]


def test_present_work_is_checked_and_is_no_hand_in(desk, worker):
    assert look(desk, "lira") is None
    assert (ask(desk, "lira", "def double(x): return 2 * x"))["state"] == "queued"
    assert worker.work_once()
    assert not worker.work_once()
    found = look(desk, "lira")
    assert (found["state"], statuses(found)) == ("done", ["passed", "passed", "nothing"])
    assert desk.desk("lira").get("/submissions") == desk.desk("kanat").get("/submissions") == []
    with desk.store.unit(read_only=True) as u:
        (check,) = SelfChecks(u.session).select()
        assert (check.files, Marks(u.session).select(), Jobs(u.session).select()) == ({}, (), ())
        assert {each.kind.value for each in Actions(u.session).select()} == {"released", "fetched"}


def test_where_it_is_checked_nothing_of_a_hidden_test_lies(desk, worker):
    ask(desk, "lira")
    worker.work_once()
    assert "double(2) is 4" in worker.grading.grader.seen
    assert SECRET not in worker.grading.grader.seen
    assert "HIDDEN" not in worker.grading.grader.seen


def test_only_the_student_reads_it_and_only_students_ask(desk, worker):
    ask(desk, "lira")
    assert look(desk, "marat") is None
    for act in (lambda: look(desk, "kanat"), lambda: desk.desk("kanat").post(PATH, {"files": []})):
        with pytest.raises(DeskProblem):
            act()


def test_limit_is_explained_with_the_time_of_the_next(desk, worker):
    for number in range(AN_HOUR):
        ask(desk, "lira", f"def double(x): return {number}")
        worker.work_once()
        desk.later(minutes=5)
    with pytest.raises(DeskProblem, match=r"self_check\.later") as refused:
        ask(desk, "lira", "def double(x): return 99")
    assert "10:00" in refused.value.title or "16:00" in refused.value.title
    ask(desk, "marat", "def double(x): return 99")
    desk.later(minutes=29, seconds=59)
    with pytest.raises(DeskProblem, match=r"self_check\.later"):
        ask(desk, "lira")
    desk.later(seconds=2)
    assert ask(desk, "lira")["state"] == "queued"


def test_one_at_a_time_and_the_same_again_is_the_same(desk, worker):
    first = ask(desk, "lira", "def double(x): return 1")
    assert ask(desk, "lira")["id"] == first["id"]
    with pytest.raises(DeskProblem, match=r"self_check\.one_waits"):
        ask(desk, "lira", "def double(x): return 2")
    solve(desk, "lira", "def double(x): return 1")
    worker.work_once()
    assert ask(desk, "lira")["id"] == first["id"], "what was checked is not checked again"
    assert ask(desk, "lira", "def double(x): return 2")["id"] != first["id"]


def test_gradings_come_first_and_then_who_asked_least(desk, worker):
    for number in range(2):
        ask(desk, "lira", f"def double(x): return {number}")
        worker.work_once()
    ask(desk, "lira", "def double(x): return 5")
    desk.later(minutes=1)
    ask(desk, "marat")
    assert (look(desk, "marat")["place"], look(desk, "lira")["place"]) == (0, 1)
    desk.plugin(Submit, "marat").start()
    desk.desk("kanat").post("/assignments/lab/grading", {})
    assert (look(desk, "marat")["place"], look(desk, "lira")["place"]) == (1, 2)
    assert not worker.work_once(), "a grading waits"
    assert worker.grading.work_once()
    assert worker.work_once()
    assert (look(desk, "marat")["state"], look(desk, "lira")["state"]) == ("done", "queued")


def test_trouble_is_tried_again_told_and_not_counted(desk, worker):
    grader = worker.grading.grader
    for number in range(AN_HOUR + 1):
        ask(desk, "lira", f"def double(x): return {number}")
        grader.fails = [Unavailable("grading.ended")] * MAX_ATTEMPTS
        for _ in range(MAX_ATTEMPTS):
            assert worker.work_once()
        found = look(desk, "lira")
        assert (found["state"], found["lines"]) == ("failed", [])
        assert found["problem"]


def test_passed_canary_ends_it_and_is_counted(desk, worker):
    for number in range(AN_HOUR):
        worker.grading.grader.fails = [IntegrityFailure("grading.canary_passed")]
        ask(desk, "lira", f"def double(x): return {number}")
        worker.work_once()
        assert (look(desk, "lira")["state"], look(desk, "lira")["lines"]) == ("failed", [])
    with pytest.raises(DeskProblem, match=r"self_check\.later"):
        ask(desk, "lira", "def double(x): return 99")


def test_worker_that_died_loses_the_check_and_its_late_result(desk, worker):
    ask(desk, "lira")
    held = worker._lease()
    assert worker._lease() is None
    desk.later(minutes=8)
    again = worker._lease()
    assert (again.id, again.attempts) == (held.id, 2)
    worker._end(held, JobState.DONE, rows=())
    assert look(desk, "lira")["state"] == "running"


def test_check_whose_worker_dies_each_time_fails_uncounted_and_frees_the_student(desk, worker):
    for number in range(AN_HOUR + 1):
        ask(desk, "lira", f"def double(x): return {number}")
        for _ in range(MAX_ATTEMPTS):
            assert worker._lease()
            desk.clock.forward(LEASE + timedelta(seconds=1))
        assert not worker.work_once(), "no fourth time"
        found = look(desk, "lira")
        assert (found["state"], found["lines"]) == ("failed", [])
        assert "несколько раз" in found["problem"]
    with desk.store.unit(read_only=True) as u:
        assert SelfChecks(u.session).get(found["id"]).files == {}
    ask(desk, "lira", "def double(x): return 0")
    for _ in range(MAX_ATTEMPTS - 1):
        worker._lease()
        desk.clock.forward(LEASE + timedelta(seconds=1))
    assert worker.work_once(), "the last try"
    assert look(desk, "lira")["state"] == "done"


def test_what_is_looked_at_in_the_queue_has_no_files(desk, worker):
    ask(desk, "lira")
    with desk.store.unit(read_only=True) as u:
        (waits,) = SelfChecks(u.session).queue(desk.clock.now())
        assert (waits.files, set(SelfChecks(u.session).get(waits.id).files)) == ({}, {"lab.ipynb"})
    assert set(worker._lease().files) == {"lab.ipynb"}


def test_too_large_and_switched_off_are_refused(desk, monkeypatch):
    big = {"lab.txt": bytes(MOST_BYTES + 1)}
    with pytest.raises(DeskProblem, match=r"self_check\.too_large"):
        desk.desk("lira").post(PATH, {"files": packed(big)})
    monkeypatch.setattr("sandbox.services.classroom_self_check.AN_HOUR", 0)
    monkeypatch.setattr("sandbox.api.self_checks.CHECKOUT", desk.folder)
    with pytest.raises(DeskProblem, match=r"self_check\.off"):
        ask(desk, "lira")


def test_each_course_says_its_own_limit(desk, worker, monkeypatch):
    monkeypatch.setattr("sandbox.api.self_checks.CHECKOUT", desk.folder)
    described = desk.folder / "courses" / COURSE / "course.yaml"
    described.parent.mkdir(parents=True)
    described.write_text("self_checks: 1\n")
    ask(desk, "lira")
    worker.work_once()
    with pytest.raises(DeskProblem, match=r"self_check\.later"):
        ask(desk, "lira", "def double(x): return 99")


def test_what_is_old_is_forgotten(desk, worker):
    ask(desk, "lira")
    worker.work_once()
    desk.later(days=31)
    ask(desk, "lira", "def double(x): return 99")
    with desk.store.unit(read_only=True) as u:
        assert len(SelfChecks(u.session).select()) == 1


def test_command_says_place_and_results_in_the_students_language(desk, worker, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _seconds: worker.work_once())
    said = []
    assert checked(desk.desk("lira"), desk.home("lira"), "lab/", 60, said.append)
    assert said[0].startswith("Ждёт; впереди: 0.")
    assert said[1] == "Задание 1: Видимые проверки проходят."
    assert said[-1].startswith("Только видимые проверки")
    with pytest.raises(DeskProblem, match="no_folder"):
        checked(desk.desk("lira"), desk.home("lira"), "other", 60, said.append)


class Real:
    """The launcher's seam with the grader's own isolation behind it."""

    def __init__(self, folder, warden):
        self.folder = folder
        self.warden = warden

    def grade(self, job):
        return self.warden.run_job(self.folder / job)


THIEF = """
import glob
places = ('/tmp/**/*.ipynb', '/job/**/*.ipynb')
files = [each for place in places for each in glob.glob(place, recursive=True)]
def double(x):
    raise ValueError(f'{files} {x}')
"""


@pytest.mark.timeout(300)
def test_attack_in_the_real_isolation_learns_nothing_of_a_hidden_test(desk, worker):
    warden = Warden(WardenSetup(CHECKOUT, probe().level, grader_uid=61709, uid_base=61740, slots=1))
    try:
        real = replace(
            worker, grading=replace(worker.grading, grader=Real(desk.folder / "jobs", warden))
        )
        ask(desk, "lira", THIEF)
        assert real.work_once()
        told = look(desk, "lira")
        assert (told["state"], statuses(told)) == ("done", ["failed", "failed", "nothing"])
        assert SECRET not in json.dumps(told)
        assert "[] 2" in told["lines"][0]["said"], "no notebook there; the visible argument"
        ask(desk, "lira", "def double(x):\n    return 4")
        assert real.work_once()
        told = look(desk, "lira")
        assert statuses(told) == ["passed", "passed", "nothing"], "the hidden test would fail"
        ask(desk, "marat", "def double(x):\n    return 5")
        assert real.work_once()
        assert "double(2) is 4" in look(desk, "marat")["lines"][0]["said"]
        ask(desk, "lira", "def double(x):\n    return 5")
        assert real.work_once()
        assert "double(2) — это 4" in look(desk, "lira")["lines"][0]["said"]
    finally:
        warden.close()
