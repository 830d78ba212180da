r"""Markdown in blocks: what a translator is given at a time.

Rules:

- A block is a paragraph, a list, a table, or a heading. Its key is its text with line
  breaks taken out where Markdown has none, so that filling a paragraph anew makes no
  translation stale. A heading's number signs are no part of it.
- A fence that names a language (```` ```python ````) is code: never translated. A bare
  fence is a drawing: its text is.
- What has no words (a rule, a formula, code alone) is nobody's to translate.

>>> [block.key for block in blocks_of("## Keys\nA key is\na number.\n\n- one\n- two")]
['Keys', 'A key is a number.', '- one\n- two']
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from sandbox.domain.variants import PLACE

_HEADING: Final = re.compile(r" {0,3}(#{1,6}(?:\s+|$))(.*?)(?:\s+#+)*\s*")
_ITEM: Final = re.compile(r"\s*([-*+](?:\s|$)|\d+[.)](?:\s|$)|\||>|[-=]{2,}\s*$)")
_UNDERLINE: Final = re.compile(r"\s*[-=]{2,}\s*")
_FENCE: Final = re.compile(r"\s*(`{3,}|~{3,})(.*)")
CODE: Final = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
MATH: Final = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
TARGET: Final = re.compile(r"\]\(([^)\s]*)[^)]*\)|<https?://[^>]*>")
TAG: Final = re.compile(r"</?[A-Za-z!][^>]*>")
_LETTER: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Block:
    """One block.

    Attributes:
        key: its text, as it stands in a catalogue.
        before: what stands before it and stays: number signs, the opening of a fence.
        after: what stands after it and stays.
        words: whether there is anything to translate.
    """

    key: str
    before: str = ""
    after: str = ""
    words: bool = True


def blocks_of(source: str) -> list[Block]:
    """Cut Markdown into blocks.

    Args:
        source: of a text cell or a file.
    """
    return list(_blocks(source.split("\n")))


def rewritten(source: str, translate: Callable[[str], str]) -> str:
    r"""The same Markdown with other words.

    Args:
        source: of a text cell or a file.
        translate: the key of a block to its words.

    >>> rewritten("# A\n\n```python\nx\n```", str.lower)
    '# a\n\n```python\nx\n```'
    """
    return "\n\n".join(
        block.before + (translate(block.key) if block.words else block.key) + block.after
        for block in blocks_of(source)
    )


def _blocks(lines: list[str]) -> Iterator[Block]:
    at, gathered = 0, list[str]()
    while at < len(lines):
        fence, heading = _FENCE.fullmatch(lines[at]), _HEADING.fullmatch(lines[at])
        if (fence or heading or not lines[at].strip()) and gathered:
            yield _block("\n".join(gathered))
            gathered = []
        if fence:
            end = _closing(lines, at, fence[1])
            yield _fenced(lines[at : end + 1], named=bool(fence[2].strip()))
            at = end
        elif heading:
            yield _block(heading[2], before=heading[1])
        elif lines[at].strip():
            _gather(gathered, lines[at])
        at += 1
    if gathered:
        yield _block("\n".join(gathered))


def _gather(gathered: list[str], line: str) -> None:
    """Add a line; one that only goes on is joined to the one before."""
    ended = (
        not gathered or gathered[-1].endswith(("  ", "\\")) or _UNDERLINE.fullmatch(gathered[-1])
    )
    if not ended and not _ITEM.match(line):
        gathered[-1] += " " + line.strip()
    else:
        gathered.append(line)


def _closing(lines: list[str], at: int, mark: str) -> int:
    """The line that closes a fence; the last one where nothing does."""
    for number in range(at + 1, len(lines)):
        if lines[number].strip().startswith(mark):
            return number
    return len(lines) - 1


def _fenced(lines: list[str], *, named: bool) -> Block:
    if named or len(lines) < 3:
        return Block("\n".join(lines), words=False)
    return _block("\n".join(lines[1:-1]), before=lines[0] + "\n", after="\n" + lines[-1])


def _block(text: str, before: str = "", after: str = "") -> Block:
    return Block(text.rstrip(), before, after, words=bool(_LETTER.search(without_code(text))))


def without_code(text: str) -> str:
    """A text without code, formulas, addresses of links and tags."""
    for pattern in (CODE, MATH, TARGET, TAG):
        text = pattern.sub(" ", text)
    return text


def shape_of(text: str) -> dict[str, list[str]]:
    """What a translation must keep, in any order: code, formulas, links, values, numbers and so on.

    Args:
        text: a block's key or its translation.

    >>> shape_of("Pay `x` 12.50, see [why](a.md)")["code"]
    ['`x`']
    """
    bare = CODE.sub(" ", text)
    return {
        "code": sorted(match[0] for match in CODE.finditer(text)),
        "formula": sorted(MATH.findall(bare)),
        "link": sorted(match[0] for match in TARGET.finditer(bare)),
        "tag": sorted(TAG.findall(bare)),
        "value": sorted(match[0] for match in PLACE.finditer(text)),
        "number": sorted(re.findall(r"\d+", without_code(text))),
        "list": [match[1].strip() for line in text.split("\n") if (match := _ITEM.match(line))],
    }
