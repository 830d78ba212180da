"""A name taken apart: names, patronymics, initials; in whatever order they were written.

Rules:

1. Words stand apart by blanks, commas, hyphens or dots. Titles and legal forms (Mr, г-н, ОсОО,
   LLC) are no parts. Words beyond the sixth are joined to the sixth.
2. A word that ends in -ович, -евич, -ич, -овна, -евна, -ична is a **patronymic**, and so is a word
   followed by уулу or кызы (also улы, оглы, or written together): both say who the father is.
   Some surnames end in -ович as well: such a word may still meet a name.
3. A single letter, or up to three with a dot behind, is an **initial**.
4. Everything else is a **name**: given or family name, the order does not tell which.

>>> [(part.text, part.kind.value, part.father) for part in taken_apart("Asan uulu Bakyt")]
[('Asan uulu', 'patronymic', ('asan',)), ('Bakyt', 'name', ())]
>>> [(part.text, part.kind.value) for part in taken_apart("Асанов Б. Эмилович")]
[('Асанов', 'name'), ('Б.', 'initial'), ('Эмилович', 'patronymic')]
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final

from sandbox.forensics.errors import CannotScreen
from sandbox.forensics.screening.letters import composed, readings

MOST: Final = 6
"""Parts of a name at most."""
LONGEST: Final = 200
"""Characters of a name at most."""
_TITLES: Final = "mr mrs ms dr prof мырза айым"
_FORMS: Final = "ооо осоо оао зао пао ао ип чп жчк ачк жак llc ltd inc jsc cjsc ojsc gmbh"
_LEFT_OUT: Final = frozenset((*_TITLES.split(), *_FORMS.split()))
"""Titles and legal forms: they say nothing about who it is."""
_SON: Final = frozenset({"ulu", "uli", "ogli", "oglu", "ugli"})
_DAUGHTER: Final = frozenset({"kizi", "kisi"})
_TOGETHER: Final = re.compile(r"^(.{3,}?)((?<!s)ulu|ogli|ugli|kizi)$")
"""Айсулуу is nobody's son."""
_PATRONYMIC: Final = re.compile(
    r"^(?:(.{2,}?)[oe]v(?:iq|na)|(il|kuzm|fom|luk|nikit|sav)i(?:q|qna|niqna))$"
)
"""Names of fathers that make -ич alone are few, and Кылыч is no patronymic."""
_SURNAME: Final = re.compile(r"^(.{2,})(?:[oe]v|in)a?$")
_WOMANS: Final = ((re.compile(r"(?<=[oe]v|in)a$"), ""), (re.compile(r"(?<=[sc]k)aia$"), "i"))
_TITLE: Final = re.compile(r"(?i)\bг-(?:н|жа)\b")
_WORD: Final = re.compile(r"[^\W\d_]+\.?")
_SHORT: Final = 3
_KEPT: Final = 20_000


class Kind(StrEnum):
    """What a part of a name is."""

    NAME = "name"
    PATRONYMIC = "patronymic"
    INITIAL = "initial"


@dataclass(frozen=True)
class Part:
    """One part of a name.

    Attributes:
        text: as it was written.
        kind: see the module.
        keys: its one form, or both readings.
        father: of a patronymic: forms of the father's name, without vowels at the end.
        stem: of a name: the forms without a woman's ending (-ова is -ов, -ская is -ски).
        root: of a name that ends in -ов, -ев or -ин: what it is made from, without vowels at the
            end.
        daughter: of a patronymic: whether it is a woman's.
        particle: whether it is a patronymic with уулу or кызы, which may stand for a surname.
    """

    text: str
    kind: Kind
    keys: tuple[str, ...]
    father: tuple[str, ...] = ()
    stem: tuple[str, ...] = ()
    root: tuple[str, ...] = ()
    daughter: bool = False
    particle: bool = False


Parts = tuple[Part, ...]


@lru_cache(maxsize=_KEPT)
def taken_apart(name: str) -> Parts:
    """The parts of a name, in the order in which they were written.

    Args:
        name: at most ``LONGEST`` characters.

    Raises:
        CannotScreen: ``screening.name_empty``: no word of more than an initial;
            ``screening.name_too_long``.
    """
    if len(name) > LONGEST:
        raise CannotScreen("screening.name_too_long", most=LONGEST)
    found: list[Part] = []
    for word in _WORD.findall(_TITLE.sub(" ", composed(name))):
        keys = readings(word.rstrip("."))
        if not keys or word.rstrip(".").casefold() in _LEFT_OUT:
            continue
        particle = {*keys} & (_SON | _DAUGHTER)
        if particle and found and found[-1].kind is Kind.NAME:
            found[-1] = _child(f"{found[-1].text} {word}", found[-1].keys, particle)
        else:
            found.append(_part(word, keys))
    if all(part.kind is Kind.INITIAL for part in found):
        raise CannotScreen("screening.name_empty", name=name[:40])
    if len(found) > MOST:
        found = [*found[: MOST - 1], joined(tuple(found[MOST - 1 :]))]
    return tuple(found)


def joined(parts: Parts) -> Part:
    """Parts as if they were one word: Нур Султан is Нурсултан."""
    written = " ".join(each.text for each in parts)
    return _name(written, readings("".join(each.text for each in parts).replace(".", "")))


def with_two_joined(parts: Parts) -> list[Parts]:
    """The same name with two neighbouring names as one word, in every way."""
    return [
        (*parts[:place], joined((one, two)), *parts[place + 2 :])
        for place, (one, two) in enumerate(pairwise(parts))
        if one.kind is two.kind is Kind.NAME
    ]


def _part(word: str, keys: tuple[str, ...]) -> Part:
    letters = len(word.rstrip("."))
    if letters == 1 or (word.endswith(".") and letters <= _SHORT):
        return Part(word, Kind.INITIAL, keys)
    word = word.rstrip(".")
    together = _TOGETHER.match(keys[0])
    if together:
        return _child(word, (together[1],), {together[2]})
    fathers = [found for found in map(_PATRONYMIC.match, keys) if found]
    if not fathers:
        return _name(word, keys)
    father = _without_vowels(each[1] or each[2] for each in fathers)
    return Part(word, Kind.PATRONYMIC, keys, father=father, daughter=keys[-1].endswith("a"))


def _child(text: str, father: tuple[str, ...], particle: set[str]) -> Part:
    daughter = bool(particle & _DAUGHTER)
    keys = tuple(f"{each} {'kizi' if daughter else 'ulu'}" for each in father)
    fathers = _without_vowels(father)
    return Part(text, Kind.PATRONYMIC, keys, fathers, daughter=daughter, particle=True)


def _name(text: str, keys: tuple[str, ...]) -> Part:
    roots = (_SURNAME.match(each) for each in keys)
    root = _without_vowels(each[1] for each in roots if each)
    return Part(text, Kind.NAME, keys, stem=tuple(map(_mans, keys)), root=root)


def _mans(key: str) -> str:
    for ending, other in _WOMANS:
        key = ending.sub(other, key)
    return key


def _without_vowels(words: Iterable[str]) -> tuple[str, ...]:
    """Without vowels at the end: Мамбеталы and Мамбеталиевич have one root."""
    return tuple(dict.fromkeys(each.rstrip("aeiou") or each for each in words))
