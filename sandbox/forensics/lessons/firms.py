"""A firm's proof of reserves with everything in it that such proofs hide, for a supervisor's lab.

Rules:

1. The number alone makes it. Nothing in it says what is hidden; the tests ask the library.
2. Among the leaves stands one below 0, beside an account of the firm's own. It is large enough to
   draw the sums of several levels below 0, so that customers of several places see it, and nobody
   else does.
3. Of the customers that the supervisor asked some were given no proof, some one leaf with another
   customer, some a leaf of less than they are owed.
4. Money for the day comes over a wallet that the firm does not name, a day or two before the
   moment, and leaves the same way some hours after it. One wallet is signed by somebody else's key.
   A customer's large deposit comes before the moment as well, and stays.

Amounts are whole som; all firms and people are made up.

>>> firm = attested(4711)
>>> len(firm.claims), len(firm.attestation.wallets)
(40, 4)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import polars as pl
from eth_account import Account
from eth_account.messages import encode_defunct

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.reserves.attestation import Attestation
from sandbox.forensics.reserves.claims import Claim
from sandbox.forensics.reserves.tree import Node, Proof, Step, leaf, parent

LEAVES: Final = 128
ASKED: Final = 40
AT: Final = datetime(2026, 11, 16, 12, tzinfo=UTC)
"""The moment of the attestation."""

Row = tuple[datetime, str, str, int]


@dataclass(frozen=True, eq=False)
class Attested:
    """What the firm published, what its customers showed, and the chain around the moment.

    Attributes:
        attestation: the firm's statement; ``attestation.root`` is the published root.
        customers: how many the firm has, by its own register.
        claims: of the customers who were asked, in the order in which they were asked.
        ledger: payments of ten days around the moment.
    """

    attestation: Attestation
    customers: int
    claims: tuple[Claim, ...]
    ledger: Ledger


def attested(number: int) -> Attested:
    """The firm of a number.

    Args:
        number: 0 to 2**64 - 1.
    """
    return _Firm(number).made()


class _Firm:
    """Makes one firm."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._draw = Chance(number.to_bytes(8, "big"), "attested")

    def made(self) -> Attested:
        tree = _Tree(self._number, self._draw)
        claims = self._claims(tree)
        customers = LEAVES - 2 + sum(each.proof is None for each in claims)
        wallets, keys = self._wallets()
        text = f"audit {self._draw.bytes(8).hex()}"
        signed = [
            (name, bytes(Account.sign_message(encode_defunct(text=text), key).signature))
            for name, key in zip(wallets, keys, strict=True)
        ]
        statement = Attestation(self._number, tree.root, AT, text, signed)
        return Attested(statement, customers, claims, self._ledger(wallets, tree.root.total))

    def _claims(self, tree: _Tree) -> tuple[Claim, ...]:
        draw = self._draw
        near = draw.some(tree.seeing, draw.between(4, 7))
        quiet = draw.shuffled([each for each in tree.people if each not in tree.seeing])
        missing, shared, less = (draw.between(*ends) for ends in ((3, 6), (2, 3), (2, 4)))
        cut, doubled = quiet[:less], quiet[less : less + shared]
        honest = quiet[less : ASKED - len(near) - shared - missing]
        made = [self._claim(tree, at) for at in (*near, *honest)]
        made += [self._claim(tree, at, more=draw.between(900, 9_000)) for at in cut]
        made += [self._claim(tree, at, name=LEAVES + at) for at in doubled]
        made += [
            Claim(self._name(2 * LEAVES + turn), draw.between(4_000, 60_000))
            for turn in range(missing)
        ]
        return tuple(draw.shuffled(made))

    def _claim(self, tree: _Tree, at: int, *, more: int = 0, name: int | None = None) -> Claim:
        """Of who is owed a leaf's balance and perhaps more; ``name``: another who was shown it."""
        proof = tree.proof(at)
        return Claim(self._name(at if name is None else name), proof.balance + more, proof)

    def _name(self, at: int) -> str:
        return f"customer {at:03}"

    def _wallets(self) -> tuple[list[str], list[bytes]]:
        """Four wallets and the keys that signed for them; the last by another one's."""
        keys = [self._draw.bytes(32) for _ in range(4)]
        names = [str(Account.from_key(each).address).lower() for each in keys]
        return names, [*keys[:3], self._draw.bytes(32)]

    def _ledger(self, wallets: list[str], total: int) -> Ledger:
        draw = self._draw
        hot, vault, third, foreign = wallets
        lender, between, depositor, payer = (f"0x{draw.bytes(20).hex()}" for _ in range(4))
        early = draw.one((9, 20, 33, 55))
        late = draw.between(3, 15)
        own = total * draw.between(55, 75) // 100
        lent = total * draw.between(60, 80) // 100
        stays = total // draw.between(18, 25)

        def rows() -> Iterator[Row]:
            start = AT - timedelta(days=5)
            yield start, payer, hot, own // 3
            yield start + timedelta(minutes=1), payer, vault, own // 2
            yield start + timedelta(minutes=2), payer, third, own - own // 3 - own // 2
            yield start + timedelta(minutes=3), payer, foreign, total // 3
            came = AT - timedelta(hours=early)
            yield came - timedelta(minutes=draw.between(20, 90)), lender, between, lent
            yield came, between, vault, lent
            gone = AT + timedelta(hours=late)
            yield gone, vault, between, lent
            yield gone + timedelta(minutes=draw.between(15, 80)), between, lender, lent
            yield AT - timedelta(hours=draw.between(3, 8)), depositor, hot, stays
            for hour in range(-110, 110, 5):
                who = f"0x{draw.bytes(20).hex()}"
                sides = (who, hot) if draw.happens(500) else (hot, who)
                amount = draw.between(total // 4_000, total // 900)
                yield AT + timedelta(hours=hour, minutes=draw.below(55)), *sides, amount

        made = sorted(rows())
        table = pl.DataFrame(
            {
                "block": range(1, len(made) + 1),
                "transaction": [0] * len(made),
                "log": [0] * len(made),
                "payer": [each[1] for each in made],
                "payee": [each[2] for each in made],
                "amount": [each[3] for each in made],
                "time": pl.Series([each[0] for each in made], dtype=pl.Datetime("us", "UTC")),
            }
        )
        return Ledger.read(table, opening="least")


class _Tree:
    """The leaves of customers, one of the firm's own, and one below 0."""

    def __init__(self, firm: int, draw: Chance) -> None:
        self._firm = firm
        self._salts = [draw.bytes(16) for _ in range(LEAVES)]
        self._balances = [draw.between(2_000, 90_000) for _ in range(LEAVES)]
        below = 2 * draw.below(LEAVES // 2)
        levels = draw.between(2, 3)
        first = below >> levels << levels
        near = range(first, first + (1 << levels))
        self._balances[below + 1] = draw.between(100, 900)  # the firm's own
        others = sum(self._balances[at] for at in near if at != below)
        self._balances[below] = -others - draw.between(40_000, 200_000)
        self.people = [at for at in range(LEAVES) if at not in (below, below + 1)]
        self._levels = [[self._leaf(at) for at in range(LEAVES)]]
        while len(self._levels[-1]) > 1:
            level = self._levels[-1]
            pairs = zip(level[::2], level[1::2], strict=True)
            self._levels.append([parent(one, two) for one, two in pairs])
        self.root = self._levels[-1][0]
        self.seeing = [
            at for at in self.people if min(each.node.total for each in self.proof(at).path) < 0
        ]

    def _leaf(self, at: int) -> Node:
        return leaf(self._firm, f"customer {at:03}", self._balances[at], self._salts[at])

    def proof(self, at: int) -> Proof:
        """The path of a leaf."""
        path = []
        for height, level in enumerate(self._levels[:-1]):
            place = at >> height
            path.append(Step("left" if place % 2 else "right", level[place ^ 1]))
        balance, salt = self._balances[at], self._salts[at]
        return Proof(self._firm, f"customer {at:03}", balance, salt, tuple(path))
