"""The examples of "Act on a case" run, in the order of the page."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/acting.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def test_the_examples_of_the_page_are_true() -> None:
    names: dict[str, object] = {}
    for number, block in enumerate(BLOCK.findall(PAGE.read_text("utf-8"))):
        exec(compile(block, f"acting.md block {number}", "exec"), names)
    now, worth = names["now"], names["worth"]
    assert now.latest(1).stage == "confirmed"
    assert now.latest(2).stage == "granted"
    assert names["refused"].startswith("Нужны подписи двух")
    assert names["lost"].time < names["case"].public().reports[0].moment
    assert worth.caught + worth.lost > 0
    assert worth.harm == 0
