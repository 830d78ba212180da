"""The truth of a case, in two layers: who controls an address, and where the stolen value lies.

Rules:

1. Control: owner, role and service of every address. ``guilty`` is what the plan used for the
   thieves' money: their wallets, their mules', and their deposit addresses at exchanges.
2. Value: by each policy, at the last report and at the end, exact to the minor unit, because
   ``sandbox.forensics.trace`` reckons it. From ``thefts``: what the reported payments moved,
   followed up to services (``sandbox.forensics.cases.scene.SERVICES``). From ``releases``: what
   services paid out again to the gang, which the plan knows and no ledger says; it begins anew with
   the whole of each release.
3. The expected hop ledger is the trace from the thefts by the recipe's policy on the KGST ledger.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Literal

from sandbox.forensics.cases.case import Public
from sandbox.forensics.cases.recipes import Recipe
from sandbox.forensics.cases.scene import LEDGERS, SERVICES, LedgerName, Role
from sandbox.forensics.cases.sealed import Secrets
from sandbox.forensics.policies import Policy
from sandbox.forensics.tracing import Stop, Trace, trace
from sandbox.kit.canonical import canonical
from sandbox.kit.ids import checksum

Origin = Literal["thefts", "releases"]
_TRACED: Final[tuple[tuple[LedgerName, Origin], ...]] = (
    ("kgst", "thefts"),
    ("kgst", "releases"),
    ("som", "releases"),
    ("usdkg", "releases"),
)
_SHOWN: Final = (
    "block",
    "transaction",
    "log",
    "payer",
    "payee",
    "amount",
    "tainted",
    "hop",
    "stop",
)


@dataclass(frozen=True)
class Value:
    """Where the value lay.

    Attributes:
        ledger: in which token.
        origin: from the thefts, or from what services paid out again.
        policy: by which rule.
        block: after which block of its chain.
        lies: minor units by address: still held, and not followed further because it is a service.
        totals: as ``Trace.totals``.
    """

    ledger: LedgerName
    origin: Origin
    policy: str
    block: int
    lies: Mapping[str, tuple[int, int]]
    totals: Mapping[str, int]

    def as_data(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "ledger": self.ledger,
            "origin": self.origin,
            "policy": self.policy,
            "block": self.block,
            "lies": {name: [str(each) for each in pair] for name, pair in self.lies.items()},
            "totals": {name: str(each) for name, each in self.totals.items()},
        }


@dataclass(frozen=True, repr=False)
class Truth:
    """The whole truth; ``Case.truth`` makes it.

    Attributes:
        recipe: by which the case was planned.
        secrets: what the plan knows.
        places: ledger, block and index of every transaction.
        values: where the value lay.
        hops: the expected hop ledger, row by row.
    """

    recipe: Recipe
    secrets: Secrets
    places: tuple[list[Any], ...]
    values: tuple[Value, ...]
    hops: tuple[dict[str, Any], ...]

    @classmethod
    def found(cls, public: Public, secrets: Secrets, recipe: Recipe) -> Truth:
        """Trace everything.

        Args:
            public: the case.
            secrets: what the plan knows.
            recipe: which says by which policy the hop ledger is.
        """
        tracer = _Tracer(public, secrets)
        hops = tracer.traced("kgst", "thefts", recipe.policy, tracer.last("kgst"))
        places = tuple(each.place for each in public.transactions)
        return cls(recipe, secrets, places, tuple(tracer.values()), tuple(_rows(hops)))

    @cached_property
    def guilty(self) -> Mapping[str, int]:
        """The addresses that were used for the thieves' money, with what they received, tyiyn."""
        return {each.address: each.weight for each in self.secrets.control if each.guilty}

    def as_data(self) -> dict[str, Any]:
        """Everything as JSON values."""
        return {
            "recipe": self.recipe.as_data(),
            "control": [
                asdict(each) | {"weight": str(each.weight)} for each in self.secrets.control
            ],
            "names": dict(self.secrets.names),
            "records": list(self.secrets.records),
            "purposes": [
                [*place, purpose]
                for place, purpose in zip(self.places, self.secrets.purposes, strict=True)
            ],
            "stolen": [self.places[each] for each in self.secrets.stolen],
            "crossings": [
                [service, self.places[entry], self.places[release]]
                for service, entry, release in self.secrets.crossings
            ],
            "values": [each.as_data() for each in self.values],
            "hops": list(self.hops),
        }

    def canonical(self) -> bytes:
        """The only form of its JSON."""
        return canonical(self.as_data())

    def __repr__(self) -> str:
        return f"<truth: {len(self.guilty)} guilty addresses, {len(self.values)} traces>"


def services(secrets: Secrets) -> dict[str, str]:
    """At which addresses a trace stops, with their roles.

    Args:
        secrets: what the plan knows.
    """
    return {each.address: each.role for each in secrets.control if Role(each.role) in SERVICES}


def seeds(public: Public, secrets: Secrets, name: LedgerName, origin: Origin) -> list[int]:
    """Rows of a token's ledger with which a trace begins; none where there are none.

    Args:
        public: the case.
        secrets: what the plan knows.
        name: ``kgst``, ``som`` or ``usdkg``.
        origin: the reported thefts, or what services paid out again to the gang.
    """
    if origin == "thefts":
        wanted = [each.transaction for each in public.reports]
    else:
        wanted = [public.transactions[release] for _, _, release in secrets.crossings]
    places = {(each.block, each.index) for each in wanted if each.ledger == name}
    rows = (each for each in public.transactions if each.ledger == name)
    return [row for row, each in enumerate(rows) if (each.block, each.index) in places]


class _Tracer:
    """Traces of one case."""

    def __init__(self, public: Public, secrets: Secrets) -> None:
        self.public, self.secrets = public, secrets
        self.services = services(secrets)
        self.ledgers = {name: public.ledger(name) for name in LEDGERS}

    def values(self) -> list[Value]:
        """By each policy, at each block of interest."""
        return [
            self._value(name, origin, policy, block)
            for name, origin in _TRACED
            if self._seeds(name, origin)
            for policy in Policy
            for block in sorted({self._reported(name), self.last(name)})
        ]

    def traced(self, name: LedgerName, origin: Origin, policy: str, block: int) -> Trace:
        """One trace, up to the services and a block."""
        seeds = self._seeds(name, origin)
        stop = Stop(services=self.services, until=block)
        return trace(self.ledgers[name], policy, seeds, stop=stop)

    def last(self, name: LedgerName) -> int:
        """The last block of a token's ledger."""
        return max(each.block for each in self.public.transactions if each.ledger == name)

    def _value(self, name: LedgerName, origin: Origin, policy: str, block: int) -> Value:
        found = self.traced(name, origin, policy, block)
        lies: dict[str, tuple[int, int]] = {
            checksum(account): (held, stopped)
            for account, held, stopped in found.nodes.select(
                "account", "held", "stopped"
            ).iter_rows()
            if held or stopped
        }
        return Value(name, origin, policy, block, lies, found.totals)

    def _reported(self, name: LedgerName) -> int:
        """The last block before the last report."""
        moment = max(each.moment for each in self.public.reports)
        seen = [
            each.block
            for each in self.public.transactions
            if each.ledger == name and each.time <= moment
        ]
        return max(seen, default=1)

    def _seeds(self, name: LedgerName, origin: Origin) -> list[int]:
        return seeds(self.public, self.secrets, name, origin)


def _rows(found: Trace) -> list[dict[str, Any]]:
    """A hop ledger as JSON values."""
    return [
        row
        | {"payer": checksum(row["payer"]), "payee": checksum(row["payee"])}
        | {name: str(row[name]) for name in ("amount", "tainted")}
        for row in found.hops.select(_SHOWN).iter_rows(named=True)
    ]
