"""In what amounts are written: an asset's symbol and its decimal places."""

from __future__ import annotations

import msgspec

from sandbox.locale import Translator
from sandbox.locale.catalogue import N_
from sandbox.locale.forms import count

UNITS = N_("minor units")


class Asset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A symbol and decimal places; minor units unless said."""

    symbol: str = ""
    decimals: int = 0

    def amount(self, value: int | str, words: Translator) -> str:
        """An amount in the reader's form.

        Args:
            value: minor units.
            words: the reader's.
        """
        said = count(int(value), self.decimals, words.language)
        return f"{said} {self.symbol or words.gettext(UNITS)}"
