"""Made-up people of Kyrgyzstan: names put together at random; whoever bears one is not meant.

Kyrgyz names are made of two halves (Токто + кул), Russian surnames of words for things.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.forensics.habits import GOST_B, ICAO, ISO_9, bgn, everyday, written


def _words(text: str) -> list[str]:
    return text.split()


_FIRST = _words(
    "Токто Эсен Байы Жаны Темир Кубан Дөөлөт Нур Шер Таш Алты Мырза Асан Сат Чоң Жээн Өмүр Үсөн "
    "Күмүш Жолду Кара Ырыс Эр Тал Орон Бек Кыдыр Сагын Ысма Аман"
)
_SECOND = _words("бек бай кул мат алы султан гелди кан жан назар дин болот тай туш")
_HERS = _words("Ай Гүл Нур Бакты Жылдыз Чол Бур Мээр Сай Бегим Үрүл Кундуз")
_HER_SECOND = _words("гүл зат жан нура пери ай сулуу нар бүбү кан")
_RUSSIAN = _words(
    "Иван Пётр Сергей Юрий Андрей Дмитрий Алексей Николай Евгений Фёдор Артём Тимофей Захар "
    "Виктор Эдуард Яков Глеб Роман Игорь Леонид"
)
_RUSSIAN_HERS = _words(
    "Юлия Мария Татьяна Наталья Елена Ольга Евгения Ксения Анна Дарья Яна Людмила Галина Жанна "
    "Алёна Эльвира Инна Вера Зоя Софья"
)
_PATRONYMICS = {
    "Пётр": "Петро",
    "Сергей": "Сергее",
    "Юрий": "Юрье",
    "Андрей": "Андрее",
    "Дмитрий": "Дмитрие",
    "Алексей": "Алексее",
    "Николай": "Николае",
    "Евгений": "Евгенье",
    "Тимофей": "Тимофее",
    "Яков": "Яковле",
    "Игорь": "Игоре",
}
_STEMS = _words(
    "Щербак Цветк Хохл Чижик Жарик Ершик Юшк Ящик Шмел Гусельник Калачик Малахит Лосик Хлебник "
    "Огурц Самоварник Ложкар Перчатк Сапожк Зайчик Ежик Кружк Подсолнух Валенк Лукошк Пряник "
    "Ковшик Сугроб Ландыш Камыш"
)


@dataclass(frozen=True)
class Somebody:
    """Who a name belongs to.

    Attributes:
        family: the stem with -ов or -ев, a man's form.
        given: the given name.
        father: his given name.
        woman: whether she is one.
        russian: of the language of the name.
        particle: whether the patronymic is written with уулу or кызы.
        born: the date of birth.
    """

    family: str
    given: str
    father: str
    woman: bool
    russian: bool
    particle: bool
    born: date

    @property
    def surname(self) -> str:
        return self.family + ("а" if self.woman else "")

    @property
    def patronymic(self) -> str:
        """As it stands in the papers."""
        if self.particle:
            return f"{self.father} {'кызы' if self.woman else 'уулу'}"
        return patronymic(self.father, woman=self.woman)

    @property
    def name(self) -> str:
        return f"{self.surname} {self.given} {self.patronymic}"

    @property
    def two_words(self) -> str:
        return f"{self.surname} {self.given}"


def patronymic(father: str, *, woman: bool) -> str:
    """-ович, -евич, -овна, -евна."""
    return _possessive(father) + ("вна" if woman else "вич")


def _possessive(name: str) -> str:
    if name in _PATRONYMICS:
        return _PATRONYMICS[name]
    if name.endswith("ай"):
        return name[:-1] + "е"
    if name.endswith(("алы", "ы", "и")):
        return name[:-1] + "ие"
    return name + "о"


def somebody(chance: random.Random) -> Somebody:
    """One person; a fifth of them have Russian names."""
    russian, woman = chance.random() < 0.2, chance.random() < 0.5
    if russian:
        family, father = chance.choice(_STEMS) + "ов", chance.choice(_RUSSIAN)
        given = chance.choice(_RUSSIAN_HERS if woman else _RUSSIAN)
    else:
        family, father = _possessive(_made(chance)) + "в", _made(chance)
        given = (chance.choice(_HERS) + chance.choice(_HER_SECOND)) if woman else _made(chance)
    particle = not russian and chance.random() < 0.3
    born = date(1950, 1, 1) + timedelta(days=chance.randrange(20_000))
    return Somebody(family, given, father, woman, russian, particle, born)


def _made(chance: random.Random) -> str:
    return chance.choice(_FIRST) + chance.choice(_SECOND)


def with_typo(text: str, chance: random.Random) -> str:
    """One letter of a word lost, doubled by its neighbour, exchanged or another."""
    place = chance.randrange(len(text) - 1)
    kind = chance.choice(("lost", "more", "other", "exchanged"))
    letter = chance.choice("аеиоуыкнртлсмб" if ord(text[0]) > 0x400 else "aeiouyknrtlsmb")
    if kind == "lost":
        return text[:place] + text[place + 1 :]
    if kind == "more":
        return text[:place] + letter + text[place:]
    if kind == "other":
        return text[:place] + letter + text[place + 1 :]
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


def _typo_in(name: str, chance: random.Random) -> str:
    words = name.split()
    place = chance.randrange(2)
    words[place] = with_typo(words[place], chance)
    return " ".join(words)


def _turned(who: Somebody, _chance: random.Random) -> str:
    return f"{who.given} {who.patronymic} {who.surname}"


def _other_patronymic(who: Somebody, _chance: random.Random) -> str:
    if who.russian:
        return who.name
    return replace(who, particle=not who.particle).name


def _lookalike(who: Somebody, _chance: random.Random) -> str:
    return who.name.translate(str.maketrans("аеорсх", "aeopcx"))


VARIANTS = {
    "passport (ICAO 9303)": lambda who, _: written(who.name, ICAO),
    "BGN/PCGN": lambda who, _: bgn(who.name, russian=who.russian),
    "GOST 7.79 B": lambda who, _: written(who.name, GOST_B),
    "ISO 9": lambda who, _: written(who.name, ISO_9),
    "everyday Latin": lambda who, chance: everyday(who.name, chance),
    "ө, ү, ң as о, у, н": lambda who, _: who.name.translate(str.maketrans("өүңӨҮҢ", "оунОУН")),
    "other order": _turned,
    "уулу, кызы for -ович, -овна, or back": _other_patronymic,
    "Latin letters that look Cyrillic": _lookalike,
    "a woman's surname in a man's form": lambda who, _: (
        replace(who, woman=False).surname + f" {who.given} {who.patronymic}"
    ),
    "without patronymic": lambda who, _: who.two_words,
    "without patronymic, passport, other order": lambda who, _: written(
        f"{who.given} {who.surname}", ICAO
    ),
    "initials": lambda who, _: f"{who.surname} {who.given[0]}. {who.father[0]}.",
    "one typo": lambda who, chance: _typo_in(who.name, chance),
    "everyday Latin, one typo": lambda who, chance: _typo_in(everyday(who.name, chance), chance),
    "two typos": lambda who, chance: _typo_in(_typo_in(who.name, chance), chance),
    "without patronymic, one typo": lambda who, chance: _typo_in(who.two_words, chance),
}
"""How one and the same person may be written elsewhere."""
