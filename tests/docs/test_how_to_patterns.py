"""The examples of "Mixers, bridges and peel chains" run, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/patterns.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_examples_of_the_page_are_true() -> None:
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) == 3
    for number, block in enumerate(blocks):
        exec(compile(block, f"patterns.md block {number}", "exec"), names)
    hidden, reused = names["found"].withdrawals.rows(named=True)
    assert (hidden["candidates"], reused["likeliest"], reused["revealed"]) == (4, "0xa2", 5)
    assert 3 < hidden["effective"] < 4
    legs = names["legs"].legs
    assert legs.select("amount", "payee", "arrived").rows() == [
        (5_000, "0xc1", 498),
        (4_000, "0xc2", 398),
    ]
    assert legs["probability"].to_list() == pytest.approx([1 / 1.0025] * 2)
    assert names["chains"]["on"].to_list() == [f"0xc{hop}" for hop in range(1, 6)]
