"""The vocabularies of documents, checklist and comparison in words.

Rules: every value of the domain's vocabularies is here or is a field of the form (a test
compares); each is a message of the catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language
from sandbox.web.words import FIELDS, field_name

WORDS: Final[Mapping[str, str]] = {
    "payments": N_("Payments and transfers"),
    "virtual_asset": N_("Virtual assets, stablecoins"),
    "tokenisation": N_("Tokenised things of value"),
    "digital_som": N_("Services on the digital som"),
    "infrastructure": N_("Technology for others"),
    "capital": N_("Capital, insurance, safeguarding"),
    "technical": N_("Technical description"),
    "other": N_("Other"),
    "identity": N_("Who applies is known: registration, owners"),
    "innovation": N_("New against what exists"),
    "sponsor": N_("The sponsor may hold the permit and can answer for it"),
    "limits": N_("Requested limits fit the test"),
    "aml": N_("Money laundering: identification, checks, reports"),
    "documents": N_("Documents are complete and readable"),
    "met": N_("met"),
    "not_met": N_("not met"),
    "not_applicable": N_("not applicable"),
    "paper_granted": N_("granted on paper"),
    "paper_refused": N_("refused on paper"),
    "paper_withdrawn": N_("withdrawn by the applicant"),
    "paper_revoked": N_("granted, later revoked"),
    "added": N_("added"),
    "removed": N_("taken away"),
    "replaced": N_("replaced by another version"),
}
KB: Final = N_("kB")
MB: Final = N_("MB")


def paper_word(lang: Language, value: str) -> str:
    """A value in words; the value itself when it is not of ours."""
    if value in WORDS:
        return translator(lang).gettext(WORDS[value])
    return field_name(lang, value) if value in FIELDS else value


def size_text(lang: Language, size: int) -> str:
    r"""Bytes as people read them.

    >>> size_text("en", 1234567), size_text("en", 900)
    ('1.2\xa0MB', '1\xa0kB')
    """
    words = translator(lang).gettext
    if size < 1_000_000:
        return f"{forms.number(max(1, round(size / 1000)), lang)}\u00a0{words(KB)}"
    tenths = round(size / 100_000)
    point = "." if lang == "en" else ","
    return f"{tenths // 10}{point}{tenths % 10}\u00a0{words(MB)}"
