"""Of three copies one is right, one has a byte edited, one was written anew; each is found."""

from __future__ import annotations

import pytest

from sandbox.forensics.errors import NotAsWritten
from sandbox.forensics.lessons import copies_of, opened, small_ledger

NUMBERS = range(30_000, 30_012)


def code_of(files, head=None):
    """What is wrong with a copy; empty when nothing is."""
    try:
        opened(files, head)
    except NotAsWritten as error:
        return error.code
    return ""


@pytest.fixture(scope="module")
def all_copies():
    return {number: copies_of(number) for number in NUMBERS}


def test_the_same_number_gives_the_same_copies_and_another_one_others(all_copies):
    assert copies_of(30_000) == all_copies[30_000]
    heads = {each.head for each in all_copies.values()}
    assert len(heads) == len(NUMBERS)


def test_each_kind_is_there_once_and_its_letter_says_nothing(all_copies):
    letters = {}
    for each in all_copies.values():
        found = {code_of(files, each.head): letter for letter, files in each.copies.items()}
        assert set(found) == {"", "exhibits.file_differs", "exhibits.head_differs"}
        assert each.copies[found[""]] == each.sealed
        letters.setdefault("right", set()).add(found[""])
        letters.setdefault("anew", set()).add(found["exhibits.head_differs"])
    assert letters == {"right": set("ABC"), "anew": set("ABC")}


def test_without_the_head_what_was_written_anew_cannot_be_told(all_copies):
    for each in all_copies.values():
        assert sorted(map(code_of, each.copies.values())) == ["", "", "exhibits.file_differs"]


def test_one_byte_of_one_file_is_edited_and_nothing_else(all_copies):
    names = set()
    for each in all_copies.values():
        (files,) = (f for f in each.copies.values() if code_of(f) == "exhibits.file_differs")
        (name,) = (name for name in files if files[name] != each.sealed[name])
        pairs = zip(files[name], each.sealed[name], strict=True)
        assert sum(one != other for one, other in pairs) == 1
        names.add(name)
    assert names == {"ledger.csv", "chat.txt"}


def test_the_exhibit_holds_the_small_ledger_pinned_at_its_newest_block(all_copies):
    for number, each in all_copies.items():
        mine, kept = small_ledger(number), opened(each.sealed, each.head)
        assert kept.entries[0].pin.block == mine.head
        assert kept.ledger.table["amount"].to_list() == [row["amount"] for row in mine.rows]
        assert [entry.act for entry in kept.entries] == ["acquired", "added", "handed_over"]
