"""What each reader sees of supervised ledgers: words, state and totals for all who see the permit.

That a first regulator signed only who supervises learns: all others see the request wait.

Totals come from the chain. When it cannot be reached, the page is shown without them. What one
person can claim is shown to nobody here: it is between that person and the chain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.domain.sight import acting_sight_of, sight_of
from sandbox.domain.supervised_ledger import KEPT, WAITING, LedgerState, SupervisedLedger
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import ChainName, PersonId
from sandbox.services.access import competent_in, readable_permit
from sandbox.services.contract_review_views import MOST_WAITING
from sandbox.services.delegations import are_two
from sandbox.services.ports import NationalChain, Ports
from sandbox.services.publication import where_of
from sandbox.services.supervised_ledger_chain import Kept, kept_by
from sandbox.store import Store, UnitOfWork


@dataclass(frozen=True)
class LedgerView:
    """A supervised ledger as a reader sees it.

    Attributes:
        ledger: the record.
        kept: what it holds of each asset; None when the chain keeps nothing for it yet, or cannot
            be asked now.
        unreachable: the chain cannot be asked now.
        decides: this reader may admit or refuse now.
        signed: this reader has admitted already.
        signs: this reader's signature would count now, as the first or as another person's.
        closes: this reader may close it now.
    """

    ledger: SupervisedLedger
    kept: tuple[Kept, ...] | None
    unreachable: bool
    decides: bool
    signed: bool
    signs: bool
    closes: bool


def ledgers_of(
    store: Store, actor: Actor, number: str, *, at: datetime, ports: Ports
) -> tuple[LedgerView, ...]:
    """A permit's supervised ledgers, the newest first; the store is not held while chains answer.

    Raises:
        NotFound: ``permit.not_found``.
    """
    with store.unit(read_only=True) as u:
        permit, file = readable_permit(u, actor, number)
        found = [
            _view(u, actor, file, each, at)
            for each in u.supervised_ledgers.of_permit(permit.number)
        ]
    national: Mapping[ChainName, NationalChain] | None = None
    if any(each.ledger.state in KEPT for each in found):
        try:
            national = ports.gateway.national()
        except Unavailable:
            national = None
    return tuple(_measured(each, national, ports) for each in found)


def _view(
    u: UnitOfWork, actor: Actor, file: PermitFile, ledger: SupervisedLedger, at: datetime
) -> LedgerView:
    """A ledger without its totals."""
    decides = ledger.state in WAITING and competent_in(actor, file, Right.DECIDE)
    closes = ledger.state is LedgerState.ADMITTED and competent_in(actor, file, Right.INTERVENE)
    return LedgerView(
        ledger=ledger if sight_of(actor).supervises else _as_asked(ledger),
        kept=None,
        unreachable=False,
        decides=decides,
        signed=any(each["person"] == actor.person for each in ledger.signatures),
        signs=decides and _may_sign(u, actor, file, ledger, at),
        closes=closes,
    )


def _as_asked(ledger: SupervisedLedger) -> SupervisedLedger:
    """A request without the first signature, which is the authority's own until the second."""
    if ledger.state is not LedgerState.SIGNED:
        return ledger
    return replace(
        ledger,
        state=LedgerState.ASKED,
        signatures=(),
        reason="",
        decided_by=None,
        decided_at=None,
    )


def _may_sign(
    u: UnitOfWork, actor: Actor, file: PermitFile, ledger: SupervisedLedger, at: datetime
) -> bool:
    """Whether nobody signed who counts as the same person."""
    return all(
        are_two(
            u,
            file,
            (PersonId(each["person"]), datetime.fromisoformat(each["at"])),
            actor,
            at=at,
        )
        for each in ledger.signatures
    )


def _measured(
    view: LedgerView, national: Mapping[ChainName, NationalChain] | None, ports: Ports
) -> LedgerView:
    """The same with what the chain says that it holds."""
    ledger, kept = view.ledger, None
    if ledger.state in KEPT and national is not None:
        try:
            kept = kept_by(ports.gateway, where_of(national, ledger.chain), ledger)
        except Unavailable:
            kept = None
    return replace(view, kept=kept, unreachable=ledger.state in KEPT and kept is None)


@dataclass(frozen=True)
class LedgerLine:
    """A supervised ledger in the JSON interface, with its totals as decimal texts of minor units.

    Attributes:
        totals: by asset ``{"claims", "own"}``; None where the chain keeps nothing or is not asked.
        reason: the words of whoever decided last.
        failure: why the chain would not have the last decision.
    """

    id: str
    permit: str
    chain: str
    contract: str
    name: str
    purpose: str
    state: str
    asked_by: str
    asked_at: datetime
    decided_at: datetime | None
    reason: str
    failure: str | None
    tx_hash: str | None
    totals: Mapping[str, Mapping[str, str]] | None


def line_of(ledger: SupervisedLedger, kept: tuple[Kept, ...] | None = None) -> LedgerLine:
    """A ledger for programs."""
    totals = None
    if kept is not None:
        totals = {each.asset: {"claims": str(each.claims), "own": str(each.own)} for each in kept}
    return LedgerLine(
        id=ledger.id,
        permit=ledger.permit,
        chain=ledger.chain,
        contract=ledger.address,
        name=ledger.name,
        purpose=ledger.purpose,
        state=ledger.state.value,
        asked_by=ledger.asked_by,
        asked_at=ledger.asked_at,
        decided_at=ledger.decided_at,
        reason=ledger.reason,
        failure=ledger.failure,
        tx_hash=ledger.tx_hash,
        totals=totals,
    )


def waiting_ledgers(u: UnitOfWork, actor: Actor, *, at: datetime) -> tuple[SupervisedLedger, ...]:
    """Requests that this reader is to admit or refuse, the oldest first."""
    if Right.DECIDE not in rights_of(actor.seats):
        return ()
    permits = u.listing.numbers(acting_sight_of(actor))
    return tuple(
        each
        for each in u.supervised_ledgers.in_states(WAITING, MOST_WAITING, permits)
        if not each.signatures
        or _may_sign(u, actor, u.files.get(u.permits.get(each.permit).file), each, at)
    )
