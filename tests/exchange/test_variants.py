"""Each student has values of their own: the same whatever happens, and nobody's to choose."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import nbformat
import pytest
import yaml
from nbformat.v4 import new_markdown_cell
from nbgrader.exchange import ExchangeError
from nbgrader.validator import Validator

from sandbox.domain.classroom import ActionKind
from sandbox.domain.coursework import Bundle
from sandbox.domain.variants import Seed, is_variant
from sandbox.grading.authoring.catalogues import Catalogue, written
from sandbox.grading.authoring.grading import files_below, make_release
from sandbox.grading.authoring.texts import texts_of
from sandbox.hub.exchange.client import DeskProblem
from sandbox.hub.exchange.corrections import bring_all
from sandbox.hub.exchange.execute import take_outputs
from sandbox.hub.exchange.student import FetchAssignment, Submit
from sandbox.hub.exchange.teacher import ReleaseAssignment
from sandbox.kit.errors import IntegrityFailure
from sandbox.services import classroom_grading
from sandbox.services.classroom_people import person_in
from sandbox.services.classroom_queue import Grading
from sandbox.services.classroom_room import Room, load_receipt_key
from sandbox.services.classroom_variants import values_of
from sandbox.store.classroom import Actions, Members
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.variant_tables import Seeds
from tests.exchange.conftest import COURSE, LAB
from tests.grading.direct import reason
from tests.grading.notebooks import answer, check, notebook, setup

VARIANTS = {"SUM": {"from": 100, "to": 10**9}, "CITY": {"one_of": ["Osh", "Talas", "Naryn"]}}
TEXT = "You pay {{SUM}} som in {{CITY}}."
WORDS = {"Bills": "Счета", TEXT: "Вы платите {{SUM}} сом, город {{CITY}}.", "your sum": "сумма"}


def lab(text=TEXT):
    return notebook(
        new_markdown_cell("# Bills", id="top"),
        new_markdown_cell(text, id="text"),
        setup('SUM = 250  # som\nCITY = "Osh"', "variant"),
        answer("def bill():\n    return SUM", "bill"),
        check("assert bill() == SUM, 'your sum'", "bill-test", 4),
    )


def write(home, text=TEXT, variants=VARIANTS):
    """The teacher's source with a Russian catalogue, and what nbgrader makes of it."""
    source = home / "source" / "lab"
    shutil.rmtree(home, ignore_errors=True)
    (source / "locale").mkdir(parents=True)
    (source / "lab.ipynb").write_text(nbformat.writes(lab(text)))
    said = {"titles": {"en": "Bills", "ru": "Счета", "ky": "Эсептер"}}
    said |= {"seed": "student", "variants": variants} if variants else {"seed": "none"}
    (source / "course.yaml").write_text(yaml.safe_dump(said))
    words = {**WORDS, text: WORDS[TEXT]}
    (source / "locale" / "ru.po").write_bytes(
        written(texts_of(files_below(source)), Catalogue("ru", words))
    )
    made = make_release(source, home / "made")
    shutil.copytree(made, home / "release" / "lab")


@pytest.fixture
def varied(world):
    write(world.home("kanat") / COURSE)
    world.plugin(ReleaseAssignment, "kanat").start()
    return world


def enter(world, who, work):
    at = world.clock.now()
    with world.store.unit() as u:
        key = load_receipt_key(world.parts.receipt_key)
        room = Room(u, person_in(u, who, COURSE, at), at, Blobs(world.parts.blobs), key)
        result = work(room)
        u.commit()
    return result


def mine(world, who):
    return enter(world, "kanat", lambda room: values_of(room.u, COURSE, LAB, who))


def fetched(world, who):
    path = world.home(who) / LAB / "lab.ipynb"
    if not path.exists():
        world.plugin(FetchAssignment, who).start()
    return json.loads(path.read_text())


def cell_of(nb):
    (found,) = [each for each in nb["cells"] if is_variant(each)]
    return found


def source(cell):
    return "".join(cell["source"])


def change(world, who, old, new):
    path = world.home(who) / LAB / "lab.ipynb"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


class Looks:
    """The launcher's seam: keeps the teacher's version that a submission is graded by."""

    def __init__(self, folder):
        self.folder = folder
        self.masters = []

    def grade(self, job):
        self.masters.append((self.folder / job / "master" / "lab.ipynb").read_text())
        row = {"cell": "bill-test", "title": "Bills", "points": 4.0, "mark": 4.0,
               "status": "passed", "reason": None}  # fmt: skip
        return {"notebooks": [{"notebook": "lab", "cells": [row]}], "autograded": {}}


def graded_by(world, who=None, *, again=False):
    """The teacher's version by which everything is graded that somebody, if anybody, hands in."""
    folder = world.folder / "jobs"
    grader = Looks(folder)
    blobs = Blobs(world.parts.blobs)
    queue = Grading(world.store, blobs, folder, grader, world.clock)
    if who:
        world.plugin(Submit, who).start()
    newest = world.desk(who or "kanat").get("/submissions")[-1]["submission"]
    wanted = {"wanted": (newest,), "again": again}
    enter(world, "kanat", lambda room: classroom_grading.ask_grading(room, LAB, **wanted))
    while queue.work_once():
        pass
    return json.loads(grader.masters[-1]) if grader.masters else None


def test_each_student_gets_values_of_their_own_in_text_and_cell(varied):
    assert mine(varied, "lira") != mine(varied, "marat")
    for who in ("lira", "marat"):
        found, values = fetched(varied, who), mine(varied, who)
        assert 100 <= values["SUM"] <= 10**9
        said = source(found["cells"][1])
        assert said == f"You pay {values['SUM']} som in {values['CITY']}."
        cell = cell_of(found)
        assert source(cell) == f"SUM = {values['SUM']}  # som\nCITY = {values['CITY']!r}"
        assert cell["metadata"]["editable"] is False
        assert cell["metadata"]["deletable"] is False


def test_values_are_the_same_in_every_language(varied):
    files = varied.desk("lira").get("/assignments/lab/releases")[-1]
    both = [varied.desk("lira").files(f"/assignments/lab/releases/{files[lang]['hash']}")
            for lang in ("ru", "en")]  # fmt: skip
    russian, english = (json.loads(each["lab.ipynb"]) for each in both)
    assert cell_of(russian)["source"] == cell_of(english)["source"]
    values = mine(varied, "lira")
    text = "\n".join(source(each) for each in russian["cells"])
    assert f"Вы платите {values['SUM']} сом, город {values['CITY']}." in text


def test_validate_finds_nothing_changed_in_a_fetched_copy(varied):
    fetched(varied, "lira")
    nb = nbformat.read(varied.home("lira") / LAB / "lab.ipynb", as_version=4)
    assert Validator()._get_changed_cells(nb) == []


def test_what_is_graded_has_the_values_of_whoever_handed_in(varied):
    for who in ("lira", "marat"):
        cell = cell_of(fetched(varied, who))
        assert source(cell_of(graded_by(varied, who))) == source(cell)


def test_changed_cell_text_or_copied_work_is_graded_by_ones_own_values(varied):
    """A student cannot choose a variant, neither an easier one nor a neighbour's."""
    own = source(cell_of(fetched(varied, "lira")))
    theirs = fetched(varied, "marat")
    change(varied, "lira", f"SUM = {mine(varied, 'lira')['SUM']}", "SUM = 100")
    assert source(cell_of(graded_by(varied, "lira"))) == own
    (varied.home("lira") / LAB / "lab.ipynb").write_text(json.dumps(theirs))
    master = graded_by(varied, "lira")
    assert source(cell_of(master)) == own
    made = nbformat.reads(json.dumps(master), as_version=4)
    sum_of = mine(varied, "lira")["SUM"]
    neighbours = mine(varied, "marat")["SUM"]
    right = f"def bill():\n    return {sum_of}"
    copied = f"SUM = {neighbours}\ndef bill():\n    return {neighbours}"
    assert reason(made, {"bill": right, "variant": "SUM = 100"}, "bill-test") is None
    assert reason(made, {"bill": copied, "variant": f"SUM = {neighbours}"}, "bill-test") == {
        "kind": "assertion", "name": "AssertionError", "message": "your sum",
    }  # fmt: skip


def test_no_address_takes_another_students_name(varied):
    theirs = Bundle.of({"lab.ipynb": json.dumps(fetched(varied, "marat")).encode()}).hash
    every = varied.desk("lira").get("/assignments/lab/releases")[-1]
    hashes = {each["hash"] for each in varied.desk("marat").get("/assignments/lab/releases")[-1]
              .values()}  # fmt: skip
    assert hashes.isdisjoint(each["hash"] for each in every.values())
    for wanted in {theirs, *hashes}:
        with pytest.raises(DeskProblem, match="not_released"):
            varied.desk("lira").files(f"/assignments/lab/releases/{wanted}")
    path = "/assignments/lab/files?student=marat"
    assert cell_of(json.loads(varied.desk("lira").files(path)["lab.ipynb"])) == cell_of(
        fetched(varied, "lira")
    )


def test_neither_seed_nor_what_others_may_have_leaves_the_service(varied):
    seed = enter(varied, "kanat", lambda room: Seeds(room.u.session).get(COURSE, LAB).seed)
    paths = ("/assignments", "/assignments/lab/files", "/assignments/lab/releases")
    said = [json.dumps(varied.desk("lira").get(path)) for path in paths]
    assert len(seed) == 64
    assert not any(seed in each or str(10**9) in each for each in said)
    assert seed not in json.dumps(varied.desk("kanat").get("/assignments"))
    assert seed not in repr(Seed(COURSE, LAB, seed))


def test_handing_in_again_and_grading_again_keep_the_variant(varied):
    first = source(cell_of(fetched(varied, "lira")))
    assert source(cell_of(graded_by(varied, "lira"))) == first
    varied.later(days=3)
    assert source(cell_of(graded_by(varied, "lira", again=True))) == first
    shutil.rmtree(varied.home("lira") / LAB)
    assert source(cell_of(fetched(varied, "lira"))) == first


def test_correction_reaches_an_open_copy_with_the_same_values(varied):
    first, values = source(cell_of(fetched(varied, "lira"))), mine(varied, "lira")
    assert bring_all(varied.desk("lira"), varied.home("lira")) == []
    write(varied.home("kanat") / COURSE, "You owe {{SUM}} som in {{CITY}}.")
    varied.plugin(ReleaseAssignment, "kanat", force=True, note="A word.").start()
    assert bring_all(varied.desk("lira"), varied.home("lira"))
    found = fetched(varied, "lira")
    assert source(cell_of(found)) == first
    assert source(found["cells"][1]) == f"You owe {values['SUM']} som in {values['CITY']}."
    assert bring_all(varied.desk("lira"), varied.home("lira")) == []


def test_correction_lies_beside_work_with_the_same_values(varied):
    first = source(cell_of(fetched(varied, "lira")))
    change(varied, "lira", "raise NotImplementedError", "return 5")
    write(varied.home("kanat") / COURSE, "You owe {{SUM}} som in {{CITY}}.")
    varied.plugin(ReleaseAssignment, "kanat", force=True, note="A word.").start()
    bring_all(varied.desk("lira"), varied.home("lira"))
    beside = json.loads((varied.home("lira") / LAB / "lab.corrected.ipynb").read_text())
    assert source(cell_of(beside)) == first
    assert "return 5" in "\n".join(map(source, beside["cells"]))


@pytest.mark.parametrize("other", [None, {**VARIANTS, "SUM": {"from": 1, "to": 9}}])
def test_what_is_declared_changes_until_somebody_has_a_copy_and_not_later(varied, other):
    home = varied.home("kanat") / COURSE
    write(home, variants={"SUM": {"from": 5, "to": 6}, "CITY": VARIANTS["CITY"]})
    varied.plugin(ReleaseAssignment, "kanat", force=True, note="Smaller.").start()
    assert mine(varied, "lira")["SUM"] in {5, 6}
    first = source(cell_of(fetched(varied, "lira")))
    write(home, variants=other)
    with pytest.raises(ExchangeError, match="variants_changed"):
        varied.plugin(ReleaseAssignment, "kanat", force=True, note="Other.").start()
    assert source(cell_of(graded_by(varied, "lira"))) == first


def test_declaration_of_another_form_is_not_released(world):
    write(world.home("kanat") / COURSE, variants={"SUM": {"from": 9, "to": 1}})
    with pytest.raises(ExchangeError, match="variants_form"):
        world.plugin(ReleaseAssignment, "kanat").start()


def test_it_is_noted_which_copy_a_student_was_given(varied):
    fetched(varied, "lira")
    content = (varied.home("lira") / LAB / "lab.ipynb").read_bytes()
    (noted,) = enter(
        varied, "kanat", lambda room: Actions(room.u.session).all_of(ActionKind.FETCHED, COURSE)
    )
    assert noted.detail["copy"] == Bundle.of({"lab.ipynb": content}).hash


def test_lost_seed_fails_the_grading_instead_of_changing_the_variant(varied):
    fetched(varied, "lira")
    varied.plugin(Submit, "lira").start()
    enter(varied, "kanat", lambda room: room.u.session.execute(Seeds.table.delete()))
    with pytest.raises(IntegrityFailure, match="seed_lost"):
        mine(varied, "lira")
    assert graded_by(varied) is None
    standings = enter(varied, "kanat", lambda room: classroom_grading.standings(room, LAB))
    (stand,) = [each for each in standings if each.student == "lira"]
    assert (stand.error, stand.score) == ("classroom.seed_lost", None)


def test_group_and_namesake_change_nothing(varied):
    before = mine(varied, "lira")

    def move(room):
        members = Members(room.u.session)
        members.save(replace(members.get(COURSE, "lira"), group="AIN-2-24"))

    enter(varied, "kanat", move)
    assert mine(varied, "lira") == before


def test_autograde_in_the_teachers_server_takes_the_values_over(varied):
    """The source there has the example's values, the platform's notebook the student's."""
    here, graded = lab(), lab()
    graded.cells[2].source = "SUM = 777  # som\nCITY = 'Naryn'"
    take_outputs(here, graded)
    assert here.cells[2].source == graded.cells[2].source
    graded.cells[4].source = "pass"
    with pytest.raises(DeskProblem, match="other_notebook"):
        take_outputs(here, graded)
