"""Typical mistakes cost what they should: part of a task right gives part of its points."""

from __future__ import annotations

import json

import pytest

from sandbox.domain.release import without_authoring
from sandbox.grading.authoring.grading import files_below
from sandbox.grading.authoring.texts import nbgrader_of
from sandbox.grading.warden import Warden, WardenSetup
from sandbox.isolation.probe import probe
from sandbox.toolchain.layout import CHECKOUT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
FOLDER = CHECKOUT / "courses/digital-money/foundations/keys-and-signatures"
MISTAKES = [
    # task 1: an address without a checksum is taken
    ("plain and checksummed(text) == text", "plain and text in (text.lower(), checksummed(text))"),
    # task 2: the length in letters instead of bytes
    ("str(len(said))", "str(len(text))"),
    # task 3: the form is not looked at
    ("return signature if split(signature)[2] <= N // 2 else twin(signature)", "return signature"),
    # task 4: the small s is forgotten
    ("for other in (s2, N - s2):", "for other in (s2,):"),
    # task 5: always the same nonce
    ("[chain_id, nonce, 10**9", "[chain_id, 1 if nonce == 300 else nonce, 10**9"),
]
MARKS = {
    "task1-check": 1, "task1-hidden": 2.25, "task2-check": 1, "task2-hidden": 1.75,
    "task3-check": 1, "task3-hidden": 1.75, "task4-check": 1, "task4-hidden": 1.75,
    "task5-check": 1, "task5-hidden": 2.5,
}  # fmt: skip


def mistaken(content):
    """The solution with one typical mistake in each task."""
    made = json.loads(content)
    left = list(MISTAKES)
    for cell in made["cells"]:
        if nbgrader_of(cell).get("solution"):
            source = "".join(cell["source"])
            for mistake in MISTAKES:
                if mistake[0] in source:
                    source = source.replace(*mistake)
                    left.remove(mistake)
            cell["source"] = source
    assert left == [], "every mistake is made"
    return json.dumps(made).encode()


def test_each_typical_mistake_costs_its_part(tmp_path):
    files = without_authoring(files_below(FOLDER))
    wrong = {path: mistaken(content) for path, content in files.items()}
    for name, parts in (("master", files), ("submission", wrong)):
        (tmp_path / name).mkdir()
        for path, content in parts.items():
            (tmp_path / name / path).write_bytes(content)
    for each in [tmp_path, *tmp_path.rglob("*")]:
        each.chmod(0o755 if each.is_dir() else 0o644)
    setup = WardenSetup(CHECKOUT, probe().level, grader_uid=61413, uid_base=61460, slots=1)
    (graded,) = Warden(setup).run_job(tmp_path)["notebooks"]
    assert {cell["cell"]: cell["mark"] for cell in graded["cells"]} == MARKS
