"""The inner loop of telling names apart by their hashes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numba.extending import register_jitable
from numpy.typing import NDArray

Array = NDArray[Any]
_ROOM: Final = 1_024


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
    keys = np.empty((_ROOM, 2), np.uint64)
    count = 0
    for i in range(len(one)):
        if 2 * count >= len(table):
            larger = np.empty((4 * len(table), 2), np.uint64)
            larger[:count] = keys[:count]
            keys = larger
            table = np.full(len(keys), -1, np.int32)
            for known in range(count):
                table[place_of(table, keys, keys[known, 0])] = known
        place = place_of(table, keys, one[i])
        known = table[place]
        if known < 0:
            known = count
            table[place] = known
            keys[known, 0], keys[known, 1] = one[i], two[i]
            where[known] = i
            count += 1
        elif keys[known, 1] != two[i]:
            return -1
        numbers[i] = known
    return count


def place_of(table: Array, keys: Array, key: int) -> Any:
    """Where a hash stands in the table, or would stand."""
    mask = len(table) - 1
    place = np.int64(key >> np.uint64(20)) & mask
    while table[place] >= 0 and keys[table[place], 0] != key:
        place = (place + 1) & mask
    return place


register_jitable(place_of)
compiled_tell_apart = njit(cache=True)(tell_apart)
