"""The inner loops of rules: entries of accounts one after the other, in their order.

Rules:

1. Written once, run in two ways, as ``sandbox.forensics.kernels``: compiled over ``int64``, or the
   same lines interpreted over Python's integers. Part and whole are multiplied in whole numbers.
2. ``who`` is sorted; entries of one account stand in the ledger's order, and ``when`` (seconds)
   never falls in it. Windows are (t - window, t].
3. An entry that is not met is -1 (a position) or 0 (a measure).
4. ``LOOK_BACK`` and ``FEW`` bound how far a loop looks, as part of a rule's definition: a
   busy account must not make a rule quadratic.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numba.extending import register_jitable
from numpy.typing import NDArray

Array = NDArray[Any]
LOOK_BACK: Final = 64
"""So many receipts, or next payments, are looked at."""
FEW: Final = 8
"""So many receipts can be what a payment passes on, for a middleman."""


class Events(NamedTuple):
    """Rows as their accounts see them: by account, then in the ledger's order.

    Attributes:
        who: the account.
        row: the ledger's.
        when: seconds.
        amount: units.
        out: whether the account pays.
        other: the account on the other side.
    """

    who: Array
    row: Array
    when: Array
    amount: Array
    out: Array
    other: Array


def part_of(amount: int, percent: int) -> int:
    """So many percent of an amount, rounded up to a unit."""
    return -(-amount * percent // 100)


def by_account(who: Array, accounts: int) -> Array:
    """The order by account that keeps entries of one account in order."""
    place = np.zeros(accounts + 1, np.int64)
    for i in range(len(who)):
        place[who[i] + 1] += 1
    for i in range(accounts):
        place[i + 1] += place[i]
    order = np.empty(len(who), np.int64)
    for i in range(len(who)):
        order[place[who[i]]] = i
        place[who[i]] += 1
    return order


def windows(who: Array, when: Array, amount: Array, window: int) -> tuple[Array, Array]:
    """For each entry: the first one of its account within the window, and the sum from there."""
    first = np.empty(len(who), np.int64)
    total = np.zeros(len(who), amount.dtype)
    low = 0
    for i in range(len(who)):
        if i > 0 and who[i] == who[i - 1]:
            total[i] = total[i - 1] + amount[i]
        else:
            low = i
            total[i] = amount[i]
        while when[low] <= when[i] - window:
            total[i] -= amount[low]
            low += 1
        first[i] = low
    return first, total


def distinct(
    who: Array, whom: Array, when: Array, window: int, accounts: int
) -> tuple[Array, Array]:
    """For each entry: the first within the window, and how many different ``whom`` since."""
    first = np.empty(len(who), np.int64)
    found = np.empty(len(who), np.int64)
    seen = np.zeros(accounts, np.int32)
    low = 0
    count = 0
    for i in range(len(who)):
        if i > 0 and who[i] != who[i - 1]:
            for j in range(low, i):
                seen[whom[j]] = 0
            low = i
            count = 0
        if seen[whom[i]] == 0:
            count += 1
        seen[whom[i]] += 1
        while when[low] <= when[i] - window:
            seen[whom[low]] -= 1
            if seen[whom[low]] == 0:
                count -= 1
            low += 1
        first[i] = low
        found[i] = count
    return first, found


def kept(who: Array, place: Array, when: Array, score: Array, silence: int) -> Array:
    """Which looks are hits: after one, silence about the account but for a higher score.

    Of looks at one place of an account, the first stands for all.
    """
    keep = np.zeros(len(who), np.bool_)
    last = 0
    high = -1
    for i in range(len(who)):
        if i == 0 or who[i] != who[i - 1]:
            high = -1
        elif place[i] == place[i - 1]:
            continue
        if score[i] > 0 and (high < 0 or when[i] - last >= silence or score[i] > high):
            keep[i] = True
            last = when[i]
            high = score[i]
    return keep


def remembered(
    who: Array, when: Array, mark: Array, scores: Array, memory: int
) -> tuple[Array, Array]:
    """For each hit: the first of its account that is remembered, and each rule's best since.

    Args:
        who: account of each hit.
        when: its moment.
        mark: its rule and band, as one number: the rule's, times the bands, and the band's.
        scores: of each rule (a row) and band; 0 for none.
        memory: seconds.
    """
    rules, bands = scores.shape
    first = np.empty(len(who), np.int64)
    best = np.zeros((len(who), rules), np.int64)
    newest = np.full((rules, bands), -1, np.int64)
    low = 0
    for i in range(len(who)):
        if i > 0 and who[i] != who[i - 1]:
            low = i
            newest[:] = -1
        newest[mark[i] // bands, mark[i] % bands] = i
        while when[low] <= when[i] - memory:
            low += 1
        first[i] = low
        for rule in range(rules):
            for band in range(bands):
                if newest[rule, band] >= low:
                    best[i, rule] = max(best[i, rule], scores[rule, band])
    return first, best


def stretches(events: Events, known: Array, age: int, idle: int) -> tuple[Array, Array, Array]:
    """Stretches of an account that is new, or woke after ``idle``, each of the length ``age``.

    Args:
        events: movements, by account.
        known: whether an account was there before the ledger; an entry for each account.
        age: how long a stretch is.
        idle: a pause longer than this is a sleep.

    Returns:
        For each entry: the stretch's first entry (-1 outside of stretches), what came in since;
        and at each first entry what came in in the whole stretch.
    """
    who, _, when, amount, out, _ = events
    begin = np.full(len(who), -1, np.int64)
    came = np.zeros(len(who), amount.dtype)
    whole = np.zeros(len(who), amount.dtype)
    start = -1
    for i in range(len(who)):
        if i == 0 or who[i] != who[i - 1]:
            start = -1 if known[who[i]] else i
        elif when[i] - when[i - 1] > idle:
            start = i
        if start < 0 or when[i] - when[start] >= age:
            continue
        begin[i] = start
        if not out[i]:
            whole[start] += amount[i]
        came[i] = whole[start]
    return begin, came, whole


def withdrawn(  # noqa: C901 - a call would cost more than an entry
    events: Events, least: int, part: int, window: int
) -> tuple[Array, Array]:
    """For each receipt of ``least``: the entry at which ``part`` of it had left, and how much."""
    who, _, when, amount, out, _ = events
    until = np.full(len(who), -1, np.int64)
    paid = np.zeros(len(who), amount.dtype)
    sums = np.zeros(len(who), amount.dtype)
    for i in range(len(who)):
        if i > 0:
            sums[i] = sums[i - 1]
        if out[i]:
            sums[i] += amount[i]
    end = 0
    for i in range(len(who)):
        if end <= i:
            end = i
            while end < len(who) and who[end] == who[i]:
                end += 1
        if out[i] or amount[i] < least:
            continue
        goal = sums[i] + part_of(amount[i], part)
        low = i + 1
        high = end
        while low < high:
            middle = (low + high) // 2
            if sums[middle] >= goal:
                high = middle
            else:
                low = middle + 1
        if low < end and when[low] - when[i] < window:
            until[i] = low
            paid[i] = sums[low] - sums[i]
    return until, paid


def emptied(events: Events, most: Array, part: int, window: int) -> tuple[Array, Array, Array]:
    """First receipts beyond what was declared, of which ``part`` has left by the next window.

    Args:
        events: movements, by account.
        most: what the first window may bring, by account; -1: not known.
        part: percent.
        window: seconds.

    Returns:
        For each entry: the account's first one (-1: not met), what came in, what left.
    """
    who, _, when, amount, out, _ = events
    begin = np.full(len(who), -1, np.int64)
    came = np.zeros(len(who), amount.dtype)
    left = np.zeros(len(who), amount.dtype)
    start = 0
    for i in range(len(who)):
        if i == 0 or who[i] != who[i - 1]:
            start = i
        else:
            came[i] = came[i - 1]
            left[i] = left[i - 1]
        since = when[i] - when[start]
        if not out[i]:
            if since < window:
                came[i] += amount[i]
            continue
        left[i] += amount[i]
        limit = most[who[i]]
        much = limit >= 0 and since < 2 * window and came[i] > limit
        if much and left[i] >= part_of(came[i], part):
            begin[i] = start
    return begin, came, left


def receipts_before(who: Array, out: Array) -> Array:
    """For each movement, by account, the newest receipt of its account before it, or -1."""
    before = np.full(len(who), -1, np.int64)
    last = -1
    for i in range(len(who)):
        if i > 0 and who[i] != who[i - 1]:
            last = -1
        before[i] = last
        if not out[i]:
            last = i
    return before


def passed_on(events: Events, tolerance: int, dwell: int) -> Array:
    """For each payment the newest receipt of about as much that was not used before, or -1."""
    who, _, when, amount, out, _ = events
    source = np.full(len(who), -1, np.int64)
    before = receipts_before(who, out)
    used = np.zeros(len(who), np.bool_)
    for i in np.flatnonzero(out):
        at = before[i]
        looked = 0
        while at >= 0 and looked < LOOK_BACK and when[i] - when[at] < dwell:
            apart = abs(amount[i] - amount[at])
            if not used[at] and 100 * apart <= tolerance * amount[at]:
                used[at] = True
                source[i] = at
                break
            at = before[at]
            looked += 1
    return source


def forwards(events: Events, part: int, window: int, legs: Array) -> int:
    """Pairs of a receipt and a payment of an account that passes most of it on to somebody else.

    Args:
        events: movements, by account.
        part: percent that has to go on; not more than came.
        window: seconds between the two at most.
        legs: becomes the pairs' entries; as many as fit.

    Returns:
        How many pairs there are.
    """
    who, _, when, amount, out, other = events
    before = receipts_before(who, out)
    count = 0
    for i in np.flatnonzero(out):
        at = before[i]
        looked = 0
        while at >= 0 and looked < FEW and when[i] - when[at] < window:
            fits = part_of(amount[at], part) <= amount[i] and amount[i] <= amount[at]
            if fits and other[at] != other[i]:
                if count < len(legs):
                    legs[count, 0] = at
                    legs[count, 1] = i
                count += 1
            at = before[at]
            looked += 1
    return count


def circles(  # noqa: C901, PLR0912 - a call would cost more than an entry
    paid: Events, starts: Array, begin: Array, limits: tuple[int, int, int], steps: Array
) -> Array:
    """For each payment the one by which most of it is back at its payer, or -1.

    Args:
        paid: payments, by payer.
        starts: entries to begin at.
        begin: each account's first entry, and one more.
        limits: percent of the first amount that each further payment has to carry, and not more
            than the whole; payments in the circle at most; seconds from the first to the last.
        steps: becomes the entries of each circle, -1 behind its end; as many as fit.
    """
    who, row, when, amount, _, other = paid
    part, hops, window = limits
    closed = np.full(len(starts), -1, np.int64)
    for i in range(len(starts)):
        start = starts[i]
        least = part_of(amount[start], part)
        at = start
        for hop in range(1, hops):
            here = other[at]
            low = begin[here]
            high = begin[here + 1]
            end = high
            while low < high:
                middle = (low + high) // 2
                if row[middle] > row[at]:
                    high = middle
                else:
                    low = middle + 1
            chosen = -1
            for j in range(low, min(end, low + LOOK_BACK)):
                if when[j] - when[start] >= window:
                    break
                if least <= amount[j] and amount[j] <= amount[start]:
                    if other[j] == who[start]:
                        chosen = j
                        break
                    if chosen < 0:
                        chosen = j
            if chosen < 0:
                break
            at = chosen
            if i < len(steps):
                steps[i, hop] = at
            if other[at] == who[start]:
                closed[i] = at
                if i < len(steps):
                    steps[i, 0] = start
                break
    return closed


def peels(
    ends: tuple[Array, Array], amount: Array, rows: Array, first: Array, peel: tuple[int, int]
) -> tuple[Array, Array]:
    """Chains of payments, each of most of the last one, each to an account that was never seen.

    Args:
        ends: payer and payee of each row.
        amount: of each row.
        rows: payments that count, in order.
        first: the first movement of each account.
        peel: percent that is left behind at each hop, at least and at most.

    Returns:
        For each row: how many payments its chain has up to it, and the one before it (-1: none).
    """
    payer, payee = ends
    least, most = peel
    length = np.zeros(len(payer), np.int64)
    before = np.full(len(payer), -1, np.int64)
    gone = np.zeros(len(first), np.bool_)
    for i in range(len(rows)):
        row = rows[i]
        if first[payee[row]] != row:
            continue
        length[row] = 1
        got = first[payer[row]]
        if got == row or payee[got] != payer[row] or length[got] == 0 or gone[payer[row]]:
            continue
        peeled = 100 * (amount[got] - amount[row])
        if least * amount[got] <= peeled <= most * amount[got]:
            gone[payer[row]] = True
            length[row] = length[got] + 1
            before[row] = got
    return length, before


def contacts(
    payer: Array, payee: Array, rows: Array, frozen: Array, hops: int
) -> tuple[Array, Array]:
    """For each row: payments since a frozen account, for the payee; and 1 for who pays one.

    Args:
        payer: of each row.
        payee: of each row.
        rows: payments, in order.
        frozen: by account.
        hops: that are followed.
    """
    near = np.full(len(frozen), hops + 1, np.int64)
    at_payee = np.zeros(len(payer), np.int64)
    at_payer = np.zeros(len(payer), np.int64)
    for i in range(len(rows)):
        row = rows[i]
        x = payer[row]
        y = payee[row]
        hop = 1 if frozen[x] else near[x] + 1
        if not frozen[y] and hop <= hops:
            at_payee[row] = hop
            near[y] = min(near[y], hop)
        if frozen[y] and not frozen[x]:
            at_payer[row] = 1
    return at_payee, at_payer


def cashed(who: Array, kind: Array, when: Array, window: int) -> tuple[Array, Array]:
    """For each cash-out: the issue and the payment to a bridge before it, or -1.

    Args:
        who: account of each entry.
        kind: 1 for what was issued to it, 2 for what it paid to a bridge, 3 for what it cashed.
        when: moment of each entry.
        window: seconds from the issue to the cash-out.
    """
    issued = np.full(len(who), -1, np.int64)
    bridged = np.full(len(who), -1, np.int64)
    mint = -1
    pair = -1
    bridge = -1
    for i in range(len(who)):
        if i > 0 and who[i] != who[i - 1]:
            mint = -1
            pair = -1
        if kind[i] == 1:
            mint = i
        elif kind[i] == 2 and mint >= 0:
            pair = mint
            bridge = i
        elif kind[i] == 3 and pair >= 0 and when[i] - when[pair] < window:
            issued[i] = pair
            bridged[i] = bridge
    return issued, bridged


for _each in (part_of, receipts_before):
    register_jitable(_each)
_KERNELS: Final[tuple[Callable[..., Any], ...]] = (
    *(by_account, windows, distinct, kept, remembered, stretches, withdrawn, emptied),
    *(passed_on, forwards, circles, peels, contacts, cashed),
)
COMPILED: Final = {each.__name__: njit(cache=True)(each) for each in _KERNELS}
"""The kernels by their names, compiled when they are first called."""
