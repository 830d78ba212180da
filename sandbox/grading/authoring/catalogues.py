"""The catalogue of one language: gettext's .po, keyed by the source text.

Rules:

- A text that changed has no translation any more: it is shown in the source language,
  named by ``course check``, and ``course texts`` puts the old translation beside it,
  marked ``fuzzy``, which is not shown to anybody before a translator takes the mark away.
- What is no longer in the source stays at the end (``#~``): no work is thrown away.
- The file is written the same whenever it holds the same: no dates in it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from babel.messages.pofile import PoFileError, normalize, read_po

from sandbox.grading.authoring.texts import Text
from sandbox.kit.errors import InvalidInput
from sandbox.locale import Language

FOLDER: Final = "locale"
_WIDTH: Final = 100
_ALIKE: Final = 0.5
_LINE: Final = re.compile(r'(#(?!~ ).*)?|(#~ )?(msgid |msgstr )?"([^"\\]|\\.)*"')


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Translations into one language.

    Attributes:
        words: source text → translation, shown to students.
        fuzzy: source text → translation of an earlier text, not shown.
        obsolete: what the source has no more.
    """

    language: Language
    words: Mapping[str, str] = field(default_factory=dict)
    fuzzy: Mapping[str, str] = field(default_factory=dict)
    obsolete: Mapping[str, str] = field(default_factory=dict)

    def translate(self, key: str) -> str:
        """The translation, or the text itself."""
        return self.words.get(key, key)


def path_of(language: Language) -> str:
    """Where a language's catalogue lies in an assignment."""
    return f"{FOLDER}/{language}.po"


def read_catalogue(content: bytes, language: Language) -> Catalogue:
    """Read a catalogue.

    Args:
        content: of the file.
        language: which it should be.

    Raises:
        InvalidInput: ``authoring.catalogue_unreadable``.
    """
    try:
        _check_lines(content.decode("utf-8"))
        found = read_po(BytesIO(content), locale=language, abort_invalid=True)
    except (PoFileError, ValueError) as error:
        reason = str(error)[:200]
        raise InvalidInput(
            "authoring.catalogue_unreadable", file=path_of(language), reason=reason
        ) from error
    return Catalogue(
        language,
        words=_words(message for message in found if not message.fuzzy),
        fuzzy=_words(message for message in found if message.fuzzy),
        obsolete=_words(found.obsolete.values()),
    )


def _check_lines(text: str) -> None:
    """Refuse a line that babel would take half: it drops what stands behind a lost quote."""
    for number, line in enumerate(text.split("\n"), 1):
        if not _LINE.fullmatch(line.strip()):
            raise ValueError(f"line {number}: {line[:60]}")


def renewed(texts: Iterable[Text], old: Catalogue) -> Catalogue:
    """The catalogue for texts as they are now.

    Args:
        texts: of the source.
        old: the catalogue so far.

    Returns:
        What is still right; for each new text the translation of the one most like it
        that is gone, fuzzy; the rest obsolete.
    """
    keys = [text.key for text in texts]
    words = {key: old.words[key] for key in keys if key in old.words}
    gone = {k: v for k, v in {**old.obsolete, **old.fuzzy, **old.words}.items() if k not in words}
    fuzzy: dict[str, str] = {}
    for key in keys:
        if key in words:
            continue
        like = [key] if key in gone else difflib.get_close_matches(key, gone, 1, _ALIKE)
        if like:
            fuzzy[key] = gone[like[0]]
    kept = {k: v for k, v in gone.items() if v not in fuzzy.values()}
    return Catalogue(old.language, words, fuzzy, kept)


def written(texts: Iterable[Text], catalogue: Catalogue) -> bytes:
    """A catalogue as a file.

    Args:
        texts: of the source, in order.
        catalogue: renewed for them.
    """
    head = f'msgid ""\nmsgstr ""\n"Language: {catalogue.language}\\n"\n' + "".join(
        f'"{line}\\n"\n'
        for line in (
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        )
    )
    entries = [head, *(_entry(text, catalogue) for text in texts)]
    entries += [_pair(key, words, "#~ ") for key, words in sorted(catalogue.obsolete.items())]
    return "\n".join(entries).encode()


def _entry(text: Text, catalogue: Catalogue) -> str:
    fuzzy = catalogue.fuzzy.get(text.key)
    words = catalogue.words.get(text.key, fuzzy or "")
    lines = [f"#. {'a test says' if text.message else text.cell}".rstrip(), f"#: {text.file}"]
    if text.message:
        lines[0] += f" ({text.cell})"
    if fuzzy:
        lines.append("#, fuzzy")
    shown = [line for line in lines if line != "#."]
    return "\n".join(shown) + "\n" + _pair(text.key, words)


def _pair(key: str, words: str, prefix: str = "") -> str:
    quoted = (normalize(part, prefix=prefix, width=_WIDTH) for part in (key, words))
    return "".join(f"{prefix}{name} {text}\n" for name, text in zip(_NAMES, quoted, strict=True))


_NAMES: Final = ("msgid", "msgstr")


def _words(messages: Iterable[Any]) -> dict[str, str]:
    return {
        str(message.id): str(message.string)
        for message in messages
        if message.id and isinstance(message.string, str) and message.string
    }
