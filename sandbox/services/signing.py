"""A regulator's signatures under one version of a permit: per chain, and under the document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.contracts.typed import terms_typed_data
from sandbox.domain.document import document_typed_data
from sandbox.domain.records import Decision, Signature
from sandbox.domain.seats import Actor
from sandbox.domain.supervisor import supervisor_terms
from sandbox.domain.terms import Terms, TrialState
from sandbox.kit.errors import IntegrityFailure, Unavailable
from sandbox.kit.ids import ChainName, PermitNumber
from sandbox.services.ports import NationalChain, Ports


def chain_terms(
    where: NationalChain, *, terms: Terms, number: PermitNumber, version: int, state: TrialState
) -> dict[str, Any]:
    """The Supervisor's ``Terms`` for one chain."""
    return supervisor_terms(
        terms,
        number=number,
        version=version,
        state=state,
        chain=where.chain,
        tokens=where.tokens,
    )


def national_of(ports: Ports, chains: tuple[ChainName, ...]) -> Mapping[ChainName, NationalChain]:
    """The national contracts of a permit's chains.

    Raises:
        Unavailable: ``chain.unknown`` when the gateway does not know one of them (yet).
    """
    national = ports.gateway.national()
    for chain in chains:
        if chain not in national:
            raise Unavailable("chain.unknown", chain=chain)
    return national


def regulators_signature(
    actor: Actor, typed: Mapping[str, Any], *, at: datetime, ports: Ports
) -> dict[str, str]:
    """One regulator's signature over typed data, with who gave it and when, as it is kept.

    Args:
        actor: the regulator; the key is ``regulator/<account>``.
        typed: complete EIP-712 data.
        at: now.
        ports: the signer.

    Raises:
        Unavailable: signer out of reach; nothing is kept.
    """
    key = f"regulator/{actor.account}"
    return {
        "account": actor.account,
        "person": actor.person,
        "address": ports.signer.address(key),
        "signature": ports.signer.sign_typed(key, typed),
        "at": at.isoformat(),
    }


def sign_decision(
    decision: Decision, actor: Actor, *, chains: tuple[ChainName, ...], at: datetime, ports: Ports
) -> Signature:
    """Sign a version as a regulator.

    Args:
        decision: with terms, state and document.
        actor: the regulator; the key is ``regulator/<account>``.
        chains: where the permit is published.
        at: now.
        ports: signer and gateway.

    Raises:
        Unavailable: signer or gateway out of reach; nothing is kept.
        IntegrityFailure: ``decision.incomplete``.
    """
    if decision.terms is None or decision.trial_state is None or decision.document is None:
        raise IntegrityFailure("decision.incomplete", id=decision.id)
    national = national_of(ports, chains)
    key = f"regulator/{actor.account}"
    number = PermitNumber(str(decision.document["number"]))
    signatures: dict[str, str] = {}
    for chain in chains:
        where = national[chain]
        struct = chain_terms(
            where,
            terms=decision.terms,
            number=number,
            version=decision.version,
            state=decision.trial_state,
        )
        typed = terms_typed_data(where.chain_id, where.supervisor, struct)
        signatures[chain] = ports.signer.sign_typed(key, typed)
    first = national[chains[0]]
    document = document_typed_data(
        decision.document, chain_id=first.chain_id, supervisor=first.supervisor
    )
    return Signature(
        account=actor.account,
        address=ports.signer.address(key),
        terms=signatures,
        document=ports.signer.sign_typed(key, document),
        at=at,
    )
