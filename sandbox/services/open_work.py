"""What one regulator has in work, for the authority to see, and handing it over in one act.

Rules: ``domain.handover``.

1. An authority's regulators see each other's open work; nobody else learns that the page exists.
2. What the reader may not see is left out: an alert about another authority's permit, say.
3. A hand-over is one transaction: each alert's case, the roster and the reviews change as by their
   own acts, with the same entries; one entry more says who took over from whom and why, and both
   are told of it by a notice. It says nothing of what went: the log does not know of alerts.
4. What changed between the list and the act is refused: a case that was closed or given to somebody
   else, a review that was decided or signed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.alerts.cases import Alert, AlertState
from sandbox.domain.delegations import Delegation
from sandbox.domain.handover import Item, Kind, may_hand_over, require_chosen, require_may
from sandbox.domain.life import Deadline, DeadlineState, Duty
from sandbox.domain.records import Account, Decision, PermitFile, Question
from sandbox.domain.regime import Owner
from sandbox.domain.review import OPEN, ContractReview
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law, rights_of
from sandbox.domain.sight import acting_sight_of, sight_of
from sandbox.domain.words import DecisionStatus
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName, FileId, OrgId
from sandbox.services.acts import earlier, remember
from sandbox.services.committee_members import committee_now
from sandbox.services.contract_reviews import replace_reviewer
from sandbox.services.delegations import Span, make_delegation
from sandbox.services.duty import EndDuty, EnterDuty, end_duty, enter_duty
from sandbox.services.reviews import needed_text
from sandbox.store import UnitOfWork

ASSIGNED: Final = "alert.assigned"
"""In the record of supervision: a case has another officer."""
MOST_REVIEWS: Final = 500
MOST_FILES: Final = 200
"""Files of one person that are looked through, the newest first."""
_OURS: Final = frozenset({Owner.REGULATOR, Owner.DUTY_OFFICER})


@dataclass(frozen=True)
class OpenWork:
    """Everything that waits for one person.

    Attributes:
        account: by which the page is reached.
        own: whether it is the reader's own.
        files: in which they acted as the regulator and something is still to come, each with its
            next deadline of the authority.
        takers: to whom the reader may hand over; empty when the reader may not.
    """

    account: AccountName
    name: str
    own: bool
    alerts: tuple[Alert, ...]
    reviews: tuple[ContractReview, ...]
    duties: tuple[Duty, ...]
    questions: tuple[Question, ...]
    proposals: tuple[Decision, ...]
    files: tuple[tuple[PermitFile, Deadline], ...]
    delegations: tuple[Delegation, ...]
    takers: tuple[tuple[str, str], ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """What can be handed over."""
        return (
            *(Item(Kind.ALERT, each.id) for each in self.alerts),
            *(Item(Kind.REVIEW, each.id) for each in self.reviews),
            *(Item(Kind.DUTY, each.id) for each in self.duties),
        )


@dataclass(frozen=True)
class HandOver:
    """Hand over what a person has in work.

    Attributes:
        account: one of the person's accounts.
        taker: the colleague's account.
        items: what goes; ``kind:id``.
        until: until when the seat is delegated with it; None for not at all.
    """

    account: str
    taker: str
    items: frozenset[Item]
    reasons: str
    until: datetime | None = None
    key: str | None = None


def work_of(u: UnitOfWork, actor: Actor, account: str = "", *, at: datetime) -> OpenWork:
    """A person's open work; the reader's own where no account is named.

    Raises:
        NotFound: ``web.not_found`` for everybody who is no regulator; ``account.not_found`` for
            whoever is none of the same authority.
    """
    org = _authority(actor)
    found = _colleague(u, org, account or actor.account)
    names = _accounts_of(u, org, found)
    may = may_hand_over(actor, found.person, committee_now(u, org, at))
    return OpenWork(
        account=found.name,
        name=found.display_name,
        own=found.person == actor.person,
        alerts=_alerts(u, actor, names),
        reviews=_reviews(u, actor, names),
        duties=tuple(
            each
            for each in u.duties.from_now(at)
            if each.account in names and each.ends > each.starts
        ),
        questions=_questions(u, actor, names),
        proposals=_proposals(u, actor, found),
        files=_files(u, actor, found),
        delegations=tuple(
            each
            for each in u.delegations.of(org)
            if each.ends > at and found.person in {each.giver_person, each.taker_person}
        ),
        takers=_takers(u, org, found) if may else (),
    )


def colleagues_of(u: UnitOfWork, actor: Actor) -> tuple[tuple[str, str], ...]:
    """Account and name of every regulator of the reader's authority.

    Raises:
        NotFound: ``web.not_found`` for everybody who is no regulator.
    """
    return tuple((each.name, each.display_name) for each in _regulators(u, _authority(actor)))


def hand_over(u: UnitOfWork, actor: Actor, command: HandOver, *, at: datetime) -> str:
    """Hand over: all that was chosen, or nothing.

    Returns:
        The account whose work it was.

    Raises:
        NotFound: ``web.not_found`` for everybody who is no regulator; ``account.not_found``.
        NotAllowed: ``seat.*``, ``handover.not_yours``, ``duty.not_oneself``.
        InvalidInput: ``text.empty``, ``handover.nothing``, ``delegation.*``.
        Conflict: ``handover.changed``, ``handover.not_fit``, ``review.decided``, ``delegation.*``.
    """
    org = _authority(actor)
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "hand_over", command.key)
    if done is not None:
        return done
    reasons = needed_text("reasons", command.reasons)
    giver = _colleague(u, org, command.account)
    require_may(actor, giver.person, committee_now(u, org, at))
    taker = _taker(u, org, giver, command.taker)
    work = work_of(u, actor, giver.name, at=at)
    chosen = require_chosen(command.items, work.items, delegated=command.until is not None)
    ids = {kind: [each.id for each in chosen if each.kind is kind] for kind in Kind}
    names = _accounts_of(u, org, giver)
    _pass_alerts(u, actor, ids[Kind.ALERT], names, taker, at)
    for review in ids[Kind.REVIEW]:
        replace_reviewer(u, actor, review, names, taker.name, at=at)
    _pass_duties(u, actor, [e for e in work.duties if e.id in ids[Kind.DUTY]], taker, at)
    if command.until is not None:
        make_delegation(u, actor, giver, taker.name, Span(at, command.until), reasons, at=at)
    data = {"from": giver.name, "to": taker.name, "reasons": reasons}
    u.audit.append(kind="work.handed_over", actor=actor.account, subject=org, data=data, at=at)
    remember(u, actor, "hand_over", command.key, giver.name, at=at)
    return giver.name


def _authority(actor: Actor) -> OrgId:
    if Right.DECIDE not in rights_of(actor.seats) or actor.org is None:
        raise NotFound("web.not_found")
    return actor.org


def _regulators(u: UnitOfWork, org: OrgId) -> list[Account]:
    found = u.accounts.of_org(org)
    return [each for each in found if Right.DECIDE in rights_of(frozenset(each.seats))]


def _colleague(u: UnitOfWork, org: OrgId, name: str) -> Account:
    found = next((each for each in _regulators(u, org) if each.name == name), None)
    if found is None:
        raise NotFound("account.not_found", id=name[:32])
    return found


def _accounts_of(u: UnitOfWork, org: OrgId, person: Account) -> set[AccountName]:
    """Every account that a person has with the authority."""
    return {each.name for each in u.accounts.of_org(org) if each.person == person.person}


def _takers(u: UnitOfWork, org: OrgId, giver: Account) -> tuple[tuple[str, str], ...]:
    return tuple(
        (each.name, each.display_name)
        for each in _regulators(u, org)
        if each.person != giver.person
    )


def _taker(u: UnitOfWork, org: OrgId, giver: Account, name: str) -> Account:
    found = next((each for each in _regulators(u, org) if each.name == name), None)
    if found is None:
        raise InvalidInput("delegation.no_colleague", account=name[:32])
    if found.person == giver.person:
        raise InvalidInput("delegation.oneself")
    return found


def _alerts(u: UnitOfWork, actor: Actor, names: set[AccountName]) -> tuple[Alert, ...]:
    columns = u.alerts.columns
    found = u.alerts.select(
        columns.assignee.in_(sorted(names)),
        columns.state != AlertState.CLOSED,
        order=[columns.at, columns.id],
    )
    seen = u.parties.operators(
        acting_sight_of(actor), [each.permit for each in found if each.permit]
    )
    every = u.listing.sees_every(sight_of(actor))
    return tuple(each for each in found if (every if each.permit is None else each.permit in seen))


def _reviews(u: UnitOfWork, actor: Actor, names: set[AccountName]) -> tuple[ContractReview, ...]:
    """Open ones that name the person and that the person has not signed."""
    found = [
        each
        for each in u.reviews.in_states(OPEN, MOST_REVIEWS)
        if names & set(each.reviewers)
        and not names & {str(signed.get("account", "")) for signed in each.signatures}
    ]
    seen = u.parties.operators(acting_sight_of(actor), [each.permit for each in found])
    return tuple(each for each in found if each.permit in seen)


def _seen(u: UnitOfWork, actor: Actor, ids: Iterable[FileId]) -> dict[str, PermitFile]:
    sight = acting_sight_of(actor)
    found = u.files.states({*ids})
    return {each.id: each for each in found.values() if sight.covers(each)}


def _questions(u: UnitOfWork, actor: Actor, names: set[AccountName]) -> tuple[Question, ...]:
    columns = u.questions.columns
    found = u.questions.select(
        columns.asked_by.in_(sorted(names)),
        columns.answered_at.is_(None),
        order=[columns.asked_at, columns.id],
    )
    seen = _seen(u, actor, (each.file for each in found))
    return tuple(each for each in found if each.file in seen)


def _proposals(u: UnitOfWork, actor: Actor, person: Account) -> tuple[Decision, ...]:
    columns = u.decisions.columns
    found = u.decisions.select(
        columns.author_person == person.person, columns.status == DecisionStatus.PROPOSED
    )
    seen = _seen(u, actor, (each.file for each in found))
    return tuple(each for each in found if each.file in seen)


def _files(u: UnitOfWork, actor: Actor, person: Account) -> tuple[tuple[PermitFile, Deadline], ...]:
    """Files in which the person acted and the authority owes something, the first due first."""
    columns = u.file_actors.columns
    acted = u.file_actors.select(
        columns.person == person.person, columns.seat == FileSeat.REGULATOR
    )
    ids = sorted({each.file for each in acted}, reverse=True)[:MOST_FILES]
    due = u.deadlines.columns
    next_of: dict[FileId, Deadline] = {}
    open_ = u.deadlines.select(
        due.file.in_(ids), due.state == DeadlineState.OPEN, order=[due.due, due.id]
    )
    for each in open_:
        if each.owner in _OURS:
            next_of.setdefault(each.file, each)
    seen = _seen(u, actor, next_of)
    return tuple((seen[file], each) for file, each in next_of.items() if file in seen)


def _pass_alerts(
    u: UnitOfWork,
    actor: Actor,
    ids: Sequence[str],
    names: Collection[AccountName],
    taker: Account,
    at: datetime,
) -> None:
    """Give cases to the taker; what the list said is looked at again once each is held."""
    for name in ids:
        alert = u.alerts.get(name, lock=True)
        if alert.state is AlertState.CLOSED or alert.assignee not in names:
            raise Conflict("handover.changed", what=alert.id)
        u.alerts.save(replace(alert, assignee=taker.name, state=AlertState.IN_WORK))
        u.supervision_record.append(
            kind=ASSIGNED,
            actor=actor.account,
            subject=alert.id,
            data={"assignee": taker.name},
            at=at,
        )


def _pass_duties(
    u: UnitOfWork, actor: Actor, duties: Sequence[Duty], taker: Account, at: datetime
) -> None:
    for each in duties:
        if u.duties.get(each.id, lock=True) != each:
            raise Conflict("handover.changed", what=each.id)
        end_duty(u, actor, EndDuty(each.id), at=at)
        enter_duty(u, actor, EnterDuty(taker.name, max(at, each.starts), each.ends), at=at)
