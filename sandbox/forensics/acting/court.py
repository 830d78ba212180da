"""The prosecutor's and the investigating judge's checklists: what a motion lacks, and nothing else.

Rules:

1. Papers are read, not the case: nobody here knows who is guilty. A motion against an innocent
   person that lacks nothing is granted, and the harm is done.
2. The prosecutor looks for: a reported payment (``report``), what happened (``facts``), the
   policy (``policy``), targets (``targets``), and why each is one (``grounds``: a route, an
   exchange's answer, a paper of the case). What the financial intelligence service said is no
   ground (``not_evidence``).
3. The judge looks for: an amount of each target (``amount``); claims of not more than the victims
   reported so far (``proportion``); of a freeze its term (``term``); of a seizure a freeze that
   holds (``not_frozen``); of a hand-over something in the police wallet (``not_seized``).

Source: freezing and seizure go through prosecutor and investigating judge; the lists are ours (to
be confirmed).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.forensics.acting.acts import Aim, Intelligence, Motion, Place, spelt
from sandbox.forensics.acting.moving import Moving, Spot
from sandbox.forensics.acting.world import World, tyiyn
from sandbox.forensics.policies import Policy

Lack = dict[str, Any]
"""``missing``, and of a target its number from 0."""


@dataclass(frozen=True)
class File:
    """What the court can look into when it reads a motion.

    Attributes:
        world: the case.
        moving: its ledgers at that moment.
        acts: that were done before.
        named: addresses that each answered request named.
        custody: what lies in the police wallet, by where it was seized.
    """

    world: World
    moving: Moving
    acts: tuple[Any, ...]
    named: Mapping[int, frozenset[str]]
    custody: Mapping[Spot, int]


def prosecutor(motion: Motion, file: File) -> list[Lack]:
    """What the prosecutor misses.

    Args:
        motion: that was filed.
        file: as of the moment at which it was filed.
    """
    lacks: list[Lack] = []
    if _reported(motion, file.world) is None:
        lacks.append({"missing": "report"})
    if len(motion.facts.strip()) < file.world.terms.shortest_facts:
        lacks.append({"missing": "facts"})
    if motion.policy not in list(Policy):
        lacks.append({"missing": "policy"})
    if not motion.targets:
        lacks.append({"missing": "targets"})
    for number, aim in enumerate(motion.targets):
        if not _grounded(motion, aim, file):
            lacks.append({"missing": "grounds", "target": number})
        if aim.grounds.answer is not None and _is(file.acts, aim.grounds.answer, Intelligence):
            lacks.append({"missing": "not_evidence", "target": number})
    return lacks


def judge(motion: Motion, file: File, moment: datetime) -> list[Lack]:
    """What the investigating judge misses.

    Args:
        motion: to which the prosecutor agreed.
        file: as of the judge's moment.
        moment: the judge's.
    """
    if motion.measure == "records":
        return []
    lacks = [
        {"missing": "amount", "target": number}
        for number, aim in enumerate(motion.targets)
        if not aim.amount
    ]
    claimed = sum(tyiyn(aim.ledger, int(aim.amount or 0)) for aim in motion.targets)
    if claimed > _stolen(file.world, moment):
        lacks.append({"missing": "proportion"})
    longest = file.world.terms.longest_order.days
    if motion.measure == "freeze" and not 0 < motion.days <= longest:
        lacks.append({"missing": "term"})
    return [*lacks, *_not_there(motion, file)]


def _not_there(motion: Motion, file: File) -> Iterator[Lack]:
    for number, aim in enumerate(motion.targets):
        if motion.measure == "seize" and not file.moving.is_frozen(aim.place):
            yield {"missing": "not_frozen", "target": number}
        if motion.measure == "hand_over" and not file.custody.get(aim.place):
            yield {"missing": "not_seized", "target": number}


def _reported(motion: Motion, world: World) -> Place | None:
    """The place of the payment that the motion names, if it was reported by then."""
    if not 0 < motion.report <= len(world.reports):
        return None
    report = world.reports[motion.report - 1]
    if report.moment > motion.moment:
        return None
    lost = report.transaction
    return lost.ledger, lost.block, lost.index


def _grounded(motion: Motion, aim: Aim, file: File) -> bool:
    grounds, address = aim.grounds, spelt(aim.address)
    if grounds.route is not None and _leads(motion, grounds.route, aim, file):
        return True
    if grounds.answer is not None and address in file.named.get(grounds.answer, ()):
        return True
    papers = file.world.papers
    if grounds.paper is None or not 0 <= grounds.paper < len(papers):
        return False
    known = papers[grounds.paper].moment <= motion.moment
    return known and address.lower().encode() in file.world.said[grounds.paper]


def _leads(motion: Motion, route: list[Place], aim: Aim, file: File) -> bool:
    """Whether transactions lead from the reported one to the target, each from the one before."""
    rows = [file.moving.place.get(each) for each in route]
    if not rows or route[0] != _reported(motion, file.world):
        return False
    last = rows[-1]
    if last is None or (last.ledger, last.payee) != aim.place:
        return False
    return all(
        before and after and before.payee == after.payer and before.time <= after.time
        for before, after in itertools.pairwise(rows)
    )


def _stolen(world: World, moment: datetime) -> int:
    """What victims reported so far, tyiyn."""
    return sum(
        tyiyn(each.transaction.ledger, each.transaction.amount)
        for each in world.reports
        if each.moment <= moment
    )


def _is(acts: tuple[Any, ...], number: int, kind: type) -> bool:
    return 0 < number <= len(acts) and isinstance(acts[number - 1], kind)
