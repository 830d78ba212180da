"""Looking: rules over books of payments, over refusals, and over permits, in order.

Rules:

1. A party is looked at after each block in which it moved money, over what it did in
   ``(time of the block - window, time of the block]``; payments of one block are of one time.
2. An alert is raised when the weight reaches ``alert_at`` and either there is no earlier alert of
   this rule about this party within the window before, or the weight is greater than that one's.
3. What was found depends on what came before only through :class:`Last` and
   :class:`~sandbox.domain.alerts.facts.Activity`, which the caller keeps: looking in one go or
   in many gives the same.
4. A permit is looked at once a day, as it stood at the day's end.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Final

from sandbox.domain.alerts.facts import (
    Activity,
    Denied,
    Figure,
    Kind,
    Look,
    Measured,
    Payment,
    Standing,
    Tally,
)
from sandbox.domain.alerts.rule import About, Rule, weight_of
from sandbox.domain.alerts.rule_set import RuleSet, RuleSettings

MOST: Final = 2**62
"""Measured values are cut here, far above every band."""
Key = tuple[str, str]
"""A rule's name and a subject."""


@dataclass(frozen=True, slots=True)
class Last:
    """The newest alert of a rule about a subject: when, and how heavy."""

    at: datetime
    weight: int


@dataclass(frozen=True, slots=True)
class Finding:
    """That a rule's definition was met.

    Attributes:
        rule: its name.
        subject: address; for refusals ``permit`` and sender; for permits the number.
        place: block; for refusals the number of the last one; for permits the day's.
        since: where the window begins (not included).
        at: where it ends (included).
        value: measured.
        weight: of the band.
        evidence: what was counted.
        figures: further counted values.
    """

    rule: str
    subject: str
    place: int
    since: datetime
    at: datetime
    value: int
    weight: int
    evidence: Sequence[Payment | Denied | Tally]
    figures: tuple[Figure, ...]


@dataclass
class Book:
    """Payments of one asset and what is known of the parties.

    Attributes:
        payments: in the ledger's order; those up to ``after`` are only looked back at.
        after: blocks up to this one were looked at before.
        unit: minor units in one tyiyn.
        kinds: who the parties are.
        activity: by address, as of ``after``; carried on.
        last: newest alerts; carried on.
    """

    payments: Sequence[Payment]
    after: int = -1
    unit: int = 1
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    activity: dict[str, Activity] = field(default_factory=dict)
    last: dict[Key, Last] = field(default_factory=dict)


def watch(rules: RuleSet, book: Book) -> list[Finding]:
    """What the rules find in a book's new blocks; carries the book on.

    Args:
        rules: which set.
        book: its ``activity`` and ``last`` are brought up to the last payment.
    """
    running = [each for each in rules.running() if each[0].about is About.PAYMENTS]
    found: list[Finding] = []
    own: dict[str, list[Payment]] = {}
    for number, block in groupby(book.payments, key=attrgetter("block")):
        moved = list(block)
        parties = dict.fromkeys(side for each in moved for side in (each.payer, each.payee))
        for each in moved:
            for side in {each.payer, each.payee}:
                own.setdefault(side, []).append(each)
        if number <= book.after:
            continue
        for subject in parties:
            _note(book, subject, moved[0].at)
            for rule, settings in running:
                if book.kinds.get(subject, Kind.OTHER) in settings.kinds:
                    found += _look(rules, rule, settings, book, own[subject], subject)
    return found


def _note(book: Book, subject: str, at: datetime) -> None:
    known = book.activity.get(subject)
    book.activity[subject] = Activity(at, at) if known is None else known.moved(at)


def _look(
    rules: RuleSet,
    rule: Rule,
    settings: RuleSettings,
    book: Book,
    own: list[Payment],
    subject: str,
) -> Iterable[Finding]:
    newest = own[-1]
    since = newest.at - settings.window
    first = bisect_right(own, since, key=lambda each: each.at)
    look = Look(
        subject=subject,
        until=newest.at,
        payments=own[first:],
        settings=settings.values,
        unit=book.unit,
        kinds=book.kinds,
        activity=book.activity[subject],
    )
    key = (rule.name, subject)
    seen = (newest.block, newest.at, rule.measure(look))
    return _judge(rules.alert_at, settings, key, seen, book.last)


def watch_refusals(
    rules: RuleSet, denied: Sequence[Denied], after: int, last: dict[Key, Last]
) -> list[Finding]:
    """What the rules find in refusals after a number.

    Args:
        rules: which set.
        denied: in the gateway's order; those up to ``after`` are only looked back at.
        after: refusals up to this one were looked at before.
        last: newest alerts; carried on.
    """
    running = [each for each in rules.running() if each[0].about is About.REFUSALS]
    found: list[Finding] = []
    own: dict[str, list[Denied]] = {}
    for each in denied:
        subject = subject_of(each)
        mine = own.setdefault(subject, [])
        mine.append(each)
        if each.seq <= after:
            continue
        for rule, settings in running:
            since = each.at - settings.window
            seen = [one for one in mine if since < one.at <= each.at]
            measured = rule.measure(seen)
            key = (rule.name, subject)
            found += _judge(rules.alert_at, settings, key, (each.seq, each.at, measured), last)
    return found


def watch_permits(
    rules: RuleSet,
    tallies: Mapping[str, Sequence[Tally]],
    days: Iterable[datetime],
    last: dict[Key, Last],
) -> list[Finding]:
    """What the rules find of permits at the ends of some days.

    Args:
        rules: which set.
        tallies: by permit, by time.
        days: their ends, in order.
        last: newest alerts; carried on.
    """
    running = [each for each in rules.running() if each[0].about is About.PERMITS]
    found: list[Finding] = []
    for until in days:
        for permit, own in sorted(tallies.items()):
            for rule, settings in running:
                measured = rule.measure(Standing(permit, until, own, settings.values))
                seen = (day_number(until), until, measured)
                found += _judge(rules.alert_at, settings, (rule.name, permit), seen, last)
    return found


def day_number(until: datetime) -> int:
    """The number of the day that ends at a moment; grows by one a day."""
    return int(until.timestamp()) // 86_400


def subject_of(denied: Denied) -> str:
    """Whom a refusal is counted for: the sender under the permit."""
    return f"{denied.permit} {denied.sender}".strip()


def _judge(
    alert_at: int,
    settings: RuleSettings,
    key: Key,
    seen: tuple[int, datetime, Measured | None],
    last: dict[Key, Last],
) -> list[Finding]:
    """Rule 2."""
    place, at, measured = seen
    if measured is None:
        return []
    weight = weight_of(settings.bands, measured.value)
    before = last.get(key)
    silent = before is not None and before.at > at - settings.window and weight <= before.weight
    if weight < alert_at or silent:
        return []
    last[key] = Last(at, weight)
    return [
        Finding(
            rule=key[0],
            subject=key[1],
            place=place,
            since=at - settings.window,
            at=at,
            value=min(measured.value, MOST),
            weight=weight,
            evidence=measured.evidence,
            figures=measured.figures,
        )
    ]
