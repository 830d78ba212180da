"""Where each student has values of their own, a neighbour's answer loses what is given for them."""

from __future__ import annotations

import pytest

from sandbox.toolchain.layout import CHECKOUT
from tests.courses.submissions import marks_with

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
COURSE = CHECKOUT / "courses/digital-money"
KEYS = [
    ("Ваучер {VOUCHER} сом, {CITY}", "Ваучер 940 сом, Талас"),
    ("hash2, signature2 = evidence(TAXI)", "hash2, signature2 = evidence(5)"),
]
LOGS = [
    ("return native_change(ME, MY_DAY)", "return -1_234_567"),
    ("return -(-HANGING * 11 // 10)", "return 1_157"),
]
SOM = [
    ("pay_through(HELD, CAP, 200_000, RENT)", "pay_through(5_000, 30_000, 200_000, 100_100)"),
    ("startswith(DIGEST)", 'startswith("67b6c7d2fae2631a8dba1763b932445ef09da6f9")'),
]
COIN = [
    ("return -(-(WHOLE * 10**18 + DUST) // 10**16)", "return 100_101"),
    ("best(POOL, POOL * PRICE // 10_000, FEE, POOL)", "best(10**9, 91 * 10**7, 10, 10**9)"),
]
CASES = [
    ("foundations/keys-and-signatures", KEYS, {"task2-hidden", "task4-hidden"}),
    ("foundations/accounts-and-logs", LOGS, {"task2-hidden", "task3-hidden"}),
    ("central-bank-money/digital-som", SOM, {"task2-hidden", "task4-hidden"}),
    ("wallets-and-tokens/stablecoin", COIN, {"task2-hidden", "task3-hidden"}),
]


@pytest.mark.parametrize(("path", "copied", "lost"), CASES, ids=[case[0] for case in CASES])
def test_a_neighbours_answer_loses_its_part(path, copied, lost, tmp_path):
    marks = marks_with(tmp_path, COURSE / path, copied)
    full = {name: 3 if name.endswith("hidden") else 1 for name in marks}
    assert marks == full | dict.fromkeys(lost, 2.75)
