"""The law's clock: acts on a case in its own time, folded into what came of them.

Numbered plan, for each moment at which something is due, in order:

1. The ledger goes on moving up to that moment (``moving``).
2. What was due: letters, decisions, freezes that take effect, lapse or end, seizures. At one moment
   in the order in which they were set.
3. The acts of that moment. An act that cannot be is refused with its code, and with it the list.

Rules:

- Pure: the same case, acts and moment give the same state to the bit. Delays are drawn under the
  case's salt and the act's number, so that no later act shifts an earlier one's.
- Hours run day and night. Urgent: an order to the issuer without a judge's decision; a motion that
  ``confirms`` it has to be granted within the term from the act, or the freeze lapses.
- A freeze ends with the term for which it was granted.
- Two different people sign what leaves an address for the police wallet, and the wallet for the
  reserve.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from sandbox.forensics.acting import court, exchange
from sandbox.forensics.acting.acts import (
    VERSION,
    Act,
    Aim,
    Freeze,
    HandOver,
    Intelligence,
    Lift,
    Measure,
    Motion,
    Request,
    Seize,
    checked,
)
from sandbox.forensics.acting.errors import CannotAct
from sandbox.forensics.acting.moving import Moving, Spot, table
from sandbox.forensics.acting.timing import Hours, drawn
from sandbox.forensics.acting.world import World
from sandbox.forensics.cases.case import written
from sandbox.forensics.cases.scene import LedgerName
from sandbox.kit.canonical import canonical
from sandbox.kit.clock import utc

if TYPE_CHECKING:
    import polars as pl

AFTER: Final = timedelta(days=90)
"""How long after the plan's last moment somebody may still act (ours)."""
Stage = Literal[
    "pending",
    "returned",
    "answered",
    "agreed",
    "granted",
    "in_force",
    "confirmed",
    "lapsed",
    "ended",
    "lifted",
    "done",
    "failed",
]


@dataclass(frozen=True)
class News:
    """What became of an act, at a moment.

    Attributes:
        number: of the act, from 1.
        kind: of the act.
        stage: what it came to.
        moment: when, UTC.
        said: by whom (``desk``) and what, JSON values.
    """

    number: int
    kind: str
    stage: Stage
    moment: datetime
    said: dict[str, Any] = field(default_factory=dict)


@dataclass
class Freezing:
    """A freeze and what was on the ledger around it.

    Attributes:
        number: of the act.
        spot: which address.
        asked: how many rows there were when it was ordered.
        began: how many when it took effect, or None.
        ended: how many when it was over, or None.
        urgent: ordered without a judge's decision.
        until: when its order runs out, or None while there is none.
    """

    number: int
    spot: Spot
    asked: int
    began: int | None = None
    ended: int | None = None
    urgent: bool = False
    until: datetime | None = None


@dataclass(frozen=True)
class State:
    """What acts came to by a moment; ``state`` makes one.

    Attributes:
        world: the case.
        acts: that were done by then.
        now: the moment, UTC.
        news: of all acts, in order; nothing is taken back.
        freezes: by number.
        moving: the ledgers.
        custody: what lies in the police wallet, by where it was seized, minor units.
    """

    world: World
    acts: tuple[Act, ...]
    now: datetime
    news: tuple[News, ...]
    freezes: dict[int, Freezing]
    moving: Moving
    custody: dict[Spot, int]

    def latest(self, number: int) -> News:
        """What an act has come to.

        Args:
            number: of the act, from 1.
        """
        return next(each for each in reversed(self.news) if each.number == number)

    def as_data(self) -> dict[str, Any]:
        """What who acts is told, as JSON values: the news, and what lies in the police wallet."""
        return {
            "version": VERSION,
            "now": written(self.now),
            "wallet": self.world.wallet,
            "reserve": self.world.reserve,
            "news": [asdict(each) | {"moment": written(each.moment)} for each in self.news],
            "custody": [
                {"ledger": ledger, "address": address, "amount": str(amount)}
                for (ledger, address), amount in sorted(self.custody.items())
                if amount
            ],
        }

    def canonical(self) -> bytes:
        """The only form of its JSON."""
        return canonical(self.as_data())

    def table(self, ledger: LedgerName) -> pl.DataFrame:
        """One token's movements as they came, with the columns that ``Ledger.read`` takes.

        Args:
            ledger: ``kgst``, ``som`` or ``usdkg``.
        """
        return table([each for each in self.moving.rows if each.ledger == ledger])

    def at(self, *stages: Stage) -> tuple[int, ...]:
        """Numbers of the acts that are at a stage."""
        numbers = range(1, len(self.acts) + 1)
        return tuple(each for each in numbers if self.latest(each).stage in stages)


def state(world: World, acts: Iterable[Act], now: datetime) -> State:
    """What acts have come to by a moment.

    Args:
        world: the case.
        acts: all, in order; those after ``now`` have not happened yet.
        now: UTC.

    Raises:
        CannotAct: an act that cannot be: ``acting.before_report``, ``acting.after_end``,
            ``acting.exchange_unknown``, ``acting.basis_unknown``, ``acting.no_order``,
            ``acting.not_frozen``, ``acting.not_in_wallet``, ``acting.same_person``, or as ``read``.
    """
    now = utc(now)
    done = tuple(each for each in checked(tuple(acts)) if each.moment <= now)
    fold = _Fold(world)
    for number, act in enumerate(done, 1):
        fold.run(act.moment)
        fold.act(number, act)
    fold.run(now)
    return State(world, done, now, tuple(fold.news), fold.freezes, fold.moving, dict(fold.custody))


class _Fold:
    """The fold; one use."""

    def __init__(self, world: World) -> None:
        self.world, self.moving = world, Moving(world)
        self.acts: list[Act] = []
        self.news: list[News] = []
        self.freezes: dict[int, Freezing] = {}
        self.custody: dict[Spot, int] = defaultdict(int)
        self.granted: dict[int, datetime] = {}
        self.named: dict[int, frozenset[str]] = {}
        self._due: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._set = 0

    def run(self, until: datetime) -> None:
        """Steps 1 and 2."""
        while self._due and self._due[0][0] <= until:
            moment, _, happens = heapq.heappop(self._due)
            self.moving.until(moment)
            happens(moment)
        self.moving.until(until)

    def act(self, number: int, act: Act) -> None:
        """Step 3."""
        first = min(each.moment for each in self.world.reports)
        if act.moment < first:
            raise CannotAct("acting.before_report", number=number)
        if act.moment > self.world.transactions[-1].time + AFTER:
            raise CannotAct("acting.after_end", number=number)
        self.acts.append(act)
        match act:
            case Request():
                self._request(number, act)
            case Motion():
                self._motion(number, act)
            case Intelligence():
                self._intelligence(number, act)
            case Freeze():
                self._freeze(number, act)
            case Lift():
                self._lift(number, act)
            case Seize():
                self._seize(number, act)
            case HandOver():
                self._hand_over(number, act)

    # -- requests and letters

    def _request(self, number: int, act: Request) -> None:
        if act.to not in self.world.exchanges:
            known = ", ".join(self.world.exchanges)
            raise CannotAct("acting.exchange_unknown", number=number, known=known)
        order = None if act.basis is None else self._order(number, act.basis, "records").targets
        reasons = exchange.returned(act, self.world, order)
        self._tell(number, "pending", act.moment)
        if reasons:
            hours = self.world.terms.exchange_returns
            self._later(
                number, hours, act.moment, lambda at: self._back(number, at, act.to, reasons)
            )
        else:
            hours = self.world.terms.exchange_answers
            self._later(number, hours, act.moment, lambda at: self._answer(number, act, at))

    def _answer(self, number: int, act: Request, moment: datetime) -> None:
        found = exchange.answered(act, self.world, self.moving, moment)
        self.named[number] = frozenset(each["address"] for each in found if each["customer_known"])
        self._tell(number, "answered", moment, desk=act.to, answers=found)

    def _intelligence(self, number: int, act: Intelligence) -> None:
        self._tell(number, "pending", act.moment)
        said = {"desk": "intelligence"} | exchange.known(act.address, self.world)
        hours = self.world.terms.intelligence_answers
        self._later(
            number, hours, act.moment, lambda at: self._tell(number, "answered", at, **said)
        )

    def _back(self, number: int, moment: datetime, desk: str, lacks: list[dict[str, Any]]) -> None:
        self._tell(number, "returned", moment, desk=desk, lacks=lacks)

    # -- motions

    def _motion(self, number: int, act: Motion) -> None:
        if act.confirms is not None:
            self._urgent(number, act)
        lacks = court.prosecutor(act, self._file())
        self._tell(number, "pending", act.moment)

        def read(moment: datetime) -> None:
            if lacks:
                self._back(number, moment, "prosecutor", lacks)
                return
            self._tell(number, "agreed", moment, desk="prosecutor")
            hours = self.world.terms.judge
            self._later(number, hours, moment, lambda at: self._judged(number, act, at), "judge")

        self._later(number, self.world.terms.prosecutor, act.moment, read)

    def _judged(self, number: int, act: Motion, moment: datetime) -> None:
        lacks = court.judge(act, self._file(), moment)
        if lacks:
            self._back(number, moment, "judge", lacks)
            return
        self.granted[number] = moment
        self._tell(number, "granted", moment, desk="judge")
        urgent = self.freezes.get(act.confirms or 0)
        if urgent and urgent.until is None and urgent.ended is None:
            urgent.until = moment + timedelta(days=act.days)
            self._tell(urgent.number, "confirmed", moment, desk="judge")
            self._at(urgent.until, lambda at: self._over(urgent, "ended", at))

    def _urgent(self, number: int, act: Motion) -> None:
        """A motion confirms a freeze of the urgent route, and moves for a freeze of its target."""
        urgent = self.freezes.get(act.confirms or 0)
        aims = {each.place for each in act.targets}
        fits = urgent and urgent.urgent and urgent.spot in aims and act.measure == "freeze"
        if not fits:
            raise CannotAct("acting.basis_unknown", number=number)

    # -- freezes

    def _freeze(self, number: int, act: Freeze) -> None:
        spot = act.target.place
        found = Freezing(number, spot, asked=len(self.moving.rows), urgent=act.basis is None)
        if act.basis is not None:
            order = self._order(number, act.basis, "freeze", spot)
            found.until = self.granted[act.basis] + timedelta(days=order.days)
            if found.until <= act.moment:
                raise CannotAct("acting.no_order", number=number)
        self.freezes[number] = found
        self._tell(number, "pending", act.moment)
        self._later(number, self.world.terms.issuer, act.moment, lambda at: self._begin(found, at))
        if found.until:
            self._at(found.until, lambda at: self._over(found, "ended", at))
        else:
            lapses = act.moment + self.world.terms.confirm_within
            self._at(lapses, lambda at: None if found.until else self._over(found, "lapsed", at))

    def _begin(self, found: Freezing, moment: datetime) -> None:
        if found.ended is None:
            found.began = len(self.moving.rows)
            self.moving.freeze(found.spot, found.number)
            self._tell(found.number, "in_force", moment, desk="issuer")

    def _over(self, found: Freezing, stage: Stage, moment: datetime) -> None:
        if found.ended is None:
            found.ended = len(self.moving.rows)
            self._tell(found.number, stage, moment, desk="issuer")
            self.moving.thaw(found.spot, found.number, moment)

    def _lift(self, number: int, act: Lift) -> None:
        found = self.freezes.get(act.freeze)
        if not found or found.ended is not None:
            raise CannotAct("acting.basis_unknown", number=number)
        self._tell(number, "pending", act.moment)

        def lifted(moment: datetime) -> None:
            self._over(found, "lifted", moment)
            self._tell(number, "done", moment, desk="issuer")

        self._later(number, self.world.terms.issuer, act.moment, lifted)

    # -- the police wallet and the reserve

    def _seize(self, number: int, act: Seize) -> None:
        self._two(number, act)
        spot = act.target.place
        self._order(number, act.basis, "seize", spot, int(act.amount))
        if not self.moving.is_frozen(spot):
            raise CannotAct("acting.not_frozen", number=number)
        self._tell(number, "pending", act.moment)
        hours = self.world.terms.issuer
        self._later(number, hours, act.moment, lambda at: self._seized(number, act, at))

    def _seized(self, number: int, act: Seize, moment: datetime) -> None:
        spot, amount = act.target.place, int(act.amount)
        frozen = self.moving.is_frozen(spot)
        if not frozen or not self.moving.moved(spot, self.world.wallet, amount, moment):
            self._tell(number, "failed", moment, desk="issuer")
            return
        self.custody[spot] += amount
        self._tell(number, "done", moment, desk="issuer", wallet=self.world.wallet)

    def _hand_over(self, number: int, act: HandOver) -> None:
        self._two(number, act)
        spot, amount = act.target.place, int(act.amount)
        self._order(number, act.basis, "hand_over", spot, amount)
        if self.custody[spot] < amount:
            raise CannotAct("acting.not_in_wallet", number=number)
        self.custody[spot] -= amount
        self.moving.moved((spot[0], self.world.wallet), self.world.reserve, amount, act.moment)
        self._tell(number, "done", act.moment, desk="wallet", reserve=self.world.reserve)

    def _two(self, number: int, act: Seize | HandOver) -> None:
        if act.by.casefold() == act.second.casefold():
            raise CannotAct("acting.same_person", number=number)

    # -- tools

    def _order(
        self,
        number: int,
        basis: int,
        measure: Measure,
        spot: Spot | None = None,
        amount: int | None = None,
    ) -> Motion:
        """The motion on which an act rests: granted, for this measure, address and amount."""
        if not 0 < basis < number or not isinstance(found := self.acts[basis - 1], Motion):
            raise CannotAct("acting.basis_unknown", number=number)
        aims: list[Aim] = [each for each in found.targets if spot in (None, each.place)]
        if basis not in self.granted or found.measure != measure or not aims:
            raise CannotAct("acting.no_order", number=number)
        if amount is not None and amount + self._used(basis, spot) > sum(
            int(each.amount) for each in aims
        ):
            raise CannotAct("acting.no_order", number=number)
        return found

    def _used(self, basis: int, spot: Spot | None) -> int:
        """What earlier acts have taken under an order, minor units; what failed took nothing."""
        failed = {each.number for each in self.news if each.stage == "failed"}
        return sum(
            int(each.amount)
            for number, each in enumerate(self.acts[:-1], 1)
            if isinstance(each, Seize | HandOver)
            and each.basis == basis
            and each.target.place == spot
            and number not in failed
        )

    def _file(self) -> court.File:
        return court.File(self.world, self.moving, tuple(self.acts[:-1]), self.named, self.custody)

    def _tell(self, number: int, stage: Stage, moment: datetime, **said: Any) -> None:
        kind = str(self.acts[number - 1].__struct_config__.tag)
        self.news.append(News(number, kind, stage, moment, said))

    def _later(
        self,
        number: int,
        hours: Hours,
        moment: datetime,
        happens: Callable[[datetime], None],
        label: str = "",
    ) -> None:
        self._at(moment + drawn(self.world.key, hours, number, label), happens)

    def _at(self, moment: datetime, happens: Callable[[datetime], None]) -> None:
        self._set += 1
        heapq.heappush(self._due, (moment, self._set, happens))
