"""Supervised ledgers at the desk: ask, admit, refuse, close.

How a contract comes to keep claims, in steps:

1. The team asks: the contract's address (or the transaction that deployed it) and, in words, whose
   money it holds. It must be a contract, and nobody else's on the chain; what another team merely
   asks about stands in nobody's way.
2. Two regulators admit it with their signatures, or one refuses with a reason. Two, because it lets
   more happen: money of many may move inside one contract (the design's decision 7).
3. The worker makes it a member of the permit if it is nobody's, and puts the admission on chain
   (``supervised_ledger_chain``). From then on the chain keeps whose the money is.

One regulator closes a ledger alone, at once and for good: nothing more comes in, nothing moves
inside, everybody is paid out as before.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.contracts.made import further_address, ledgers_address, reviews_address
from sandbox.contracts.typed import ledger_typed_data
from sandbox.domain.application import plain_text
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.domain.supervised_ledger import (
    STANDING,
    WAITING,
    LedgerState,
    SupervisedLedger,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import Address, PermitNumber, PersonId, permit_key
from sandbox.services.access import permit_behind
from sandbox.services.acts import earlier, remember, take_seat
from sandbox.services.contract_reviews import contract_at, may_ask
from sandbox.services.delegations import require_two
from sandbox.services.ports import NationalChain, Ports
from sandbox.services.reviews import needed_text
from sandbox.services.signing import national_of, regulators_signature
from sandbox.services.supervised_ledger_chain import (
    ADMIT,
    CLOSE,
    CONTRACT,
    member_of,
    note,
    standing_of,
)
from sandbox.store import UnitOfWork

MOST_WAITING: Final = 20
"""Requests of one permit that wait for a decision at a time."""
_NOBODYS: Final = bytes(32)
_DELEGATED: Final = "0xef0100"


@dataclass(frozen=True)
class AskLedger:
    """Ask that a contract be admitted.

    Attributes:
        contract: its address, or the hash of the transaction that deployed it.
        name: what it is called, for people.
        purpose: whose money it holds and what it does with it.
        key: the same key asks once.
    """

    permit: PermitNumber
    chain: str
    contract: str
    name: str
    purpose: str
    key: str | None = None


@dataclass(frozen=True)
class DecideLedger:
    """Admit (a reason is welcome), refuse or close (a reason is needed)."""

    ledger: str
    reason: str = ""
    key: str | None = None


def ask(
    u: UnitOfWork, actor: Actor, command: AskLedger, *, at: datetime, ports: Ports
) -> SupervisedLedger:
    """Ask that a contract be admitted as a supervised ledger.

    Raises:
        NotAllowed: ``seat.right_missing``, ``permit.not_active``, ``review.not_by_key``.
        InvalidInput: ``address.malformed``, ``review.chain``, ``review.no_deployment``,
            ``ledger.no_contract``, ``text.*``.
        Conflict: ``ledger.already_asked``, ``ledger.of_another``, ``ledger.too_many``.
        NotFound: ``permit.not_found``.
        Unavailable: gateway or chain out of reach.
    """
    permit, chain = may_ask(u, actor, command.permit, command.chain, lock=True)
    before = earlier(u, actor, "ledger.ask", command.key)
    if before is not None:
        return u.supervised_ledgers.get(before)
    where = national_of(ports, permit.chains)[chain]
    address = contract_at(ports, chain, command.contract)
    name = plain_text("name", command.name, limit=60, name=True) or address[:10]
    purpose = needed_text("purpose", command.purpose)
    if u.supervised_ledgers.of_contract(permit.number, chain, address, STANDING):
        raise Conflict("ledger.already_asked", contract=address)
    _require_fit(permit, where, address, ports)
    waiting = [e for e in u.supervised_ledgers.of_permit(permit.number) if e.state in WAITING]
    if len(waiting) >= MOST_WAITING:
        raise Conflict("ledger.too_many", most=MOST_WAITING)
    ledger = u.supervised_ledgers.add(
        SupervisedLedger(
            id=uuid.uuid4().hex,
            permit=permit.number,
            chain=chain,
            address=address,
            name=name,
            purpose=purpose,
            state=LedgerState.ASKED,
            asked_by=actor.account,
            asked_at=at,
        )
    )
    remember(u, actor, "ledger.ask", command.key, ledger.id, at=at)
    note(u, ledger, "asked", actor.account, at, {"name": name})
    return ledger


def _require_fit(permit: Permit, where: NationalChain, address: Address, ports: Ports) -> None:
    """A contract with code of its own that is nobody's or this permit's contract already."""
    code = str(ports.gateway.rpc(where.chain, "eth_getCode", [address, "latest"]))
    if code == "0x" or code.startswith(_DELEGATED) or address in _national(where):
        raise InvalidInput("ledger.no_contract", contract=address)
    member = member_of(ports.gateway, where, address)
    if member not in {(_NOBODYS, 0), (permit_key(permit.number), CONTRACT)}:
        raise Conflict("ledger.of_another", contract=address)


def _national(where: NationalChain) -> set[Address]:
    made = (reviews_address, further_address, ledgers_address)
    return {where.supervisor, *where.tokens.values(), *(of(where.supervisor) for of in made)}


def admit(
    u: UnitOfWork, actor: Actor, command: DecideLedger, *, at: datetime, ports: Ports
) -> SupervisedLedger:
    """Admit with one's signature; the second one's puts it on chain.

    Raises:
        NotAllowed: ``seat.*``, ``ledger.signed_twice``, ``delegation.one_person``.
        Conflict: ``ledger.decided``.
        NotFound: ``ledger.not_found``.
        Unavailable: signer, gateway or chain out of reach; nothing is kept then.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    ledger, permit, file = find_ledger(u, actor, command.ledger, lock=True)
    if earlier(u, actor, "ledger.admit", command.key) is not None:
        return ledger
    _require_waiting(ledger)
    if any(each["person"] == actor.person for each in ledger.signatures):
        raise NotAllowed("ledger.signed_twice")
    for each in ledger.signatures:
        signed = PersonId(each["person"]), datetime.fromisoformat(each["at"])
        require_two(u, file, signed, actor, at=at)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    where = national_of(ports, permit.chains)[ledger.chain]
    standing = standing_of(ports.gateway, where, ledger)
    kept = ledger.signatures if ledger.nonce == standing.nonce else ()
    typed = ledger_typed_data(
        where.chain_id,
        standing.book,
        permit=permit_key(permit.number),
        ledger=ledger.address,
        nonce=standing.nonce,
        admit=True,
    )
    both = bool(kept)
    saved = u.supervised_ledgers.save(
        replace(
            ledger,
            signatures=(*kept, regulators_signature(actor, typed, at=at, ports=ports)),
            nonce=standing.nonce,
            state=LedgerState.ADMITTING if both else LedgerState.SIGNED,
            reason=plain_text("reason", command.reason, limit=2_000),
            decided_by=actor.account,
            decided_at=at,
        )
    )
    what, reason = "admitted" if both else "signed", {"reason": saved.reason}
    note(u, saved, what, actor.account, at, reason)
    if both:
        payload = {"ledger": ledger.id}
        u.outbox.put(kind=ADMIT, subject=permit.number, payload=payload, at=at)
    remember(u, actor, "ledger.admit", command.key, ledger.id, at=at)
    return saved


def refuse(u: UnitOfWork, actor: Actor, command: DecideLedger, *, at: datetime) -> SupervisedLedger:
    """Refuse, with a reason that the team reads.

    Raises:
        NotAllowed: ``seat.*``.
        InvalidInput: ``text.empty``.
        Conflict: ``ledger.decided``.
        NotFound: ``ledger.not_found``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    ledger, _, file = find_ledger(u, actor, command.ledger, lock=True)
    if earlier(u, actor, "ledger.refuse", command.key) is not None:
        return ledger
    reason = needed_text("reason", command.reason)
    _require_waiting(ledger)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    saved = _alone(u, ledger, LedgerState.REFUSED, "refused", actor, reason, at)
    remember(u, actor, "ledger.refuse", command.key, ledger.id, at=at)
    return saved


def close(
    u: UnitOfWork, actor: Actor, command: DecideLedger, *, at: datetime, ports: Ports
) -> SupervisedLedger:
    """Close a ledger: one regulator, at once, for good.

    Raises:
        NotAllowed: ``seat.*``.
        InvalidInput: ``text.empty``.
        Conflict: ``ledger.not_open``.
        NotFound: ``ledger.not_found``.
        Unavailable: signer, gateway or chain out of reach; nothing is kept then.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    ledger, permit, file = find_ledger(u, actor, command.ledger, lock=True)
    if earlier(u, actor, "ledger.close", command.key) is not None:
        return ledger
    reason = needed_text("reason", command.reason)
    if ledger.state is not LedgerState.ADMITTED:
        raise Conflict("ledger.not_open", state=ledger.state.value)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    where = national_of(ports, permit.chains)[ledger.chain]
    standing = standing_of(ports.gateway, where, ledger)
    typed = ledger_typed_data(
        where.chain_id,
        standing.book,
        permit=permit_key(permit.number),
        ledger=ledger.address,
        nonce=standing.nonce,
        admit=False,
    )
    signed = regulators_signature(actor, typed, at=at, ports=ports)["signature"]
    saved = _alone(u, ledger, LedgerState.CLOSING, "closing", actor, reason, at)
    payload = {"ledger": ledger.id, "nonce": standing.nonce, "signature": signed}
    u.outbox.put(kind=CLOSE, subject=permit.number, payload=payload, at=at)
    remember(u, actor, "ledger.close", command.key, ledger.id, at=at)
    return saved


def _alone(  # noqa: PLR0913, PLR0917
    u: UnitOfWork,
    ledger: SupervisedLedger,
    state: LedgerState,
    what: str,
    actor: Actor,
    reason: str,
    at: datetime,
) -> SupervisedLedger:
    """Keep what one regulator decided alone, and write it down."""
    saved = u.supervised_ledgers.save(
        replace(ledger, state=state, reason=reason, decided_by=actor.account, decided_at=at)
    )
    note(u, saved, what, actor.account, at, {"reason": reason})
    return saved


def find_ledger(
    u: UnitOfWork, actor: Actor, ledger_id: str, *, lock: bool = False
) -> tuple[SupervisedLedger, Permit, PermitFile]:
    """A supervised ledger of a permit that this actor may see.

    Raises:
        NotFound: ``ledger.not_found``.
    """
    ledger = u.supervised_ledgers.find(ledger_id[:40], lock=lock)
    if ledger is None:
        raise NotFound("ledger.not_found", id=ledger_id[:40])
    found = permit_behind(u, actor, ledger.permit, code="ledger", subject=ledger.id)
    return ledger, *found


def _require_waiting(ledger: SupervisedLedger) -> None:
    if ledger.state not in WAITING:
        raise Conflict("ledger.decided", state=ledger.state.value)
