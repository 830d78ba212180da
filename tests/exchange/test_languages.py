"""Each student fetches in the language of the account; work is graded the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from nbgrader.exchange import ExchangeError

from sandbox.domain.classroom import ActionKind
from sandbox.domain.records import Account
from sandbox.grading.authoring.catalogues import Catalogue, written
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import texts_of
from sandbox.hub.exchange.corrections import bring_all
from sandbox.hub.exchange.student import FetchAssignment, Submit
from sandbox.hub.exchange.teacher import ReleaseAssignment
from sandbox.services import classroom_exchange, classroom_feedback, classroom_grading
from sandbox.services.classroom_people import person_in
from sandbox.services.classroom_queue import Grading
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.store.classroom import Actions
from sandbox.store.classroom_blobs import Blobs
from tests.exchange.conftest import COURSE, LAB, START

WORDS = {
    "Sums": "Суммы",
    "Task 1: double": "Задание 1: удвоить",
    "double(21) is 42": "double(21) — это 42",
}


@pytest.fixture
def spoken(world, course_folder):
    """Released with a Russian catalogue; lira reads Russian, marat English."""
    source = course_folder / "source" / "lab"
    (source / "locale").mkdir()
    catalogue = written(texts_of(files_below(source)), Catalogue("ru", WORDS))
    (source / "locale" / "ru.po").write_bytes(catalogue)
    (source / "guide.md").write_text("# The answer is return 2 * x\n")
    with world.store.unit() as u:
        for name, lang in (("lira", "ru"), ("marat", "en")):
            u.accounts.add(Account(name, name, f"person-{name}", None, (), lang, True, START))
        u.commit()
    world.plugin(ReleaseAssignment, "kanat").start()
    return world


def speak(world, who, lang):
    with world.store.unit() as u:
        u.accounts.save(replace(u.accounts.get(who), language=lang))
        u.commit()


def notebook(world, who):
    world.plugin(FetchAssignment, who).start()
    return (world.home(who) / LAB / "lab.ipynb").read_text()


def test_each_student_fetches_in_the_language_of_the_account(spoken):
    assert "# Суммы" in notebook(spoken, "lira")
    assert "# Sums" in notebook(spoken, "marat")


def test_no_student_gets_catalogue_guide_or_description(spoken):
    notebook(spoken, "lira")
    names = [path.name for path in (spoken.home("lira") / LAB).rglob("*")]
    assert [name for name in names if not name.startswith(".")] == ["lab.ipynb"]


def test_it_is_noted_which_bundle_somebody_was_given(spoken):
    notebook(spoken, "lira")
    notebook(spoken, "marat")
    with spoken.store.unit(read_only=True) as u:
        one, other = Actions(u.session).all_of(ActionKind.FETCHED, COURSE)
    assert (one.actor, one.detail["language"]) == ("lira", "ru")
    assert one.bundle != other.bundle


def test_another_language_later_never_overwrites_work(spoken):
    notebook(spoken, "lira")
    mine = spoken.home("lira") / LAB / "lab.ipynb"
    mine.write_text(mine.read_text().replace("YOUR CODE HERE", "my work"))
    before = mine.read_bytes()
    speak(spoken, "lira", "en")
    with pytest.raises(ExchangeError):
        spoken.plugin(FetchAssignment, "lira").start()
    spoken.plugin(FetchAssignment, "lira", replace_missing_files=True).start()
    assert mine.read_bytes() == before
    mine.parent.rename(mine.parent.with_name("lab-in-russian"))
    assert "# Sums" in notebook(spoken, "lira")


def test_catalogue_that_cannot_be_read_is_not_released(world, course_folder):
    folder = course_folder / "source" / "lab" / "locale"
    folder.mkdir()
    (folder / "ru.po").write_text('msgid "Sums"\nmsgstr "Сум\n')
    with pytest.raises(ExchangeError, match="catalogue_unreadable"):
        world.plugin(ReleaseAssignment, "kanat").start()
    assert world.desk("lira").get("/assignments") == []


def test_picture_may_be_released_but_not_handed_in(spoken):
    notebook(spoken, "lira")
    (spoken.home("lira") / LAB / "mine.svg").write_text("<svg onload='alert(1)'/>")
    with pytest.raises(ExchangeError, match="bad_type"):
        spoken.plugin(Submit, "lira").start()


class OneFailed:
    """The launcher's seam: the first task fails with what its hidden test says."""

    def __init__(self, folder):
        self.folder = folder
        self.saw = set()

    def grade(self, job):
        self.saw |= {p.name for p in (self.folder / job).rglob("*") if p.is_file()}
        reason = {"kind": "assertion", "name": "", "message": "double(21) is 42"}
        row = {"cell": "double-test", "title": "Task 1: double", "points": 4.0, "mark": 0.0,
               "status": "failed", "reason": reason}  # fmt: skip
        return {"notebooks": [{"notebook": "lab", "cells": [row]}], "autograded": {}}


def enter(world, who, work):
    at = world.clock.now()
    with world.store.unit() as u:
        key = load_receipt_key(world.parts.receipt_key)
        room = Room(u, person_in(u, who, COURSE, at), at, Blobs(world.parts.blobs), key)
        result = work(room)
        u.commit()
    return result


def grade(world):
    grader = OneFailed(world.folder / "jobs")
    blobs = Blobs(world.parts.blobs)
    queue = Grading(world.store, blobs, world.folder / "jobs", grader, world.clock)
    enter(world, "kanat", lambda room: classroom_grading.ask_grading(room, LAB))
    while queue.work_once():
        pass
    return grader


def test_feedback_says_in_the_students_language_what_a_test_said(spoken):
    for who in ("lira", "marat"):
        notebook(spoken, who)
        spoken.plugin(Submit, who).start()
    grade(spoken)
    enter(spoken, "kanat", lambda room: classroom_feedback.release_feedback(room, LAB))
    pages = {}
    for who in ("lira", "marat"):
        (line,) = enter(spoken, who, classroom_feedback.released_feedback)
        found = enter(
            spoken, who, lambda room, line=line: classroom_feedback.fetch_feedback(
                room, line.submission)
        )  # fmt: skip
        pages[who] = found["lab"].decode()
    assert "Задание 1: удвоить" in pages["lira"]
    assert "double(21) — это 42" in pages["lira"]
    assert "Task 1: double" in pages["marat"]
    assert "double(21) is 42" in pages["marat"]


def test_where_students_code_runs_nothing_of_the_authors_lies(spoken):
    notebook(spoken, "lira")
    spoken.plugin(Submit, "lira").start()
    assert grade(spoken).saw == {"lab.ipynb"}


def test_release_in_other_words_is_a_new_release(spoken):
    master = spoken.home("kanat") / COURSE / "source" / "lab" / "locale" / "ru.po"
    master.write_text(master.read_text().replace("Суммы", "Сложение"))
    spoken.plugin(ReleaseAssignment, "kanat", note="A word.").start()
    assert "# Сложение" in notebook(spoken, "lira")
    assert len(enter(spoken, "kanat", classroom_exchange.released)) == 1


def test_correction_reaches_a_copy_in_its_own_language(spoken):
    assert "# Суммы" in notebook(spoken, "lira")
    notebook(spoken, "marat")
    words = spoken.home("kanat") / COURSE / "source" / "lab" / "locale" / "ru.po"
    words.write_text(words.read_text().replace("Суммы", "Сложение"))
    spoken.plugin(ReleaseAssignment, "kanat", note="A word.").start()
    theirs = spoken.home("marat") / LAB / "lab.ipynb"
    before = theirs.read_bytes()
    for who in ("lira", "marat"):
        bring_all(spoken.desk(who), spoken.home(who))
    assert "# Сложение" in (spoken.home("lira") / LAB / "lab.ipynb").read_text()
    assert theirs.read_bytes() == before
