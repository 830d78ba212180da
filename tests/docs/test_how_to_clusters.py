"""The examples of "Who stands behind several accounts" run, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/clusters.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_examples_of_the_page_are_true() -> None:
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) >= 6
    for number, block in enumerate(blocks):
        exec(compile(block, f"clusters.md block {number}", "exec"), names)
    found, aida, second = (names[name] for name in ("found", "aida", "second"))
    assert found.of(aida) == [aida, second]
    assert found.why(aida, second)["heuristic"].to_list() == ["deposit"]
    door = names["ended"].nodes.filter(account="0xd0")
    assert door.select("tag", "stop").rows() == [("exchange: deposit address", "service")]
