"""The life of a permit file: one table, read by the desk, the pages and the docs.

Each line says from where to where, by which act, who may do it, and what it needs or what
follows. Whatever is not in the table is refused.

>>> step(FileState.DRAFT, Act.SUBMIT)
<FileState.SUBMITTED: 'submitted'>
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sandbox.domain.seats import FileSeat
from sandbox.kit.errors import Conflict


class FileState(StrEnum):
    """Where a file stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SPONSOR_SIGNED = "sponsor_signed"
    UNDER_REVIEW = "under_review"
    QUESTION_OPEN = "question_open"
    COMMITTEE = "committee"
    DECIDED = "decided"
    ACTIVATING = "activating"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    HALTED = "halted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    SURRENDERED = "surrendered"
    COMPLETED = "completed"
    GRADUATED = "graduated"
    REFUSAL_APPEALED = "refusal_appealed"
    REVOCATION_APPEALED = "revocation_appealed"


class Act(StrEnum):
    """What moves a file."""

    SUBMIT = "submit"
    RETURN = "return"
    SPONSOR_SIGN = "sponsor_sign"
    TAKE_UP = "take_up"
    ASK = "ask"
    ANSWER = "answer"
    PUT_ON_AGENDA = "put_on_agenda"
    TAKE_OFF_AGENDA = "take_off_agenda"
    CLOSE_MINUTES = "close_minutes"
    PROPOSE_GRANT = "propose_grant"
    PROPOSE_REFUSAL = "propose_refusal"
    WITHDRAW_PROPOSAL = "withdraw_proposal"
    COUNTERSIGN_GRANT = "countersign_grant"
    COUNTERSIGN_REFUSAL = "countersign_refusal"
    ACTIVATE = "activate"
    TIGHTEN = "tighten"
    VARY = "vary"
    SUSPEND = "suspend"
    HALT = "halt"
    REINSTATE = "reinstate"
    CONFIRM = "confirm"
    PUBLISH_REFUSED = "publish_refused"
    LAPSE = "lapse"
    HALT_ENDS = "halt_ends"
    REVOKE = "revoke"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    RETURN_LAPSES = "return_lapses"
    ASK_EXTENSION = "ask_extension"
    DECLINE_EXTENSION = "decline_extension"
    EXTEND = "extend"
    ASK_STEP = "ask_step"
    DECLINE_STEP = "decline_step"
    SURRENDER = "surrender"
    WIND_DOWN = "wind_down"
    SPONSOR_LEAVES = "sponsor_leaves"
    SPONSOR_STAYS = "sponsor_stays"
    SPONSOR_GONE = "sponsor_gone"
    LIMIT_PASSED = "limit_passed"
    NAME_SPONSOR = "name_sponsor"
    ACCEPT_SPONSORSHIP = "accept_sponsorship"
    CHANGE_SPONSOR = "change_sponsor"
    CONFIRM_AUTOMATIC = "confirm_automatic"
    LIFT_AUTOMATIC = "lift_automatic"
    COMPLETE = "complete"
    GRADUATE = "graduate"
    APPEAL = "appeal"
    UPHOLD = "uphold"
    OVERTURN = "overturn"


class By(StrEnum):
    """Who performs an act: a seat of the file, two regulators, or the clock and the machine."""

    APPLICANT = FileSeat.APPLICANT.value
    SPONSOR = FileSeat.SPONSOR.value
    REGULATOR = FileSeat.REGULATOR.value
    TWO_REGULATORS = "two regulators"
    COMMITTEE = "the Committee"
    SYSTEM = "system"
    PARTIES = "applicant or sponsor"
    DUTY_OFFICER = "duty officer"
    INDEPENDENT = "two regulators who took no part"


@dataclass(frozen=True)
class Transition:
    """One line of the table. ``target`` None: the state stays (or is the base state again)."""

    act: Act
    sources: tuple[FileState, ...]
    target: FileState | None
    by: By
    needs: str


_S = FileState
_LIVE = (_S.ACTIVE, _S.SUSPENDED, _S.HALTED)
_BEFORE = (
    _S.DRAFT,
    _S.SUBMITTED,
    _S.SPONSOR_SIGNED,
    _S.UNDER_REVIEW,
    _S.QUESTION_OPEN,
    _S.COMMITTEE,
)

TABLE: Final = (
    Transition(Act.SUBMIT, (_S.DRAFT,), _S.SUBMITTED, By.APPLICANT, "every part complete"),
    Transition(
        Act.RETURN,
        (_S.SUBMITTED, _S.SPONSOR_SIGNED, _S.UNDER_REVIEW),
        _S.DRAFT,
        By.REGULATOR,
        "reasons; the sponsor's signature falls",
    ),
    Transition(
        Act.SPONSOR_SIGN,
        (_S.SUBMITTED,),
        _S.SPONSOR_SIGNED,
        By.SPONSOR,
        "the named sponsor, its signature over the application",
    ),
    Transition(Act.TAKE_UP, (_S.SPONSOR_SIGNED,), _S.UNDER_REVIEW, By.REGULATOR, "nothing"),
    Transition(
        Act.ASK, (_S.UNDER_REVIEW, _S.QUESTION_OPEN), _S.QUESTION_OPEN, By.REGULATOR, "a question"
    ),
    Transition(
        Act.ANSWER, (_S.QUESTION_OPEN,), _S.UNDER_REVIEW, By.APPLICANT, "every question answered"
    ),
    Transition(
        Act.PUT_ON_AGENDA,
        (_S.UNDER_REVIEW,),
        _S.COMMITTEE,
        By.REGULATOR,
        "a sitting that was called and not yet opened",
    ),
    Transition(
        Act.TAKE_OFF_AGENDA,
        (_S.COMMITTEE,),
        _S.UNDER_REVIEW,
        By.REGULATOR,
        "reasons; no vote was taken yet",
    ),
    Transition(
        Act.CLOSE_MINUTES,
        (_S.COMMITTEE,),
        _S.UNDER_REVIEW,
        By.COMMITTEE,
        "minutes signed by chair and secretary; a grant or refusal refers to them",
    ),
    Transition(
        Act.PROPOSE_GRANT,
        (_S.UNDER_REVIEW,),
        _S.DECIDED,
        By.REGULATOR,
        "conditions, the author's signature",
    ),
    Transition(
        Act.PROPOSE_REFUSAL,
        (_S.UNDER_REVIEW,),
        _S.DECIDED,
        By.REGULATOR,
        "reasons, the author's signature",
    ),
    Transition(
        Act.WITHDRAW_PROPOSAL,
        (_S.DECIDED,),
        _S.UNDER_REVIEW,
        By.REGULATOR,
        "the author takes it back, or a second returns it",
    ),
    Transition(
        Act.COUNTERSIGN_GRANT,
        (_S.DECIDED,),
        _S.ACTIVATING,
        By.TWO_REGULATORS,
        "a second person's signature; audit and outbox in one commit",
    ),
    Transition(
        Act.COUNTERSIGN_REFUSAL,
        (_S.DECIDED,),
        _S.REFUSED,
        By.TWO_REGULATORS,
        "a second person's signature",
    ),
    Transition(
        Act.ACTIVATE,
        (_S.ACTIVATING,),
        _S.ACTIVE,
        By.SYSTEM,
        "the Supervisor's receipt and the gateway's acknowledgement",
    ),
    Transition(
        Act.TIGHTEN,
        _LIVE,
        None,
        By.REGULATOR,
        "nothing looser; acts at once, lapses after 72 hours",
    ),
    Transition(Act.VARY, _LIVE, None, By.TWO_REGULATORS, "new conditions"),
    Transition(
        Act.SUSPEND,
        (_S.ACTIVE,),
        _S.SUSPENDED,
        By.REGULATOR,
        "wind-down at once, lapses after 72 hours",
    ),
    Transition(
        Act.HALT,
        (_S.ACTIVE, _S.SUSPENDED),
        _S.HALTED,
        By.REGULATOR,
        "nothing moves, lapses after 72 hours",
    ),
    Transition(
        Act.CONFIRM,
        (*_LIVE, _S.SURRENDERED),
        None,
        By.TWO_REGULATORS,
        "an interim act; it lapses no more",
    ),
    Transition(Act.LAPSE, _LIVE, None, By.SYSTEM, "72 hours unconfirmed: the base state again"),
    Transition(
        Act.PUBLISH_REFUSED,
        (_S.ACTIVATING, *_LIVE, _S.REVOKED),
        None,
        By.SYSTEM,
        "the Supervisor refuses the version: what the chain holds, or the review again",
    ),
    Transition(
        Act.HALT_ENDS,
        (_S.HALTED,),
        _S.SUSPENDED,
        By.SYSTEM,
        "a halt by two is 30 days old: wind-down, so that it traps nobody's money",
    ),
    Transition(
        Act.REINSTATE,
        (_S.SUSPENDED, _S.HALTED),
        _S.ACTIVATING,
        By.TWO_REGULATORS,
        "both signatures on chain too",
    ),
    Transition(
        Act.REVOKE,
        (*_LIVE, _S.SURRENDERED, _S.EXPIRED),
        _S.REVOKED,
        By.TWO_REGULATORS,
        "wind-down: customers can redeem; also after a surrender or the end of the term",
    ),
    Transition(
        Act.EXPIRE, _LIVE, _S.EXPIRED, By.SYSTEM, "the end of the term: wind-down by itself"
    ),
    Transition(Act.WITHDRAW, _BEFORE, _S.WITHDRAWN, By.APPLICANT, "nothing"),
    Transition(
        Act.RETURN_LAPSES,
        (_S.DRAFT,),
        _S.LAPSED,
        By.SYSTEM,
        "an application was returned and not submitted again in time",
    ),
    Transition(
        Act.ASK_EXTENSION,
        _LIVE,
        None,
        By.PARTIES,
        "reasons; in time before the end; not extended before; six months at most",
    ),
    Transition(Act.DECLINE_EXTENSION, _LIVE, None, By.REGULATOR, "an open request, reasons"),
    Transition(
        Act.ASK_STEP,
        (_S.ACTIVE,),
        None,
        By.PARTIES,
        "a next step in the conditions; what the parties can see of the record is clean",
    ),
    Transition(Act.DECLINE_STEP, _LIVE, None, By.REGULATOR, "an open request"),
    Transition(
        Act.EXTEND,
        _LIVE,
        None,
        By.TWO_REGULATORS,
        "a request; once; at most six months; before the end",
    ),
    Transition(
        Act.SURRENDER,
        (_S.ACTIVE, _S.SUSPENDED),
        _S.SURRENDERED,
        By.SPONSOR,
        "the holder, reasons, a settlement plan that protects the customers",
    ),
    Transition(
        Act.WIND_DOWN,
        (_S.SURRENDERED,),
        None,
        By.TWO_REGULATORS,
        "the settlement plan approved; both signatures on chain",
    ),
    Transition(
        Act.SPONSOR_LEAVES, _LIVE, None, By.SPONSOR, "the holder, reasons; nothing open of the kind"
    ),
    Transition(Act.SPONSOR_STAYS, _LIVE, None, By.SPONSOR, "an open withdrawal of its own"),
    Transition(
        Act.NAME_SPONSOR, _LIVE, None, By.APPLICANT, "another organisation that may sponsor"
    ),
    Transition(
        Act.ACCEPT_SPONSORSHIP,
        _LIVE,
        None,
        By.SPONSOR,
        "the organisation named, its signature over the application",
    ),
    Transition(
        Act.CHANGE_SPONSOR,
        _LIVE,
        None,
        By.TWO_REGULATORS,
        "the acceptance of the organisation named; both signatures on chain too",
    ),
    Transition(
        Act.SPONSOR_GONE,
        (_S.ACTIVE,),
        _S.SUSPENDED,
        By.SYSTEM,
        "the sponsor's withdrawal is past its deadline",
    ),
    Transition(
        Act.LIMIT_PASSED,
        (_S.ACTIVE,),
        _S.SUSPENDED,
        By.SYSTEM,
        "a limit that the desk watches is passed: complaint rate, money not covered",
    ),
    Transition(
        Act.CONFIRM_AUTOMATIC,
        (_S.SUSPENDED,),
        None,
        By.DUTY_OFFICER,
        "an automatic suspension, reasons, the officer's own signature",
    ),
    Transition(
        Act.CONFIRM_AUTOMATIC,
        (_S.LAPSED,),
        _S.WITHDRAWN,
        By.DUTY_OFFICER,
        "an automatic lapse, reasons",
    ),
    Transition(
        Act.LIFT_AUTOMATIC,
        (_S.SUSPENDED,),
        None,
        By.DUTY_OFFICER,
        "an automatic suspension that nobody signed, reasons",
    ),
    Transition(
        Act.LIFT_AUTOMATIC, (_S.LAPSED,), _S.DRAFT, By.DUTY_OFFICER, "an automatic lapse, reasons"
    ),
    Transition(
        Act.COMPLETE,
        (_S.EXPIRED, _S.REVOKED, _S.SURRENDERED),
        _S.COMPLETED,
        By.REGULATOR,
        "the chain says that customers hold nothing; after a revocation, no appeal is possible",
    ),
    Transition(
        Act.GRADUATE,
        (_S.COMPLETED,),
        _S.GRADUATED,
        By.TWO_REGULATORS,
        "the tested scope in words; never after a revocation",
    ),
    Transition(
        Act.APPEAL,
        (_S.REFUSED,),
        _S.REFUSAL_APPEALED,
        By.APPLICANT,
        "grounds, within the legal period, once",
    ),
    Transition(
        Act.APPEAL,
        (_S.REVOKED,),
        _S.REVOCATION_APPEALED,
        By.APPLICANT,
        "grounds, within the legal period, once",
    ),
    Transition(
        Act.UPHOLD,
        (_S.REFUSAL_APPEALED,),
        _S.REFUSED,
        By.INDEPENDENT,
        "reasons; neither signed the refusal",
    ),
    Transition(
        Act.UPHOLD,
        (_S.REVOCATION_APPEALED,),
        _S.REVOKED,
        By.INDEPENDENT,
        "reasons; neither signed the revocation",
    ),
    Transition(
        Act.OVERTURN,
        (_S.REFUSAL_APPEALED,),
        _S.UNDER_REVIEW,
        By.INDEPENDENT,
        "reasons; neither signed the refusal",
    ),
    Transition(
        Act.OVERTURN,
        (_S.REVOCATION_APPEALED,),
        _S.SUSPENDED,
        By.INDEPENDENT,
        "reasons; neither signed the revocation",
    ),
)


def find(state: FileState, act: Act) -> Transition:
    """The line of the table for an act in a state.

    Raises:
        Conflict: ``lifecycle.not_from_here`` when the table has none.
    """
    for line in TABLE:
        if line.act is act and state in line.sources:
            return line
    raise Conflict("lifecycle.not_from_here", state=state.value, act=act.value)


def step(state: FileState, act: Act) -> FileState:
    """The state after an act; the same state where the table leaves it.

    Raises:
        Conflict: ``lifecycle.not_from_here``.
    """
    return find(state, act).target or state


def possible(state: FileState) -> tuple[Act, ...]:
    """What can happen to a file in a state, in the table's order."""
    return tuple(line.act for line in TABLE if state in line.sources)


_SIGNS: Final = {
    By.APPLICANT: "applicant",
    By.SPONSOR: "sponsor",
    By.REGULATOR: "one regulator",
    By.TWO_REGULATORS: "two regulators",
    By.COMMITTEE: "the Committee",
    By.SYSTEM: "by itself",
    By.PARTIES: "applicant or sponsor",
    By.DUTY_OFFICER: "duty officer",
    By.INDEPENDENT: "two other regulators",
}


def who(by: By) -> str:
    """Who performs an act, in the words of the diagram."""
    return _SIGNS[by]
