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
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics.compiled import ready
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.numbering import compiled_tell_apart, nothing

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
    listed = pl.Series([ZERO, *map(spelt, further)], dtype=pl.String)
    names, (_, paying, paid) = _told_apart([listed, payer, payee])
    spelled = all_spelt(names)
    if spelled is not names:
        names, (again,) = _told_apart([spelled])
        paying, paid = again[paying], again[paid]
    return names.alias("account"), paying, paid


def all_spelt(names: pl.Series) -> pl.Series:
    """A column of names as they are kept; the same column where they are kept so already.

    Args:
        names: text, none missing.
    """
    small = names.str.to_lowercase()
    if small.equals(names):
        return names
    hexadecimal = names.str.slice(0, 2).is_in(["0x", "0X"])
    return small.zip_with(hexadecimal, names)


def _told_apart(columns: list[pl.Series]) -> tuple[pl.Series, list[Numbers]]:
    """The names in the order in which they first appear, and each column as their numbers."""
    while True:
        seeds = [secrets.randbits(_SEEDS) for _ in range(2)]
        known, count, begin, numbers = nothing(), 0, 0, []
        for column in columns:
            hashes = column.to_frame("name").select(
                pl.col("name").hash(seed).alias(str(at)) for at, seed in enumerate(seeds)
            )
            one, two = (hashes[str(at)].to_numpy() for at in range(2))
            own = np.empty(len(column), np.int32)
            count, known = ready(compiled_tell_apart)(one, two, begin, known, count, own)
            if count < 0:
                break
            begin += len(column)
            numbers.append(own)
        else:
            written = pl.concat([each for each in columns if len(each)], rechunk=False)
            return written.gather(known.where[:count]), numbers
