"""The traces of a cell: consistent, deceiving as they say, and nobody else's."""

from __future__ import annotations

import itertools

import pytest

from sandbox.forensics.lessons import small_scam
from sandbox.forensics.lessons.receipts import APPROVAL
from tests.forensics.lessons.scams import answers

NUMBERS = [1, 4711, 99_999, *range(20_000, 20_060)]
MOST_ALIKE = 1
"""Of eleven values, how many two neighbours may share by chance."""


@pytest.fixture(scope="module")
def cells():
    return [small_scam(number) for number in NUMBERS]


def test_the_same_number_gives_the_same_traces_and_another_one_others():
    assert small_scam(4711) == small_scam(4711)
    assert small_scam(4711) != small_scam(4712)


def test_what_is_asked_of_two_neighbours_differs(cells):
    said = [[*answers(each).values()] for each in cells]
    assert {len(each) for each in said} == {11}
    alike = [sum(map(lambda a, b: a == b, *two)) for two in itertools.combinations(said, 2)]
    assert max(alike) <= MOST_ALIKE
    assert all(value for each in said for value in each)


def test_nothing_is_taken_that_was_not_allowed(cells):
    for mine in cells:
        left = {}
        for each in mine.events:
            if each["what"] == "allows":
                assert each["by"] == each["one"]
                left[each["one"], each["other"]] = each["som"]
            elif each["by"] != each["one"]:
                left[each["one"], each["by"]] -= each["som"]
                assert left[each["one"], each["by"]] >= 0
        blocks = [each["block"] for each in mine.events]
        assert blocks == sorted(set(blocks))


def test_the_table_has_what_deceives_a_reader(cells):
    for mine in cells:
        right = answers(mine)
        signed = {e["one"] for e in mine.events if e["other"] == mine.drainer}
        assert right["victims"] < signed
        assert not right["victims"] & right["endangered"]
        assert not right["payers"] & signed
        assert signed - right["victims"] - right["endangered"], "some took it back in time"
        honest = {e["other"] for e in mine.events if e["what"] == "allows"} - {mine.drainer}
        assert len(honest) == 1
        taken = [e["one"] for e in mine.events if e["by"] == mine.drainer]
        assert len(taken) == len(set(taken)) + 1, "one is robbed twice"


def test_the_history_has_two_baits_and_one_was_taken(cells):
    for mine in cells:
        empty = [each["payee"] for each in mine.history if not each["som"]]
        paid = {each["payee"] for each in mine.history if each["som"]}
        assert len(empty) == 2
        for each in empty:
            alike = {one for one in paid - {each} if (one[:10], one[-8:]) == (each[:10], each[-8:])}
            assert len(alike) == 1
        assert len(set(empty) & paid) == 1


def test_the_packet_joins_by_the_same_handle_alone(cells):
    orders = set()
    for mine in cells:
        handles = [each["handle"] for each in mine.packet]
        (own,) = {each for each in handles if handles.count(each) == 2}
        near = [h for h in handles if h != own and h[:-1] == own[:-1] and len(h) == len(own)]
        assert len(near) == 1
        orders.add(tuple(each["asks"] for each in mine.packet))
    assert len(orders) == 4, "their order says nothing"


def test_the_allowance_was_handed_in_by_a_stranger(cells):
    for mine in cells:
        (log,) = mine.permit["logs"]
        assert log["topics"][0] == APPROVAL
        assert log["address"] == mine.token
        assert mine.permit["from"][2:] not in "".join(log["topics"])
