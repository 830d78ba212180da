"""``synak course``: new, check, texts, sign, as an author types them."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from sandbox.grading.authoring.grading import files_below
from sandbox.grading.commands import app
from sandbox.kit.errors import Conflict, InvalidInput


def typed(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def place(tmp_path):
    return tmp_path / "courses" / "money" / "basics" / "first-sums"


@pytest.fixture
def started(place):
    assert typed("new", place).exit_code == 0
    return place


def test_new_assignment_passes_the_check_with_nothing_asked(started):
    done = typed("check", "--quick", started.parent.parent)
    assert done.exit_code == 0, done.output
    assert "FAIL" not in done.output


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_new_assignment_passes_the_check_when_it_is_run(started):
    done = typed("check", started)
    assert done.exit_code == 0, done.output
    assert "the solution gives every point: 4" in done.output
    assert "s left)" in done.output, "progress is told"


def test_new_assignment_carries_the_titles_given(place):
    title = 'Sums "and" more: 2 \\ 3'
    assert typed("new", place, "--title", title, "--title-ky", "Суммалар 2, 3").exit_code == 0
    cells = json.loads((place / "first-sums.ipynb").read_text())["cells"]
    assert "".join(cells[0]["source"]).startswith(f"# {title}\n")
    assert "Суммалар 2, 3" in (place / "locale" / "ky.po").read_text()
    assert typed("check", "--quick", place).exit_code == 0


def test_new_never_overwrites(started):
    before = files_below(started)
    done = typed("new", started)
    assert isinstance(done.exception, Conflict)
    assert files_below(started) == before


@pytest.mark.parametrize("name", ["First", "a_b", "1st", "ш"])
def test_new_with_a_name_that_cannot_be_is_refused_and_writes_nothing(tmp_path, name):
    done = typed("new", tmp_path / "courses" / "money" / "basics" / name)
    assert isinstance(done.exception, InvalidInput)
    assert list(tmp_path.iterdir()) == []


def test_fault_is_named_with_code_file_cell_and_what_to_do_and_exits_with_1(started):
    path = started / "first-sums.ipynb"
    path.write_text(path.read_text().replace("Run the cells from", "Run all cells from"))
    done = typed("check", "--quick", started)
    assert done.exit_code == 1
    assert "FAIL authoring.text_untranslated first-sums.ipynb [intro]" in done.output
    assert "Run synak course texts" in done.output
    done = typed("check", "--quick", "--language", "ru", started)
    assert "Выполните synak course texts" in done.output


def test_texts_marks_what_changed_and_keeps_the_rest(started):
    path = started / "first-sums.ipynb"
    path.write_text(path.read_text().replace("add up payments exactly.", "add payments exactly."))
    done = typed("texts", started)
    assert "19 translated, 1 changed (fuzzy), 0 new" in done.output
    assert "authoring.text_stale" in typed("check", "--quick", started).output
    before = files_below(started)
    typed("texts", started)
    assert files_below(started) == before


def test_texts_builds_each_language_for_looking_at(started, tmp_path):
    done = typed("texts", started, "--build", tmp_path / "out")
    assert done.exit_code == 0
    russian = (tmp_path / "out" / "first-sums" / "ru" / "first-sums.ipynb").read_text()
    assert "Запускайте ячейки сверху вниз" in russian
    assert "BEGIN SOLUTION" not in russian
    guide = (tmp_path / "out" / "first-sums" / "ky" / "guide.md").read_text()
    assert "окутуучулар үчүн" in guide


def test_signed_language_is_said_to_be_signed(started):
    assert typed("sign", started, "--language", "ky", "--name", "Айгүл Осмонова").exit_code == 0
    done = typed("check", "--quick", started)
    assert "ky signed by Айгүл Осмонова" in done.output
    assert "No native reader has signed ru" in done.output


def test_source_language_is_not_signed(started):
    done = typed("sign", started, "--language", "en", "--name", "A Reader")
    assert isinstance(done.exception, InvalidInput)
    assert not (started / "locale" / "signed.yaml").exists()


def test_unknown_language_is_a_wrong_command_line(started):
    assert typed("sign", started, "--language", "de", "--name", "A Reader").exit_code == 2


@pytest.mark.parametrize("command", ["check", "texts"])
def test_folder_without_an_assignment_is_a_wrong_command_line(tmp_path, command):
    assert typed(command, tmp_path).exit_code == 2
