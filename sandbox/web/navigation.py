"""The main menu: what a seat works with, nothing more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sandbox.domain.seats import Right
from sandbox.locale import translator
from sandbox.locale.catalogue import N_

if TYPE_CHECKING:
    from sandbox.web.visit import Visit


@dataclass(frozen=True)
class Item:
    """One entry of the menu."""

    href: str
    label: str
    here: bool


FILES = frozenset({Right.SEE_OWN_FILES, Right.SEE_SPONSORED_FILES, Right.SEE_ALL_FILES})
MENU: tuple[tuple[str, str, frozenset[Right] | None], ...] = (
    ("/desk/", N_("Home"), None),
    ("/desk/files", N_("Applications"), FILES),
    ("/desk/permits", N_("Permits"), FILES),
    ("/desk/cohort", N_("Supervision"), frozenset({Right.SEE_ALL_FILES})),
    ("/desk/committee", N_("Committee"), frozenset({Right.SEE_ALL_FILES})),
    ("/desk/expert", N_("Opinions"), frozenset({Right.GIVE_OPINION})),
    ("/desk/complaints", N_("Complaints"), frozenset({Right.READ_COMPLAINTS})),
    ("/desk/reports", N_("Reports"), FILES),
    ("/desk/suspicion", N_("Suspicious transactions"), frozenset({Right.REPORT_SUSPICION})),
    ("/desk/intelligence", N_("Suspicion reports"), frozenset({Right.RECEIVE_REPORTS})),
    ("/desk/explorer", N_("Explorer"), None),
    ("/desk/courses", N_("Courses"), frozenset({Right.TEACH, Right.LEARN})),
    ("/desk/departments", N_("Departments"), frozenset({Right.COORDINATE})),
    ("/desk/evidence", N_("Evidence"), frozenset({Right.EXPORT_EVIDENCE})),
    ("/desk/authorities", N_("Authorities"), frozenset({Right.OPERATE_PLATFORM})),
    ("/desk/members", N_("Members"), frozenset({Right.MANAGE_MEMBERS})),
    ("/desk/audit", N_("Audit log"), None),
    ("/hub/home", N_("Workspaces"), None),
)

OF_SUPERVISION = ("/desk/complaints", "/desk/reports", "/desk/incidents")
"""What is among the parts of supervision for those who see alerts."""


def navigation(visit: Visit) -> list[Item]:
    """The menu of a reader; the page they are on is marked."""
    path, gettext = visit.request.url.path, translator(visit.lang).gettext
    items = []
    for href, label, rights in MENU:
        if rights is not None and not any(visit.has(right) for right in rights):
            continue
        if href in OF_SUPERVISION and visit.has(Right.SEE_ALERTS):
            continue  # among the parts of supervision
        if href == "/desk/suspicion" and visit.has(Right.SEE_ALERTS):
            continue  # an authority's report begins at an alert
        if href == "/hub/home" and visit.has(Right.RECEIVE_REPORTS):
            continue  # nor does the intelligence service
        if href == "/hub/home" and visit.has(Right.SEE_ALL_FILES):
            continue  # who supervises runs no notebooks
        here = path == href if href == "/desk/" else path == href or path.startswith(href + "/")
        here = here or (href == "/desk/cohort" and path.startswith(OF_SUPERVISION))
        here = here or (href == "/desk/reports" and path.startswith("/desk/incidents"))
        here = here or (href == "/desk/intelligence" and path.startswith("/desk/suspicion/"))
        items.append(Item(href, gettext(label), here))
    return items
