"""The policy of a permit, from its records; tightening reaches the gateway in the same request.

Rules:

1. A policy is built whole, never changed in place; ``policy_revision`` grows with every change.
2. What tightens is pushed right after the commit; what loosens only once the chain has it.
3. Whatever was not acknowledged the worker pushes again, until it is.
4. An order of an authority lies over what the file and its permit say, as long as it is in force.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sandbox.domain.lifecycle import FileState
from sandbox.domain.policy import KeyRecord, Policy, PolicyState, PolicyWallet, limits_of
from sandbox.domain.records import AccessKey, Customer, Permit, PermitFile
from sandbox.domain.review import ApprovedContract
from sandbox.domain.seats import Right, rights_of
from sandbox.domain.words import CustomerState, KeyKind
from sandbox.kit.ids import AccountName, Address, ChainName
from sandbox.services.ports import Ports
from sandbox.store import UnitOfWork

_STATES: dict[FileState, PolicyState] = {
    FileState.ACTIVE: "active",
    FileState.SUSPENDED: "suspended",
    FileState.HALTED: "halted",
    FileState.EXPIRED: "ended",
    FileState.REVOKED: "ended",
    FileState.REVOCATION_APPEALED: "ended",
    FileState.SURRENDERED: "ended",
    FileState.COMPLETED: "ended",
    FileState.GRADUATED: "ended",
}


def policy_state(permit: Permit, file: PermitFile) -> PolicyState:
    """What the gateway is told of a permit's state.

    A permit that is activating becomes active for the gateway when the Supervisor holds its
    version; one that is being reinstated stays suspended until then.
    """
    if file.state is not FileState.ACTIVATING:
        return _STATES.get(file.state, "ended")
    if permit.published_version >= permit.version:
        return "active"
    return "suspended" if permit.published_version else "activating"


def policy_of(u: UnitOfWork, permit: Permit, file: PermitFile) -> Policy:
    """The whole policy as it is now."""
    wallets = []
    if permit.settlement is not None:
        wallets.append(PolicyWallet(permit.settlement, "settlement", f"permit/{permit.number}/0"))
    wallets += [
        PolicyWallet(each.wallet, each.kind.value, f"customer/{permit.number}/{each.place}")
        for each in u.customers.of_permit(permit.number)
        if each.state is CustomerState.REGISTERED
    ]
    wallets += _own_wallets(u, permit)
    orders = u.orders.in_force(permit.number)
    stopped = {each.wallet for each in orders if each.wallet is not None}
    whole = any(each.wallet is None for each in orders)
    return Policy(
        permit=permit.number,
        revision=permit.policy_revision,
        version=permit.version,
        state="halted" if whole else policy_state(permit, file),
        start=permit.terms.start,
        end=permit.terms.end,
        chains=permit.chains,
        assets=tuple(each.asset for each in permit.terms.assets),
        operators=_operators(u, permit),
        wallets=tuple(replace(each, suspended=each.address in stopped) for each in wallets),
        limits=limits_of(permit.terms),
        contract_review=permit.terms.contract_review,
        failed_deployments_count=permit.terms.failed_deployments_count,
        contracts=permit.terms.contracts,
        approved=_approved(u, permit),
    )


def _approved(u: UnitOfWork, permit: Permit) -> tuple[ApprovedContract, ...]:
    """The contracts that the gateway watches over."""
    return tuple(
        ApprovedContract(each.chain, each.address, each.nonce, each.layers, each.before)
        for each in u.reviews.held(permit.number)
    )


def _own_wallets(u: UnitOfWork, permit: Permit) -> list[PolicyWallet]:
    """The team's own wallets, each with the chains that it has joined."""
    joined: dict[Address, tuple[ChainName, ...]] = {}
    for each in u.wallets.registered(permit.number):
        joined[each.address] = (*joined.get(each.address, ()), each.chain)
    return [PolicyWallet(address, "settlement", None, chains) for address, chains in joined.items()]


def touch(u: UnitOfWork, permit: Permit) -> Permit:
    """Note that the policy changed; the worker will push it."""
    return u.permits.save(replace(permit, policy_revision=permit.policy_revision + 1))


def push_after_commit(u: UnitOfWork, permit: Permit, file: PermitFile, ports: Ports) -> None:
    """Push the policy as soon as the transaction is durable, before the request is answered.

    When the gateway is out of reach the worker keeps trying, and the gateway itself refuses
    everything once its policies are stale.
    """
    policy = policy_of(u, permit, file)
    u.after_commit(lambda: _push(policy, ports))


def _push(policy: Policy, ports: Ports) -> None:
    ports.gateway.put_policy(policy)


def key_records(u: UnitOfWork, at: datetime) -> tuple[KeyRecord, ...]:
    """Every usable key as the gateway knows it.

    A permit key speaks for whoever made it: it is left out as soon as its maker is no active member
    of the permit's organisation with the right to run trials.
    """
    usable = _with_makers(u, u.keys.usable(at))
    wallets: dict[str, Customer] = {}
    for number in {each.permit for each in usable if each.customer is not None}:
        wallets |= {each.id: each for each in u.customers.of_permit(number)}
    return tuple(_key_record(each, wallets) for each in usable)


def _with_makers(u: UnitOfWork, usable: tuple[AccessKey, ...]) -> tuple[AccessKey, ...]:
    makers = {
        number: _operators(u, u.permits.get(number))
        for number in {each.permit for each in usable if each.kind is KeyKind.PERMIT_KEY}
    }
    return tuple(
        each
        for each in usable
        if each.kind is not KeyKind.PERMIT_KEY or each.created_by in makers[each.permit]
    )


def _operators(u: UnitOfWork, permit: Permit) -> tuple[AccountName, ...]:
    """The accounts that may run a permit's trial."""
    return tuple(
        account.name
        for account in u.accounts.of_org(permit.org)
        if Right.RUN_TRIAL in rights_of(frozenset(account.seats))
    )


def _key_record(key: AccessKey, people: dict[str, Customer]) -> KeyRecord:
    person = people.get(key.customer) if key.customer else None
    return KeyRecord(
        digest=key.digest,
        kind="customer_token" if key.kind is KeyKind.CUSTOMER_TOKEN else "permit_key",
        permit=key.permit,
        expires_at=key.expires_at,
        revoked=key.revoked_at is not None,
        wallet=person.wallet if person else None,
        scope=key.scope,
    )
