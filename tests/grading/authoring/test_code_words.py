"""Words in code: what a cell prints, says and explains is read in one's own language."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbgrader.utils import compute_checksum

from sandbox.grading.authoring.catalogues import Catalogue, written
from sandbox.grading.authoring.check_texts import check_texts
from sandbox.grading.authoring.code_words import code_in, words_in
from sandbox.grading.authoring.languages import in_languages
from sandbox.grading.authoring.texts import texts_of
from tests.grading.notebooks import cell, notebook, setup

GIVEN = '''def paid(who):
    """What somebody paid,
    "all" together."""
    if not who:
        raise ValueError("nobody")
    return 7  # som


print("paid:  ", paid("aida"), "much" if paid("bek") > 5 else "little", {"key": "value"}["key"])'''
WORDS = {
    'What somebody paid,\n"all" together.': "Канча төлөгөн,\n«баары» \\n чогуу.",
    "nobody": "эч ким",
    "som": "сом",
    "paid:": "төлөдү:",
    "much": "көп",
    "little": 'а"за',
}


def test_docstrings_comments_prints_and_errors_are_words():
    assert words_in(GIVEN) == tuple(WORDS)


def test_code_does_the_same_in_another_language(capsys):
    told = code_in(GIVEN, WORDS.get)
    exec(told, found := {})
    assert capsys.readouterr().out == "төлөдү:   7 көп value\n"
    assert found["paid"].__doc__.split() == ["Канча", "төлөгөн,", "«баары»", "\\n", "чогуу."]
    with pytest.raises(ValueError, match="эч ким"):
        found["paid"]("")
    assert "return 7  # сом\n" in told
    assert words_in(told) == tuple(WORDS.values())


def test_what_has_no_translation_stays_as_it_is():
    assert code_in(GIVEN, {}.get) == GIVEN


@pytest.mark.parametrize(
    "source",
    [
        'x = "word"',
        'f("word", text="words")',
        'print(f"word {x}", x["word"], g("word"), 7, "v", sep="word")',
        'x.print("word")',
        "def f():\n    ### BEGIN SOLUTION\n    # a hint\n    print('word')\n    ### END SOLUTION",
        "### BEGIN HIDDEN TESTS\nassert x, 'hint'\n### END HIDDEN TESTS",
        "x = 1  # noqa: E501",
        "%magic word",
        "print('word'",
    ],
)
def test_what_code_works_with_and_what_nobody_sees_are_no_words(source):
    assert words_in(source) == ()
    assert code_in(source, lambda _words: "other") == source


CHECK = cell("assert x == 1, 'x is one'", "t", grade=True, locked=True, points=1)


def files_with(words, *cells):
    made = notebook(setup("X = 1  # a number"), CHECK, *cells)
    for each in made.cells:
        each.metadata["nbgrader"]["checksum"] = compute_checksum(each)
    files = {"lab.ipynb": nbformat.writes(made).encode()}
    files["locale/ru.po"] = written(texts_of(files), Catalogue("ru", words))
    return files


def test_locked_cells_and_visible_tests_are_told_with_their_new_checksum():
    files = files_with({"a number": "число", "x is one": "икс равен одному"})
    mine, theirs = (
        nbformat.reads(in_languages(files, files)[lang]["lab.ipynb"].decode(), 4)
        for lang in ("en", "ru")
    )
    told = theirs.cells[-2:]  # below the note on the translation
    assert told[0].source == "X = 1  # число"
    assert told[1].source == 'assert x == 1, "икс равен одному"'
    assert mine.cells[0].source == "X = 1  # a number"
    for each in (*mine.cells, *told):
        assert each.metadata.nbgrader.checksum == compute_checksum(each)


def test_answer_that_a_person_marks_is_left_alone():
    mine = cell('"""Why?"""  # a hint', "q", grade=True, solution=True, points=1)
    files = files_with({"a hint": "подсказка", "x is one": "икс"}, mine)
    made = json.loads(in_languages(files, files)["ru"]["lab.ipynb"])
    assert "".join(made["cells"][-1]["source"]) == '"""Why?"""  # a hint'


def findings(words):
    found = check_texts({**files_with(words), "locale/ky.po": b""})
    return {each.code: each.good for each in found if each.file == "locale/ru.po" or each.cell}


def test_words_of_code_are_translated_as_a_whole_or_not_at_all():
    tests = {"x is one": "икс равен одному"}
    assert findings(tests)["authoring.code_untranslated"] is True
    whole = findings({**tests, "a number": "число"})
    assert "authoring.code_untranslated" not in whole
