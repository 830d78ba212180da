"""The words of the year's statistics."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language
from sandbox.locale.events import event_text
from sandbox.services.statistics_year import Line, Part
from sandbox.web.alert_words import CLOSINGS
from sandbox.web.alert_words import Words as AlertWords
from sandbox.web.alert_words import names as rule_names
from sandbox.web.customer_words import own_name
from sandbox.web.report_text import money_text, plain_amount
from sandbox.web.report_words import FIGURES, INCIDENTS
from sandbox.web.words import asset_name, name_of

SECTIONS: Final[Mapping[str, str]] = {
    "applications": N_("Applications"),
    "permits": N_("Permits"),
    "customers": N_("Customers and merchants"),
    "money": N_("Money of customers"),
    "complaints": N_("Complaints"),
    "incidents": N_("Incidents"),
    "refusals": N_("Refusals by clause"),
    "alerts": N_("Alerts"),
    "reports": N_("Periodic reports"),
}
LINES: Final[Mapping[str, str]] = {
    "applications": N_("Applications"),
    "days_median": N_("Working days to the decision, median"),
    "days_longest": N_("Working days to the decision, longest"),
    "permits_granted": N_("Permits granted"),
    "permits_at_end": N_("Permits at the end"),
    "acts": N_("Acts on permits"),
    "people_new": N_("Customers and merchants registered"),
    "people_left": N_("Customers and merchants who left"),
    "people_end": N_("Customers and merchants at the end"),
    "payments": N_("Payments of customers, and money taken home"),
    "volume": N_("Paid and taken home by customers in the period"),
    "complaints_about": N_("Complaints about"),
    "answer_median": N_("Working days to the first answer, median"),
    "answer_longest": N_("Working days to the first answer, longest"),
    "complaints_concluded": N_("Conclusions of the regulator"),
    "incidents_kind": N_("Incidents by kind"),
    "incidents_grave": N_("Incidents by severity"),
    "notices_late": N_("First notices that came late"),
    "refusals": N_("Refusals"),
    "alerts_all": N_("Alerts raised"),
    "alerts_rule": N_("Alerts by rule"),
    "alerts_closed": N_("Alerts closed as"),
    "reports_due": N_("Reports due"),
    "reports_in_time": N_("Reports submitted in time"),
    "reports_late": N_("Reports submitted late"),
    "reports_missing": N_("Reports not submitted"),
    "reports_accepted": N_("Reports accepted"),
}
"""Figures that have no name among those of a report."""
OUTCOMES: Final[Mapping[str, str]] = {"granted": N_("Permit granted")}
"""What became of applications, where it is no state."""
PARTS: Final = N_(
    "A file counts for the authority that is competent for it now. What names no permit is in the "
    "whole alone, and medians do not add up."
)


def whose(lang: Language, part: Part) -> str:
    """Whose figures a part holds."""
    if part.authority is not None:
        return part.authority.name(lang)
    return translator(lang).gettext(N_("All authorities together"))


def section_text(lang: Language, section: str) -> str:
    """A part's heading."""
    return translator(lang).gettext(SECTIONS[section])


def line_text(lang: Language, line: Line) -> str:
    """What a figure is."""
    return translator(lang).gettext(LINES[line.name] if line.name in LINES else FIGURES[line.name])


def about_text(lang: Language, line: Line) -> str:
    """What it is about; empty for none."""
    about, words = line.about, translator(lang)
    if about in OUTCOMES:
        return words.gettext(OUTCOMES[about])
    if line.section == "money":
        return asset_name(lang, about) if about else ""
    if line.section == "complaints":
        return own_name(lang, about)
    if line.section == "incidents":
        return words.gettext(INCIDENTS[about]) if about in INCIDENTS else about
    if line.section == "alerts":
        ended = words.gettext(CLOSINGS[about]) if about in CLOSINGS else about
        return AlertWords(lang).name(about) if about in rule_names() else ended
    return event_text(lang, about) if line.name == "acts" else name_of(lang, about)


def value_text(lang: Language, line: Line, value: int) -> str:
    """A value in the reader's form."""
    if line.asset:
        return money_text(lang, value, line.asset)
    return forms.number(value, lang)


def value_cell(line: Line) -> int | Decimal:
    """The same value for a file."""
    return Decimal(plain_amount(line.value, line.asset)) if line.asset else line.value


def unit_text(line: Line) -> str:
    """The unit for a file: the asset's code; empty for counts."""
    return line.asset
