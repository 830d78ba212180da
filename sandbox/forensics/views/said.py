"""What pictures say: titles, descriptions, what a mark is."""

from __future__ import annotations

from functools import cached_property
from typing import Any, Final

import polars as pl

from sandbox.forensics.accounts import ZERO
from sandbox.forensics.asset import Asset
from sandbox.forensics.tracing import Trace
from sandbox.forensics.views.layers import Band, Layers
from sandbox.locale import translator
from sandbox.locale.catalogue import N_, Language

NOBODY: Final = N_("issued or destroyed")
"""What the zero address stands for."""
TITLES: Final = {
    "flow": N_("Flow of traced value by %(policy)s"),
    "graph": N_("Accounts reached by traced value, by %(policy)s"),
    "timeline": N_("Traced movements in time, by %(policy)s"),
}


class Said:
    """Says it in one language, amounts in one asset."""

    def __init__(self, found: Trace, language: Language, asset: Asset) -> None:
        self.found, self.asset = found, asset
        self.words = translator(language)

    def title(self, kind: str) -> str:
        """The title of a kind of picture."""
        return self.words.gettext(TITLES[kind]) % {"policy": self.found.policy.value}

    def amount(self, value: int) -> str:
        """An amount in the reader's form."""
        return self.asset.amount(value, self.words)

    def chosen(self, rows: pl.DataFrame) -> str:
        """How many movements are shown; nothing where it is all of them."""
        if len(rows) == len(self.found.hops):
            return ""
        _ = self.words.gettext
        said = _("Chosen: %(count)s of %(all)s movements.")
        return said % {"count": len(rows), "all": len(self.found.hops)}

    def description(self, layers: Layers, rows: pl.DataFrame) -> str:
        """The picture in words: how much, between how many, what is most."""
        _, totals = self.words.gettext, self.found.totals
        said = _(
            "%(movements)s movements between %(accounts)s accounts. At the beginning %(seeded)s; "
            "still held %(held)s; not followed further %(stopped)s; destroyed or issued "
            "%(destroyed)s."
        )
        parts = [
            said
            % {
                "movements": len(self.found.hops),
                "accounts": len(self._nodes | dict.fromkeys(layers.passed)),
                **{each: self.amount(totals[each]) for each in ("seeded", "held")},
                **{each: self.amount(totals[each]) for each in ("stopped", "destroyed")},
            },
            self.chosen(rows),
            *(self.band(each) for each in layers.bands[:3]),
            self.left_out(layers),
        ]
        return " ".join(filter(None, parts))

    def below(self, layers: Layers, rows: pl.DataFrame) -> str:
        """What a picture says below its marks: what was chosen, what was not drawn."""
        return " ".join(filter(None, (self.chosen(rows), self.left_out(layers))))

    def left_out(self, layers: Layers) -> str:
        """What was not drawn; nothing where everything was."""
        if not layers.left_out:
            return ""
        _ = self.words.gettext
        said = _("Not drawn: %(count)s pairs of accounts, %(amount)s in all.")
        return said % {"count": layers.left_out, "amount": self.amount(layers.left_value)}

    def band(self, band: Band) -> str:
        """A band in words."""
        _ = self.words.gettext
        said = _("%(payer)s → %(payee)s: %(amount)s, movements: %(count)s.")
        amount = self.amount(band.value)
        ends = {"payer": band.payer, "payee": band.payee}
        return said % {**ends, "amount": amount, "count": band.movements}

    def tag(self, account: str) -> str:
        """A service's tag, what the zero address stands for, or nothing."""
        if account == ZERO:
            return self.words.gettext(NOBODY)
        node = self._nodes.get(account)
        return str(node["tag"] or "") if node else ""

    def account(self, account: str) -> str:
        """An account in words."""
        node = self._nodes.get(account)
        if node is None:
            return account
        _ = self.words.gettext
        said = _(
            "%(account)s: received %(received)s, still held %(held)s, not followed further "
            "%(stopped)s."
        )
        amounts = {each: self.amount(node[each]) for each in ("received", "held", "stopped")}
        return said % {"account": account, **amounts}

    @cached_property
    def _nodes(self) -> dict[str, dict[str, Any]]:
        return {each["account"]: each for each in self.found.nodes.iter_rows(named=True)}
