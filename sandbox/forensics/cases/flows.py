"""How a large sum travels: split, passed on, peeled off, brought to an end.

Stolen money and decoys (an inheritance, a flat that was sold, a brigade's pay) travel by the same
lines of this file: what tells them apart is where they come from and who holds the wallets, not
a figure, an hour or a shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sandbox.forensics.cases.chance import Chance, Deck
from sandbox.forensics.cases.habits import MINUTE, SOM, spoken
from sandbox.forensics.cases.recipes import DWELLS
from sandbox.forensics.cases.scene import LedgerName, Payment, Person, Role, Scene
from sandbox.forensics.cases.services import DENOMINATIONS, Arrival, Exchange, Move, Services

LEAST = 500 * SOM
"""Less is not passed on."""
_COMMISSION = (30, 100)
"""What a person who passes money on keeps, of a thousand."""
_LEFT = 50
"""At most one of so many parts stays behind in a wallet that passes on what it has."""
_PASSES = 2
"""Through so many services a share goes at most."""


@dataclass(frozen=True)
class Held:
    """A share of the sum, in a wallet.

    Attributes:
        wallet: its number.
        holder: whose it is.
        ledger: in which token.
        amount: hundredths.
        moment: since when.
        passed: through how many services it has gone.
    """

    wallet: int
    holder: Person
    ledger: LedgerName
    amount: int
    moment: int
    passed: int = 0


class Decks:
    """Courses and ends, dealt over all thefts of a case (or all decoys) in the recipe's shares.

    Args:
        scene: whose recipe.
        what: of whom.
    """

    def __init__(self, scene: Scene, what: str) -> None:
        def deck(weights: Mapping[str, int], name: str) -> Deck:
            return Deck(scene.chance("deck", what, name), weights)

        self.courses = [deck(scene.recipe.courses, f"course {each}") for each in range(_PASSES + 1)]
        self.ends = [deck(scene.recipe.ends, f"end {each}") for each in range(_PASSES + 1)]


class Flow:
    """One sum on its way.

    Args:
        scene: in which it travels.
        services: through which it may go.
        label: of its draws.
        decks: of courses and ends.
        holders: who passes it on: the gang, or the owner and relatives.
        sellers: ordinary people's wallets that may be paid for something.
    """

    def __init__(
        self,
        scene: Scene,
        services: Services,
        label: tuple[str, int],
        decks: Decks,
        holders: list[Person],
        sellers: list[int],
    ) -> None:
        self.scene, self.services, self.recipe = scene, services, scene.recipe
        self.chance: Chance = scene.chance(*label)
        self.decks, self.holders, self.sellers = decks, holders, sellers
        self.homes: dict[str, int] = {}
        self.accounts: list[tuple[Exchange, Person]] = []

    def split(self, held: Held) -> None:
        """The first step: into shares, each of which goes its own way."""
        width = self.chance.between(*self.recipe.fan)
        weights = [self.chance.between(50, 150) for _ in range(width)]
        left, moment = held, held.moment
        for number, weight in enumerate(weights):
            last = number == width - 1
            share = left.amount if last else held.amount * weight // sum(weights)
            moment = self._later(moment)
            sent = self._pass(replace(left, moment=moment), share, "fan-out", wait=False)
            if sent is None:
                return
            left = replace(left, amount=left.amount - sent.amount)
            self._travel(sent)

    def _travel(self, held: Held) -> None:
        course = self.decks.courses[held.passed].deal()
        if course == "peel":
            self._peel(held)
            return
        for _ in range(self.chance.between(*self.recipe.hops)):
            sent = self._pass(held, held.amount, "layer", person=course == "mule")
            if sent is None:
                return
            held = sent
        self._end(held)

    def _peel(self, held: Held) -> None:
        """A little is cashed at each step, the rest goes to a fresh wallet."""
        for _ in range(self.chance.between(*self.recipe.peel_length)):
            part = held.amount * self.chance.between(*self.recipe.peel_permille) // 1_000
            moment = self._later(held.moment)
            if part < LEAST or moment >= self.scene.days.end:
                return
            self._cash(replace(held, amount=part, moment=moment), "peel")
            rest = replace(held, amount=held.amount - part, moment=moment)
            sent = self._pass(rest, rest.amount, "peel on", wait=False)
            if sent is None:
                return
            held = sent
        self._end(held)

    def _pass(
        self, held: Held, amount: int, purpose: str, *, wait: bool = True, person: bool = False
    ) -> Held | None:
        """On to the next wallet; None where it stays."""
        moment = self._later(held.moment) if wait else held.moment + self.chance.between(20, 900)
        amount = spoken(self.chance, self._less(min(amount, held.amount)))
        if amount < LEAST or moment >= self.scene.days.end:
            return None
        holder = self.chance.one(self.holders)
        wallet = self._home(holder) if person else self._fresh(holder)
        if wallet == held.wallet:
            wallet = self._fresh(holder)
        kept = amount
        if person:
            kept -= amount * self.chance.between(*_COMMISSION) // 1_000
        self._pay(Payment(moment, held.ledger, held.wallet, wallet, amount, purpose, kept=kept))
        return replace(held, wallet=wallet, holder=holder, amount=kept, moment=moment)

    def _end(self, held: Held) -> None:
        end = self.decks.ends[held.passed].deal()
        moment = self._later(held.moment)
        if end == "hold" or moment >= self.scene.days.end:
            return
        held = replace(held, moment=moment)
        som, again = held.ledger != "usdkg", held.passed < _PASSES
        if end == "mixer" and held.ledger == "kgst" and held.amount >= DENOMINATIONS[-1] and again:
            self._mix(held)
        elif end == "bridge" and som and again:
            move, out = self._move(self._said(held), end), self._out(held)
            self._after(held, self.services.cross(move, held.ledger, out))
        elif end == "gold" and held.ledger == "kgst" and again:
            move = self._move(self._said(held), end)
            self._after(held, self.services.buy_gold(move, self._out(held)))
        elif end in {"trader", "purchase"} and som:
            self._spend(held, end)
        else:
            self._cash(held, "cash-out")

    def _spend(self, held: Held, end: str) -> None:
        """To a dealer at once, or to some sellers one after the other."""
        payees = [self.chance.one(self.services.traders)]
        if end == "purchase":
            payees = self.chance.some(self.sellers, self.chance.between(1, 4))
        for payee in payees:
            amount = spoken(self.chance, self._less(held.amount // len(payees)))
            if payee == held.wallet or held.moment >= self.scene.days.end:
                return
            self._pay(Payment(held.moment, held.ledger, held.wallet, payee, amount, end))
            held = replace(held, moment=self._later(held.moment))

    def _cash(self, held: Held, purpose: str) -> None:
        """To an exchange, at an account of one of the holders."""
        if self.accounts and self.chance.happens(self.recipe.reuse_permille):
            exchange, customer = self.chance.one(self.accounts)
        else:
            exchange, customer = self.chance.one(self.services.exchanges), held.holder
            self.accounts.append((exchange, customer))
        move = self._move(self._said(held), purpose)
        self.services.deposit(exchange, customer, move, held.ledger)

    def _mix(self, held: Held) -> None:
        """Denomination by denomination; what comes out goes to fresh wallets and on."""
        left, moment = held.amount, held.moment
        for denomination in DENOMINATIONS:
            while left >= denomination and moment < self.scene.days.end:
                left -= denomination
                into = replace(held, amount=denomination, moment=moment)
                out = self._fresh(self.chance.one(self.holders))
                self._after(held, self.services.mix(self._move(into, "mixer"), denomination, out))
                moment += self.chance.between(2 * MINUTE, 90 * MINUTE)

    def _after(self, held: Held, out: Arrival | None) -> None:
        """Behind a service it travels on."""
        if out is not None:
            passed = held.passed + 1
            self._travel(Held(out.wallet, held.holder, out.ledger, out.amount, out.moment, passed))

    def _said(self, held: Held) -> Held:
        """What is paid out of it, as people say it."""
        return replace(held, amount=spoken(self.chance, self._less(held.amount)))

    def _less(self, amount: int) -> int:
        """A little stays behind: a sum that is passed on whole would lose a figure each time."""
        return amount - self.chance.below(amount // _LEFT + 1)

    def _out(self, held: Held) -> int:
        """Who is paid by bridge and gold desk."""
        same = self.chance.happens(self.recipe.same_address_permille)
        return held.wallet if same else self._fresh(held.holder)

    def _move(self, held: Held, purpose: str) -> Move:
        return Move(held.wallet, held.moment, held.amount, purpose, flow=True)

    def _pay(self, payment: Payment) -> None:
        self.scene.pay(replace(payment, flow=True))

    def _fresh(self, holder: Person) -> int:
        role = Role.THIEF if holder.gang else Role.PERSON
        return self.scene.wallet(role, holder.owner)

    def _home(self, holder: Person) -> int:
        """The wallet from which somebody lives, or one that they have for this."""
        if holder.owner not in self.homes:
            role = Role.MULE if holder.gang else Role.PERSON
            self.homes[holder.owner] = self.scene.wallet(role, holder.owner)
        return self.homes[holder.owner]

    def _later(self, moment: int) -> int:
        """After a while, and mostly not at night."""
        dwell = self.chance.along([each * MINUTE for each in DWELLS[self.recipe.dwell]])
        return self.scene.days.awake(self.chance, moment + dwell)
