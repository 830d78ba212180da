"""What the worker does for the faucet: issue test money, on the chain of its asset.

========  ======================================================================
asset     how
========  ======================================================================
BNB       the treasury sends native test money for fees
KGST      the issuer issues to the member
SOM       in two tiers: the central bank issues to the bank, the bank pays the
          member; what the Supervisor refuses the member, the bank redeems
========  ======================================================================

Rules:

1. A transaction is sent under an idempotency key that the gateway keeps in its journal: killed at
   any step and run again, nothing is issued twice.
2. What the Supervisor refuses is written down with its clause. What came of a request is durable
   before the bank gives money back, so that a second try cannot pay with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.records import FaucetIssue, OutboxRow
from sandbox.domain.words import FaucetState
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import Address, AssetCode, ChainName, TxHash
from sandbox.services.calls import call_data
from sandbox.services.ports import NationalChain
from sandbox.services.publication import Desk, where_of, why
from sandbox.store import UnitOfWork

RETURN: Final = "faucet.return"
"""The outbox kind by which the bank redeems what a member was refused."""
_GOOD: Final = "0x1"

Receipt = Mapping[str, Any]


def issue(desk: Desk, row: OutboxRow) -> None:
    """Issue test money.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
        IntegrityFailure: ``faucet.bank_not_funded``: the central bank's own issue failed.
    """
    with desk.store.unit(read_only=True) as u:
        asked = u.faucet.get(row.payload["issue"])
    desk.at_step("issue.begun")
    chain, way = _WAYS[asked.asset]
    receipt = way(desk, where_of(desk.gateway.national(), chain), asked)
    desk.at_step("issue.sent")
    with desk.store.unit() as u:
        _issued(u, row, asked, receipt, at=desk.clock.now())
        u.commit()


def give_back(desk: Desk, row: OutboxRow) -> None:
    """The bank redeems the som that a member was refused.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
        IntegrityFailure: ``faucet.not_given_back``.
    """
    with desk.store.unit(read_only=True) as u:
        asked = u.faucet.get(row.payload["issue"])
    where = where_of(desk.gateway.national(), "som")
    call = call_data("DigitalSom", "redeem", asked.amount)
    returned = _send(desk, where, "issuer", call, asked, step=":back")
    if returned.get("status") != _GOOD:
        raise IntegrityFailure("faucet.not_given_back", reason=why(returned))
    with desk.store.unit() as u:
        u.outbox.done(row.id, desk.clock.now())
        u.commit()


def _send_bnb(desk: Desk, where: NationalChain, asked: FaucetIssue) -> Receipt:
    return desk.gateway.submit_system(
        where.chain,
        "system/treasury",
        asked.address,
        "0x",
        idempotency_key=f"faucet:{asked.id}",
        value=asked.amount,
        permit=asked.permit,
    )


def _issue_kgst(desk: Desk, where: NationalChain, asked: FaucetIssue) -> Receipt:
    call = call_data("KGST", "issue", asked.address, asked.amount)
    return _send(desk, where, "issuer", call, asked)


def _issue_som(desk: Desk, where: NationalChain, asked: FaucetIssue) -> Receipt:
    bank = desk.gateway.create_wallet("system/issuer")
    funding = call_data("DigitalSom", "issue", bank, asked.amount)
    funded = _send(desk, where, "centralbank", funding, asked, step=":bank")
    if funded.get("status") != _GOOD:
        raise IntegrityFailure("faucet.bank_not_funded", reason=why(funded))
    desk.at_step("issue.bank_funded")
    payment = call_data("DigitalSom", "transfer", asked.address, asked.amount)
    return _send(desk, where, "issuer", payment, asked)


def _send(
    desk: Desk, where: NationalChain, role: str, data: str, asked: FaucetIssue, *, step: str = ""
) -> Receipt:
    """A call of the chain's token by a system wallet, on behalf of the permit."""
    (token,) = where.tokens.values()
    return desk.gateway.submit_system(
        where.chain,
        f"system/{role}",
        Address(token),
        data,
        idempotency_key=f"faucet:{asked.id}{step}",
        permit=asked.permit,
    )


_WAYS: Final[
    Mapping[AssetCode, tuple[ChainName, Callable[[Desk, NationalChain, FaucetIssue], Receipt]]]
] = {
    "BNB": ("kgst", _send_bnb),
    "KGST": ("kgst", _issue_kgst),
    "SOM": ("som", _issue_som),
}


def _issued(
    u: UnitOfWork, row: OutboxRow, asked: FaucetIssue, receipt: Receipt, *, at: datetime
) -> None:
    good = receipt.get("status") == _GOOD
    digest = receipt.get("transactionHash")
    refusal = None
    if not good:
        refusal = receipt.get("refusal") or {"clause": "reverted", "reason": why(receipt)}
    u.faucet.save(
        replace(
            asked,
            state=FaucetState.ISSUED if good else FaucetState.REFUSED,
            tx_hash=TxHash(digest) if digest else None,
            refusal=refusal,
        )
    )
    u.outbox.done(row.id, at)
    if not good and asked.asset == "SOM":
        u.outbox.put(kind=RETURN, subject=row.subject, payload=row.payload, at=at)
