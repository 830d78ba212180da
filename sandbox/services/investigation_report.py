"""What a trainee writes of a case for a human reader: four texts, and the method disclosed.

Both are parts of the answer (``forensics.scoring.answers``): the page fills in what a notebook's
file says in ``texts`` and ``method``. An empty box takes its part away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, get_args

from sandbox.domain.investigations import Draft
from sandbox.forensics.scoring.answers import Heuristic, Limit, TextName
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput

TEXTS: Final[tuple[str, ...]] = get_args(TextName)
HEURISTICS: Final[tuple[str, ...]] = get_args(Heuristic)
LIMITS: Final[tuple[str, ...]] = get_args(Limit)
MOST_TEXT: Final = 6_000
"""Characters of a text that the page takes; a file may bring more."""


@dataclass(frozen=True, slots=True)
class Written:
    """What the form says.

    Attributes:
        texts: by name.
        rates: of each heuristic that was used, as typed: percent, at most one decimal.
        limits: those that are named.
    """

    texts: Mapping[str, str]
    rates: Mapping[str, str]
    limits: Iterable[str]


def written(draft: Draft, said: Written) -> Draft:
    """A draft with a report.

    Raises:
        InvalidInput: ``investigation.text_long``, ``investigation.rate``.
    """
    texts = {name: _text(said.texts.get(name, "")) for name in TEXTS}
    rates = {name: said.rates.get(name, "").strip() for name in HEURISTICS}
    named = [{"name": n, "error_permille": _permille(each)} for n, each in rates.items() if each]
    chosen = set(said.limits)
    limits = [name for name in LIMITS if name in chosen]
    more: dict[str, Any] = {k: v for k, v in draft.more.items() if k not in {"method", "texts"}}
    if any(texts.values()):
        more["texts"] = {name: each for name, each in texts.items() if each}
    if named or limits:
        more["method"] = {"heuristics": named, "limits": limits}
    return replace(draft, more=more)


def percent(permille: int) -> str:
    """A rate as the form has it.

    >>> percent(45), percent(300)
    ('4.5', '30')
    """
    whole, tenth = divmod(permille, 10)
    return f"{whole}.{tenth}" if tenth else str(whole)


def _text(said: str) -> str:
    text = said.replace("\r\n", "\n").strip()
    if len(text) > MOST_TEXT:
        raise InvalidInput("investigation.text_long", most=MOST_TEXT)
    return text


def _permille(typed: str) -> int:
    whole, _, tenth = typed.replace(",", ".").partition(".")
    parts = (whole, tenth or "0")
    if not all(is_digits(each) for each in parts) or len(whole) > 3 or len(parts[1]) > 1:
        raise InvalidInput("investigation.rate", value=typed[:20])
    found = int(whole) * 10 + int(parts[1])
    if found > 1_000:
        raise InvalidInput("investigation.rate", value=typed[:20])
    return found
