"""Pseudonyms of a class: call signs, of which nobody here knows whose they are.

Rules:

1. A pseudonym is one of three words for a trainee and a call sign (a river or a mountain), and
   nothing else. The list of who is who is written by hand and kept outside the system.
2. Call signs are given in one order, so that the same number is the same call sign.

>>> is_pseudonym(PersonName("Слушатель", "Нарын")), is_pseudonym(PersonName("Нарын", "Асан"))
(True, False)
>>> pseudonyms(2, "ky")[1].shown
'Угуучу Талас'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sandbox.domain.class_names import PersonName
from sandbox.kit.errors import InvalidInput

TRAINEE: Final[Mapping[str, str]] = {"ky": "Угуучу", "ru": "Слушатель", "en": "Trainee"}
CALL_SIGNS: Final = (
    *("Нарын", "Талас", "Чаткал", "Алай", "Каркыра", "Суусамыр", "Ала-Арча", "Барскоон"),
    *("Жууку", "Тосор", "Каракол", "Кызыл-Суу", "Чоң-Кемин", "Аламүдүн", "Сокулук", "Шамшы"),
    *("Кегети", "Боом", "Куршаб", "Ак-Буура", "Исфайрам", "Көк-Суу", "Аспара", "Урмарал"),
    *("Беш-Таш", "Үч-Кошой", "Падыша-Ата", "Көгарт", "Чычкан", "Узун-Акмат", "Торкен"),
    *("Сандалаш", "Кызарт", "Тескей", "Күңгөй", "Сары-Жаз", "Ат-Башы", "Сары-Челек"),
    *("Хан-Теңири", "Ала-Тоо"),
)
MOST: Final = len(CALL_SIGNS)


def pseudonyms(count: int, language: str) -> tuple[PersonName, ...]:
    """The first so many pseudonyms.

    Args:
        count: 1 to ``MOST``.
        language: in which the word for a trainee is.

    Raises:
        InvalidInput: ``score.class_size``.
    """
    if not 1 <= count <= MOST:
        raise InvalidInput("score.class_size", most=MOST)
    return tuple(PersonName(TRAINEE[language], each) for each in CALL_SIGNS[:count])


def is_pseudonym(name: PersonName) -> bool:
    """Whether a name is one of the pseudonyms."""
    right = name.surname in TRAINEE.values() and name.given in CALL_SIGNS
    return right and not name.patronymic


def require_pseudonyms(names: Iterable[PersonName]) -> None:
    """Refuse names where only pseudonyms may be.

    Raises:
        InvalidInput: ``score.not_pseudonyms``: ``count`` how many are none.
    """
    count = sum(not is_pseudonym(each) for each in names)
    if count:
        raise InvalidInput("score.not_pseudonyms", count=count)
