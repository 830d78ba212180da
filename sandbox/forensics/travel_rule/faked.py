"""Signs that a provider makes its messages up: stated rules, each with its evidence.

Each rule looks at all messages of one sender, at least ``least`` of them. All definitions and
figures are ours; a sign is a reason to ask the provider for its files, not a proof.

- ``repeated``: the largest share of messages that carry a value (legal name, document number, day
  and place of birth, or address) which stands for three or more payers. Payers are told apart by
  their registered names, or by their accounts where there are none: many accounts of one customer
  are one payer. The sign from ``repeated`` on.
- ``strangers``: of messages that belong to a transfer, and whose receiver's register has names: the
  share in which no name of the beneficiary is like that of anybody in this register (name
  screening, review threshold). The sign from ``strangers`` on. Wrong names of the right people are
  ``mismatched``, not this.
- ``at_once``: the largest share of messages that were sent within ``burst``, if the transfers to
  which they belong lie further apart than ``spread``. The sign from ``at_once`` on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import polars as pl

from sandbox.forensics.accounts import spelt
from sandbox.forensics.errors import CannotMatch, CannotScreen
from sandbox.forensics.screening.candidates import candidates
from sandbox.forensics.screening.comparing import compare_parts
from sandbox.forensics.screening.names import Parts, taken_apart
from sandbox.forensics.screening.screening import REVIEW
from sandbox.forensics.travel_rule.ivms101 import NaturalPerson
from sandbox.forensics.travel_rule.matching import Matched
from sandbox.forensics.travel_rule.messages import Message, accounts, names

PAYERS: Final = 3
"""A value is repeated when it stands for so many."""
SHOWN: Final = 10
"""Ids of messages that are shown as evidence."""
_COLUMNS: Final[dict[str, Any]] = {
    **dict.fromkeys(("provider", "rule"), pl.String),
    "messages": pl.Int64,
    **dict.fromkeys(("measured", "limit"), pl.Float64),
    "sign": pl.Boolean,
    "value": pl.String,
    "evidence": pl.List(pl.String),
}


@dataclass(frozen=True)
class Signs:
    """From which share on something is a sign.

    Attributes:
        least: messages of a sender that are needed to judge it.
        repeated: share, above 0 to 1.
        strangers: share, above 0 to 1.
        at_once: share, above 0 to 1.
        burst: messages within this were sent at once.
        spread: transfers further apart than this were not made at once.
    """

    least: int = 10
    repeated: float = 0.3
    strangers: float = 0.3
    at_once: float = 0.5
    burst: timedelta = timedelta(minutes=1)
    spread: timedelta = timedelta(hours=1)

    def __post_init__(self) -> None:
        shares = (self.repeated, self.strangers, self.at_once)
        if self.least < 1 or not all(0 < each <= 1 for each in shares):
            raise CannotMatch("travel.signs_malformed")


_Finding = tuple[float, str, list[str]]


def faked(matched: Matched, register: pl.DataFrame, signs: Signs | None = None) -> pl.DataFrame:
    """Judge every sender by every rule.

    Args:
        matched: what ``match`` gave.
        register: as for ``match``.
        signs: as shipped, if nothing else is given.

    Returns:
        A row for each provider and rule: ``messages`` (of the sender), ``measured`` and ``limit``
        (shares), ``sign`` (whether the limit is reached), ``value`` (what is repeated; from when
        to when), ``evidence`` (ids of messages, at most ``SHOWN``).
    """
    limits = signs or Signs()
    rows_told = (row for row in matched.transfers.to_dicts() if row["message"])
    transfers = {(row["told_by"], row["message"]): row for row in rows_told}
    known = _Known(register, transfers)
    sent: dict[str, list[Message]] = defaultdict(list)
    for each in matched.feed.messages:
        sent[each.sender].append(each)
    rows = []
    for provider in sorted(sent):
        some = sent[provider]
        if len(some) < limits.least:
            continue
        found = {
            "repeated": (_repeated(some, known), limits.repeated),
            "strangers": (_strangers(some, known), limits.strangers),
            "at_once": (_at_once(some, known, limits), limits.at_once),
        }
        rows += [
            (provider, rule, len(some), share, limit, share >= limit, value, ids[:SHOWN])
            for rule, ((share, value, ids), limit) in found.items()
        ]
    return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


class _Known:
    """What a supervisor knows besides the messages."""

    def __init__(
        self, register: pl.DataFrame, transfers: Mapping[tuple[str, str], dict[str, Any]]
    ) -> None:
        self.transfers = transfers
        self._holders: dict[str, str | None] = {}
        self.people: dict[str, dict[str, Parts]] = defaultdict(dict)
        for row in register.iter_rows(named=True):
            name = row.get("name")
            self._holders[spelt(row["account"])] = name
            parts = _parts(name) if name else None
            if name and parts:
                self.people[row["provider"]][name] = parts

    def payer(self, message: Message) -> str:
        """Who pays: by the register, else the account on the chain, else the one in the message."""
        transfer = self.transfers.get(message.key)
        told = sorted(accounts(message.originators))
        account = transfer["payer"] if transfer else told[0] if told else message.id
        return self._holders.get(account) or account


def _repeated(some: list[Message], known: _Known) -> _Finding:
    kinds: dict[str, dict[str, list[Message]]] = defaultdict(lambda: defaultdict(list))
    for each in some:
        for kind, value in _told(each):
            kinds[kind][value].append(each)
    best: _Finding = (0.0, "", [])
    for kind in sorted(kinds):
        many = {
            value: using
            for value, using in kinds[kind].items()
            if len({known.payer(each) for each in using}) >= PAYERS
        }
        carry = {each.id for using in many.values() for each in using}
        if len(carry) / len(some) > best[0]:
            common = max(sorted(many), key=lambda value: len(many[value]))
            best = (len(carry) / len(some), common, [e.id for e in some if e.id in carry])
    return best


def _told(message: Message) -> set[tuple[str, str]]:
    """The values that stand for a payer, each with its kind."""
    found = set()
    for person in message.originators:
        known = person.known
        found.add(("name", person.names[0].casefold()))
        if known.national_identification:
            found.add(("document", known.national_identification.national_identifier))
        for address in known.geographic_address:
            found.add(("address", address.model_dump_json(exclude_none=True)))
        if isinstance(known, NaturalPerson) and known.date_and_place_of_birth:
            found.add(("birth", known.date_and_place_of_birth.model_dump_json()))
    return found


def _strangers(some: list[Message], known: _Known) -> _Finding:
    judged: list[str] = []
    met: set[str] = set()
    for receiver in sorted({each.receiver for each in some}):
        people = list(known.people.get(receiver, {}).values())
        told = [
            (each.id, parts)
            for each in some
            if people and each.receiver == receiver and each.key in known.transfers
            for parts in map(_parts, names(each.beneficiaries))
            if parts
        ]
        judged += dict.fromkeys(number for number, _ in told)
        for one, other in candidates([parts for _, parts in told], people, REVIEW):
            if compare_parts(told[one][1], people[other]).score >= REVIEW:
                met.add(told[one][0])
    strange = [number for number in judged if number not in met]
    return (len(strange) / len(judged) if judged else 0.0, "", strange)


def _parts(name: str) -> Parts | None:
    """A name taken apart; nothing where it is in no letters that can be compared."""
    try:
        return taken_apart(name)
    except CannotScreen:
        return None


def _at_once(some: list[Message], known: _Known, limits: Signs) -> _Finding:
    ordered = sorted(some, key=lambda each: (each.sent, each.id))
    best: _Finding = (0.0, "", [])
    end = 0
    for first, each in enumerate(ordered):
        before = end
        while end < len(ordered) and ordered[end].sent - each.sent <= limits.burst:
            end += 1
        group = ordered[first:end]
        if end == before or len(group) / len(some) <= best[0]:
            continue  # part of a group that was looked at, or no larger one
        times = [known.transfers[e.key]["time"] for e in group if e.key in known.transfers]
        if times and max(times) - min(times) > limits.spread:
            when = f"{group[0].sent.isoformat()} / {group[-1].sent.isoformat()}"
            best = (len(group) / len(some), when, [e.id for e in group])
    return best
