"""Likeness of programs: what is found whatever is renamed, and what never counts."""

from __future__ import annotations

import json
import random
import re
import time
from dataclasses import replace

import pytest
from hypothesis import given as with_values
from hypothesis import settings
from hypothesis import strategies as st

from sandbox.domain.similarity import LEAST, SHORTEST, Given, Work, compare, given_of, work_of
from sandbox.domain.similarity.records import pair_data, pair_of, turned
from sandbox.domain.similarity.showing import HIDDEN, shown
from sandbox.domain.similarity.tiling import GRAM, Stream, fingerprints, tiles
from sandbox.domain.similarity.tokens import Words, row_of
from sandbox.domain.similarity.works import MOST_BYTES, MOST_TEXT, Cell

SETTLE = """def settle(book, limit):
    kept = {}
    for name, amount in book.items():
        if amount > limit and name not in kept:
            kept[name] = amount - limit // 2
    return sorted(kept.items(), key=lambda pair: -pair[1])"""
FEE = """def fee(rate, parts):
    total = sum(part.value * rate for part in parts if part.open)
    while total > 100:
        total = total - rate * (total % 7)
    return max(total, rate), [part.key for part in parts]"""
TILL = """class Till:
    def __init__(self, owner):
        self.owner, self.rows = owner, []
    def pay(self, order, amount):
        if order in self.rows or not amount:
            raise ValueError(order)
        self.rows.append((order, amount + 1))"""
POSITIVE = """def total(values):
    result = 0
    for value in values:
        if value > 0:
            result += value
    return result"""
BLOCKS = (SETTLE, FEE, TILL)
TEXT = "\n\n".join(BLOCKS)
OWN = "\n".join(BLOCKS[1:])
NAMES = (
    *("settle", "book", "limit", "kept", "name", "amount", "pair", "fee", "rate", "parts", "part"),
    *("value", "open", "total", "Till", "owner", "rows", "pay", "order"),
)
CONTRACT = """
contract Till is ITill {
    mapping(uint256 order => uint256) public paid;
    address private immutable owner;

    constructor() { owner = msg.sender; }

    function pay(uint256 order, uint256 amount) external {
        // nothing twice
        if (paid[order] != 0) revert PaidAlready(order);
        paid[order] = amount;
        emit Paid(order, msg.sender, amount);
    }
}
"""


def work(name, *texts, earlier=False):
    cells = tuple(Cell(f"lab:q{place}", text) for place, text in enumerate(texts))
    return Work(name, cells, earlier=earlier)


def pair(one, other, given=None):
    """What two texts have in common; None when they are no pair."""
    found = compare([work("a", one), work("b", other)], given or Given())
    return found[0] if found else None


def disguised(seed):
    """The same program with other names, numbers, comments, blank lines and another order."""
    chance = random.Random(seed)
    text = "\n\n\n".join(chance.sample(BLOCKS, len(BLOCKS)))
    for place, old in enumerate(NAMES):
        text = re.sub(rf"\b{old}\b", f"q{chance.randrange(10**6)}_{place}", text)
    text = re.sub(r"\b[0-9]+\b", str(chance.randrange(10**9)), text)
    return re.sub(r":\n", f":  # {'ab #' * chance.randrange(4)}\n\n", text)


@settings(max_examples=40, deadline=None)
@with_values(st.integers(0, 2**32))
def test_renamed_reordered_and_commented_programs_are_found(seed):
    found = pair(TEXT, disguised(seed))
    assert found is not None
    assert min(found.first_share, found.second_share) >= 95


@settings(max_examples=60, deadline=None)
@with_values(
    st.text("abcdef", max_size=SHORTEST - 1),
    st.text("abcdef", max_size=SHORTEST - 1),
    st.integers(0, 2**32),
)
def test_every_run_of_the_stated_length_is_found_wherever_it_stands(before, other, seed):
    chance = random.Random(seed)
    run = "".join(chance.choice("ghijklmn") for _ in range(SHORTEST))
    (first, *rest) = tiles(Stream(before + "-" + run), Stream(other + "+" + run + "*"))
    assert (first[2], rest) == (SHORTEST, []) or first[2] > SHORTEST


@settings(max_examples=60, deadline=None)
@with_values(st.text("abc\0", max_size=200), st.text("abc\0", max_size=200))
def test_matches_are_equal_do_not_overlap_and_never_cross_cells(first, second):
    one, other = Stream(first), Stream(second)
    taken = [set(), set()]
    for here, there, length in tiles(one, other):
        assert length >= SHORTEST
        assert first[here : here + length] == second[there : there + length]
        assert "\0" not in first[here : here + length]
        for used, start in zip(taken, (here, there), strict=True):
            places = set(range(start, start + length))
            assert not places & used
            used.update(places)


def test_a_fingerprint_is_in_every_window():
    codes = "".join(random.Random(5).choice("abcdefgh") for _ in range(400))
    places = [place for _, place in fingerprints(codes)]
    gaps = [b - a for a, b in zip([-1, *places], [*places, len(codes) - GRAM + 1], strict=True)]
    assert max(gaps) <= SHORTEST - GRAM + 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("def double(x):\n    return 2 * x", "def double(x):\n    return 2 * x"),
        (POSITIVE, "def total(values):\n    return sum(each for each in values if each > 0)"),
        (POSITIVE, POSITIVE.replace("result", "sum_").replace("value", "v")),
        ("data = [" + "1, 2, 3, " * 200 + "]", "rows = [" + "7, 8, " * 300 + "]"),
        ("x = {" + "'a': 1, " * 200 + "}", "y = {" + "'b': 2, " * 200 + "}"),
        ("", ""),
        ("# " + "a comment " * 100, "# " + "a comment " * 100),
        ('"""' + TEXT + '"""', '"""' + TEXT + '"""'),
    ],
    ids=["one_line", "two_ways", "same_small", "lists", "dicts", "empty", "comments", "docstring"],
)
def test_small_honest_answers_data_and_comments_are_no_pair(one, other):
    assert pair(one, other) is None


def test_what_was_given_does_not_count_also_when_it_is_renamed():
    starter = Given((Cell("lab:q0", TEXT),))
    assert pair(TEXT, TEXT, starter) is None
    assert pair(TEXT.replace("kept", "mine"), TEXT, starter) is None
    own = CONTRACT.join(("SOURCE = '''", "'''"))
    found = pair(TEXT + "\n" + own, own, starter)
    assert found is not None
    assert (found.first_share, found.second_share) == (100, 100)


def test_names_that_the_assignment_gave_are_not_folded():
    starter = Given((Cell("lab:q0", "chain.mint(aida)\nchain.burn(bek)"),))
    words = Words(starter.names)
    assert row_of("chain.mint(x)", words).codes != row_of("chain.burn(x)", words).codes
    assert row_of("a.b(x)", words).codes == row_of("c.d(y)", words).codes


def test_what_more_than_half_of_the_works_have_does_not_count():
    many = [work(f"s{n}", TEXT) for n in range(4)]
    other = [
        work(f"o{n}", f"import os\nprint({n}, [os.environ[k] for k in {n * 'x'}z])")
        for n in range(3)
    ]
    assert compare([*many, *other], Given()) == ()
    assert len(compare([*many[:3], *other], Given())) == 3


def test_two_of_a_large_class_who_share_what_others_do_not_are_found():
    shared = [work(f"s{n}", BLOCKS[0], OWN if n < 2 else f"x{n} = {n}") for n in range(9)]
    (found,) = compare(shared, Given())
    assert (found.first, found.second) == ("s0", "s1")
    assert {each.first_cell for each in found.matches} == {"lab:q1"}


def test_solidity_in_strings_and_files_is_read_as_solidity():
    renamed = CONTRACT.replace("paid", "done").replace("amount", "value").replace("order", "id_")
    renamed = renamed.replace("// nothing twice", "/* once\n only */")
    found = pair(f'SOURCE = """{CONTRACT}"""', f"T = '''{renamed}'''")
    assert found is not None
    assert found.share == 100
    files = {"till.sol": CONTRACT.encode()}, {"other.sol": renamed.encode()}
    works = [work_of(name, each, Given()) for name, each in zip("ab", files, strict=True)]
    assert compare(works, Given())[0].share == 100


def test_broken_code_is_compared_as_far_as_it_goes():
    found = pair(TEXT + "\nx = ('''", "if (:\n" + TEXT)
    assert found is not None
    assert found.share >= 90


def test_works_of_earlier_runs_are_not_compared_with_each_other():
    works = [work("now", TEXT), *(work(f"old{n}", TEXT, earlier=True) for n in range(2))]
    found = [(each.first, each.second) for each in compare(works, Given())]
    assert found == [("now", "old0"), ("now", "old1")]


def test_the_result_is_the_same_again_and_in_json():
    works = [work(f"s{n}", TEXT, BLOCKS[n % 3]) for n in range(4)]
    found = compare(works, Given())
    assert compare(works, Given()) == found
    assert tuple(pair_of(json.loads(json.dumps(pair_data(each)))) for each in found) == found
    assert turned(turned(found[0])) == found[0]


def test_matches_name_the_places_in_the_text():
    found = pair("x = 1\n" + BLOCKS[0], BLOCKS[0] + "\nprint(1, 2)")
    assert found is not None
    (match,) = found.matches
    assert ("x = 1\n" + BLOCKS[0])[slice(*match.first)].startswith("def settle")
    assert BLOCKS[0][slice(*match.second)].endswith("pair[1])")
    assert match.tokens >= LEAST


def notebook(*cells):
    """Cells as (kind, grade id, whether it is an answer, text)."""
    made = []
    for kind, name, solution, text in cells:
        about = {"grade_id": name, "solution": solution, "locked": not solution, "grade": True}
        meta = {"nbgrader": about} if name else {}
        made.append({"cell_type": kind, "metadata": meta, "source": text})
    return json.dumps({"cells": made, "nbformat": 4, "metadata": {}}).encode()


def test_only_what_students_write_is_compared():
    given = given_of(
        [{"lab.ipynb": notebook(("code", "q1", True, "# here"), ("code", "t1", False, TEXT))}]
    )
    files = {
        "lab.ipynb": notebook(
            ("code", "q1", True, "print(1)"),
            ("code", "t1", False, TEXT),
            ("markdown", "m1", True, TEXT),
            ("code", None, False, "mine = 1"),
        ),
        "notes.md": TEXT.encode(),
        "picture.png": b"\x89PNG",
    }
    found = work_of("s", files, given)
    assert [(each.key, each.text) for each in found.cells] == [
        ("lab:q1", "print(1)"),
        ("lab:+1", "mine = 1"),
    ]
    assert not found.cut


def test_what_is_too_large_is_cut_and_told():
    huge = {"lab.ipynb": notebook(("code", "q1", True, "x" * MOST_BYTES))}
    assert (work_of("s", huge, Given()).cells, work_of("s", huge, Given()).cut) == ((), True)
    long = work_of("s", {"a.py": b"x = 1\n" * 20_000}, Given())
    assert (len(long.cells[0].text), long.cut) == (MOST_TEXT, True)
    shared = work_of("s", {"a.py": b"x = 1\n" * 9_000}, Given(), works=600)
    assert (len(shared.cells[0].text) < MOST_TEXT, shared.cut) == (True, True)


@pytest.mark.parametrize(
    "source", [["a", 1, None], {"a": 1}, 7, None, "\ud800 = 1"], ids=["list", "map", "n", "no", "u"]
)
def test_a_cell_with_anything_for_its_text_stops_nothing(source):
    cell = {"cell_type": "code", "metadata": {"nbgrader": 3}, "source": source}
    files = {"lab.ipynb": json.dumps({"cells": [cell, {}]}).encode()}
    found = work_of("s", files, given_of([files]))
    assert compare([found, found], Given()) == ()
    "".join(each.text for each in found.cells).encode()


@pytest.mark.parametrize(
    "text",
    [
        *("(" * MOST_TEXT, "'" * MOST_TEXT, "a" * MOST_TEXT, "contract a" * 6000, "\\" * MOST_TEXT),
        *('"""' + "contract x " * 5000, "x = 1\n" * 10_000, "/*" * 30_000, "'''\\" * 15_000),
    ],
    ids=[*("brackets", "quotes", "letters", "contracts", "strokes"), *("open", "same", "c", "q")],
)
def test_no_text_takes_long(text):
    began = time.process_time()
    compare([work("a", text), work("b", text)], Given((Cell("lab:q0", text[:2000]),)))
    assert time.process_time() - began < 5


@pytest.mark.parametrize("text", [";" * MOST_TEXT, "x=1\n" * 15_000], ids=["signs", "statements"])
def test_two_works_that_repeat_one_statement_do_not_take_long(text):
    began = time.process_time()
    (found,) = compare([work("a", text), work("b", text)], Given())
    assert time.process_time() - began < 10
    assert found.share == 100


def test_where_only_matches_are_shown_neither_words_nor_names_of_files_tell_whose_it_is():
    named = BLOCKS[0].replace("\n", "  # Marat\n", 1) + "\nsaid = 'Marat'\n" + BLOCKS[0]
    own, other = work("a", named), work("b", named)
    (found,) = compare([own, other], Given())
    whole = "".join(each.text for cell in shown(other, found, Given()) for each in cell.segments)
    assert whole.count("Marat") == 2
    parts = shown(other, found, Given(), whole=False)
    assert all(cell.key == HIDDEN for cell in parts), "no file of that name was given"
    text = "".join(each.text for cell in parts for each in cell.segments)
    assert "Marat" not in text
    assert "said = '·····'" in text
    given = Given(tuple(replace(cell, text="") for cell in other.cells))
    assert [cell.key for cell in shown(other, found, given, whole=False)] == [
        cell.key for cell in other.cells
    ]


def test_segments_are_the_whole_text_or_only_what_matches():
    found = pair("x = 1\n" + BLOCKS[0], BLOCKS[0])
    given = Given((Cell("lab:q0", "x = 1"),))
    (cell,) = shown(work("a", "x = 1\n" + BLOCKS[0], ""), found, given)[:1]
    assert "".join(each.text for each in cell.segments) == "x = 1\n" + BLOCKS[0]
    assert [(each.match, each.given) for each in cell.segments[:1]] == [(0, True)]
    assert {each.match for each in cell.segments[1:]} == {0, 1}
    (only,) = shown(work("a", "x = 1\n" + BLOCKS[0], "y = 2"), found, given, whole=False)
    assert {each.match for each in only.segments} == {1}
    assert "x = 1" not in "".join(each.text for each in only.segments)
