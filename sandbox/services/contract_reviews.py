"""Contract review at the desk: ask, name reviewers, read, approve or refuse, withdraw.

How a contract comes to be approved, in steps:

1. The team asks, with the source as standard JSON input, which is compared with the code; what the
   contract is made of is found from the chain (``sandbox.gateway.layers``). For an upgrade it names
   the next implementation.
2. A regulator names reviewers: regulators and auditors. Nobody else sees the source.
3. A reviewer opens the source: each view is an audit entry and shown to the team.
4. Two regulators among the reviewers, who have opened it, approve with their signatures; or one
   refuses, with a reason. Two, because it lets more happen (the design's decision 7).
5. The worker puts the approval on chain (``contract_review_chain``) and tells the gateway.

One regulator withdraws alone, at once and for good. An approval lapses when the contract is made of
something else; the gateway sees that, the worker writes it down.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.contracts.typed import approval_typed_data, withdrawal_typed_data
from sandbox.domain.application import plain_text
from sandbox.domain.records import Account, Permit, PermitFile
from sandbox.domain.review import (
    OPEN,
    ContractReview,
    Layers,
    ReviewSource,
    ReviewState,
    SourceView,
    layers_from_json,
)
from sandbox.domain.seats import (
    Actor,
    Channel,
    FileSeat,
    Right,
    Seat,
    require_act_of_law,
    require_seat_in_file,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import (
    AccountName,
    Address,
    ChainName,
    PermitNumber,
    PersonId,
    checksum,
    permit_key,
)
from sandbox.services.access import permit_behind, require_running, team_permit
from sandbox.services.acts import take_seat
from sandbox.services.contract_review_chain import APPROVE, WITHDRAW, standing_of
from sandbox.services.contract_review_source import compare_source
from sandbox.services.delegations import require_two
from sandbox.services.ports import Ports
from sandbox.services.reviews import needed_text
from sandbox.services.signing import national_of, regulators_signature
from sandbox.store import Store, UnitOfWork

MOST_OPEN: Final = 20
"""Requests of one permit that wait for a decision at a time."""
MOST_REVIEWERS: Final = 10
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")
REVIEWERS: Final = frozenset({Seat.REGULATOR, Seat.AUDITOR})


@dataclass(frozen=True)
class AskReview:
    """Ask for the approval of a contract.

    Attributes:
        contract: its address, or the hash of the transaction that deployed it.
        upgrade: the next implementation of a proxy; empty for the contract as it is.
        name: what it is, for people.
        source: Solidity's standard JSON input.
        contract_name: of the contract in it.
        compiler: its version.
    """

    permit: PermitNumber
    chain: str
    contract: str
    name: str
    source: str
    contract_name: str
    compiler: str
    upgrade: str = ""


@dataclass(frozen=True)
class NameReviewers:
    """Say who may see the source: these accounts and nobody else."""

    review: str
    accounts: tuple[str, ...]


@dataclass(frozen=True)
class Decide:
    """Approve (a reason is welcome), refuse or withdraw (a reason is needed)."""

    review: str
    reason: str = ""


def ask(
    store: Store, actor: Actor, command: AskReview, *, at: datetime, ports: Ports
) -> ContractReview:
    """Ask for a review; compiling holds no transaction open.

    Raises:
        NotAllowed: ``seat.right_missing``, ``permit.not_active``, ``review.no_term``,
            ``review.not_by_key``.
        InvalidInput: ``address.malformed``, ``review.*``, ``text.*``; ``verify.*``, ``compile.*``.
        Conflict: ``review.already_asked``, ``review.already_approved``, ``review.too_many``.
        Unavailable: gateway or chain out of reach.
    """
    with store.unit(read_only=True) as u:
        _, chain = _may_ask(u, actor, command)
    contract = contract_at(ports, chain, command.contract)
    name = plain_text("name", command.name, limit=60, name=True) or contract[:10]
    now, after = _layers(ports, chain, contract, command.upgrade)
    comparison = compare_source(
        command.source,
        command.contract_name,
        command.compiler,
        layers=after or now,
        gateway=ports.gateway,
        chain=chain,
    )
    with store.unit() as u:
        permit, _ = _may_ask(u, actor, command, lock=True)
        _require_news(u, permit, chain, contract, after or now)
        review = u.reviews.add(
            ContractReview(
                id=uuid.uuid4().hex,
                permit=permit.number,
                chain=chain,
                address=contract,
                name=name,
                state=ReviewState.ASKED,
                layers=after or now,
                before=now if after else None,
                comparison=comparison,
                asked_by=actor.account,
                asked_at=at,
            )
        )
        u.review_sources.add(ReviewSource(review.id, command.source))
        _audit(u, review, "asked", actor, at, {"source": comparison})
        u.commit()
    return review


def contract_at(ports: Ports, chain: ChainName, asked: str) -> Address:
    """The address that was given, or the contract that a given transaction deployed.

    Raises:
        InvalidInput: ``address.malformed``, ``review.no_deployment``.
        Unavailable: gateway or chain out of reach.
    """
    if not _HASH.fullmatch(asked):
        return checksum(asked)
    receipt = ports.gateway.rpc(chain, "eth_getTransactionReceipt", [asked])
    found = receipt.get("contractAddress") if isinstance(receipt, Mapping) else None
    if not found:
        raise InvalidInput("review.no_deployment", transaction=asked)
    return checksum(str(found))


def _may_ask(
    u: UnitOfWork, actor: Actor, command: AskReview, *, lock: bool = False
) -> tuple[Permit, ChainName]:
    permit, chain = may_ask(u, actor, command.permit, command.chain, lock=lock)
    if not permit.terms.contract_review:
        raise NotAllowed("review.no_term", permit=permit.number)
    return permit, chain


def may_ask(
    u: UnitOfWork, actor: Actor, number: str, on: str, *, lock: bool = False
) -> tuple[Permit, ChainName]:
    """A person of the team of a running permit, who asks the regulator about a contract.

    Args:
        u: the unit of work.
        actor: who asks; not by a permit key, which may leak.
        number: the permit's.
        on: the chain that was named.
        lock: hold the permit for writing.

    Raises:
        NotAllowed: ``seat.right_missing``, ``permit.not_active``, ``review.not_by_key``.
        NotFound: ``permit.not_found``.
        InvalidInput: ``review.chain``.
    """
    if actor.channel not in {Channel.BROWSER, Channel.SERVER}:
        raise NotAllowed("review.not_by_key")
    permit, file = team_permit(u, actor, number, lock=lock)
    require_running(file)
    chain = next((each for each in permit.chains if each == on), None)
    if chain is None:
        raise InvalidInput("review.chain", chain=on[:20])
    return permit, chain


def _layers(
    ports: Ports, chain: ChainName, contract: str, upgrade: str
) -> tuple[Layers, Layers | None]:
    """What a contract is made of, and what it would be made of after an upgrade."""
    wanted = checksum(upgrade) if upgrade else None
    said = ports.gateway.layers(chain, contract, upgrade=wanted)
    after = said["upgraded"]
    return layers_from_json(said["layers"]), None if after is None else layers_from_json(after)


def _require_news(
    u: UnitOfWork, permit: Permit, chain: ChainName, contract: str, layers: Layers
) -> None:
    if u.reviews.of_contract(permit.number, chain, contract, *OPEN, ReviewState.APPROVING):
        raise Conflict("review.already_asked", contract=contract)
    held = u.reviews.of_contract(permit.number, chain, contract, ReviewState.APPROVED)
    if any(each.layers == layers for each in held):
        raise Conflict("review.already_approved", contract=contract)
    waiting = [each for each in u.reviews.of_permit(permit.number) if each.state in OPEN]
    if len(waiting) >= MOST_OPEN:
        raise Conflict("review.too_many", most=MOST_OPEN)


def name_reviewers(
    u: UnitOfWork, actor: Actor, command: NameReviewers, *, at: datetime
) -> ContractReview:
    """Name who may see the source.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``,
            ``review.unfit_reviewer``.
        InvalidInput: ``review.no_reviewer``.
        Conflict: ``review.decided``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    review, _, file = find_review(u, actor, command.review, lock=True)
    _require_open(review)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    names = tuple(dict.fromkeys(AccountName(each) for each in command.accounts))
    if not 0 < len(names) <= MOST_REVIEWERS:
        raise InvalidInput("review.no_reviewer", most=MOST_REVIEWERS)
    for name in names:
        _require_fit(u, file, name)
    saved = u.reviews.save(replace(review, reviewers=names))
    _audit(u, saved, "reviewers_named", actor, at, {"reviewers": list(names)})
    return saved


def replace_reviewer(
    u: UnitOfWork,
    actor: Actor,
    review_id: str,
    leaving: Collection[AccountName],
    taker: AccountName,
    *,
    at: datetime,
) -> ContractReview:
    """Name a colleague in the place of a person (every account of theirs); neither has signed.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``.
        NotFound: ``review.not_found``.
        Conflict: ``review.decided``, ``handover.changed``, ``handover.not_fit``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    review, _, file = find_review(u, actor, review_id, lock=True)
    _require_open(review)
    signed = {str(each["account"]) for each in review.signatures}
    if not set(leaving) & set(review.reviewers) or set(leaving) & signed:
        raise Conflict("handover.changed", what=review.name)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    if taker in signed or taker not in {each.name for each in fit_reviewers(u, file)}:
        raise Conflict("handover.not_fit", review=review.name)
    kept = [each for each in review.reviewers if each not in leaving]
    names = tuple(dict.fromkeys((*kept, taker)))
    saved = u.reviews.save(replace(review, reviewers=names))
    _audit(u, saved, "reviewers_named", actor, at, {"reviewers": list(names)})
    return saved


def fit_reviewers(u: UnitOfWork, file: PermitFile) -> tuple[Account, ...]:
    """The accounts that may be named for a file."""
    taken = u.file_actors.of_file(file.id)
    return tuple(
        each
        for each in u.accounts.seated(REVIEWERS)
        if (each.org == file.authority or Seat.AUDITOR in each.seats)
        and taken.get(each.person, FileSeat.REGULATOR) is FileSeat.REGULATOR
    )


def _require_fit(u: UnitOfWork, file: PermitFile, name: AccountName) -> None:
    if name not in {each.name for each in fit_reviewers(u, file)}:
        raise NotAllowed("review.unfit_reviewer", account=name[:40])


def open_source(u: UnitOfWork, actor: Actor, review_id: str, *, at: datetime) -> ReviewSource:
    """Show the source to a named reviewer; the view is noted before anything is shown.

    Raises:
        NotFound: ``review.not_found`` for everybody who was not named.
        NotAllowed: ``seat.needs_browser``.
    """
    review, _, file = find_review(u, actor, review_id, lock=True)
    if actor.account not in review.reviewers:
        raise NotFound("review.not_found", id=review_id[:40])
    if actor.channel is not Channel.BROWSER:
        raise NotAllowed("seat.needs_browser", channel=actor.channel.value)
    taken = u.file_actors.of_file(file.id)
    require_seat_in_file(file.id, taken, actor, FileSeat.REGULATOR)
    u.source_views.add(SourceView(uuid.uuid4().hex, review.id, actor.account, at))
    _audit(u, review, "source_viewed", actor, at)
    return u.review_sources.get(review.id)


def approve(
    u: UnitOfWork, actor: Actor, command: Decide, *, at: datetime, ports: Ports
) -> ContractReview:
    """Approve with one's signature; the second one's puts it on chain.

    Raises:
        NotAllowed: ``seat.*``, ``review.not_named``, ``review.not_read``, ``review.signed_twice``.
        Conflict: ``review.decided``, ``review.changed``.
        Unavailable: signer, gateway or chain out of reach; nothing is kept then.
    """
    review, permit, file = _deciding(u, actor, command, at)
    if any(each["person"] == actor.person for each in review.signatures):
        raise NotAllowed("review.signed_twice")
    for each in review.signatures:
        signed = PersonId(each["person"]), datetime.fromisoformat(each["at"])
        require_two(u, file, signed, actor, at=at)
    if not any(each.account == actor.account for each in u.source_views.of_review(review.id)):
        raise NotAllowed("review.not_read")
    _require_unchanged(review, ports)
    where = national_of(ports, permit.chains)[review.chain]
    standing = standing_of(ports.gateway, where, review)
    kept = review.signatures if review.nonce == standing.nonce else ()
    typed = approval_typed_data(
        where.chain_id,
        standing.book,
        permit=permit_key(permit.number),
        nonce=standing.nonce,
        layers=[(each.account, each.code_hash) for each in review.layers],
    )
    signature = regulators_signature(actor, typed, at=at, ports=ports)
    both = bool(kept)
    decided = replace(
        review,
        signatures=(*kept, signature),
        nonce=standing.nonce,
        state=ReviewState.APPROVING if both else ReviewState.SIGNED,
        reason=plain_text("reason", command.reason, limit=2_000),
        decided_by=actor.account,
        decided_at=at,
    )
    saved = u.reviews.save(decided)
    _audit(u, saved, "approved" if both else "signed", actor, at, {"reason": saved.reason})
    if both:
        payload = {"review": review.id}
        u.outbox.put(kind=APPROVE, subject=permit.number, payload=payload, at=at)
    return saved


def _require_unchanged(review: ContractReview, ports: Ports) -> None:
    upgrade = ""
    if review.before is not None:
        upgrade = next(e.account for e in review.layers if e not in review.before)
    now, after = _layers(ports, review.chain, review.address, upgrade)
    if (after or now) != review.layers or (review.before is not None and now != review.before):
        raise Conflict("review.changed", contract=review.address)


def refuse(u: UnitOfWork, actor: Actor, command: Decide, *, at: datetime) -> ContractReview:
    """Refuse, with a reason that the team reads.

    Raises:
        NotAllowed: ``seat.*``, ``review.not_named``.
        InvalidInput: ``text.empty``.
        Conflict: ``review.decided``.
    """
    reason = needed_text("reason", command.reason)
    review, _, _ = _deciding(u, actor, command, at)
    return _decided(u, review, ReviewState.REFUSED, actor, reason, at)


def withdraw(
    u: UnitOfWork, actor: Actor, command: Decide, *, at: datetime, ports: Ports
) -> ContractReview:
    """Withdraw an approval: one regulator, at once, for good.

    Raises:
        NotAllowed: ``seat.*``.
        InvalidInput: ``text.empty``.
        Conflict: ``review.not_approved``.
        Unavailable: signer, gateway or chain out of reach; nothing is kept then.
    """
    require_act_of_law(actor, Right.INTERVENE, at)
    reason = needed_text("reason", command.reason)
    review, permit, file = find_review(u, actor, command.review, lock=True)
    if review.state is not ReviewState.APPROVED:
        raise Conflict("review.not_approved", state=review.state.value)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    where = national_of(ports, permit.chains)[review.chain]
    standing = standing_of(ports.gateway, where, review)
    typed = withdrawal_typed_data(
        where.chain_id,
        standing.book,
        permit=permit_key(permit.number),
        account=review.address,
        nonce=standing.nonce,
    )
    signature = ports.signer.sign_typed(f"regulator/{actor.account}", typed)
    saved = _decided(u, review, ReviewState.WITHDRAWING, actor, reason, at)
    payload = {"review": review.id, "nonce": standing.nonce, "signature": signature}
    u.outbox.put(kind=WITHDRAW, subject=permit.number, payload=payload, at=at)
    return saved


def _decided(
    u: UnitOfWork,
    review: ContractReview,
    state: ReviewState,
    actor: Actor,
    reason: str,
    at: datetime,
) -> ContractReview:
    """Keep what one regulator decided alone, and write it down by the state's name."""
    saved = u.reviews.save(
        replace(review, state=state, reason=reason, decided_by=actor.account, decided_at=at)
    )
    _audit(u, saved, state.value, actor, at, {"reason": reason})
    return saved


def _deciding(
    u: UnitOfWork, actor: Actor, command: Decide, at: datetime
) -> tuple[ContractReview, Permit, PermitFile]:
    """An open review, held for a decision of this regulator."""
    require_act_of_law(actor, Right.DECIDE, at)
    review, permit, file = find_review(u, actor, command.review, lock=True)
    _require_open(review)
    if actor.account not in review.reviewers:
        raise NotAllowed("review.not_named")
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    return review, permit, file


def find_review(
    u: UnitOfWork, actor: Actor, review_id: str, *, lock: bool = False
) -> tuple[ContractReview, Permit, PermitFile]:
    """A review of a permit that this actor may see.

    Raises:
        NotFound: ``review.not_found``.
    """
    review = u.reviews.find(review_id[:40], lock=lock)
    if review is None:
        raise NotFound("review.not_found", id=review_id[:40])
    found = permit_behind(u, actor, review.permit, code="review", subject=review.id)
    return review, *found


def _require_open(review: ContractReview) -> None:
    if review.state not in OPEN:
        raise Conflict("review.decided", state=review.state.value)


def _audit(
    u: UnitOfWork,
    review: ContractReview,
    what: str,
    actor: Actor,
    at: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    data = {"review": review.id, "chain": review.chain, "contract": review.address, **(more or {})}
    u.audit.append(
        kind=f"review.{what}", actor=actor.account, subject=review.permit, data=data, at=at
    )
