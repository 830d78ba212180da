"""Thefts, and decoys that travel as they do.

A theft is a payment from a victim's wallet to one of the gang's; a decoy a payment of the same law
of sums from a buyer to a seller (a flat, a car, a herd). From there both are a ``Flow``.
"""

from __future__ import annotations

from sandbox.forensics.cases.chance import Chance
from sandbox.forensics.cases.flows import Decks, Flow, Held
from sandbox.forensics.cases.habits import SOM, spoken
from sandbox.forensics.cases.ordinary import Citizen, Ordinary
from sandbox.forensics.cases.scene import Journey, Payment, Person, Role, Scene
from sandbox.forensics.cases.services import Services


class Crime:
    """The thefts and the decoys of a scene.

    Args:
        scene: in which they happen.
        services: through which money goes.
        ordinary: among whom.
    """

    def __init__(self, scene: Scene, services: Services, ordinary: Ordinary) -> None:
        self.scene, self.services, self.recipe = scene, services, scene.recipe
        chance = scene.chance("cast")
        users = [each for each in ordinary.citizens if each.ledger == "kgst"]
        early = [each for each in users if each.person.joined <= self.recipe.days // 4]
        self.cast = chance.shuffled(early)
        self.decks = {what: Decks(scene, what) for what in ("theft", "decoy")}
        self.sellers = [each.wallet for each in chance.some(users, max(len(users) // 3, 1))]

    def happen(self) -> None:
        """Everything, thefts and decoys."""
        for number in range(self.scene.chance("thefts").between(*self.recipe.thefts)):
            self._journey("theft", number, gang=True)
        for number in range(self.recipe.decoys):
            self._journey("decoy", number, gang=False)

    def _journey(self, what: str, number: int, *, gang: bool) -> None:
        chance, began = self.scene.chance(what, number), len(self.scene.payments)
        payer = self._citizen()
        if gang:
            self.scene.wallets[payer.wallet].role = Role.VICTIM
        holders, homes = self._holders(chance, gang=gang)
        head = holders[0]
        first = self.scene.wallet(Role.THIEF if gang else Role.PERSON, head.owner)
        amount = spoken(chance, chance.between(*self.recipe.stolen_som) * SOM)
        moment = self.scene.days.at(chance, chance.between(3, self.recipe.days * 2 // 3))
        self.scene.pay(Payment(moment, "kgst", payer.wallet, first, amount, what, kept=amount))
        sellers = [each for each in self.sellers if each not in homes.values()]
        label = (f"{what} flow", number)
        flow = Flow(self.scene, self.services, label, self.decks[what], holders, sellers)
        flow.homes.update(homes)
        flow.split(Held(first, head, "kgst", amount, moment))
        ended = len(self.scene.payments)
        self.scene.journeys.append(Journey(gang, payer.person, began, ended))

    def _citizen(self) -> Citizen:
        """Somebody who has no other part yet; where nobody is left, somebody new."""
        if self.cast:
            return self.cast.pop()
        person = self.scene.person()
        return Citizen(person, self.scene.wallet(Role.PERSON, person.owner), "kgst")

    def _holders(self, chance: Chance, *, gang: bool) -> tuple[list[Person], dict[str, int]]:
        """Who passes it on, the head first, and the wallets from which some of them live."""
        holders, homes = [self.scene.person(gang=gang)], {}
        for _ in range(chance.between(2, 4)):
            if not chance.happens(self.recipe.life_permille):
                holders.append(self.scene.person(gang=gang))
                continue
            lives = self._citizen()
            lives.person.gang = gang
            homes[lives.person.owner] = lives.wallet
            if gang:
                self.scene.wallets[lives.wallet].role = Role.MULE
            holders.append(lives.person)
        return holders, homes
