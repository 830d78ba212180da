"""What the page of a settlement shows, and what a customer is told of it.

Rules: whoever sees the file sees pseudonyms (wallets) and amounts; accounts to pay to are seen by
the holder alone; while a chain is out of reach, what is left is unknown and said to be so. That
a regulator ordered the return only who supervises learns, until a second one confirms it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sandbox.domain.customer_page import ActState, CustomerAct
from sandbox.domain.life import PetitionKind
from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor, Right
from sandbox.domain.settlement import (
    CLOSED,
    ENDED,
    MoneyReturn,
    Settlement,
    SettlementState,
    Statement,
    require_ended,
)
from sandbox.domain.sight import sight_of
from sandbox.domain.terms import TrialState
from sandbox.kit.errors import Conflict, NotFound, SynakError
from sandbox.services.access import competent_in, readable_file
from sandbox.services.appeals import may_still_appeal
from sandbox.services.customer_home import own
from sandbox.services.delegations import are_two
from sandbox.services.ports import Ports
from sandbox.services.requirements import side_of
from sandbox.services.settlement_reading import statement_of
from sandbox.services.settlements import due_of, sees_accounts
from sandbox.store import UnitOfWork

SHOWN = ENDED | CLOSED | {FileState.SUSPENDED, FileState.REVOCATION_APPEALED}
"""States in which a file has the page."""


@dataclass(frozen=True)
class StepView:
    """A step of the plan: ``state`` is done, now or todo; ``day`` when it was or is due."""

    name: str
    state: str
    day: datetime | None


@dataclass(frozen=True)
class ReturnView:
    """One return as its reader may see it; ``account`` is None for all but the holder."""

    act: CustomerAct
    way: str
    wallet: str
    account: str | None
    paid_at: datetime | None
    reference: str


@dataclass(frozen=True)
class SettlementView:
    """The page.

    Attributes:
        plan: the settlement plan in the firm's words.
        due: until when customers take their money home themselves.
        left: None while a chain is out of reach.
        returns: of the newest settlement.
        progress: how many returns are in which state.
        can: which forms the page offers.
    """

    file: str
    permit: str
    plan: str
    due: datetime | None
    steps: tuple[StepView, ...]
    left: Statement | None
    settlement: Settlement | None
    returns: tuple[ReturnView, ...]
    progress: Mapping[str, int]
    can: frozenset[str]
    pays: bool


@dataclass(frozen=True)
class OwnSettlement:
    """What a customer is told after the end: until when, to which account, what was returned."""

    due: datetime
    over: bool
    account: str
    returned: tuple[tuple[MoneyReturn, CustomerAct], ...]


def has_settlement(file: PermitFile) -> bool:
    """Whether a file has the page."""
    return file.permit is not None and file.state in SHOWN


def settlement_view(
    u: UnitOfWork, actor: Actor, file_id: str, *, at: datetime, ports: Ports
) -> SettlementView:
    """The settlement of a file.

    Raises:
        NotFound: ``file.not_found``, ``settlement.not_found`` before the end of the test.
    """
    file = readable_file(u, actor, file_id)
    if not has_settlement(file) or file.permit is None:
        raise NotFound("settlement.not_found", id=file.id)
    permit = u.permits.get(file.permit)
    newest = _newest(u, actor, permit)
    try:
        left: Statement | None = statement_of(u, permit, ports.gateway)
    except SynakError:
        left = None
    pays = sees_accounts(actor, permit)
    returns = _returns(u, permit, newest, pays=pays)
    due = due_of(u, file) if file.state is not FileState.SUSPENDED else None
    return SettlementView(
        file=file.id,
        permit=permit.number,
        plan=_plan(u, file),
        due=due,
        steps=_steps(u, file, permit, newest, left, due, at),
        left=left,
        settlement=newest,
        returns=returns,
        progress=Counter(each.act.state.value for each in returns),
        can=_can(u, actor, file, permit, newest, due, at)
        - ({"return"} if _nothing_to_return(file, left) else set()),
        pays=pays,
    )


def _nothing_to_return(file: PermitFile, left: Statement | None) -> bool:
    """Whether nobody holds anything; of a completed test that is taken as so until it is known."""
    return file.state in CLOSED if left is None else left.settled


def own_settlement(u: UnitOfWork, actor: Actor, *, at: datetime) -> OwnSettlement | None:
    """What the person behind a customer's credential is told; None before the end.

    Raises:
        NotAllowed: ``customer.token_needed``.
    """
    person, _, file = own(u, actor)
    if file.state not in ENDED | CLOSED:
        return None
    account = u.payouts.find(person.id)
    due = due_of(u, file)
    return OwnSettlement(
        due=due,
        over=at > due,
        account=account.account if account else "",
        returned=tuple(
            (each, act)
            for each in u.returns.of_customer(person.id)
            if (act := u.pages.acts.get(each.act)).state is ActState.DONE
        ),
    )


def _newest(u: UnitOfWork, actor: Actor, permit: Permit) -> Settlement | None:
    """The newest settlement; what one regulator ordered alone is the authority's own."""
    supervises = sight_of(actor).supervises
    known = u.settlements.of_permit(permit.number)
    return next((e for e in known if supervises or e.state is not SettlementState.ORDERED), None)


def _returns(
    u: UnitOfWork, permit: Permit, newest: Settlement | None, *, pays: bool
) -> tuple[ReturnView, ...]:
    if newest is None:
        return ()
    accounts = u.payouts.of_permit(permit.number) if pays else {}
    wallets = {each.id: each.wallet for each in u.customers.of_permit(permit.number)}
    return tuple(
        ReturnView(
            act=act,
            way=each.way.value,
            wallet=wallets[each.customer],
            account=accounts.get(each.customer, "") if pays else None,
            paid_at=each.paid_at,
            reference=each.reference,
        )
        for each, act in u.returns.with_acts(newest.id)
    )


def _plan(u: UnitOfWork, file: PermitFile) -> str:
    """What was surrendered with, else what the application promised."""
    for each in reversed(u.petitions.of_file(file.id)):
        if each.kind is PetitionKind.SURRENDER and each.plan:
            return each.plan
    return str(file.answers.get("exit_plan", ""))


def _steps(  # noqa: PLR0913, PLR0917 - everything that a step depends on
    u: UnitOfWork,
    file: PermitFile,
    permit: Permit,
    newest: Settlement | None,
    left: Statement | None,
    due: datetime | None,
    at: datetime,
) -> tuple[StepView, ...]:
    ended = file.state in ENDED | CLOSED
    home = due is not None and at > due
    empty = left is not None and left.settled
    proved = newest is not None and newest.state is SettlementState.SETTLED
    done: list[tuple[str, bool, datetime | None]] = [("ended", ended, None)]
    if any(each.kind is PetitionKind.SURRENDER for each in u.petitions.of_file(file.id)):
        done.append(("approved", permit.base_state is TrialState.WIND_DOWN, None))
    done += [
        ("customers", home or empty, due),
        ("returned", proved or empty, newest.ordered_at if newest else None),
        ("proved", proved or file.state in CLOSED, newest.settled_at if newest else None),
        ("completed", file.state in CLOSED, None),
    ]
    first = next((place for place, (_, over, _) in enumerate(done) if not over), len(done))
    return tuple(
        StepView(name, "done" if over else "now" if place == first else "todo", day)
        for place, (name, over, day) in enumerate(done)
    )


def _can(  # noqa: PLR0913, PLR0917 - everything that a form depends on
    u: UnitOfWork,
    actor: Actor,
    file: PermitFile,
    permit: Permit,
    newest: Settlement | None,
    due: datetime | None,
    at: datetime,
) -> frozenset[str]:
    decides = competent_in(actor, file, Right.DECIDE)
    if not decides and side_of(actor, file) is None:
        return frozenset()
    try:
        require_ended(file.state, permit.base_state, appealable=may_still_appeal(u, file, at))
    except Conflict:
        return frozenset()
    if due is None or at <= due:
        return frozenset()
    state = newest.state if newest else SettlementState.SETTLED
    if state is SettlementState.RUNNING:
        return frozenset({"go_on"})
    if state is SettlementState.ORDERED and decides:
        return frozenset({"confirm"} if newest and _second(u, actor, file, newest, at) else ())
    return frozenset({"return"})


def _second(
    u: UnitOfWork, actor: Actor, file: PermitFile, ordered: Settlement, at: datetime
) -> bool:
    """Whether an actor would be the second one of an order."""
    first = ordered.ordered_person, ordered.ordered_at
    return ordered.ordered_by != actor.account and are_two(u, file, first, actor, at=at)
