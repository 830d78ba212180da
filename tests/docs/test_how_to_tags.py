"""The examples of "What others say about addresses" run, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/tags.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_examples_of_the_page_are_true() -> None:
    names: dict[str, Any] = {}
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) == 4
    for number, block in enumerate(blocks):
        exec(compile(block, f"tags.md block {number}", "exec"), names)
    tags = names["tags"]
    assert tags.conflicts["says"].to_list() == [
        "exchange",
        "mixer",
        "Ala-Too Exchange",
        "Dark Mix",
    ]
    assert tags.services(least=50) == {"0xe1": "exchange"}
    assert tags.services(least=20) == {"0xe1": "exchange | mixer"}
    rows = names["said"].select("account", "label", "links", "confidence").rows()
    assert rows == [("0xa1", "Aida", 0, 0.5), ("0xa2", "Aida", 1, 0.25)]
