"""What acts were worth: value saved, the right exchange, the necessity of what was asked, papers.

Rules (ours):

1. Acts are folded again (``sandbox.forensics.acting``) up to when everything has come to its end
   (``settled``). A list that cannot be has no points.
2. **Saved**: what is frozen, seized or handed over then, up to what could have been caught by who
   knew everything from the first report on; less twice what was held of innocent people's. Never
   below zero. Divided by what could have been caught.
3. **Right exchange**: F0.5 over the thieves' deposit addresses. One is right where the exchange
   that it belongs to was asked about it and answered; an answer "no such customer" counts as wrong
   and weighs the mean.
4. **Necessity**: of all that was asked (each address, each second of its period), the share that is
   of the thieves' deposit addresses and of the time between a day before the first reported
   payment and the request. What came back as over-broad was asked too.
5. **Papers**: the share of requests and motions that did not come back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Final

from sandbox.forensics.accounts import spelt
from sandbox.forensics.acting.acts import Motion, Request, moment_of
from sandbox.forensics.acting.clock import State, state
from sandbox.forensics.acting.errors import CannotAct
from sandbox.forensics.acting.reckoning import reckoned, settled
from sandbox.forensics.acting.world import tyiyn
from sandbox.forensics.cases.scene import Role
from sandbox.forensics.scoring.answers import Answer
from sandbox.forensics.scoring.key import Key
from sandbox.forensics.scoring.parts import Finding, Found, f_half, roughly

_PRICE: Final = 2
"""What is held of innocent people's costs so many times."""
_BEFORE: Final = timedelta(days=1)
"""How long before the first reported payment a period may begin."""
_TYIYN: Final = 100


def saved(answer: Answer, key: Key) -> Found:
    """Rule 2."""
    now = _came(answer, key)
    if isinstance(now, Found):
        return now
    found, most = reckoned(now), key.reachable
    if not most:
        return Found(None)
    late = sum(tyiyn(each.ledger, each.late) for each in found.freezes)
    share = Fraction(max(min(found.caught, most) - _PRICE * found.harm, 0), most)
    findings: list[Finding] = [("acts_saved", _money(found.caught, most))]
    findings += [("acts_late", _money(late, most))] * bool(late)
    findings += [("acts_harm", _money(found.harm, most))] * bool(found.harm)
    return Found(share, tuple(findings))


def vasp(answer: Answer, key: Key) -> Found:
    """Rule 3."""
    now = _came(answer, key)
    if isinstance(now, Found):
        return now
    wanted = _deposits(key)
    told = {
        (spelt(each["address"]), act.to): each["customer_known"]
        for number, act in enumerate(now.acts, 1)
        if isinstance(act, Request) and now.latest(number).stage == "answered"
        for each in now.latest(number).said["answers"]
    }
    asked = {address for (address, _), known in told.items() if known} & wanted.keys()
    wrong = sum(not known for known in told.values())
    whole = sum(wanted.values(), Fraction())
    right = sum((wanted[each] for each in asked), Fraction())
    findings: list[Finding] = [("vasp_missed", roughly(whole - right, whole))] * (right < whole)
    findings += [("vasp_wrong", {"count": wrong})] * bool(wrong)
    mean = whole / len(wanted) if wanted else Fraction()
    return Found(f_half(right, mean * wrong, whole), tuple(findings))


def necessity(answer: Answer, key: Key) -> Found:
    """Rule 4."""
    now = _came(answer, key)
    if isinstance(now, Found):
        return now
    wanted = _deposits(key)
    if not wanted:
        return Found(None)
    begins = min(each.transaction.time for each in key.public.reports) - _BEFORE
    asked = needed = 0
    for act in now.acts:
        if isinstance(act, Request):
            names = {spelt(each) for each in act.addresses}
            first, last = moment_of(act.first), moment_of(act.last)
            asked += len(names) * _seconds(first, last)
            own = _seconds(max(first, begins), min(last, act.moment))
            needed += len(names & wanted.keys()) * own
    if not asked:
        return Found(Fraction(), (("asked_nothing", {}),))
    share = Fraction(needed, asked)
    beyond: list[Finding] = [("asked_beyond", roughly(1 - share, Fraction(1)))]
    return Found(share, tuple(beyond * (share < 1)))


def paper(answer: Answer, key: Key) -> Found:
    """Rule 5."""
    now = _came(answer, key)
    if isinstance(now, Found):
        return now
    filed = [each for each, act in enumerate(now.acts, 1) if isinstance(act, Request | Motion)]
    back = len(set(filed) & set(now.at("returned")))
    if not filed:
        return Found(Fraction(), (("paper_none", {}),))
    findings: list[Finding] = [("paper_returned", {"count": back, "filed": len(filed)})]
    return Found(Fraction(len(filed) - back, len(filed)), tuple(findings * bool(back)))


def _came(answer: Answer, key: Key) -> State | Found:
    """Rule 1."""
    moments = [min(each.moment for each in key.public.reports)]
    moments += [each.moment for each in answer.acts]
    moments += [moment_of(each) for each in (answer.clock,) if each]
    try:
        return state(key.world, answer.acts, settled(key.world, max(moments)))
    except CannotAct:
        return Found(Fraction(), (("acts_impossible", {}),))


def _deposits(key: Key) -> dict[str, Fraction]:
    """The thieves' deposit addresses, with what they received, som."""
    return {
        name: weight
        for name, weight in key.guilty.items()
        if Role(key.control[name].role) is Role.DEPOSIT
    }


def _seconds(first: datetime, last: datetime) -> int:
    """Seconds of a period, both ends included; none where it ends before it begins."""
    return max(int((last - first).total_seconds()) + 1, 0)


def _money(some: int, whole: int) -> dict[str, int]:
    """Tyiyn as whole som, and as a share."""
    return {"som": some // _TYIYN} | roughly(Fraction(some), Fraction(whole))
