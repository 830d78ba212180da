"""Cases for a whole class: made at once when a lab starts, or the evening before.

Rules:

1. A case lies in a folder named by a keyed hash of its order: the name says nothing, and who
   starts a lab finds what was prepared for them.
2. What is there already is left as it is; what cannot be made is told by its code, and the others
   are made. Called again, it goes on with what lacks.
3. Each worker is a process of its own with one workshop, and makes one case after the other.
"""

from __future__ import annotations

import asyncio
import hmac
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.kit.canonical import canonical
from sandbox.kit.errors import NotFound, SynakError
from sandbox.services.cases.execution import Workshop
from sandbox.services.cases.folders import Made, opened
from sandbox.services.cases.making import Order, make, make_in

WORKERS: Final = 2
"""Processes: one for each core of the smallest server."""


@dataclass(frozen=True)
class Outcome:
    """What became of an order.

    Attributes:
        order: whose case.
        made: the case; None where it could not be made.
        error: why not; None where it is there.
    """

    order: Order
    made: Made | None
    error: SynakError | None = None


def place(order: Order, secret: bytes, folder: Path) -> Path:
    """Where somebody's case lies.

    Args:
        order: whose it is.
        secret: the server's.
        folder: of all cases.
    """
    said = {"recipe": order.recipe.as_data(), "who": order.who, "attempt": order.attempt}
    return folder / hmac.digest(secret, b"place" + canonical(said), "sha256")[:16].hex()


def case_of(order: Order, secret: bytes, folder: Path) -> Made:
    """Somebody's case: the prepared one at once, else made now.

    Args:
        order: whose it is.
        secret: the server's.
        folder: of all cases.

    Raises:
        As ``make``.
    """
    where = place(order, secret, folder)
    try:
        return opened(where)
    except NotFound:
        return make(order, secret, where)


def prepare(
    orders: Sequence[Order], secret: bytes, folder: Path, *, workers: int = WORKERS
) -> list[Outcome]:
    """Make the cases of a class; minutes of work, for a worker.

    Args:
        orders: each trainee's or team's.
        secret: the server's, at least 16 bytes.
        folder: of all cases.
        workers: how many processes; 0 makes them in this one.

    Returns:
        For each order what became of it, in their order.
    """
    if workers < 1 or len(orders) < 2:
        return _share(orders, secret, folder)
    shares = [orders[first::workers] for first in range(workers)]
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=fresh) as pool:
        done = list(pool.map(_share, shares, [secret] * workers, [folder] * workers))
    return [done[at % workers][at // workers] for at in range(len(orders))]


def _share(orders: Sequence[Order], secret: bytes, folder: Path) -> list[Outcome]:
    """One worker's."""
    return asyncio.run(_in_turn(orders, secret, folder))


async def _in_turn(orders: Sequence[Order], secret: bytes, folder: Path) -> list[Outcome]:
    found = []
    async with Workshop() as workshop:
        for order in orders:
            try:
                found.append(Outcome(order, await _one(workshop, order, secret, folder)))
            except SynakError as error:
                found.append(Outcome(order, None, error))
    return found


async def _one(workshop: Workshop, order: Order, secret: bytes, folder: Path) -> Made:
    where = place(order, secret, folder)
    try:
        return opened(where)
    except NotFound:
        return await make_in(workshop, order, secret, where)
