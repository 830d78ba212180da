"""Usual ranges in the reader's words, by field of the limits' form."""

from __future__ import annotations

from functools import lru_cache

from sandbox.domain.usual import USUAL, USUAL_AMOUNTS
from sandbox.kit.money import DECIMALS
from sandbox.locale import forms
from sandbox.locale.catalogue import Language
from sandbox.web.limits import ASSETS
from sandbox.web.words import limit_text


@lru_cache(maxsize=3)
def usual_ranges(lang: Language) -> dict[str, str]:
    """Field to text: ``90 – 270 days``, ``500,00 – 10 000,00 KGST``."""
    found = {
        name: f"{forms.number(low, lang)} – {limit_text(lang, name, high)}"
        for name, (low, high) in USUAL.items()
    }
    for asset in ASSETS:
        unit = 10 ** DECIMALS[asset]
        for clause, (low, high) in USUAL_AMOUNTS.items():
            least = forms.amount(low * unit, asset, lang)
            found[f"{asset}.{clause}"] = f"{least} – {forms.money(high * unit, asset, lang)}"
    return found
