"""An answer: what a trainee found, as JSON.

Rules:

1. One object with ``policy``, ``addresses``, ``hops``, ``located``, and what a lab asks for
   besides: ``attribution``, ``recovery``, ``exhibit``, ``sums``, ``method``, ``texts``, ``acts``,
   ``clock``. Nothing
   else, each name once.
2. Amounts are text of digits, minor units; a probability is whole thousandths. An address, a hop or
   a place of value is said once.
3. At most ``MOST_BYTES``; what is larger is refused unread.

>>> sent = b'{"policy": "fifo", "addresses": [], "hops": [], "located": []}'
>>> Answer.read(sent).policy
'fifo'
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from sandbox.forensics.accounts import spelt
from sandbox.forensics.acting.acts import MOST_ACTS, Act, checked, moment_of
from sandbox.forensics.acting.errors import CannotAct
from sandbox.forensics.cases.scene import LedgerName
from sandbox.forensics.five_rules import PlaceName
from sandbox.forensics.policies import Policy
from sandbox.forensics.scoring.errors import CannotScore
from sandbox.kit.strict_json import read_object

MOST_BYTES: Final = 2_000_000
MOST_ROWS: Final = 5_000
_OPENINGS: Final = 20_000
_FURTHEST: Final = 2**53 - 1
_WHERE: Final = re.compile(r"at `\$\.?([^`]*)`")

AddressText = Annotated[
    str, Meta(pattern=r"^0x[0-9a-fA-F]{40}$", min_length=42, max_length=42, examples=["0x…"])
]
"""``0x`` and 40 hexadecimal digits, capitals or small letters."""
AmountText = Annotated[str, Meta(pattern=r"^(0|[1-9][0-9]{0,77})$(?!\n)", examples=["1250000"])]
"""Minor units, digits."""
Count = Annotated[int, Meta(ge=0, le=_FURTHEST)]
"""A place in a chain."""
Permille = Annotated[int, Meta(ge=0, le=1_000)]
"""A probability or a rate in thousandths."""
Heuristic = Literal[
    "airdrop",
    "authorisation",
    "bridge",
    "busy",
    "deposit",
    "funder",
    "mixer",
    "name",
    "peel",
    "tag",
]
"""By which an answer can say that it joined or named addresses."""
Limit = Literal["bridge", "gold", "mixer", "policy", "services", "tags"]
"""What keeps a result from being certain; see ``sandbox.forensics.scoring.method``."""
TextName = Literal["summary", "policy_reason", "limits", "conclusion"]


class Hop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row of the trainee's hop ledger.

    Attributes:
        ledger: ``kgst``, ``som`` or ``usdkg``.
        block: of the row.
        transaction: in the block.
        log: in the transaction.
        tainted: how much of it is traced, minor units.
    """

    ledger: LedgerName
    block: Count
    transaction: Count
    log: Count
    tainted: AmountText

    @property
    def place(self) -> tuple[LedgerName, int, int, int]:
        """Where it stands."""
        return self.ledger, self.block, self.transaction, self.log


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Value at an address: located there, or to be frozen there.

    Attributes:
        ledger: ``kgst``, ``som`` or ``usdkg``.
        address: which holds it, or the service at which it stopped.
        amount: minor units.
    """

    ledger: LedgerName
    address: AddressText
    amount: AmountText

    @property
    def place(self) -> tuple[LedgerName, str]:
        """Ledger and address, without regard to capitals."""
        return self.ledger, spelt(self.address)


class Claim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who stands behind an address.

    Attributes:
        address: of which.
        label: a service's name or kind, or a name of the trainee's own for one person: the same
            for all addresses of that person.
        permille: how probable it is, thousandths.
    """

    address: AddressText
    label: Annotated[str, Meta(min_length=1, max_length=80)]
    permille: Permille


class Enclosed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An exhibit without its ledger, which the marker has.

    Attributes:
        document: the text of ``exhibit.jsonld``.
        head: the hash of the last entry, as it was noted.
        traces: the JSON of each hop ledger, by the name that the chain of custody gives it.
    """

    document: Annotated[str, Meta(max_length=1_000_000)]
    head: Annotated[str, Meta(max_length=64)]
    traces: Annotated[dict[str, str], Meta(max_length=6)] = {}


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A heuristic that was used.

    Attributes:
        name: one of ``Heuristic``.
        error_permille: how often it is wrong, thousandths, as far as is known.
    """

    name: Heuristic
    error_permille: Permille


class Disclosed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it was found, and what keeps it from being certain.

    Attributes:
        heuristics: each that was used, with its error rate.
        limits: each that applies to this case.
    """

    heuristics: Annotated[list[Rate], Meta(max_length=20)] = []
    limits: Annotated[list[Limit], Meta(max_length=20)] = []


class Summed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a policy says lies at a place that was asked for.

    Attributes:
        place: ``a``, ``b`` or ``c``; see ``sandbox.forensics.five_rules``.
        policy: by which.
        amount: minor units of KGST.
    """

    place: PlaceName
    policy: Policy
    amount: AmountText


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a trainee found.

    Attributes:
        policy: by which the money was followed, declared.
        addresses: used for the thieves' money.
        hops: the hop ledger.
        located: where the value lies at the end of the case.
        attribution: who stands behind addresses.
        recovery: what is to be frozen.
        exhibit: what anybody can make again.
        sums: what each policy says lies at the places that were asked for.
        method: heuristics and limits.
        texts: for a human marker.
        acts: what was done with the law's clock, in order (``sandbox.forensics.acting``).
        clock: the moment of the case's own time up to which that was, as ``2026-03-16T08:00:00Z``;
            the last act's, unless given.
    """

    policy: Annotated[str, Meta(extra_json_schema={"enum": sorted(Policy)})]
    addresses: Annotated[list[AddressText], Meta(max_length=MOST_ROWS)]
    hops: Annotated[list[Hop], Meta(max_length=MOST_ROWS)]
    located: Annotated[list[Held], Meta(max_length=MOST_ROWS)]
    attribution: Annotated[list[Claim], Meta(max_length=MOST_ROWS)] = []
    recovery: Annotated[list[Held], Meta(max_length=MOST_ROWS)] = []
    exhibit: Enclosed | None = None
    sums: Annotated[list[Summed], Meta(max_length=100)] = []
    method: Disclosed = Disclosed()
    texts: dict[TextName, Annotated[str, Meta(max_length=20_000)]] = {}
    acts: Annotated[list[Act], Meta(max_length=MOST_ACTS)] = []
    clock: Annotated[str, Meta(max_length=20)] = ""

    @classmethod
    def read(cls, sent: bytes) -> Answer:
        """Read an answer.

        Args:
            sent: JSON in UTF-8.

        Raises:
            CannotScore: ``scoring.too_large``, ``scoring.not_an_answer``,
                ``scoring.policy_unknown``, ``scoring.address_malformed``,
                ``scoring.amount_malformed``, ``scoring.field_wrong``, ``scoring.said_twice``.
        """
        if len(sent) > MOST_BYTES:
            raise CannotScore("scoring.too_large", most=MOST_BYTES)
        try:
            said = read_object(sent, openings=_OPENINGS)
            msgspec.json.encode(said)  # half a character is none
        except (ValueError, TypeError) as error:
            raise CannotScore("scoring.not_an_answer") from error
        try:
            found = msgspec.convert(said, type=cls)
        except msgspec.ValidationError as error:
            raise _named(str(error)) from error
        _check(found)
        return found


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of an answer."""
    return msgspec.json.schema(Answer)


def _check(said: Answer) -> None:
    """What no schema can say, and the policy, whose error names those that there are."""
    if said.policy not in list(Policy):
        raise CannotScore("scoring.policy_unknown", known=", ".join(Policy))
    _once("addresses", (spelt(each) for each in said.addresses))
    _once("hops", (each.place for each in said.hops))
    _once("located", (each.place for each in said.located))
    _once("attribution", (spelt(each.address) for each in said.attribution))
    _once("recovery", (each.place for each in said.recovery))
    _once("sums", ((each.place, each.policy) for each in said.sums))
    _once("method.heuristics", (each.name for each in said.method.heuristics))
    _once("method.limits", said.method.limits)
    try:
        checked(said.acts)
        if said.clock:
            moment_of(said.clock)
    except CannotAct as error:
        raise CannotScore("scoring.field_wrong", where="acts") from error


def _named(reason: str) -> CannotScore:
    """The error of what a schema refuses: by the field in which it is."""
    found = _WHERE.search(reason)
    where = found[1] if found else ""
    last = where.rpartition(".")[2]
    if last == "address" or where.startswith("addresses["):
        return CannotScore("scoring.address_malformed", where=where)
    if last in {"amount", "tainted"}:
        return CannotScore("scoring.amount_malformed", where=where)
    return CannotScore("scoring.field_wrong", where=where or "$")


def _once(name: str, places: Iterable[Hashable]) -> None:
    seen: set[Hashable] = set()
    for place in places:
        if place in seen:
            raise CannotScore("scoring.said_twice", name=name, place=_shown(place))
        seen.add(place)


def _shown(place: Hashable) -> str:
    parts = place if isinstance(place, tuple) else (place,)
    return " / ".join(map(str, parts))[:120]
