"""Names on class lists: kept as they are written, compared loosely, and a Latin form beside them.

Rules:

1. A name is kept as it is written, Kyrgyz letters included; only blanks are tidied. A patronymic
   may be missing.
2. Two writings are one name when they differ in case, blanks, ё, or in Kyrgyz letters that an old
   list could not hold (``Өмүрбек``, ``Омурбек``). Of the two the one with the Kyrgyz letters stays.
3. Latin forms are suggested by two tables; which one counts, or another, the person says.

>>> suggestions("Жумабекова", "Жаңыл", "")
('Zhumabekova Zhangyl', 'Jumabekova Jangyl')
>>> same_words("ӨМҮРБЕКОВ", "Омурбеков")
True

Source: ICAO Doc 9303 part 3, section 6 (travel documents), for the first table; the second is
how people write without a document. Both to be confirmed by the State Registration Service.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.folding import folded

LONGEST_PART: Final = 60
LONGEST_LATIN: Final = 120
_POORER: Final = str.maketrans({"ө": "о", "ү": "у", "ң": "н", "ё": "е"})
"""What lists write that have no Kyrgyz letters (windows-1251 holds none of them)."""
_KYRGYZ: Final = frozenset("өүңӨҮҢ")
_LOST: Final = frozenset("?\ufffd")
_BETWEEN: Final = frozenset(" -'’ʼ.")
_FILIAL: Final = frozenset({"уулу", "кызы", "uulu", "kyzy"})
"""Son or daughter of: belongs to the word before it."""
_LATIN: Final = re.compile(r"[A-Za-z]+(?:[ '.-]{1,2}[A-Za-z]+)*\.?")

_SHARED: Final = dict(
    zip("абвгдезиклмнопрстуфыэөү", "abvgdeziklmnoprstufyeou", strict=True),
    ё="e",
    ң="ng",
    х="kh",
    ц="ts",
    ч="ch",
    ш="sh",
    щ="shch",
    ь="",
)
_DOCUMENT: Final = _SHARED | {"ж": "zh", "й": "i", "ъ": "ie", "ю": "iu", "я": "ia"}
_EVERYDAY: Final = _SHARED | {"ж": "j", "й": "y", "ъ": "", "ю": "yu", "я": "ya"}


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in its parts, as written; the patronymic may be empty."""

    surname: str
    given: str
    patronymic: str = ""

    @property
    def shown(self) -> str:
        """All of it, the surname first."""
        return " ".join(part for part in (self.surname, self.given, self.patronymic) if part)


def tidy(text: str) -> str:
    """A part of a name in NFC with single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def part_of_name(text: str) -> str:
    """Read one part of a name.

    Args:
        text: as the list has it; may be empty.

    Raises:
        InvalidInput: ``class_list.name_too_long``, ``class_list.lost_letters``,
            ``class_list.not_a_name``.
    """
    found = tidy(text)
    if len(found) > LONGEST_PART:
        raise InvalidInput("class_list.name_too_long", limit=LONGEST_PART)
    if not _LOST.isdisjoint(found):
        raise InvalidInput("class_list.lost_letters", name=found)
    for each in found:
        if each not in _BETWEEN and unicodedata.category(each)[0] not in "LM":
            raise InvalidInput("class_list.not_a_name", name=found)
    return found


def divided(full: str) -> PersonName:
    """The parts of a name that stands in one column: surname, given name, patronymic.

    >>> divided("Асан уулу Бакыт"), divided("Ким Олег Петрович").patronymic
    (PersonName(surname='Асан уулу', given='Бакыт', patronymic=''), 'Петрович')
    """
    words = tidy(full).split(" ")
    first = 2 if len(words) > 2 and words[1].casefold() in _FILIAL else 1
    given = words[first] if len(words) > first else ""
    return PersonName(" ".join(words[:first]), given, " ".join(words[first + 1 :]))


def key(text: str) -> str:
    """What two writings of one name have in common."""
    return folded(text).replace("’", "'").replace("ʼ", "'").translate(_POORER)


def same_words(one: str, other: str) -> bool:
    """Whether two texts are writings of one name."""
    return key(one) == key(other)


def same_name(one: PersonName, other: PersonName) -> bool:
    """Whether two people may be one: a patronymic that is missing says nothing."""
    patronymics = {key(each.patronymic) for each in (one, other) if each.patronymic}
    return (
        same_words(one.surname, other.surname)
        and same_words(one.given, other.given)
        and len(patronymics) < 2
    )


def richer(new: PersonName, old: PersonName) -> PersonName:
    """A name after another list: as that writes it, but no Kyrgyz letter and no part is lost."""
    return PersonName(
        *(
            was if not said or (same_words(said, was) and _kyrgyz(was) > _kyrgyz(said)) else said
            for said, was in (
                (new.surname, old.surname),
                (new.given, old.given),
                (new.patronymic, old.patronymic),
            )
        )
    )


def suggestions(surname: str, given: str, patronymic: str) -> tuple[str, ...]:
    """Latin forms of a name to choose from; one that is Latin already is its own."""
    whole = PersonName(surname, given, patronymic).shown
    return tuple(dict.fromkeys(_written(whole, table) for table in (_DOCUMENT, _EVERYDAY)))


def latin_name(text: str) -> str:
    """Read a Latin form as somebody chose it.

    Raises:
        InvalidInput: ``latin.malformed``.
    """
    found = tidy(text).replace("’", "'")
    if not 2 <= len(found) <= LONGEST_LATIN or not _LATIN.fullmatch(found):
        raise InvalidInput("latin.malformed", limit=LONGEST_LATIN)
    return found


def stem(name: PersonName) -> str:
    """What an account's name is made from: letters only, as servers are named by it."""
    surname, given = (
        re.sub("[^a-z]", "", _written(unicodedata.normalize("NFKD", each), _EVERYDAY).casefold())
        for each in (name.surname, name.given)
    )
    return f"{surname[:20] or 'student'}{given[:1] or 'x'}"


def _kyrgyz(text: str) -> int:
    return sum(each in _KYRGYZ for each in text)


def _written(text: str, table: dict[str, str]) -> str:
    found = []
    for each in text:
        small = each.casefold()
        said = table.get(small, each)
        found.append(said.capitalize() if small in table and each != small else said)
    return "".join(found)
