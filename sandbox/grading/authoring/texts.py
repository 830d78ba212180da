"""Everything of an assignment that is to be translated, in the order it is read.

Rules:

- Text cells, pictures (``pictures/*.svg``), Markdown files, the quiz, what tests say when they
  fail, and the words in code (`code_words`). Cells that students write in are theirs; what code
  does is one source for all languages.
- The same words are one text, wherever they stand.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape, unescape
from typing import Any, Final

from sandbox.domain.release import QUIZ, source_of
from sandbox.grading.authoring.blocks import blocks_of, without_code
from sandbox.grading.authoring.code_words import words_in
from sandbox.grading.authoring.quizzes import quiz_of, words_of
from sandbox.grading.telling import credited_words, imports_credit
from sandbox.kit.errors import InvalidInput

_SVG_TEXT: Final = re.compile(r"(<(?:text|tspan|title|desc)\b[^>]*>)([^<>]+)(?=<)")
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Text:
    """One text.

    Attributes:
        key: the source text itself.
        file: where it stands.
        cell: in which cell; empty outside notebooks.
        message: whether it is what a test says, not what a page shows.
        code: whether it stands in code alone.
    """

    key: str
    file: str
    cell: str = ""
    message: bool = False
    code: bool = False


def texts_of(files: Mapping[str, bytes]) -> tuple[Text, ...]:
    """The texts of an assignment, each once.

    Args:
        files: of the source, by relative path.
    """
    found: dict[str, Text] = {}
    for path in sorted(files, key=_reading_order):
        for text in _texts(path, files[path]):
            if text.key not in found or found[text.key].code:
                found[text.key] = text
    return tuple(found.values())


def _reading_order(path: str) -> tuple[int, str]:
    kinds = (".ipynb", ".svg", ".md")
    return next((n for n, kind in enumerate(kinds) if path.endswith(kind)), len(kinds)), path


def _texts(path: str, content: bytes) -> Iterator[Text]:
    if path.endswith(".ipynb"):
        for cell, credited in credited_in(json.loads(content)["cells"]):
            yield from _of_cell(path, cell, credited)
    elif path.endswith(".svg"):
        for words in svg_words(content.decode("utf-8")):
            yield Text(words, path)
    elif path == QUIZ:
        yield from _of_quiz(content)
    elif path.endswith(".md"):
        for block in blocks_of(content.decode("utf-8")):
            if block.words:
                yield Text(block.key, path)


def _of_quiz(content: bytes) -> Iterator[Text]:
    """The words of a quiz; one that cannot be read has none, and the check says so."""
    try:
        quiz = quiz_of(content)
    except InvalidInput:
        return
    for question, words in words_of(quiz):
        if _LETTER.search(without_code(words)):
            yield Text(words, QUIZ, question)


def credited_in(
    cells: Iterable[dict[str, Any]],
) -> Iterator[tuple[dict[str, Any], tuple[str, ...]]]:
    """The cells of a notebook, each with what the steps that it credits say.

    Args:
        cells: in order; a test may use the ``credit`` that an earlier one imports.
    """
    imported = False
    for cell in cells:
        graded = cell.get("cell_type") == "code" and nbgrader_of(cell).get("grade")
        source = source_of(cell) if graded else ""
        yield cell, credited_words(source, imported=imported)
        imported = imported or imports_credit(source)


def _of_cell(path: str, cell: dict[str, Any], credited: tuple[str, ...]) -> Iterator[Text]:
    name = cell_name(cell)
    if is_text(cell):
        for block in blocks_of(source_of(cell)):
            if block.words:
                yield Text(block.key, path, name)
    elif is_code(cell):
        if nbgrader_of(cell).get("grade"):
            for words in (*messages_of(source_of(cell)), *filter(_LETTER.search, credited)):
                yield Text(words, path, name, message=True)
        for words in words_in(source_of(cell)):
            yield Text(words, path, name, code=True)


def is_text(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is text of the author, not a place for an answer."""
    return cell.get("cell_type") == "markdown" and not nbgrader_of(cell).get("solution")


def is_code(cell: Mapping[str, Any]) -> bool:
    """Whether a cell is code whose words are the author's: not an answer that a person marks."""
    about = nbgrader_of(cell)
    return cell.get("cell_type") == "code" and not (about.get("solution") and about.get("grade"))


def nbgrader_of(cell: Mapping[str, Any]) -> Mapping[str, Any]:
    """Nbgrader's metadata of a cell as it lies in a file."""
    found = cell.get("metadata", {}).get("nbgrader", {})
    return found if isinstance(found, dict) else {}


def cell_name(cell: Mapping[str, Any]) -> str:
    """How a cell is called in findings and catalogues: nbgrader's id, else its own."""
    return str(nbgrader_of(cell).get("grade_id") or cell.get("id") or "")


def messages_of(source: str) -> list[str]:
    """What the assertions of a test say.

    Args:
        source: of the cell; what is no plain Python says nothing.

    >>> messages_of("assert x == 1, 'x is one'")
    ['x is one']
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    said = [node.msg for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    words = [each.value for each in said if isinstance(each, ast.Constant)]
    return [word for word in words if isinstance(word, str) and _LETTER.search(word)]


def svg_words(svg: str) -> list[str]:
    """The words in a picture.

    >>> svg_words('<svg><text x="1">a &amp; b</text><text>12</text></svg>')
    ['a & b']
    """
    words = [unescape(match[2]).strip() for match in _SVG_TEXT.finditer(svg)]
    return [word for word in words if _LETTER.search(word)]


def svg_in(svg: str, translate: Mapping[str, str]) -> str:
    """A picture with its words in another language.

    Args:
        svg: the source.
        translate: words to words; what is not in it stays.
    """

    def place(match: re.Match[str]) -> str:
        words = unescape(match[2]).strip()
        return match[1] + escape(translate[words], quote=False) if words in translate else match[0]

    return _SVG_TEXT.sub(place, svg)
