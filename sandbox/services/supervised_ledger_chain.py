"""Supervised ledgers between desk and chain: admissions and closings put on chain.

Rules:

1. As everywhere in the worker: killed at any step and run again, it ends the same. What is sent
   carries a key of its own, and what the chain holds decides.
2. Only a contract that is nobody's is registered with the permit first. One that another permit's
   member paid meanwhile stays there: the admission then fails and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.contracts.made import ledgers_address
from sandbox.domain.records import OutboxRow
from sandbox.domain.supervised_ledger import LedgerState, SupervisedLedger
from sandbox.kit.ids import Address, permit_key
from sandbox.services.calls import call_data, read
from sandbox.services.ports import GatewayPort, NationalChain
from sandbox.services.publication import Desk, where_of, why
from sandbox.store import UnitOfWork

ADMIT: Final = "ledger.admit"
"""The outbox kind that puts an admission on chain."""
CLOSE: Final = "ledger.close"
"""The outbox kind that closes a ledger there."""
BOOK: Final = "SupervisedLedgers"
CONTRACT: Final = 4
"""The Supervisor's kind of a contract member."""
_NO_PERSON: Final = bytes(32)


@dataclass(frozen=True)
class Standing:
    """What the chain says of a contract under a permit.

    Attributes:
        book: the address of the SupervisedLedgers.
        supervised: it was admitted, open or closed.
        open: money may come in and move inside.
        nonce: that the next signatures carry.
    """

    book: Address
    supervised: bool
    open: bool
    nonce: int


@dataclass(frozen=True)
class Kept:
    """What a ledger holds of one asset, in minor units.

    Attributes:
        asset: the token's name.
        claims: what all persons together can claim.
        own: what it holds beyond that: its own share.
    """

    asset: str
    claims: int
    own: int


def standing_of(gateway: GatewayPort, where: NationalChain, ledger: SupervisedLedger) -> Standing:
    """Ask the chain where a contract stands.

    Raises:
        Unavailable: gateway or engine out of reach.
    """
    book, key = ledgers_address(where.supervisor), permit_key(ledger.permit)
    answer = read(gateway, where.chain, book, "ledgerOf", key, ledger.address, contract=BOOK)
    supervised, is_open, nonce = answer
    return Standing(book, bool(supervised), bool(is_open), int(nonce))


def kept_by(
    gateway: GatewayPort, where: NationalChain, ledger: SupervisedLedger
) -> tuple[Kept, ...]:
    """Ask the chain what a ledger holds, and whose it is in total.

    Raises:
        Unavailable: gateway or engine out of reach.
    """
    book, found = ledgers_address(where.supervisor), []
    for asset, token in where.tokens.items():
        answer = read(gateway, where.chain, book, "claimsOf", ledger.address, token, contract=BOOK)
        found.append(Kept(asset, int(answer[0]), int(answer[1])))
    return tuple(found)


def member_of(gateway: GatewayPort, where: NationalChain, address: Address) -> tuple[bytes, int]:
    """Whose member an address is: the permit's key (zero: nobody's) and the kind.

    Raises:
        Unavailable: gateway or engine out of reach.
    """
    key, kind, _ = read(gateway, where.chain, where.supervisor, "memberOf", address)
    return bytes(key), int(kind)


def admit(desk: Desk, row: OutboxRow) -> None:
    """Make the contract a member if it is nobody's, and put the admission on chain.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        ledger = u.supervised_ledgers.get(row.payload["ledger"])
    desk.at_step("ledger.begun")
    where = where_of(desk.gateway.national(), ledger.chain)
    receipt = _member(desk, where, ledger)
    desk.at_step("ledger.member")
    if receipt is None:
        signatures = [bytes.fromhex(each["signature"][2:]) for each in ledger.signatures]
        key = permit_key(ledger.permit)
        receipt = desk.gateway.submit_system(
            where.chain,
            "system/relayer",
            ledgers_address(where.supervisor),
            call_data(BOOK, "admitLedger", key, ledger.address, ledger.nonce, signatures),
            idempotency_key=f"ledger:{ledger.id}:{ledger.nonce}",
            permit=ledger.permit,
        )
    desk.at_step("ledger.sent")
    good = standing_of(desk.gateway, where, ledger).supervised
    state = LedgerState.ADMITTED if good else LedgerState.FAILED
    with desk.store.unit() as u:
        what = "in_force" if good else "failed"
        _written(u, row, LedgerState.ADMITTING, state, receipt, what, at=desk.clock.now())
        desk.at_step("ledger.before_commit")
        u.commit()


def _member(desk: Desk, where: NationalChain, ledger: SupervisedLedger) -> Mapping[str, Any] | None:
    """Register a contract that is nobody's; what the chain said when it would not have it."""
    if member_of(desk.gateway, where, ledger.address) != (_NO_PERSON, 0):
        return None
    arguments = (permit_key(ledger.permit), ledger.address, CONTRACT, _NO_PERSON, 0, b"")
    receipt = desk.gateway.submit_system(
        where.chain,
        "system/registrar",
        where.supervisor,
        call_data("Supervisor", "register", *arguments),
        idempotency_key=f"ledger:{ledger.id}:{ledger.nonce}:member",
        permit=ledger.permit,
    )
    return None if receipt.get("status") == "0x1" else receipt


def close(desk: Desk, row: OutboxRow) -> None:
    """Close a ledger on chain.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        ledger = u.supervised_ledgers.get(row.payload["ledger"])
    desk.at_step("ledger_close.begun")
    where = where_of(desk.gateway.national(), ledger.chain)
    nonce, signature = int(row.payload["nonce"]), bytes.fromhex(row.payload["signature"][2:])
    key = permit_key(ledger.permit)
    receipt = desk.gateway.submit_system(
        where.chain,
        "system/relayer",
        ledgers_address(where.supervisor),
        call_data(BOOK, "closeLedger", key, ledger.address, nonce, [signature]),
        idempotency_key=f"ledger:{ledger.id}:{nonce}:close",
        permit=ledger.permit,
    )
    desk.at_step("ledger_close.sent")
    still = standing_of(desk.gateway, where, ledger).open
    state = LedgerState.ADMITTED if still else LedgerState.CLOSED
    with desk.store.unit() as u:
        what = "not_closed" if still else "closed"
        _written(u, row, LedgerState.CLOSING, state, receipt, what, at=desk.clock.now())
        desk.at_step("ledger_close.before_commit")
        u.commit()


def _written(  # noqa: PLR0913
    u: UnitOfWork,
    row: OutboxRow,
    awaited: LedgerState,
    state: LedgerState,
    receipt: Mapping[str, Any],
    what: str,
    *,
    at: datetime,
) -> None:
    """Write down once what came of a decision."""
    now = u.supervised_ledgers.get(row.payload["ledger"], lock=True)
    u.outbox.done(row.id, at)
    if now.state is not awaited:
        return
    bad = what in {"failed", "not_closed"}
    saved = u.supervised_ledgers.save(
        replace(
            now,
            state=state,
            tx_hash=receipt.get("transactionHash"),
            failure=why(receipt) if bad else None,
        )
    )
    note(u, saved, what, "system", at, {"transaction": saved.tx_hash, "failure": saved.failure})


def note(
    u: UnitOfWork,
    ledger: SupervisedLedger,
    what: str,
    who: str,
    at: datetime,
    more: Mapping[str, Any],
) -> None:
    """Enter what happened to a ledger in the audit log."""
    data = {"ledger": ledger.id, "chain": ledger.chain, "contract": ledger.address, **more}
    u.audit.append(kind=f"ledger.{what}", actor=who, subject=ledger.permit, data=data, at=at)
