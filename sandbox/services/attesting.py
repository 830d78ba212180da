"""Says on the KGST chain where each permit stands: version, document, standing (``Attestations``).

Rules:

1. A permit is attested once a version of it is published, and again whenever its version in force
   or its standing changes; the end of its term changes it by the clock.
2. The first statement about a version carries the signatures that regulators made under its
   document.
3. What the contract refuses is written down and not tried again until something changes.
4. A transaction has a name made of permit, serial number and content, so killed at any step and
   run again nothing is said twice.

Source: EIP-712; ADR 44.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from threading import BoundedSemaphore
from typing import Any, Final

import structlog

from sandbox.domain.attestation import PermitAttestation, Standing, standing_of, standing_of_code
from sandbox.domain.document import document_hash
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Decision, Permit
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import Address, PermitNumber, permit_key
from sandbox.services.calls import call_data, read
from sandbox.services.places import place
from sandbox.services.ports import GatewayPort, NationalChain
from sandbox.services.publication import Desk, where_of, why
from sandbox.services.views import PublicPermitView
from sandbox.store import UnitOfWork

CONTRACT: Final = "Attestations"
ATTESTED: Final = "permit.attested"
AT_ONCE: Final = 20
"""Statements of one turn: a ledger that was there before has all its permits to be attested."""
_GOOD: Final = "0x1"
_asking: Final = BoundedSemaphore(4)
_log = structlog.get_logger()


@dataclass(frozen=True)
class OnChain:
    """What the contract answers about a permit.

    Attributes:
        chain_id: of the chain that was asked.
        contract: that was asked.
        version: of the newest statement; 0 when there is none.
        standing: its word; None for a number that this program does not know.
        signatures: how many regulators signed the document.
        document: its hash, ``0x`` hex.
        valid: what ``isValid`` answers, with the chain's own clock.
        at: when it was said, unix seconds.
    """

    chain_id: int
    contract: Address
    version: int
    standing: Standing | None
    signatures: int
    document: str
    valid: bool
    at: int


@dataclass(frozen=True)
class _Wanted:
    permit: Permit
    decision: Decision | None
    standing: Standing
    document: str
    held: PermitAttestation | None

    @property
    def said(self) -> bool:
        """Whether the newest statement says this already."""
        held = self.held
        return held is not None and (held.version, held.standing, held.document) == (
            self.permit.version,
            self.standing,
            self.document,
        )


@dataclass(frozen=True)
class AttestationView:
    """What the KGST chain says of a permit, beside what the desk says; nothing private.

    Attributes:
        number: the permit's public number.
        permit_id: its key on chain, the hash of the number.
        chain_id: of the KGST chain.
        contract: ``Attestations`` there.
        version: that the chain names; 0 when the permit is not attested yet.
        standing: the chain's word (``domain.attestation.Standing``); empty when there is none.
        valid: what ``isValid`` answers, by the chain's own clock.
        signatures: how many regulators signed the version's document.
        document_hash: of that document, SHA-256, ``0x`` hex.
        same: whether version, standing and document are what the desk says.
        transaction: that said it; empty when it is not known here.
        block: which holds the transaction.
    """

    number: str
    permit_id: str
    chain_id: int
    contract: str
    version: int
    standing: str
    valid: bool
    signatures: int
    document_hash: str
    same: bool
    transaction: str
    block: int | None


def compared(
    view: PublicPermitView, told: PermitAttestation | None, found: OnChain
) -> AttestationView:
    """What the chain says beside what the desk says.

    Args:
        view: as anybody sees the permit.
        told: what the desk wrote down of its newest statement, for where it is to be found.
        found: what the chain answers now.
    """
    standing = found.standing.value if found.version and found.standing else ""
    said = (found.version, standing, found.document)
    known = told is not None and told.version == found.version and told.standing == standing
    return AttestationView(
        number=view.number,
        permit_id=view.permit_id,
        chain_id=found.chain_id,
        contract=found.contract,
        version=found.version,
        standing=standing,
        valid=found.valid,
        signatures=found.signatures,
        document_hash=found.document,
        same=said == (view.version, view.standing_detail, view.document_hash),
        transaction=told.tx_hash if told and known else "",
        block=told.block if told and known else None,
    )


class Attester:
    """Keeps the chain's statements up to date; looks only when something was entered in the log.

    Args:
        desk: store, gateway and clock.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._seen = -1
        self._next_end: datetime | None = None

    def work_once(self) -> int:
        """Attest what changed. Returns how many statements were made.

        Raises:
            Unavailable: gateway or chain out of reach: try again.
        """
        at = self.desk.clock.now()
        with self.desk.store.unit(read_only=True) as u:
            size = u.audit.size()
            if size == self._seen and (self._next_end is None or at < self._next_end):
                return 0
            rows = u.attestations.published()
            wanted = [found for row in rows if (found := _wanted(u, *row, at=at)) is not None]
        new = [each for each in wanted if not each.said]
        if new:
            national = self.desk.gateway.national()
            for each in new[:AT_ONCE]:
                _attest(self.desk, dict(national), each)
        if len(new) > AT_ONCE:
            return AT_ONCE
        ends = [each.permit.terms.end for each in wanted if each.permit.terms.end > at]
        self._seen, self._next_end = size, min(ends, default=None)
        return len(new)


def _wanted(
    u: UnitOfWork,
    permit: Permit,
    state: FileState,
    held: PermitAttestation | None,
    *,
    at: datetime,
) -> _Wanted | None:
    """What is to be said of a permit; None while its version is on its way to the chain."""
    if permit.version > permit.published_version:
        return None
    standing = standing_of(state, permit.trial_state, over=at >= permit.terms.end)
    if held is not None and (held.version, held.standing) == (permit.version, standing):
        return _Wanted(permit, None, standing, held.document, held)
    decision = u.decisions.of_version(permit.file, permit.version)
    if decision is None or decision.document is None:
        return None
    return _Wanted(permit, decision, standing, document_hash(decision.document), held)


def _attest(desk: Desk, national: Mapping[Any, NationalChain], wanted: _Wanted) -> None:
    permit, held = wanted.permit, wanted.held
    serial = (held.serial if held else 0) + 1
    receipt = desk.gateway.submit_system(
        "kgst",
        "system/relayer",
        contract_of(where_of(national, "kgst")),
        _statement(desk.gateway, national, wanted),
        idempotency_key=f"attest:{permit.number}:{serial}:{permit.version}:{wanted.standing}",
    )
    desk.at_step("attest.sent")
    good = receipt.get("status") == _GOOD
    said = PermitAttestation(
        permit=permit.number,
        serial=serial,
        version=permit.version,
        standing=wanted.standing,
        document=wanted.document,
        tx_hash=str(receipt.get("transactionHash") or ""),
        block=int(receipt["blockNumber"], 16) if good else None,
        refused=None if good else why(receipt),
        at=desk.clock.now(),
    )
    if not good:
        _log.error("permit.not_attested", permit=permit.number, why=said.refused)
    with desk.store.unit() as u:
        _write(u, said)
        u.commit()


def _statement(gateway: GatewayPort, national: Mapping[Any, NationalChain], wanted: _Wanted) -> str:
    permit, first = wanted.permit, where_of(national, wanted.permit.chains[0])
    here, key = where_of(national, "kgst"), permit_key(permit.number)
    (held, _) = read(
        gateway, "kgst", contract_of(here), "documentOf", key, permit.version, contract=CONTRACT
    )
    signed = wanted.decision.signatures if wanted.decision and not any(held) else ()
    return call_data(
        CONTRACT,
        "attest",
        (
            key,
            permit.version,
            bytes.fromhex(wanted.document[2:]),
            wanted.standing.code,
            int(permit.terms.start.timestamp()),
            int(permit.terms.end.timestamp()),
        ),
        (first.chain_id, first.supervisor),
        [bytes.fromhex(each.document[2:]) for each in signed],
    )


def _write(u: UnitOfWork, said: PermitAttestation) -> None:
    held = u.attestations.find(said.permit, lock=True)
    if held is None:
        u.attestations.add(said)
    else:
        u.attestations.save(replace(said, revision=held.revision))
    if said.refused is None:
        u.audit.append(
            kind=ATTESTED,
            actor="system",
            subject=said.permit,
            data={
                "version": said.version,
                "standing": said.standing.value,
                "document": said.document,
                "transaction": said.tx_hash,
            },
            at=said.at,
        )


def contract_of(where: NationalChain) -> Address:
    """Where Attestations is.

    Raises:
        Unavailable: ``chain.unknown``: the gateway is of an earlier version.
    """
    if where.attestations is None:
        raise Unavailable("chain.unknown", chain=where.chain)
    return where.attestations


def ask_chain(gateway: GatewayPort, number: str) -> OnChain:
    """As ``on_chain`` for strangers: so many at once, the next one is told to come again.

    Raises:
        Unavailable: ``attestation.busy``, or gateway or chain out of reach.
    """
    with place(_asking, "attestation.busy"):
        return on_chain(gateway, number)


def on_chain(gateway: GatewayPort, number: str) -> OnChain:
    """What anybody with an RPC reader learns of a permit: asked of the chain, not of the store.

    Raises:
        Unavailable: gateway or chain out of reach.
    """
    where = where_of(gateway.national(), "kgst")
    contract, key = contract_of(where), permit_key(PermitNumber(number))
    ((version, standing, signatures, _start, _end, at, document),) = read(
        gateway, "kgst", contract, "permitOf", key, contract=CONTRACT
    )
    (valid,) = read(gateway, "kgst", contract, "isValid", key, contract=CONTRACT)
    return OnChain(
        chain_id=where.chain_id,
        contract=contract,
        version=int(version),
        standing=standing_of_code(int(standing)),
        signatures=int(signatures),
        document="0x" + bytes(document).hex(),
        valid=bool(valid),
        at=int(at),
    )
