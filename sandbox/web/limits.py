"""Limits for people: rows of terms, requested beside set, typed amounts made plain.

Rules: a person types ``5 000,01`` or ``5,000.01`` as their language has it, and their
language's word for "no limit"; services get ``5000.01`` and ``no limit``; what cannot
be read goes on as typed, so that the error names it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, cast

from sandbox.domain.limits_form import field_names, read_terms
from sandbox.domain.residence import write_residences
from sandbox.domain.scope import Scope, write_scope
from sandbox.domain.steps import Step, write_steps
from sandbox.domain.terms import (
    ASSET_FLAGS,
    CHAIN_OF,
    DESK_LIMITS,
    FLAGS,
    HUB_LIMITS,
    LATER_VALUE_LIMITS,
    LOAD_LIMITS,
    PERSON_LIMITS,
    VALUE_LIMITS,
    Terms,
)
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AssetCode
from sandbox.kit.money import DECIMALS, NO_LIMIT, format_amount, limit_to_json
from sandbox.locale import forms, translator
from sandbox.locale.catalogue import N_, Language
from sandbox.web.words import limit_text, name_of, shortened

GENERAL: Final = ("term_days", *PERSON_LIMITS, "transactions_per_day", "deployments")
TECHNICAL: Final = (
    "requests_per_second",
    "units_per_day",
    "gas_per_day",
    "gas_per_transaction",
    "payload_bytes",
    *HUB_LIMITS,
)
WATCHED: Final = DESK_LIMITS
"""Counts that the desk watches."""
SWITCHES: Final = FLAGS
"""Conditions that are on or off."""
ASSET_SWITCHES: Final = frozenset(f"{asset}.{name}" for asset in CHAIN_OF for name in ASSET_FLAGS)
"""The same of one asset, by their fields."""
ASSETS: Final[tuple[AssetCode, ...]] = ("KGST", "SOM")
_UNSET: Final = LATER_VALUE_LIMITS | {*WATCHED, *HUB_LIMITS}
"""Limits that are left out of a short list where there is none."""
YES: Final = N_("yes")
NO: Final = N_("no")


@dataclass(frozen=True)
class Row:
    """One limit in words.

    Attributes:
        field: its name in the form, ``KGST.customer_cap``.
        name: what it is called.
        asset: for a limit of value.
        text: the limit with its unit.
        value: minor units or a count as a decimal string, or ``no limit``.
    """

    field: str
    name: str
    asset: str | None
    text: str
    value: str


def terms_rows(
    lang: Language, terms: Terms, *, technical: bool = True, unset: bool = True
) -> list[Row]:
    """Every limit of the terms, value limits first, switches and the scope last.

    Args:
        lang: the reader's language.
        terms: the conditions.
        technical: with the technical limits, and conditions that are off.
        unset: with further limits that are not set.
    """
    bare = not (technical and unset)
    limits = [
        Row(field, name_of(lang, clause), asset, limit_text(lang, clause, value, asset), value)
        for field, clause, asset, value in _limits(terms)
        if (technical or clause not in TECHNICAL)
        and not (bare and clause in _UNSET and value == NO_LIMIT.value)
    ]
    return [*limits, *_conditions(lang, terms, technical=technical, bare=bare)]


def _conditions(lang: Language, terms: Terms, *, technical: bool, bare: bool) -> Iterator[Row]:
    for each in terms.assets:
        for name in ASSET_FLAGS:
            yield from _switch(lang, name, each.asset, on=getattr(each, name), off=not bare)
    for name in SWITCHES:
        yield from _switch(lang, name, None, on=getattr(terms, name), off=technical)
    if not bare or terms.residences is not None:
        value = write_residences(terms.residences)
        text = translator(lang).gettext(value) if value == NO_LIMIT.value else value
        yield Row("residences", name_of(lang, "residences"), None, text, value)
    if not bare or terms.steps:
        value = write_steps(terms.steps)
        text = "; ".join(step_text(lang, each) for each in terms.steps)
        yield Row("steps", name_of(lang, "steps"), None, text or "—", value)
    if technical or terms.contracts is not None:
        text, value = _scope_text(lang, terms.contracts), write_scope(terms.contracts)
        yield Row("contracts", name_of(lang, "contracts"), None, text, value)


def _switch(lang: Language, name: str, asset: str | None, *, on: bool, off: bool) -> Iterator[Row]:
    """The row of a switch that is on; of one that is off only where ``off`` asks for it."""
    if on or off:
        value, field = "yes" if on else "no", f"{asset}.{name}" if asset else name
        yield Row(field, name_of(lang, name), asset, switch_text(lang, value), value)


def step_text(lang: Language, step: Step) -> str:
    """A step in words: ``after 30 days ×2: Amount per transaction, Customers``."""
    _ = translator(lang).gettext
    names = ", ".join(name_of(lang, each) for each in step.limits)
    after = _("after %(days)s days") % {"days": forms.number(step.days, lang)}
    return f"{after} ×{step.factor}: {names}"


def switch_text(lang: Language, value: str) -> str:
    """``yes`` or ``no`` in the reader's language."""
    return translator(lang).gettext(YES if value == "yes" else NO)


def _scope_text(lang: Language, scope: Scope) -> str:
    if scope is None:
        return translator(lang).gettext("no limit")
    return "; ".join(" ".join([shortened(each.address), *each.functions]) for each in scope)


def _limits(terms: Terms) -> Iterator[tuple[str, str, str | None, str]]:
    for each in terms.assets:
        for clause in VALUE_LIMITS:
            yield f"{each.asset}.{clause}", clause, each.asset, limit_to_json(getattr(each, clause))
    for clause in (*PERSON_LIMITS, *WATCHED):
        yield clause, clause, None, limit_to_json(getattr(terms, clause))
    for clause in (*LOAD_LIMITS, *HUB_LIMITS):
        yield clause, clause, None, limit_to_json(getattr(terms.load, clause))


def requested(lang: Language, answers: Mapping[str, str], at: datetime) -> dict[str, str]:
    """What an application asks for, by field, in words; unreadable answers as typed."""
    terms, _ = read_terms(answers, at=at)
    texts = {name: answers[name] for name in field_names() if answers.get(name)}
    if terms is not None:
        texts |= {row.field: row.text for row in terms_rows(lang, terms)}
    if is_digits(answers.get("term_days", "")):
        texts["term_days"] = limit_text(lang, "term_days", answers["term_days"])
    return texts


def plain(lang: Language, form: Mapping[str, str]) -> dict[str, str]:
    """The limits of a posted form as services read them.

    Args:
        lang: how the person writes numbers.
        form: posted fields; those that are no limits are left out.
    """
    no_limit = translator(lang).gettext("no limit").casefold()
    found = {}
    for name in field_names():
        if name not in form:
            continue
        text = form[name].strip()
        if text.casefold() == no_limit:
            text = NO_LIMIT.value
        if name in SWITCHES or name in ASSET_SWITCHES:
            text = _plain_switch(lang, text)
        found[name] = _plain_amount(lang, name, text)
    chosen = [asset for asset in ASSETS if form.get(f"asset.{asset}")]
    if chosen or "asset.shown" in form:
        found["assets"] = ",".join(chosen)
    return found


def _plain_switch(lang: Language, text: str) -> str:
    words = {switch_text(lang, value).casefold(): value for value in ("yes", "no")}
    return words.get(text.casefold(), text)


def _plain_amount(lang: Language, name: str, text: str) -> str:
    asset, dot, _ = name.partition(".")
    if text == NO_LIMIT.value or not text or name in ASSET_SWITCHES:
        return text
    try:
        if dot:
            code = cast("AssetCode", asset)
            return format_amount(forms.read_amount(text, code, lang), DECIMALS[code])
        if name in (*GENERAL, *TECHNICAL, *WATCHED):
            spaces = (" ", "\u00a0", "\u202f", *((",",) if lang == "en" else ()))
            return "".join(letter for letter in text if letter not in spaces)
    except InvalidInput:
        pass
    return text


def asset_of(view: Mapping[str, Any]) -> tuple[str, ...]:
    """The assets a form has chosen."""
    return tuple(name for name in str(view.get("assets", "")).split(",") if name)
