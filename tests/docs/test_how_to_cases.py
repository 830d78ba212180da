"""The examples of "Plan a case" run, in the order of the page."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from sandbox.forensics.cases import Case, changed

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/cases.md"
BLOCK = re.compile(r"^```(python|toml)\n(.*?)^```", re.DOTALL | re.MULTILINE)

EXECUTED = "## Make a case that a trainee can work on"


def test_the_examples_of_the_page_are_true(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = BLOCK.findall(PAGE.read_text("utf-8").split(EXECUTED)[0])
    assert len(blocks) >= 7
    for number, (language, block) in enumerate(blocks):
        if language == "python":
            exec(compile(block, f"cases.md block {number}", "exec"), names)
        else:
            knobs = tomllib.loads(block)
            assert changed(knobs.pop("based_on"), knobs).name == "hard"
    assert isinstance(names["mine"], Case)
    assert names["mine"].recipe.fan == (4, 6)
    assert 0 < names["score"].f1 <= 1
    assert names["opens"](names["seal"], names["truth"].as_data(), salt=names["case"].salt)


@pytest.mark.slow
def test_the_examples_of_a_class_are_true(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"secret": bytes(range(32))}
    blocks = BLOCK.findall(PAGE.read_text("utf-8").split(EXECUTED)[1])
    assert len(blocks) == 2
    for number, (_, block) in enumerate(blocks):
        exec(compile(block, f"cases.md, class, block {number}", "exec"), names)
    assert [each.error for each in names["done"]] == [None, None]
    assert names["hers"] == names["done"][0].made
    assert int(names["last"], 16) == names["hers"].manifest["chains"]["kgst"]["blocks"]
