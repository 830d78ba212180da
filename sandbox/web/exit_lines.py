"""An exit report in the reader's words: headings and lines, the same for page and PDF."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sandbox.domain.terms import Terms
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language
from sandbox.locale.events import event_text
from sandbox.web.customer_words import own_name
from sandbox.web.limits import terms_rows
from sandbox.web.words import amount_text, name_of

Line = tuple[str, str]
Section = tuple[str, list[Line]]
REPORT_WORDS: Final[Mapping[str, str]] = {
    "report_filed": N_("Filed, waits for the regulator"),
    "report_accepted": N_("Accepted"),
    "report_returned": N_("Returned"),
}
REPORT_TONES: Final[Mapping[str, str]] = {
    "report_filed": "accent",
    "report_accepted": "good",
    "report_returned": "warn",
}


def report_sections(lang: Language, facts: Mapping[str, Any]) -> list[Section]:
    """The figures of a report.

    Args:
        lang: the reader's language.
        facts: as ``services.exit_facts`` gathers them.
    """
    _ = translator(lang).gettext
    return [
        (_("Tested scope"), _scope(lang, facts)),
        (_("Customers and payments"), _used(lang, facts)),
        (
            _("Refusals"),
            [(name_of(lang, k), _number(lang, n)) for k, n in _most(facts, "refusals")],
        ),
        (_("Complaints"), _complaints(lang, facts["complaints"])),
        (
            _("Decisions"),
            [(name_of(lang, k), _number(lang, n)) for k, n in _most(facts, "decisions")],
        ),
        (
            _("Requirements"),
            [(name_of(lang, k), _number(lang, n)) for k, n in _most(facts, "requirements")],
        ),
        (_("Money returned"), _returned(lang, facts["returned"])),
        (
            _("Limits of the last version"),
            [
                (row.name, row.text)
                for row in terms_rows(lang, Terms.from_dict(facts["scope"]["terms"]), unset=False)
            ],
        ),
    ]


def _scope(lang: Language, facts: Mapping[str, Any]) -> list[Line]:
    _ = translator(lang).gettext
    scope, dates = facts["scope"], facts["dates"]
    version = _("version %(number)s") % {"number": scope["version"]}
    how = f" · {event_text(lang, dates['how'])}" if dates["how"] else ""
    return [
        (_("Product"), scope["title"]),
        (
            _("Permit"),
            f"{scope['permit']} · {version}",
        ),
        (_("Holder (sponsor)"), scope["holder"]),
        (_("Operator"), scope["operator"]),
        (_("Term"), f"{_day(lang, dates['start'])} – {_day(lang, dates['end'])}"),
        (_("Ended"), _day(lang, dates["ended"]) + how),
        (_("Figures as of"), forms.when(datetime.fromisoformat(facts["as_of"]), lang)),
    ]


def _used(lang: Language, facts: Mapping[str, Any]) -> list[Line]:
    _ = translator(lang).gettext
    lines = []
    for kind, states in sorted(facts["people"].items()):
        told = ", ".join(
            f"{name_of(lang, state)}: {_number(lang, count)}" for state, count in states.items()
        )
        lines.append((name_of(lang, kind), told))
    for asset, each in facts["payments"].items():
        older = "redemptions" not in each  # both counted as payments
        paid = _("Payments of customers, and money taken home") if older else _("Paid by customers")
        for label, count, sums in (
            (paid, "payments", "volume"),
            (_("Taken home by customers"), "redemptions", "redeemed"),
        ):
            if count in each:
                told = f"{_number(lang, each[count])} · {amount_text(lang, each[sums], asset)}"
                lines.append((label, told))
    return lines


def _complaints(lang: Language, complaints: Mapping[str, Any]) -> list[Line]:
    _ = translator(lang).gettext
    both = f"{_number(lang, complaints['filed'])} · {_number(lang, complaints['open'])}"
    return [
        (_("All, and still open"), both),
        *(
            (own_name(lang, outcome), _number(lang, count))
            for outcome, count in sorted(complaints["outcomes"].items())
        ),
    ]


def _returned(lang: Language, returned: Mapping[str, Any]) -> list[Line]:
    _ = translator(lang).gettext
    if not returned:
        return [(_("Returned by the settlement"), _("nothing: customers took their money home"))]
    lines = [
        (_("Returned by the settlement"), amount_text(lang, amount, asset))
        for asset, amount in returned["returned"].items()
    ]
    lines += [
        (_("Of it in custody"), amount_text(lang, amount, asset))
        for asset, amount in returned["custody"].items()
    ]
    paid = f"{_number(lang, returned['paid_out'])} · {_number(lang, returned['in_custody'])}"
    lines.append((_("Paid out, and still in custody"), paid))
    lines += [
        (_("Nobody holds anything at block"), f"{chain} {block['number']} {block['hash']}")
        for chain, block in returned["blocks"].items()
    ]
    return lines


def _most(facts: Mapping[str, Any], part: str) -> list[tuple[str, int]]:
    return sorted(facts[part].items(), key=lambda each: (-each[1], each[0]))


def _number(lang: Language, value: object) -> str:
    return forms.number(int(str(value)), lang)


def _day(lang: Language, text: str) -> str:
    return forms.day(datetime.fromisoformat(text), lang)
