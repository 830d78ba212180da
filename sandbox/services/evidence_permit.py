"""The versions of a permit as an evidence file shows them: document, terms, both signatures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.domain.document import document_hash
from sandbox.domain.records import Decision, Permit
from sandbox.domain.words import DecisionStatus
from sandbox.kit.ids import ChainName, permit_key
from sandbox.services.ports import NationalChain
from sandbox.store import UnitOfWork


def permit_part(
    u: UnitOfWork,
    permit: Permit,
    national: Mapping[ChainName, NationalChain],
    *,
    without_names: bool,
) -> dict[str, Any]:
    """``permit.json``.

    Args:
        u: a reading unit of work.
        permit: which one.
        national: the Supervisor and the tokens of each chain, which the signatures name.
        without_names: leave out who signed; the signing addresses stay.
    """
    decisions = sorted(
        (each for each in u.decisions.of_file(permit.file) if _published(permit, each)),
        key=lambda each: each.version,
    )
    return {
        "number": permit.number,
        "permit_id": "0x" + permit_key(permit.number).hex(),
        "chains": [
            {
                "chain": chain,
                "chain_id": national[chain].chain_id,
                "supervisor": national[chain].supervisor,
                "tokens": dict(national[chain].tokens),
            }
            for chain in permit.chains
        ],
        "versions": [_version(each, without_names=without_names) for each in decisions],
    }


def _published(permit: Permit, decision: Decision) -> bool:
    stood = decision.status in {DecisionStatus.IN_FORCE, DecisionStatus.LAPSED}
    within = 0 < decision.version <= permit.published_version
    return stood and within and decision.document is not None


def _version(decision: Decision, *, without_names: bool) -> dict[str, Any]:
    document = dict(decision.document or {})
    return {
        "version": decision.version,
        "kind": decision.kind.value,
        "document": document,
        "document_hash": document_hash(document),
        "signatures": [
            {
                "address": each.address,
                "terms": dict(each.terms),
                "document": each.document,
                "at": each.at.isoformat(),
                "account": None if without_names else each.account,
            }
            for each in decision.signatures
        ],
    }
