"""The words of suspicious-transaction reports, requests and orders.

Rules: every value of ``domain.suspicion`` that a page shows is here (a test compares).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from sandbox.kit.ids import AssetCode
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language

FIELDS: Final[Mapping[str, str]] = {
    "chain": N_("Chain"),
    "noticed_at": N_("When the suspicion arose"),
    "since": N_("Period from"),
    "until": N_("Period until"),
    "indicators": N_("Why it is suspicious"),
    "parties": N_("Parties"),
    "transactions": N_("Transactions"),
    "narrative": N_("What happened, in your words"),
    "actions": N_("What you did about it"),
}
INDICATORS: Final[Mapping[str, str]] = {
    "structuring": N_("Amounts kept just below a threshold"),
    "burst": N_("Many large payments in a short time"),
    "pass_through": N_("Money passes through at once"),
    "fan_in": N_("Collected from many parties"),
    "fan_out": N_("Spread over many parties"),
    "dormant_surge": N_("A sleeping wallet receives much at once"),
    "probing": N_("Limits are probed again and again"),
    "anonymity": N_("Tools that hide where money comes from"),
    "profile": N_("Does not fit what is known of the person"),
    "victim": N_("The person may be a victim of fraud"),
    "source_of_funds": N_("The source of the money is unclear or criminal"),
    "geography": N_("Countries of higher risk"),
    "identity": N_("Doubtful or borrowed identity"),
    "other": N_("Another reason, described below"),
}
STATES: Final[Mapping[str, str]] = {
    "draft": N_("Draft"),
    "received": N_("Received"),
    "in_work": N_("In work"),
    "more_asked": N_("More was asked"),
    "closed": N_("Concluded"),
}
TONES: Final[Mapping[str, str]] = {
    "draft": "",
    "received": "warn",
    "in_work": "accent",
    "more_asked": "warn",
    "closed": "good",
}
ENTITIES: Final[Mapping[str, str]] = {
    "firm": N_("Start-up"),
    "sponsor": N_("Sponsor"),
    "authority": N_("Authority"),
}
OUTCOMES: Final[Mapping[str, str]] = {
    "passed_on": N_("Passed on to those who investigate"),
    "kept": N_("Kept for analysis"),
    "joined": N_("Joined with another report"),
    "nothing": N_("No ground for suspicion left"),
}
DONE: Final[Mapping[str, str]] = {
    "str.submitted": N_("Submitted"),
    "str.assigned": N_("Given to"),
    "str.asked": N_("More was asked"),
    "str.noted": N_("Note"),
    "str.closed": N_("Concluded"),
    "str.reopened": N_("Opened again"),
    "order.proposed": N_("Proposed"),
    "order.confirmed": N_("Confirmed"),
    "order.withdrawn": N_("Withdrawn"),
    "order.lift_asked": N_("Lifting asked for"),
    "order.lifted": N_("Lifted"),
    "order.ended": N_("Over"),
}
ORDERED: Final[Mapping[str, str]] = {
    "proposed": N_("Proposed"),
    "in_force": N_("In force"),
    "ended": N_("Over"),
    "lifted": N_("Lifted"),
    "withdrawn": N_("Withdrawn"),
}
ASKED: Final[Mapping[str, str]] = {
    "open": N_("Waits for an answer"),
    "answered": N_("Answered"),
    "withdrawn": N_("Withdrawn"),
}
ADDRESSEES: Final[Mapping[str, str]] = {
    "reporter": N_("Who wrote the report"),
    "firm": N_("The start-up of the permit"),
    "sponsor": N_("The sponsor of the permit"),
    "authority": N_("Authority"),
}
ORDERS: Final[Mapping[str, str]] = {
    "newest": N_("Newest first"),
    "oldest": N_("Oldest first"),
    "amount": N_("Largest amount first"),
    "due": N_("Earliest deadline first"),
}


@dataclass(frozen=True)
class Words:
    """The words in one language; templates call it ``words``."""

    lang: Language

    def field(self, name: str) -> str:
        """A field of the form."""
        return self._(FIELDS[name])

    def indicator(self, code: str) -> str:
        """Why something is suspicious."""
        return self._(INDICATORS[code])

    def state(self, state: str) -> str:
        """Where a report is."""
        return self._(STATES[state])

    def tone(self, state: str) -> str:
        """The colour of a state's badge."""
        return TONES[state]

    def entity(self, entity: str) -> str:
        """Who reports."""
        return self._(ENTITIES[entity])

    def outcome(self, outcome: str) -> str:
        """How the work ended."""
        return self._(OUTCOMES[outcome])

    def done(self, kind: str) -> str:
        """What was done."""
        return self._(DONE[kind])

    def ordered(self, state: str) -> str:
        """Where an order is."""
        return self._(ORDERED[state])

    def asked(self, state: str) -> str:
        """Where a request is."""
        return self._(ASKED[state])

    def addressee(self, to: str) -> str:
        """Whom a request is to."""
        return self._(ADDRESSEES[to])

    def order(self, name: str) -> str:
        """How a list is ordered."""
        return self._(ORDERS[name])

    def money(self, amount: object, asset: str) -> str:
        """Minor units with the asset's sign."""
        return forms.money(int(str(amount)), cast("AssetCode", asset), self.lang)

    def _(self, message: str) -> str:
        return translator(self.lang).gettext(message)
