"""How people write Cyrillic names in Latin letters: each habit as its own table.

Nothing here is shared with ``sandbox.forensics.screening.letters``: these write, that reads.
"""

from __future__ import annotations

import random


def _signs(said: str) -> dict[str, str]:
    """Letters and what stands for them, from a text like the tables below."""
    return dict(each.split("=") for each in said.split())


_PLAIN = dict(zip("абвгдзиклмнопрстуф", "abvgdziklmnoprstuf", strict=True))
_KYRGYZ = {"ө": "o", "ү": "u", "ң": "n"}

ICAO = (
    _PLAIN
    | _KYRGYZ
    | _signs("е=e ё=e ж=zh й=i х=kh ц=ts ч=ch ш=sh щ=shch ы=y")
    | _signs("ъ=ie ь= э=e ю=iu я=ia")
)
"""ICAO Doc 9303 part 3, section 6."""
GOST_PASSPORT = ICAO | _signs("ц=tc ъ=")
"""GOST R 52535.1-2006."""
GOST_B = (
    _PLAIN
    | _KYRGYZ
    | _signs("е=e ё=yo ж=zh й=j х=x ц=cz ч=ch ш=sh щ=shh ы=y'")
    | _signs("ъ='' ь=' э=e' ю=yu я=ya")
)
"""GOST 7.79-2000, system B; Kyrgyz letters without their marks."""
BGN_KYRGYZ = (
    _PLAIN
    | _signs("ө=ö ү=ü ң=ng")
    | _signs("е=e ё=yo ж=j й=y х=kh ц=ts ч=ch ш=sh щ=shch ы=y")
    | _signs("ъ=\" ь=' э=e ю=yu я=ya")
)
"""BGN/PCGN 1979."""
BGN_RUSSIAN = BGN_KYRGYZ | _signs("ж=zh")
"""BGN/PCGN 1947; е is ye at the beginning and behind a vowel (``bgn``)."""
ISO_9 = (
    _PLAIN
    | _signs("ө=ô ү=ù ң=ņ")
    | _signs("е=e ё=ë ж=ž й=j х=h ц=c ч=č ш=š щ=ŝ ы=y")
    | _signs("ъ=ʺ ь=ʹ э=è ю=û я=â")
)
"""ISO 9:1995."""
EVERYDAY = {letter: (sign,) for letter, sign in _PLAIN.items()} | {
    letter: tuple(ways.split("/"))
    for letter, ways in _signs(
        "ө=o ү=u ң=ng/n е=e/e/ye ё=yo/e/io ж=j/zh/dj й=y/i х=h/kh ц=ts/c ч=ch ш=sh щ=sh/sch/shch "
        "ы=y/i ъ= ь= э=e ю=yu/iu я=ya/ia"
    ).items()
}
"""As people write without a rule; each keeps to one way."""
VOWELS = "аеёиоуыэюяөү"


def written(text: str, table: dict[str, str]) -> str:
    """A text by a habit, words beginning with capitals."""
    return "".join(table.get(each, each) for each in text.lower()).title().replace("'S", "'s")


def bgn(text: str, *, russian: bool) -> str:
    """BGN/PCGN of the language; е behind a vowel or at the beginning is ye in Russian."""
    if not russian:
        return written(text, BGN_KYRGYZ)
    before, made = " ", ""
    for each in text.lower():
        ye = each == "е" and before in " -ъь" + VOWELS
        made += "ye" if ye else BGN_RUSSIAN.get(each, each)
        before = each
    return made.title()


def everyday(text: str, chance: random.Random) -> str:
    """One person's own way."""
    return written(text, {letter: chance.choice(ways) for letter, ways in EVERYDAY.items()})
