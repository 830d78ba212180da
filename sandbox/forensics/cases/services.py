"""The services of a case: banks, exchanges, a mixer, a bridge, a gold desk, dealers, shops.

Rules:

1. An exchange gives each customer a deposit address of their own and sweeps it to its hot wallet.
2. The mixer takes fixed denominations and pays each out once, later, from the same pool.
3. The bridge pays the other ledger's money less a fee; the gold desk pays gold at its rate less a
   margin. Both keep their customers waiting for minutes.
4. What leaves a service later than the case lasts does not leave it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from sandbox.forensics.cases.habits import MINUTE, SOM
from sandbox.forensics.cases.scene import (
    Crossing,
    LedgerName,
    Payment,
    Person,
    Role,
    Scene,
)

EXCHANGES: Final = ("Ala-Too Exchange", "Pamir Coin", "Issyk Market", "Tulpar Trade")
BANKS: Final = ("Kerben Bank", "Jailoo Savings Bank", "Chynar Bank")
UTILITIES: Final = (
    "Power Networks",
    "Heat of the City",
    "Water Works",
    "Gas Supply",
    "Ak-Mobile",
    "Kyzyl Line",
)
SHOPS: Final = (
    "market stall",
    "grocery",
    "pharmacy",
    "cafe",
    "petrol station",
    "clothes",
    "electronics",
    "building materials",
)
"""Names of the case's services; all invented."""
DENOMINATIONS: Final = (100_000 * SOM, 50_000 * SOM, 10_000 * SOM)
"""What the mixer takes at a time, from the largest."""
BRIDGE_FEE: Final = 3
"""Of a thousand."""
GOLD_RATE: Final = 8_745
"""Tyiyn for a dollar of gold."""
GOLD_MARGIN: Final = 12
"""Of a thousand."""
_SWEEP: Final = (4, 20, 45, 90, 200, 600)
_CROSSING: Final = (1, 3, 5, 9, 18, 50)
_MIXING: Final = (60, 600, 1_800, 3_600, 7_200, 14_400)
"""Minutes at each fifth of the law (ours)."""


@dataclass(frozen=True)
class Move:
    """Money on its way into a service.

    Attributes:
        payer: a wallet's number.
        moment: when it is sent.
        amount: hundredths.
        purpose: why.
        flow: whether it passes on what was kept for it.
    """

    payer: int
    moment: int
    amount: int
    purpose: str
    flow: bool = False


@dataclass(frozen=True)
class Arrival:
    """Money that came out of a service again.

    Attributes:
        wallet: who has it.
        ledger: in which token.
        amount: hundredths.
        moment: when.
    """

    wallet: int
    ledger: LedgerName
    amount: int
    moment: int


@dataclass
class Exchange:
    """An exchange.

    Attributes:
        name: of it.
        hot: the wallet from which it pays.
        deposits: the address of each customer.
        book: positions of the payments that came in, by customer.
    """

    name: str
    hot: int
    deposits: dict[str, int] = field(default_factory=dict)
    book: list[tuple[str, int]] = field(default_factory=list)


class Services:
    """All services of a scene.

    Args:
        scene: to which they belong.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

        def made(role: Role, names: tuple[str, ...]) -> list[int]:
            return [scene.wallet(role, name, name) for name in names]

        self.banks = made(Role.BANK, BANKS)
        self.exchanges = [
            Exchange(name, scene.wallet(Role.EXCHANGE, name, name)) for name in EXCHANGES
        ]
        self.pools = {each: scene.wallet(Role.MIXER, "mixer", "mixer") for each in DENOMINATIONS}
        self.bridge = scene.wallet(Role.BRIDGE, "bridge", "bridge")
        self.gold = scene.wallet(Role.GOLD, "Altyn Gold Desk", "Altyn Gold Desk")
        self.utilities = made(Role.UTILITY, UTILITIES)
        chance = scene.chance("shops")
        self.shops = made(
            Role.MERCHANT,
            tuple(
                f"{chance.one(SHOPS)} {number}" for number in range(1, 4 + scene.recipe.people // 8)
            ),
        )
        self.traders = [
            scene.wallet(Role.TRADER, scene.person().owner)
            for _ in range(2 + scene.recipe.people // 100)
        ]

    def bank_of(self, wallet: int) -> int:
        """The bank at which a wallet's holder buys money of the chains."""
        return self.scene.chance("bank", wallet).one(self.banks)

    def deposit(self, exchange: Exchange, customer: Person, move: Move, ledger: LedgerName) -> int:
        """Pay into an exchange; the deposit address is swept later.

        Returns:
            The deposit address's wallet.
        """
        scene = self.scene
        wallet = exchange.deposits.get(customer.owner)
        if wallet is None:
            wallet = scene.wallet(Role.DEPOSIT, customer.owner, exchange.name)
            exchange.deposits[customer.owner] = wallet
        position = scene.pay(
            Payment(move.moment, ledger, move.payer, wallet, move.amount, move.purpose, move.flow)
        )
        exchange.book.append((customer.owner, position))
        swept = move.moment + self._wait("sweep", position, _SWEEP)
        scene.pay(Payment(swept, ledger, wallet, exchange.hot, move.amount, "sweep"))
        return wallet

    def withdraw(self, exchange: Exchange, payee: int, moment: int, amount: int) -> None:
        """An exchange pays a customer out."""
        self.scene.pay(Payment(moment, "kgst", exchange.hot, payee, amount, "withdrawal"))

    def mix(self, move: Move, denomination: int, payee: int) -> Arrival | None:
        """One denomination through the mixer; None if it does not come out in time."""
        entry = self._into(move, "kgst", self.pools[denomination], denomination)
        moment = self.scene.days.awake(
            self.scene.chance("mixed", entry), move.moment + self._wait("mixer", entry, _MIXING)
        )
        out = Arrival(payee, "kgst", denomination, moment)
        return self._released("mixer", self.pools[denomination], entry, out, flow=move.flow)

    def cross(self, move: Move, origin: LedgerName, payee: int) -> Arrival | None:
        """Over the bridge, between KGST and digital som."""
        entry = self._into(move, origin, self.bridge, move.amount)
        target: LedgerName = "som" if origin == "kgst" else "kgst"
        less = move.amount - move.amount * BRIDGE_FEE // 1_000
        out = Arrival(payee, target, less, move.moment + self._wait("bridge", entry, _CROSSING))
        return self._released("bridge", self.bridge, entry, out, flow=move.flow)

    def buy_gold(self, move: Move, payee: int) -> Arrival | None:
        """KGST into gold-backed dollars."""
        entry = self._into(move, "kgst", self.gold, move.amount)
        cents = move.amount * 100 * (1_000 - GOLD_MARGIN) // (GOLD_RATE * 1_000)
        out = Arrival(payee, "usdkg", cents, move.moment + self._wait("gold", entry, _CROSSING))
        return self._released("gold", self.gold, entry, out, flow=move.flow)

    def _into(self, move: Move, ledger: LedgerName, service: int, amount: int) -> int:
        return self.scene.pay(
            Payment(move.moment, ledger, move.payer, service, amount, move.purpose, move.flow)
        )

    def _released(
        self, service: str, wallet: int, entry: int, out: Arrival, *, flow: bool
    ) -> Arrival | None:
        if out.moment >= self.scene.days.end:
            return None
        release = self.scene.pay(
            Payment(
                out.moment,
                out.ledger,
                wallet,
                out.wallet,
                out.amount,
                f"out of {service}",
                flow=False,
                kept=out.amount if flow else 0,
            )
        )
        self.scene.crossings.append(Crossing(service, entry, release))
        return out

    def _wait(self, what: str, position: int, law: tuple[int, ...]) -> int:
        return self.scene.chance(what, position).along([each * MINUTE for each in law])
