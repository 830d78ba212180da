"""One source, three languages: catalogues, signatures, and what a student gets."""

from __future__ import annotations

import base64
import json
import re
from datetime import date

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from sandbox.grading.authoring.catalogues import Catalogue, read_catalogue, renewed, written
from sandbox.grading.authoring.languages import in_languages
from sandbox.grading.authoring.signing import PATH, is_signed, signatures, with_signature
from sandbox.grading.authoring.texts import texts_of
from sandbox.kit.errors import InvalidInput
from tests.grading.notebooks import check, notebook, setup

SVG = b"<svg><text>public key</text></svg>"
WORDS = {"Keys": "Ключи", "A key is a number.": "Ключ — это число.", "x is one": "икс равен одному"}
DAY = date(2026, 11, 22)
PICTURE = re.compile(r"\]\(data:image/svg\+xml;base64,([^)]+)\)")


def source(text="# Keys\n\nA key is a number.\n\n![](pictures/a.svg)", words=WORDS, **more):
    """Files of an assignment with a Russian catalogue."""
    cells = (new_markdown_cell(text), setup("X = 1"), check("assert x == 1, 'x is one'", "t", 1))
    files = {
        "lab.ipynb": nbformat.writes(notebook(*cells)).encode(),
        "course.yaml": b"titles: {en: Keys, ru: Keys}\n",
        "pictures/a.svg": SVG,
        "guide.md": b"# For teachers\n",
        **more,
    }
    files["locale/ru.po"] = written(texts_of(files), Catalogue("ru", words))
    return files


def built(files, lang):
    return in_languages({"lab.ipynb": files["lab.ipynb"]}, files)[lang]


def text_of(files):
    return "".join(json.loads(files["lab.ipynb"])["cells"][0]["source"])


def test_catalogue_comes_back_as_it_was_written():
    words = {'a "b"\n- c\\d': 'ө "ү"\n- ң\\н', "long " * 40 + "x": "узун " * 40 + "x"}
    files = {"a.md": "\n\n".join(words).encode()}
    first = written(texts_of(files), Catalogue("ky", words))
    again = read_catalogue(first, "ky")
    assert dict(again.words) == words
    assert written(texts_of(files), again) == first


def test_unreadable_catalogue_is_refused_by_code():
    with pytest.raises(InvalidInput, match="catalogue_unreadable"):
        read_catalogue(b'msgid "a"\nmsgstr "b\n', "ru")


def test_changed_text_is_fuzzy_and_not_shown_before_somebody_looked():
    old = source()
    new = source("# Keys\n\nA key is a very large number.")
    catalogue = read_catalogue(old["locale/ru.po"], "ru")
    fresh = renewed(texts_of(new), catalogue)
    assert dict(fresh.fuzzy) == {"A key is a very large number.": "Ключ — это число."}
    new["locale/ru.po"] = written(texts_of(new), fresh)
    assert b"#, fuzzy" in new["locale/ru.po"]
    assert "A key is a very large number." in text_of(built(new, "ru"))
    assert "Ключ" not in text_of(built(new, "ru")).replace("# Ключи", "")


def test_translation_of_what_is_gone_is_kept_and_comes_back():
    old = source()
    without = renewed(texts_of(source("# Keys")), read_catalogue(old["locale/ru.po"], "ru"))
    assert without.obsolete["A key is a number."] == "Ключ — это число."
    kept = written(texts_of(source("# Keys")), without)
    back = renewed(texts_of(old), read_catalogue(kept, "ru"))
    assert back.fuzzy["A key is a number."] == "Ключ — это число."


def test_notebook_in_a_language_differs_in_its_text_only():
    files = source()
    mine, theirs = (json.loads(built(files, lang)["lab.ipynb"]) for lang in ("en", "ru"))
    assert [c["cell_type"] for c in mine["cells"]] == [c["cell_type"] for c in theirs["cells"]]
    assert mine["cells"][1:] == theirs["cells"][1:]
    assert "# Ключи\n\nКлюч — это число." in "".join(theirs["cells"][0]["source"])
    assert theirs["metadata"]["synak"] == {"language": "ru"}


def test_language_without_a_catalogue_is_the_source_itself():
    files = source()
    assert built(files, "ky") == built(files, "en")


def test_source_may_be_in_another_language_than_english():
    files = source(words=WORDS, **{"course.yaml": b"language: ky\n"})
    assert "# Ключи" in text_of(built(files, "ru"))
    assert built(files, "en") == built(files, "ky")
    assert text_of(built(files, "ky")).startswith("# Keys")


def test_nothing_of_the_authors_reaches_students():
    files = source()
    assert set(in_languages(files, files)["ru"]) == {"lab.ipynb"}


def test_picture_is_inside_the_notebook_with_its_words_translated():
    files = source(words={**WORDS, "public key": "открытый ключ"})
    for lang, words in (("en", "public key"), ("ru", "открытый ключ")):
        (data,) = re.findall(
            r"\]\(data:image/svg\+xml;base64,([^)]+)\)", text_of(built(files, lang))
        )
        assert words in base64.b64decode(data).decode()


def test_unsigned_language_says_so_at_the_top_and_the_source_does_not():
    files = source()
    assert text_of(built(files, "ru")).startswith("> **Перевод выполнен с помощью машины")
    assert text_of(built(files, "en")).startswith("# Keys")


COMPLETE = {**WORDS, "public key": "открытый ключ", "For teachers": "Преподавателям"}


def signed(files):
    catalogue = read_catalogue(files["locale/ru.po"], "ru")
    return {**files, PATH: with_signature(files, catalogue, by="Айгүл Осмонова", at=DAY)}


def test_signed_language_says_nothing_at_the_top():
    files = signed(source(words=COMPLETE))
    assert signatures(files)["ru"].by == "Айгүл Осмонова"
    assert text_of(built(files, "ru")).startswith("# Ключи")


@pytest.mark.parametrize(
    "change",
    [
        {"words": {**COMPLETE, "Keys": "Ключ"}},
        {"text": "# Keys\n\nA key.\n\n![](pictures/a.svg)"},
        {"course.yaml": "titles: {ru: Другое}".encode()},
    ],
    ids=["translation", "source", "title"],
)
def test_signature_does_not_hold_for_anything_changed(change):
    files = signed(source(words=COMPLETE))
    changed = {**source(**{"words": COMPLETE, **change}), PATH: files[PATH]}
    assert is_signed(files, read_catalogue(files["locale/ru.po"], "ru"))
    assert not is_signed(changed, read_catalogue(changed["locale/ru.po"], "ru"))
    assert text_of(built(changed, "ru")).startswith("> **Перевод")


def test_language_that_lacks_a_text_cannot_be_signed():
    with pytest.raises(InvalidInput, match="not_translated"):
        signed(source())


def test_signature_needs_a_name():
    files = source(words=COMPLETE)
    with pytest.raises(InvalidInput, match="no_name"):
        with_signature(files, read_catalogue(files["locale/ru.po"], "ru"), by="  ", at=DAY)


@pytest.mark.parametrize("text", [b"[1]", b"ru: {by: x}", b"{", b"ru: {by: x, at: y, of: z}"])
def test_unreadable_signatures_are_refused_by_code(text):
    with pytest.raises(InvalidInput, match="signatures_unreadable"):
        signatures({PATH: text})
