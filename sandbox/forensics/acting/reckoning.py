"""What acts were worth: stolen value caught, lost and at large, and the harm to innocent people.

Rules:

1. By the case's policy, on the ledger as it moved. Of each token, at every moment and to the
   minor unit: ``stolen`` + ``spoiled`` (by poison) = ``free`` + ``frozen`` + ``seized`` +
   ``handed_over`` + ``lost`` + ``crossed``.
2. ``stolen`` is what the thefts moved, and what mixers, bridges and the gold desk paid the gang
   for what they had got: that is ``crossed`` where it went in, and begins anew where it comes
   out.
3. ``lost`` came to a service (a shop, an exchange's own wallet, a mixer that has not paid yet) or
   was destroyed. At a deposit address it still waits to be swept, and is ``free``.
4. Of each freeze: what stolen value was there when it was ordered (``asked``), what it caught
   when it took effect (``caught``), and what left between the two (``late``).
5. Harm: what a freeze holds, or held when it ended, at an address that was not used for the
   thieves' money, less the stolen value there; what was seized from it counts as held. Also value
   that the policy finds with an innocent person was rightly frozen. Ours.

This is for whoever marks: it says who is innocent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from sandbox.forensics.acting.clock import Freezing, State
from sandbox.forensics.acting.moving import Moving, Row, table
from sandbox.forensics.acting.world import World, tyiyn
from sandbox.forensics.cases.scene import LEDGERS, LedgerName
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.tracing import Stop, Trace, trace
from sandbox.kit.canonical import canonical
from sandbox.kit.ids import Address, checksum

CAUGHT: Final = ("frozen", "seized", "handed_over")


@dataclass(frozen=True)
class Share:
    """Where a token's stolen value is, minor units; rule 1."""

    stolen: int = 0
    spoiled: int = 0
    free: int = 0
    frozen: int = 0
    seized: int = 0
    handed_over: int = 0
    lost: int = 0
    crossed: int = 0


@dataclass(frozen=True)
class Worth:
    """Of one freeze, minor units; rules 4 and 5.

    Attributes:
        number: of the act.
        ledger: the token.
        address: that was frozen.
        asked: stolen value there when it was ordered.
        caught: when it took effect.
        late: that left between the two.
        harm: of an innocent person's.
    """

    number: int
    ledger: LedgerName
    address: str
    asked: int
    caught: int
    late: int
    harm: int


@dataclass(frozen=True)
class Reckoned:
    """What acts were worth; ``reckoned`` makes one.

    Attributes:
        shares: by token.
        freezes: by number.
    """

    shares: Mapping[LedgerName, Share]
    freezes: tuple[Worth, ...]

    @property
    def caught(self) -> int:
        """Stolen value frozen, seized and handed over, tyiyn."""
        return sum(
            tyiyn(name, getattr(share, each))
            for name, share in self.shares.items()
            for each in CAUGHT
        )

    @property
    def lost(self) -> int:
        """Stolen value that is lost, tyiyn."""
        return sum(tyiyn(name, share.lost) for name, share in self.shares.items())

    @property
    def harm(self) -> int:
        """Done by freezing the innocent, tyiyn; two freezes of one address do it once."""
        most: dict[tuple[LedgerName, str], int] = {}
        for each in self.freezes:
            spot = (each.ledger, each.address)
            most[spot] = max(most.get(spot, 0), each.harm)
        return sum(tyiyn(ledger, harm) for (ledger, _), harm in most.items())

    def as_data(self) -> dict[str, Any]:
        """Everything as JSON values; amounts as text."""
        return {
            "shares": {
                name: {part: str(value) for part, value in asdict(share).items()}
                for name, share in self.shares.items()
            },
            "freezes": [
                asdict(each)
                | {part: str(getattr(each, part)) for part in ("asked", "caught", "late", "harm")}
                for each in self.freezes
            ],
            "caught": str(self.caught),
            "lost": str(self.lost),
            "harm": str(self.harm),
        }

    def canonical(self) -> bytes:
        """The only form of its JSON."""
        return canonical(self.as_data())


def reckoned(state: State) -> Reckoned:
    """What the acts of a state were worth by its moment.

    Args:
        state: of a case.
    """
    books = _Books(state)
    return Reckoned(
        {name: books.at(name, len(state.moving.rows)).share for name in LEDGERS},
        tuple(books.worth(each) for each in state.freezes.values()),
    )


def reachable(world: World) -> int:
    """What could have been caught by who knew everything from the first report on, tyiyn.

    Every address of the thieves is frozen so long after the first report as the issuer takes at
    most, and stays frozen to the end. Who meets a quicker issuer may catch more.
    """
    known = min(each.moment for each in world.reports)
    moving = Moving(world)
    moving.until(known + timedelta(hours=world.terms.issuer[1]))
    for address in sorted(world.guilty):
        for name in LEDGERS:
            moving.freeze((name, checksum(address)), 1)
    end = settled(world, known)
    moving.until(end)
    return reckoned(State(world, (), end, (), {}, moving, {})).caught


def settled(world: World, clock: datetime) -> datetime:
    """When acts are reckoned that came to an end at a moment.

    After the case's last payment, so that nobody gains by stopping the clock before the thieves
    move; and later by the longest that somebody may take, so that what nobody confirms has lapsed
    and what was asked is answered.

    Args:
        world: the case.
        clock: where who acted has left it.
    """
    law = world.terms
    hours = max(
        law.exchange_answers[1], law.intelligence_answers[1], law.prosecutor[1] + law.judge[1]
    )
    pause = max(law.confirm_within, timedelta(hours=hours))
    return max(clock, world.transactions[-1].time) + pause


class _Books:
    """Traces of the ledgers as they stood after so many rows, each made once."""

    def __init__(self, state: State) -> None:
        self.state, self._made = state, dict[tuple[LedgerName, int], _Book]()

    def at(self, name: LedgerName, count: int) -> _Book:
        """One token after the first so many rows of all."""
        if (name, count) not in self._made:
            self._made[name, count] = _Book(self.state, name, self.state.moving.rows[:count])
        return self._made[name, count]

    def worth(self, freeze: Freezing) -> Worth:
        """Rules 4 and 5; what has not begun was worth nothing."""
        name, address = freeze.spot
        asked = self.at(name, freeze.asked)
        if freeze.began is None:
            return Worth(freeze.number, name, address, asked.held(address), 0, 0, 0)
        began = self.at(name, freeze.began)
        end = self.at(name, len(self.state.moving.rows) if freeze.ended is None else freeze.ended)
        return Worth(
            number=freeze.number,
            ledger=name,
            address=address,
            asked=asked.held(address),
            caught=began.held(address),
            late=began.paid(address) - asked.paid(address),
            harm=end.clean(address),
        )


class _Book:
    """One token's stolen value after some rows."""

    def __init__(self, state: State, name: LedgerName, rows: list[Row]) -> None:
        self.state, self.name = state, name
        self.rows = [each for each in rows if each.ledger == name]
        self.made = {each.planned for each in rows}

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger.read(table(self.rows))

    @cached_property
    def _trace(self) -> Trace | None:
        """From the thefts and the releases; None where there were none yet."""
        world = self.state.world
        begins = world.thefts | {release for _, release in world.crossings}
        seeds = [number for number, each in enumerate(self.rows) if each.planned in begins]
        if not seeds:
            return None
        return trace(self._ledger, world.policy, seeds, stop=Stop(services=world.ends))

    @cached_property
    def _nodes(self) -> dict[Address, tuple[int, int]]:
        """What of it an address holds, and what it has paid out."""
        if self._trace is None:
            return {}
        columns = self._trace.nodes.select("account", "held", "paid").iter_rows()
        return {checksum(name): (held, paid) for name, held, paid in columns}

    def held(self, address: Address) -> int:
        """Stolen value there."""
        return self._nodes.get(address, (0, 0))[0]

    def paid(self, address: Address) -> int:
        """Stolen value that left it."""
        return self._nodes.get(address, (0, 0))[1]

    def clean(self, address: Address) -> int:
        """What is there, or was seized from there, of an innocent person's; rule 5."""
        if address in self.state.world.guilty or not self.rows:
            return 0
        wallet = self.state.world.wallet
        taken = sum(
            each.amount for each in self.rows if (each.payer, each.payee) == (address, wallet)
        )
        stolen = sum(
            value for row, value in self._moved if (row.payer, row.payee) == (address, wallet)
        )
        return self._ledger.balance(address) - self.held(address) + taken - stolen

    @cached_property
    def _moved(self) -> list[tuple[Row, int]]:
        """Rows that moved stolen value, with how much."""
        if self._trace is None:
            return []
        places = {(each.block, each.index): each for each in self.rows}
        hops = self._trace.hops.select("block", "transaction", "tainted").iter_rows()
        return [(places[block, index], tainted) for block, index, tainted in hops]

    @property
    def share(self) -> Share:
        """Rule 1."""
        if self._trace is None:
            return Share()
        totals, world, moving = self._trace.totals, self.state.world, self.state.moving
        out = {entry for entry, release in world.crossings if release in self.made}
        crossed = sum(value for row, value in self._moved if row.planned in out)
        frozen = sum(
            held
            for address, (held, _) in self._nodes.items()
            if moving.is_frozen((self.name, address))
        )
        seized, handed = self.held(world.wallet), self.held(world.reserve)
        return Share(
            stolen=totals["seeded"],
            spoiled=totals["spoiled"],
            free=totals["held"] - frozen - seized - handed,
            frozen=frozen,
            seized=seized,
            handed_over=handed,
            lost=totals["stopped"] + totals["destroyed"] - crossed,
            crossed=crossed,
        )
