"""Deadlines, petitions, holidays and rules in words; a test compares with the vocabularies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.locale import translator
from sandbox.locale.catalogue import N_, Language

DEADLINES: Final[Mapping[str, str]] = {
    "sponsor_signature": N_("Signature of the sponsor"),
    "take_up": N_("Taking the file up"),
    "answer": N_("Answer to a question"),
    "decision": N_("Decision on the application"),
    "resubmission": N_("Submitting the corrected application"),
    "appeal": N_("Right to appeal"),
    "appeal_decision": N_("Decision on the appeal"),
    "extension_notice": N_("Last day to ask for an extension"),
    "extension_answer": N_("Answer to the request for an extension"),
    "new_sponsor": N_("Another sponsor, or the sponsor's return"),
    "duty_confirmation": N_("Confirming or lifting the automatic act"),
    "limit_cure": N_("Coming back within the limit"),
    "wind_down": N_("Signatures under the wind-down"),
    "settlement": N_("Settlement of all customers"),
    "periodic_report": N_("Periodic report"),
    "report_correction": N_("Corrected report"),
    "report_signature": N_("Sponsor's signature under a report"),
    "report_answer": N_("Answer to a report"),
    "incident_notice": N_("First notice of an incident"),
    "incident_final": N_("Final report of an incident"),
    "incident_confirmation": N_("Confirming or lifting an automatic incident"),
    "interim": N_("Second signature under the interim act"),
    "term": N_("End of the term"),
}
OWNERS: Final[Mapping[str, str]] = {
    "": "—",
    "applicant": N_("Applicant"),
    "sponsor": N_("Sponsor"),
    "sponsor_or_startup": N_("Sponsor or start-up"),
    "regulator": N_("Regulator"),
    "second_regulator": N_("Second regulator"),
    "duty_officer": N_("Duty officer"),
}
STATES: Final[Mapping[str, str]] = {
    "open": N_("runs"),
    "paused": N_("stands still while a question is open"),
    "met": N_("met"),
    "passed": N_("passed"),
}
CONSEQUENCES: Final[Mapping[str, str]] = {
    "remind": N_("Shown as overdue; nothing happens by itself."),
    "close": N_("The right ends."),
    "lapse": N_("The application lapses, until the duty officer confirms or lifts it."),
    "suspend": N_("The permit is suspended, until the duty officer confirms or lifts it."),
}
PETITIONS: Final[Mapping[str, str]] = {
    "extension": N_("Request for an extension"),
    "surrender": N_("Surrender of the permit"),
    "sponsor_leaving": N_("Withdrawal of the sponsor"),
    "new_sponsor": N_("Another sponsor named"),
    "step": N_("Request for the next step"),
    "appeal": N_("Appeal"),
}
PETITION_STATES: Final[Mapping[str, str]] = {
    "open": N_("open"),
    "granted": N_("granted"),
    "declined": N_("declined"),
    "taken_back": N_("taken back"),
}
AUTOMATIC: Final[Mapping[str, str]] = {
    "limit_passed": N_("A limit that the desk watches is passed: the permit is suspended."),
    "sponsor_gone": N_("The sponsor's withdrawal is past its deadline: the permit is suspended."),
    "return_lapses": N_("The application was not submitted again in time: it has lapsed."),
}
HOLIDAYS: Final[Mapping[str, str]] = {
    "new_year": N_("New Year holidays"),
    "christmas": N_("Orthodox Christmas"),
    "womens_day": N_("International Women's Day"),
    "nooruz": N_("Nooruz"),
    "may_days": N_("May holidays"),
    "victory_day": N_("Victory Day"),
    "independence_day": N_("Independence Day"),
    "orozo_ait": N_("Orozo Ait"),
    "kurman_ait": N_("Kurman Ait"),
}
SOURCES: Final[Mapping[str, str]] = {
    "National Bank, special regulatory regime": N_("National Bank, special regulatory regime"),
    "Law No. 210 of 31 July 2015 on administrative activity and administrative procedures": N_(
        "Law No. 210 of 31 July 2015 on administrative activity and administrative procedures"
    ),
    "Law on virtual assets of 21 January 2022, No 12, as amended in 2025": N_(
        "Law on virtual assets of 21 January 2022, No 12, as amended in 2025"
    ),
    "Our own rule: the regime's text on it was not found": N_(
        "Our own rule: the regime's text on it was not found"
    ),
}

SAID: Final[Mapping[str, str]] = {
    "signed_extend": N_("Countersigned: the later end is now being put in force."),
    "signed_wind_down_approval": N_("Countersigned: the wind-down is now being put on chain."),
    "signed_graduate": N_("Countersigned: the statement of the tested scope is signed by two."),
    "signed_uphold": N_("Countersigned: the decision that was appealed stands."),
    "signed_overturn": N_("Countersigned: the decision that was appealed has fallen."),
    "extension_asked": N_("The request is with the regulator."),
    "extension_declined": N_("The request is declined."),
    "step_asked": N_("The request is with the regulator."),
    "step_declined": N_("The request is declined."),
    "surrendered": N_("The permit is surrendered: money can only come home now."),
    "signed_change_sponsor": N_("Countersigned: the other holder is now being put in force."),
    "sponsor_named": N_("Named. The organisation must accept with its signature."),
    "sponsor_accepted": N_("Signed. A regulator may propose the change now."),
    "sponsor_leaves": N_("The withdrawal is entered; the deadline for another sponsor runs."),
    "sponsor_stays": N_("The withdrawal is taken back."),
    "appealed": N_("The appeal is filed. Regulators who took no part decide on it."),
    "completed": N_("The trial is completed: the customers' money is home."),
    "automatic_confirmed": N_("The automatic act is confirmed under your name."),
    "automatic_lifted": N_("The automatic act is lifted under your name."),
    "change_proposed": N_("Proposed. Another regulator confirms it; until then nothing changes."),
    "change_confirmed": N_("Confirmed: the calendar and the deadlines follow it from now on."),
    "change_dropped": N_("The proposal is dropped: nothing has changed."),
    "duty_entered": N_("The duty is entered."),
    "duty_ended": N_("The duty is ended."),
}
"""What a page says was done."""


def word(lang: Language, table: Mapping[str, str], value: str) -> str:
    """A value of one of these vocabularies in words; the value itself when it is not of ours."""
    return translator(lang).gettext(table[value]) if value in table else value
