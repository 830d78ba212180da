r"""The papers of a case as text, in Kyrgyz, Russian or English, from the same data.

>>> hundredths("ru", 123456789)
'1\xa0234\xa0567,89'
>>> hundredths("en", 123456789)
'1,234,567.89'
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.cases.case import Paper, minor
from sandbox.forensics.cases.habits import BISHKEK
from sandbox.forensics.exhibits.notice import NOTICE
from sandbox.locale import Language, translator

TEMPLATES: Final = Path(__file__).with_name("papers.toml")
_LOCAL: Final[Mapping[Language, str]] = {
    "ky": "%d.%m.%Y %H:%M",
    "ru": "%d.%m.%Y %H:%M",
    "en": "%Y-%m-%d %H:%M",
}


def text(paper: Paper, language: Language) -> str:
    """A paper's text; it ends with the notice that it is training material.

    Args:
        paper: of a case's public part.
        language: ``ky``, ``ru`` or ``en``.
    """
    said = _said(paper, language)
    body = _templates()[paper.kind][language].strip().format_map(said)
    return f"{body}\n\n{translator(language).gettext(NOTICE)}\n"


def hundredths(language: Language, amount: int) -> str:
    """Hundredths as people of a language write them."""
    whole, rest = divmod(amount, 100)
    group, point = (",", ".") if language == "en" else ("\xa0", ",")
    return f"{whole:,}".replace(",", group) + f"{point}{rest:02d}"


def _said(paper: Paper, language: Language) -> dict[str, str]:
    """What stands in a template's places."""
    data, said = paper.data, {"moment": local(paper.moment, language)}
    for name, value in data.items():
        if name in {"victim", "holder"}:
            said[name] = value[language]
        elif name == "amount":
            said[name] = _kgst(value, language)
        elif name == "time":
            said[name] = _read(value, language)
        elif isinstance(value, str | int):
            said[name] = str(value)
    lists = {
        "statement": _statement,
        "chat": _chat,
        "card": _card,
        "seizure": _seizure,
        "phone": _phone,
    }
    return said | lists[paper.kind](data, said, language)


def _statement(data: Mapping[str, Any], _: Mapping[str, str], language: Language) -> dict[str, str]:
    _, block, index = data["transaction"]
    story = _templates()["story"][data["story"]][language]
    return {"story": story, "block": str(block), "index": str(index)}


def _chat(data: Mapping[str, Any], said: Mapping[str, str], language: Language) -> dict[str, str]:
    talk = _templates()["talk"][data["story"]][language]
    said = {**said, "amount": said["amount"].removesuffix(".00").removesuffix(",00")}
    sides = (said["contact"], said["victim"])
    lines = [
        f"[{_read(moment, language)}] {sides[number % 2]}: {line.format_map(said)}"
        for number, (moment, line) in enumerate(zip(data["lines"], talk, strict=True))
    ]
    return {"lines": "\n".join(lines)}


def _card(data: Mapping[str, Any], _: Mapping[str, str], language: Language) -> dict[str, str]:
    row = _templates()["card_row"][language]
    rows = [
        row.format(
            time=_read(each["time"], language),
            amount=_kgst(each["amount"], language),
            bank=each["bank"],
        )
        for each in data["rows"]
    ]
    return {"rows": "\n".join(rows)}


def _seizure(data: Mapping[str, Any], _: Mapping[str, str], language: Language) -> dict[str, str]:
    items = [_templates()["item"][each][language] for each in data["items"]]
    return {
        "items": "\n".join(f"{number}. {each}" for number, each in enumerate(items, 1)),
        "addresses": "\n".join(data["addresses"]),
    }


def _phone(data: Mapping[str, Any], _: Mapping[str, str], language: Language) -> dict[str, str]:
    contacts = [f"{each['name'][language]}  {each['telephone']}" for each in data["contacts"]]
    messages = [
        f"[{_read(each['time'], language)}] "
        + _templates()["message"][each["text"]][language].format(address=each["address"])
        for each in data["messages"]
    ]
    return {"contacts": "\n".join(contacts), "messages": "\n".join(messages)}


def _kgst(amount: str, language: Language) -> str:
    return hundredths(language, int(amount) // minor("kgst", 1))


def _read(moment: str, language: Language) -> str:
    return local(datetime.fromisoformat(moment), language)


def local(moment: datetime, language: Language) -> str:
    """A moment on Bishkek's clock, as people of a language write it."""
    return (moment.astimezone(UTC) + BISHKEK).strftime(_LOCAL[language])


@cache
def _templates() -> dict[str, Any]:
    return tomllib.loads(TEMPLATES.read_text("utf-8"))
