"""A scene deceives as it says, is nobody else's, and says nowhere what is right."""

from __future__ import annotations

import itertools
import re
from collections import Counter

import pytest

from sandbox.forensics.lessons import kind_of, scene_of
from sandbox.forensics.lessons.phrases import check, table
from sandbox.forensics.lessons.scenes import ACTS, paths

NUMBERS = [10_000, 99_999, *range(40_000, 40_030)]
KNOWN = {"abandon", "about", "test", "junk", "legal", "winner", "zoo", "wrong", "letter", "advice"}
"""Words of phrases that everybody knows."""


@pytest.fixture(scope="module")
def scenes():
    return {number: scene_of(number) for number in NUMBERS}


def phrase_of(scene):
    (words,) = (words for words in scene.notes.values() if check(words).holds)
    return words


def own_of(scene):
    """Path → what lies there, of the phrase with its slip."""
    found = {}
    for path, address in table(phrase_of(scene), paths(), scene.slip).items():
        lies = {row["token"]: row["amount"] for row in scene.seen if row["address"] == address}
        found |= {path: lies} if lies else {}
    return found


def strings(dump):
    return re.findall("[0-9A-Za-z]+", dump.replace("\n\t", ""))


def test_the_same_number_gives_the_same_scene(scenes):
    assert scene_of(40_000) == scenes[40_000]


def test_of_four_notes_one_is_the_phrase_and_each_other_fails_in_its_way(scenes):
    letters = Counter()
    for scene in scenes.values():
        told = {letter: check(words) for letter, words in scene.notes.items()}
        kinds = [(each.count, len(each.unknown), each.checksum) for each in told.values()]
        right = [(12, 0, True), (12, 0, False), (12, 1, None), (11, 0, None)]
        assert Counter(kinds) == Counter(right)
        letters[next(letter for letter, each in told.items() if each.holds)] += 1
        firsts = {words.split()[0] for words in scene.notes.values()}
        assert len(firsts) > 1, "notes are not told by how they begin"
    assert set(letters) == set("ABCD")


def test_phrases_are_nobodys_and_differ(scenes):
    all_of_them = [phrase_of(scene) for scene in scenes.values()]
    assert len(set(all_of_them)) == len(all_of_them)
    assert not any(set(words.split()) <= KNOWN for words in all_of_them)
    assert all(scene.slip.startswith("TRAINING-") for scene in scenes.values())


def test_money_lies_on_three_kinds_of_path_and_only_with_the_slip(scenes):
    for scene in list(scenes.values())[:12]:
        own = own_of(scene)
        assert [set(lies) for lies in own.values()] == [
            {"KGST", "BNB"},
            {"SOM", "KGST"},
            {"USDKG", "BNB"},
        ]
        first, later, older = own
        assert first.startswith("m/44'/60'/0'/0/")
        assert re.fullmatch(r"m/44'/60'/[12]'/0/\d", later)
        assert re.fullmatch(r"m/44'/60'/0'/[1-7]", older)
        bare = set(table(phrase_of(scene), paths()).values())
        assert not bare & {row["address"] for row in scene.seen}


def test_one_foreign_address_looks_like_the_first(scenes):
    for scene in scenes.values():
        names = {row["address"] for row in scene.seen}
        ends = Counter((name[:6].lower(), name[-4:].lower()) for name in names)
        assert sorted(ends.values()) == [1, 1, 1, 1, 2]


def test_a_dump_has_addresses_of_each_kind_and_what_only_looks_like_one(scenes):
    for scene in scenes.values():
        kinds = Counter(kind_of(each) for each in strings(scene.dump))
        del kinds["none"]
        assert kinds == {"evm": 5, "evm_plain": 1, "tron": 2, "coin": 2, "wrong": 3}
        hashes = re.findall("0x[0-9a-f]{64}", scene.dump)
        assert len(hashes) == 2
        assert scene.dump.count("\n\t") == 1


def test_what_is_asked_of_two_neighbours_differs(scenes):
    found = []
    for scene in scenes.values():
        strange = [w for words in scene.notes.values() for w in check(words).unknown]
        there = {each for each in strings(scene.dump) if kind_of(each) not in ("none", "wrong")}
        found.append((strange, there, scene.order))
    for one, other in itertools.combinations(found, 2):
        assert not one[1] & other[1]
        assert one[2] != other[2]
    assert len({tuple(each[0]) for each in found}) > len(found) - 3


def test_all_acts_are_shown_once(scenes):
    assert all(sorted(scene.order) == list(range(ACTS)) for scene in scenes.values())
