"""The words of supervision: rules, parameters, figures, states of cases, what was done.

Rules: every name that a rule set, an alert or the record of supervision can hold is here (a test
compares); money is written in som, whatever the asset's minor unit is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from sandbox.domain.alerts.rule import About, Unit
from sandbox.domain.alerts.rule_set import RULES
from sandbox.forensics.rules import Pack
from sandbox.forensics.rules.pack import Typology
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import NO_LIMIT
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language
from sandbox.services.alert_pack_watch import PREFIX
from sandbox.services.alert_watch import ASSETS
from sandbox.web.pack_words import Words as PackWords
from sandbox.web.words import CLAUSES, asset_name, shortened

NAMES: Final[Mapping[str, str]] = {
    "structuring": N_("Structuring"),
    "burst": N_("Burst of payments"),
    "pass_through": N_("Pass-through"),
    "fan_in": N_("Fan-in"),
    "fan_out": N_("Fan-out"),
    "dormant_surge": N_("Dormant surge"),
    "probing": N_("Probing of limits"),
    "complaint_rate": N_("Complaint rate"),
    "loss_cap": N_("Customers' money not covered"),
    "reserve_shortfall": N_("Reserve shortfall"),
    "overdue_report": N_("Overdue report"),
}
MEANINGS: Final[Mapping[str, str]] = {
    "structuring": N_(
        "Payments just below a threshold, which together exceed it several times. "
        "Measured: how many."
    ),
    "burst": N_("Many larger payments in a short time. Measured: how many."),
    "pass_through": N_(
        "What comes in from others goes out again soon. Measured: which part of it, in percent."
    ),
    "fan_in": N_("Receipts from many different parties. Measured: how many parties."),
    "fan_out": N_("Payments to many different parties. Measured: how many parties."),
    "dormant_surge": N_(
        "An address that slept for long receives much at once. Measured: how much, in som."
    ),
    "probing": N_("One sender is refused by value limits again and again. Measured: how often."),
    "complaint_rate": N_(
        "People who complained about a permit. Measured: how many for each 10,000 payments."
    ),
    "loss_cap": N_(
        "What customers paid to the firm, less what it gave back or passed on and what its "
        "settlement wallets and contracts still hold. Measured: how much, in som."
    ),
    "reserve_shortfall": N_(
        "Settlement wallets that once covered what customers hold no longer do. "
        "Measured: which part is not covered, in percent."
    ),
    "overdue_report": N_(
        "A periodic report was due and has not come. Measured: days since, of the oldest."
    ),
}
PARAMETERS: Final[Mapping[str, str]] = {
    "threshold": N_("Threshold"),
    "margin": N_("How far below it"),
    "multiple": N_("Together at least this many times the threshold"),
    "window": N_("Window"),
    "floor": N_("Smallest amount that counts"),
    "idle": N_("Without any movement for"),
    "least": N_("At least so many people"),
    "base": N_("Payments counted as at least"),
    "had": N_("Only if this part was covered before"),
}
UNITS: Final[Mapping[Unit, str]] = {
    Unit.COUNT: "",
    Unit.PERCENT: "%",
    Unit.MINUTES: N_("minutes"),
    Unit.DAYS: N_("days"),
    Unit.TYIYN: N_("som"),
}
FIGURES: Final[Mapping[str, str]] = {
    "payments": N_("Payments counted"),
    "total": N_("Together"),
    "received": N_("Received"),
    "paid_on": N_("Paid on"),
    "payers": N_("Different payers"),
    "payees": N_("Different payees"),
    "idle": N_("Days without movement"),
    "refusals": N_("Refusals counted"),
    "clauses": N_("Different limits"),
    "complained": N_("People who complained"),
    "missing_reports": N_("Reports that have not come"),
    "taken": N_("Customers' money that the firm took"),
    "held": N_("In customers' hands"),
    "reserve": N_("In settlement wallets"),
}
FACTS: Final[Mapping[str, str]] = {
    "complaint": N_("Complaint"),
    "uncovered": N_("Not covered"),
    "overdue_report": N_("Overdue report"),
    "held": N_("In customers' hands"),
    "reserve": N_("In settlement wallets"),
}
STATES: Final[Mapping[str, str]] = {
    "new": N_("New"),
    "in_work": N_("In work"),
    "closed": N_("Concluded"),
}
CLOSINGS: Final[Mapping[str, str]] = {
    "false_positive": N_("False alarm"),
    "explained": N_("Explained"),
    "referred": N_("Referred"),
}
TONES: Final[Mapping[str, str]] = {"new": "warn", "in_work": "accent", "closed": ""}
KINDS: Final[Mapping[str, str]] = {
    "customer": N_("Customer"),
    "merchant": N_("Merchant"),
    "team": N_("The team's own wallet"),
    "settlement": N_("Settlement wallet"),
    "issuer": N_("nobody (issue or redemption)"),
    "other": N_("Not registered"),
}
DONE: Final[Mapping[str, str]] = {
    "alert.raised": N_("Raised"),
    "alert.assigned": N_("Given to"),
    "alert.noted": N_("Note"),
    "alert.closed": N_("Concluded"),
    "alert.reopened": N_("Opened again"),
    "rules.drafted": N_("Drafted"),
    "rules.trial_ordered": N_("Dry run ordered"),
    "rules.tried": N_("Dry run done"),
    "rules.confirmed": N_("Confirmed"),
    "rules.withdrawn": N_("Withdrawn"),
    "pack.drafted": N_("Drafted"),
    "pack.trial_ordered": N_("Dry run ordered"),
    "pack.tried": N_("Dry run done"),
    "pack.confirmed": N_("Confirmed"),
    "pack.withdrawn": N_("Withdrawn"),
    "caps.drafted": N_("Drafted"),
    "caps.confirmed": N_("Confirmed"),
    "caps.withdrawn": N_("Withdrawn"),
    "intelligence.entry": N_("An entry of the intelligence service"),
}


@dataclass(frozen=True)
class Words:
    """The words in one language; templates call it ``alerts``."""

    lang: Language

    def name(self, rule: str) -> str:
        """A rule's name; of the pack that of a typology."""
        typology = _typology(rule)
        if typology is None:
            return self._(NAMES.get(rule, rule))
        return f"{typology.titles[self.lang]} · {self._('Rule pack')}"

    def meaning(self, rule: str) -> str:
        """What a rule says, in a sentence or two."""
        typology = _typology(rule)
        if typology is None:
            return self._(MEANINGS[rule])
        said = self._(
            "What the rules of the pack said about this address, weighed: %(formula)s. "
            "Measured: the sum."
        )
        return said % {"formula": PackWords(self.lang).formula(typology)}

    def about(self, rule: str) -> str:
        """What a rule looks at."""
        return About.PAYMENTS if _typology(rule) else RULES[rule].about

    def said(self, each: Mapping[str, Any]) -> str:
        """The rule of the pack that said something: its number and title."""
        return f"{each['rule']} {Pack.shipped().rules[each['rule']].titles[self.lang]}"

    def level(self, level: str) -> str:
        """What the pack asks for."""
        return PackWords(self.lang).level(level)

    def parameter(self, name: str) -> str:
        """A parameter's name."""
        return self._(PARAMETERS[name])

    def unit(self, unit: str) -> str:
        """The unit of a parameter; empty for a bare number."""
        text = UNITS[Unit(unit)]
        return self._(text) if text else ""

    def state(self, state: str) -> str:
        """Where a case is."""
        return self._(STATES[state])

    def tone(self, state: str) -> str:
        """The colour of a state's badge."""
        return TONES[state]

    def closing(self, reason: str) -> str:
        """Why a case was closed."""
        return self._(CLOSINGS[reason])

    def kind(self, kind: str) -> str:
        """Who a party is."""
        return self._(KINDS[kind])

    def done(self, kind: str) -> str:
        """What was done."""
        return self._(DONE[kind])

    def clause(self, clause: str) -> str:
        """A limit's name."""
        return self._(CLAUSES[clause]) if clause in CLAUSES else clause

    def money(self, amount: object, asset: str) -> str:
        """Minor units with the asset's sign."""
        return forms.money(int(str(amount)), cast("AssetCode", asset), self.lang)

    def cap(self, amount: object, asset: str) -> str:
        """A national cap."""
        if amount in (NO_LIMIT, NO_LIMIT.value):
            return self._("no limit")
        return self.money(amount, asset)

    def typed_cap(self, amount: object, asset: str) -> str:
        """A national cap as an input shows it; empty for none."""
        if amount in (NO_LIMIT, NO_LIMIT.value):
            return ""
        return forms.amount(int(str(amount)), cast("AssetCode", asset), self.lang)

    def figure(self, figure: list[str], asset: str) -> tuple[str, str]:
        """A counted value: what it is, and how much."""
        name, value, unit = figure
        if unit == "amount":
            return self._(FIGURES[name]), self.money(value, asset)
        text = forms.number(int(value), self.lang)
        return self._(FIGURES[name]), f"{text}\u00a0%" if unit == "percent" else text

    def fact(self, each: Mapping[str, str]) -> tuple[str, str]:
        """A piece of evidence about a permit: what it is, and how much; the number of a record."""
        name = self._(FACTS.get(each["what"], each["what"]))
        if each["chain"]:
            name = f"{name} ({asset_name(self.lang, ASSETS[each['chain']])})"
        if each["ref"]:
            return name, each["ref"]
        if each["unit"] == "amount":
            return name, self.money(each["value"], "SOM")
        text = forms.number(int(each["value"]), self.lang)
        return name, f"{text}\u00a0%" if each["unit"] == "percent" else text

    def value(self, rule: str, value: object) -> str:
        """What a rule measured, with its unit."""
        if _typology(rule):
            return forms.number(int(str(value)), self.lang)
        return self.setting(RULES[rule].unit, value)

    def setting(self, unit: str, value: object) -> str:
        """A parameter's or a band's value, with its unit."""
        whole = int(str(value))
        if unit == Unit.TYIYN:
            return forms.money(whole, "SOM", self.lang)
        text, sign = forms.number(whole, self.lang), self.unit(unit)
        return f"{text}\u00a0{sign}" if sign else text

    def typed(self, unit: str, value: object) -> str:
        """A value as an input shows it, without its unit."""
        if unit == Unit.TYIYN:
            return forms.amount(int(str(value)), "SOM", self.lang)
        return forms.number(int(str(value)), self.lang)

    def subject(self, alert: Any) -> str:
        """Whom an alert is about, short."""
        return " ".join(shortened(part) for part in str(alert.subject).split())

    def _(self, message: str) -> str:
        return translator(self.lang).gettext(message)


def names() -> tuple[str, ...]:
    """Every rule that an alert can name: the desk's, then the pack's typologies."""
    return (*RULES, *(PREFIX + each for each in Pack.shipped().typologies))


def _typology(rule: str) -> Typology | None:
    """The typology that an alert names as its rule; None for a rule of the desk."""
    name = rule.removeprefix(PREFIX)
    return Pack.shipped().typologies.get(name) if name != rule else None
