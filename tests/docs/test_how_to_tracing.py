"""The examples of "Follow money through a ledger" run, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path

from sandbox.sdk import build_lab

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/tracing.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_examples_of_the_page_are_true() -> None:
    assert build_lab.main([]) == 0
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) >= 5
    for number, block in enumerate(blocks):
        exec(compile(block, f"tracing.md block {number}", "exec"), names)
        if number == 0:
            assert f"{{'seeded': {names['found'].totals['seeded']}," in block
    assert names["found"].nodes.filter(tag="exchange")["stop"].to_list() == ["service"]
    assert names["back"].backward
    names["chain"].close()
