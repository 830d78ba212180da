"""The words of exported tables; a table's own names are for programs and stay in CSV."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.locale import translator
from sandbox.locale.catalogue import N_, Language

COLUMNS: Final[Mapping[str, str]] = {
    "id": N_("Number"),
    "number": N_("Number"),
    "title": N_("Product"),
    "organisation": N_("Operator"),
    "sponsor": N_("Holder (sponsor)"),
    "state": N_("State"),
    "permit": N_("Permit"),
    "updated_at": N_("Changed"),
    "version": N_("Version"),
    "start": N_("Start of the term"),
    "end": N_("End of the term"),
    "category": N_("What it is about"),
    "filed": N_("Filed"),
    "due": N_("Due"),
    "answered": N_("Answered"),
    "escalated": N_("With the regulator"),
    "escalated_because": N_("Reason"),
    "closed": N_("Closed"),
    "outcome": N_("Outcome"),
    "first_day": N_("First day"),
    "last_day": N_("Last day"),
    "submitted": N_("Submitted"),
    "accepted": N_("Accepted"),
    "days_overdue": N_("Days late"),
    "kind": N_("Kind"),
    "severity": N_("How grave it is"),
    "reported_by": N_("Reported by"),
    "reported": N_("Reported"),
    "noticed": N_("Noticed"),
    "first_notice_due": N_("First notice due"),
    "first_notice_late": N_("First notice late"),
    "affected": N_("Customers affected"),
    "final_report": N_("Final report"),
    "section": N_("Part"),
    "figure": N_("Figure"),
    "about": N_("Which one"),
    "value": N_("Value"),
    "unit": N_("Unit"),
    "end_value": N_("At the end"),
    "limit": N_("Limit"),
    "firm_says": N_("The firm says"),
    "reason": N_("Reason"),
    "platform": N_("Learning platform"),
    "sent": N_("Sent"),
    "authority": N_("Authority"),
    "student": N_("Student"),
    "account": N_("Account"),
    "student_number": N_("Student number"),
    "group": N_("Group"),
    "fetched": N_("Fetched"),
    "handed_in": N_("Handed in"),
    "late": N_("Handed in late"),
    "mark": N_("Mark"),
    "points": N_("Points"),
    "by_a_teacher": N_("Tasks that wait for a teacher"),
    "feedback_released": N_("Feedback released"),
}
"""Every column that can be exported."""
TITLES: Final[Mapping[str, str]] = {
    "applications": N_("Applications"),
    "permits": N_("Permits"),
    "reports": N_("Periodic reports"),
    "incidents": N_("Incidents"),
    "complaints": N_("Complaints"),
}
"""What stands on top of a list's PDF."""


def column_text(lang: Language, column: str) -> str:
    """A column's heading; its name where it has none."""
    return translator(lang).gettext(COLUMNS[column]) if column in COLUMNS else column


def title_text(lang: Language, name: str) -> str:
    """A list's title."""
    return translator(lang).gettext(TITLES[name])


def truth_text(lang: Language, value: bool) -> str:  # noqa: FBT001 - the value itself
    """Yes or no."""
    words = translator(lang)
    return words.gettext("yes") if value else words.gettext("no")
