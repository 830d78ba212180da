"""The application: which parts there are, and which are missing.

Rules:

1. Every missing or wrong part is named, all at once; what was typed is kept as typed.
2. Plain text only: control characters are refused, and markup in a name.
3. The sponsor is an organisation that may sponsor. Source: NBKR special regulatory regime (to be
   confirmed), see ``OrganisationKind.may_sponsor``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sandbox.domain.limits_form import Problem, field_names, read_terms
from sandbox.domain.records import Organisation
from sandbox.kit.errors import InvalidInput

REQUIRED: Final = ("product", "sponsor", "test_plan", "safeguards", "exit_plan")
OPTIONAL: Final = (
    *("product_kind", "summary", "money_flow", "risks", "exemption"),
    *("legal_identity", "key_persons", "business_plan", "innovation", "consumer_benefit"),
    *("monitoring", "aml_policy", "client_agreement", "risk_matrix", "data_protection"),
)
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "payments": ("money_flow",),
    "virtual_asset": ("money_flow", "risks", "aml_policy", "client_agreement"),
    "tokenisation": ("money_flow", "risks", "client_agreement"),
    "digital_som": ("money_flow", "data_protection"),
    "infrastructure": (),
}
"""Kinds of products, and what each requires beyond ``REQUIRED``."""
NAMES: Final = frozenset({"product", "sponsor", "product_kind"})
FIELDS: Final = (*REQUIRED, *OPTIONAL, *field_names())
TEXTS: Final = frozenset({*REQUIRED, *OPTIONAL, "contracts"})
"""Fields of several lines, apart from the names."""

NAME_LENGTH: Final = 160
TEXT_LENGTH: Final = 20_000
SHORTEST_PLAN: Final = 20
"""Characters below which a plan is no plan (test plan, safeguards, exit plan)."""


def clean(field: str, text: str) -> str:
    r"""Read one field as typed.

    Args:
        field: one of ``FIELDS``.
        text: what was typed.

    Returns:
        The text with line ends as ``\n``, trimmed at both ends.

    Raises:
        InvalidInput: ``application.unknown_field``, ``application.unknown_kind``,
            ``text.too_long``, ``text.control_character``, ``text.markup``.
    """
    if field not in FIELDS:
        raise InvalidInput("application.unknown_field", field=field[:60])
    if field == "product_kind" and text.strip() and text.strip() not in KINDS:
        raise InvalidInput("application.unknown_kind", kind=text[:40])
    name = field not in TEXTS or field in NAMES
    return plain_text(field, text, limit=NAME_LENGTH if name else TEXT_LENGTH, name=name)


def plain_text(field: str, text: str, *, limit: int, name: bool = False) -> str:
    """Read a text that will be shown to others.

    Args:
        field: which, for the error.
        text: as typed.
        limit: characters at most.
        name: one line, without angle brackets.

    Raises:
        InvalidInput: ``text.not_text``, ``text.too_long``, ``text.control_character``,
            ``text.markup``.
    """
    if not isinstance(text, str):
        raise InvalidInput("text.not_text", field=field)
    tidy = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if len(tidy) > limit:
        raise InvalidInput("text.too_long", field=field, limit=limit)
    allowed = "" if name else "\n\t"
    for character in tidy:
        if unicodedata.category(character) in {"Cc", "Cs", "Co"} and character not in allowed:
            raise InvalidInput("text.control_character", field=field)
        if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            raise InvalidInput("text.control_character", field=field)
    if name and ("<" in tidy or ">" in tidy):
        raise InvalidInput("text.markup", field=field)
    return tidy


def required_parts(answers: Mapping[str, str]) -> tuple[str, ...]:
    """What this application may not leave out.

    >>> required_parts({"product_kind": "digital_som"})[-2:]
    ('money_flow', 'data_protection')
    """
    return (*REQUIRED, *KINDS.get(answers.get("product_kind", ""), ()))


def missing_parts(
    answers: Mapping[str, str], sponsor: Organisation | None, *, at: datetime
) -> tuple[Problem, ...]:
    """Everything that keeps an application from being submitted.

    Args:
        answers: the form as saved.
        sponsor: the organisation named as sponsor, if there is one.
        at: now, for the requested term.
    """
    problems = [
        Problem(name, "application.missing")
        for name in required_parts(answers)
        if not answers.get(name, "").strip()
    ]
    for name in ("test_plan", "safeguards", "exit_plan"):
        text = answers.get(name, "").strip()
        if text and len(text) < SHORTEST_PLAN:
            problems.append(Problem(name, "application.too_short", {"least": SHORTEST_PLAN}))
    if answers.get("sponsor", "").strip():
        if sponsor is None:
            problems.append(Problem("sponsor", "application.sponsor_unknown"))
        elif not sponsor.kind.may_sponsor:
            problems.append(
                Problem("sponsor", "application.sponsor_may_not", {"kind": sponsor.kind.value})
            )
    _, limits = read_terms(answers, at=at)
    return (*problems, *limits)
