"""The network of parties: sums by pair, and what is cut is said."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.network import MOST_LINES, MOST_PARTIES, network

PARTIES = st.integers(0, 60).map(str)
MOVES = st.lists(st.tuples(PARTIES, PARTIES, st.integers(0, 9), st.just("0x1")), max_size=300)


@given(MOVES)
def test_each_pair_is_one_line_with_its_sums_and_the_rest_is_counted(moved):
    drawn = network(moved)
    counts, sums = Counter(), Counter()
    for payer, payee, amount, _ in moved:
        counts[payer, payee] += 1
        sums[payer, payee] += amount
    for line in drawn.lines:
        assert line.payer != line.payee
        assert (line.count, line.amount) == (
            counts[line.payer, line.payee],
            sums[line.payer, line.payee],
        )
    assert len({(each.payer, each.payee) for each in drawn.lines}) == len(drawn.lines)
    assert drawn.left_out + sum(each.count for each in drawn.lines) == drawn.payments == len(moved)
    assert len(drawn.lines) <= MOST_LINES
    assert len(drawn.parties) <= MOST_PARTIES


def test_the_parties_that_moved_most_are_kept():
    moved = [("hub", f"p{n:02}", n, f"0x{n}") for n in range(1, MOST_PARTIES + 10)]
    drawn = network(moved)
    assert "p01" not in drawn.parties
    assert {"hub", f"p{MOST_PARTIES + 9:02}"} <= set(drawn.parties)
    assert drawn.left_out == 10
