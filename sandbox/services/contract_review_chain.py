"""Contract review between desk and chain: approvals put on chain, withdrawals, lapses noticed.

Rules:

1. As everywhere in the worker: killed at any step and run again, it ends the same. What is sent
   carries a key of its own, and what the chain holds decides.
2. The gateway is told of an approval only after the chain has it (``policies.policy_of``).
3. An approval that the chain no longer holds, and that nobody at the desk withdrew, has lapsed: the
   gateway's watch ended it. What the contract is made of then is kept beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from eth_abi.abi import decode

from sandbox.contracts.made import reviews_address
from sandbox.contracts.typed import approval_argument
from sandbox.domain.records import OutboxRow
from sandbox.domain.review import ContractReview, ReviewState
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import Address, permit_key
from sandbox.services.calls import call_data
from sandbox.services.policies import touch
from sandbox.services.ports import GatewayPort, NationalChain
from sandbox.services.publication import Desk, where_of, why
from sandbox.store import UnitOfWork

APPROVE: Final = "contract.approve"
"""The outbox kind that puts an approval on chain."""
WITHDRAW: Final = "contract.withdraw"
"""The outbox kind that ends one there."""
_BOOK: Final = "ContractReviews"


@dataclass(frozen=True)
class Standing:
    """What the chain says of a contract under a permit.

    Attributes:
        book: the address of the ContractReviews.
        approved: the approved code hash; None when nothing is approved.
        nonce: that the next signatures carry.
    """

    book: Address
    approved: bytes | None
    nonce: int


def standing_of(gateway: GatewayPort, where: NationalChain, review: ContractReview) -> Standing:
    """Ask the chain.

    Raises:
        Unavailable: gateway or engine out of reach.
    """
    book = reviews_address(where.supervisor)
    data = call_data(_BOOK, "reviewOf", permit_key(review.permit), review.address)
    answer = gateway.rpc(where.chain, "eth_call", [{"to": book, "data": data}, "latest"])
    code_hash, nonce = decode(["bytes32", "uint256"], bytes.fromhex(answer[2:]))
    return Standing(book, code_hash if any(code_hash) else None, int(nonce))


def approve(desk: Desk, row: OutboxRow) -> None:
    """Put an approval on chain.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        review = u.reviews.get(row.payload["review"])
    desk.at_step("approve.begun")
    where = where_of(desk.gateway.national(), review.chain)
    pairs = [(each.account, each.code_hash) for each in review.layers]
    argument = approval_argument(permit_key(review.permit), review.nonce, pairs)
    signatures = [bytes.fromhex(each["signature"][2:]) for each in review.signatures]
    receipt = desk.gateway.submit_system(
        where.chain,
        "system/relayer",
        reviews_address(where.supervisor),
        call_data(_BOOK, "approveContract", argument, signatures),
        idempotency_key=f"review:{review.id}:{review.nonce}",
        permit=review.permit,
    )
    desk.at_step("approve.sent")
    with desk.store.unit() as u:
        _approved(u, row, receipt, at=desk.clock.now())
        desk.at_step("approve.before_commit")
        u.commit()


def _approved(u: UnitOfWork, row: OutboxRow, receipt: Mapping[str, Any], *, at: datetime) -> None:
    review = u.reviews.get(row.payload["review"], lock=True)
    u.outbox.done(row.id, at)
    if review.state is not ReviewState.APPROVING:
        return
    good = receipt.get("status") == "0x1"
    if good:
        former = u.reviews.of_contract(
            review.permit, review.chain, review.address, ReviewState.APPROVED
        )
        for each in former:
            u.reviews.save(replace(each, state=ReviewState.OVERTAKEN))
    saved = u.reviews.save(
        replace(
            review,
            state=ReviewState.APPROVED if good else ReviewState.FAILED,
            tx_hash=receipt.get("transactionHash"),
            changed=None if good else {"reason": why(receipt)},
        )
    )
    touch(u, u.permits.get(review.permit, lock=True))
    _audit(u, saved, "in_force" if good else "failed", at)


def withdraw(desk: Desk, row: OutboxRow) -> None:
    """End an approval on chain; one that ended by itself meanwhile needs nothing more.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        review = u.reviews.get(row.payload["review"])
    where = where_of(desk.gateway.national(), review.chain)
    nonce, signature = int(row.payload["nonce"]), str(row.payload["signature"])
    receipt = desk.gateway.submit_system(
        where.chain,
        "system/relayer",
        reviews_address(where.supervisor),
        call_data(
            _BOOK,
            "withdrawContract",
            permit_key(review.permit),
            review.address,
            nonce,
            [bytes.fromhex(signature[2:])],
        ),
        idempotency_key=f"review:{review.id}:withdraw",
        permit=review.permit,
    )
    desk.at_step("withdraw.sent")
    still = standing_of(desk.gateway, where, review).approved is not None
    with desk.store.unit() as u:
        now = u.reviews.get(review.id, lock=True)
        u.outbox.done(row.id, desk.clock.now())
        if now.state is ReviewState.WITHDRAWING:
            state = ReviewState.APPROVED if still else ReviewState.WITHDRAWN
            changed = {"reason": why(receipt)} if still else None
            saved = u.reviews.save(
                replace(now, state=state, tx_hash=receipt.get("transactionHash"), changed=changed)
            )
            touch(u, u.permits.get(review.permit, lock=True))
            _audit(u, saved, "not_withdrawn" if still else "withdrawn", desk.clock.now())
        u.commit()


def follow(desk: Desk) -> int:
    """Write down which approvals have lapsed. Returns how many.

    Raises:
        Unavailable: gateway or chain out of reach: tried again at the next turn.
    """
    with desk.store.unit(read_only=True) as u:
        held = [each for each in u.reviews.held() if each.state is ReviewState.APPROVED]
    if not held:
        return 0
    national, lapsed = desk.gateway.national(), 0
    for review in held:
        where = where_of(national, review.chain)
        if standing_of(desk.gateway, where, review).approved is not None:
            continue
        try:
            found = desk.gateway.layers(review.chain, review.address)["layers"]
        except InvalidInput as error:
            found = [{"account": review.address, "code_hash": error.code}]
        with desk.store.unit() as u:
            lapsed += _lapsed(u, review.id, found, at=desk.clock.now())
            u.commit()
    return lapsed


def _lapsed(u: UnitOfWork, review_id: str, found: Any, *, at: datetime) -> int:
    review = u.reviews.get(review_id, lock=True)
    if review.state is not ReviewState.APPROVED:
        return 0
    changed = {"layers": found}
    saved = u.reviews.save(
        replace(review, state=ReviewState.LAPSED, changed=changed, decided_at=at, decided_by=None)
    )
    touch(u, u.permits.get(review.permit, lock=True))
    _audit(u, saved, "lapsed", at, {"found": found})
    return 1


def _audit(
    u: UnitOfWork,
    review: ContractReview,
    what: str,
    at: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    data = {
        "review": review.id,
        "chain": review.chain,
        "contract": review.address,
        "transaction": review.tx_hash,
        **(more or {}),
    }
    u.audit.append(kind=f"review.{what}", actor="system", subject=review.permit, data=data, at=at)
