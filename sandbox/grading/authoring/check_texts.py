"""Checks of the translations: there, of texts as they are now, and of the same shape.

Words in code are translated as a whole or not at all: a language in which nobody has begun with
them is a note, one that has some of them and lacks others is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sandbox.grading.authoring.blocks import shape_of
from sandbox.grading.authoring.catalogues import Catalogue, path_of, read_catalogue
from sandbox.grading.authoring.findings import Finding, Level, fault, good, note
from sandbox.grading.authoring.languages import source_language
from sandbox.grading.authoring.signing import is_signed, signatures
from sandbox.grading.authoring.texts import Text, texts_of
from sandbox.kit.errors import InvalidInput
from sandbox.locale import LANGUAGES, Language

Files = Mapping[str, bytes]
_START = 60
_FEW_WORDS = 4


def check_texts(files: Files) -> Iterator[Finding]:
    """Hold every language's catalogue against the source.

    Args:
        files: of the source.
    """
    texts = texts_of(files)
    for lang in LANGUAGES:
        if lang == source_language(files):
            continue
        if path_of(lang) not in files:
            yield fault("language_missing", path_of(lang), language=lang, count=len(texts))
            continue
        try:
            yield from _of_language(files, texts, lang)
        except InvalidInput as error:
            yield Finding(error.code, Level.FAULT, path_of(lang), params=error.params)


def _of_language(files: Files, texts: tuple[Text, ...], lang: Language) -> Iterator[Finding]:
    catalogue = read_catalogue(files[path_of(lang)], lang)
    code = [text for text in texts if text.code]
    begun = any(text.key in catalogue.words for text in code)
    wanted = [text for text in texts if begun or not text.code]
    found = [finding for text in wanted for finding in _of_text(text, catalogue)]
    yield from found or [good("texts", path_of(lang), language=lang, count=len(wanted))]
    if code and not begun:
        yield note("code_untranslated", path_of(lang), language=lang, count=len(code))
    signature = signatures(files).get(lang)
    if is_signed(files, catalogue) and signature:
        yield good("signed", path_of(lang), language=lang, by=signature.by, at=str(signature.at))
    elif signature:
        yield note("signature_stale", path_of(lang), language=lang, by=signature.by)
    else:
        yield note("unsigned", path_of(lang), language=lang)


def _of_text(text: Text, catalogue: Catalogue) -> Iterator[Finding]:
    about = {"language": catalogue.language, "text": _start(text.key)}
    words = catalogue.words.get(text.key)
    if words is None:
        code = "text_stale" if text.key in catalogue.fuzzy else "text_untranslated"
        yield fault(code, text.file, text.cell, **about)
        return
    if words == text.key and len(words.split()) >= _FEW_WORDS:
        yield fault("text_same", text.file, text.cell, **about)
    mine, theirs = shape_of(text.key), shape_of(words)
    for part, wanted in mine.items():
        if theirs[part] != wanted:
            yield fault(
                "text_shape",
                text.file,
                text.cell,
                **about,
                part=part,
                wanted=_listed(wanted),
                found=_listed(theirs[part]),
            )


def _start(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _START else f"{line[:_START]}…"


def _listed(parts: list[str]) -> str:
    return " ".join(parts)[:200] or "—"
