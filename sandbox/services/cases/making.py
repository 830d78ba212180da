"""Makes a case: planned, executed, sealed and kept, or nothing.

Rules:

1. The seed is the server's secret over who, lab and attempt: the same order is the same case.
2. A case is planned with keys; the commitment is made before anybody sees a row.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.forensics.cases import Case, Recipe, case_seed, changed, plan, recipe
from sandbox.kit.errors import InvalidInput
from sandbox.services.cases.execution import Workshop
from sandbox.services.cases.folders import Made, Sealed, begun, kept
from sandbox.services.cases.wallets import Wallets

MOST_ATTEMPTS: Final = 1_000


@dataclass(frozen=True)
class Order:
    """Whose case it is.

    Attributes:
        lab: of the curriculum (P0 to P11).
        difficulty: ``easy``, ``medium`` or ``hard``.
        who: trainee or team, 1 to 200 characters.
        attempt: from 1 to 1,000.
        own: a trainer's recipe in place of the shipped one.

    Raises:
        InvalidInput: ``cases.order_malformed``.
        CannotPlan: ``cases.word_unknown``.
    """

    lab: str
    difficulty: str
    who: str
    attempt: int = 1
    own: Recipe | None = None

    def __post_init__(self) -> None:
        texts = {"lab": (self.lab, 20), "who": (self.who, 200)}
        for name, (said, most) in texts.items():
            if not (said.strip() and said.isprintable() and len(said) <= most):
                raise InvalidInput("cases.order_malformed", name=name)
        if not 1 <= self.attempt <= MOST_ATTEMPTS:
            raise InvalidInput("cases.order_malformed", name="attempt")
        recipe(self.difficulty)

    @property
    def recipe(self) -> Recipe:
        """By which it is planned."""
        return self.own or changed(self.difficulty, {"lab": self.lab})


def planned(order: Order, secret: bytes) -> tuple[Case, Wallets, Sealed]:
    """Plan a case with keys.

    Args:
        order: whose it is.
        secret: the server's, at least 16 bytes.

    Returns:
        The case, its wallets, and what is sealed of it.

    Raises:
        CannotPlan: ``cases.seed_short``.
    """
    seed = case_seed(secret, who=order.who, lab=order.lab, attempt=order.attempt)
    return planned_from(seed, order.recipe)


def planned_from(seed: bytes, by: Recipe) -> tuple[Case, Wallets, Sealed]:
    """As ``planned``, from a case's own seed.

    Args:
        seed: of the case.
        by: by which recipe.
    """
    case, wallets = with_keys(seed, by)
    return case, wallets, Sealed.of(case, seed)


def with_keys(seed: bytes, by: Recipe) -> tuple[Case, Wallets]:
    """A case planned with keys; nothing of it traced or sealed yet.

    Args:
        seed: of the case.
        by: by which recipe.
    """
    wallets = Wallets(seed)
    return plan(seed, by, address_of=wallets.address_of), wallets


def make(order: Order, secret: bytes, to: Path) -> Made:
    """Plan, execute, seal and keep a case; some seconds of work, for a thread or a command.

    Args:
        order: whose it is.
        secret: the server's, at least 16 bytes.
        to: a folder that is not there yet.

    Raises:
        CannotPlan: ``cases.seed_short``.
        Conflict: ``cases.folder_taken``, ``cases.being_made``.
        IntegrityFailure: ``cases.not_as_planned``.
        Unavailable: ``cases.folder_unwritable``, ``engine.not_started``, ``engine.unavailable``.
    """
    return asyncio.run(_alone(order, secret, to))


async def _alone(order: Order, secret: bytes, to: Path) -> Made:
    async with Workshop() as workshop:
        return await make_in(workshop, order, secret, to)


async def make_in(workshop: Workshop, order: Order, secret: bytes, to: Path) -> Made:
    """As ``make``, in a workshop that made others before.

    Args:
        workshop: open.
        order: whose it is.
        secret: the server's.
        to: a folder that is not there yet.
    """
    with begun(to) as folder:
        case, wallets, sealed = planned(order, secret)
        executed = await workshop.execute(case, wallets)
        return kept(folder, executed, sealed)
