"""A corrected assignment reaches the copies, and no work is lost by it."""

from __future__ import annotations

import json
import logging

import pytest
from nbgrader.exchange import ExchangeError

from sandbox.domain.classroom import ActionKind
from sandbox.domain.corrections import Fate, carried, plan
from sandbox.hub.exchange.client import DeskProblem
from sandbox.hub.exchange.corrections import STATE, TOLD, bring_all
from sandbox.hub.exchange.listing import List
from sandbox.hub.exchange.student import FetchAssignment, Submit
from sandbox.hub.exchange.teacher import ReleaseAssignment
from sandbox.store.classroom import Actions

NOTE = "Task 1: twice, not three times."


def correct(world, course_folder, *, note=NOTE, text="Corrected: ", **traits):
    """The teacher changes a text cell of the release, adds a file, and releases again."""
    path = course_folder / "release" / "lab" / "lab.ipynb"
    notebook = json.loads(path.read_text())
    cell = next(each for each in notebook["cells"] if each["cell_type"] == "markdown")
    cell["source"] = text + "".join(cell["source"])
    path.write_text(json.dumps(notebook))
    (path.parent / "rates.csv").write_text(f"rate,{text}\n")
    world.plugin(ReleaseAssignment, "kanat", force=True, note=note, **traits).start()


def copy_of(world, who):
    return world.home(who) / "lab"


def solve(world, who, answer="    return 2 * x  # mine\n"):
    path = copy_of(world, who) / "lab.ipynb"
    notebook = json.loads(path.read_text())
    for each in notebook["cells"]:
        if each["metadata"].get("nbgrader", {}).get("solution"):
            each["source"] = answer
    path.write_text(json.dumps(notebook))
    return path.read_bytes()


@pytest.fixture
def fetched(released):
    for who in ("lira", "marat"):
        released.plugin(FetchAssignment, who).start()
    return released


def test_an_untouched_copy_becomes_the_corrected_one(fetched, course_folder):
    correct(fetched, course_folder)
    (listed,) = fetched.plugin(List, "lira").start()
    assert listed["status"] == "fetched"
    files = {p.name for p in copy_of(fetched, "lira").iterdir() if not p.name.startswith(".")}
    assert {"lab.ipynb", "rates.csv", TOLD} <= files
    assert "Corrected: " in (copy_of(fetched, "lira") / "lab.ipynb").read_text()
    assert NOTE in (copy_of(fetched, "lira") / TOLD).read_text()


def test_work_is_kept_and_the_corrected_notebook_lies_beside_with_the_answers(
    fetched, course_folder
):
    mine = solve(fetched, "lira")
    correct(fetched, course_folder)
    bring_all(fetched.desk("lira"), fetched.home("lira"))
    assert (copy_of(fetched, "lira") / "lab.ipynb").read_bytes() == mine
    beside = (copy_of(fetched, "lira") / "lab.corrected.ipynb").read_text()
    assert "Corrected: " in beside
    assert "# mine" in beside
    assert "lab.corrected.ipynb" in (copy_of(fetched, "lira") / TOLD).read_text()


def test_a_copy_is_brought_once_and_a_second_correction_overwrites_no_first(fetched, course_folder):
    mine = solve(fetched, "lira")
    correct(fetched, course_folder)
    desk, home = fetched.desk("lira"), fetched.home("lira")
    assert len(bring_all(desk, home)) == 2
    assert bring_all(desk, home) == []
    first = copy_of(fetched, "lira") / "lab.corrected.ipynb"
    first.write_text(first.read_text().replace("# mine", "# better"))
    fetched.later(minutes=1)
    correct(fetched, course_folder, text="Again: ")
    bring_all(desk, home)
    assert "# better" in first.read_text()
    assert "Again: " in (copy_of(fetched, "lira") / "lab.corrected-2.ipynb").read_text()
    assert (copy_of(fetched, "lira") / "lab.ipynb").read_bytes() == mine
    assert (copy_of(fetched, "lira") / "rates.csv").read_text() == "rate,Again: \n"


def test_own_files_and_what_the_correction_did_not_touch_stay(fetched, course_folder):
    (copy_of(fetched, "lira") / "notes.txt").write_text("mine")
    correct(fetched, course_folder)
    bring_all(fetched.desk("lira"), fetched.home("lira"))
    assert (copy_of(fetched, "lira") / "notes.txt").read_text() == "mine"


def test_a_copy_that_does_not_know_its_release_is_brought_without_losing_work(
    fetched, course_folder
):
    (copy_of(fetched, "lira") / STATE).unlink()
    (copy_of(fetched, "marat") / STATE).write_text("no such release")
    mine = solve(fetched, "marat")
    correct(fetched, course_folder)
    for who in ("lira", "marat"):
        bring_all(fetched.desk(who), fetched.home(who))
    assert "Corrected: " in (copy_of(fetched, "lira") / "lab.ipynb").read_text()
    assert (copy_of(fetched, "marat") / "lab.ipynb").read_bytes() == mine


def test_a_link_in_a_copy_leads_nowhere(fetched, course_folder, tmp_path):
    (tmp_path / "else").mkdir()
    correct(fetched, course_folder)
    home = fetched.home("lira")
    copy_of(fetched, "lira").rename(tmp_path / "moved")
    (home / "lab").symlink_to(tmp_path / "moved")
    assert bring_all(fetched.desk("lira"), home) == []


def test_a_correction_without_a_note_is_refused_and_nothing_is_released(fetched, course_folder):
    with pytest.raises(ExchangeError, match="no_note"):
        correct(fetched, course_folder, note="")
    (lab,) = fetched.desk("lira").get("/assignments")
    assert lab["corrected_at"] is None
    assert len(fetched.desk("lira").get("/assignments/lab/releases")) == 1


def test_the_same_release_again_is_no_correction(fetched, course_folder):
    fetched.plugin(ReleaseAssignment, "kanat", force=True, note=NOTE).start()
    assert fetched.desk("lira").get("/assignments")[0]["corrected_at"] is None


def test_who_has_a_copy_is_told_and_nobody_else(released, course_folder):
    released.plugin(FetchAssignment, "lira").start()
    correct(released, course_folder)
    with released.store.unit(read_only=True) as u:
        (noted,) = [a for a in Actions(u.session).select() if a.kind is ActionKind.CORRECTED]
    assert noted.detail == {"note": NOTE, "students": ["lira"]}


def test_handing_in_brings_the_copy_first_and_names_what_does_not_count(
    fetched, course_folder, caplog
):
    solve(fetched, "lira")
    correct(fetched, course_folder)
    with caplog.at_level("WARNING"):
        fetched.plugin(Submit, "lira", log=logging.getLogger("hand in")).start()
    assert "lab.corrected.ipynb" in caplog.text
    assert len(fetched.desk("lira").get("/submissions")) == 1


def test_earlier_releases_are_of_this_assignment_only(fetched):
    master = fetched.desk("kanat").get("/assignments")[0]["master"]
    for bundle in (master, "0" * 64, "x"):
        with pytest.raises(DeskProblem, match="not_released"):
            fetched.desk("lira").get(f"/assignments/lab/releases/{bundle}")


def test_plan_replaces_what_was_handed_out_and_spares_the_rest():
    steps = plan(
        {"a": "1", "b": "1", "c": "1", "d": "1"},
        {"a": "2", "b": "2", "c": "1", "e": "2", "d": "2"},
        {"a": "1", "b": "mine", "c": "mine", "d": "0"},
        {"a": {"1", "2"}, "b": {"1", "2"}, "c": {"1"}, "d": {"0", "1", "2"}, "e": {"2"}},
    )
    assert {each.path: each.fate for each in steps} == {
        "a": Fate.REPLACED, "b": Fate.BESIDE, "d": Fate.REPLACED, "e": Fate.ADDED,
    }  # fmt: skip


def cell(name, source, *, solution=True):
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"nbgrader": {"grade_id": name, "solution": solution}},
    }


def notebook(*cells):
    return json.dumps({"cells": cells, "nbformat": 4}).encode()


def test_answers_are_carried_over_only_where_they_were_begun():
    old = notebook(cell("a", "todo"), cell("b", "todo"), cell("t", "test", solution=False))
    mine = notebook(cell("a", "my answer"), cell("b", "todo"), cell("t", "x", solution=False))
    new = notebook(cell("a", "todo 2"), cell("b", "todo 2"), cell("t", "test 2", solution=False))
    made = json.loads(carried(new, mine, old))
    assert [each["source"] for each in made["cells"]] == ["my answer", "todo 2", "test 2"]


@pytest.mark.parametrize("mine", [b"", b"[]", b"{}", b'{"cells": 1}', b'{"cells": [1]}', b"\xff"])
def test_a_copy_that_is_no_notebook_carries_nothing(mine):
    new = notebook(cell("a", "todo"))
    assert carried(new, mine, b"") == new
