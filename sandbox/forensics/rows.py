"""What heuristics and patterns read of a ledger's rows, and how they look at their parameters."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.ledger import Ledger

MOST_BLOCKS: Final = 2**62
"""More than this many blocks are as good as no bound."""


def moving(ledger: Ledger) -> NDArray[np.bool_]:
    """Whether each row moves something: not 0, and not to the payer itself."""
    moves: NDArray[np.bool_] = np.asarray(ledger.amount > 0, bool)
    moves &= ledger.payer != ledger.payee
    return moves


def blocks_of(ledger: Ledger) -> NDArray[np.int64]:
    """The block of each row."""
    return ledger.places["block"].to_numpy().astype(np.int64)


def whole_numbers(**parameters: int) -> None:
    """Look at parameters that are whole numbers, not below 0.

    Args:
        **parameters: by their names.

    Raises:
        CannotTrace: ``forensics.parameter_malformed``.
    """
    for name, value in parameters.items():
        if type(value) is not int or value < 0:
            raise CannotTrace("forensics.parameter_malformed", name=name)


def probabilities(**parameters: float) -> None:
    """Look at parameters that are probabilities, 0 to 1.

    Args:
        **parameters: by their names.

    Raises:
        CannotTrace: ``forensics.parameter_malformed``.
    """
    for name, value in parameters.items():
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise CannotTrace("forensics.parameter_malformed", name=name)
