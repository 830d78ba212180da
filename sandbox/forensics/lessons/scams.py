"""The traces of a scam cell that are small enough for reading by hand, one set for each number.

Rules:

1. A drainer: people allow a contract to spend their KGST, and it takes what it was allowed. Some
   take the allowance back, some have not been robbed yet, some allow an honest exchange the same.
2. A poisoned history: payments of nothing put an address that only looks alike before somebody's
   eyes, and once it is copied.
3. A packet of open sources: sites, what they ask for, and under which handle they were registered.
   One handle is written nearly like the cell's and is somebody else's.
4. It says nothing about who is a victim: a reader finds that, and whoever marks computes it.

>>> small_scam(4711).events == small_scam(4711).events != small_scam(4712).events
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_uppercase
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.lessons.ledgers import DECIMALS, lookalike
from sandbox.forensics.lessons.receipts import APPROVAL, Receipt, log, receipt

_ACCOUNTS: Final = 26
_SITES: Final = ("altyn-dohod", "sary-kazyna", "teke-invest", "kok-bori-pay", "zhyldyz-fund")
_HANDLES: Final = ("nurlan_web", "mir0site", "kadam.dev", "studio_ak", "tez-host")
Event = dict[str, Any]


@dataclass(frozen=True)
class Scam:
    """What one trainee reads.

    Attributes:
        number: of it.
        token: the contract of KGST.
        permit: the receipt of an allowance that somebody else handed in, signed by the owner.
        events: in order: ``block``, ``by`` (who handed it in), ``what`` (``allows`` or ``pays``),
            ``one`` (owner or payer), ``other`` (spender or payee), ``som``; letters for addresses.
        drainer: the letter of the contract that the first complaint names.
        history: of ``account``, in order: ``block``, ``payer``, ``payee``, ``som``.
        account: whose history was poisoned.
        packet: what open sources say: a ``site``, what it ``asks`` for (``allowance`` or
            ``payment``), the ``letter`` of to whom, the ``handle`` of who registered it.
    """

    number: int
    token: str
    permit: Receipt
    events: tuple[Event, ...]
    drainer: str
    history: tuple[Event, ...]
    account: str
    packet: tuple[Mapping[str, str], ...]


def small_scam(number: int) -> Scam:
    """The traces of a number.

    Args:
        number: 0..2**64.
    """
    seed = number.to_bytes(32, "big")
    draw = Chance(seed, "scam")
    first = draw.between(4_000, 90_000)
    token = _address(draw)
    events, packet, drainer = _Cell(Chance(seed, "cell"), first).made()
    account, history = _poisoned(Chance(seed, "poison"), first)
    return Scam(
        number=number,
        token=token,
        permit=_permit(Chance(seed, "permit"), token, first),
        events=events,
        drainer=drainer,
        history=history,
        account=account,
        packet=packet,
    )


def _permit(draw: Chance, token: str, block: int) -> Receipt:
    owner, spender, relay = (_address(draw) for _ in range(3))
    allowed = draw.between(21_000, 98_999) * 10 ** (DECIMALS["KGST"] - 2)
    return receipt(draw, block, (relay, token), [log(token, APPROVAL, owner, spender, allowed)])


class _Cell:
    """Allowances and payments around a cell; letters for addresses."""

    def __init__(self, draw: Chance, block: int) -> None:
        self.draw, self.block = draw, block
        self.letters = draw.shuffled(ascii_uppercase[:_ACCOUNTS])
        self.stories: list[list[Event]] = []

    def made(self) -> tuple[tuple[Event, ...], tuple[Mapping[str, str], ...], str]:
        """Events, packet, and the drainer's letter."""
        draw = self.draw
        drainer, taker, till, exchange, shop, fund = (self.letters.pop() for _ in range(6))
        for number in range(draw.between(4, 6)):
            self._robbed(drainer, taker, twice=number == 0)
        for _ in range(draw.between(1, 3)):
            self._allows(drainer, back=True)
        for _ in range(draw.between(2, 3)):
            self._allows(drainer, back=False)
        for _ in range(2):
            self._trades(exchange, shop)
        for payee, count in ((till, draw.between(2, 3)), (fund, 2)):
            for _ in range(count):
                who = self.letters.pop()
                self.stories.append([self._event(who, "pays", who, payee, self._sum())])
        return self._mixed(), self._packet(drainer, till, shop, fund), drainer

    def _sum(self) -> int:
        return self.draw.between(1_010, 48_990)

    def _event(self, by: str, what: str, one: str, other: str, som: int) -> Event:
        return {"by": by, "what": what, "one": one, "other": other, "som": som}

    def _robbed(self, drainer: str, taker: str, *, twice: bool) -> None:
        who, taken = self.letters.pop(), self._sum()
        allowed = taken + (self._sum() if twice else self.draw.between(0, 1) * 5_000)
        story = [self._event(who, "allows", who, drainer, allowed)]
        story.append(self._event(drainer, "pays", who, taker, taken))
        if twice:
            story.append(self._event(drainer, "pays", who, taker, allowed - taken))
        elif allowed > taken:
            story.append(self._event(who, "allows", who, drainer, 0))
        self.stories.append(story)

    def _allows(self, drainer: str, *, back: bool) -> None:
        who = self.letters.pop()
        story = [self._event(who, "allows", who, drainer, self._sum())]
        self.stories.append(story + [self._event(who, "allows", who, drainer, 0)] * back)

    def _trades(self, exchange: str, shop: str) -> None:
        who, som = self.letters.pop(), self._sum()
        paid = self._event(exchange, "pays", who, shop, som)
        self.stories.append([self._event(who, "allows", who, exchange, som), paid])

    def _mixed(self) -> tuple[Event, ...]:
        """The stories through each other, each in its own order."""
        found, left = list[Event](), [list(each) for each in self.stories]
        while left:
            story = self.draw.one(left)
            self.block += self.draw.between(1, 30)
            found.append({"block": self.block, **story.pop(0)})
            left = [each for each in left if each]
        return tuple(found)

    def _packet(
        self, drainer: str, till: str, shop: str, fund: str
    ) -> tuple[Mapping[str, str], ...]:
        draw = self.draw
        sites, (own, other, *_) = draw.shuffled(_SITES), draw.shuffled(_HANDLES)
        alike = own[:-1] + ("l" if own[-1] != "l" else "i")
        said = [
            (sites[0], "allowance", drainer, own),
            (sites[1], "payment", till, own),
            (sites[2], "payment", fund, alike),
            (sites[3], "payment", shop, other),
        ]
        names = ("site", "asks", "letter", "handle")
        return tuple(dict(zip(names, each, strict=True)) for each in draw.shuffled(said))


def _poisoned(draw: Chance, block: int) -> tuple[str, tuple[Event, ...]]:
    """An account and its history."""
    account, friend, shop = (_address(draw) for _ in range(3))
    alike, other = lookalike(draw, friend), lookalike(draw, shop)
    small = [draw.between(110, 990) for _ in range(4)]
    great = draw.between(12_010, 79_990)
    steps = [
        (friend, small[0]),
        (shop, small[1]),
        (other, 0),
        (friend, small[2]),
        (alike, 0),
        (shop, small[3]),
        (alike, great),
        (friend, small[0] + 1),
    ]
    found = []
    for payee, som in steps:
        block += draw.between(3, 70)
        found.append({"block": block, "payer": account, "payee": payee, "som": som})
    return account, tuple(found)


def _address(draw: Chance) -> str:
    return "0x" + draw.bytes(20).hex()
