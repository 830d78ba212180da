"""Policies reach the gateway, and its answer makes permits active.

Rules:

1. A permit whose policy revision is not acknowledged is pushed until it is.
2. A permit is active when the Supervisor holds its version *and* the gateway acknowledged the
   policy that says so, never before.
3. A gateway that lost a policy gets it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.policy import Policy
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import PermitNumber
from sandbox.services.acts import move
from sandbox.services.policies import policy_of, touch
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork


def push_policies(desk: Desk) -> int:
    """Push every policy that the gateway has not acknowledged.

    Returns:
        How many were acknowledged.

    Raises:
        Unavailable: the gateway is out of reach; nothing is lost.
    """
    with desk.store.unit(read_only=True) as u:
        due = [
            policy_of(u, permit, u.files.get(permit.file)) for permit in u.permits.unacknowledged()
        ]
    for policy in due:
        _push_one(desk, policy)
    return len(due)


def _push_one(desk: Desk, policy: Policy) -> None:
    try:
        revision = desk.gateway.put_policy(policy)
    except Conflict:
        revision = policy.revision + 1
    desk.at_step("policy.pushed")
    with desk.store.unit() as u:
        if revision > policy.revision:
            _overtake(u, policy.permit, revision)
        else:
            _acknowledged(u, policy, at=desk.clock.now())
        u.commit()
    desk.at_step("policy.acknowledged")


def _overtake(u: UnitOfWork, number: PermitNumber, revision: int) -> None:
    """The gateway holds a later revision than we sent: ours must become the latest."""
    permit = u.permits.get(number, lock=True)
    if permit.policy_revision <= revision:
        touch(u, replace(permit, policy_revision=revision))


def _acknowledged(u: UnitOfWork, policy: Policy, *, at: datetime) -> None:
    permit = u.permits.get(policy.permit, lock=True)
    if policy.revision <= permit.acknowledged_revision:
        return
    permit = u.permits.save(replace(permit, acknowledged_revision=policy.revision))
    file = u.files.get(permit.file, lock=True)
    if (
        file.state is FileState.ACTIVATING
        and policy.state == "active"
        and policy.version == permit.version
        and permit.published_version >= permit.version
    ):
        move(
            u,
            file,
            Act.ACTIVATE,
            actor="system",
            at=at,
            data={"permit": permit.number, "version": permit.version, "revision": policy.revision},
        )


def forget_lost(u: UnitOfWork, held: Mapping[str, int]) -> int:
    """Mark policies that the gateway no longer holds, so that they are pushed again.

    Args:
        u: a writing unit of work; the caller commits.
        held: permit to revision, as the gateway answered a heartbeat.

    Returns:
        How many must be sent again.
    """
    lost = 0
    for permit in u.permits.all():
        if permit.acknowledged_revision > 0 and held.get(permit.number, 0) < (
            permit.acknowledged_revision
        ):
            u.permits.save(replace(permit, acknowledged_revision=0))
            lost += 1
    return lost
