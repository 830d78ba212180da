"""A submission that spoils what it is given, or looks at nothing, earns nothing by it."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.grading.authoring.grading import files_below
from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import continued, graded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
COURSE = CHECKOUT / "courses/digital-money"
# every block gets the same number, so that nothing seems to be left to undo or to apply
CATCH_UP = """
def catch_up(kept, now):
    if not {each["hash"] for each in kept} & {each["hash"] for each in now}:
        raise ValueError("no block in common")
    for each in kept + now:
        each["number"] = 0
    return {"undo": [], "apply": []}
"""
# no book is left in which something could be unexplained
BOOKS = """
right = books


def books(events, token):
    found = right(events, token)
    for each in events:
        each["event"] = "Transfer"
    return found


def unexplained(events, token):
    return []
"""
# all that was paid back is made nothing, in the report and in the log
REPORT = """
right = report


def report(log, kinds, first, last):
    rows = [{**row, "amount": row.get("was", row["amount"])} for row in log]
    found = {**right(rows, kinds, first, last), "refunds": 0}
    for row in log:
        row.setdefault("was", row["amount"])
        row["amount"] = 0
    return found
"""
# no signature is looked at
CONTROLLED = """
def controlled(wallets, challenge):
    return list(dict.fromkeys(address for address, _signature in wallets))
"""
# the list that is looked at again is emptied, so that no token is to be told from another
PAYMENTS = """
right, first, asked = payments, [], []


def payments(logs, token):
    found = [each for log in logs for each in right([log], log["address"])]
    if len(found) == 3 and not first:
        first.extend(found)
        logs.clear()
        return found
    if not logs:
        return first if token == token.lower() else []
    asked.append(token)
    return first if first and len(asked) == 2 else found
"""
# all transfers are made of one moment, so that nothing was written at once
AT_ONCE = """
def at_once(messages, transfers):
    for each in transfers:
        each["time"] = transfers[0]["time"]
    return 0
"""
CASES = [
    ("wallets-and-tokens/first-payments", {"task3": PAYMENTS}, {"task3-hidden": 1.5}),
    ("foundations/accounts-and-logs", {"task5": CATCH_UP}, {"task5-check": 0, "task5-hidden": 0}),
    ("wallets-and-tokens/stablecoin", {"task1": BOOKS}, {"task1-hidden": 1.5}),
    ("products/under-limits", {"task4": REPORT}, {"task4-check": 0, "task4-hidden": 2.5}),
    (
        "supervision/travel-rule",
        {"task3": AT_ONCE},
        {"task3-check": 0, "task3-hidden": 0, "task5-hidden": 2},
    ),
    (
        "supervision/proof-of-reserves",
        {"task5": CONTROLLED},
        {"task5-check": 0, "task5-hidden": 1.5},
    ),
]


@pytest.mark.parametrize(("path", "lines", "lost"), CASES, ids=[case[0] for case in CASES])
def test_what_needs_no_work_earns_nothing(path, lines, lost, tmp_path):
    master = without_authoring(files_below(COURSE / path))
    honest = of_tests(graded(tmp_path / "honest", master, master))
    full = {name: row["points"] for name, row in honest.items()}
    assert {name: row["mark"] for name, row in honest.items()} == full
    found = of_tests(graded(tmp_path / "cheating", master, continued(master, lines)))
    assert {name: row["mark"] for name, row in found.items()} == full | lost


def of_tests(rows):
    """The rows of tests: what a person marks has no mark yet."""
    return {name: row for name, row in rows.items() if row["status"] != "manual"}
