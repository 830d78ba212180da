"""What is translated: blocks of Markdown, pictures, what tests say; and how it comes back."""

from __future__ import annotations

import nbformat
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from nbformat.v4 import new_markdown_cell

from sandbox.grading.authoring.blocks import blocks_of, rewritten, shape_of
from sandbox.grading.authoring.texts import svg_in, texts_of
from tests.grading.notebooks import answer, cell, check, notebook


def keys(source):
    return [block.key for block in blocks_of(source) if block.words]


def test_paragraph_filled_anew_is_the_same_text():
    assert keys("A wallet is\na key.") == keys("A wallet\nis a key.") == ["A wallet is a key."]


def test_line_break_that_means_something_stays():
    assert keys("one  \ntwo") == ["one  \ntwo"]
    assert keys("- one\n  goes on\n- two") == ["- one goes on\n- two"]
    assert keys("| a | b |\n|---|---|\n| 1 | 2 |") == ["| a | b |\n|---|---|\n| 1 | 2 |"]


def test_heading_is_a_text_of_its_own_without_its_signs():
    assert keys("## Keys\nText") == ["Keys", "Text"]


@pytest.mark.parametrize("fence", ["```python\nx = one\n```", "~~~solidity\nword\n~~~"])
def test_code_is_nobodys_to_translate(fence):
    assert keys(fence) == []
    assert rewritten(fence, str.upper) == fence


def test_words_of_a_drawing_are_translated_and_its_fence_stays():
    assert rewritten("```\nkey → address\n```", str.upper) == "```\nKEY → ADDRESS\n```"


@pytest.mark.parametrize("source", ["---", "`only_code()`", "$$x = y$$", "![](a.svg)", "12 %"])
def test_what_has_no_words_is_nobodys_to_translate(source):
    assert keys(source) == []


def test_fence_that_is_never_closed_loses_nothing():
    assert rewritten("```python\nx\ny", str.upper) == "```python\nx\ny"


@given(st.text(alphabet="ab \n#-`1.|", max_size=60))
@example("1\n--\na")
@example("a\n- ")
@example("# a# #")
def test_rewriting_without_change_keeps_every_key(source):
    again = rewritten(source, lambda key: key)
    assert keys(again) == keys(source)


@pytest.mark.parametrize(
    ("source", "other", "part"),
    [
        ("Write `f(x)`", "Write `f(y)`", "code"),
        ("see [a](b.md)", "see [a](c.md)", "link"),
        ("12.50 som", "12.5 som", "number"),
        ("- a\n- b", "- a", "list"),
        ("a", "a <script>x</script>", "tag"),
        ("$x$", "$y$", "formula"),
    ],
)
def test_shape_shows_what_a_translation_lost(source, other, part):
    mine, theirs = shape_of(source), shape_of(other)
    assert [name for name in mine if mine[name] != theirs[name]] == [part]


def test_shape_is_the_same_in_another_order():
    assert shape_of("`a` then `b`, 2 of 3") == shape_of("3 ичинен 2: `b`, анан `a`")


def texts(*cells, **files):
    made = {"lab.ipynb": nbformat.writes(notebook(*cells)).encode(), **files}
    return {text.key: text for text in texts_of(made)}


def test_places_for_answers_and_code_are_not_translated():
    mine = new_markdown_cell(
        "Answer here", metadata={"nbgrader": {"solution": True, "grade_id": "q"}}
    )
    assert set(texts(mine, answer("x = 'word'", "x"))) == set()


def test_what_a_test_says_is_translated_also_when_it_is_hidden():
    found = texts(check("assert x == 1, 'x is one'\nassert x, f'{x}'", "x-test", 1))
    assert list(found) == ["x is one"]
    assert found["x is one"].message
    assert found["x is one"].cell == "x-test"


def test_unreadable_test_says_nothing():
    assert texts(cell("%magic", "x", grade=True, locked=True)) == {}


def test_words_of_a_picture_come_back_escaped():
    svg = '<svg><text x="1">key &amp; address</text><text>42</text></svg>'
    assert list(texts(**{"pictures/a.svg": svg.encode()})) == ["key & address"]
    done = svg_in(svg, {"key & address": "ачкыч <дарек>"})
    assert done == '<svg><text x="1">ачкыч &lt;дарек&gt;</text><text>42</text></svg>'
