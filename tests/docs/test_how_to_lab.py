"""The examples of "Work in a lab" run, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path

from sandbox.sdk import build_lab

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/lab.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_examples_of_the_page_are_true() -> None:
    assert build_lab.main([]) == 0
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) >= 4
    for number, block in enumerate(blocks):
        exec(compile(block, f"lab.md block {number}", "exec"), names)
        if number == 0:
            balance = names["chain"].kgst.balance(names["bek"])
            assert f"# {balance}" in block
    assert names["clause"] == "per_transaction"
    assert len(names["receipts"]) == 2
