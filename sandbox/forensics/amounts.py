"""Amounts as columns: 64 bits where they fit, Python's own integers where they do not.

Rules: whole minor units, never a float; not below 0. What fits is decided by the sum of all that
is there and all that moves, so that nothing that is summed up on the way can overflow: below
``NARROW`` in 64 bits; a ledger whose sum does not fit in 127 bits is refused.

>>> integers(pl.Series(["12", "5000010000000000000000"])).tolist()
[12, 5000010000000000000000]
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.errors import CannotTrace

NARROW: Final = 2**61
"""Sums below this are traced in 64 bits: three times a balance must fit (``kernels.share``)."""
WIDEST: Final = 2**126
"""The largest sum of a ledger that a table can show (128 bits with a sign)."""
_DIGITS: Final = r"^\d{1,78}$"


def integers(amounts: pl.Series) -> NDArray[Any]:
    """Read a column of amounts.

    Args:
        amounts: integers of any width, decimals without places, or text of digits.

    Returns:
        int64, or Python integers (``object``) where one does not fit.

    Raises:
        CannotTrace: ``forensics.amount_malformed``: a float, a sign, a word, nothing.
    """
    kind = amounts.dtype
    text = kind == pl.String
    decimal = isinstance(kind, pl.Decimal) and not kind.scale
    if amounts.null_count() or not (text or decimal or kind.is_integer()):
        raise CannotTrace("forensics.amount_malformed")
    if text and not amounts.str.contains(_DIGITS).all():
        raise CannotTrace("forensics.amount_malformed")
    narrow = amounts if kind == pl.Int64 else amounts.cast(pl.Int64, strict=False)
    if narrow.null_count():
        found = np.array([int(each) for each in amounts.to_list()], dtype=object)
    else:
        found = narrow.to_numpy()
    if len(found) and found.min() < 0:
        raise CannotTrace("forensics.amount_malformed")
    return found


def fitting(amount: NDArray[Any], held: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both columns in 64 bits if everything fits, else as Python's integers.

    Args:
        amount: what moves.
        held: what was there before.

    Raises:
        CannotTrace: ``forensics.amount_too_large``.
    """
    narrow = object not in (amount.dtype, held.dtype)
    if narrow and float(amount.sum(dtype=np.float64) + held.sum(dtype=np.float64)) < NARROW:
        return amount, held
    amount, held = amount.astype(object), held.astype(object)
    total = sum(amount.tolist()) + sum(held.tolist())
    if total >= WIDEST:
        raise CannotTrace("forensics.amount_too_large")
    if total < NARROW:
        return amount.astype(np.int64), held.astype(np.int64)
    return amount, held


def in_common_units(
    amount: NDArray[Any], held: NDArray[Any]
) -> tuple[int, NDArray[Any], NDArray[Any]]:
    """Wide columns divided by the largest unit that measures all of them, if they fit then.

    Returns:
        The unit, and both columns in it; 1 and the columns as they were where they do not fit.
    """
    unit = math.gcd(*amount.tolist(), *held.tolist()) or 1
    if (sum(amount.tolist()) + sum(held.tolist())) // unit >= NARROW:
        return 1, amount, held
    return unit, (amount // unit).astype(np.int64), (held // unit).astype(np.int64)


def money(name: str, values: NDArray[Any], unit: int = 1) -> pl.Series:
    """Amounts as a column of a table: 64 bits, or 128 where one does not fit.

    Args:
        name: of the column.
        values: as ``integers`` gives them, in units.
        unit: minor units in one.
    """
    if values.dtype == object or unit != 1:
        return pl.Series(name, [int(each) * unit for each in values.tolist()], dtype=pl.Int128)
    return pl.Series(name, values, dtype=pl.Int64)
