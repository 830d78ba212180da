"""A signed transaction on its way into the journal: steps 5 to 12.

 5. member      the sender is a wallet that this credential may use
 6. scope       the addressee is one that the key and the permit's terms leave open
 7. terms       state, dates, chain, native value, gas
 8. quota       transactions and gas a day, deployments: room is taken at once
 9. foresee     would it change an approved contract, or create too many?
    preflight   would the Supervisor revert it at the head?
10. journal     the policy once more, then durable
11. forward     the queue behind the journal puts it into the next block (chain.node)
12. record      a refusal by a clause of the permit is evidence
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from sandbox.chain.node import ChainNode
from sandbox.chain.transaction import SignedTx, decode
from sandbox.domain.policy import Policy
from sandbox.domain.usage import Usage
from sandbox.gateway.feeds import Feeds
from sandbox.gateway.identity import Identity
from sandbox.gateway.ledger import UnitLedger
from sandbox.gateway.policies import PolicyStore, Standing
from sandbox.gateway.refusals import Attempt, Refusals
from sandbox.gateway.steps import quota
from sandbox.gateway.steps.fees import Lend, fees
from sandbox.gateway.steps.journal import journal
from sandbox.gateway.steps.member import member
from sandbox.gateway.steps.preflight import preflight
from sandbox.gateway.steps.record import record
from sandbox.gateway.steps.scope import addressee
from sandbox.gateway.steps.terms import terms
from sandbox.kit.clock import Clock
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.kit.ids import CHAIN_IDS, Address, ChainName, TxHash

Foresee = Callable[["Where", Policy, SignedTx], Awaitable[None]]
"""Refuses what a transaction would leave behind (``steps.foresee``)."""


@dataclass(frozen=True, slots=True)
class Admission:
    """What every submission needs."""

    policies: PolicyStore
    usage: Usage
    refusals: Refusals
    clock: Clock
    ledger: UnitLedger
    foresee: Foresee
    feeds: Feeds
    lend: Lend


class Where(NamedTuple):
    """The chain that a request is for.

    Attributes:
        chain: its name.
        node: running.
        supervisor: the address of its Supervisor.
        token: the address of its supervised money.
    """

    chain: ChainName
    node: ChainNode
    supervisor: Address
    token: Address


_NAMES: Final[dict[str, ChainName]] = {name: name for name in CHAIN_IDS}


def chain_name(name: str) -> ChainName:
    """The chain of a path part.

    Args:
        name: as sent; matched exactly.

    Raises:
        InvalidInput: ``gateway.chain_unknown``.
    """
    known = _NAMES.get(name)
    if known is None:
        raise InvalidInput("gateway.chain_unknown", chain=name[:32], known=list(CHAIN_IDS))
    return known


async def submit(admission: Admission, where: Where, attempt: Attempt, raw: str | bytes) -> TxHash:
    """Admit a signed transaction and make it durable.

    Args:
        admission: policies, counters, recorder, clock.
        where: the chain.
        attempt: who asks, and by which method.
        raw: the signed transaction.

    Returns:
        Its hash; from here on it is in the journal.

    Raises:
        InvalidInput: ``tx.*``, ``gateway.insufficient_funds``.
        NotAllowed: ``gateway.wallet_not_permitted``, ``gateway.key_address``.
        Refused: ``refused.<clause>``; recorded.
        Conflict, Unavailable: as ``ChainNode.submit``.
    """
    transaction = decode(raw)
    _check_chain(transaction, where.chain)
    standing = admission.policies.standing(attempt.identity.permit)
    member(attempt.identity, standing, transaction.sender, where.chain)
    try:
        return await _admit(admission, where, attempt, transaction, standing)
    except SynakError as error:
        named = attempt._replace(
            sender=transaction.sender,
            to=transaction.to,
            tx_hash=transaction.hash,
        )
        await record(admission.refusals, where.node, named, error)
        raise


async def _admit(
    admission: Admission, where: Where, attempt: Attempt, transaction: SignedTx, seen: Standing
) -> TxHash:
    identity, policy = attempt.identity, seen.policy
    at = admission.clock.now()
    addressee(identity, policy, transaction, where.token)
    terms(identity, policy, where.chain, transaction, at)
    place = quota.transaction(policy, admission.usage, transaction, at)
    try:
        await admission.foresee(where, policy, transaction)
        await fees(where.chain, where.node, admission.lend, policy.permit, transaction)
        await preflight(where.node, where.chain, where.supervisor, policy.permit, transaction)
    except BaseException:
        admission.usage.give_back(place)
        raise

    def recheck(now: Standing) -> None:
        member(identity, now, transaction.sender, where.chain)
        addressee(identity, now.policy, transaction, where.token)
        terms(identity, now.policy, where.chain, transaction, at)

    digest = await journal(
        where.node,
        transaction,
        identity=identity,
        seen=seen,
        policies=admission.policies,
        usage=admission.usage,
        place=place,
        recheck=recheck,
        meta=_meta(attempt),
    )
    admission.usage.acknowledged(identity.permit, admission.clock.now())
    admission.feeds.acknowledged(where.chain, identity, transaction.sender, digest)
    return digest


def _meta(attempt: Attempt) -> dict[str, str]:
    identity: Identity = attempt.identity
    meta = {
        "permit": identity.permit,
        "account": identity.account,
        "method": attempt.method,
        "request_id": attempt.request_id,
    }
    if attempt.idempotency_key is not None:
        meta["idempotency_key"] = attempt.idempotency_key
    return meta


def _check_chain(transaction: SignedTx, chain: ChainName) -> None:
    """A signature that names no chain could be replayed on the other one: refused too."""
    if transaction.chain_id != CHAIN_IDS[chain]:
        raise InvalidInput(
            "tx.wrong_chain_id", expected=CHAIN_IDS[chain], chain_id=transaction.chain_id
        )
