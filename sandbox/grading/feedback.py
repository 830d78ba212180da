"""Feedback: what failed and why, from marks alone.

Rules:

- Made from result rows, never from the graded notebook: no test and no output can be in it.
- Every word of a student or an error is escaped; then the whole body passes nh3, so that
  two mistakes are needed for a tag to survive.
- A test that credits steps is told step by step: what holds, what does not, and their points.
- One file, no script, no image, nothing remote; a policy in the file says so again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final

import nh3

from sandbox.domain.classroom import Mark, counted
from sandbox.kit.credit import Step
from sandbox.locale import Language, forms, has_wording, wording

_TAGS: Final = {"h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "ul", "li"}
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:1.5rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ccc;vertical-align:top;"
    "overflow-wrap:anywhere}"
)


@dataclass(frozen=True, slots=True)
class FeedbackOf:
    """What the feedback is about.

    Attributes:
        title: of the assignment, in the reader's language.
        student: account name.
        submitted_at: when it was handed in.
    """

    title: str
    student: str
    submitted_at: datetime


def render_feedback(about: FeedbackOf, marks: Iterable[Mark], lang: Language) -> str:
    """A page of feedback.

    Args:
        about: what it is about.
        marks: of one notebook, in order.
        lang: the reader's language.

    Returns:
        A complete HTML document.
    """
    rows = list(marks)
    score, points = sum(map(counted, rows)), sum(mark.points for mark in rows)
    waiting = sum(mark.waits for mark in rows)
    say = _Words(lang)
    total = say("feedback.total", score=score, points=points)
    at = f"{about.submitted_at:%Y-%m-%d %H:%M:%S} UTC"
    parts = [
        f"<h1>{say('feedback.title')}: {escape(about.title)}</h1>",
        f"<p><strong>{total}</strong></p>",
        *([f"<p>{say('feedback.not_final', count=waiting)}</p>"] if waiting else []),
        f"<p>{escape(about.student)}. {say('feedback.handed_in', at=at)}</p>",
        (
            f"<table><thead><tr><th>{say('feedback.task')}</th><th>{say('feedback.mark')}</th>"
            f"<th>{say('feedback.why')}</th></tr></thead><tbody>"
        ),
        *(_row(mark, say) for mark in rows),
        "</tbody></table>",
    ]
    body = nh3.clean("".join(parts), tags=_TAGS, attributes={})
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(about.title)}</title><style>{_STYLE}</style></head>"
        f"<body>{body}</body></html>\n"
    )


def reason_text(mark: Mark, lang: Language, *, own: bool = True) -> str:
    """Why a mark is what it is, in words.

    Args:
        mark: the row.
        lang: the reader's language.
        own: whether the reader is the student; teachers are not told of "your code".
    """

    def say(code: str, **params: object) -> str:
        of_student = code.replace("feedback.reason.", "feedback.of_student.")
        return wording(code if own or not has_wording(of_student) else of_student, params, lang)

    return _reason(mark, say)


def missed(mark: Mark) -> tuple[str, ...]:
    """What does not hold, in the author's words; empty where a test credits no steps.

    Args:
        mark: the row.
    """
    return tuple(step.what for step in _steps(mark) if not step.holds)


def step_texts(mark: Mark, lang: Language) -> tuple[str, ...]:
    """Each step of a test with its points, in words; empty where it credits none.

    Args:
        mark: the row; of one that gave all points nothing more is said.
        lang: the reader's language.
    """
    return _step_texts(mark, lambda code, **params: wording(code, params, lang))


class _Words:
    """Escaped wordings in one language."""

    def __init__(self, lang: Language) -> None:
        self._lang = lang

    def __call__(self, code: str, **params: object) -> str:
        return escape(wording(code, params, self._lang))

    def points(self, value: float) -> str:
        """A mark in the language's form."""
        return forms.points(value, self._lang)


def _row(mark: Mark, say: _Words) -> str:
    title = escape(mark.title or mark.cell)
    why = _reason(mark, say)
    if mark.told:
        why = f"{why} {say('feedback.comment', text=mark.told)}"
    steps = "".join(f"<li>{text}</li>" for text in _step_texts(mark, say))
    why += f"<ul>{steps}</ul>" if steps else ""
    return (
        f"<tr><td>{title}</td><td>{say.points(counted(mark))} / {say.points(mark.points)}</td>"
        f"<td>{why}</td></tr>"
    )


def _reason(mark: Mark, say: object) -> str:
    assert callable(say)
    if mark.status in ("passed", "partial", "manual"):
        codes = {
            "passed": "feedback.full",
            "partial": "feedback.partial",
            "manual": "feedback.reason.manual",
        }
        return str(say(codes[mark.status]))
    kind = str(mark.reason.get("kind", "absent"))
    message = str(mark.reason.get("message", ""))[:500]
    if kind == "assertion" and not message:
        kind = "assertion_silent"
    name = str(mark.reason.get("name", ""))[:80]
    if kind == "raised" and name == "NotImplementedError":
        kind = "unwritten"
    elif kind == "raised" and not message.strip():
        kind = "raised_silent" if name else "raised_unnamed"
    if kind not in _KINDS:
        kind = "absent"
    return str(say(f"feedback.reason.{kind}", message=message, name=name))


def _step_texts(mark: Mark, say: Callable[..., str]) -> tuple[str, ...]:
    if mark.status == "passed":
        return ()
    return tuple(
        say(
            "feedback.step_holds" if step.holds else "feedback.step_missed",
            points=step.points,
            what=step.what,
        )
        for step in _steps(mark)
    )


def _steps(mark: Mark) -> list[Step]:
    return [
        Step(float(step["points"]), bool(step["holds"]), str(step["what"])[:500])
        for step in mark.reason.get("steps") or []
    ]


_KINDS: Final = frozenset(
    {
        "assertion",
        "assertion_silent",
        "raised",
        "raised_silent",
        "raised_unnamed",
        "unwritten",
        "missing",
        "earlier",
        "opaque",
        "form",
        "timeout",
        "absent",
    }
)
