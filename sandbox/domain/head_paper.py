r"""A signed tree head outside the platform: in a mail, a file, on a printed page, typed off paper.

Rules:

1. One line holds the whole signed head (``synak-head:1:…``): the same in a mail, in a page's QR
   code and inside its PDF file. It survives being wrapped, quoted and forwarded.
2. A person types size, root and *checksum words*: the words say whether size and root were typed
   as they were printed. They are no signature.
3. What is neither is no head. A head that was read was not checked by that.

>>> words_of(3, "ab" * 32)
'kibos-muhug-tudur-muras'
>>> read_text(f"size: 3\nroot: {'abab ' * 16}\nwords: kibos muhug tudur muras").typed_right()
True
>>> read_text(f"size: 4\nroot: {'abab ' * 16}\nwords: kibos muhug tudur muras").typed_right()
False

Source: Daniel S. Wilkerson, "A Proposal for Proquints" (2009), for the words.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from sandbox.kit.errors import InvalidInput

MARK: Final = "synak-head:1:"
WORDS: Final = 4
"""Sixteen bits each: one wrong typing in 2**64 would pass unnoticed."""
MOST_DIGITS: Final = 15
_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"
_LINE: Final = re.compile(
    MARK + r"([0-9]{1,15}):([0-9a-f]{64}):([0-9a-f]{128}):([0-9a-f]{64}):"
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?\+00:00)"
)
_SIZE: Final = re.compile(r"(?im)^[\s>]*size[ \t]*:([ \t0-9.,'\u00a0\u202f]+)$")
_ROOT: Final = re.compile(r"(?im)^[\s>]*root[ \t]*:((?:[\s>]*[0-9a-f]){64})(?![0-9a-f])")
_WORDS: Final = re.compile(r"(?im)^[\s>]*words[ \t]*:([a-z \t-]{20,80})$")


@dataclass(frozen=True)
class PaperHead:
    """A head as somebody outside has it.

    Attributes:
        size: entries.
        root: 64 hex digits.
        at: when it was signed, as it stands there; None when typed without.
        signature: 128 hex digits; None when typed.
        public_key: 64 hex digits; None when typed.
        words: the checksum words that were typed; None when there were none.
    """

    size: int
    root: str
    at: str | None = None
    signature: str | None = None
    public_key: str | None = None
    words: str | None = None

    def typed_right(self) -> bool:
        """Whether the words are those of size and root."""
        return self.words == words_of(self.size, self.root)


def words_of(size: int, root: str) -> str:
    """The checksum words of a head: four that can be read aloud.

    Args:
        size: entries.
        root: 64 lower-case hex digits.
    """
    digest = hashlib.sha256(f"{size}:{root}".encode()).digest()
    pairs = (int.from_bytes(digest[2 * n : 2 * n + 2], "big") for n in range(WORDS))
    return "-".join(_word(pair) for pair in pairs)


def _word(bits: int) -> str:
    """Sixteen bits as consonant, vowel, consonant, vowel, consonant."""
    return (
        _CONSONANTS[bits >> 12]
        + _VOWELS[bits >> 10 & 3]
        + _CONSONANTS[bits >> 6 & 15]
        + _VOWELS[bits >> 4 & 3]
        + _CONSONANTS[bits & 15]
    )


def head_line(*, size: int, root: str, at: str, signature: str, public_key: str) -> str:
    """A signed head in one line.

    Args:
        size: entries.
        root: 64 hex digits.
        at: ISO 8601 with ``+00:00``, as it was signed.
        signature: 128 hex digits.
        public_key: 64 hex digits.
    """
    return f"{MARK}{size}:{root}:{signature}:{public_key}:{at}"


def grouped(root: str) -> str:
    """A root as people read it off paper: groups of four digits.

    >>> grouped("0123456789ab")
    '0123 4567 89ab'
    """
    return " ".join(root[place : place + 4] for place in range(0, len(root), 4))


def read_text(text: str) -> PaperHead:
    """A head in a text: the whole line, wrapped or not; or what somebody typed.

    Raises:
        InvalidInput: ``audit.head_malformed``: there is none, or there are several different ones.
    """
    found = {match.groups() for match in _LINE.finditer(text)}
    found = found or {match.groups() for match in _LINE.finditer(re.sub(r"[\s>]+", "", text))}
    if len(found) > 1:
        raise InvalidInput("audit.head_malformed", reason="several heads")
    if found:
        ((size, root, signature, key, at),) = found
        return PaperHead(int(size), root, at, signature, key)
    return _typed(text)


def _typed(text: str) -> PaperHead:
    size, root, words = (each.search(text) for each in (_SIZE, _ROOT, _WORDS))
    digits = re.sub(r"[^0-9]", "", size[1]) if size else ""
    hexes = re.sub(r"[^0-9a-f]", "", root[1].lower()) if root else ""
    if not digits or len(digits) > MOST_DIGITS or len(hexes) != 64:
        raise InvalidInput("audit.head_malformed", reason="no head in it")
    said = "-".join(re.findall("[a-z]+", words[1].lower())) if words else None
    return PaperHead(int(digits), hexes, words=said)
