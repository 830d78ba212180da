"""The inner loops of tracing: one row of a ledger after the other, in its order.

Rules:

1. Written once, run in two ways. Where amounts fit (``amounts.NARROW``) the arrays are ``int64``
   and numba compiles the loop; where they do not (tokens of 18 decimals) they hold Python's own
   integers and the same lines run interpreted. No amount is ever a float.
2. Account 0 is no account: a row from it issues, a row to it destroys.
3. A row of amount 0 and a row from an account to itself move nothing.
4. Rows are solvent: ``settle`` has looked, the others rely on it.
5. What a row moves is taken from the payer by the policy. Of a row in ``seed`` all of it is
   tainted on arrival. A stop is then looked for: a service, dust, too many hops, in this order;
   what is stopped stays with the payee, written down in ``stopped``, and goes on as clean.
6. The number of a movement: 0 for a seed, otherwise one more than the payer's, which is the
   least number by which tainted value reached it since it last held none.

All of tracing is in this one file, because numba's cache is renewed when the kernel's own file
changes, not when another one does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload, register_jitable
from numpy.typing import NDArray

_EXACT: Final = 2**51
"""Up to here a quotient of floats is wrong by one at most (see ``share_narrow``)."""

POISON: Final = 0
HAIRCUT: Final = 1
LIBR: Final = 2

SERVICE: Final = 1
DUST: Final = 2
HOPS: Final = 4
TIME: Final = 8
AMOUNT: Final = 16

_VALUE: Final = 0
_TAINTED: Final = 1
_NEXT: Final = 2
_TAIL: Final = 3
_TOP: Final = 0
_FREE: Final = 1
_ROOM: Final = 1_024
_PER_ROW: Final = 2
"""Places that one row needs at most beyond those that it frees."""

Array = NDArray[Any]


class Rows(NamedTuple):
    """A ledger's rows in order; an entry each.

    Attributes:
        payer: number of the account that pays, int32.
        payee: number of the account that is paid, int32.
        amount: int64, or Python integers (``object``).
        seed: whether all that the row moves is tainted from then on, uint8.
    """

    payer: Array
    payee: Array
    amount: Array
    seed: Array


class Stops(NamedTuple):
    """Where tainted value is not followed further.

    Attributes:
        service: whether an account is a service, uint8; an entry for each account.
        dust: a movement of less tainted value than this is not followed.
        hops: a movement of this number or a higher one is not followed.
        enough: with so much tainted value at services the trace ends; 0: never.
    """

    service: Array
    dust: int
    hops: int
    enough: int


class State(NamedTuple):
    """What a trace finds; arrays of zeros when it begins (``hop`` and ``number``: of -1).

    Attributes:
        balance: of each account, as the amounts.
        taint: of that, tainted and followed; for account 0 what was destroyed.
        stopped: tainted value that arrived at each account and was not followed.
        added: by each account's rows in ``seed``, clean value that became tainted.
        spoiled: clean value of each account that became tainted by contact (poison alone).
        hop: the account's number, int32; -1 while it holds no taint.
        why: stops that were met at each account, uint8.
        moved: tainted value that each row moved.
        number: of each row's movement, int32; -1 where no taint moved.
        stop: the stop that each row met, uint8.
    """

    balance: Array
    taint: Array
    stopped: Array
    added: Array
    spoiled: Array
    hop: Array
    why: Array
    moved: Array
    number: Array
    stop: Array


def settle(rows: Rows, balance: Array, lowest: Array) -> int:
    """The balances that the rows lead to, and the lowest that each account had on the way.

    Args:
        rows: the ledger.
        balance: opening balances; becomes the closing ones.
        lowest: opening balances; becomes the lowest ones, negative where a row was not covered.

    Returns:
        The first row that its payer could not cover; -1 for none.
    """
    first = -1
    for i in range(len(rows.payer)):
        x = rows.payer[i]
        y = rows.payee[i]
        v = rows.amount[i]
        if x == y:
            continue
        if x != 0:
            left = balance[x] - v
            balance[x] = left
            if left < lowest[x]:
                lowest[x] = left
                if left < 0 and first < 0:
                    first = i
        if y != 0:
            balance[y] += v
    return first


def share(part: int, moved: int, whole: int) -> int:
    """The tainted part of what is moved out of a pot, rounded down to the minor unit.

    Args:
        part: tainted value in the pot, 0 <= part <= whole.
        moved: what leaves it, 0 <= moved <= whole.
        whole: what is in it, > 0; below 2**61 where this is compiled.
    """
    return part * moved // whole


def share_narrow(part: int, moved: int, whole: int) -> Any:
    """``share`` in 64 bits, exactly.

    Below ``_EXACT`` three floats are exact and two roundings stay below 2**-52, so that the
    quotient is wrong by one at most and the remainder fits (products wrap, the difference does
    not). Above it, one bit of ``moved`` after the other; three times ``whole`` fits.
    """
    if whole < _EXACT:
        quotient: Any = np.int64(np.float64(part) * np.float64(moved) / np.float64(whole))
        rest = part * moved - quotient * whole
        return quotient - (rest < 0) + (rest >= whole)
    if part == whole:
        return moved
    quotient = np.int64(0)
    rest = 0
    for bit in range(60, -1, -1):
        quotient *= 2
        rest *= 2
        if (moved >> bit) & 1:
            rest += part
        while rest >= whole:
            rest -= whole
            quotient += 1
    return quotient


def _share_compiled(part: int, moved: int, whole: int) -> Any:
    del part, moved, whole
    return share_narrow


overload(share)(_share_compiled)


def stop_of(service: int, tainted: int, dust: int, number: int, hops: int) -> int:
    """The stop that a tainted movement meets at an account; 0 for none."""
    if service:
        return SERVICE
    if tainted < dust:
        return DUST
    return HOPS if number >= hops else 0


def out_of_pot(policy: int, t: int, b: int, v: int) -> int:
    """Of ``v`` out of a pot of ``b``, ``t`` of it tainted (not 0), the tainted part."""
    if t == b:
        return v
    if policy == HAIRCUT:
        return share(t, v, b)
    return max(v - v, v - (b - t))


def pots(policy: int, rows: Rows, stops: Stops, state: State) -> int:  # noqa: C901, PLR0912 - a call would cost more than a row
    """Poison, haircut, LIBR: an account is one pot, of which a part is tainted.

    Args:
        policy: ``POISON``, ``HAIRCUT`` or ``LIBR``.
        rows: the ledger.
        stops: where not to follow.
        state: what is found; ``balance`` holds the opening balances.

    Returns:
        How many rows were looked at: all, or up to the one by which ``enough`` was reached.
    """
    payer, payee, amount, seed = rows
    service, dust, hops, enough = stops
    balance, taint, stopped, added, spoiled, hop, why, moved, number, stop = state
    located = 0
    for i in range(len(payer)):
        x, y, v = payer[i], payee[i], amount[i]
        if v == 0 or x == y:
            continue
        m, h, met = v - v, 0, 0
        if x != 0:
            b, t = balance[x], taint[x]
            balance[x] = b - v
            if t > 0:
                m = out_of_pot(policy, t, b, v)
                h = hop[x] + 1
                taint[x] = t - m
                if t == m:
                    hop[x] = -1
        if seed[i]:
            added[y] += v - m
            m, h = v, 0
        if m > 0:
            moved[i], number[i] = m, h
            if y == 0:
                taint[0] += m
                continue
            met = stop_of(service[y], m, dust, h, hops)
            if met != 0:
                stop[i] = met
                why[y] |= met
                stopped[y] += m
                m = v - v
            elif hop[y] < 0 or h < hop[y]:
                hop[y] = h
        if y == 0:
            continue
        balance[y] += v
        if policy == POISON and (m > 0 or taint[y] > 0):
            spoiled[y] += balance[y] - taint[y] - m
            taint[y] = balance[y]
        elif m > 0:
            taint[y] += m
        if met == SERVICE:
            located += moved[i]
            if 0 < enough <= located:
                return i + 1
    return len(payer)


def tainted_of(head: Array, pool: Array, account: int, most: int) -> int:
    """How much of the next ``most`` that leave an account is tainted; nothing is changed."""
    take = min(head[account, _VALUE], most)
    found: int = take * head[account, _TAINTED]
    most -= take
    place = head[account, _NEXT]
    while most > 0:
        take = min(pool[place, _VALUE], most)
        found += take * pool[place, _TAINTED]
        most -= take
        place = pool[place, _NEXT]
    return found


def pop(head: Array, pool: Array, book: Array, account: int, most: int) -> tuple[int, int]:
    """Take the next lot of an account, or the part of it that is wanted: value, tainted."""
    value, tainted = head[account, _VALUE], head[account, _TAINTED]
    if value > most:
        head[account, _VALUE] = value - most
        return most, tainted
    place = head[account, _NEXT]
    if place == 0:
        head[account, _VALUE] = 0
        return value, tainted
    head[account, _VALUE] = pool[place, _VALUE]
    head[account, _TAINTED] = pool[place, _TAINTED]
    head[account, _NEXT] = pool[place, _NEXT]
    if head[account, _NEXT] == 0:
        head[account, _TAIL] = 0
    pool[place, _NEXT] = book[_FREE]
    book[_FREE] = place
    return value, tainted


def new_place(pool: Array, book: Array) -> int:
    """A free place of the pool."""
    place: int = book[_FREE]
    if place != 0:
        book[_FREE] = pool[place, _NEXT]
    else:
        place = book[_TOP]
        book[_TOP] = place + 1
    return place


def push_last(
    head: Array, pool: Array, book: Array, account: int, value: int, tainted: int
) -> None:
    """Put a lot behind the others of an account."""
    if head[account, _VALUE] == 0:
        begin(head, account, value, tainted)
        return
    tail = head[account, _TAIL]
    if tail == 0:
        if head[account, _TAINTED] == tainted:
            head[account, _VALUE] += value
            return
    elif pool[tail, _TAINTED] == tainted:
        pool[tail, _VALUE] += value
        return
    place = new_place(pool, book)
    pool[place, _VALUE] = value
    pool[place, _TAINTED] = tainted
    pool[place, _NEXT] = 0
    if tail == 0:
        head[account, _NEXT] = place
    else:
        pool[tail, _NEXT] = place
    head[account, _TAIL] = place


def push_first(
    head: Array, pool: Array, book: Array, account: int, value: int, tainted: int
) -> None:
    """Put a lot on top of the others of an account."""
    if head[account, _VALUE] == 0:
        begin(head, account, value, tainted)
        return
    if head[account, _TAINTED] == tainted:
        head[account, _VALUE] += value
        return
    place = new_place(pool, book)
    pool[place, _VALUE] = head[account, _VALUE]
    pool[place, _TAINTED] = head[account, _TAINTED]
    pool[place, _NEXT] = head[account, _NEXT]
    head[account, _VALUE] = value
    head[account, _TAINTED] = tainted
    head[account, _NEXT] = place


def begin(head: Array, account: int, value: int, tainted: int) -> None:
    """Let an account hold one lot, or none of value 0."""
    head[account, _VALUE] = value
    head[account, _TAINTED] = tainted
    head[account, _NEXT] = 0
    head[account, _TAIL] = 0


def with_room(pool: Array, book: Array) -> Array:
    """The pool, with room for one more row."""
    if book[_TOP] + _PER_ROW <= len(pool):
        return pool
    larger = np.zeros((2 * len(pool), 3), pool.dtype)
    larger[: len(pool)] = pool
    return larger


def lots(newest_first: bool, rows: Rows, stops: Stops, state: State) -> int:  # noqa: C901, FBT001, PLR0912, PLR0915 - a call would cost more than a row
    """FIFO and LIFO: an account is a row of lots; neighbours of one kind are one lot.

    An account without taint is one clean lot, its balance: its lots are kept only while it holds
    taint. The first of them lies in ``head`` (value, whether tainted, place of the next, of the
    last), the others in one pool, linked; place 0 is none. Since neighbours differ, the lots that
    are left when the last taint goes are one.

    Args:
        newest_first: LIFO; otherwise FIFO.
        rows: the ledger.
        stops: where not to follow.
        state: what is found; ``balance`` holds the opening balances.

    Returns:
        As ``pots``.
    """
    payer, payee, amount, seed = rows
    service, dust, hops, enough = stops
    balance, taint, stopped, added, _, hop, why, moved, number, stop = state
    head = np.zeros((len(balance), 4), balance.dtype)
    pool = np.zeros((_ROOM, 3), balance.dtype)
    book = np.array([1, 0], np.int64)
    located = 0
    for i in range(len(payer)):
        x, y, v = payer[i], payee[i], amount[i]
        if v == 0 or x == y:
            continue
        m, h, met = v - v, 0, 0
        before = taint[x] if x != 0 else v - v
        if x != 0:
            balance[x] -= v
        if before > 0:
            m = tainted_of(head, pool, x, v)
            h = hop[x] + 1
            taint[x] = before - m
            if before == m:
                hop[x] = -1
        if seed[i]:
            added[y] += v - m
            m, h = v, 0
        if m > 0:
            moved[i], number[i] = m, h
            if y == 0:
                taint[0] += m
            else:
                met = stop_of(service[y], m, dust, h, hops)
                if met != 0:
                    stop[i] = met
                    why[y] |= met
                    stopped[y] += m
                elif hop[y] < 0 or h < hop[y]:
                    hop[y] = h
        follow = 1 if m > 0 and met == 0 and y != 0 else 0
        kept = y != 0 and (follow == 1 or taint[y] > 0)
        if kept and taint[y] == 0:
            begin(head, y, balance[y], 0)
        if kept or before > 0:
            pool = with_room(pool, book)
            left = v
            while left > 0:
                take, tainted = left, 0
                if before > 0:
                    take, tainted = pop(head, pool, book, x, left)
                left -= take
                tainted = follow if seed[i] else tainted * follow
                if kept and newest_first:
                    push_first(head, pool, book, y, take, tainted)
                elif kept:
                    push_last(head, pool, book, y, take, tainted)
        if y != 0:
            balance[y] += v
            if follow == 1:
                taint[y] += m
        if met == SERVICE:
            located += m
            if 0 < enough <= located:
                return i + 1
    return len(payer)


_HELPERS: Final[tuple[Callable[..., Any], ...]] = (
    *(stop_of, out_of_pot, tainted_of, pop, new_place, begin, push_last, push_first, with_room),
)
for _helper in _HELPERS:
    register_jitable(_helper)

compiled_settle = njit(cache=True)(settle)
compiled_pots = njit(cache=True)(pots)
compiled_lots = njit(cache=True)(lots)
