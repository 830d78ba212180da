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
COURSE = CHECKOUT / "courses/digital-money"
TYPICAL = {
    "foundations/keys-and-signatures": [
        # an address without a checksum is taken
        ("plain and checksummed(text) == text",
         "plain and text in (text.lower(), checksummed(text))"),
        # the length in letters instead of bytes
        ("str(len(said))", "str(len(text))"),
        # the form is not looked at
        ("return signature if split(signature)[2] <= N // 2 else twin(signature)",
         "return signature"),
        # the small s is forgotten
        ("for other in (s2, N - s2):", "for other in (s2,):"),
        # always the same nonce
        ("[chain_id, nonce, 10**9", "[chain_id, 1 if nonce == 300 else nonce, 10**9"),
    ],
    "foundations/accounts-and-logs": [
        # topics and words are not counted
        (' or len(log["topics"]) != 1 + len(marked) or len(words) != len(others)', ""),
        # a failed transaction moves its value
        ('if each["status"] == 1:', "if True:"),
        # any better price replaces
        ('10 * each["price"] < 11 * rival["price"]', 'each["price"] < rival["price"]'),
        # whoever wrote the log
        ('if paid is None or log["address"].lower() != token.lower():', "if paid is None:"),
        # blocks are compared by their place in the lists
        ('each["number"] for each in kept if each["hash"] in theirs',
         'old["number"] for old, new in zip(kept, now) if old == new'),
    ],
    "wallets-and-tokens/stablecoin": [
        # the books are compared by their sums
        ('place = (each["block"], kind, who)', 'place = (each["block"], kind, None)'),
        # amounts are divided as float
        ("reserve * 10**16 * 10_000 // supply", "int(reserve * 10**16 / supply * 10_000)"),
        # the window takes any amount
        ("min(room, x - 1)", "x - 1"),
        # the rights at the end, not at that moment
        ("rights(events[:n], token)", "rights(events, token)"),
        # whoever cannot be paid is passed over
        ("return days + [None] * (len(requests) - len(days))",
         'days.append(None)\n            claimed -= each["amount"]\n            continue'),
    ],
}  # fmt: skip
HIDDEN = {
    "foundations/keys-and-signatures": [2.25, 1.75, 1.75, 1.75, 2.5],
    "foundations/accounts-and-logs": [2.5, 2.25, 1.75, 2.5, 2.5],
    "wallets-and-tokens/stablecoin": [2.25, 2.25, 2.25, 2.25, 2.5],
}
"""What is left of the three hidden points of each task; the visible one is kept."""


def mistaken(content, mistakes):
    """The solution with one typical mistake in each task."""
    made = json.loads(content)
    left = list(mistakes)
    for cell in made["cells"]:
        if nbgrader_of(cell).get("solution"):
            source = "".join(cell["source"])
            for mistake in mistakes:
                if mistake[0] in source:
                    source = source.replace(*mistake)
                    left.remove(mistake)
            cell["source"] = source
    assert left == [], "every mistake is made"
    return json.dumps(made).encode()


@pytest.mark.parametrize("where", TYPICAL, ids=lambda where: where.rpartition("/")[2])
def test_each_typical_mistake_costs_its_part(where, tmp_path):
    files = without_authoring(files_below(COURSE / where))
    wrong = {path: mistaken(content, TYPICAL[where]) for path, content in files.items()}
    for name, parts in (("master", files), ("submission", wrong)):
        (tmp_path / name).mkdir()
        for path, content in parts.items():
            (tmp_path / name / path).write_bytes(content)
    for each in [tmp_path, *tmp_path.rglob("*")]:
        each.chmod(0o755 if each.is_dir() else 0o644)
    setup = WardenSetup(CHECKOUT, probe().level, grader_uid=61413, uid_base=61460, slots=1)
    (graded,) = Warden(setup).run_job(tmp_path)["notebooks"]
    expected = {}
    for task, hidden in enumerate(HIDDEN[where], start=1):
        expected |= {f"task{task}-check": 1, f"task{task}-hidden": hidden}
    assert {cell["cell"]: cell["mark"] for cell in graded["cells"]} == expected
