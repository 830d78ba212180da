"""Words in Kyrgyz, Russian or Latin letters, brought to one form in which habits of writing agree.

Rules:

1. A letter that habits write differently is one sign here, whichever way it was written: ж, zh,
   j, dj and ž are ``j``; ч, ch, tch, č and ç are ``q``; ш, щ, sh, shch and š are ``x``; х, kh and h
   are ``h``; ц, ts, tc and cz are ``c``; и, й, ы, i and y are ``i``; ң, ng and нг are ``n``; ө is
   ``o``, ү and ou are ``u``; е, ё, э, ye, yo, ie and io are ``e``; я is ``ia``, ю is ``iu``.
2. Soft and hard signs, apostrophes and accents fall away; a doubled letter counts once.
3. A Latin word may have two readings: in passports and everyday letters j is ж and x is кс; in ISO
   9 and GOST 7.79 they are й and х. Both are kept.
4. A word with Cyrillic and Latin letters is Cyrillic: its Latin letters are read as those that
   they look like.

What is one sign here can be two letters in truth (Маналиев and Мангалиев): known, and part of the
published error rates.

Sources of the habits: ICAO Doc 9303 part 3, section 6 (passports); GOST R 52535.1-2006; GOST
7.79-2000, system B; BGN/PCGN 1979 for Kyrgyz and 1947 for Russian; ISO 9:1995 (which IVMS 101
asks for); Kyrgyz everyday spelling is ours. The one form is ours.

>>> readings("Жумабеков"), readings("Zhumabekov"), readings("Djumabekov")
(('jumabekov',), ('jumabekov',), ('jumabekov',))
>>> readings("Юлия"), readings("Julija")
(('iulia',), ('julija', 'iulia'))
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_CYRILLIC: Final = (
    dict(
        zip(
            "абвгдеёжзийклмнопрстуфхцчшщыэңөүіїєґў",
            "abvgdeejziiklmnoprstufhcqxxienouiiegu",
            strict=True,
        )
    )
    | dict(zip("қғҳҷӯӣәұһѓќ", "kghjuiauhgk", strict=True))
    | {"ю": "iu", "я": "ia", "ъ": "", "ь": ""}
)
"""Signs of Cyrillic letters: Kyrgyz and Russian, and those of the neighbours."""
_LOOKS_LIKE: Final = str.maketrans("aceopxykmthb", "асеорхукмтнв")
"""Latin letters in a Cyrillic word."""


def _signs(said: str) -> dict[str, str]:
    """Letters and their signs, from a text like those below."""
    return dict(each.split("=") for each in said.split())


_ACCENTED: Final = _signs("ş=sh ș=sh š=sh ŝ=shch ç=ch č=ch ž=zh û=yu â=ya ë=yo ı=i ŋ=n ø=o ß=ss")
_DIGRAPHS: Final = _signs(
    "shch=x chtch=x sch=x shh=x sh=x tch=q ch=q dzh=j dj=j zh=j kh=h gh=g cz=c "
    "ph=f ck=k w=v q=k y=i"
)
_LATIN: Final = re.compile("|".join(sorted([*_DIGRAPHS, "j", "x"], key=len, reverse=True)))
_TWO_WAYS: Final = ({"j": "j", "x": "ks"}, {"j": "i", "x": "h"})
_ALIKE: Final = (
    (re.compile(r"dj"), "j"),
    (re.compile(r"t[sc]"), "c"),
    (re.compile(r"tq"), "q"),
    (re.compile(r"ou"), "u"),
    (re.compile(r"ng+"), "n"),
    (re.compile(r"i+[eo]"), "e"),
    (re.compile(r"(.)\1+"), r"\1"),
    (re.compile(r"(?<=[oe])f$"), "v"),
)
_APOSTROPHES: Final = frozenset("'’‘`´ʹʺʼʻ")
_KEPT: Final = 50_000


def composed(text: str) -> str:
    """A text whose accents are one with their letters, or gone, and without apostrophes.

    >>> composed("О'Аселʹ")
    'ОАсел'
    """
    return "".join(
        each
        for each in unicodedata.normalize("NFKC", text)
        if unicodedata.category(each) != "Mn" and each not in _APOSTROPHES
    )


@lru_cache(maxsize=_KEPT)
def readings(word: str) -> tuple[str, ...]:
    """The one form of a word, or both where its letters can be read in two ways.

    Args:
        word: one word, in Cyrillic or Latin letters of any case.

    Returns:
        One or two forms in the letters a to z; none where nothing of the word is left.
    """
    small = composed(word.casefold())
    if any(each in _CYRILLIC for each in small):
        small = small.translate(_LOOKS_LIKE)
        found = [_alike("".join(_CYRILLIC.get(each, "") for each in small))]
    else:
        latin = "".join(_ACCENTED.get(each) or _plain(each) for each in small)
        found = [_alike(_read(latin, _DIGRAPHS | way)) for way in _TWO_WAYS]
    return tuple(dict.fromkeys(each for each in found if each))


def _read(latin: str, table: dict[str, str]) -> str:
    return _LATIN.sub(lambda seen: table[seen[0]], latin)


def _plain(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[:1]
    return base if "a" <= base <= "z" else ""


def _alike(signs: str) -> str:
    """Signs in which what habits write in two ways is one."""
    for pattern, one in _ALIKE:
        signs = pattern.sub(one, signs)
    return signs
