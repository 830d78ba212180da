"""What authors do with an assignment's folder: renew catalogues, build, sign, start a new one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from sandbox.domain.coursework import assignment_name, course_name
from sandbox.grading.authoring.catalogues import (
    Catalogue,
    path_of,
    read_catalogue,
    renewed,
    written,
)
from sandbox.grading.authoring.description import FILE
from sandbox.grading.authoring.grading import files_below, make_release
from sandbox.grading.authoring.languages import (
    catalogues_of,
    guide_in,
    in_languages,
    source_language,
)
from sandbox.grading.authoring.signing import PATH, with_signature
from sandbox.grading.authoring.texts import texts_of
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.locale import LANGUAGES, Language

TEMPLATE: Final = Path(__file__).with_name("template")
COURSE_TEMPLATE: Final = Path(__file__).with_name("course_template.yaml")
_NAMED: Final[Mapping[Language, str]] = {
    "en": "{name}",
    "ru": "Задание «{name}»",
    "ky": "«{name}» тапшырмасы",
}
"""Titles of a new assignment whose author gave none; better ones are the author's."""


def renew(folder: Path) -> dict[Language, tuple[int, int, int]]:
    """Bring an assignment's catalogues up to its source.

    Args:
        folder: the assignment's.

    Returns:
        For each language: how many texts are translated, changed (fuzzy), new.

    Raises:
        InvalidInput: ``authoring.catalogue_unreadable``; nothing is written then.
    """
    files = files_below(folder)
    texts = texts_of(files)
    found = {
        lang: renewed(texts, read_catalogue(files.get(path_of(lang), b""), lang))
        for lang in LANGUAGES
        if lang != source_language(files)
    }
    for lang, catalogue in found.items():
        path = folder / path_of(lang)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(written(texts, catalogue))
    return {
        lang: (len(one.words), len(one.fuzzy), len(texts) - len(one.words) - len(one.fuzzy))
        for lang, one in found.items()
    }


def write_languages(folder: Path, where: Path) -> list[Path]:
    """Write what students get, and the guide, in each language.

    Args:
        folder: the assignment's.
        where: below it a folder for each language.

    Returns:
        The files written.
    """
    source = files_below(folder)
    with tempfile.TemporaryDirectory(prefix="synak-build-") as name:
        release = files_below(make_release(folder, Path(name) / "course"))
    made: list[Path] = []
    catalogues = catalogues_of(source)
    for lang, files in in_languages(release, source).items():
        guide = guide_in(source, catalogues.get(lang, Catalogue(lang)))
        for path, content in {**files, **({"guide.md": guide.encode()} if guide else {})}.items():
            target = where / lang / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            made.append(target)
    return made


def sign(folder: Path, language: Language, *, by: str, at: date) -> None:
    """Note that a native reader has read a language of an assignment.

    Args:
        folder: the assignment's.
        language: which.
        by: the reader's name.
        at: the day.

    Raises:
        InvalidInput: ``authoring.source_signed`` for the language of the source, and those
            of `sandbox.grading.authoring.signing.with_signature`.
    """
    files = files_below(folder)
    if language == source_language(files):
        raise InvalidInput("authoring.source_signed", language=language)
    catalogue = read_catalogue(files.get(path_of(language), b""), language)
    signed = with_signature(files, catalogue, by=by, at=at)
    (folder / PATH).parent.mkdir(exist_ok=True)
    (folder / PATH).write_bytes(signed)


def start(path: Path, titles: Mapping[Language, str]) -> list[Path]:
    """Start an assignment from the template, and its course when there is none yet.

    Args:
        path: ``courses/<course>/<unit>/<assignment>``.
        titles: by language; an empty one is made from the folder's name.

    Returns:
        The files written.

    Raises:
        InvalidInput: ``authoring.bad_place``.
        Conflict: ``authoring.place_taken``; nothing is written then.
    """
    whole = path.absolute()
    try:
        name = assignment_name(whole.name)
        course_name(whole.parent.name)
        course_name(whole.parent.parent.name)
    except InvalidInput as error:
        raise InvalidInput("authoring.bad_place", path=str(path)) from error
    if whole.exists():
        raise Conflict("authoring.place_taken", path=str(path))
    given = {lang: " ".join(titles.get(lang, "").split()) for lang in LANGUAGES}
    english = given["en"] or name.replace("-", " ").capitalize()
    words = {lang: given[lang] or _NAMED[lang].format(name=english) for lang in LANGUAGES}
    whole.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=whole.parent, prefix=".synak-"))
    try:
        for template, content in files_below(TEMPLATE).items():
            target = beside / template.replace("assignment.ipynb", f"{name}.ipynb")
            target.parent.mkdir(exist_ok=True)
            target.write_text(_filled(template, content.decode("utf-8"), words), "utf-8")
        beside.chmod(0o755)
        beside.rename(whole)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    made = sorted(each for each in whole.rglob("*") if each.is_file())
    course = whole.parent.parent / FILE
    if not course.exists():
        plain = course.parent.name.replace("-", " ").capitalize()
        named = dict.fromkeys(LANGUAGES, plain)
        course.write_text(_filled(FILE, COURSE_TEMPLATE.read_text("utf-8"), named), "utf-8")
        made.append(course)
    return made


def _filled(path: str, text: str, titles: Mapping[Language, str]) -> str:
    """A file of the template with the titles, quoted as the file needs."""
    for lang, words in titles.items():
        quoted = words if path.endswith(".md") else words.replace("\\", "\\\\").replace('"', '\\"')
        text = text.replace(f"%TITLE-{lang.upper()}%", quoted)
    return text
