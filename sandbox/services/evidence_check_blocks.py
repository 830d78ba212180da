"""Checking an evidence file's blocks: headers against seals, transactions and receipts by proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import rlp
from eth_utils.crypto import keccak

from sandbox.services.evidence_blocks import (
    NUMBER,
    RECEIPTS_ROOT,
    STATE_ROOT,
    TIME,
    TRANSACTIONS_ROOT,
    proven,
)
from sandbox.services.evidence_check_journal import Journal, Seal
from sandbox.services.evidence_file import Parts, blocks_part, hex_bytes, whole_number
from sandbox.services.evidence_report import Report

PUBLISHED: Final = keccak(text="Published(bytes32,uint64,uint8,uint64)")
"""Topic of the Supervisor's event (``ISupervisor.sol``)."""
_BLOCK = {"number", "header", "transactions"}
_TRANSACTION = {"index", "hash", "receipt", "transaction_proof", "receipt_proof"}


class Publication(NamedTuple):
    """An event by which a Supervisor says that it took a version.

    Attributes:
        supervisor: the contract that says so, ``0x`` hex in lower case.
        permit_id: of the permit, ``0x`` hex.
        version: of its conditions.
    """

    supervisor: str
    permit_id: str
    version: int


class Outcome(NamedTuple):
    """What a proven receipt says.

    Attributes:
        succeeded: whether the transaction did not fail.
        published: what it published.
    """

    succeeded: bool
    published: tuple[Publication, ...]


def check_blocks(parts: Parts, chain: str, journal: Journal, report: Report) -> dict[str, Outcome]:
    """Every block of a chain's part.

    Args:
        parts: of the file.
        chain: which chain.
        journal: what its records say.
        report: gains what is wrong.

    Returns:
        The outcome of each proven transaction.
    """
    part = blocks_part(chain)
    outcomes: dict[str, Outcome] = {}
    seen: set[int] = set()
    for number, line in enumerate(parts.lines(part), 1):
        record = f"line {number}"
        with report.reading(part, record):
            block = parts.value(line)
            record = f"block {block['number']}"
            whole_number(block["number"])
            wrong = any(set(each) != _TRANSACTION for each in block["transactions"])
            if set(block) != _BLOCK or wrong or block["number"] in seen:
                report.add(part, record, "", "malformed")
                continue
            seen.add(block["number"])
            seal = journal.seals.get(block["number"])
            if seal is None:
                report.add(part, record, "", "unexpected")
                continue
            fields = _header(block["header"], seal)
            if fields is None:
                report.add(part, record, "header", "header")
                continue
            outcomes |= _transactions(block, fields, seal, journal, (part, record), report)
    for missing in sorted(set(journal.seals) - seen):
        report.add(part, f"block {missing}", "", "missing")
    return outcomes


def _header(text: str, seal: Seal) -> list[bytes] | None:
    header = bytes.fromhex(text)
    if header.hex() != text or "0x" + keccak(header).hex() != seal.body["hash"]:
        return None
    fields: list[bytes] = list(rlp.decode(header))
    said = (seal.body["number"], seal.body["time"], seal.body["state_root"])
    found = (_number(fields[NUMBER]), _number(fields[TIME]), "0x" + fields[STATE_ROOT].hex())
    return fields if found == said else None


def _transactions(
    block: Mapping[str, Any],
    fields: list[bytes],
    seal: Seal,
    journal: Journal,
    where: tuple[str, str],
    report: Report,
) -> dict[str, Outcome]:
    outcomes: dict[str, Outcome] = {}
    mine = {index for index, each in enumerate(seal.hashes) if each in journal.transactions}
    shown = [each["index"] for each in block["transactions"]]
    for index in sorted(mine - set(shown)):
        report.add(*where, f"transaction {seal.hashes[index]}", "missing")
    if shown != sorted(set(shown)) or set(shown) - mine:
        report.add(*where, "transactions", "unexpected")
        return outcomes
    for each in block["transactions"]:
        name = f"transaction {each['index']}"
        raw = journal.transactions[seal.hashes[each["index"]]].raw
        if each["hash"] != seal.hashes[each["index"]]:
            report.add(*where, f"{name}, hash", "outcome")
        if proven(fields[TRANSACTIONS_ROOT], each["index"], _nodes(each, "transaction")) != raw:
            report.add(*where, name, "transaction_proof")
        receipt = hex_bytes(each["receipt"])
        if proven(fields[RECEIPTS_ROOT], each["index"], _nodes(each, "receipt")) != receipt:
            report.add(*where, f"{name}, receipt", "receipt_proof")
            continue
        outcome = _outcome(receipt)
        outcomes[seal.hashes[each["index"]]] = outcome
        if outcome.succeeded == (seal.hashes[each["index"]] in seal.failed):
            report.add(*where, f"{name}, status", "outcome")
    return outcomes


def _nodes(each: Mapping[str, Any], name: str) -> list[bytes]:
    texts = each[f"{name}_proof"]
    nodes = [bytes.fromhex(node) for node in texts]
    return nodes if [node.hex() for node in nodes] == texts else []


def _outcome(receipt: bytes) -> Outcome:
    """Status and publications of a receipt; a typed one has its type in front.

    Source: EIP-658, EIP-2718.
    """
    body = receipt if receipt[0] >= 0xC0 else receipt[1:]
    status, _, _, logs = rlp.decode(body)
    found = (
        Publication("0x" + address.hex(), "0x" + topics[1].hex(), _number(data[:32]))
        for address, topics, data in logs
        if len(topics) == 2 and topics[0] == PUBLISHED
    )
    return Outcome(bool(_number(status)), tuple(found))


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
