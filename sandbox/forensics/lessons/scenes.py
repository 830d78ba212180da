"""A scene: notes with words, what a ledger shows, a phone's dump, and some acts to be put in order.

Rules:

1. The number is all that it depends on. Phrases are drawn from it, so that everybody who has the
   number has the keys: they are training material, and each goes with a passphrase that says so.
   Without the passphrase the words give other addresses, of nobody.
2. Of four notes one is the phrase; one has two words exchanged, one has a word that is not on the
   list, one lacks a word. Their letters say nothing.
3. Money lies at three addresses of the phrase, each on a path of another kind, and at others that
   are not its own, one of which looks alike.
4. Nothing here says what is right: a reader finds that, and whoever marks computes it.

>>> sorted(scene_of(4711).notes)
['A', 'B', 'C', 'D']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.lessons import phrases
from sandbox.forensics.lessons.dumps import dump_of
from sandbox.kit.ids import Address, checksum

ACCOUNTS, INDEXES = 3, 8
ACTS: Final = 14
"""Acts among which a trainee chooses, and which it puts in order."""
PLACES: Final = {"BNB": 18, "KGST": 18, "SOM": 2, "USDKG": 6}
"""Decimals of what can lie at an address."""
_ALIKE: Final = (4, 4)
"""Hexadecimals by which an address looks like another: at its beginning, at its end."""

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Scene:
    """What one trainee finds.

    Attributes:
        number: of the scene.
        notes: by letter: words, with spaces between.
        slip: the passphrase that stood on a slip of its own.
        seen: what a ledger shows at the moment of the search: ``address``, ``token``, ``amount``
            (minor units) each.
        dump: text of a phone.
        order: numbers of acts, as they are to be shown.
    """

    number: int
    notes: Mapping[str, str]
    slip: str
    seen: tuple[Row, ...]
    dump: str
    order: tuple[int, ...]

    def paths(self) -> list[str]:
        """Paths at which wallets of common makes look, in their order."""
        return paths()


def paths() -> list[str]:
    """Accounts and indexes that are looked through, and the older form.

    >>> len(paths()), paths()[0], paths()[-1]
    (32, "m/44'/60'/0'/0/0", "m/44'/60'/0'/7")
    """
    usual = [f"m/44'/60'/{a}'/0/{i}" for a in range(ACCOUNTS) for i in range(INDEXES)]
    return usual + [f"m/44'/60'/0'/{i}" for i in range(INDEXES)]


def scene_of(number: int) -> Scene:
    """The scene of a number.

    Args:
        number: 0..2**64.
    """
    seed = number.to_bytes(32, "big")
    slip = f"TRAINING-{number}"
    phrase = phrases.phrase_from(Chance(seed, "scene words").bytes(16))
    own = _own(Chance(seed, "scene paths"), phrase, slip)
    draw = Chance(seed, "scene order")
    return Scene(
        number=number,
        notes=_notes(Chance(seed, "scene notes"), phrase),
        slip=slip,
        seen=_seen(Chance(seed, "scene money"), own),
        dump=dump_of(Chance(seed, "scene dump"), own),
        order=tuple(draw.shuffled(range(ACTS))),
    )


def _notes(draw: Chance, phrase: str) -> dict[str, str]:
    words = phrase.split()
    made = [phrase, _exchanged(draw, words), _misspelt(draw, words)]
    gone = draw.below(len(words))
    made.append(" ".join(draw.shuffled([w for n, w in enumerate(words) if n != gone])))
    return dict(zip("ABCD", draw.shuffled(made), strict=True))


def _exchanged(draw: Chance, words: list[str]) -> str:
    """The words in an order in which the checksum does not hold."""
    while phrases.check(found := " ".join(draw.shuffled(words))).checksum:
        pass
    return found


def _misspelt(draw: Chance, words: list[str]) -> str:
    """The words in another order, one of them with a letter that makes it none of the list."""
    mixed = draw.shuffled(words)
    place = draw.below(len(mixed))
    word, known = mixed[place], set(phrases.words_of_the_list())
    while (wrong := _mistyped(draw, word)) in known:
        pass
    mixed[place] = wrong
    return " ".join(mixed)


def _mistyped(draw: Chance, word: str) -> str:
    place = draw.between(1, len(word) - 1)
    other = draw.one([each for each in "aeiou" if each != word[place]])
    return word[:place] + other + word[place + 1 :]


def _own(draw: Chance, phrase: str, slip: str) -> tuple[Address, ...]:
    """Addresses on three kinds of path: the first account, a later one, the older form."""
    chosen = [
        f"m/44'/60'/0'/0/{draw.between(1, INDEXES - 1)}",
        f"m/44'/60'/{draw.between(1, ACCOUNTS - 1)}'/0/{draw.below(INDEXES)}",
        f"m/44'/60'/0'/{draw.between(1, INDEXES - 1)}",
    ]
    return tuple(phrases.table(phrase, chosen, slip).values())


def _seen(draw: Chance, own: tuple[Address, ...]) -> tuple[Row, ...]:
    first, second, older = own
    twin = _alike(draw, first)
    others = [checksum("0x" + draw.bytes(20).hex()) for _ in range(2)]
    rows = [
        _row(first, "KGST", draw, 8_000, 90_000),
        _row(first, "BNB", draw, 20, 90),
        _row(second, "SOM", draw, 70_000, 900_000),
        _row(second, "KGST", draw, 1, 40),
        _row(older, "USDKG", draw, 300, 9_000),
        _row(older, "BNB", draw, 1, 5),
        _row(twin, "KGST", draw, 8_000, 90_000),
        _row(twin, "BNB", draw, 20, 90),
        _row(others[0], "SOM", draw, 70_000, 900_000),
        _row(others[1], "USDKG", draw, 300, 9_000),
        _row(others[1], "BNB", draw, 1, 5),
    ]
    return tuple(draw.shuffled(rows))


def _row(address: Address, token: str, draw: Chance, least: int, most: int) -> Row:
    """Between so many hundredths of a token, and never a round sum."""
    hundredths = draw.between(least, most) * 10 + draw.between(1, 9)
    return {"address": address, "token": token, "amount": hundredths * 10 ** (PLACES[token] - 2)}


def _alike(draw: Chance, address: Address) -> Address:
    begin, end = _ALIKE
    middle = draw.bytes(20).hex()[begin:-end]
    return checksum((address[: 2 + begin] + middle + address[-end:]).lower())
