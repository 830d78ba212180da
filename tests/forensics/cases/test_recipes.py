"""Recipes: a trainer turns knobs; what cannot be right is refused by name."""

from __future__ import annotations

import tomllib
from datetime import date, datetime
from pathlib import Path

import pytest

from sandbox.forensics.cases import CannotPlan, changed, plan, read_recipe, recipe
from sandbox.forensics.cases.recipes import COURSES, ENDS, NUMBERS, RANGES
from tests.forensics.cases.planned import NAMES, SMALL

CHECKOUT = Path(__file__).resolve().parents[3]


def refused(code, knobs, name="medium"):
    with pytest.raises(CannotPlan) as error:
        changed(name, knobs)
    assert error.value.code == code
    return error.value


def test_a_trainers_file_changes_what_it_names(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('based_on = "hard"\nhops = [5, 6]\nbegins = 2027-01-11\n', "utf-8")
    mine = read_recipe(path)
    assert (mine.hops, mine.begins, mine.name) == ((5, 6), date(2027, 1, 11), "hard")
    assert mine.ends == recipe("hard").ends
    assert plan(bytes(16), changed("hard", SMALL)).recipe.people == 40


@pytest.mark.parametrize("content", ["hops = [5", "\xff"])
def test_what_is_no_recipe_is_refused(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(CannotPlan, match="not_toml"):
        read_recipe(path)


@pytest.mark.parametrize("name", [*NUMBERS, *RANGES])
def test_a_knob_beyond_its_bounds_is_refused_by_name(name):
    least, most = (NUMBERS | RANGES)[name]
    for wrong in (least - 1, most + 1, 20.5, True, None, "20"):
        value = [wrong, wrong] if name in RANGES else wrong
        assert name in str(refused("cases.knob_out_of_bounds", {name: value}))
    right = [least, most] if name in RANGES else least
    assert changed("medium", {name: right})
    other = least if name in RANGES else [least, most]
    refused("cases.knob_out_of_bounds", {name: other})
    if name in RANGES:
        refused("cases.knob_out_of_bounds", {name: [most, least]})


@pytest.mark.parametrize(
    ("knobs", "code"),
    [
        ({"colour": 1}, "cases.knob_unknown"),
        ({"dwell": "slow"}, "cases.word_unknown"),
        ({"policy": "tiho"}, "cases.word_unknown"),
        ({"ends": {"casino": 1}}, "cases.word_unknown"),
        ({"courses": 3}, "cases.word_unknown"),
        ({"courses": {"hops": 0}}, "cases.knob_out_of_bounds"),
        ({"ends": {"hold": -1, "gold": 2}}, "cases.knob_out_of_bounds"),
        ({"begins": "2026-03-02"}, "cases.day_malformed"),
        ({"begins": datetime(2026, 3, 2)}, "cases.day_malformed"),  # noqa: DTZ001 - as TOML has it
        ({"begins": date(1999, 3, 2)}, "cases.day_malformed"),
        ({"free": [20]}, "cases.day_malformed"),
    ],
)
def test_a_knob_that_cannot_be_right_is_refused(knobs, code):
    error = refused(code, knobs)
    assert len({error.explain(each) for each in ("en", "ru", "ky")}) == 3


def test_a_recipe_that_is_not_there_is_refused_with_those_that_are():
    with pytest.raises(CannotPlan, match="easy, medium, hard"):
        recipe("extreme")
    assert [recipe(name).name for name in NAMES] == list(NAMES)


def test_a_recipe_means_the_same_however_it_is_written():
    ends = dict(recipe("hard").ends)
    turned = dict(reversed([each for each in ends.items() if each[1]]))
    assert changed("hard", {"ends": turned}) == recipe("hard")
    assert list(changed("hard", {"ends": turned}).ends) == list(ENDS)
    assert list(recipe("easy").courses) == list(COURSES)


def test_every_wording_is_raised_somewhere_and_every_code_has_one():
    source = "".join(
        each.read_text()
        for folder in ("forensics", "services")
        for each in (CHECKOUT / "sandbox" / folder / "cases").glob("*.py")
    )
    told = tomllib.loads((CHECKOUT / "sandbox/locale/errors/cases.toml").read_text("utf-8"))
    assert [code for code in told if f'"{code}"' not in source] == []
    raised = {part.split('"')[0] for part in source.split('"cases.')[1:]}
    assert {f"cases.{each}" for each in raised} == set(told)
