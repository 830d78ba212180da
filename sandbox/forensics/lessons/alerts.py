"""An alert with what a compliance officer has on the table when a report must be written.

Rules:

1. The number alone makes it: the customer's file, the account's payments, the alert, and what might
   be done about it. Nothing in it says which payments are suspicious, why, or what is forbidden.
2. Three stories: money of many strangers is collected and passed on; one large sum is split into
   payments just below the threshold; an account that slept for months wakes and passes sums on.
3. Around each story lies ordinary life, within its days too: parties whom the file explains, small
   purchases, and earlier a single larger payment to a stranger.

Times are Bishkek's, amounts whole som; all people are made up.

>>> alert = desk_alert(4711)
>>> sorted(alert.rows[0])
['amount', 'hash', 'no', 'payee', 'payer', 'time']
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance

STORIES: Final = ("collected", "split", "woken")
BEGIN: Final = datetime(2026, 6, 1)  # noqa: DTZ001 (local time of a lesson)
FORM: Final = "%Y-%m-%d %H:%M"
MAY: Final = (1, 2, 3, 4, 5)
"""Acts that an officer may do, by their numbers in the lesson."""
MUST_NOT: Final = (6, 7, 8, 9, 10, 11, 12)
_EPISODE: Final = 140
"""The day on which a story begins."""
_WORK: Final = ("driver", "nurse", "teacher", "shop assistant", "student", "builder")

Payment = tuple[datetime, str, str, int]


@dataclass(frozen=True)
class DeskAlert:
    """What lies on the table.

    Attributes:
        rule: by which the alert came.
        raised: when, Bishkek time.
        noticed: when the officer came to suspect.
        customer: ``account``, ``opened``, ``age``, ``work``, ``declared`` (som a month), ``known``
            (accounts that the file explains, with how).
        rows: the account's payments in order: ``no``, ``hash``, ``time``, ``payer``, ``payee``,
            ``amount`` (som).
        acts: numbers of what might be done now.
    """

    rule: str
    raised: str
    noticed: str
    customer: Mapping[str, Any]
    rows: tuple[Mapping[str, Any], ...]
    acts: tuple[int, ...]


def desk_alert(number: int) -> DeskAlert:
    """The alert of a number.

    Args:
        number: 0 to 2**64 - 1.
    """
    return _Table(Chance(number.to_bytes(8, "big"), "desk alert")).made()


class _Table:
    """Makes one alert."""

    def __init__(self, draw: Chance) -> None:
        self._draw = draw
        self._own = self._account()
        names = ("employer", "landlord", "sister", "grocer", "phone operator")
        self._known = {self._account(): name for name in names}
        self._by_name = {name: account for account, name in self._known.items()}

    def _account(self) -> str:
        return "0x" + self._draw.bytes(20).hex()

    def _at(self, day: int, first: int = 8, last: int = 20) -> datetime:
        minutes = self._draw.between(first * 60, last * 60)
        return BEGIN + timedelta(days=day, minutes=minutes)

    def made(self) -> DeskAlert:
        draw = self._draw
        stories: dict[str, tuple[str, Callable[[], Iterator[Payment]]]] = {
            "collected": ("R08", self._collected),
            "split": ("R01", self._split),
            "woken": ("R04", self._woken),
        }
        story = draw.one(STORIES)
        rule, tell = stories[story]
        told = sorted(tell())
        came = sum(amount for _, _, payee, amount in told if payee == self._own)
        declared = max(came * 10 // draw.one((24, 37, 68, 93)) // 1000 * 1000, 9_000)
        busy = 45 if story == "woken" else _EPISODE + 4
        life = [each for each in self._life(declared, busy) if each[0] < told[-1][0]]
        paid = sorted([*told, *life, *self._small(told)])
        rows = tuple(
            {
                "no": at,
                "hash": "0x" + draw.bytes(32).hex(),
                "time": moment.strftime(FORM),
                "payer": payer,
                "payee": payee,
                "amount": amount,
            }
            for at, (moment, payer, payee, amount) in enumerate(paid, 1)
        )
        raised = paid[-1][0] + timedelta(minutes=draw.between(2, 50))
        noticed = raised + timedelta(minutes=draw.between(65, 1_500))
        customer = {
            "account": self._own,
            "opened": (BEGIN - timedelta(days=draw.between(200, 900))).strftime("%Y-%m-%d"),
            "age": draw.between(19, 58),
            "work": draw.one(_WORK),
            "declared": declared,
            "known": self._known,
        }
        acts = draw.shuffled([*draw.some(MAY, 4), *draw.some(MUST_NOT, 4)])
        times = raised.strftime(FORM), noticed.strftime(FORM)
        return DeskAlert(rule, *times, customer, rows, tuple(acts))

    def _life(self, declared: int, until: int) -> Iterator[Payment]:
        """Wages, rent, family, shops; and once a larger payment to a stranger."""
        draw, by = self._draw, self._by_name
        for day in range(4, until, 30):
            yield self._at(day, 9, 12), by["employer"], self._own, declared
            yield self._at(day + 1), self._own, by["landlord"], draw.between(9_000, 15_000)
            yield self._at(day + 2), self._own, by["sister"], draw.between(10_500, 22_000)
        for day in range(2, until, 9):
            yield self._at(day), self._own, by["grocer"], draw.between(700, 4_000)
        yield (
            self._at(draw.between(10, 40)),
            self._own,
            self._account(),
            draw.between(21_000, 48_000),
        )

    def _small(self, told: list[Payment]) -> Iterator[Payment]:
        """Within the days of the story: a top-up, a small purchase, the sister who pays back."""
        draw = self._draw
        first, last = told[0][0], told[-1][0]
        span = int((last - first).total_seconds()) // 60
        for payer, payee, amount in (
            (self._own, self._by_name["phone operator"], draw.between(200, 900)),
            (self._own, self._account(), draw.between(900, 6_500)),
            (self._by_name["sister"], self._own, draw.between(11_000, 26_000)),
        ):
            yield first + timedelta(minutes=draw.between(1, span - 1)), payer, payee, amount

    def _collected(self) -> Iterator[Payment]:
        draw, target = self._draw, self._account()
        for at in range(draw.between(8, 12)):
            came, amount = self._at(_EPISODE + at % 4), draw.between(18_000, 64_000)
            yield came, self._account(), self._own, amount
            gone = came + timedelta(minutes=draw.between(9, 70))
            yield gone, self._own, target, amount * draw.between(93, 98) // 100

    def _split(self) -> Iterator[Payment]:
        draw = self._draw
        pieces = [draw.between(70_000, 84_950) for _ in range(draw.between(8, 11))]
        whole = sum(pieces) + draw.between(12_000, 40_000)
        begin = self._at(_EPISODE, 9, 11)
        yield begin, self._account(), self._own, whole
        for amount in pieces:
            gone = begin + timedelta(minutes=draw.between(240, 2_400))
            yield gone, self._own, self._account(), amount

    def _woken(self) -> Iterator[Payment]:
        draw, targets = self._draw, [self._account(), self._account()]
        for at in range(draw.between(3, 4)):
            came, amount = self._at(_EPISODE + at), draw.between(90_000, 260_000)
            yield came, self._account(), self._own, amount
            gone = came + timedelta(minutes=draw.between(9, 90))
            yield gone, self._own, targets[at % 2], amount * draw.between(92, 97) // 100
