"""Ordinary life on the chains: wages, rent, shops, utilities, families, feasts, savings circles.

Each part draws under labels of its own; the market fills up to the number of transactions that the
recipe asks for. Kyrgyz habits that look like typologies are here on purpose: a payroll fans out, a
feast's gifts fan in, a savings circle (чёрная касса) gathers and pays one member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sandbox.forensics.cases import habits
from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.habits import DAY, HOUR, MINUTE, SOM, sum_of
from sandbox.forensics.cases.scene import NOBODY, LedgerName, Payment, Person, Role, Scene
from sandbox.forensics.cases.services import DENOMINATIONS, Move, Services

CASH: Final[tuple[LedgerName, ...]] = ("kgst", "som")
"""The ledgers of som."""


@dataclass(frozen=True)
class Citizen:
    """An ordinary person with a wallet.

    Attributes:
        person: who.
        wallet: their wallet's number.
        ledger: the money that they mostly use.
    """

    person: Person
    wallet: int
    ledger: LedgerName


class Ordinary:
    """The ordinary people of a scene.

    Args:
        scene: theirs.
        services: where they bank and buy.
    """

    def __init__(self, scene: Scene, services: Services) -> None:
        self.scene, self.services = scene, services
        self.citizens = [self._citizen(number) for number in range(scene.recipe.people)]

    def live(self) -> None:
        """Everything but the market."""
        self._wages()
        self._homes()
        self._families()
        self._feasts()
        self._circles()
        self._exchanges()
        self._crossings()
        self._shops_bank()

    def market(self, count: int) -> None:
        """So many purchases in shops, more on weekends and before holidays."""
        chance, days = self.scene.chance("market"), self.scene.days
        busy = {str(day): days.busy(day) for day in range(self.scene.recipe.days)}
        for _ in range(count):
            day = int(chance.weighed(busy))
            buyer = chance.one(self.present(day))
            amount = sum_of(chance, habits.MARKET)
            self._pay(
                days.at(chance, day), buyer, chance.one(self.services.shops), amount, "market"
            )

    def present(self, day: int) -> list[Citizen]:
        """Who uses money of the chains on a day already."""
        return [each for each in self.citizens if each.person.joined <= day]

    def _citizen(self, number: int) -> Citizen:
        chance = self.scene.chance("citizen", number)
        joined = 0 if chance.happens(600) else chance.below(self.scene.recipe.days * 2 // 3)
        person = self.scene.person(joined=joined)
        ledger: LedgerName = "som" if chance.happens(250) else "kgst"
        return Citizen(person, self.scene.wallet(Role.PERSON, person.owner), ledger)

    def _pay(self, moment: int, payer: Citizen, payee: int, amount: int, purpose: str) -> None:
        if payer.wallet != payee:
            self.scene.pay(Payment(moment, payer.ledger, payer.wallet, payee, amount, purpose))

    def _wages(self) -> None:
        """Half at a time, in a batch on a working day."""
        days = self.scene.days
        employers = max(len(self.citizens) // 18, 2)
        staff: dict[int, list[Citizen]] = {number: [] for number in range(employers)}
        for number, citizen in enumerate(self.citizens):
            chance = self.scene.chance("job", number)
            if chance.happens(560):
                staff[chance.below(employers)].append(citizen)
        for number, employed in staff.items():
            chance = self.scene.chance("payroll", number)
            name = f"employer {number + 1}"
            wallet = self.scene.wallet(Role.EMPLOYER, name)
            wages = [sum_of(chance, habits.WAGE) for _ in employed]
            for first in range(chance.between(3, 9), self.scene.recipe.days, 15):
                moment = days.office(chance, days.working(first))
                for citizen, wage in zip(employed, wages, strict=True):
                    moment += chance.between(3, 240)
                    if citizen.person.joined * DAY <= moment:
                        self.scene.pay(
                            Payment(moment, citizen.ledger, wallet, citizen.wallet, wage, "wage")
                        )

    def _homes(self) -> None:
        """Rent at the month's beginning, utilities and telephones all month."""
        days = self.scene.days
        for number, citizen in enumerate(self.citizens):
            chance = self.scene.chance("home", number)
            if chance.happens(250):
                owner = chance.one(self.citizens)
                day = max(chance.below(6), citizen.person.joined)
                amount = sum_of(chance, habits.RENT)
                self._pay(days.at(chance, day), citizen, owner.wallet, amount, "rent")
            for law, services, often in (
                (habits.UTILITY, self.services.utilities[:4], 700),
                (habits.MOBILE, self.services.utilities[4:], 600),
            ):
                if chance.happens(often):
                    day = max(chance.below(self.scene.recipe.days), citizen.person.joined)
                    amount = sum_of(chance, law)
                    self._pay(days.at(chance, day), citizen, chance.one(services), amount, "bill")

    def _families(self) -> None:
        days = self.scene.days
        for number, citizen in enumerate(self.citizens):
            chance = self.scene.chance("family", number)
            for _ in range(chance.below(4)):
                day = chance.between(citizen.person.joined, self.scene.recipe.days - 1)
                amount = sum_of(chance, habits.FAMILY)
                payee = chance.one(self.citizens).wallet
                self._pay(days.at(chance, day), citizen, payee, amount, "family")

    def _feasts(self) -> None:
        """A toi: guests give what is usual, the host pays for hall and table."""
        days = self.scene.days
        for number in range(1 + self.scene.recipe.people // 80):
            chance = self.scene.chance("feast", number)
            day = chance.between(5, self.scene.recipe.days - 3)
            host, *guests = chance.some(self.present(day), chance.between(9, 22))
            for guest in guests:
                moment = days.at(chance, day - chance.below(2))
                self.scene.pay(
                    Payment(
                        moment,
                        host.ledger,
                        guest.wallet,
                        host.wallet,
                        sum_of(chance, habits.GIFT),
                        "gift",
                    )
                )
            moment = days.at(chance, day + 1)
            self._pay(moment, host, chance.one(self.services.shops), 60_000 * SOM, "feast")

    def _circles(self) -> None:
        """A savings circle: members pay in within a day, one of them takes all."""
        days = self.scene.days
        for number in range(1 + self.scene.recipe.people // 80):
            chance = self.scene.chance("circle", number)
            day = chance.between(4, self.scene.recipe.days - 3)
            keeper, *members = chance.some(self.present(day), chance.between(7, 12))
            amount = sum_of(chance, habits.CIRCLE)
            for member in members:
                moment = days.at(chance, day)
                self.scene.pay(
                    Payment(
                        moment,
                        keeper.ledger,
                        member.wallet,
                        keeper.wallet,
                        amount,
                        "circle",
                        kept=amount,
                    )
                )
            moment = days.awake(chance, (day + 1) * DAY + chance.between(HOUR, 20 * HOUR))
            self.scene.pay(
                Payment(
                    moment,
                    keeper.ledger,
                    keeper.wallet,
                    chance.one(members).wallet,
                    amount * len(members),
                    "circle pays",
                    flow=True,
                )
            )

    def _exchanges(self) -> None:
        """Customers of exchanges: in, and often out again."""
        days = self.scene.days
        for number, citizen in enumerate(self.citizens):
            chance = self.scene.chance("customer", number)
            if citizen.ledger != "kgst" or not chance.happens(300):
                continue
            exchange = chance.one(self.services.exchanges)
            for _ in range(chance.between(1, 3)):
                day = chance.between(citizen.person.joined, self.scene.recipe.days - 1)
                moment, amount = days.at(chance, day), sum_of(chance, habits.SAVING)
                if chance.happens(600):
                    move = Move(citizen.wallet, moment, amount, "saving")
                    self.services.deposit(exchange, citizen.person, move, "kgst")
                else:
                    self.services.withdraw(exchange, citizen.wallet, moment, amount)

    def _crossings(self) -> None:
        """Innocent users of bridge, gold desk and mixer."""
        for number, citizen in enumerate(self.citizens):
            chance = self.scene.chance("crossing", number)
            if not chance.happens(180):
                continue
            fresh = chance.happens(400)
            day = chance.between(citizen.person.joined, self.scene.recipe.days - 2)
            moment, amount = self.scene.days.at(chance, day), sum_of(chance, habits.SAVING)
            payee = self._own(citizen) if fresh else citizen.wallet
            move = Move(citizen.wallet, moment, amount, "saving")
            how = chance.weighed({"bridge": 5, "gold": 2, "mixer": 3})
            if how == "bridge":
                self.services.cross(move, citizen.ledger, payee)
            elif citizen.ledger == "kgst" and how == "gold":
                self.services.buy_gold(move, payee)
            elif citizen.ledger == "kgst":
                self._mixed(citizen, chance, moment)

    def _mixed(self, citizen: Citizen, chance: Chance, moment: int) -> None:
        denomination = chance.one(DENOMINATIONS[1:])
        for _ in range(chance.between(1, 4)):
            move = Move(citizen.wallet, moment, denomination, "privacy")
            self.services.mix(move, denomination, self._own(citizen))
            moment += chance.between(2 * MINUTE, 90 * MINUTE)

    def _own(self, citizen: Citizen) -> int:
        """One more wallet of the same person."""
        return self.scene.wallet(Role.PERSON, citizen.person.owner)

    def _shops_bank(self) -> None:
        """Shops and dealers bring their takings to a bank once a week."""
        days = self.scene.days
        for wallet in (*self.services.shops, *self.services.utilities, *self.services.traders):
            chance = self.scene.chance("takings", wallet)
            bank = self.services.bank_of(wallet)
            for day in range(chance.between(3, 9), self.scene.recipe.days, 7):
                for ledger in CASH:
                    moment = days.office(chance, days.working(day))
                    self.scene.pay(Payment(moment, ledger, wallet, bank, None, "takings"))
        for bank in self.services.banks:
            chance = self.scene.chance("given back", bank)
            for ledger in CASH:
                moment = days.office(chance, days.working(self.scene.recipe.days - 2))
                self.scene.pay(Payment(moment, ledger, bank, NOBODY, None, "given back"))
