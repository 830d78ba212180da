"""What a student gets: the student's version in a language, made from one source.

Rules:

- Only texts change: text cells, Markdown files, and in code what a reader reads (`code_words`).
  What code does and ids are the same in every language; grading runs the teacher's cells, so
  that a submission is graded the same whatever it was read in.
- A text without a translation stands in the source language.
- A language that no native reader has signed says so at the top of each notebook.
- Pictures (SVG) are put into the notebook itself, as images: no script in them can run,
  and there is no file to lose.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any, Final, cast

import nbformat
import yaml
from nbgrader.utils import compute_checksum

from sandbox.domain.release import source_of, without_authoring
from sandbox.grading.authoring.blocks import rewritten
from sandbox.grading.authoring.catalogues import Catalogue, path_of, read_catalogue
from sandbox.grading.authoring.code_words import code_in
from sandbox.grading.authoring.signing import is_signed
from sandbox.grading.authoring.texts import is_code, is_text, nbgrader_of, svg_in
from sandbox.locale import LANGUAGES, Language, wording

_PICTURE: Final = re.compile(r"\]\((?!https?:|data:|attachment:)([^)\s]+\.svg)\)")
Files = Mapping[str, bytes]


def source_language(files: Files) -> Language:
    """The language the source is written in: ``language`` of ``course.yaml``, else English."""
    try:
        said = yaml.safe_load(files.get("course.yaml", b"").decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        said = None
    wanted = said.get("language") if isinstance(said, dict) else None
    return cast("Language", wanted) if wanted in LANGUAGES else "en"


def catalogues_of(files: Files) -> dict[Language, Catalogue]:
    """The catalogues that an assignment has.

    Args:
        files: of the source.

    Raises:
        InvalidInput: ``authoring.catalogue_unreadable``.
    """
    return {
        lang: read_catalogue(files[path_of(lang)], lang)
        for lang in LANGUAGES
        if path_of(lang) in files and lang != source_language(files)
    }


def in_languages(student_version: Files, master: Files) -> dict[Language, dict[str, bytes]]:
    """The student's version in each language; without a catalogue it is the source's.

    Args:
        student_version: as nbgrader made it.
        master: the source, with catalogues and pictures.

    Raises:
        InvalidInput: ``authoring.catalogue_unreadable``, ``authoring.signatures_unreadable``.
    """
    source = Catalogue(source_language(master))
    catalogues = {source.language: source, **catalogues_of(master)}
    built = {
        lang: _built(student_version, master, catalogue, translated=catalogue is not source)
        for lang, catalogue in catalogues.items()
    }
    return {lang: built.get(lang, built[source.language]) for lang in LANGUAGES}


def guide_in(files: Files, catalogue: Catalogue) -> str:
    """The teacher's guide in a language; empty when there is none."""
    return rewritten(files.get("guide.md", b"").decode("utf-8"), catalogue.translate)


def _built(
    student_version: Files, master: Files, catalogue: Catalogue, *, translated: bool
) -> dict[str, bytes]:
    note = ""
    if translated and not is_signed(master, catalogue):
        note = wording("authoring.machine_assisted", {}, catalogue.language)
    found = without_authoring(student_version)
    for path in found:
        if path.endswith(".ipynb"):
            found[path] = _notebook(found[path], master, catalogue, note)
        elif path.endswith(".md"):
            text = found[path].decode("utf-8")
            found[path] = (rewritten(text, catalogue.translate) + "\n").encode()
    return found


def _notebook(content: bytes, master: Files, catalogue: Catalogue, note: str) -> bytes:
    notebook = json.loads(content)
    cells = notebook["cells"]
    for cell in cells:
        if is_text(cell):
            text = source_of(cell)
            if catalogue.words:
                text = rewritten(text, catalogue.translate)
            cell["source"] = _PICTURE.sub(partial(_inside, master, catalogue), text)
        elif catalogue.words and is_code(cell):
            _tell(cell, catalogue)
    if note:
        _put_on_top(cells, f"> {note}")
    notebook.setdefault("metadata", {})["synak"] = {"language": catalogue.language}
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _tell(cell: dict[str, Any], catalogue: Catalogue) -> None:
    """Put a cell's code into the language, and renew what nbgrader holds a locked cell against."""
    said = code_in(source_of(cell), catalogue.words.get)
    if said == source_of(cell):
        return
    cell["source"] = said
    if "checksum" in nbgrader_of(cell):
        cell["metadata"]["nbgrader"]["checksum"] = _checksum(cell)


def _checksum(cell: dict[str, Any]) -> str:
    return str(compute_checksum(nbformat.from_dict(cell)))  # type: ignore[no-untyped-call]


def _put_on_top(cells: list[dict[str, Any]], note: str) -> None:
    if cells and is_text(cells[0]):
        cells[0]["source"] = f"{note}\n\n{source_of(cells[0])}"
    else:
        top = {"cell_type": "markdown", "id": "language", "metadata": {}, "source": note}
        cells.insert(0, top)


def _inside(master: Files, catalogue: Catalogue, match: re.Match[str]) -> str:
    """A picture's address, as the picture itself."""
    svg = master.get(match[1])
    if svg is None:
        return match[0]
    words = svg_in(svg.decode("utf-8"), catalogue.words).encode()
    return f"](data:image/svg+xml;base64,{base64.b64encode(words).decode()})"
