r"""A lesson: what teaches in an assignment's notebook, taken out for reading on a page.

Rules:

- It is made from the student's version in a language, so it holds what every student has anyway.
  Cells for answers, tests and what carries a marker of the authors are left out all the same.
- A text that begins with a heading and stands right before a place for an answer is a task's text.
  One that does so right before a test names the test, and is no part of the lesson.
- Code that nobody grades is a worked example; where it is locked, it is given code.
- Pictures are named by their content, so that they can be served each under its own address.

>>> cells = [{"cell_type": "markdown", "source": "# Keys\n\nA key.\n\n## 1. One\n\nMore."}]
>>> notebook = json.dumps({"cells": cells}).encode()
>>> [(each.title, each.parts[0].text) for each in lesson_of({"a.ipynb": notebook}).sections]
[('', 'A key.'), ('1. One', 'More.')]
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Final

from sandbox.domain.release import HIDDEN, MARKING, SOLUTION, source_of
from sandbox.grading.authoring.blocks import Block, blocks_of
from sandbox.grading.authoring.texts import nbgrader_of

PICTURE: Final = "picture:"
"""Before the name of a picture in a lesson's text."""
KINDS: Final[Mapping[str, str]] = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}
_LINKED: Final = re.compile(r"(!\[[^\]]*\]\()\s*<?([^)\s>]+)>?(\s+\"[^\"]*\")?\)")
_INSIDE: Final = re.compile(r"data:([a-z]+/[a-z+]+);base64,([A-Za-z0-9+/=]+)")
Files = Mapping[str, bytes]
Cells = list[dict[str, Any]]


class Kind(StrEnum):
    """What a part of a lesson is."""

    TEXT = "text"
    TASK = "task"
    EXAMPLE = "example"
    GIVEN = "given"


@dataclass(frozen=True, slots=True)
class Part:
    """One part.

    Attributes:
        text: Markdown, or Python for an example and given code.
        title: of a task, as Markdown.
    """

    kind: Kind
    text: str
    title: str = ""


@dataclass(slots=True)
class Section:
    """What stands below one heading; the first has none."""

    title: str = ""
    parts: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and its media type."""

    content: bytes
    media: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """What there is to read.

    Attributes:
        language: the texts are in; empty where the notebook does not say.
        pictures: by name, which stands in texts after ``picture:``.
    """

    sections: tuple[Section, ...]
    pictures: Mapping[str, Picture]
    language: str


def lesson_of(files: Files) -> Lesson:
    """The lesson of an assignment.

    Args:
        files: that students get, in one language.
    """
    sections, pictures, language = [Section()], dict[str, Picture](), ""
    for path in sorted(files):
        if path.endswith(".ipynb"):
            notebook = json.loads(files[path])
            language = str(notebook.get("metadata", {}).get("synak", {}).get("language", language))
            for cell, kind in _of_lesson(notebook["cells"]):
                _add(sections, kind, _with_pictures(cell, files, pictures))
    return Lesson(tuple(each for each in sections if each.parts), pictures, language)


def _of_lesson(cells: Cells) -> Iterator[tuple[dict[str, Any], Kind]]:
    for at, cell in enumerate(cells):
        kind = _kind(cell, cells[at + 1] if at + 1 < len(cells) else {})
        if kind is not None and source_of(cell).strip():
            yield cell, kind


def _kind(cell: dict[str, Any], following: dict[str, Any]) -> Kind | None:
    """What a cell is in a lesson; None: no part of it."""
    about, source = nbgrader_of(cell), source_of(cell)
    if about.get("solution") or about.get("grade"):
        return None
    if any(mark in source for mark in (*HIDDEN, *SOLUTION, *MARKING)):
        return None
    if cell.get("cell_type") == "code":
        return Kind.GIVEN if about.get("locked") else Kind.EXAMPLE
    if cell.get("cell_type") != "markdown":
        return None
    headed = source.lstrip().startswith("#")
    asks = headed and bool(nbgrader_of(following).get("solution"))
    if headed and not asks and nbgrader_of(following).get("grade"):
        return None
    return Kind.TASK if asks or about.get("task") else Kind.TEXT


def _add(sections: list[Section], kind: Kind, source: str) -> None:
    if kind is Kind.TASK:
        first, *rest = blocks_of(source)
        headed = _level(first) > 0
        title, rest = (first.key, rest) if headed else ("", [first, *rest])
        sections[-1].parts.append(Part(kind, _joined(rest), title))
    elif kind is Kind.TEXT:
        _add_text(sections, blocks_of(source))
    else:
        sections[-1].parts.append(Part(kind, source))


def _add_text(sections: list[Section], blocks: list[Block]) -> None:
    """Begin a section at each heading of the second level; the notebook's title is the page's."""
    gathered: list[Block] = []
    for block in blocks:
        if _level(block) == 2:
            _close(sections, gathered)
            sections.append(Section(block.key))
            gathered = []
        elif _level(block) != 1:
            gathered.append(block)
    _close(sections, gathered)


def _close(sections: list[Section], blocks: list[Block]) -> None:
    if blocks:
        sections[-1].parts.append(Part(Kind.TEXT, _joined(blocks)))


def _joined(blocks: list[Block]) -> str:
    return "\n\n".join(block.before + block.key + block.after for block in blocks)


def _level(block: Block) -> int:
    """The level of a heading, from 1; 0 for everything else."""
    marks = block.before.strip()
    return len(marks) if marks and not marks.strip("#") else 0


def _with_pictures(cell: dict[str, Any], files: Files, pictures: dict[str, Picture]) -> str:
    source = source_of(cell)
    if cell.get("cell_type") != "markdown":
        return source
    attached = cell.get("attachments") or {}
    return _LINKED.sub(partial(_named, attached, files, pictures), source)


def _named(
    attached: Mapping[str, Any],
    files: Files,
    pictures: dict[str, Picture],
    match: re.Match[str],
) -> str:
    """A picture's link with its name instead of its address; one that is not there has none."""
    found = _picture(match[2], attached, files)
    if found is None:
        return f"{match[1]}{PICTURE})"
    name = hashlib.sha256(found.content).hexdigest()[:32]
    pictures[name] = found
    return f"{match[1]}{PICTURE}{name})"


def _picture(address: str, attached: Mapping[str, Any], files: Files) -> Picture | None:
    inside = _INSIDE.fullmatch(address)
    if inside:
        return _decoded(inside[1], inside[2])
    if address.startswith("attachment:"):
        kinds = attached.get(address.removeprefix("attachment:")) or {}
        media, content = next(iter(kinds.items()), ("", ""))
        return _decoded(str(media), str(content))
    media = KINDS.get(address.rpartition(".")[2].lower(), "")
    return Picture(files[address], media) if media and address in files else None


def _decoded(media: str, text: str) -> Picture | None:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return Picture(content, media) if media in KINDS.values() else None
