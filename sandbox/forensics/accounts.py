"""The accounts of a ledger: each has a number, and its name is written once.

Rules: number 0 is the zero address, from which tokens are issued and to which they are
destroyed; the others follow as they first appear. A name that begins with ``0x`` is read without
regard to capitals (EIP-55's are a checksum only); any other, as on chains with other spellings, is
taken as it stands.

Names are told apart by two hashes of 64 bits under seeds drawn anew each time: nobody can prepare
two names that fall together, and by chance it happens once in 2**128.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.compiled import ready
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.numbering import compiled_tell_apart

ZERO: Final = "0x" + "00" * 20
"""The address that tokens name when they issue or destroy. Source: ERC-20."""
_SEEDS: Final = 64
Numbers = NDArray[np.int32]


def spelt(name: str) -> str:
    """A name as it is kept.

    >>> spelt("0xFB6916095ca1df60bB79Ce92cE3Ea74c37c5d359")
    '0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359'
    """
    return name.lower() if name[:2] in {"0x", "0X"} else name


def numbered(
    payer: pl.Series, payee: pl.Series, further: Iterable[str] = ()
) -> tuple[pl.Series, Numbers, Numbers]:
    """Number the accounts of two columns.

    Args:
        payer: names.
        payee: names, as many.
        further: names that may stand in no row.

    Returns:
        The names by number (0 is :data:`ZERO`), and both columns as numbers.

    Raises:
        CannotTrace: ``forensics.account_missing``: no text, or nothing.
    """
    for column in (payer, payee):
        if column.dtype != pl.String or column.null_count():
            raise CannotTrace("forensics.account_missing")
    first, where = _told_apart([payer, payee])
    written = [each for each in (payer, payee) if len(each)]
    spellings = pl.concat(written, rechunk=False).gather(where) if written else payer
    listed = [ZERO, *(spelt(each) for each in further)]
    names = pl.concat([pl.Series(listed, dtype=pl.String), _all_spelt(spellings).alias("")])
    second, where = _told_apart([names])
    numbers = second[len(listed) :][first]
    known = names.gather(where).alias("account")
    return known, numbers[: len(payer)], numbers[len(payer) :]


def _all_spelt(names: pl.Series) -> pl.Series:
    hexadecimal = names.str.slice(0, 2).is_in(["0x", "0X"])
    if not hexadecimal.any():
        return names
    return names.str.to_lowercase().zip_with(hexadecimal, names)


def _told_apart(columns: list[pl.Series]) -> tuple[Numbers, NDArray[Any]]:
    """A number for each entry, by name in order of appearance; and where each first appears."""
    while True:
        one, two = (_hashes(columns, secrets.randbits(_SEEDS)) for _ in range(2))
        numbers, where = np.empty(len(one), np.int32), np.empty(len(one), np.int64)
        count = ready(compiled_tell_apart)(one, two, numbers, where)
        if count >= 0:
            return numbers, where[:count]


def _hashes(columns: list[pl.Series], seed: int) -> NDArray[np.uint64]:
    return np.concatenate([each.hash(seed).to_numpy() for each in columns])
