"""A case to look at: addresses, transfers, traces. Of what may be seen alone.

Rules:

1. A trace begins with the reported payments, or with one transfer; it stops at what the trainee
   calls a service and, where asked, at what tags call so. What the trainee calls the thieves' or
   innocent is no service, whatever a tag says.
2. A case has at most some thousands of transfers, so that a trace ends within a second; it runs in
   the thread of the request.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.investigations import Draft, Opinion
from sandbox.forensics.accounts import ZERO, spelt
from sandbox.forensics.cases import Public, Transaction
from sandbox.forensics.cases.scene import LEDGERS, LedgerName
from sandbox.forensics.policies import Policy
from sandbox.forensics.tracing import Stop, Trace, trace
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, NotFound
from sandbox.services.investigations import Held

MOST_FOUND: Final = 20
"""Addresses that a search names."""
SHORTEST: Final = 4
"""Letters and digits of an address that can be searched for."""
MOST_DEPTH: Final = 99
_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Flow:
    """What an address took and gave in one token, minor units."""

    ledger: LedgerName
    came: int
    went: int
    transfers: int


@dataclass(frozen=True, slots=True)
class Asked:
    """A trace as it is asked for.

    Attributes:
        ledger: in which token.
        policy: by which rule.
        tags: whether it stops at what tags call a service.
        start: the place of one transfer; empty: the reported payments.
        hops: at most; None: to the end.
    """

    ledger: LedgerName = "kgst"
    policy: str = Policy.FIFO.value
    tags: bool = True
    start: str = ""
    hops: int | None = None


def asked_of(said: Mapping[str, str]) -> Asked:
    """A trace as a form asks for it.

    Raises:
        InvalidInput: ``investigation.policy``, ``investigation.ledger``,
            ``investigation.depth``.
    """
    policy = said.get("policy", Policy.FIFO.value)
    if policy not in list(Policy):
        raise InvalidInput("investigation.policy", known=", ".join(Policy))
    wanted = ledger_of(said.get("ledger", "kgst"))
    depth = said.get("hops", "").strip()
    if depth and not (is_digits(depth) and len(depth) <= len(str(MOST_DEPTH))):
        raise InvalidInput("investigation.depth", most=MOST_DEPTH)
    tags = "policy" not in said or bool(said.get("tags"))
    return Asked(wanted, policy, tags, said.get("start", ""), int(depth) if depth else None)


def ledger_of(name: str) -> LedgerName:
    """A token's ledger by its name.

    Raises:
        InvalidInput: ``investigation.ledger``.
    """
    found = next((each for each in LEDGERS if each == name), None)
    if found is None:
        raise InvalidInput("investigation.ledger", known=", ".join(LEDGERS))
    return found


def place_of(transfer: Transaction) -> str:
    """Where a transfer stands, as the hop ledger names it."""
    return f"{transfer.ledger}/{transfer.block}/{transfer.index}/0"


def transfer_at(public: Public, place: str) -> Transaction:
    """A transfer by its place.

    Raises:
        InvalidInput: ``investigation.hop``.
    """
    found = next((each for each in public.transactions if place_of(each) == place), None)
    if found is None:
        raise InvalidInput("investigation.hop", value=place[:60])
    return found


def found_by(public: Public, text: str) -> list[str]:
    """Addresses in which a part stands, at most ``MOST_FOUND``.

    Raises:
        InvalidInput: ``investigation.search_short``.
    """
    part = text.strip().lower().removeprefix("0x").strip("…. ")
    if len(part) < SHORTEST:
        raise InvalidInput("investigation.search_short", least=SHORTEST)
    beginning, _, end = part.partition("…")
    names = (each.address for each in public.accounts)
    hits = (
        each
        for each in names
        if beginning in (low := each.lower()) and (not end or low.endswith(end))
    )
    return [each for _, each in zip(range(MOST_FOUND), hits, strict=False)]


def with_hash(held: Held, text: str) -> list[Transaction]:
    """The transfers in whose transaction's hash a part stands, in their order.

    Raises:
        InvalidInput: ``investigation.search_short``.
        NotFound: ``investigation.not_executed``.
    """
    part = text.strip().lower().removeprefix("0x").strip("…. ")
    if len(part) < SHORTEST:
        raise InvalidInput("investigation.search_short", least=SHORTEST)
    if held.chain is None:
        raise NotFound("investigation.not_executed")
    beginning, _, end = part.partition("…")
    found = {
        place
        for place, each in held.chain.hashes.items()
        if beginning in each and (not end or each.endswith(end))
    }
    return [
        each for each in held.public.transactions if (each.ledger, each.block, each.index) in found
    ]


def with_whole_hash(held: Held, text: str) -> Transaction:
    """The transfer of a transaction.

    Raises:
        NotFound: ``investigation.not_executed``, ``investigation.transaction``.
    """
    found = with_hash(held, text) if _HASH.fullmatch(text) else []
    if len(found) != 1:
        raise NotFound("investigation.transaction", value=text[:70])
    return found[0]


def since(public: Public, moment: datetime) -> list[Transaction]:
    """The transfers from a moment on, in their order."""
    return sorted(
        (each for each in public.transactions if each.time >= moment),
        key=lambda each: (each.time, each.ledger, each.block, each.index),
    )


def transfers_of(public: Public, address: str) -> list[Transaction]:
    """The transfers from and to an address, oldest first."""
    mine = (
        each for each in public.transactions if address in (spelt(each.payer), spelt(each.payee))
    )
    return sorted(mine, key=lambda each: (each.time, each.ledger, each.block, each.index))


def flows_of(transfers: Iterable[Transaction], address: str) -> tuple[Flow, ...]:
    """Sums by token, of the tokens that an address used."""
    rows = list(transfers)
    found = []
    for name in LEDGERS:
        of = [each for each in rows if each.ledger == name]
        came = sum(each.amount for each in of if spelt(each.payee) == address)
        went = sum(each.amount for each in of if spelt(each.payer) == address)
        if of:
            found.append(Flow(name, came, went, len(of)))
    return tuple(found)


def services_of(held: Held, *, tags: bool) -> dict[str, str]:
    """Where a trace stops: addresses with a tag's category, or ``service``."""
    draft: Draft = held.case.draft
    tagged = {spelt(each.address): str(each.category) for each in held.public.tags if tags}
    own = dict.fromkeys(draft.of(Opinion.SERVICE), "service")
    others = draft.of(Opinion.THIEVES) | draft.of(Opinion.INNOCENT)
    return {name: tag for name, tag in {**own, **tagged}.items() if name not in others}


def traced(held: Held, asked: Asked, names: Mapping[str, str]) -> Trace | None:
    """Follow the money.

    Args:
        held: the case.
        asked: how.
        names: what categories of services are called in the reader's language.

    Returns:
        None: no report, and no transfer, says where to begin in this token.

    Raises:
        InvalidInput: ``investigation.hop``.
    """
    public = held.public
    starts = (
        [transfer_at(public, asked.start)]
        if asked.start
        else [each.transaction for each in public.reports]
    )
    wanted = {(each.block, each.index) for each in starts if each.ledger == asked.ledger}
    rows = (each for each in public.transactions if each.ledger == asked.ledger)
    seeds = [row for row, each in enumerate(rows) if (each.block, each.index) in wanted]
    if not seeds:
        return None
    services = {
        name: names.get(category, category)
        for name, category in services_of(held, tags=asked.tags).items()
    }
    stop = Stop(services=services, hops=asked.hops)
    return trace(public.ledger(asked.ledger), asked.policy, seeds, stop=stop)


def hops_of(found: Trace, ledger: LedgerName) -> dict[str, str]:
    """The hop ledger of a trace as a draft keeps it."""
    rows = found.hops.select("block", "transaction", "log", "tainted").iter_rows()
    return {
        f"{ledger}/{block}/{transaction}/{log}": str(tainted)
        for block, transaction, log, tainted in rows
    }


def located_by(found: Trace, ledger: LedgerName) -> dict[str, str]:
    """Where a trace says that the money lies: still held, or not followed further."""
    rows = found.nodes.select("account", "held", "stopped").iter_rows()
    return {
        f"{ledger}/{account}": str(held + stopped)
        for account, held, stopped in rows
        if held + stopped and account != ZERO
    }
