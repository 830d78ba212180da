"""Figures of reports in words and numbers, and where a figure comes from."""

from __future__ import annotations

from sandbox.domain.figures import Figure, Section, Unit
from sandbox.domain.periods import Period
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import Language
from sandbox.web.report_words import FIELDS, FIGURES, ORIGINS, SECTIONS
from sandbox.web.words import name_of


def section_text(lang: Language, section: str) -> str:
    """A section's heading."""
    return translator(lang).gettext(SECTIONS[section])


def origin_text(lang: Language, section: str) -> str:
    """From what the figures of a section are computed."""
    return translator(lang).gettext(ORIGINS[section])


def field_text(lang: Language, field: str) -> str:
    """A field of the firm's own words."""
    return translator(lang).gettext(FIELDS[field])


def figure_text(lang: Language, figure: Figure) -> str:
    """A figure's name."""
    if figure.name in FIGURES:
        named = translator(lang).gettext(FIGURES[figure.name])
        return f"{named}, {figure.about}" if figure.about else named
    return name_of(lang, figure.about)


def value_text(lang: Language, figure: Figure, value: int | str | None) -> str:
    """A value of a figure in the reader's form; a dash for what is not known or not limited."""
    if value is None or (isinstance(value, str) and not value.lstrip("-").isdecimal()):
        return "—"
    if figure.unit is Unit.MONEY:
        return money_text(lang, int(value), figure.asset)
    return forms.number(int(value), lang)


def money_text(lang: Language, value: int, asset: str) -> str:
    """Minor units, below zero too."""
    code: AssetCode = "SOM" if asset == "SOM" else "KGST"
    sign = "−" if value < 0 else ""
    return sign + forms.money(abs(value), code, lang)


def plain_amount(value: int, asset: str) -> str:
    """Minor units as a plain decimal, for programs: a point, no groups, no needless zeros.

    >>> plain_amount(-1_250_000_000_000_000_000, "KGST"), plain_amount(500, "SOM")
    ('-1.25', '5')
    """
    places = DECIMALS["SOM" if asset == "SOM" else "KGST"]
    whole, rest = divmod(abs(value), 10**places)
    tail = str(rest).rjust(places, "0").rstrip("0")
    return ("-" if value < 0 else "") + (f"{whole}.{tail}" if tail else str(whole))


def period_text(lang: Language, period: Period) -> str:
    """A period's first and last day."""
    return f"{forms.day(period.first, lang)} – {forms.day(period.last, lang)}"


def origin_href(section: str, permit: str, file: str) -> str:
    """The page on which a section's figures can be looked into."""
    return {
        Section.PEOPLE: f"/desk/permits/{permit}",
        Section.MONEY: f"/desk/permits/{permit}/console",
        Section.LIMITS: f"/desk/permits/{permit}",
        Section.REFUSALS: f"/desk/permits/{permit}/refusals.csv",
        Section.COMPLAINTS: f"/desk/complaints?permit={permit}",
        Section.INCIDENTS: f"/desk/incidents?q={permit}",
        Section.ACTS: f"/desk/files/{file}",
        Section.CONTRACTS: f"/desk/permits/{permit}/console",
    }[Section(section)]
