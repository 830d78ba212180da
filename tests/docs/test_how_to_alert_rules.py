"""The how-to of the 27 rules: its examples run, its table is the shipped pack's.

``python -m tests.docs.test_how_to_alert_rules`` writes the table anew.
"""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import polars as pl
import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs/how-to/alert-rules.md"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
TABLE = re.compile(r"(?<=<!-- table of the rules -->\n).*?(?=<!-- end -->)", re.DOTALL)


def hook():
    path = CHECKOUT / "docs/_hooks/rule_pack.py"
    spec = importlib.util.spec_from_file_location("docs_rule_pack", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def names():
    """What the examples of the page leave, run in the order of the page."""
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text("utf-8"))
    assert len(blocks) == 5
    for number, block in enumerate(blocks):
        exec(compile(block, f"alert-rules.md block {number}", "exec"), names)
        if number == 0:
            found = names["found"]
            assert found.hits["rule"].to_list() == ["R01"]
            assert found.alerts["typology"].to_list() == ["structuring"]
        if number == 1:
            line = "R06 New customer empties a large first deposit: not computable: needs customers"
            assert f"['{line}', …]" in block
            assert found.lines()[0] == line
            assert names["found"].not_computable["R14"] == ("taint",)
    return names


def test_the_examples_of_the_page_are_true(names) -> None:
    trial = names["trial"]
    row = trial.rules.filter(pl.col("name") == "R01").row(0, named=True)
    assert row == {"name": "R01", "before": 1, "after": 0, "gained": 0, "lost": 1, "same": 0}
    assert trial.alerts["outcome"].to_list() == ["lost"]
    assert trial.workload == {"before": 0.5, "after": 0.0}
    mules = names["on_a_case"].rules.filter(truth="mule")
    assert mules["accounts"].min() > 0
    assert mules["recall"].max() > 0
    measured = names["measures"].rules.filter(name="R01", truth="smurfing").row(0, named=True)
    assert (measured["recall"], measured["false"], measured["seconds"]) == (1.0, 0, 4 * 3_600)


def test_the_table_of_the_page_is_the_shipped_packs() -> None:
    text = PAGE.read_text("utf-8")
    assert TABLE.search(text)
    assert TABLE.search(text)[0] == "\n" + hook().rules() + "\n"


def test_every_rule_value_typology_and_side_table_is_in_the_reference() -> None:
    from sandbox.forensics.rules import Pack
    from sandbox.forensics.rules.tables import COLUMNS

    page, pack = hook().page(), Pack.shipped()
    for name, rule in pack.rules.items():
        part = " ".join(page.split(f"## {name} ")[1].split("\n## ")[0].split())
        assert [key for key in rule.parameters if f"`{key}`" not in part] == [], name
        assert "Definition: " in part
        assert "Measured: " in part
    assert [name for name in pack.typologies if f"`{name}`" not in page] == []
    assert [name for name in COLUMNS if f"`{name}`" not in page] == []
    assert pack.hash in page
    text = PAGE.read_text("utf-8")
    columns = {(name, column) for name, each in COLUMNS.items() for column in each}
    rows = {row.split(" | ")[0]: row for row in text.splitlines() if row.startswith("| `")}
    assert [pair for pair in columns if f"`{pair[1]}`" not in rows[f"| `{pair[0]}`"]] == []


def test_every_measured_rate_is_in_the_reference_and_of_the_shipped_pack() -> None:
    from sandbox.forensics.rules import Pack

    published = json.loads(hook().MEASURED.read_text("utf-8"))
    assert published["pack"] == Pack.shipped().hash
    parts = hook().page().split("## Measured on cases")[1].split("### Cases: ")[1:]
    assert len(parts) == len(published["difficulties"]) == 3
    for part, (name, each) in zip(parts, published["difficulties"].items(), strict=True):
        assert part.startswith(name)
        alerted = {*each["rules"], *each["typologies"]}
        assert part.count("\n| ") == 1 + len(alerted)
        assert {*each["rules"], *each["silent"], *each["not_computable"]} == {*Pack.shipped().rules}


if __name__ == "__main__":
    written = TABLE.sub(lambda _: "\n" + hook().rules() + "\n", PAGE.read_text("utf-8"))
    PAGE.write_text(written, "utf-8")
