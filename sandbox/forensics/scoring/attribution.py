"""Attribution and calibration: who stands behind an address, and how surely that was said.

Rules (ours):

1. Asked for are the addresses that the stolen money touched: the gang's, and the services at which
   the trace under the declared policy stopped. Each weighs what it received, som.
2. A service's address is rightly labelled with the service's name, in any capitals. Its kind alone
   (``exchange``, ``mixer``) counts for half.
3. A person's address, a deposit address too, is rightly labelled with a name that stands for its
   owner: more than half of the addresses so labelled are the owner's, and more than half of the
   owner's asked-for addresses are so labelled.
4. A claim of probability p gains 2p - p² of its weight where it is right and loses p² where it is
   wrong: Brier's score against saying nothing. Who says what they believe does best; certainty
   about what is wrong costs as much as a right one gains. Source: Brier, "Verification of
   forecasts expressed in terms of probability" (1950). Never below zero.
5. A wrong label on an address that nothing touched weighs the mean. A right service there, and a
   victim, count neither way.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from sandbox.forensics.accounts import spelt
from sandbox.forensics.cases.scene import Role
from sandbox.forensics.scoring.answers import Answer, Claim
from sandbox.forensics.scoring.key import Key, som
from sandbox.forensics.scoring.parts import Finding, Found, roughly

_KIND: Final = Fraction(1, 2)
_KIND_OF: Final[Mapping[str, str]] = {Role.DEPOSIT: Role.EXCHANGE}
"""How the kind of a deposit address is called: by its service's."""


def attribution(answer: Answer, key: Key) -> Found:
    """Mark the attribution of an answer.

    Args:
        answer: with its policy.
        key: of the case.
    """
    asked = touched(key, answer.policy)
    whole = sum(asked.values(), Fraction())
    if not whole:
        return Found(None)
    owners = _owners(answer, key, asked)
    gained, right, wrong, squares = Fraction(), Fraction(), 0, []
    for claim in answer.attribution:
        name, stated = spelt(claim.address), Fraction(claim.permille, 1_000)
        part = _right(claim, key, owners)
        if name not in asked and (part or name in key.victims):
            continue
        weight = asked.get(name, whole / len(asked)) * (part or 1)
        gained += weight * (2 * stated - stated**2 if part else -(stated**2))
        right += weight if part else 0
        wrong += not part
        squares.append((stated - bool(part)) ** 2)
    findings: list[Finding] = [("attribution_missed", roughly(whole - right, whole))] * (
        right < whole
    )
    findings += [("attribution_wrong", {"count": wrong})] * bool(wrong)
    if squares:
        mean = sum(squares, Fraction()) / len(squares)
        findings.append(("attribution_brier", {"permille": round(mean * 1_000)}))
    return Found(max(gained, Fraction()) / whole, tuple(findings))


def touched(key: Key, policy: str) -> dict[str, Fraction]:
    """What is asked for (rule 1), with its weight.

    Args:
        key: of the case.
        policy: by which the money was followed.
    """
    found: dict[str, Fraction] = defaultdict(Fraction)
    for (ledger, name), amount in key.stopped(policy).items():
        found[name] += som(ledger, amount)
    return dict(found) | dict(key.guilty)


def _right(claim: Claim, key: Key, owners: Mapping[str, str]) -> Fraction:
    """1 for a right label, a half for a service's kind, 0 for a wrong one."""
    known = key.control.get(spelt(claim.address))
    if known is None:
        return Fraction()
    said = _plain(claim.label)
    if known.service and said == _plain(known.service):
        return Fraction(1)
    if known.service and said in {known.role, _KIND_OF.get(known.role)}:
        return _KIND
    return Fraction(owners.get(said) == known.owner)


def _owners(answer: Answer, key: Key, asked: Mapping[str, Fraction]) -> dict[str, str]:
    """For whom each label stands (rule 3)."""
    labelled: dict[str, list[str]] = defaultdict(list)
    for claim in answer.attribution:
        labelled[_plain(claim.label)].append(spelt(claim.address))
    all_of: dict[str, set[str]] = defaultdict(set)
    for name in asked.keys() & key.guilty.keys():
        known = key.control[name]
        all_of[known.owner].add(name)
    found = {}
    for label, names in labelled.items():
        owned = Counter(key.control[each].owner for each in names if each in key.control)
        owner, count = owned.most_common(1)[0] if owned else ("", 0)
        own = _own(all_of[owner], key)
        if count * 2 > len(names) and len(own & set(names)) * 2 > len(own):
            found[label] = owner
    return found


def _own(names: set[str], key: Key) -> set[str]:
    """Somebody's wallets; where there are none, their deposit addresses."""
    return {each for each in names if not key.control[each].service} or names


def _plain(label: str) -> str:
    return " ".join(label.casefold().split())
