"""A small ledger: a payment, three claims, gold, a month of som and some coins.

Rules:

1. The number is all that it depends on. Two numbers share hardly any answer: amounts, addresses,
   places and blocks are drawn for each.
2. It has what deceives a reader: a sender who does not pay, a foreign contract that says
   ``Transfer``, a failed payment, an address that only looks alike, a payment right after the
   block that is asked for.
3. It says nothing about what is right: a reader finds that, and whoever marks computes it.

>>> small_ledger(4711).height == small_ledger(4711).height
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.lessons.coins import Coins, coins
from sandbox.forensics.lessons.receipts import APPROVAL, TRANSFER, Receipt, log, receipt

ZERO: Final = "0x" + "00" * 20
DECIMALS: Final = {"KGST": 18, "SOM": 2, "USDKG": 6}
_SPLIT: Final = 8
"""Hexadecimals at either end by which hurried people compare addresses."""


@dataclass(frozen=True)
class SmallLedger:
    """What one trainee reads.

    Attributes:
        number: of the ledger.
        tokens: symbol → address of its contract.
        payment: the receipt of a payment of KGST that somebody else handed in.
        shop: who is said to have been paid.
        claims: three receipts by which buyers claim to have paid the shop in KGST.
        gold: the receipt of a payment of USDKG.
        account: whose digital som is asked for.
        height: at the end of which block.
        head: the newest block when the ledger was read.
        rows: every movement of digital som: ``block``, ``transaction``, ``log``, ``payer``,
            ``payee``, ``amount`` (tyiyn).
        coins: of a ledger of another kind.
    """

    number: int
    tokens: Mapping[str, str]
    payment: Receipt
    shop: str
    claims: tuple[Receipt, ...]
    gold: Receipt
    account: str
    height: int
    head: int
    rows: tuple[dict[str, Any], ...]
    coins: Coins


def small_ledger(number: int) -> SmallLedger:
    """The ledger of a number.

    Args:
        number: 0..2**64.
    """
    seed = number.to_bytes(32, "big")
    draw = Chance(seed, "people")
    shop, payer, relay, holder, *others = (_address(draw) for _ in range(8))
    tokens = {symbol: _address(Chance(seed, "token", symbol)) for symbol in DECIMALS}
    first = draw.between(4_000, 90_000)
    height, head, rows = _month(Chance(seed, "month"), first, holder, others)
    return SmallLedger(
        number=number,
        tokens=tokens,
        payment=_relayed(Chance(seed, "payment"), tokens["KGST"], (payer, shop, relay), first),
        shop=shop,
        claims=_claims(Chance(seed, "claims"), tokens["KGST"], shop, first),
        gold=_gold(Chance(seed, "gold"), tokens["USDKG"], (holder, shop), first),
        account=holder,
        height=height,
        head=head,
        rows=rows,
        coins=coins(seed),
    )


def _address(draw: Chance) -> str:
    return "0x" + draw.bytes(20).hex()


def _hundredths(draw: Chance, decimals: int) -> int:
    """An amount of some hundreds or thousands with two places that are not 00, in minor units."""
    whole, part = draw.between(210, 9_899), draw.between(11, 99)
    return int((whole * 100 + part) * 10 ** (decimals - 2))


def _relayed(draw: Chance, token: str, who: tuple[str, str, str], first: int) -> Receipt:
    """A payment handed in by somebody whom the payer allowed it."""
    payer, payee, relay = who
    paid = _hundredths(draw, DECIMALS["KGST"])
    left = _hundredths(draw, DECIMALS["KGST"])
    logs = [log(token, APPROVAL, payer, relay, left), log(token, TRANSFER, payer, payee, paid)]
    return receipt(draw, first - 3, (relay, token), logs)


def _claims(draw: Chance, token: str, shop: str, first: int) -> tuple[Receipt, ...]:
    """One real payment, one that a foreign contract only says, one that failed."""
    made = []
    for kind in ("real", "foreign", "failed"):
        buyer, contract = _address(draw), token if kind != "foreign" else _address(draw)
        amount = _hundredths(draw, DECIMALS["KGST"])
        said = [log(contract, TRANSFER, buyer, shop, amount)] if kind != "failed" else []
        made.append(receipt(draw, first - 2, (buyer, contract), said))
    return tuple(draw.shuffled(made))


def _gold(draw: Chance, token: str, who: tuple[str, str], first: int) -> Receipt:
    payer, payee = who
    said = log(token, TRANSFER, payer, payee, _hundredths(draw, DECIMALS["USDKG"]))
    return receipt(draw, first - 1, (payer, token), [said])


def lookalike(draw: Chance, address: str) -> str:
    """An address with the same beginning and end as another.

    Args:
        draw: chance of its own.
        address: 0x and 40 hexadecimals.
    """
    middle = draw.bytes(20).hex()[_SPLIT:-_SPLIT]
    return address[: 2 + _SPLIT] + middle + address[-_SPLIT:]


def _month(
    draw: Chance, first: int, holder: str, others: list[str]
) -> tuple[int, int, tuple[dict[str, Any], ...]]:
    """Block that is asked for, newest block, movements."""
    one, two, three, bank = others[:4]
    twin = lookalike(draw, holder)
    sums = [_hundredths(draw, DECIMALS["SOM"]) for _ in range(9)]
    great = 4_000_000 + 4 * max(sums)
    moves = [
        [(ZERO, one, great), (ZERO, two, great + sums[8])],
        [(one, holder, sums[0] + 2_000_000)],
        [(two, three, sums[1]), (two, twin, sums[2])],
        [(holder, three, sums[3]), (three, bank, sums[1])],
        [(holder, holder, sums[4] // 3)],
        [(bank, ZERO, sums[1])],
        [(three, holder, sums[3] // 2), (one, twin, sums[5])],
        [(one, holder, sums[6]), (holder, two, sums[7])],  # the block that is asked for
        [(two, holder, sums[8]), (holder, one, sums[0])],
        [(twin, two, sums[2])],
    ]
    rows: list[dict[str, Any]] = []
    block, asked = first, first
    for number, moved in enumerate(moves):
        block += draw.between(2, 60)
        asked = block if number == len(moves) - 3 else asked
        transaction, place = draw.between(0, 9), draw.between(0, 30)
        for payer, payee, amount in moved:
            where = {"block": block, "transaction": transaction, "log": place}
            rows.append({**where, "payer": payer, "payee": payee, "amount": amount})
            transaction += draw.between(1, 7)
            place += draw.between(1, 9)
    return asked, block + draw.between(100, 2_900), tuple(rows)
