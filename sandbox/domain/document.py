"""The permit document: canonical JSON that two regulators sign and anybody can verify.

The notice stands in it in three languages, so that no copy of a permit can be shown without it.

>>> sorted(NOTICE)
['en', 'ky', 'ru']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sandbox.domain.terms import Terms, TrialState
from sandbox.kit.canonical import content_hash
from sandbox.kit.ids import Address, PermitNumber, permit_key

NOTICE: Final[Mapping[str, str]] = {
    "en": "Simulated money. Not a licence and not a decision of any authority.",
    "ru": "Игровые деньги. Не является лицензией и решением какого-либо органа.",
    "ky": "Оюн акчасы. Лицензия эмес жана эч бир органдын чечими эмес.",
}


def permit_document(  # noqa: PLR0913 - the parts of one document
    *,
    number: PermitNumber,
    version: int,
    state: TrialState,
    title: str,
    holder: Mapping[str, str],
    operator: Mapping[str, str],
    terms: Terms,
) -> dict[str, Any]:
    """The document of one version of a permit.

    Args:
        number: the permit's number.
        version: which version.
        state: what the Supervisor is told.
        title: the product.
        holder: ``{id, name}`` of the sponsor, who holds the permit.
        operator: ``{id, name}`` of the start-up, which operates it.
        terms: the conditions.
    """
    return {
        "type": "synak.permit",
        "number": number,
        "permit_id": "0x" + permit_key(number).hex(),
        "version": version,
        "state": state.value,
        "title": title,
        "holder": dict(holder),
        "operator": dict(operator),
        "terms": terms.as_dict(),
        "notice": dict(NOTICE),
    }


def document_hash(document: Mapping[str, Any]) -> str:
    """SHA-256 of the canonical document, ``0x`` hex."""
    return "0x" + content_hash(dict(document)).hex()


def document_typed_data(
    document: Mapping[str, Any], *, chain_id: int, supervisor: Address
) -> dict[str, Any]:
    """What a regulator signs under the document, as EIP-712 typed data.

    The gateway's limits are in the document and not in the Supervisor's ``Terms``: this signature
    is what binds them.

    Args:
        document: the permit document.
        chain_id: of the first chain the permit is on.
        supervisor: the Supervisor's address there.

    Source: EIP-712.
    """
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "PermitDocument": [
                {"name": "permit", "type": "bytes32"},
                {"name": "version", "type": "uint64"},
                {"name": "document", "type": "bytes32"},
            ],
        },
        "primaryType": "PermitDocument",
        "domain": {
            "name": "Synak",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": supervisor,
        },
        "message": {
            "permit": document["permit_id"],
            "version": document["version"],
            "document": document_hash(document),
        },
    }
