"""A hostile Solidity source fails its own task: no file is read, nothing else is lost."""

from __future__ import annotations

import pytest

from sandbox.domain.release import without_authoring
from sandbox.grading.authoring.grading import files_below
from tests.courses.submissions import CONTRACTS, continued, graded

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FOLDER = CONTRACTS / "writing-and-testing"
NOT_PLACED = "the source compiles and the contract can be put on the chain"
IDEAL = """interface IDeal {
    error NotYours();
    error TooEarly();
    error WrongState();
    function fund() external;
    function release() external;
    function refund() external;
}"""
FORMS = {
    "files outside, and code that never ends": {
        "task1": "PRICES = PRICES.replace('import', 'import \"/etc/passwd\";\\nimport', 1)",
        "task2": "TILL = TILL.replace('import', 'import \"synak/../../solc.js\";\\nimport', 1)",
        "task3": "DEAL = DEAL.replace('deadline_;', 'deadline_; while (gasleft() > 0) {}')",
    },
    "too large, a path, too deep": {
        "task1": "PRICES += '/' * 3_000_000",
        "task2": "TILL = '/etc/hostname'",
        "task3": "DEAL = DEAL.replace('deadline = deadline_', "
        "'deadline = ' + '(' * 200_000 + 'deadline_' + ')' * 200_000)",
    },
    "no text, several files, another interface": {
        "task1": "PRICES = type('Text', (str,), {})(PRICES)",
        "task2": "TILL = {'Answer.sol': TILL, '../../outside.sol': TILL}",
        "task3": f"DEAL = DEAL.replace('import {{IDeal}} from \"given.sol\";', {IDEAL!r})",
    },
}


@pytest.mark.parametrize("lines", FORMS.values(), ids=FORMS)
def test_hostile_source_fails_its_task_and_nothing_else(tmp_path, lines):
    files = without_authoring(files_below(FOLDER))
    rows = graded(tmp_path, files, continued(files, lines))
    lost = {f"task{n}-{kind}": 0 for n in (1, 2, 3) for kind in ("check", "hidden")}
    marks = {name: row["mark"] for name, row in rows.items()}
    assert marks == {**lost, "task4-check": 1, "task4-hidden": 5}
    said = [rows[f"task{n}-check"]["reason"] for n in (1, 2, 3)]
    assert [(each["kind"], each["message"]) for each in said] == [("assertion", NOT_PLACED)] * 3
    assert "root:" not in str(rows), "no file's content is told"
