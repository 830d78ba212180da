"""What of a notebook is a lesson: what teaches, and never an answer or a test."""

from __future__ import annotations

import base64
import json

from sandbox.grading.lessons import Kind, lesson_of

SVG = b"<svg><title>a</title></svg>"


def text(source, **about):
    return {"cell_type": "markdown", "source": source, "metadata": {"nbgrader": about}}


def code(source, **about):
    return {"cell_type": "code", "source": source, "metadata": {"nbgrader": about}}


def lesson(*cells, **files):
    notebook = json.dumps({"cells": list(cells), "metadata": {"synak": {"language": "ky"}}})
    return lesson_of({"lab.ipynb": notebook.encode(), **files})


def parts(found):
    return [
        (each.kind, each.title or each.text) for section in found.sections for each in section.parts
    ]


ANSWER = code("def f(): ...", solution=True, grade_id="f")


def test_lessons_examples_given_code_and_tasks_are_told_apart():
    found = lesson(
        text("# Title\n\nWhy."),
        code("import x", locked=True, grade_id="setup"),
        text("## 1. Keys\n\nA key."),
        code("print(1)"),
        text("### Task 1: find it\n\nWrite `f`."),
        ANSWER,
        code("assert f()", grade=True, locked=True, grade_id="t"),
        text("## 2. More\n\nThe end."),
    )
    assert parts(found) == [
        (Kind.TEXT, "Why."),
        (Kind.GIVEN, "import x"),
        (Kind.TEXT, "A key."),
        (Kind.EXAMPLE, "print(1)"),
        (Kind.TASK, "Task 1: find it"),
        (Kind.TEXT, "The end."),
    ]
    assert [each.title for each in found.sections] == ["", "1. Keys", "2. More"]
    assert found.language == "ky"


def test_no_answer_and_no_test_is_in_it_even_from_a_source():
    found = lesson(
        text("my words", solution=True, grade=True, points=2),
        code("### BEGIN SOLUTION\n42\n### END SOLUTION"),
        code("### BEGIN HIDDEN TESTS\nassert f() == 42\n### END HIDDEN TESTS"),
        text("Explain.\n\n=== BEGIN MARK SCHEME ===\nsecret\n=== END MARK SCHEME ===", task=True),
        code("assert f() == 42", grade=True, locked=True),
    )
    assert found.sections == ()


def test_a_text_before_an_answer_that_has_no_heading_is_read_as_the_lesson():
    assert parts(lesson(text("A key is a number."), ANSWER)) == [(Kind.TEXT, "A key is a number.")]


def test_pictures_inside_the_notebook_and_beside_it_are_named_by_content():
    inside = base64.b64encode(SVG).decode()
    found = lesson(
        text(f"![a](data:image/svg+xml;base64,{inside}) ![b](pictures/b.png)"),
        **{"pictures/b.png": b"png"},
    )
    assert {each.media for each in found.pictures.values()} == {"image/svg+xml", "image/png"}
    assert all(f"(picture:{name})" in parts(found)[0][1] for name in found.pictures)


def test_a_picture_from_elsewhere_or_of_another_kind_has_no_address():
    page = base64.b64encode(b"<script>").decode()
    for address in (
        "https://evil.example/x.png",
        f"data:text/html;base64,{page}",
        "data:image/svg+xml;base64,%",
        "missing.svg",
        "../../etc/passwd.png",
        "attachment:none.png",
    ):
        found = lesson(text(f"![words]({address})"))
        assert not found.pictures, address
        assert parts(found) == [(Kind.TEXT, "![words](picture:)")]


def test_an_attachment_is_a_picture():
    cell = text("![a](attachment:a.png)")
    cell["attachments"] = {"a.png": {"image/png": base64.b64encode(b"png").decode()}}
    assert [each.content for each in lesson(cell).pictures.values()] == [b"png"]


def test_the_name_of_a_test_is_no_part_of_the_lesson():
    tested = code("assert f()", grade=True, locked=True, grade_id="t")
    found = lesson(text("### Task 1"), ANSWER, text("#### Hidden checks\n\nLater."), tested)
    assert parts(found) == [(Kind.TASK, "Task 1")]
    assert parts(lesson(text("Run it."), tested)) == [(Kind.TEXT, "Run it.")]
