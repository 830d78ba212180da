"""Checking an evidence file's permit: every version against its signatures and its publication."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_typed_data

from sandbox.contracts.typed import publish_call, publish_to, terms_typed_data
from sandbox.domain.document import document_hash, document_typed_data
from sandbox.domain.supervisor import supervisor_terms
from sandbox.domain.terms import Terms, TrialState
from sandbox.kit.ids import PermitNumber, permit_key
from sandbox.services.evidence_check_blocks import Outcome, Publication
from sandbox.services.evidence_check_journal import Journal
from sandbox.services.evidence_file import (
    PERMIT,
    Parts,
    journal_part,
    signatures_on,
    whole_number,
)
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
    outcomes: Mapping[str, Outcome],
    report: Report,
) -> list[dict[str, Any]]:
    """Every version: document, signatures, and where the Supervisor took it.

    The Supervisor takes the signatures of its regulators alone. So a version is shown to be the
    regulators' only by the transaction that published it, whatever period the file is of; and the
    Supervisor is the one that the manifest names.

    Args:
        parts: of the file.
        manifest: whose permit, chains and period they are.
        journals: what each chain's records say.
        outcomes: of each proven transaction.
        report: gains what is wrong.

    Returns:
        ``{version, signatures, published}`` for the reader; ``published``: chain to the
        transaction of this file by which the Supervisor took the signatures.
    """
    versions: list[dict[str, Any]] = []
    with report.reading(PERMIT):
        permit = parts.whole(PERMIT)
        if set(permit) != {"number", "permit_id", "chains", "versions"}:
            report.add(PERMIT, "", "", "malformed")
        expected = "0x" + permit_key(PermitNumber(manifest["permit"])).hex()
        if (permit["number"], permit["permit_id"]) != (manifest["permit"], expected):
            report.add(PERMIT, "", "number", "other_permit")
        _check_chains(permit, manifest, journals, report)
        if not permit["versions"]:
            report.add(PERMIT, "", "versions", "missing")
        last = 0
        for version in permit["versions"]:
            record = f"version {version['version']}"
            with report.reading(PERMIT, record):
                if whole_number(version["version"]) <= last:
                    report.add(PERMIT, record, "version", "order")
                last = version["version"]
                _check_version(permit, version, record, report)
                published = _published(permit, version, journals, outcomes)
                for chain in sorted(set(manifest["chains"]) - set(published)):
                    report.add(PERMIT, record, f"its publication on {chain}", "unpublished")
                versions.append(
                    {
                        "version": version["version"],
                        "signatures": [each["address"] for each in version["signatures"]],
                        "published": published,
                    }
                )
        _check_period(permit, manifest["period"], journals, report)
    return versions


def _check_chains(
    permit: Mapping[str, Any],
    manifest: Mapping[str, Any],
    journals: Mapping[str, Journal],
    report: Report,
) -> None:
    """Chain and Supervisor are those of the manifest, and so of the audit log."""
    chains = [each["chain"] for each in permit["chains"]]
    wrong = any(set(each) != _CHAIN for each in permit["chains"])
    if wrong or not chains or sorted(chains) != sorted(manifest["chains"]):
        report.add(PERMIT, "", "chains", "malformed")
    for each in permit["chains"]:
        said = manifest["chains"][each["chain"]]
        whole_number(said["chain_id"])
        for name in ("chain_id", "supervisor"):
            if each[name] != said[name]:
                report.add(PERMIT, each["chain"], name, "other_supervisor")
        for tx in journals[each["chain"]].transactions.values():
            if tx.chain_id not in {None, said["chain_id"]}:
                part = journal_part(each["chain"])
                report.add(part, f"transaction {tx.hash}", "chain_id", "other_supervisor")


def _check_period(
    permit: Mapping[str, Any],
    period: Mapping[str, Any],
    journals: Mapping[str, Journal],
    report: Report,
) -> None:
    """Outside the period stands only what carries a version's signatures to the Supervisor."""
    since, until = (
        datetime.fromisoformat(period[name]).timestamp() if period[name] else None
        for name in ("since", "until")
    )
    for chain, journal in journals.items():
        signatures = [_bytes(each) for each in signatures_on(permit, chain)]
        for moment in journal.moments:
            inside = (since is None or since <= moment.at) and (until is None or moment.at < until)
            data = journal.transactions[moment.tx].data if moment.tx else b""
            if not inside and not any(each in data for each in signatures):
                part, record = journal_part(chain), f"record {moment.sequence}"
                report.add(part, record, "at", "outside")


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
    return terms_typed_data(where["chain_id"], where["supervisor"], _struct(document, where))


def _struct(document: Mapping[str, Any], where: Mapping[str, Any]) -> dict[str, Any]:
    return supervisor_terms(
        Terms.from_dict(document["terms"]),
        number=PermitNumber(document["number"]),
        version=document["version"],
        state=TrialState(document["state"]),
        chain=where["chain"],
        tokens=where["tokens"],
    )


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
    outcomes: Mapping[str, Outcome],
) -> dict[str, str]:
    """The transactions by which the Supervisor took a version.

    Each is proven, went to the Supervisor (for terms with further limits to its FurtherLimits,
    whose address follows from the Supervisor's) as the call that publishes these terms with these
    signatures, to the byte (the Supervisor ignores bytes behind the arguments, and they could be
    anybody's signature), and its receipt holds the Supervisor's word that it took this version.
    """
    found = {}
    for where in permit["chains"]:
        chain, supervisor = where["chain"], str(where["supervisor"]).lower()
        said = Publication(supervisor, permit["permit_id"], version["version"])
        call = _call(version, where)
        if call is None:
            continue
        taker = str(publish_to(where["supervisor"], _struct(version["document"], where))).lower()
        for tx in journals[chain].transactions.values():
            outcome = outcomes.get(str(tx.hash))
            taken = outcome is not None and outcome.succeeded and said in outcome.published
            there = (str(tx.to).lower(), tx.chain_id) == (taker, where["chain_id"])
            if taken and there and tx.data == call:
                found[chain] = str(tx.hash)
    return found


def _call(version: Mapping[str, Any], where: Mapping[str, Any]) -> bytes | None:
    """The Supervisor's call that publishes a version; None when it cannot be one."""
    try:
        signatures = [_bytes(each["terms"][where["chain"]]) for each in version["signatures"]]
        return publish_call(_struct(version["document"], where), signatures)
    except Exception:  # noqa: BLE001 - terms and signatures are whatever somebody put into the file
        return None


def _bytes(signature: str) -> bytes:
    return bytes.fromhex(signature.removeprefix("0x"))
