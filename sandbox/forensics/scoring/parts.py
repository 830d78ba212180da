"""Following the money and saving it: addresses, hops, value located, recovery.

Rules (points from the course's rubric; the formulas are ours):

1. **Addresses**: F0.5, because a false accusation costs more than a miss. A guilty address weighs
   what it received of the stolen money; an innocent one that is named, the mean of the guilty.
   Source of F: van Rijsbergen, "Information Retrieval" (1979).
2. **Hops**: each is derived again from the rows under the declared policy and is right if it
   carries exactly as much: from the thefts, from what services paid out again, or from both. F0.5,
   each hop weighing what it carries, som.
3. **Located**: under the declared policy, where the value of the thefts lies at the end, up to
   services. What is claimed at a place counts up to what is there; the sum is divided by the larger
   of what is claimed and what there is. Who went on behind a service loses nothing: what rightly
   lies there counts neither way.
4. **Recovery**: what can be frozen is what lies under the declared policy at addresses of the gang,
   behind services too. Saved is what is asked for there up to that; what is asked for beyond, or
   at anybody else's, is wrongly frozen and costs twice. Never below zero. A case in which nothing
   is left to be frozen has no such part.

What cannot be at all (an unknown address, a row that is not there) is wrong like the rest.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from sandbox.forensics.accounts import spelt
from sandbox.forensics.cases.scene import Role
from sandbox.forensics.scoring.answers import Answer, Held
from sandbox.forensics.scoring.key import Key, Place, som, worth

_BETA: Final = Fraction(1, 2)
_PRICE: Final = 2
"""What is wrongly frozen costs so many times."""
KINDS: Final[Mapping[str, str]] = {
    Role.BANK: "shop",
    Role.BRIDGE: "bridge",
    Role.DEPOSIT: "exchange",
    Role.EXCHANGE: "exchange",
    Role.GOLD: "gold",
    Role.MERCHANT: "shop",
    Role.MIXER: "mixer",
    Role.UTILITY: "shop",
}
"""What kind of place a service is, in feedback; all others are wallets."""
Finding = tuple[str, Mapping[str, int]]
"""A code of the wordings without its part's prefix, and its numbers."""


@dataclass(frozen=True)
class Found:
    """What one part came to.

    Attributes:
        share: from 0 to 1; None where the case has nothing of the kind.
        findings: what was missed or wrong, by kind and number.
        broken: a gate failed.
    """

    share: Fraction | None
    findings: tuple[Finding, ...] = field(default=())
    broken: bool = False


def addresses(answer: Answer, key: Key) -> Found:
    """Rule 1."""
    named, guilty = {spelt(each) for each in answer.addresses}, key.guilty
    whole = sum(guilty.values(), Fraction())
    wrong = named - guilty.keys()
    right = sum((guilty[each] for each in named & guilty.keys()), Fraction())
    share = f_half(right, whole / len(guilty) * len(wrong), whole)
    there = Counter(_kind_of_guilty(key, each) for each in guilty)
    missed = Counter(_kind_of_guilty(key, each) for each in guilty.keys() - named)
    accused = Counter(_kind_of_innocent(key, each) for each in wrong)
    findings: list[Finding] = [
        (f"missed_{kind}", {"missed": missed[kind], "there": there[kind]})
        for kind in sorted(missed)
    ]
    findings += [(f"accused_{kind}", {"count": accused[kind]}) for kind in sorted(accused)]
    return Found(share, tuple(findings))


def hops(answer: Answer, key: Key) -> Found:
    """Rule 2."""
    expected = key.hops(answer.policy)
    right = wrong = Fraction()
    others = 0
    for hop in answer.hops:
        amount = int(hop.tainted)
        if amount in expected.get(hop.place, ()):
            right += som(hop.ledger, amount)
        else:
            wrong += som(hop.ledger, amount)
            others += 1
    whole = sum((som(place[0], max(each)) for place, each in expected.items()), Fraction())
    findings: list[Finding] = [("hops_missed", roughly(whole - right, whole))] * (right < whole)
    findings += [("hops_wrong", {"count": others})] * bool(others)
    return Found(f_half(right, wrong, whole), tuple(findings))


def located(answer: Answer, key: Key) -> Found:
    """Rule 3."""
    there = key.lies(answer.policy, ("thefts",))
    behind = key.lies(answer.policy, ("releases",))
    claimed = _claimed(answer.located)
    met = {each: min(amount, there.get(each, 0)) for each, amount in claimed.items()}
    rest = {
        each: max(amount - met[each] - behind.get(each, 0), 0) for each, amount in claimed.items()
    }
    whole, beyond = worth(there), worth(rest)
    share = worth(met) / max(worth(met) + beyond, whole) if whole else None
    by_kind: dict[str, Fraction] = defaultdict(Fraction)
    for (ledger, name), amount in there.items():
        left = amount - met.get((ledger, name), 0)
        if left:
            by_kind[_kind_of_place(key, name)] += som(ledger, left)
    findings: list[Finding] = [
        (f"located_missed_{kind}", roughly(by_kind[kind], whole)) for kind in sorted(by_kind)
    ]
    findings += [("located_beyond", roughly(beyond, whole))] * bool(beyond)
    return Found(share, tuple(findings))


def recovery(answer: Answer, key: Key) -> Found:
    """Rule 4."""
    lies = key.lies(answer.policy)
    left = {each: amount for each, amount in lies.items() if each[1] in key.guilty}
    asked = _claimed(answer.recovery)
    saved = {each: min(amount, left.get(each, 0)) for each, amount in asked.items()}
    whole, good = worth(left), worth(saved)
    wrong = worth(asked) - good
    if not whole:
        return Found(None)
    findings: list[Finding] = [("recovery_missed", roughly(whole - good, whole))] * (good < whole)
    findings += [("recovery_wrong", roughly(wrong, whole))] * bool(wrong)
    return Found(max(good - _PRICE * wrong, Fraction()) / whole, tuple(findings))


def roughly(some: Fraction, whole: Fraction) -> dict[str, int]:
    """A share in tens of a hundred, rounded up: how much, and not which.

    >>> roughly(Fraction(33), Fraction(100))
    {'percent': 40}
    """
    return {"percent": -(-some * 10 // whole) * 10 if whole else 0}


def f_half(right: Fraction, wrong: Fraction, whole: Fraction) -> Fraction | None:
    """F0.5 of the weights that are rightly and wrongly named, and of all that there are to name."""
    if not whole:
        return None
    beta = _BETA**2
    return (1 + beta) * right / (beta * whole + right + wrong)


def _claimed(rows: Iterable[Held]) -> dict[Place, int]:
    return {each.place: int(each.amount) for each in rows}


def _kind_of_guilty(key: Key, name: str) -> str:
    if name in key.peel_ends:
        return "peel_end"
    return {Role.DEPOSIT: "deposit", Role.MULE: "mule"}.get(Role(key.control[name].role), "thief")


def _kind_of_innocent(key: Key, name: str) -> str:
    if name not in key.control:
        return "unknown"
    return "service" if key.control[name].service else "person"


def _kind_of_place(key: Key, name: str) -> str:
    return KINDS.get(key.control[name].role, "wallet") if name in key.control else "wallet"
