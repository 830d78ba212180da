"""Travel-rule messages: an IVMS 101.2023 payload in an envelope, read one by one.

IVMS 101 says who the people are; which transfer is meant, when and from whom to whom the message
went, each protocol says in its own way. The envelope here is ours::

    {"id": "m-1", "sent": "2026-11-01T10:00:00Z", "sender": "exchange-a", "receiver": "exchange-b",
     "amount": "90000000000000000000000", "hash": "0x…", "ivms101": {…}}

Rules: ``amount`` is whole minor units, as text; ``hash`` is missing in a message that was sent
before the transfer; accounts stand in the payload (``accountNumber`` of the persons). A message
that breaks the standard, or whose id its sender has used before, is no message: it is put aside
with its error, which is a finding. Entities begin with a small letter in JSON (``originator``,
``originatingVASP``).

Source of the payload: IVMS 101.2023, Issue 1 FINAL, section 6; C1 and C4 are checked of
originators, C2 of everybody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import polars as pl
from pydantic import AwareDatetime, Field, StringConstraints, ValidationError, model_validator

from sandbox.forensics.accounts import spelt
from sandbox.forensics.errors import CannotMatch
from sandbox.forensics.travel_rule.ivms101 import (
    BROKEN,
    Local100,
    NaturalPerson,
    Part,
    Person,
    broken,
)
from sandbox.kit.strict_json import read_value

Script = Literal[
    "arab",
    "aran",
    "armn",
    "cyrl",
    "deva",
    "geor",
    "grek",
    "hani",
    "hebr",
    "kana",
    "kore",
    "thai",
    "othr",
]
_REFUSED: Final = dict.fromkeys(("message", "sender", "hash", "code", "field", "why"), pl.String)


class Originator(Part):
    """Who pays. C1, C4."""

    originator_person: Annotated[tuple[Person, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def identified(self) -> Self:
        """More than a name."""
        for person in self.originator_person:
            if not person.known.identified:
                raise broken("c1" if isinstance(person.known, NaturalPerson) else "c4")
        return self


class Beneficiary(Part):
    """Who is paid."""

    beneficiary_person: Annotated[tuple[Person, ...], Field(min_length=1)]


class OriginatingVasp(Part):
    """The provider of who pays."""

    originating_vasp: Annotated[Person | None, Field(alias="originatingVASP")] = None


class BeneficiaryVasp(Part):
    """The provider of who is paid."""

    beneficiary_vasp: Annotated[Person | None, Field(alias="beneficiaryVASP")] = None


class IntermediaryVasp(Part):
    """A provider between both."""

    intermediary_vasp: Annotated[Person, Field(alias="intermediaryVASP")]
    sequence: Annotated[int, Field(ge=0, lt=10**18)]


class TransferPath(Part):
    """Through whom it goes. C12."""

    transfer_path: tuple[IntermediaryVasp, ...] = ()

    @model_validator(mode="after")
    def c12(self) -> Self:
        """Numbered from 0, without a gap."""
        numbers = sorted(each.sequence for each in self.transfer_path)
        if numbers != list(range(len(numbers))):
            raise broken("c12")
        return self


class PayloadMetadata(Part):
    """What the payload says of itself."""

    transliteration_method: tuple[Script, ...] = ()
    payload_version: Literal["101.2023"]


class Payload(Part):
    """An IVMS 101.2023 payload."""

    originator: Originator
    beneficiary: Beneficiary
    originating_vasp: Annotated[OriginatingVasp | None, Field(alias="originatingVASP")] = None
    beneficiary_vasp: Annotated[BeneficiaryVasp | None, Field(alias="beneficiaryVASP")] = None
    transfer_path: TransferPath | None = None
    payload_metadata: PayloadMetadata


class Message(Part):
    """A message from one provider to another."""

    id: Local100
    sent: AwareDatetime
    sender: Local100
    receiver: Local100
    amount: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,78}$")]
    hash: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-fA-F]{64}$")] | None = None
    ivms101: Payload

    @model_validator(mode="after")
    def c2(self) -> Self:
        """Nobody is born after the message was sent."""
        for person in (*self.originators, *self.beneficiaries):
            known = person.natural_person
            birth = known.date_and_place_of_birth if known else None
            if birth and birth.date_of_birth >= self.sent.date():
                raise broken("c2")
        return self

    @property
    def originators(self) -> tuple[Person, ...]:
        """Who pays."""
        return self.ivms101.originator.originator_person

    @property
    def beneficiaries(self) -> tuple[Person, ...]:
        """Who is paid."""
        return self.ivms101.beneficiary.beneficiary_person

    @property
    def key(self) -> tuple[str, str]:
        """Sender and id: ids are the sender's own."""
        return self.sender, self.id

    @property
    def units(self) -> int:
        """The amount, minor units."""
        return int(self.amount)


def names(people: Sequence[Person]) -> tuple[str, ...]:
    """Every name of some people."""
    return tuple(name for person in people for name in person.names)


def accounts(people: Sequence[Person]) -> frozenset[str]:
    """Every account of some people; addresses without regard to capitals."""
    return frozenset(spelt(each) for person in people for each in person.account_number)


@dataclass(frozen=True)
class Feed:
    """Messages that were read.

    Attributes:
        messages: those that keep to the standard, in their order.
        refused: the others: ``message`` (its id, or its place from 1), ``sender``, ``hash`` (where
            they can be read), ``code``, ``field``, ``why``.
    """

    messages: tuple[Message, ...]
    refused: pl.DataFrame

    @classmethod
    def read(cls, source: Sequence[Mapping[str, Any]] | str | Path) -> Feed:
        """Read a feed.

        Args:
            source: messages, or the path of a file with a JSON list of them or one in each line.

        Raises:
            CannotMatch: ``travel.feed_malformed``: no list of messages.
        """
        rows = _file(Path(source)) if isinstance(source, (str, Path)) else list(source)
        read: dict[tuple[str, str], Message] = {}
        refused: list[tuple[str | None, ...]] = []
        for place, row in enumerate(rows, 1):
            if not isinstance(row, Mapping):
                raise CannotMatch("travel.feed_malformed")
            try:
                one = message(row)
                if one.key in read:
                    raise CannotMatch("travel.message_twice", message=one.id)  # noqa: TRY301
                read[one.key] = one
            except CannotMatch as error:
                known = [_text(row.get(each)) for each in ("id", "sender", "hash")]
                what = (error.code, str(error.params.get("field", "")), error.explain())
                refused.append((known[0] or str(place), *known[1:], *what))
        return cls(tuple(read.values()), pl.DataFrame(refused, schema=_REFUSED, orient="row"))


def message(said: Mapping[str, Any]) -> Message:
    """Read one message.

    Raises:
        CannotMatch: the first thing that is wrong: ``travel.c1`` to ``travel.c12`` for a constraint
            of the standard, ``travel.person`` for neither or both kinds of person,
            ``travel.field_missing``, ``travel.field_unknown``, ``travel.field_malformed``.
    """
    try:
        text = json.dumps(said)
    except (TypeError, ValueError) as error:
        raise CannotMatch("travel.field_malformed", field="") from error
    try:
        return Message.model_validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(each) for each in first["loc"])
        if first["type"] == BROKEN:
            code = f"travel.{first['ctx']['constraint']}"
        else:
            code = _KINDS.get(first["type"], "travel.field_malformed")
        raise CannotMatch(code, field=field) from error


_KINDS: Final = {"missing": "travel.field_missing", "extra_forbidden": "travel.field_unknown"}


def message_schema() -> dict[str, Any]:
    """The JSON schema (2020-12) of a message, IVMS 101 payload included.

    Constraints between fields (C1 to C12) are not in it: JSON schema cannot say most of them.
    """
    return Message.model_json_schema(by_alias=True)


def _text(value: object) -> str | None:
    return value[:100] if isinstance(value, str) else None


def _file(path: Path) -> list[Any]:
    try:
        content = path.read_bytes()
        if content.lstrip().startswith(b"["):
            rows = read_value(content)
        else:
            rows = [read_value(line) for line in content.splitlines() if line.strip()]
    except (OSError, ValueError) as error:
        raise CannotMatch("travel.feed_malformed") from error
    return list(rows)
