"""The 27 rules over ledgers in words: what each asks for with a pack's own values, and their units.

Rules: titles come with the pack, in three languages; every rule, value, unit, category and table
that the software knows has its words here (a test compares). Expressions of typologies are written
as formulas, which read the same in every language but for "largest of" and "smallest of".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sandbox.forensics.rules.pack import Pack, Parameter, Rule, Typology
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language

MEANINGS: Final[Mapping[str, str]] = {
    "R01": N_(
        "At least %(n)s payments within %(window)s, each below the threshold by at most "
        "%(margin)s, together at least %(multiple)s thresholds."
    ),
    "R02": N_("At least %(n)s payments of %(multiple)s thresholds or more each within %(window)s."),
    "R03": N_(
        "%(n)s payments at even intervals (variation below %(variation)s), then none for %(idle)s."
    ),
    "R04": N_(
        "An account that is new (younger than %(age)s) or slept (longer than %(idle)s) gets more "
        "than %(quantile)s of such accounts get."
    ),
    "R05": N_(
        "At least %(part)s of a receipt of %(floor)s or more leaves within %(window)s, without an "
        "exchange in between."
    ),
    "R06": N_(
        "In the first %(window)s a customer gets more than %(multiple)s times the declared monthly "
        "income, and at least %(part)s of it leaves by the end of the next as long time."
    ),
    "R07": N_(
        "At least %(cycles)s times within %(window)s about as much as came (± %(tolerance)s, from "
        "%(floor)s) goes on within %(dwell)s."
    ),
    "R08": N_(
        "Payments of %(floor)s or more from at least %(n)s different accounts within %(window)s."
    ),
    "R09": N_(
        "Payments of %(floor)s or more to at least %(n)s different accounts within %(window)s."
    ),
    "R10": N_(
        "Money goes from one account to another through at least %(n)s middlemen within "
        "%(window)s; each passes on at least %(part)s, payments from %(floor)s."
    ),
    "R11": N_(
        "At least %(part)s of a payment of %(floor)s or more comes back over at most %(hops)s "
        "payments within %(window)s."
    ),
    "R12": N_(
        "At least %(hops)s payments in a row to accounts that were never used before; each step "
        "leaves %(peel_least)s to %(peel_most)s behind; payments from %(floor)s."
    ),
    "R13": N_("At least %(n)s exchanges within %(window)s that each lose more than %(cost)s."),
    "R14": N_(
        "A payment to or from a mixer, or at least %(part)s of the account's money from one, at "
        "most %(hops)s steps away."
    ),
    "R15": N_("Payments to different bridges within %(window)s: at least %(n)s."),
    "R16": N_(
        "A payment of %(floor)s or more to a place of cash-out, and at least %(part)s of what came "
        "within %(window)s is from accounts without tags."
    ),
    "R17": N_("At least %(n)s customers share a device, an address or a document."),
    "R18": N_(
        "Receipts within %(window)s exceed %(multiple)s declared monthly incomes; for those below "
        "%(young)s or from %(old)s, %(multiple_risk)s."
    ),
    "R19": N_(
        "A customer from %(old)s, or with an account younger than %(new)s, pays, and at least "
        "%(points)s of three hold: the first payment to that payee was within %(window)s; the "
        "amount is at least %(multiple)s thresholds; it is not the first to that payee."
    ),
    "R20": N_(
        "At least %(part)s of the account's money is from a listed crime; for sanctions and "
        "terrorism at least %(part_critical)s."
    ),
    "R21": N_("The name resembles one on a list by at least %(score)s."),
    "R22": N_(
        "Within %(window)s %(floor)s or more to or from a provider where the travel rule is weak "
        "or absent."
    ),
    "R23": N_(
        "A payment above the threshold about which no data came, or later than %(late)s, or with a "
        "match below %(match)s."
    ),
    "R24": N_(
        "At least %(n)s payments within %(window)s to accounts of the same owner, at least "
        "%(part)s of all that was paid."
    ),
    "R25": N_(
        "At most %(hops)s steps from a blocked account; or issue, bridge and cash-out within "
        "%(window)s."
    ),
    "R26": N_(
        "Reserves are below what is owed and %(buffer)s more, or rose by more than %(spike)s for a "
        "published figure and fell again (%(around)s around it)."
    ),
    "R27": N_("More tokens than attested gold, or an attestation older than %(stale)s."),
}
PARAMETERS: Final[Mapping[str, str]] = {
    "threshold": N_("Threshold"),
    "silence": N_("Silence about an account after a hit"),
    "memory": N_("How long a typology remembers hits"),
    "n": N_("At least so many"),
    "margin": N_("How far below it"),
    "multiple": N_("How many times"),
    "window": N_("Window"),
    "variation": N_("Variation"),
    "idle": N_("Without any movement for"),
    "age": N_("New: younger than"),
    "quantile": N_("More than this part of the others"),
    "part": N_("At least this part"),
    "floor": N_("Smallest amount that counts"),
    "cycles": N_("At least so many times"),
    "tolerance": N_("Give or take"),
    "dwell": N_("Goes on within"),
    "hops": N_("Steps"),
    "peel_least": N_("Left behind at each step, at least"),
    "peel_most": N_("Left behind at each step, at most"),
    "cost": N_("Loss"),
    "multiple_risk": N_("How many times, at an age of risk"),
    "young": N_("Young: below"),
    "old": N_("Old: from"),
    "points": N_("How many of the signs"),
    "new": N_("New: younger than"),
    "part_critical": N_("At least this part, sanctions and terrorism"),
    "score": N_("Likeness"),
    "late": N_("Allowed delay"),
    "match": N_("Match"),
    "buffer": N_("Beyond what is owed"),
    "spike": N_("Rise"),
    "around": N_("Around the published figure"),
    "stale": N_("Oldest attestation"),
}
UNITS: Final[Mapping[str, str]] = {
    "count": "",
    "percent": "%",
    "minutes": N_("min"),
    "days": N_("d"),
    "years": N_("years of age"),
    "tyiyn": N_("som"),
}
CATEGORIES: Final[Mapping[str, str]] = {
    "transactions": N_("Transactions"),
    "patterns": N_("Patterns of payments"),
    "anonymity": N_("Anonymity"),
    "parties": N_("Payers and payees"),
    "source_of_funds": N_("Source of money"),
    "geography": N_("Geography"),
    "travel_rule": N_("Travel rule"),
    "market": N_("Market and reserves"),
}
TABLES: Final[Mapping[str, str]] = {
    "customers": N_("customers' files with income and age"),
    "tags": N_("tags of accounts"),
    "taint": N_("traces from known crimes"),
    "screening": N_("names screened against lists"),
    "travel": N_("travel-rule messages"),
    "clusters": N_("clusters of accounts"),
    "conversions": N_("exchanges between assets"),
    "reserves": N_("figures of reserves"),
    "attestations": N_("attestations of gold"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "lost": N_("Goes"),
    "same": N_("Stays"),
    "gained": N_("Comes"),
}
LEVELS: Final[Mapping[str, str]] = {
    "alert": N_("Alert"),
    "interdict": N_("Hold the payment"),
}
PERCENT: Final = frozenset(
    {"R04", "R05", "R06", "R11", "R14", "R16", "R18", "R20", "R21", "R24", "R26"}
)
"""Rules that measure a percentage; the others count, or give a grade."""
_SPANS: Final = ((1_440, N_("d")), (60, N_("h")), (1, N_("min")))


@dataclass(frozen=True)
class Words:
    """The words in one language; templates call it ``packs``."""

    lang: Language

    def title(self, each: Rule | Typology) -> str:
        """The title of a rule or a typology, as its pack says it."""
        return each.titles[self.lang]

    def category(self, rule: Rule) -> str:
        """The group of red flags."""
        return self._(CATEGORIES[rule.category])

    def meaning(self, rule: Rule) -> str:
        """What a rule asks for, with its values."""
        values = {name: self.value(each) for name, each in rule.parameters.items()}
        return self._(MEANINGS[rule.id]) % values

    def label(self, name: str) -> str:
        """A parameter's name."""
        return self._(PARAMETERS[name])

    def unit(self, each: Parameter) -> str:
        """A parameter's unit; empty for a bare number."""
        text = UNITS[each.unit]
        return self._(text) if text else ""

    def value(self, each: Parameter) -> str:
        """A parameter's value with its unit, minutes as the largest whole unit of time."""
        return self.said(each.unit, each.value)

    def said(self, unit: str, value: int) -> str:
        """A value with its unit."""
        if unit == "tyiyn":
            return forms.money(value, "SOM", self.lang)
        if unit == "minutes":
            size, name = next(
                (size, name)
                for size, name in _SPANS
                if size == 1 or (value > size and value % size == 0)
            )
            return f"{forms.number(value // size, self.lang)}\u00a0{self._(name)}"
        text, sign = forms.number(value, self.lang), UNITS[unit]
        return f"{text}\u00a0{self._(sign)}" if sign else text

    def typed(self, each: Parameter) -> str:
        """A value as an input shows it."""
        if each.unit == "tyiyn":
            return forms.amount(each.value, "SOM", self.lang)
        return forms.number(each.value, self.lang)

    def bands(self, rule: Rule) -> list[tuple[str, int]]:
        """From which measured value on which score."""
        sign = "\u00a0%" if rule.id in PERCENT else ""
        return [(f"{forms.number(start, self.lang)}{sign}", score) for start, score in rule.bands]

    def formula(self, typology: Typology) -> str:
        """What a typology adds up: scores of rules, weighed."""
        return self._formula(typology.expression, typology.weights)

    def _formula(self, expression: Any, weights: Mapping[str, int]) -> str:
        if isinstance(expression, str):
            weight = weights[expression]
            return expression if weight == 100 else f"{expression}\u00a0×\u00a0{weight}\u00a0%"
        if isinstance(expression, int):
            return str(expression)
        parts = [self._formula(each, weights) for each in expression[1:]]
        if expression[0] == "add":
            return " + ".join(parts)
        if expression[0] == "multiply":
            return " × ".join(f"({each})" if " + " in each else each for each in parts)
        largest = self._(N_("largest of")) if expression[0] == "max" else self._(N_("smallest of"))
        return f"{largest} ({'; '.join(parts)})"

    def outcome(self, outcome: str) -> str:
        """Whether an alert goes, stays or comes."""
        return self._(OUTCOMES[outcome])

    def level(self, level: str) -> str:
        """What an alert asks for."""
        return self._(LEVELS[level])

    def tables(self, names: list[str]) -> str:
        """Side tables that a rule lacks."""
        return ", ".join(self._(TABLES[each]) for each in names)

    def hundredths(self, value: int) -> str:
        """Hundredths as a decimal number."""
        return forms.count(value, 2, self.lang)

    def day(self, text: str) -> str:
        """A day, as a dry run keeps it, for people."""
        return forms.day(date.fromisoformat(text), self.lang)

    def changes(self, now: Pack, then: Pack) -> list[tuple[str, str, str, str]]:
        """What differs between two packs: where, what, before, after; in words."""
        before, after = self._lines(now), self._lines(then)
        return [
            (*place, before[place], after[place])
            for place in before
            if place in after and before[place] != after[place]
        ]

    def _lines(self, pack: Pack) -> dict[tuple[str, str], str]:
        found = {("", self.label(name)): self.value(each) for name, each in pack.parameters.items()}
        for name, rule in pack.rules.items():
            head = f"{name} {self.title(rule)}"
            found |= {
                (head, self.label(key)): self.value(each) for key, each in rule.parameters.items()
            }
            bands = "; ".join(f"{start}: {score}" for start, score in self.bands(rule))
            found[head, self._("Bands: from, score")] = bands
        for each in pack.typologies.values():
            head = self.title(each)
            found[head, self._("Formula")] = self.formula(each)
            found[head, self._("Alert from")] = str(each.alert)
            found[head, self._("Hold the payment from")] = str(each.interdict)
        return found

    def _(self, message: str) -> str:
        return translator(self.lang).gettext(message)
