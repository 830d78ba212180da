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

Everything is in this one file, because numba's cache is renewed when the kernel's own file
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


def stop_of(stops: Stops, payee: int, tainted: int, number: int) -> int:
    """The stop that a tainted movement meets at its payee; 0 for none."""
    if payee == 0:
        return 0
    if stops.service[payee]:
        return SERVICE
    if tainted < stops.dust:
        return DUST
    if number >= stops.hops:
        return HOPS
    return 0


def reach(state: State, account: int, number: int) -> None:
    """Tainted value that is followed has reached an account by a movement of this number."""
    if state.hop[account] < 0 or number < state.hop[account]:
        state.hop[account] = number


def leave(state: State, account: int, tainted: int) -> int:
    """Tainted value leaves an account; the number of its movement."""
    number: int = state.hop[account] + 1
    state.taint[account] -= tainted
    if state.taint[account] == 0:
        state.hop[account] = -1
    return number


def noted(stops: Stops, state: State, i: int, y: int, m: int, h: int) -> int:
    """Write down what row ``i`` moved to ``y``, as movement ``h``; the stop that it met."""
    if m == 0:
        return 0
    why = stop_of(stops, y, m, h)
    state.moved[i] = m
    state.number[i] = h
    if why != 0:
        state.stop[i] = why
        state.why[y] |= why
        state.stopped[y] += m
    return why


def leave_pot(policy: int, state: State, x: int, v: int) -> tuple[int, int]:
    """Take ``v`` out of the pot of ``x``: of that tainted, and the number of the movement."""
    nothing = v - v
    if x == 0:
        return nothing, 0
    b = state.balance[x]
    t = state.taint[x]
    state.balance[x] = b - v
    if t == 0:
        return nothing, 0
    m = v
    if t < b:
        m = share(t, v, b) if policy == HAIRCUT else max(nothing, v - (b - t))
    return m, leave(state, x, m)


def arrive_pot(policy: int, state: State, y: int, v: int, m: int) -> None:
    """Put ``v`` into the pot of ``y``, of which ``m`` is tainted and followed."""
    if y == 0:
        state.taint[0] += m
        return
    state.balance[y] += v
    if policy == POISON and (m > 0 or state.taint[y] > 0):
        state.spoiled[y] += state.balance[y] - state.taint[y] - m
        state.taint[y] = state.balance[y]
    else:
        state.taint[y] += m


def pots(policy: int, rows: Rows, stops: Stops, state: State) -> int:
    """Poison, haircut, LIBR: an account is one pot, of which a part is tainted.

    Args:
        policy: ``POISON``, ``HAIRCUT`` or ``LIBR``.
        rows: the ledger.
        stops: where not to follow.
        state: what is found; ``balance`` holds the opening balances.

    Returns:
        How many rows were looked at: all, or up to the one by which ``enough`` was reached.
    """
    located = 0
    for i in range(len(rows.payer)):
        x, y, v = rows.payer[i], rows.payee[i], rows.amount[i]
        if v == 0 or x == y:
            continue
        m, h = leave_pot(policy, state, x, v)
        if rows.seed[i]:
            state.added[y] += v - m
            m, h = v, 0
        why = noted(stops, state, i, y, m, h)
        arrive_pot(policy, state, y, v, m if why == 0 else v - v)
        if m > 0 and why == 0 and y != 0:
            reach(state, y, h)
        if why == SERVICE:
            located += m
            if 0 < stops.enough <= located:
                return i + 1
    return len(rows.payer)


class Lots(NamedTuple):
    """What every account holds, lot by lot, in the order in which it will leave.

    Attributes:
        head: the first lot of each account: value, whether tainted, place of the next, of the last.
        pool: the others, linked: value, whether tainted, place of the next; 0 is no place.
        book: the first place never used, the last one that became free.
    """

    head: Array
    pool: Array
    book: Array


def tainted_of(held: Lots, account: int, most: int) -> int:
    """How much of the next ``most`` that leave an account is tainted; nothing is changed."""
    first = held.head[account]
    take = min(first[_VALUE], most)
    found: int = take * first[_TAINTED]
    most -= take
    place = first[_NEXT]
    while most > 0:
        take = min(held.pool[place, _VALUE], most)
        found += take * held.pool[place, _TAINTED]
        most -= take
        place = held.pool[place, _NEXT]
    return found


def leave_lots(held: Lots, state: State, x: int, v: int) -> tuple[int, int]:
    """As ``leave_pot``; the lots themselves are moved by ``carry``."""
    nothing = v - v
    if x == 0:
        return nothing, 0
    state.balance[x] -= v
    if state.taint[x] == 0:
        return nothing, 0
    m = tainted_of(held, x, v)
    return m, leave(state, x, m)


def pop(held: Lots, account: int, most: int) -> tuple[int, int]:
    """Take the next lot of an account, or the part of it that is wanted: value, tainted."""
    first = held.head[account]
    value = first[_VALUE]
    tainted = first[_TAINTED]
    if value > most:
        first[_VALUE] = value - most
        return most, tainted
    place = first[_NEXT]
    if place == 0:
        first[_VALUE] = 0
        first[_TAIL] = 0
        return value, tainted
    first[_VALUE] = held.pool[place, _VALUE]
    first[_TAINTED] = held.pool[place, _TAINTED]
    first[_NEXT] = held.pool[place, _NEXT]
    if first[_NEXT] == 0:
        first[_TAIL] = 0
    held.pool[place, _NEXT] = held.book[_FREE]
    held.book[_FREE] = place
    return value, tainted


def new_place(held: Lots) -> int:
    """A free place of the pool."""
    place: int = held.book[_FREE]
    if place != 0:
        held.book[_FREE] = held.pool[place, _NEXT]
    else:
        place = held.book[_TOP]
        held.book[_TOP] = place + 1
    return place


def push_last(held: Lots, account: int, value: int, tainted: int) -> None:
    """Put a lot behind the others of an account."""
    first = held.head[account]
    if first[_VALUE] == 0:
        first[_VALUE] = value
        first[_TAINTED] = tainted
        first[_NEXT] = 0
        first[_TAIL] = 0
        return
    tail = first[_TAIL]
    if tail == 0:
        if first[_TAINTED] == tainted:
            first[_VALUE] += value
            return
    elif held.pool[tail, _TAINTED] == tainted:
        held.pool[tail, _VALUE] += value
        return
    place = new_place(held)
    held.pool[place, _VALUE] = value
    held.pool[place, _TAINTED] = tainted
    held.pool[place, _NEXT] = 0
    if tail == 0:
        first[_NEXT] = place
    else:
        held.pool[tail, _NEXT] = place
    first[_TAIL] = place


def push_first(held: Lots, account: int, value: int, tainted: int) -> None:
    """Put a lot on top of the others of an account."""
    first = held.head[account]
    if first[_VALUE] == 0:
        first[_VALUE] = value
        first[_TAINTED] = tainted
        first[_NEXT] = 0
        return
    if first[_TAINTED] == tainted:
        first[_VALUE] += value
        return
    place = new_place(held)
    held.pool[place, _VALUE] = first[_VALUE]
    held.pool[place, _TAINTED] = first[_TAINTED]
    held.pool[place, _NEXT] = first[_NEXT]
    first[_VALUE] = value
    first[_TAINTED] = tainted
    first[_NEXT] = place


def carry(newest_first: bool, held: Lots, x: int, y: int, v: int, kind: int) -> None:  # noqa: FBT001
    """Move ``v`` from ``x`` to ``y``, lot by lot; ``kind``: 0 clean, 1 tainted, 2 as they are."""
    left = v
    while left > 0:
        take, tainted = left, 0
        if x != 0:
            take, tainted = pop(held, x, left)
        left -= take
        if kind < 2:
            tainted = kind
        if y == 0:
            continue
        if newest_first:
            push_first(held, y, take, tainted)
        else:
            push_last(held, y, take, tainted)


def with_room(held: Lots) -> Lots:
    """The same lots, with room for one more row."""
    places = len(held.pool)
    if held.book[_TOP] + _PER_ROW <= places:
        return held
    larger = np.zeros((2 * places, 3), held.pool.dtype)
    larger[:places] = held.pool
    return Lots(held.head, larger, held.book)


def opened(balance: Array) -> Lots:
    """One clean lot for each account's opening balance."""
    head = np.zeros((len(balance), 4), balance.dtype)
    head[:, _VALUE] = balance
    return Lots(head, np.zeros((_ROOM, 3), balance.dtype), np.array([1, 0], np.int64))


def lots(newest_first: bool, rows: Rows, stops: Stops, state: State) -> int:  # noqa: FBT001
    """FIFO and LIFO: an account is a row of lots; neighbours of one kind are one lot.

    Args:
        newest_first: LIFO; otherwise FIFO.
        rows: the ledger.
        stops: where not to follow.
        state: what is found; ``balance`` holds the opening balances.

    Returns:
        As ``pots``.
    """
    held = opened(state.balance)
    located = 0
    for i in range(len(rows.payer)):
        x, y, v = rows.payer[i], rows.payee[i], rows.amount[i]
        if v == 0 or x == y:
            continue
        held = with_room(held)
        m, h = leave_lots(held, state, x, v)
        if rows.seed[i]:
            state.added[y] += v - m
            m, h = v, 0
        why = noted(stops, state, i, y, m, h)
        kind = 0 if m == 0 or why != 0 else 1 if rows.seed[i] else 2
        carry(newest_first, held, x, y, v, kind)
        if kind != 0:
            state.taint[y] += m
        if y != 0:
            state.balance[y] += v
            if kind != 0:
                reach(state, y, h)
        if why == SERVICE:
            located += m
            if 0 < stops.enough <= located:
                return i + 1
    return len(rows.payer)


def tell_apart(one: Array, two: Array, numbers: Array, where: Array) -> int:
    """Number entries by their hashes, in the order in which they first appear.

    Args:
        one: the first hash of each entry, uint64.
        two: the second one.
        numbers: becomes the number of each entry.
        where: becomes the entry at which each number first appears.

    Returns:
        How many numbers there are; -1 where one hash was equal and the other was not.
    """
    table = np.full(_ROOM, -1, np.int32)
    count = 0
    for i in range(len(one)):
        if 2 * count >= len(table):
            table = np.full(4 * len(table), -1, np.int32)
            for known in range(count):
                table[place_of(table, one, where, one[where[known]])] = known
        place = place_of(table, one, where, one[i])
        number = table[place]
        if number < 0:
            number = count
            table[place] = number
            where[number] = i
            count += 1
        elif two[where[number]] != two[i]:
            return -1
        numbers[i] = number
    return count


def place_of(table: Array, one: Array, where: Array, key: int) -> Any:
    """Where a hash stands in the table, or would stand."""
    mask = len(table) - 1
    place = np.int64(key >> np.uint64(20)) & mask
    while table[place] >= 0 and one[where[table[place]]] != key:
        place = (place + 1) & mask
    return place


_HELPERS: Final[tuple[Callable[..., Any], ...]] = (
    *(stop_of, reach, leave, noted, leave_pot, arrive_pot),
    *(leave_lots, tainted_of, pop, new_place, push_last, push_first, carry, with_room, opened),
    place_of,
)
for _helper in _HELPERS:
    register_jitable(_helper)

compiled_tell_apart = njit(cache=True)(tell_apart)
compiled_settle = njit(cache=True)(settle)
compiled_pots = njit(cache=True)(pots)
compiled_lots = njit(cache=True)(lots)
