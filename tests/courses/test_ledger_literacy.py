"""Twelve values of a ledger of one's own: written by hand they count, a neighbour's do not."""

from __future__ import annotations

import json

import pytest

from sandbox.domain.release import without_authoring
from sandbox.domain.variants import filled
from sandbox.forensics.lessons import small_ledger
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import nbgrader_of
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import graded
from tests.forensics.lessons.answers import answers

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FOLDER = CHECKOUT / "courses/following-money/basics/ledger-literacy"
MINE, NEIGHBOUR = 12_345, 54_321
TASKS = {
    "task1": ("payer", "payee", "paid"),
    "task2": ("foreign", "lost", "gold"),
    "task3": ("held", "place", "confirmations"),
    "task4": ("fee", "change", "unspent"),
}
LEFT = "# YOUR CODE HERE\nraise NotImplementedError()"


def by_hand(number):
    """What a trainee writes down, in the forms in which people write."""
    found = answers(small_ledger(number))
    said = {name: str(value) for name, value in found.items()}
    return {
        **said,
        "payer": said["payer"].upper().replace("0X", "0x"),
        "paid": decimal(found["paid"], 18),
        "gold": decimal(found["gold"], 6).replace(".", ","),
        "held": " " + decimal(found["held"], 2),
        "lost": int(said["lost"]),
        "place": "/".join(map(str, found["place"])),
    }


def decimal(minor, places):
    digits = str(minor).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}"


def marks(place, values, after=""):
    """Points of the tests of the four tasks for these values, and what the steps say."""
    master = filled(without_authoring(files_below(FOLDER)), {"LEDGER": MINE})
    made = dict(master)
    ((path, content),) = ((p, c) for p, c in master.items() if p.endswith(".ipynb"))
    notebook = json.loads(content)
    for cell in notebook["cells"]:
        names = TASKS.get(nbgrader_of(cell).get("grade_id"), ())
        if names:
            lines = [f"{name} = {values[name]!r}" for name in names]
            cell["source"] = "\n".join([*lines, after])
    made[path] = json.dumps(notebook).encode()
    rows = graded(place, master, made)
    steps = [each for task in TASKS for each in rows[f"{task}-hidden"]["reason"]["steps"]]
    return [rows[f"{task}-hidden"]["mark"] for task in TASKS], steps


def test_values_written_by_hand_count_also_where_the_given_lines_were_left(tmp_path):
    found, steps = marks(tmp_path, by_hand(MINE), LEFT)
    assert found == [6, 6, 6, 6]
    assert len(steps) == 12
    assert {(each["points"], each["holds"]) for each in steps} == {(2.0, True)}
    assert [each["what"].split(":")[0] for each in steps] == [f"value {n}" for n in range(1, 13)]


def test_a_neighbours_values_earn_nothing(tmp_path):
    found, steps = marks(tmp_path, by_hand(NEIGHBOUR))
    assert found == [0, 0, 0, 0]
    assert {each["holds"] for each in steps} == {False}


def test_each_typical_mistake_costs_its_value_and_no_other(tmp_path):
    mine, right = small_ledger(MINE), by_hand(MINE)
    before = [each for each in mine.rows if each["block"] < mine.height]
    wrong = {
        "payer": mine.payment["from"],
        "gold": decimal(answers(mine)["gold"], 18),
        "held": decimal(held(mine.account, before), 2),
        "confirmations": int(right["confirmations"]) - 1,
        "unspent": True,
    }
    found, steps = marks(tmp_path, right | wrong)
    assert found == [4, 4, 2, 4]
    lost = {each["what"].split(":")[0] for each in steps if not each["holds"]}
    assert lost == {"value 1", "value 6", "value 7", "value 9", "value 12"}


def held(account, rows):
    came = sum(each["amount"] for each in rows if each["payee"] == account)
    return came - sum(each["amount"] for each in rows if each["payer"] == account)
