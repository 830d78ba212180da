"""What a file says is never obeyed by a terminal."""

from __future__ import annotations

import json

import pytest

from sandbox.kit.printable import printable, printable_json

WORDS = "Сом, өкүм: 10 000 — да"


@pytest.mark.parametrize(
    "bad",
    ["\x1b", "\x9b", "\r", "\n", "\b", "\x7f", "\0", "\u202e", "\u2028", "\ud800", "\U000e0041"],
)
def test_what_does_not_print_is_escaped_and_json_means_the_same(bad):
    shown = printable(f"a{bad}b")
    assert shown.isprintable()
    assert shown.startswith("a\\")
    value = {"name": f"a{bad}b"}
    told = printable_json(json.dumps(value, indent=1, ensure_ascii=False))
    assert all(each.isprintable() or each == "\n" for each in told)
    assert json.loads(told) == value


def test_what_prints_stays_as_it_is():
    assert printable(WORDS) == WORDS
    assert printable_json(json.dumps(WORDS, ensure_ascii=False)) == f'"{WORDS}"'
