"""A decision's letter in words: the same parts in Kyrgyz and in the language beside it.

Rules: Kyrgyz, the state language, comes first; both sides say the same in the same order; the
reasons are what the regulator wrote for each side; nothing here is a licence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.papers import Letter
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.services.views import DecisionView, FileView
from sandbox.web.limits import terms_rows
from sandbox.web.words import name_of


@dataclass(frozen=True)
class Side:
    """One language of a letter.

    Attributes:
        lang: which.
        office: who writes.
        number: the outgoing number and the day; of a draft, that it is one.
        title: what was decided.
        facts: label and value, in order.
        terms: limit and value, in order.
        headings: of conditions, reasons, signatures.
        reasons: for this side.
        signers: who signed, with what, when.
        interim: until when it holds, of an interim act.
    """

    lang: Language
    office: str
    number: str
    title: str
    facts: tuple[tuple[str, str], ...]
    terms: tuple[tuple[str, str], ...]
    headings: tuple[str, str, str]
    reasons: str
    signers: tuple[tuple[str, str, str], ...]
    interim: str
    verify: str


def letter_sides(
    view: FileView,
    decision: DecisionView,
    letter: Letter | None,
    names: Mapping[str, str],
    *,
    beside: Language,
) -> tuple[Side, Side]:
    """Both sides of a letter.

    Args:
        view: the file.
        decision: what was decided.
        letter: as it went out; None for a draft.
        names: account to the name of the person.
        beside: what stands beside Kyrgyz in a draft; a letter knows its own.
    """
    other: Language = "en" if (letter.language if letter else beside) == "en" else "ru"
    return (
        _side("ky", view, decision, letter, names),
        _side(other, view, decision, letter, names),
    )


def _side(
    lang: Language,
    view: FileView,
    decision: DecisionView,
    letter: Letter | None,
    names: Mapping[str, str],
) -> Side:
    _ = translator(lang).gettext
    at = letter.at if letter else decision.countersigned_at or decision.authored_at
    number = (
        _("Outgoing No. %(number)s") % {"number": letter.number}
        if letter
        else _("Draft, no number")
    )
    written = letter.text_ky if letter and lang == "ky" else letter.text_other if letter else ""
    until = decision.interim_until
    return Side(
        lang=lang,
        office=_("Regulatory sandbox of digital money, Kyrgyz Republic: a simulator"),
        number=f"{number} · {forms.day(at, lang)}",
        title=name_of(lang, decision.kind),
        facts=tuple(_facts(lang, view, decision)),
        terms=tuple((row.name, row.text) for row in terms_rows(lang, decision.terms))
        if decision.terms
        else (),
        headings=(_("Conditions"), _("Reasons"), _("Signatures")),
        reasons=written or decision.reasons,
        signers=tuple(_signers(lang, decision, names)),
        interim=_("Interim: lapses %(when)s unless a second regulator confirms.")
        % {"when": forms.when(until, lang)}
        if until
        else "",
        verify=_("Verify the permit"),
    )


def _facts(lang: Language, view: FileView, decision: DecisionView) -> list[tuple[str, str]]:
    _ = translator(lang).gettext
    found = [(_("File"), view.id), (_("Applicant"), view.org_name)]
    if view.sponsor_name:
        found.append((_("Sponsor"), view.sponsor_name))
    found.append((_("Product"), view.title))
    if view.permit:
        version = _("version %(number)s") % {"number": decision.version}
        found.append((_("Permit"), f"{view.permit}, {version}"))
    if decision.minutes:
        found.append((_("Ground"), _("Minutes No. %(number)s") % {"number": decision.minutes}))
    if decision.terms:
        start, end = (forms.day(each, lang) for each in (decision.terms.start, decision.terms.end))
        found.append((_("Term"), f"{start} – {end}"))
    return found


def _signers(
    lang: Language, decision: DecisionView, names: Mapping[str, str]
) -> list[tuple[str, str, str]]:
    """Role, person, moment."""
    _ = translator(lang).gettext

    def said(role: str, account: str, at: datetime | None) -> tuple[str, str, str]:
        return role, names.get(account, account), forms.when(at, lang) if at else ""

    found = [said(_("Author"), decision.author, decision.authored_at)]
    if decision.countersigner:
        found.append(said(_("Second signature"), decision.countersigner, decision.countersigned_at))
    return found
