"""Following value through a ledger: the trace, its hop ledger and its table of accounts.

Rules:

1. A trace names its policy (``sandbox.forensics.policies``): where the money "is" depends on it.
2. Seeds are rows: what they moved is what is traced. A theft is the row by which it was taken.
3. Tainted value is not followed beyond a stop: a service (an exchange's own books say what goes
   on there), dust, a number of hops; a trace ends at a moment, or once enough is located at
   services. The account at which it stopped says so: its figures are complete only without a stop.
4. Nothing is lost: what the seeds made tainted, and poison spoiled, is held, stopped or destroyed.
5. A movement's ``hop`` is 0 for a seed, else one more than its payer's: the least by which taint
   that it still holds has reached the payer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from sandbox.forensics import kernels, running
from sandbox.forensics.accounts import spelt
from sandbox.forensics.amounts import NARROW, WIDEST, in_common_units, money
from sandbox.forensics.errors import CannotTrace
from sandbox.forensics.kernels import Rows, State, Stops
from sandbox.forensics.ledger import Ledger
from sandbox.forensics.policies import Policy, policy_of

STOPS: Final = {
    kernels.SERVICE: "service",
    kernels.DUST: "dust",
    kernels.HOPS: "hops",
    kernels.TIME: "time",
    kernels.AMOUNT: "amount",
}
"""The stops by their bits."""
_WORDS: Final = [
    "+".join(word for bit, word in STOPS.items() if bits & bit)
    for bits in range(2 * kernels.AMOUNT)
]
_ENDLESS: Final = 2**31 - 1
Seeds = str | bytes | int | Iterable[str | bytes | int]


@dataclass(frozen=True, kw_only=True)
class Stop:
    """Where a trace is not followed further; nowhere, unless said.

    Attributes:
        services: accounts whose own books say what goes on behind them, with a tag each.
        dust: tainted movements of less are not followed, minor units.
        hops: the last movement that is followed; 0 looks at the seeds alone.
        until: the last block, or moment, that is looked at; backward the first.
        enough: the trace ends when so much lies at services, minor units.
    """

    services: Mapping[str, str] = field(default_factory=dict)
    dust: int = 0
    hops: int | None = None
    until: int | datetime | None = None
    enough: int | None = None


@dataclass(frozen=True, eq=False)
class Trace:
    """What a trace found.

    Attributes:
        ledger: what was traced.
        policy: by which rule.
        backward: in which direction.
        stop: where it was not followed.
        seeds: numbers of the rows that began it.
        state: what the kernel found, in ``unit``, row by row in the direction of the walk.
        unit: minor units in one.
        looked: how many rows were looked at.
    """

    ledger: Ledger
    policy: Policy
    backward: bool
    stop: Stop
    seeds: tuple[int, ...]
    state: State
    unit: int
    looked: int

    @cached_property
    def hops(self) -> pl.DataFrame:
        """The hop ledger: each row that moved tainted value, in the order of the ledger.

        Columns: those of the ledger; ``tainted`` (minor units, at most ``amount``), ``hop``, and
        ``stop`` (empty where it was followed).
        """
        found = self._found
        return self.ledger.rows(self._rows(found)).with_columns(
            money("tainted", self.state.moved[found], self.unit),
            pl.Series("hop", self.state.number[found]),
            _words("stop", self.state.stop[found]),
        )

    @cached_property
    def nodes(self) -> pl.DataFrame:
        """Every account that tainted value reached.

        Columns: ``account``; ``tag`` of a service; ``held``, tainted and still there; ``stopped``,
        tainted and not followed further; ``received`` and ``paid``, tainted, in all (what seeds
        took away is not paid); ``hop``, the least of what it received; ``complete``, and otherwise
        the ``stop`` that was met. The zero address stands for what was destroyed (backward:
        issued).
        """
        state, found = self.state, self._found
        payer, payee = self._ends(found)
        moved = money("tainted", state.moved[found], self.unit)
        arrived = pl.DataFrame({"number": payee, "received": moved, "hop": state.number[found]})
        left = pl.DataFrame({"number": payer, "paid": moved, "hop": state.number[found]})
        each = arrived.group_by("number").agg(pl.sum("received"), pl.min("hop"))
        paid = left.filter(pl.col("hop") > 0).group_by("number").agg(pl.sum("paid"))
        touched = each.join(paid, on="number", how="left").with_columns(pl.col("paid").fill_null(0))
        numbers = touched["number"].to_numpy()
        services = {spelt(name): tag for name, tag in self.stop.services.items()}
        names = self.ledger.names.gather(numbers)
        return touched.select(
            names.alias("account"),
            pl.Series("tag", [services.get(name) for name in names.to_list()], dtype=pl.String),
            money("held", state.taint[numbers], self.unit),
            money("stopped", state.stopped[numbers], self.unit),
            "received",
            "paid",
            "hop",
            pl.Series("complete", self._why[numbers] == 0),
            _words("stop", self._why[numbers]),
        ).sort(["held", "stopped", "account"], descending=[True, True, False])

    @property
    def totals(self) -> dict[str, int]:
        """Where it all is: ``seeded`` + ``spoiled`` = ``held`` + ``stopped`` + ``destroyed``."""
        state = self.state
        destroyed = int(state.taint[0])
        sums = {
            "seeded": _sum(state.added),
            "spoiled": _sum(state.spoiled),
            "held": _sum(state.taint) - destroyed,
            "stopped": _sum(state.stopped),
            "destroyed": destroyed,
        }
        return {name: value * self.unit for name, value in sums.items()}

    @property
    def complete(self) -> bool:
        """Whether everything was followed to its end."""
        return not self._why.any()

    def __repr__(self) -> str:
        way = "backward" if self.backward else "forward"
        where = ", ".join(f"{name} {value}" for name, value in self.totals.items() if value)
        return f"<{self.policy} {way} from {len(self.seeds)} rows: {where or 'nothing'}>"

    @cached_property
    def _found(self) -> NDArray[Any]:
        """Rows of the walk that moved something, in the order of the ledger."""
        found = np.flatnonzero(self.state.number >= 0)
        return found[::-1] if self.backward else found

    def _rows(self, walked: NDArray[Any]) -> NDArray[Any]:
        """The ledger's numbers of rows of the walk."""
        return len(self.ledger) - 1 - walked if self.backward else walked

    def _ends(self, walked: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        """From whom and to whom rows of the walk lead."""
        rows = self._rows(walked)
        payer, payee = self.ledger.payer[rows], self.ledger.payee[rows]
        return (payee, payer) if self.backward else (payer, payee)

    @cached_property
    def _why(self) -> NDArray[Any]:
        """The stops that were met at each account, the end of the trace included."""
        why = self.state.why.copy()
        within = len(self.state.moved)
        for first, last, bit in (
            (self.looked, within, kernels.AMOUNT),
            (within, len(self.ledger), kernels.TIME),
        ):
            later = np.zeros(len(why), bool)
            later[self._ends(np.arange(first, last))[0]] = True
            why[later & (self.state.taint > 0)] |= bit
        why[0] = 0
        return why


def trace(
    ledger: Ledger,
    policy: str,
    seeds: Seeds,
    *,
    stop: Stop | None = None,
    backward: bool = False,
) -> Trace:
    """Follow value through a ledger.

    Args:
        ledger: the movements of one token.
        policy: ``poison``, ``haircut``, ``fifo``, ``lifo`` or ``libr``; see
            ``sandbox.forensics.policies``.
        seeds: the rows that moved what is traced: hashes of transactions (all their rows), or
            numbers of rows as ``ledger.find`` gives them.
        stop: where not to follow.
        backward: where it came from instead of where it went.

    Raises:
        CannotTrace: ``forensics.policy_unknown``, ``forensics.policy_tiho``,
            ``forensics.policy_forward_only``, ``forensics.seed_unknown``,
            ``forensics.stop_malformed``.
    """
    rule, stop = policy_of(policy, backward=backward), stop or Stop()
    rows = _seeds(ledger, seeds)
    within = _within(ledger, stop.until, backward=backward)
    amount, held, unit = ledger.amount, ledger.closing if backward else ledger.opening, 1
    if amount.dtype == object and rule is not Policy.HAIRCUT:
        unit, amount, held = in_common_units(amount, held)
    marked = np.zeros(len(ledger), np.uint8)
    marked[list(rows)] = 1
    columns = (ledger.payer, ledger.payee, amount, marked)
    if backward:
        columns = (ledger.payee[::-1], ledger.payer[::-1], amount[::-1], marked[::-1])
    walk = Rows(*(np.ascontiguousarray(each[:within]) for each in columns))
    state, looked = running.run(rule, walk, _stops(ledger, stop, amount, unit), held)
    return Trace(ledger, rule, backward, stop, rows, state, unit, looked)


def _seeds(ledger: Ledger, seeds: Seeds) -> tuple[int, ...]:
    """The rows that are meant, once each; none at all is refused."""
    listed = [seeds] if isinstance(seeds, (str, bytes, int)) else list(seeds)
    found: set[int] = set()
    for each in listed:
        if isinstance(each, (str, bytes)):
            rows = ledger.find(hash=each if isinstance(each, str) else "0x" + each.hex())
        else:
            rows = [int(each)] if 0 <= each < len(ledger) else []
        if not rows:
            shown = "0x" + each.hex() if isinstance(each, bytes) else str(each)
            raise CannotTrace("forensics.seed_unknown", seed=shown[:80])
        found.update(rows)
    if not found:
        raise CannotTrace("forensics.seed_unknown", seed="")
    return tuple(sorted(found))


def _within(ledger: Ledger, until: int | datetime | None, *, backward: bool) -> int:
    """How many rows of the walk lie within the moment that was given."""
    if until is None:
        return len(ledger)
    column = "block" if isinstance(until, int) else "time"
    if column not in ledger.places.columns:
        raise CannotTrace("forensics.stop_malformed", name="until")
    moments = ledger.places[column]
    return int(((moments >= until) if backward else (moments <= until)).sum())


def _stops(ledger: Ledger, stop: Stop, amount: NDArray[Any], unit: int) -> Stops:
    """The stops in numbers; thresholds rounded up to whole units, which decides the same."""
    numbers = {"dust": stop.dust, "hops": stop.hops or 0, "enough": stop.enough or 0}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise CannotTrace("forensics.stop_malformed", name=name)
    service = np.zeros(len(ledger.names), np.uint8)
    known = (ledger.number(name) for name in stop.services)
    service[[each for each in known if each]] = 1
    last = _ENDLESS if stop.hops is None else min(stop.hops, _ENDLESS)
    most = WIDEST if amount.dtype == object else NARROW  # nothing is so large: it is never reached
    dust, enough = (min(-(-each // unit), most) for each in (stop.dust, stop.enough or 0))
    return Stops(service, dust, last, enough)


def _sum(values: NDArray[Any]) -> int:
    return sum(values.tolist()) if values.dtype == object else int(values.sum())


def _words(name: str, bits: NDArray[Any]) -> pl.Series:
    return pl.Series(name, _WORDS, dtype=pl.String).gather(bits)
