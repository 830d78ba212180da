"""The examples of pages about forensics that need no chain run, in the order of each page."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs/how-to"
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)


def run(page, least):
    """Run all blocks of a page; the names that they made."""
    names: dict[str, object] = {}
    blocks = BLOCK.findall((FOLDER / page).read_text("utf-8"))
    assert len(blocks) >= least
    for number, block in enumerate(blocks):
        exec(compile(block, f"{page} block {number}", "exec"), names)
    return names


def test_the_examples_of_screening_are_true() -> None:
    names = run("screening.md", 3)
    assert f"found.score  # {names['found'].score}" in (FOLDER / "screening.md").read_text("utf-8")
    hits = names["result"].hits.select("customer", "entry", "verdict").rows()
    assert hits == [("c-2", "T-2", "block"), ("c-1", "T-1", "block")]
    assert names["strict"].hits["verdict"].to_list() == ["block", "block"]


def test_the_examples_of_the_travel_rule_are_true() -> None:
    names = run("travel-rule.md", 5)
    page = (FOLDER / "travel-rule.md").read_text("utf-8")
    rows = names["found"].transfers.select("message", "status", "why", "latency").rows()
    assert f"# {rows}" in page
    assert names["feed"].refused.is_empty()
    strict = names["match"](*(names[each] for each in ("transfers", "register", "feed", "strict")))
    assert f"# {strict.transfers['status'].to_list()}" in page


def test_the_examples_of_reserves_are_true() -> None:
    names = run("reserves.md", 4)
    page = (FOLDER / "reserves.md").read_text("utf-8")
    assert f"# {names['check_proof'](names['mine'], names['tree'].root)!r}" in page
    assert f"claims.hidden  # {names['claims'].hidden}" in page
    assert f"found.findings  # {names['found'].findings}" in page
    assert names["found"].lenders.height == 1


def test_the_examples_of_provider_risk_are_true() -> None:
    names = run("provider-risk.md", 6)
    page = (FOLDER / "provider-risk.md").read_text("utf-8")
    found, decision = names["found"], names["decision"]
    assert f"# {(found.points, found.tier.id)}" in page
    assert f"found.least  # {found.least}:" in page
    assert f"# {(decision.proposed, decision.milder)}" in page
    again = names["provider_risk"].rate("exchange-a", found_values(found), names["other_model"])
    assert f"other_model).tier.id  # {again.tier.id!r}" in page
    for tier in found.model.tiers:
        measure = tier.measure_titles["en"].split(":")[0].split(" until")[0]
        assert f"| {tier.id} | {tier.start} | {measure} |" in page


def found_values(rating):
    """The values of a rating."""
    return {each.indicator.id: each.value for each in rating.lines}


def test_the_examples_of_scoring_are_true() -> None:
    names = run("scoring.md", 7)
    assert (names["marks"].passed, names["marks"].open) == (None, ("method", "clarity"))
    assert names["signed"].passed in {True, False}
    assert names["median"]([names["signed"]]) == names["signed"].points
    assert names["mine"].scaled("recovery") == names["Fraction"](1500, 35)
    assert names["solver"].points > names["marks"].points > 0
    page = (FOLDER / "scoring.md").read_text("utf-8")
    whole = names["Rubric"].shipped("P11").points
    assert [part for part, each in whole.items() if f"| {part} | {each} |" not in page] == []
