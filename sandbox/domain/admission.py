"""What a permit's terms say of one transaction, as far as the chain cannot see it.

One copy of these rules serves the gateway (the first clause refuses), its check (every
clause that would refuse is named) and the lab (a draft's terms, tried out).

1. State and dates: ``active`` within its dates lets everything through to the
   next rule. ``suspended``, ``wind_down``, ``ended`` and a term that is over
   let members bring money home (the Supervisor says how): customers' tokens
   always, the settlement wallet unless the permit is suspended, and nobody
   deploys. ``activating`` and ``halted`` let nothing through.
2. Chain: only those of the permit.
3. Native value above gas is refused: it would be money that nobody counts.
4. Gas at most the permit's limit; a request's body at most its bytes.
5. Where the terms name contracts, a transaction goes to these and their functions only; the
   supervised money is always among them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.policy import Policy
from sandbox.kit.errors import Refused
from sandbox.kit.ids import Address, ChainName
from sandbox.kit.money import NoLimit


@dataclass(frozen=True, slots=True)
class Intent:
    """What a transaction would do, as far as these rules look at it.

    Attributes:
        chain: where it goes.
        deployment: it creates a contract.
        value: native value beside the gas, wei.
        gas: its gas limit, units.
        customer: it is sent with a customer's token, not with the permit's own.
    """

    chain: ChainName
    deployment: bool
    value: int
    gas: int
    customer: bool = False


def refusal(policy: Policy, clause: str, **counters: object) -> Refused:
    """A refusal by a clause that the chain cannot hold.

    Args:
        policy: of the authenticated permit, as it was applied.
        clause: for example ``deployments``; also the last part of the code.
        **counters: ``limit``, ``used``, ``requested`` as decimal strings, ``frees_at``
            as ISO 8601 UTC, ``subject`` as an address; what does not apply is left out.
    """
    named = {"clause": clause, "permit": policy.permit, "version": policy.version}
    return Refused(f"refused.{clause}", **named, **counters)


def terms_refusals(policy: Policy, intent: Intent, at: datetime) -> Iterator[Refused]:
    """Every clause of the terms that refuses a transaction, in the order of the rules.

    Args:
        policy: of the asking permit.
        intent: the transaction.
        at: now.

    Yields:
        ``refused.state``, ``refused.not_started``, ``refused.chain_scope``,
        ``refused.native_value``, ``refused.gas_per_transaction``.
    """
    yield from _state(policy, intent, at)
    if intent.chain not in policy.chains:
        allowed = ", ".join(policy.chains)
        yield refusal(policy, "chain_scope", limit=allowed, requested=intent.chain)
    if intent.value:
        asked = str(intent.value)
        yield refusal(policy, "native_value", asset="BNB", limit="0", requested=asked)
    most = policy.limits["gas_per_transaction"]
    if not isinstance(most, NoLimit) and intent.gas > most:
        yield refusal(policy, "gas_per_transaction", limit=str(most), requested=str(intent.gas))


def _state(policy: Policy, intent: Intent, at: datetime) -> Iterator[Refused]:
    """Rule 1."""
    if policy.state == "active" and at < policy.start:
        begins = policy.start.isoformat()
        yield refusal(policy, "not_started", limit=begins, frees_at=begins)
        return
    if policy.state == "active" and at < policy.end:
        return
    home = policy.state in ("active", "suspended", "wind_down", "ended")
    if home and not intent.deployment and (intent.customer or policy.state != "suspended"):
        return
    yield refusal(policy, "state", limit=policy.state, used=policy.state)


def scope_refusals(
    policy: Policy, to: Address | None, data: bytes, *, always: Address
) -> Iterator[Refused]:
    """The rule of the contracts and functions that may be called.

    Args:
        policy: of the asking permit.
        to: the addressee; None for a deployment, which is no call.
        data: of the transaction.
        always: the supervised money, which is open whatever the list says.

    Yields:
        ``refused.contract_scope``.
    """
    if policy.contracts is None or to is None or to == always:
        return
    for each in policy.contracts:
        if each.address == to and each.allows(data):
            return
    allowed = ", ".join(each.address for each in policy.contracts)
    asked = f"{to} 0x{data[:4].hex()}"
    yield refusal(policy, "contract_scope", limit=allowed, requested=asked, subject=to)


def payload_refusals(policy: Policy, length: int) -> Sequence[Refused]:
    """The rule of a request's size.

    Args:
        policy: of the asking permit.
        length: bytes of the whole request body.

    Returns:
        ``refused.payload_bytes``, or nothing.
    """
    limit = policy.limits["payload_bytes"]
    if isinstance(limit, NoLimit) or length <= limit:
        return ()
    return (refusal(policy, "payload_bytes", limit=str(limit), requested=str(length)),)
