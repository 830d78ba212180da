"""Words for people: Kyrgyz, Russian, English, complete or the tests fail.

Rules:

- English is the language the pages are written in: its text is the message id.
  ``ky`` and ``ru`` hold a ``LC_MESSAGES/synak.po`` each, read at start with
  Babel; nothing is compiled, so a translator corrects one file and restarts.
- Errors carry codes; ``errors/<part>.toml`` holds the wording of each code in
  all three languages, with ``{parameter}`` places.
- One term, one translation: ``glossary.toml`` of this folder is the list.

>>> translator("ru").gettext("Sign in")
'Войти'
>>> wording("web.not_found", {}, "en")
'There is no such page, or it is not for you.'
"""

from __future__ import annotations

from sandbox.locale.catalogue import LANGUAGES, Language, Translator, language, translator
from sandbox.locale.errors import error_codes, has_wording, wording

__all__ = [
    "LANGUAGES",
    "Language",
    "Translator",
    "error_codes",
    "has_wording",
    "language",
    "translator",
    "wording",
]
