"""What desks write, in Kyrgyz, Russian or English, from the news of an act."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.acting.clock import News
from sandbox.forensics.cases.case import minor
from sandbox.forensics.cases.scene import LedgerName
from sandbox.forensics.cases.wording import hundredths, local
from sandbox.forensics.exhibits.notice import NOTICE
from sandbox.locale import Language, translator

TEMPLATES: Final = Path(__file__).with_name("letters.toml")
MONEY: Final[Mapping[LedgerName, str]] = {"kgst": "KGST", "som": "SOM", "usdkg": "USDKG"}


def letter(news: News, language: Language) -> str:
    """A letter's text; it ends with the notice that it is training material.

    Args:
        news: of an act.
        language: ``ky``, ``ru`` or ``en``.
    """
    said = {
        "number": str(news.number),
        "moment": local(news.moment, language),
        "desk": _desk(str(news.said.get("desk", "")), language),
        "place": str(news.said.get("wallet") or news.said.get("reserve") or ""),
        "lines": "\n".join(_lines(news, language)),
    }
    body = _word(f"{news.kind}.{news.stage}", language).strip().format_map(said).strip()
    return f"{body}\n\n{translator(language).gettext(NOTICE)}\n"


def _lines(news: News, language: Language) -> list[str]:
    """What is missing, or what is answered."""
    if news.stage == "returned":
        return [_lack(each, language) for each in news.said["lacks"]]
    if news.kind == "intelligence" and news.stage == "answered":
        return [_information(news.said, language)]
    return [line for each in news.said.get("answers", ()) for line in _answer(each, language)]


def _lack(lack: Mapping[str, Any], language: Language) -> str:
    said = _word(f"lack.{lack['missing']}", language)
    if "target" not in lack:
        return f"- {said}"
    target = _word("answer.target", language).format(target=lack["target"] + 1)
    return f"- {target}: {said}"


def _information(said: Mapping[str, Any], language: Language) -> str:
    if not said["service"]:
        return _word("information.none", language).format_map(said)
    role = _word(f"role.{said['role']}", language)
    return _word("information.service", language).format_map({**said, "role": role})


def _answer(answer: Mapping[str, Any], language: Language) -> list[str]:
    """What an exchange says about an address; a field that was not asked has no line."""
    if not answer["customer_known"]:
        return [_word("answer.no_customer", language).format_map(answer)]
    lines = [_word("answer.address", language).format_map(answer)]
    if "customer" in answer:
        name = answer["customer"][language]
        lines.append(_word("answer.customer", language).format(name=name))
    if "since" in answer:
        lines.append(_word("answer.since", language).format(time=_read(answer["since"], language)))
    for name in ("deposits", "payouts"):
        if name in answer:
            lines.append(_word(f"answer.{name}", language))
            rows = [_row(each, language) for each in answer[name]]
            lines += rows or [_word("answer.nothing", language)]
    return lines


def _row(row: Mapping[str, Any], language: Language) -> str:
    if "tyiyn" in row:
        said = {"amount": hundredths(language, int(row["tyiyn"])), "card": row["card"]}
        return _word("answer.payout", language).format(time=_read(row["time"], language), **said)
    ledger, block, index = row["place"]
    return _word("answer.deposit", language).format(
        time=_read(row["time"], language),
        amount=hundredths(language, int(row["amount"]) // minor(ledger, 1)),
        money=MONEY[ledger],
        block=block,
        index=index,
    )


def _desk(name: str, language: Language) -> str:
    """A desk of the state by its word; an exchange by its own name."""
    return str(_templates()["desk"].get(name, {}).get(language, name))


def _read(moment: str, language: Language) -> str:
    return local(datetime.fromisoformat(moment), language)


def _word(path: str, language: Language) -> str:
    first, second = path.split(".")
    return str(_templates()[first][second][language])


@cache
def _templates() -> dict[str, Any]:
    return tomllib.loads(TEMPLATES.read_text("utf-8"))
