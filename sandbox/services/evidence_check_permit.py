"""Checking an evidence file's permit: every version against its signatures and its publication."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data

from sandbox.contracts.typed import terms_typed_data
from sandbox.domain.document import document_hash, document_typed_data
from sandbox.domain.supervisor import supervisor_terms
from sandbox.domain.terms import Terms, TrialState
from sandbox.kit.ids import PermitNumber, permit_key
from sandbox.services.evidence_check_journal import Journal
from sandbox.services.evidence_file import PERMIT, Parts, whole_number
from sandbox.services.evidence_report import Report

QUORUM: Final = 2
"""Regulators who sign a version; the Supervisor takes no more."""
_CHAIN = {"chain", "chain_id", "supervisor", "tokens"}
_VERSION = {"version", "kind", "document", "document_hash", "signatures"}
_SIGNATURE = {"address", "terms", "document", "at", "account"}


def check_permit(
    parts: Parts,
    manifest: Mapping[str, Any],
    journals: Mapping[str, Journal],
    outcomes: Mapping[str, int],
    report: Report,
) -> list[dict[str, Any]]:
    """Every version: document, signatures, and where the chain took it.

    Args:
        parts: of the file.
        manifest: whose permit, chains and period they are.
        journals: what each chain's records say.
        outcomes: of each proven transaction, 1 when it succeeded.
        report: gains what is wrong.

    Returns:
        ``{version, signatures, published, regulators}`` for the reader; ``published``: chain to
        the transaction of this file by which the Supervisor took the signatures; ``regulators``:
        whether this file shows that regulators signed.
    """
    versions: list[dict[str, Any]] = []
    with report.reading(PERMIT):
        permit = parts.whole(PERMIT)
        if set(permit) != {"number", "permit_id", "chains", "versions"}:
            report.add(PERMIT, "", "", "malformed")
        expected = "0x" + permit_key(PermitNumber(manifest["permit"])).hex()
        if (permit["number"], permit["permit_id"]) != (manifest["permit"], expected):
            report.add(PERMIT, "", "number", "other_permit")
        chains = [each["chain"] for each in permit["chains"]]
        wrong = any(set(each) != _CHAIN for each in permit["chains"])
        if wrong or sorted(chains) != sorted(manifest["chains"]):
            report.add(PERMIT, "", "chains", "malformed")
        last = 0
        for version in permit["versions"]:
            record = f"version {version['version']}"
            with report.reading(PERMIT, record):
                if whole_number(version["version"]) <= last:
                    report.add(PERMIT, record, "version", "order")
                last = version["version"]
                _check_version(permit, version, record, report)
                versions.append(
                    {
                        "version": version["version"],
                        "signatures": [each["address"] for each in version["signatures"]],
                        "published": _published(permit, version, journals, outcomes),
                    }
                )
        _check_signers(versions, manifest["period"], report)
    return versions


def _check_signers(
    versions: list[dict[str, Any]], period: Mapping[str, Any], report: Report
) -> None:
    """Whom the Supervisor took for regulators: who signed what it published in this file.

    A file of a whole life shows them all; one of a period only those of that period, and its
    reader is told. One regulator alone may open an interim measure, never a first version: the
    Supervisor knows which version is one, so one signature is enough where it took it.
    """
    taken = {signer for each in versions if each["published"] for signer in each["signatures"]}
    whole = period == {"since": None, "until": None}
    for each in versions:
        record = f"version {each['version']}"
        if whole and not each["published"] and len(each["signatures"]) < QUORUM:
            report.add(PERMIT, record, "signatures", "too_few_signatures")
        each["regulators"] = bool(each["signatures"]) and set(each["signatures"]) <= taken
        for place, signer in enumerate(each["signatures"], 1):
            if whole and signer not in taken:
                report.add(PERMIT, record, f"signature {place}", "not_regulator")


def _check_version(
    permit: Mapping[str, Any], version: Mapping[str, Any], record: str, report: Report
) -> None:
    document = version["document"]
    if set(version) != _VERSION or any(set(each) != _SIGNATURE for each in version["signatures"]):
        report.add(PERMIT, record, "", "malformed")
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
        for chain in sorted({*chains, *signature["terms"]}):
            text = signature["terms"].get(chain, "")
            where = chains.get(chain)
            if where is None or not _signed(_terms(document, where), text, signature["address"]):
                report.add(PERMIT, record, f"signature {place}, {chain}", "regulator_signature")
    addresses = [each["address"] for each in version["signatures"]]
    if len(set(addresses)) != len(addresses) or len(addresses) > QUORUM:
        report.add(PERMIT, record, "signatures", "regulator_signature")
    if not addresses or (version["version"] == 1 and len(addresses) < QUORUM):
        report.add(PERMIT, record, "signatures", "too_few_signatures")


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


def _published(
    permit: Mapping[str, Any],
    version: Mapping[str, Any],
    journals: Mapping[str, Journal],
    outcomes: Mapping[str, int],
) -> dict[str, str]:
    """The transactions by which the Supervisor took a version: each proven, and not failed.

    The Supervisor takes the signatures of its regulators alone, so these show who signed.
    """
    found = {}
    where = {each["chain"]: str(each["supervisor"]).lower() for each in permit["chains"]}
    for chain, journal in journals.items():
        signatures = [
            bytes.fromhex(each["terms"][chain].removeprefix("0x"))
            for each in version["signatures"]
            if chain in each["terms"]
        ]
        for tx in journal.transactions.values():
            taken = outcomes.get(str(tx.hash)) == 1 and str(tx.to).lower() == where.get(chain)
            if taken and signatures and all(each in tx.data for each in signatures):
                found[chain] = str(tx.hash)
    return found
