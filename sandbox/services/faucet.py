"""Test money for members of a trial, under a quota; issued by the worker.

Rules:

1. Only to wallets of the permit: its settlement wallet, the team's own, and registered people.
2. At most ``MOST_A_DAY`` of an asset in any 24 hours for one permit.
3. The Supervisor has the last word: a holding cap refuses an issue too, with its clause.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.records import FaucetIssue, Permit
from sandbox.domain.seats import Actor
from sandbox.domain.terms import CHAIN_OF
from sandbox.domain.words import CustomerState, FaucetState
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import Address, AssetCode, PermitNumber, checksum
from sandbox.kit.money import DECIMALS, amount_from_json
from sandbox.services.access import require_running, team_permit
from sandbox.services.acts import earlier, remember
from sandbox.services.views import FaucetView
from sandbox.store import UnitOfWork

ISSUE: Final = "faucet.issue"
"""The outbox kind that issues test money."""

MOST_A_DAY: Final[Mapping[AssetCode, int]] = {
    "KGST": 10_000_000 * 10 ** DECIMALS["KGST"],
    "SOM": 10_000_000 * 10 ** DECIMALS["SOM"],
    "BNB": 100 * 10 ** DECIMALS["BNB"],
}
"""Minor units of each asset that one permit can draw in any 24 hours."""


@dataclass(frozen=True)
class AskFaucet:
    """Ask for test money; ``amount``: minor units as a decimal string."""

    permit: PermitNumber
    address: str
    asset: str
    amount: str
    key: str | None = None


def ask(u: UnitOfWork, actor: Actor, command: AskFaucet, *, at: datetime) -> FaucetView:
    """Ask for test money.

    Raises:
        InvalidInput: ``amount.*``, ``address.malformed``, ``faucet.asset``, ``faucet.nothing``.
        NotAllowed: ``faucet.not_a_member``, ``permit.not_active``.
        Conflict: ``faucet.quota``.
    """
    permit, file = team_permit(u, actor, command.permit, lock=True)
    done = earlier(u, actor, "faucet", command.key)
    if done is not None:
        return _view(u.faucet.get(done))
    asset = _asset(command.asset, permit)
    amount = amount_from_json(command.amount)
    if amount == 0:
        raise InvalidInput("faucet.nothing")
    address = checksum(command.address)
    require_running(file)
    _require_member(u, permit, address, asset)
    _require_quota(u, permit, asset, amount, at)
    issue = u.faucet.add(
        FaucetIssue(
            id=uuid.uuid4().hex,
            permit=permit.number,
            address=address,
            asset=asset,
            amount=amount,
            asked_by=actor.account,
            asked_at=at,
            state=FaucetState.ASKED,
        )
    )
    u.audit.append(
        kind="permit.faucet",
        actor=actor.account,
        subject=permit.number,
        data={"address": address, "asset": asset, "amount": str(amount)},
        at=at,
    )
    u.outbox.put(kind=ISSUE, subject=f"faucet:{issue.id}", payload={"issue": issue.id}, at=at)
    remember(u, actor, "faucet", command.key, issue.id, at=at)
    return _view(issue)


def status(u: UnitOfWork, actor: Actor, issue_id: str, *, at: datetime) -> FaucetView:  # noqa: ARG001
    """Where a request for test money stands.

    Raises:
        NotFound: ``faucet.not_found``.
    """
    issue = u.faucet.get(issue_id[:40])
    team_permit(u, actor, issue.permit)
    return _view(issue)


def _asset(text: str, permit: Permit) -> AssetCode:
    offered: dict[str, AssetCode] = {
        each.asset: each.asset for each in permit.terms.assets if each.asset in MOST_A_DAY
    }
    if "kgst" in permit.chains:
        offered["BNB"] = "BNB"
    if text not in offered:
        raise InvalidInput("faucet.asset", asset=text[:16], offered=", ".join(offered))
    return offered[text]


def _require_member(u: UnitOfWork, permit: Permit, address: Address, asset: AssetCode) -> None:
    chain = CHAIN_OF.get(asset, "kgst")
    own = {each.address for each in u.wallets.registered(permit.number) if each.chain == chain}
    if address == permit.settlement or address in own:
        return
    person = u.customers.by_wallet(permit.number, address)
    if person is None or person.state is not CustomerState.REGISTERED:
        raise NotAllowed("faucet.not_a_member", address=address)


def _require_quota(
    u: UnitOfWork, permit: Permit, asset: AssetCode, amount: int, at: datetime
) -> None:
    drawn = sum(
        each.amount
        for each in u.faucet.since(permit.number, at - timedelta(hours=24))
        if each.asset == asset
    )
    most = MOST_A_DAY[asset]
    if drawn + amount > most:
        raise Conflict(
            "faucet.quota", asset=asset, limit=str(most), used=str(drawn), requested=str(amount)
        )


def _view(issue: FaucetIssue) -> FaucetView:
    return FaucetView(
        id=issue.id,
        address=issue.address,
        asset=issue.asset,
        amount=str(issue.amount),
        state=issue.state.value,
        tx_hash=issue.tx_hash,
        refusal=issue.refusal,
    )
