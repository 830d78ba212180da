"""The method of a trace in the reader's words."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.forensics.asset import Asset
from sandbox.forensics.exhibits.hop_ledger import HopLedger
from sandbox.forensics.exhibits.method import Method
from sandbox.locale import Translator
from sandbox.locale.catalogue import N_

DIRECTIONS = {
    "forward": N_("forward: where it went"),
    "backward": N_("backward: where it came from"),
}
SUMS = {
    "seeded": N_("Traced value at the beginning"),
    "spoiled": N_("Made traced by mixing"),
    "held": N_("Still held"),
    "stopped": N_("Not followed further"),
    "destroyed": N_("Destroyed (backward: issued)"),
}
"""The sums of ``Trace.totals``."""


class MethodWords:
    """Says a method in one language, amounts in one asset."""

    def __init__(self, asset: Asset, words: Translator) -> None:
        self._asset, self._words, self._said = asset, words, words.gettext

    def amount(self, digits: str) -> str:
        """Minor units as the asset's amount; as they are where none was named."""
        return self._asset.amount(digits, self._words)

    def facts(self, hops: HopLedger) -> tuple[tuple[str, str], ...]:
        """Labels with a text each: how, in what, with which result."""
        return (*self._how(hops.method), *self._in_what(hops.method), *self._result(hops))

    def _how(self, method: Method) -> Iterator[tuple[str, str]]:
        _ = self._said
        yield _("Policy"), _(method.definition)
        yield _("Source of the policy"), method.source
        yield _("Direction"), _(DIRECTIONS[method.direction])
        seeds = (" · ".join(filter(None, (each.place, each.hash))) for each in method.seeds)
        yield _("Begins with (block / transaction / log)"), "\n".join(seeds)
        yield _("Stops"), "\n".join(self._stops(method)) or _("No stops")
        yield _("Made by"), f"{method.tool.name} {method.tool.version}"

    def _stops(self, method: Method) -> Iterator[str]:
        _, stops = self._said, method.stops
        service = _("Service: %(account)s (%(tag)s)")
        for account, tag in sorted(stops.services.items()):
            yield service % {"account": account, "tag": tag}
        if int(stops.dust):
            dust = _("Movements of less than %(amount)s")
            yield dust % {"amount": self.amount(stops.dust)}
        if stops.hops is not None:
            yield _("Hops at most: %(hops)s") % {"hops": stops.hops}
        if stops.until is not None:
            yield _("Last block or moment: %(until)s") % {"until": stops.until}
        if stops.enough is not None:
            enough = _("Enough at services: %(amount)s")
            yield enough % {"amount": self.amount(stops.enough)}

    def _in_what(self, method: Method) -> Iterator[tuple[str, str]]:
        _, ledger = self._said, method.ledger
        yield (
            _("Ledger"),
            _("%(rows)s rows, from %(first)s to %(last)s")
            % {"rows": ledger.rows, "first": ledger.first, "last": ledger.last},
        )
        yield _("SHA-256 of the rows"), ledger.sha256
        yield _("SHA-256 of what was held before"), ledger.opening_sha256
        if method.pin:
            pinned = [method.pin.block, method.pin.hash, method.pin.chain, method.pin.token]
            said = " · ".join(str(each) for each in pinned if each is not None)
            yield _("Pinned by block (hash, chain, token)"), said

    def _result(self, hops: HopLedger) -> Iterator[tuple[str, str]]:
        _ = self._said
        for name, label in SUMS.items():
            if name != "spoiled" or int(hops.totals[name]):
                yield _(label), self.amount(hops.totals[name])
        yield _("Followed to the end"), _("yes") if hops.complete else _("no")
