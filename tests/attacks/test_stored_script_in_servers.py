"""Script that a student hands in, in a teacher's real server and on the student's own feedback.

A hostile student and an honest one hand in; the teacher collects, grades, and opens nbgrader's
pages and the works in JupyterLab, as teachers do, in a real browser.
"""

from __future__ import annotations

import json
import re

import nbformat
import pytest

from tests.attacks.scripts import FILES, NOTE, OUTPUTS, RAN, SHORT, TEXTS, Watch
from tests.journeys.test_classroom import COURSE, LAB, NBGRADER, Seat, solved, wait_for
from tests.support.browser import browsers
from tests.support.system import system

pytestmark = [pytest.mark.slow, pytest.mark.journey, pytest.mark.timeout(1500)]
HOSTILE, HONEST, TEACHER = "marat", "lira", "kanat"
WORK = f"{COURSE}/submitted/{HOSTILE}/{LAB}"

VIEWED = (f"{LAB}.ipynb", "notes.md", "table.csv", "data.json", "picture.png")
OPENED = (
    *(("autograded", each) for each in VIEWED),
    *(("submitted", each) for each in (*VIEWED, "extra.ipynb")),
)
"""nbgrader takes over the assignment's own notebooks only; beside them it takes everything."""


def hostile_cells() -> list[dict]:
    """Texts, code, outputs of every kind one by one, and metadata that pages show."""
    odd = {
        "tags": [SHORT],
        "magics_language": SHORT,
        "raw_mimetype": "text/html",
        "nbgrader": {"grade_id": SHORT, "grade": True, "solution": True, "points": 99},
        "slideshow": {"slide_type": SHORT},
    }
    cells = [nbformat.v4.new_markdown_cell(each) for each in TEXTS]
    cells += [nbformat.v4.new_raw_cell(each, metadata=odd) for each in TEXTS[:3]]
    for kind, data in OUTPUTS.items():
        wide = {"width": SHORT, "filenames": {kind: SHORT}, kind: {"isolated": True, "alt": SHORT}}
        made = nbformat.v4.new_output("display_data", data={kind: data}, metadata=wide)
        cells.append(nbformat.v4.new_code_cell(f"# {SHORT}", outputs=[made], metadata=dict(odd)))
    stream = nbformat.v4.new_output("stream", text=str(OUTPUTS["text/plain"]))
    error = nbformat.v4.new_output("error", ename=SHORT, evalue=SHORT, traceback=[SHORT])
    cells.append(nbformat.v4.new_code_cell(SHORT, outputs=[stream, error]))
    return json.loads(json.dumps(cells))


def hostile(notebook: dict) -> dict:
    """A notebook with all of it, and metadata of its own."""
    notebook["cells"] = [notebook["cells"][0], *hostile_cells(), *notebook["cells"][1:]]
    notebook["metadata"] |= {
        "title": SHORT,
        "language_info": {"name": SHORT, "pygments_lexer": SHORT, "codemirror_mode": SHORT},
        "kernelspec": {"name": SHORT, "display_name": SHORT, "language": SHORT},
        "widgets": {"application/vnd.jupyter.widget-state+json": {"state": {SHORT: {}}}},
        "authors": [{"name": SHORT}],
    }
    return notebook


@pytest.fixture(scope="module")
def stage():
    with system() as running:
        running.start()
        seats = {who: Seat(running, who) for who in (TEACHER, HONEST, HOSTILE)}
        _hand_in(seats)
        with browsers(running) as people:
            yield seats, people, {who: Watch(people[who].context) for who in seats if who != "said"}


def _hand_in(seats) -> None:
    teacher = seats[TEACHER]
    wait_for(lambda: f"{LAB}.ipynb" in teacher.names(f"{COURSE}/source/{LAB}"))
    said = teacher.run(
        NBGRADER + f"nbgrader('generate_assignment', '{LAB}')\n"
        f"nbgrader('release_assignment', '{LAB}')"
    )
    assert f"release_assignment {LAB} -> 0" in said, said
    for who in (HONEST, HOSTILE):
        seat = seats[who]
        seat.act("fetch")
        fetched = json.loads(seat.read(f"{LAB}/{LAB}.ipynb"))
        seat.write_notebook(
            f"{LAB}/{LAB}.ipynb", solved(fetched) if who == HONEST else hostile(fetched)
        )
    files = FILES | {"extra.ipynb": json.dumps(hostile(json.loads(nbformat.writes(empty()))))}
    code = f"import json, pathlib\nfor name, text in json.loads({json.dumps(files)!r}).items():\n"
    seats[HOSTILE].run(code + f"    pathlib.Path('{LAB}', name).write_text(text)")
    for who in (HONEST, HOSTILE):
        seats[who].act("submit")
    said = teacher.run(
        NBGRADER + f"nbgrader('collect', '{LAB}')\nnbgrader('autograde', '{LAB}')\n"
        f"nbgrader('generate_feedback', '{LAB}')\nnbgrader('release_feedback', '{LAB}')\n"
        "from nbgrader.api import Gradebook\n"
        f"with Gradebook('sqlite:////home/{TEACHER}/{COURSE}/gradebook.db') as book:\n"
        f"    for each in book.assignment_submissions('{LAB}'):\n"
        "        print('MARK', each.student.id, each.score)\n"
        f"    print('ID', book.find_submission_notebook('{LAB}', '{LAB}', '{HOSTILE}').id)\n",
        timeout=900,
    )
    seats["said"] = said


def empty():
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Extra")])


def watched(stage, who: str):
    seats, people, watches = stage
    watches[who].forget()
    return people[who].context.new_page(), seats[who].base, watches[who]


def programs_that_ran(stage) -> list[str]:
    """Programs that a student handed in and that ran in the teacher's server; forgotten after."""
    return (
        stage[0][TEACHER]
        .run(
            f"import glob, os\nfor each in glob.glob(os.path.expanduser('~/{NOTE}-*')):\n"
            "    print(os.path.basename(each))\n    os.remove(each)"
        )
        .split()
    )


def test_hostile_work_is_graded_and_gives_nothing_and_the_honest_one_all(stage):
    said = stage[0]["said"]
    assert f"MARK {HOSTILE} 0.0" in said, said
    assert f"MARK {HONEST} 20.0" in said, said


def test_nothing_runs_on_nbgraders_pages(stage):
    page, base, watch = watched(stage, TEACHER)
    number = re.search(r"ID (\w+)", stage[0]["said"])[1]
    armed = []
    for path in (
        *("manage_assignments", f"manage_submissions/{LAB}", "gradebook", f"gradebook/{LAB}"),
        *(f"gradebook/{LAB}/{LAB}", "manage_students", f"manage_students/{HOSTILE}"),
        *(f"manage_students/{HOSTILE}/{LAB}", f"submissions/{number}/"),
    ):
        page.goto(f"{base}formgrader/{path}", wait_until="load")
        page.wait_for_load_state("networkidle")
        armed += [f"{path}: {each}" for each in watch.look(page)]
    assert f"{RAN}(1)" in page.content()
    assert armed == []
    assert watch.all == []


@pytest.mark.parametrize("path", [f"/home/{TEACHER}/{WORK}", WORK, f"/home/{TEACHER}/{COURSE}"])
def test_a_link_to_nbgraders_pages_reads_no_configuration_of_a_student(stage, path):
    page, base, _watch = watched(stage, TEACHER)
    page.goto(f"{base}formgrader?path={path}")
    assert page.url.endswith("/formgrader/manage_assignments")
    assert programs_that_ran(stage) == []


@pytest.mark.parametrize(("place", "name"), OPENED)
def test_nothing_runs_when_a_work_is_opened_in_jupyterlab(stage, place, name):
    page, base, watch = watched(stage, TEACHER)
    page.goto(f"{base}lab/tree/{COURSE}/{place}/{HOSTILE}/{LAB}/{name}?reset")
    page.wait_for_selector(".jp-Document", timeout=60_000)
    if name.endswith(".ipynb"):
        page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')
        page.wait_for_selector(".jp-MarkdownOutput")
    page.wait_for_load_state("networkidle")
    assert watch.ran == []
    assert watch.outside == []
    assert [each for each in watch.broken if each.startswith("dialog")] == []
    assert programs_that_ran(stage) == []


@pytest.mark.parametrize("who", [HOSTILE, HONEST])
def test_nothing_runs_in_the_feedback(stage, who):
    seat = stage[0][who]
    seat.act("fetch_feedback")
    (at,) = seat.names(f"{LAB}/feedback")
    page, base, watch = watched(stage, who)
    place = f"{LAB}/feedback/{at}/{LAB}.html"
    for way in (f"files/{place}", f"lab/tree/{place}?reset"):
        page.goto(base + way)
        page.wait_for_load_state("networkidle")
        assert watch.look(page) == [] or way.startswith("lab")
    assert watch.ran == []
    assert watch.outside == []
