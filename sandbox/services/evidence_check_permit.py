"""Checking an evidence file's permit: every version against its signatures and its publication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data

from sandbox.contracts.typed import terms_typed_data
from sandbox.domain.document import document_hash, document_typed_data
from sandbox.domain.supervisor import supervisor_terms
from sandbox.domain.terms import Terms, TrialState
from sandbox.kit.ids import PermitNumber, permit_key
from sandbox.services.evidence_check_journal import Journal
from sandbox.services.evidence_file import PERMIT, Parts
from sandbox.services.evidence_report import Report


def check_permit(
    parts: Parts, number: str, journals: Mapping[str, Journal], report: Report
) -> list[dict[str, Any]]:
    """Every version: document, signatures, and where the chain took it.

    Returns:
        ``{version, signatures, published}`` for the reader; ``published``: chain to the
        transaction of this file that carried the signatures.
    """
    versions: list[dict[str, Any]] = []
    with report.reading(PERMIT):
        permit = parts.whole(PERMIT)
        if set(permit) != {"number", "permit_id", "chains", "versions"}:
            report.add(PERMIT, "", "", "malformed")
        expected = "0x" + permit_key(PermitNumber(number)).hex()
        if (permit["number"], permit["permit_id"]) != (number, expected):
            report.add(PERMIT, "", "number", "other_permit")
        for version in permit["versions"]:
            record = f"version {version['version']}"
            with report.reading(PERMIT, record):
                _check_version(permit, version, record, report)
                versions.append(
                    {
                        "version": version["version"],
                        "signatures": [each["address"] for each in version["signatures"]],
                        "published": _published(version, journals),
                    }
                )
    return versions


def _check_version(
    permit: Mapping[str, Any], version: Mapping[str, Any], record: str, report: Report
) -> None:
    document = version["document"]
    named = (document["number"], document["version"], document["permit_id"])
    if document_hash(document) != version["document_hash"]:
        report.add(PERMIT, record, "document", "document")
    if named != (permit["number"], version["version"], permit["permit_id"]):
        report.add(PERMIT, record, "document", "document")
    chains = {each["chain"]: each for each in permit["chains"]}
    first = permit["chains"][0]
    for place, signature in enumerate(version["signatures"], 1):
        typed = document_typed_data(
            document, chain_id=first["chain_id"], supervisor=first["supervisor"]
        )
        if not _signed(typed, signature["document"], signature["address"]):
            report.add(PERMIT, record, f"signature {place}, document", "regulator_signature")
        for chain, text in signature["terms"].items():
            if not _signed(_terms(document, chains[chain]), text, signature["address"]):
                report.add(PERMIT, record, f"signature {place}, {chain}", "regulator_signature")
    addresses = [each["address"] for each in version["signatures"]]
    if not addresses or len(set(addresses)) != len(addresses):
        report.add(PERMIT, record, "signatures", "regulator_signature")


def _terms(document: Mapping[str, Any], where: Mapping[str, Any]) -> dict[str, Any]:
    struct = supervisor_terms(
        Terms.from_dict(document["terms"]),
        number=PermitNumber(document["number"]),
        version=document["version"],
        state=TrialState(document["state"]),
        chain=where["chain"],
        tokens=where["tokens"],
    )
    return terms_typed_data(where["chain_id"], where["supervisor"], struct)


def _signed(typed: Mapping[str, Any], signature: str, address: str) -> bool:
    try:
        message = encode_typed_data(full_message=dict(typed))
        return bool(Account.recover_message(message, signature=signature) == address)
    except Exception:  # noqa: BLE001 - a signature may be any text; it is right or it is not
        return False


def _published(version: Mapping[str, Any], journals: Mapping[str, Journal]) -> dict[str, str]:
    """The transactions of this file whose call data carries all of a version's signatures."""
    found = {}
    for chain, journal in journals.items():
        signatures = [
            bytes.fromhex(each["terms"][chain].removeprefix("0x"))
            for each in version["signatures"]
            if chain in each["terms"]
        ]
        for tx in journal.transactions.values():
            if signatures and all(each in tx.data for each in signatures):
                found[chain] = str(tx.hash)
    return found
