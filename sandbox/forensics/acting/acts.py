"""Acts: what a trainee did on a case, an append-only list as JSON.

Rules:

1. One object: ``version`` and ``acts``. An act's number is its place in the list, from 1; nothing
   is taken back, and no act is earlier than the one before it.
2. Moments are of the case's own time, UTC, to the second. Amounts are digits, minor units.
3. At most ``MOST_BYTES`` and ``MOST_ACTS``; what is larger is refused unread.

>>> lift = b'{"kind": "lift", "at": "2026-03-16T08:00:00Z", "by": "aida", "freeze": 1}'
>>> read(b'{"version": 1, "acts": [' + lift + b"]}")[0].by
'aida'
"""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from sandbox.forensics.acting.errors import CannotAct
from sandbox.forensics.cases.scene import LedgerName
from sandbox.kit.ids import Address, checksum
from sandbox.kit.strict_json import read_object

VERSION: Final = 1
MOST_BYTES: Final = 1_000_000
MOST_ACTS: Final = 200
_OPENINGS: Final = 20_000
_MOMENT: Final = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_DIGITS: Final = re.compile(r"[1-9][0-9]{0,77}", re.ASCII)
_PERSON: Final = re.compile(r"[\w.@+-]{1,64}")
_LONGEST: Final = 10_000
"""Characters of what a motion tells."""

_FEW: Final = msgspec.Meta(max_length=40)
_SOME: Final = msgspec.Meta(max_length=400)
"""How many things an act may name."""

Asked = Literal["customer", "since", "deposits", "payouts"]
Measure = Literal["records", "freeze", "seize", "hand_over"]
Place = tuple[LedgerName, int, int]
"""Ledger, block and transaction in it."""


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address on a ledger.

    Attributes:
        ledger: ``kgst``, ``som`` or ``usdkg``.
        address: of which.
    """

    ledger: LedgerName
    address: str

    @property
    def place(self) -> tuple[LedgerName, Address]:
        """Ledger and address, spelt in one way."""
        return self.ledger, spelt(self.address)


class Grounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a motion aims at a target; one of the three is enough.

    Attributes:
        route: transactions that lead from a reported one to the target, each from where the one
            before it went.
        answer: number of the request whose answer names the target.
        paper: number of the case's paper in which it stands, from 0.
    """

    route: Annotated[list[Place], _SOME] | None = None
    answer: int | None = None
    paper: int | None = None


class Aim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One target of a motion.

    Attributes:
        ledger: ``kgst``, ``som`` or ``usdkg``.
        address: of which.
        amount: that is claimed, minor units; empty where none is.
        grounds: why.
    """

    ledger: LedgerName
    address: str
    amount: str = ""
    grounds: Grounds = msgspec.field(default_factory=Grounds)

    @property
    def place(self) -> tuple[LedgerName, Address]:
        """Ledger and address, spelt in one way."""
        return self.ledger, spelt(self.address)


class _Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", kw_only=True):
    at: str
    by: str

    @property
    def moment(self) -> datetime:
        """When it was done."""
        return moment_of(self.at)


class Request(_Act, frozen=True, tag="request", kw_only=True):
    """A request to an exchange.

    Attributes:
        to: which.
        addresses: about which deposit addresses.
        asks: what; ``payouts`` needs the judge's order (``basis``).
        first: the first moment that is asked about.
        last: the last.
        basis: number of a motion for records, or none.
    """

    to: str
    addresses: Annotated[list[str], _FEW]
    asks: Annotated[list[Asked], _FEW]
    first: str
    last: str
    basis: int | None = None


class Motion(_Act, frozen=True, tag="motion", kw_only=True):
    """A motion to the prosecutor, who agrees or returns it, and then the investigating judge.

    Attributes:
        measure: what is moved for.
        facts: what happened, in words.
        report: number of a reported payment, from 1, or 0.
        policy: by which the money was followed.
        targets: at what it aims.
        days: how long a freeze is to last, or 0.
        confirms: number of the urgent freeze that it is to confirm, or none.
    """

    measure: Measure
    facts: str = ""
    report: int = 0
    policy: str = ""
    targets: Annotated[list[Aim], _FEW] = msgspec.field(default_factory=list)
    days: int = 0
    confirms: int | None = None


class Intelligence(_Act, frozen=True, tag="intelligence", kw_only=True):
    """A question to the financial intelligence service: information only, not evidence.

    Attributes:
        address: about which.
    """

    address: str


class Freeze(_Act, frozen=True, tag="freeze", kw_only=True):
    """An order to the issuer to freeze an address.

    Attributes:
        target: which.
        basis: number of the motion that was granted; without it the urgent route.
    """

    target: Target
    basis: int | None = None


class Lift(_Act, frozen=True, tag="lift", kw_only=True):
    """An order to the issuer to lift a freeze.

    Attributes:
        freeze: its number.
    """

    freeze: int


class Seize(_Act, frozen=True, tag="seize", kw_only=True):
    """Money from a frozen address into the police wallet.

    Attributes:
        second: who signs with ``by``.
        target: from where.
        amount: minor units.
        basis: number of the motion that was granted.
    """

    second: str
    target: Target
    amount: str
    basis: int


class HandOver(_Act, frozen=True, tag="hand_over", kw_only=True):
    """Seized money from the police wallet to the state reserve.

    Attributes:
        second: who signs with ``by``.
        target: from where it was seized.
        amount: minor units.
        basis: number of the motion that was granted.
    """

    second: str
    target: Target
    amount: str
    basis: int


Act = Request | Motion | Intelligence | Freeze | Lift | Seize | HandOver


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: Literal[1]
    acts: list[Act]


def read(sent: bytes) -> tuple[Act, ...]:
    """Read a list of acts.

    Args:
        sent: JSON in UTF-8.

    Raises:
        CannotAct: ``acting.too_large``, ``acting.not_acts``, ``acting.moment_malformed``,
            ``acting.earlier``, ``acting.person_malformed``, ``acting.address_malformed``,
            ``acting.amount_malformed``, ``acting.facts_too_long``.
    """
    if len(sent) > MOST_BYTES:
        raise CannotAct("acting.too_large", most=MOST_BYTES)
    try:
        found = msgspec.convert(read_object(sent, openings=_OPENINGS), type=_Document)
    except (msgspec.ValidationError, ValueError, TypeError) as error:
        raise CannotAct("acting.not_acts", reason=str(error)[:120]) from error
    return checked(found.acts)


def checked(acts: list[Act] | tuple[Act, ...]) -> tuple[Act, ...]:
    """Acts that are well formed and in order; the same errors as ``read``."""
    if len(acts) > MOST_ACTS:
        raise CannotAct("acting.too_many", most=MOST_ACTS)
    for each in acts:
        _check(each)
    for number, (before, after) in enumerate(itertools.pairwise(acts), 2):
        if after.moment < before.moment:
            raise CannotAct("acting.earlier", number=number)
    return tuple(acts)


def written(acts: tuple[Act, ...]) -> dict[str, Any]:
    """A list of acts as JSON values: what ``read`` reads."""
    return {"version": VERSION, "acts": msgspec.to_builtins(acts)}


def schema() -> dict[str, Any]:
    """The JSON schema of a list of acts."""
    return msgspec.json.schema(_Document)


def moment_of(said: str) -> datetime:
    """A moment.

    Args:
        said: as ``2026-03-16T08:00:00Z``.

    Raises:
        CannotAct: ``acting.moment_malformed``.
    """
    try:
        if _MOMENT.fullmatch(said):
            return datetime.fromisoformat(said).astimezone(UTC)
    except ValueError:
        pass
    raise CannotAct("acting.moment_malformed", moment=said[:40])


def spelt(address: str) -> Address:
    """An address with its checksum, whatever its capitals were.

    Raises:
        CannotAct: ``acting.address_malformed``.
    """
    if not _ADDRESS.fullmatch(address):
        raise CannotAct("acting.address_malformed", address=address[:60])
    return checksum(address.lower())


def _check(act: Act) -> None:
    moment_of(act.at)
    for person in (act.by, *([act.second] if isinstance(act, Seize | HandOver) else [])):
        if not _PERSON.fullmatch(person):
            raise CannotAct("acting.person_malformed")
    for amount in _amounts(act):
        if not _DIGITS.fullmatch(amount):
            raise CannotAct("acting.amount_malformed", amount=amount[:60])
    for address in _addresses(act):
        spelt(address)
    if isinstance(act, Motion) and len(act.facts) > _LONGEST:
        raise CannotAct("acting.facts_too_long", most=_LONGEST)
    if isinstance(act, Request) and moment_of(act.first) > moment_of(act.last):
        raise CannotAct("acting.period_backward")


def _amounts(act: Act) -> list[str]:
    if isinstance(act, Motion):
        return [each.amount for each in act.targets if each.amount]
    return [act.amount] if isinstance(act, Seize | HandOver) else []


def _addresses(act: Act) -> list[str]:
    match act:
        case Request():
            return act.addresses
        case Intelligence():
            return [act.address]
        case Motion():
            return [each.address for each in act.targets]
        case Lift():
            return []
        case _:
            return [act.target.address]
