"""The catalogues of page wording and the choice of a language.

Rules: Kyrgyz, the state language, comes first when nothing else is known; a
message without a translation is shown in English (and fails the tests).

>>> language("ru-RU,ru;q=0.9,en;q=0.5")
'ru'
>>> language("de, fr;q=0.5")
'ky'
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from babel import negotiate_locale
from babel.core import Locale
from babel.messages.pofile import read_po

Language = Literal["ky", "ru", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("ky", "ru", "en")
NAMES: Final[dict[Language, str]] = {"ky": "Кыргызча", "ru": "Русский", "en": "English"}
"""Each language in its own words."""

HERE: Final = Path(__file__).parent


def N_(message: str) -> str:  # noqa: N802
    """Mark a message for the catalogues."""
    return message


@dataclass(frozen=True)
class Translator:
    """One language's wording.

    Attributes:
        language: ``ky``, ``ru`` or ``en``.
        messages: message id to translations (one per plural form).
    """

    language: Language
    messages: dict[str, tuple[str, ...]]

    def gettext(self, message: str) -> str:
        """The message in this language; the message itself when it has no translation."""
        forms = self.messages.get(message)
        return forms[0] if forms and forms[0] else message

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """The message in the form that ``number`` needs in this language."""
        forms = self.messages.get(singular)
        if not forms:
            return singular if number == 1 else plural
        return forms[_plural_index(self.language, number, len(forms))]


def _plural_index(lang: Language, number: int, forms: int) -> int:
    """Which gettext plural form a number takes (CLDR rules for ky, ru, en)."""
    category = Locale.parse(lang).plural_form(number)
    order = ("one", "few", "many") if lang == "ru" else ("one", "other")
    index = order.index(category) if category in order else len(order) - 1
    return min(index, forms - 1)


def po_path(lang: Language) -> Path:
    """Where a language's catalogue lies."""
    return HERE / lang / "LC_MESSAGES" / "synak.po"


@lru_cache(maxsize=len(LANGUAGES))
def translator(lang: Language) -> Translator:
    """The wording of a language, read once.

    Args:
        lang: one of ``LANGUAGES``.
    """
    messages: dict[str, tuple[str, ...]] = {}
    path = po_path(lang)
    if path.exists():
        with path.open("rb") as stream:
            for message in read_po(stream, locale=lang):
                if not message.id:
                    continue
                key = message.id if isinstance(message.id, str) else message.id[0]
                text = message.string
                messages[key] = (text,) if isinstance(text, str) else tuple(text or ())
    return Translator(lang, messages)


def language(
    accept_language: str | None, chosen: str | None = None, *, otherwise: Language = "ky"
) -> Language:
    """The language for a reader.

    Args:
        accept_language: the header as sent, or None.
        chosen: what the reader chose before (cookie), if anything.
        otherwise: for a reader who names none of ours: a tool says ``*``, or nothing.

    Returns:
        The choice, else the best of the header, else ``otherwise``.

    Source: RFC 9110, 12.5.4.
    """
    for known in LANGUAGES:
        if chosen == known:
            return known
    wanted = [name for name, _ in sorted(_weighted(accept_language or ""), key=lambda w: -w[1])]
    best = negotiate_locale(wanted, LANGUAGES, sep="-")
    return next((known for known in LANGUAGES if known == best), otherwise)


def _weighted(header: str) -> list[tuple[str, float]]:
    """The languages of the header with their weights; what cannot be read is left out."""
    found = []
    for part in header[:500].split(","):
        name, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        if name and quality > 0:
            found.append((name.strip(), quality))
    return found
