"""Programs as rows of tokens: one character for each, so that equal rows are equal texts.

Broken code is read as far as it goes: a student's unfinished answer is compared like any other.

>>> same = [row_of(text, Words()).codes for text in ("total = first + 1", "x = y + 27  # mine")]
>>> same[0] == same[1], len(same[0])
(True, 5)
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

NAME, LITERAL, OTHER = "n", "l", "o"
MOST_WORDS: Final = 20_000
"""Words that stay themselves at most; the others are folded like names."""
_FIRST: Final = 0x100
_PYTHON: Final = re.compile(
    r"""(?P<drop>\#[^\n]*|^[ \t]*[%!][^\n]*)
    |(?P<text>[A-Za-z]{0,2}(?:'{3}(?:[^'\\]|\\.|'(?!''))*(?:'{3}|\Z)|"{3}(?:[^"\\]|\\.|"(?!""))*(?:"{3}|\Z)
        |'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?))
    |(?P<number>\.?[0-9][0-9A-Za-z_.]*)
    |(?P<name>[^\W\d]\w*)
    |(?P<sign>\*\*=?|//=?|>>=?|<<=?|->|[-+*/%&|^@=<>!:]=|[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_SOLIDITY: Final = re.compile(
    r"""(?P<drop>//[^\n]*|/\*.*?(?:\*/|\Z))
    |(?P<text>'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?)
    |(?P<number>\.?[0-9][0-9A-Za-z_.]*)
    |(?P<name>[^\W\d][\w$]*)
    |(?P<sign>\*\*|\+\+|--|&&|\|\||=>|>>=?|<<=?|[-+*/%&|^=<>!]=|[^\s\w])""",
    re.VERBOSE | re.DOTALL,
)
_CONTRACT: Final = re.compile(
    r"\b(?:contract|interface|library)\s+\w+[^{;]{0,200}\{|\bfunction\s+\w+\s*\("
)
_OF_SOLIDITY: Final = (
    "abstract address anonymous as assembly bool break bytes bytes32 calldata case catch constant "
    "constructor continue contract delete do else emit enum error event external fallback false "
    "final for function if immutable import indexed interface internal is library mapping memory "
    "modifier msg new override payable pragma private public pure receive return returns revert "
    "require block string storage struct switch this throw true try type uint uint8 uint256 int "
    "int256 unchecked using view virtual while"
)


class Language(StrEnum):
    """What a text is written in."""

    PYTHON = "python"
    SOLIDITY = "solidity"


_RULES: Final = {Language.PYTHON: _PYTHON, Language.SOLIDITY: _SOLIDITY}
_KNOWN: Final = {
    Language.PYTHON: frozenset(keyword.kwlist),
    Language.SOLIDITY: frozenset(_OF_SOLIDITY.split()),
}
_BUILT_IN: Final = frozenset(dir(builtins))


class Words:
    """The words that stay themselves: of the languages, and names that the assignment gave."""

    def __init__(self, given: Iterable[str] = ()) -> None:
        self._given = frozenset(given)
        every = sorted(self._given.union(_BUILT_IN, *_KNOWN.values()))
        self._codes = {word: chr(_FIRST + place) for place, word in enumerate(every[:MOST_WORDS])}

    def code(self, name: str, language: Language, *, attribute: bool) -> str:
        """The character of a name; built-in functions are known where they are no attribute."""
        built_in = language is Language.PYTHON and not attribute and name in _BUILT_IN
        if built_in or name in self._given or name in _KNOWN[language]:
            return self._codes.get(name, NAME)
        return NAME


@dataclass(slots=True)
class Row:
    """The tokens of one text: ``codes[n]`` is what stands from ``starts[n]`` to ``ends[n]``."""

    codes: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def add(self, code: str, start: int, end: int) -> None:
        """Add a token; a row of literals stays one."""
        if code == LITERAL and self.codes[-2:] in ([LITERAL, ","], [LITERAL, ":"]):
            self.codes.pop()
            self.starts.pop()
            self.ends.pop()
            self.ends[-1] = end
            return
        self.codes.append(code)
        self.starts.append(start)
        self.ends.append(end)


def row_of(text: str, words: Words, language: Language = Language.PYTHON) -> Row:
    """A program as tokens.

    Args:
        text: of a cell or a file.
        words: what is not folded.
        language: of the text; Solidity inside Python's strings is found by itself.
    """
    row = Row()
    _read(row, text, (0, len(text)), words, language)
    return row


def names_in(text: str) -> frozenset[str]:
    """Every word of a text that could be a name."""
    return frozenset(re.findall(r"[^\W\d]\w*", text))


def without_words(text: str, language: Language = Language.PYTHON) -> str:
    """A program with points in the place of what comments and texts say, as long as before.

    >>> without_words("total = 'Lira'  # by Lira")
    "total = '····'  ·········"
    """
    found = list(text)
    for start, end in _said(text, (0, len(text)), language):
        found[start:end] = ["\n" if each == "\n" else "·" for each in text[start:end]]
    return "".join(found)


def _said(text: str, part: tuple[int, int], language: Language) -> Iterator[tuple[int, int]]:
    """Where comments are, and what stands between the quotes of texts."""
    for found in _RULES[language].finditer(text, *part):
        start, end = found.span()
        if found.lastgroup == "drop":
            yield start, end
        elif found.lastgroup == "text":
            inside = _inside(text, start, end)
            if language is Language.PYTHON and _CONTRACT.search(text, start, end):
                yield from _said(text, inside, Language.SOLIDITY)
            else:
                yield inside


def _read(row: Row, text: str, part: tuple[int, int], words: Words, language: Language) -> None:
    for found in _RULES[language].finditer(text, *part):
        start, end = found.span()
        match found.lastgroup:
            case "name":
                attribute = row.codes[-1:] == ["."]
                row.add(words.code(found.group(), language, attribute=attribute), start, end)
            case "number":
                row.add(LITERAL, start, end)
            case "sign":
                row.add(_sign(found.group()), start, end)
            case "text" if language is Language.PYTHON and _CONTRACT.search(text, start, end):
                _read(row, text, _inside(text, start, end), words, Language.SOLIDITY)
            case "text" if not _alone(text, start, end):
                row.add(LITERAL, start, end)
            case _:
                pass


def _sign(text: str) -> str:
    """A sign's character: its own, or for those of several one far from words and letters."""
    if len(text) == 1:
        return text if text.isascii() else OTHER
    return chr(0xE000 + sum(ord(each) << (6 * place) for place, each in enumerate(text)) % 0x1800)


def _inside(text: str, start: int, end: int) -> tuple[int, int]:
    """What a string holds, without its quotes."""
    while text[start] not in "'\"":
        start += 1
    quotes = 3 if text[start : start + 3] in ("'''", '"""') else 1
    closed = end - start >= 2 * quotes and text[end - quotes : end] == text[start] * quotes
    return start + quotes, end - quotes if closed else end


def _alone(text: str, start: int, end: int) -> bool:
    """Whether a string is a statement of its own: it says something, like a comment."""
    before = text.rfind("\n", 0, start) + 1
    after = text.find("\n", end)
    rest = text[end : len(text) if after < 0 else after]
    return not text[before:start].strip() and not rest.strip()
