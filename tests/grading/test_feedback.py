"""Feedback tells why, in three languages, and holds nothing that could run."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from sandbox.domain.classroom import Mark
from sandbox.grading.feedback import FeedbackOf, render_feedback

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
EVIL = "<script>alert(1)</script><img src=//evil onerror=x>\"'><a href=javascript:x>"


def mark(status="failed", **more):
    values = {
        "submission": "s", "notebook": "lab", "cell": "t", "title": "Task", "points": 4.0,
        "mark": 0.0, "status": status, "reason": {},
    }  # fmt: skip
    return Mark(**{**values, **more})


def page(*marks, lang="en", title="Sums", student="lira"):
    return render_feedback(FeedbackOf(title, student, AT), marks, lang)


@pytest.mark.parametrize("kind", ["assertion", "raised", "missing", "form", "unheard of"])
def test_what_students_wrote_is_never_markup(kind):
    reason = {"kind": kind, "name": EVIL, "message": EVIL}
    made = page(mark(reason=reason, title=EVIL, comment=EVIL, cell=EVIL), title=EVIL, student=EVIL)
    tags = set(re.findall(r"<\s*([a-zA-Z!/]+)", made))
    allowed = {"!DOCTYPE", "html", "head", "meta", "title", "style", "body", "h", "p", "strong",
               "table", "thead", "tbody", "tr", "th", "td"}  # fmt: skip
    assert {tag.lstrip("/") for tag in tags} <= allowed


def test_nothing_remote_and_no_script():
    made = page(mark())
    assert "http" not in made.replace("http-equiv", "")
    assert "<script" not in made
    assert "default-src 'none'" in made


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "A check did not hold: 2 is 2"),
        ("ru", "Проверка не выполнена: 2 is 2"),
        ("ky", "Текшерүү аткарылган жок: 2 is 2"),
    ],
)
def test_reason_is_told_in_the_students_language(lang, words):
    made = page(mark(reason={"kind": "assertion", "message": "2 is 2"}), lang=lang)
    assert words in made
    assert f'<html lang="{lang}">' in made


def test_silent_assertion_shows_no_text_of_the_test():
    assert "A check did not hold." in page(mark(reason={"kind": "assertion", "message": ""}))


def test_total_counts_the_teachers_mark():
    made = page(mark("passed", mark=4.0), mark("partial", mark=1.0, teacher_mark=2.5))
    assert "Mark: 6.5 of 8" in made


@pytest.mark.parametrize(
    ("lang", "shown"), [("en", "2.5 / 4"), ("ru", "2,5 / 4"), ("ky", "2,5 / 4")]
)
def test_points_are_in_the_languages_form(lang, shown):
    steps = [{"points": 0.5, "holds": True, "what": "a sum"}]
    made = page(mark("partial", mark=2.5, reason={"steps": steps}), lang=lang)
    half = "0.5" if lang == "en" else "0,5"
    assert (shown in made, half in made, "2.5" in made) == (True, True, lang == "en")


@pytest.mark.parametrize("lang", ["en", "ru", "ky"])
def test_an_untouched_place_is_said_to_be_unwritten_without_a_dangling_colon(lang):
    untouched = page(mark(reason={"kind": "raised", "name": "NotImplementedError"}), lang=lang)
    silent = page(mark(reason={"kind": "raised", "name": "KeyError"}), lang=lang)
    loud = page(mark(reason={"kind": "raised", "name": "KeyError", "message": "'a'"}), lang=lang)
    assert "NotImplementedError" not in untouched
    assert "KeyError" in silent
    assert ": </td>" not in untouched + silent
    assert "KeyError: " in loud or "KeyError катасын" in loud
