"""The wording of error codes, gathered from ``errors/<part>.toml``.

Rules:

- Each part owns one file: ``["part.what_is_wrong"]`` with ``en``, ``ru``, ``ky``.
- A place is ``{parameter}``, or ``{parameter|form}`` where the form is
  ``amount`` (minor units of the asset named in ``asset``), ``number``, ``points``,
  ``megabytes`` (a size in bytes), ``time``, ``state``.
- A code in two files, or without one of the languages, stops the start.
- A missing parameter is shown as an em dash; a wording never raises.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, cast

from sandbox.kit.errors import IntegrityFailure
from sandbox.locale.catalogue import HERE, LANGUAGES, Language
from sandbox.locale.forms import FORMS

UNKNOWN: Final = "internal"
_PLACE = re.compile(r"\{(\w+)(?:\|(\w+))?\}")


def _read(path: Path) -> dict[str, dict[Language, str]]:
    found: dict[str, dict[Language, str]] = {}
    for code, texts in _flat(tomllib.loads(path.read_text("utf-8"))).items():
        missing = [lang for lang in LANGUAGES if not texts.get(lang)]
        if missing:
            raise IntegrityFailure("locale.wording_missing", wording=code, languages=missing)
        found[code] = cast("dict[Language, str]", texts)
    return found


def _flat(tree: Mapping[str, object], prefix: str = "") -> dict[str, dict[str, str]]:
    """TOML tables as codes: ``[a.b]`` and ``["a.b"]`` mean the same."""
    found: dict[str, dict[str, str]] = {}
    for name, value in tree.items():
        if not isinstance(value, dict):
            continue
        code = f"{prefix}{name}"
        texts = {key: text for key, text in value.items() if isinstance(text, str)}
        if texts:
            found[code] = texts
        found.update(_flat(value, f"{code}."))
    return found


@lru_cache(maxsize=1)
def _wordings() -> dict[str, dict[Language, str]]:
    """Every code of every part."""
    everything: dict[str, dict[Language, str]] = {}
    for path in sorted((HERE / "errors").glob("*.toml")):
        for code, texts in _read(path).items():
            if code in everything:
                raise IntegrityFailure("locale.code_twice", wording=code, file=path.name)
            everything[code] = texts
    return everything


def error_codes() -> frozenset[str]:
    """Every code that has wording."""
    return frozenset(_wordings())


def has_wording(code: str) -> bool:
    """Whether a code can be said in all languages."""
    return code in _wordings()


def wording(code: str, params: Mapping[str, object], lang: Language) -> str:
    """An error in words.

    Args:
        code: for example ``terms.end_before_start``.
        params: the error's parameters; amounts are decimal strings of minor units.
        lang: the reader's language.

    Returns:
        One sentence or two; a general sentence for a code that nobody worded.
    """
    texts = _wordings().get(code) or _wordings()[UNKNOWN]

    def place(match: re.Match[str]) -> str:
        value = params.get(match[1])
        if value is None:
            return "—"
        form = FORMS.get(match[2] or "text", FORMS["text"])
        try:
            return form(value, params, lang)
        except (ValueError, TypeError, KeyError):
            return str(value)

    return _PLACE.sub(place, texts[lang])
