"""What the worker does for a team's own wallet: register it on chain, release it again.

Rules:

1. As everywhere in the worker: killed at any step and run again, it ends the same.
2. The gateway lets a wallet sign only after the Supervisor has it, and the store says so.
3. Only a wallet that the Supervisor holds as this permit's settlement wallet is released.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sandbox.domain.records import OutboxRow
from sandbox.domain.team_wallets import TeamWallet, WalletState
from sandbox.kit.ids import permit_key
from sandbox.services.calls import call_data, read
from sandbox.services.policies import touch
from sandbox.services.ports import NationalChain
from sandbox.services.publication import (
    SETTLEMENT,
    Desk,
    admit_wallet,
    plain_refusal,
    where_of,
    why,
)
from sandbox.store import UnitOfWork


def join(desk: Desk, row: OutboxRow) -> None:
    """Register a wallet that has proved itself.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        wallet = u.wallets.get(row.payload["wallet"])
    desk.at_step("join.begun")
    where = where_of(desk.gateway.national(), wallet.chain)
    refusal: Mapping[str, Any] | None = None
    if wallet.state is WalletState.JOINING and not _is_ours(desk, where, wallet):
        key = f"wallet:{wallet.id}"
        receipt = admit_wallet(desk, where, wallet.permit, wallet.address, idempotency_key=key)
        if receipt.get("status") != "0x1":
            refusal = receipt.get("refusal") or {"clause": "reverted", "reason": why(receipt)}
    desk.at_step("join.sent")
    with desk.store.unit() as u:
        _joined(u, row, refusal, at=desk.clock.now())
        u.commit()


def leave(desk: Desk, row: OutboxRow) -> None:
    """Release a wallet that left; one that still holds money the Supervisor keeps.

    Raises:
        Unavailable: gateway or chain out of reach: try again.
    """
    with desk.store.unit(read_only=True) as u:
        wallet = u.wallets.get(row.payload["wallet"])
    where = where_of(desk.gateway.national(), wallet.chain)
    refusal: Mapping[str, Any] | None = None
    if _is_ours(desk, where, wallet):
        receipt = desk.gateway.submit_system(
            where.chain,
            "system/registrar",
            where.supervisor,
            call_data("Supervisor", "release", wallet.address),
            idempotency_key=f"wallet:{wallet.id}:leave",
        )
        if receipt.get("status") != "0x1":
            refusal = {"clause": "still_holding", "reason": why(receipt)}
    with desk.store.unit() as u:
        now = u.wallets.get(wallet.id, lock=True)
        u.wallets.save(replace(now, refusal=refusal))
        u.outbox.done(row.id, desk.clock.now())
        u.commit()


def _joined(
    u: UnitOfWork, row: OutboxRow, refusal: Mapping[str, Any] | None, *, at: datetime
) -> None:
    now = u.wallets.get(row.payload["wallet"], lock=True)
    u.outbox.done(row.id, at)
    if now.state is not WalletState.JOINING:  # taken out meanwhile; its own row releases it
        return
    permit = u.permits.get(now.permit, lock=True)
    state = WalletState.REGISTERED if refusal is None else WalletState.REFUSED
    joined_at = at if refusal is None else None
    u.wallets.save(replace(now, state=state, joined_at=joined_at, refusal=refusal))
    if refusal is None:
        touch(u, permit)
    u.audit.append(
        kind=f"permit.wallet_{state.value}",
        actor="system",
        subject=permit.number,
        data={"wallet": now.address, "chain": now.chain, "refusal": plain_refusal(refusal)},
        at=at,
    )


def _is_ours(desk: Desk, where: NationalChain, wallet: TeamWallet) -> bool:
    permit, kind, _ = read(desk.gateway, where.chain, where.supervisor, "memberOf", wallet.address)
    return bytes(permit) == permit_key(wallet.permit) and kind == SETTLEMENT
