"""The examples of "Keep what was found" run, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/exhibits.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_examples_of_the_page_are_true(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) >= 2
    for number, block in enumerate(blocks):
        exec(compile(block, f"exhibits.md block {number}", "exec"), names)
    page = PAGE.read_text("utf-8")
    for each in (tmp_path / "T-07").iterdir():
        assert f"`{each.name}`" in page or f"`{each.suffix}`" in page
    assert names["picture"].svg.startswith("<svg")
    assert names["paper"].startswith(b"%PDF")
    assert names["form"] != names["text"]
    assert names["kept"].verify()["fifo-forward.json"].totals["held"] == 700
