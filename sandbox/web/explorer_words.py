"""Amounts of any token and the words of the ledger, in the reader's form.

Rules: an amount is never rounded; a token's symbol is its contract's own claim, so pages
lead from it to the contract, and only the national tokens are written as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.contracts.typed import ChainRefusal
from sandbox.domain.ledger import Source, Token
from sandbox.kit.ids import AssetCode
from sandbox.locale import forms, has_wording, translator, wording
from sandbox.locale.catalogue import N_, Language
from sandbox.services.explorer import SYMBOLS
from sandbox.services.explorer_behind import Behind
from sandbox.web.words import chain_name

SOURCES: Final[Mapping[str, str]] = {
    Source.LOG.value: N_("by its log"),
    Source.DIFFERENCE.value: N_("without a log: found by comparing balances"),
    Source.FOLDED.value: N_("by logs beyond those that the index keeps"),
}
OPERATIONS: Final[Mapping[str, str]] = {
    "create": N_("Creation of a contract"),
    "create2": N_("Creation of a contract (CREATE2)"),
    "transfer": N_("Transfer of gas money"),
    "selfdestruct": N_("Self-destruction"),
}
KINDS: Final[Mapping[str, str]] = {
    "customer": N_("Customer"),
    "merchant": N_("Merchant"),
    "settlement": N_("Settlement wallet"),
    "team": N_("The team's own wallet"),
    "contract": N_("Contract of the product"),
}
_NATIVE: Final[Mapping[str, AssetCode]] = {"kgst": "BNB"}


@dataclass(frozen=True)
class Words:
    """The explorer's words in one language; templates call it ``ledger``."""

    lang: Language

    def chain(self, chain: str) -> str:
        """A chain's name."""
        return chain_name(self.lang, chain)

    def source(self, source: str) -> str:
        """How a movement became known."""
        return self._(SOURCES[source])

    def operation(self, kind: str) -> str:
        """What happened inside a transaction."""
        return self._(OPERATIONS[kind]) if kind in OPERATIONS else kind

    def behind(self, who: Behind) -> str:
        """Who is behind an address: ``Customer 3 · SB-2026-0001``."""
        return f"{self.role(who)} · {who.permit}"

    def role(self, who: Behind) -> str:
        """The same without the permit: ``Customer 3``."""
        place = f" {who.place}" if who.place is not None else ""
        return f"{self._(KINDS[who.kind])}{place}"

    def amount(self, value: int, token: Token | None, *, national: bool) -> str:
        """Minor units of a token as a number; as it is when its decimals are not known."""
        if token is None:
            return forms.number(value, self.lang)
        if national:
            return forms.amount(value, self._national(token.chain), self.lang)
        if token.decimals == 0:
            return forms.number(value, self.lang)
        whole, part = divmod(value, 10**token.decimals)
        tail = str(part).rjust(token.decimals, "0").rstrip("0")
        point = "." if self.lang == "en" else ","
        head = forms.number(whole, self.lang)
        return f"{head}{point}{tail}" if tail else head

    def symbol(self, chain: str, token: Token | None, *, national: bool) -> str:
        """A token's sign."""
        if national:
            asset = self._national(chain)
            return forms.SYMBOLS.get(asset, {}).get(self.lang, asset)
        return (token.symbol if token else "") or "?"

    def native(self, chain: str, value: int | None) -> str:
        """Gas money: test BNB on the KGST chain, nothing with a name on the other."""
        if value is None:
            return "—"
        if chain in _NATIVE:
            return forms.money(value, _NATIVE[chain], self.lang)
        return forms.number(value, self.lang)

    def refusal(self, chain: str, found: ChainRefusal) -> str:
        """A clause of the Supervisor in words."""
        code = f"refused.{found.clause}"
        params: dict[str, Any] = {
            "asset": SYMBOLS[chain],
            "limit": found.limit,
            "used": found.used,
            "requested": found.requested,
            "frees_at": found.frees_at,
            "subject": found.subject,
            "version": found.version,
            "permit": "",
        }
        return wording(code, params, self.lang) if has_wording(code) else found.clause

    def _national(self, chain: str) -> AssetCode:
        return "SOM" if chain == "som" else "KGST"

    def _(self, message: str) -> str:
        return translator(self.lang).gettext(message)
