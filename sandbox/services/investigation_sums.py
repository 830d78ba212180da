"""The same money by five rules, of addresses that the trainee picks: compared, and written down.

Rules:

1. What is compared are the trainee's own picks at a block of their choice; which addresses a place
   is, and whether a sum is right, no page says.
2. Written down for a place are the sums of all five rules together, in place of those before.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sandbox.domain.investigations import Draft
from sandbox.forensics import five_rules
from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.cases import Public
from sandbox.forensics.policies import Policy
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput
from sandbox.services.investigations import Held

MOST_PICKS: Final = 60
_BETWEEN: Final = re.compile(r"[\s,;]+")
_SHORTENED: Final = re.compile(r"0x[0-9a-f]{4,38}…[0-9a-f]{4,38}", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Party:
    """Whom an address paid, or who paid it.

    Attributes:
        address: in lower case.
        blocks: of the payments, in their order.
        amount: of all of them, minor units.
    """

    address: str
    blocks: tuple[int, ...]
    amount: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What five rules say of some addresses at the end of a block.

    Attributes:
        rows: by address, in the order in which they were picked.
        sums: of all of them.
    """

    block: int
    rows: tuple[tuple[str, five_rules.Sums], ...]
    sums: five_rules.Sums


def parties(public: Public, address: str) -> tuple[tuple[Party, ...], tuple[Party, ...]]:
    """Whom an address paid in KGST, and who paid it, by the first payment.

    Args:
        public: what may be seen.
        address: in lower case.
    """
    paid: dict[str, list[tuple[int, int]]] = defaultdict(list)
    payers: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for each in public.transactions:
        if each.ledger == five_rules.LEDGER:
            payer, payee = spelt(each.payer), spelt(each.payee)
            if payer == address and payee != ZERO:
                paid[payee].append((each.block, each.amount))
            if payee == address and payer != ZERO:
                payers[payer].append((each.block, each.amount))
    return _parties(paid), _parties(payers)


def picked(public: Public, texts: Iterable[str]) -> tuple[str, ...]:
    """Addresses as they were ticked or written, whole or shortened as the tables have them.

    Args:
        public: what may be seen.
        texts: each with any number of addresses.

    Raises:
        InvalidInput: ``investigation.pick``, ``investigation.picks``.
    """
    words = [word for text in texts for word in _BETWEEN.split(text) if word]
    if len(words) > MOST_PICKS * 2:
        raise InvalidInput("investigation.picks", most=MOST_PICKS)
    known = {spelt(each.address) for each in public.accounts}
    found = tuple(dict.fromkeys(_address(known, word) for word in words))
    if not 1 <= len(found) <= MOST_PICKS:
        raise InvalidInput("investigation.picks", most=MOST_PICKS)
    return found


def block_of(public: Public, text: str) -> int:
    """A block by its number.

    Raises:
        InvalidInput: ``investigation.block``.
    """
    last, said = five_rules.last_block(public), text.strip()
    if not is_digits(said) or len(said) > len(str(last)) or not 1 <= int(said) <= last:
        raise InvalidInput("investigation.block", most=last)
    return int(said)


def compared(public: Public, addresses: Iterable[str], block: int) -> Compared:
    """Compare five rules.

    Args:
        public: what may be seen.
        addresses: in lower case.
        block: of the chain of KGST.
    """
    names = tuple(addresses)
    found = five_rules.held(public, block)
    rows = tuple((name, five_rules.sums(found, [name])) for name in names)
    return Compared(block, rows, five_rules.sums(found, names))


def written(held: Held, place: str, sums: five_rules.Sums) -> Draft:
    """With the sums of a place, in the order of places and rules.

    Raises:
        InvalidInput: ``investigation.place``.
    """
    if place not in {each.name for each in five_rules.questions(held.public)}:
        raise InvalidInput("investigation.place", value=place[:20])
    draft = held.case.draft
    others = [each for each in draft.more.get("sums", ()) if each["place"] != place]
    own = [
        {"place": place, "policy": str(policy), "amount": str(sums[policy])} for policy in Policy
    ]
    ordered = sorted([*others, *own], key=lambda each: (each["place"], _turn(each["policy"])))
    return replace(draft, more={**draft.more, "sums": ordered})


def _turn(policy: str) -> int:
    return list(Policy).index(Policy(policy))


def _parties(found: dict[str, list[tuple[int, int]]]) -> tuple[Party, ...]:
    return tuple(
        Party(name, tuple(block for block, _ in rows), sum(amount for _, amount in rows))
        for name, rows in found.items()
    )


def _address(known: set[str], word: str) -> str:
    name = spelt(word)
    if name in known:
        return name
    if _SHORTENED.fullmatch(word):
        beginning, _, end = name.partition("…")
        fits = [each for each in known if each.startswith(beginning) and each.endswith(end)]
        if len(fits) == 1:
            return fits[0]
    raise InvalidInput("investigation.pick", value=word[:60])
