"""The lifecycle as a table for people: each act with who may do it, what it needs, what follows.

>>> rows()[0][0], rows()[0][3]
('submit', 'applicant')
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.domain.lifecycle import TABLE, Act, who

FOLLOWS: Final[Mapping[Act, str]] = {
    Act.SUBMIT: "the sponsor's deadline to sign",
    Act.RETURN: "the applicant's deadline to submit again",
    Act.SPONSOR_SIGN: "the authority's deadline to take it up",
    Act.TAKE_UP: "the authority's deadline to decide",
    Act.ASK: "the applicant's deadline to answer; the authority's stands still",
    Act.ANSWER: "the authority's deadline goes on",
    Act.PUT_ON_AGENDA: "no question and no proposal while it is before the Committee",
    Act.TAKE_OFF_AGENDA: "the review goes on",
    Act.CLOSE_MINUTES: "what the Committee recommends may be proposed, with the minutes' number",
    Act.PROPOSE_GRANT: "nothing before a second signature",
    Act.PROPOSE_REFUSAL: "nothing before a second signature",
    Act.WITHDRAW_PROPOSAL: "the review goes on",
    Act.COUNTERSIGN_GRANT: "the permit is put on chain and at the gateway",
    Act.COUNTERSIGN_REFUSAL: "the applicant's period to appeal",
    Act.ACTIVATE: "the trial may begin",
    Act.TIGHTEN: "lower limits at once; lapses unless a second confirms",
    Act.VARY: "the new version on chain and at the gateway",
    Act.SUSPEND: "money may only come home; lapses unless a second confirms",
    Act.HALT: "nothing moves; lapses unless a second confirms",
    Act.REINSTATE: "the new version on chain; an automatic act is over",
    Act.CONFIRM: "the interim act is permanent",
    Act.PUBLISH_REFUSED: "the desk says again what the chain says",
    Act.LAPSE: "the base state and the base conditions",
    Act.HALT_ENDS: "money may come home",
    Act.REVOKE: "wind-down; the applicant's period to appeal; the holder's to settle",
    Act.EXPIRE: "wind-down; the holder's deadline to settle",
    Act.WITHDRAW: "the file is closed",
    Act.RETURN_LAPSES: "interim until the duty officer confirms or lifts it",
    Act.ASK_EXTENSION: "the authority's deadline to answer",
    Act.DECLINE_EXTENSION: "the term ends as it did",
    Act.ASK_STEP: "a regulator may propose the conditions with the step, if the record is clean",
    Act.DECLINE_STEP: "the conditions stay; it may be asked for again",
    Act.EXTEND: "a version with a later end, on chain and at the gateway",
    Act.SURRENDER: "the gateway lets money only come home; the holder's deadline to settle",
    Act.WIND_DOWN: "the chain lets money only come home",
    Act.SPONSOR_LEAVES: "the deadline for another sponsor",
    Act.SPONSOR_STAYS: "the deadline falls",
    Act.NAME_SPONSOR: "the organisation named sees the file",
    Act.ACCEPT_SPONSORSHIP: "a regulator may propose the change",
    Act.CHANGE_SPONSOR: "a version with another holder; what the clock suspended goes on",
    Act.SPONSOR_GONE: "money may only come home; interim until the duty officer decides",
    Act.LIMIT_PASSED: "money may only come home; interim until the duty officer decides",
    Act.CONFIRM_AUTOMATIC: "a suspension by one signature, or the end of the application",
    Act.LIFT_AUTOMATIC: "what was before, and the deadline begins again",
    Act.COMPLETE: "the file is closed; it may graduate",
    Act.GRADUATE: "a signed statement of the tested scope",
    Act.APPEAL: "the authority's deadline to decide the appeal",
    Act.UPHOLD: "the decision stands; no second appeal",
    Act.OVERTURN: "the review again; or a suspension that two may end by reinstating",
}
"""What each act brings about, for the docs."""


def rows() -> tuple[tuple[str, str, str, str, str, str], ...]:
    """The table for the docs: act, from, to, who, what it needs, what follows."""
    return tuple(
        (
            line.act.value,
            ", ".join(line.sources),
            line.target.value if line.target else "stays",
            who(line.by),
            line.needs,
            FOLLOWS[line.act],
        )
        for line in TABLE
    )
