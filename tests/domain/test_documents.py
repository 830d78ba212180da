from __future__ import annotations

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.domain.compare import compare
from sandbox.domain.documents import (
    LARGEST,
    LARGEST_FILE,
    MOST,
    NAME_LENGTH,
    Document,
    DocumentKind,
    media_of,
    require_room,
    safe_name,
)
from sandbox.domain.papers import submission_digest
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import InvalidInput

AT = datetime(2026, 1, 1, tzinfo=UTC)


def document(size: int = 1, *, ended: bool = False) -> Document:
    return Document(
        *("d", "F-2026-0001", "s", 1, DocumentKind.OTHER, "a.pdf", "application/pdf", size),
        *("00", "aigul", AT, AT if ended else None),
    )


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\fakepath\\..\\plan.PDF", "plan.pdf"),
        ("/absolute/plan.pdf", "plan.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
        ("a\r\nSet-Cookie: x=y.pdf", "aSet-Cookie_ x=y.pdf"),
        ('quo"te<script>.pdf', "quo_te_script_.pdf"),
        ("con.pdf", "_con.pdf"),
        ("  .hidden plan . .pdf ", "hidden plan.pdf"),
        ("п" * 500 + ".docx", "п" * (NAME_LENGTH - 5) + ".docx"),
        ("zero\u200bwidth\ufeff.txt", "zerowidth.txt"),
        ("и\u0306.txt", "й.txt"),
    ],
)
def test_a_name_is_only_a_name(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


@pytest.mark.parametrize("sent", ["", "plan", ".pdf", "...", "/", "\u202e.pdf", "a/"])
def test_what_is_no_name_is_refused(sent: str) -> None:
    with pytest.raises(InvalidInput, match=r"document\.no_name"):
        safe_name(sent)


@settings(max_examples=60)
@given(st.text(max_size=150), st.sampled_from(["pdf", "PNG", "docx", "exe"]))
def test_whatever_is_sent_the_name_is_safe_or_refused(stem: str, ending: str) -> None:
    try:
        name = safe_name(f"{stem}.{ending}")
    except InvalidInput:
        return
    assert 0 < len(name) <= NAME_LENGTH
    assert not set('/\\<>:"|?*\r\n\x00') & set(name)
    assert not name.startswith((".", " "))
    assert not any(unicodedata.category(letter)[0] == "C" for letter in name)
    assert safe_name(name) == name


@pytest.mark.parametrize("name", ["run.exe", "page.html", "picture.svg", "archive.zip", "a.pdf2"])
def test_other_formats_are_refused(name: str) -> None:
    assert media_of("plan.pdf") == "application/pdf"
    with pytest.raises(InvalidInput, match=r"document\.format"):
        media_of(name)


def test_room_ends_exactly_at_each_limit() -> None:
    require_room([], LARGEST)
    with pytest.raises(InvalidInput, match=r"document\.too_large"):
        require_room([], LARGEST + 1)
    with pytest.raises(InvalidInput, match=r"document\.empty"):
        require_room([], 0)
    require_room([document()] * (MOST - 1), 1)
    with pytest.raises(InvalidInput, match=r"document\.too_many"):
        require_room([document()] * MOST, 1)
    require_room([document(ended=True)] * MOST, 1)
    require_room([document(LARGEST_FILE - 5)], 5)
    for held in (document(LARGEST_FILE - 5), document(LARGEST_FILE - 5, ended=True)):
        with pytest.raises(InvalidInput, match=r"document\.file_full"):
            require_room([held], 6)


TEXTS = st.text(alphabet="аб \n.,5x", max_size=120)


@given(TEXTS, TEXTS)
def test_a_comparison_holds_both_texts_whole(before: str, after: str) -> None:
    found = compare(before, after)
    assert "".join(text for what, text in found if what != "new") == before
    assert "".join(text for what, text in found if what != "gone") == after


def test_texts_made_to_be_slow_are_compared_by_their_ends_and_still_whole() -> None:
    before = "head\n" + "".join(f"{each % 150}\n" for each in range(4000)) + "tail"
    after = "head\n" + "".join(f"{each * 7 % 150}\n" for each in range(4000)) + "tail"
    found = compare(before, after)
    assert [what for what, _ in found] == ["same", "gone", "new", "same"]
    assert "".join(text for what, text in found if what != "new") == before
    assert "".join(text for what, text in found if what != "gone") == after


def test_equal_texts_differ_in_nothing_and_one_word_in_one_word() -> None:
    assert {what for what, _ in compare("the same", "the same")} == {"same"}
    found = compare("at most 5 customers", "at most 7 customers")
    assert [piece for piece in found if piece[0] != "same"] == [("gone", "5"), ("new", "7")]


def test_without_documents_the_digest_is_the_one_of_the_answers_alone() -> None:
    answers = {"product": "Payments"}
    assert submission_digest(answers, ()) == content_hash(answers).hex()
    with_one = submission_digest(answers, [document().line()])
    assert with_one != submission_digest(answers, ())
    assert with_one != submission_digest(answers, [{**document().line(), "sha256": "11"}])
