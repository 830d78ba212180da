"""Dry runs: what drafted rules would have found in past days, beside the rules in force.

Those of a drafted pack: ``sandbox.services.alert_pack_trials``.

Rules:

1. Both sets look at the same payments and refusals, as if each had been in force from the first
   day on, with no alert before it.
2. Nothing is raised and nothing but the draft's trial is written.
3. A period with more than :data:`MOST` payments or refusals is refused, not cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.alerts.engine import (
    Book,
    Finding,
    watch,
    watch_permits,
    watch_refusals,
)
from sandbox.domain.alerts.facts import Activity, Denied
from sandbox.domain.alerts.rule import About
from sandbox.domain.alerts.rule_set import RULES, RuleSet
from sandbox.domain.supervision import TRIED, Setting, SettingKind, SettingState
from sandbox.kit.errors import InvalidInput, SynakError
from sandbox.services.alert_pack_trials import try_pack
from sandbox.services.alert_parties import parties_of
from sandbox.services.alert_watch import denied_of, payment_of, unit_of
from sandbox.services.explorer_follow import CHAINS
from sandbox.services.publication import Desk
from sandbox.services.standing import days_between, tallies
from sandbox.services.supervision import rules_in_force
from sandbox.store import UnitOfWork

MOST: Final = 50_000
"""Payments of one chain, or refusals, in one dry run, what is looked back at included."""
LISTED: Final = 200
"""Alerts that a trial names one by one; the newest."""


def run_trials(desk: Desk) -> int:
    """Do the dry run that was ordered, if one was.

    Returns:
        How many were done.
    """
    with desk.store.unit(read_only=True) as u:
        drafts = [
            each
            for kind in TRIED
            for each in u.supervision.of_kind(kind, limit=20)
            if each.state is SettingState.DRAFT and (each.trial or {}).get("state") == "ordered"
        ]
        if not drafts:
            return 0
        setting = drafts[0]
        try:
            trial = _DRY_RUNS[setting.kind](u, setting)
        except SynakError as error:
            trial = {"state": "failed", "code": error.code, "params": dict(error.params)}
    with desk.store.unit() as u:
        held = u.supervision.get(setting.id, lock=True)
        if held.revision != setting.revision:
            return 0
        saved = u.supervision.save(replace(held, trial={**(setting.trial or {}), **trial}))
        u.supervision_record.append(
            kind=f"{saved.kind.value}.tried",
            actor="system",
            subject=saved.id,
            data={"state": trial["state"], "raised": trial.get("raised", 0)},
            at=desk.clock.now(),
        )
        u.commit()
    return 1


def dry_run(u: UnitOfWork, setting: Setting) -> dict[str, Any]:
    """What a draft would have found in its trial's days.

    Args:
        u: a reading unit of work.
        setting: rules with an ordered trial.

    Returns:
        JSON: ``payments`` and ``refusals`` looked at, ``raised``, ``by_rule`` (name to how many
        of the draft and of the rules in force), ``alerts`` (the newest, one by one).

    Raises:
        InvalidInput: ``alert_rules.too_much``.
    """
    told = dict(setting.trial or {})
    until = datetime.fromisoformat(told["until"])
    since = until - timedelta(days=int(told["days"]))
    drafted, (_, now) = RuleSet.read(setting.body), rules_in_force(u, until)
    found: list[tuple[str, Finding]] = []
    counts, payments = Counter[str](), 0
    for chain in CHAINS:
        book = _book(u, chain, _reach([drafted, now]), (since, until))
        payments += sum(1 for each in book.payments if each.block > book.after)
        found += [(chain, each) for each in watch(drafted, _fresh(book))]
        counts.update(each.rule for each in watch(now, _fresh(book)))
    denied = _denied(u, [drafted, now], (since, until))
    for chain in CHAINS:
        own, after = _split(denied.get(chain, []), since)
        found += [(chain, each) for each in watch_refusals(drafted, own, after, {})]
        counts.update(each.rule for each in watch_refusals(now, own, after, {}))
    days = days_between(since, until)
    known = tallies(u, since - _longest([drafted, now], About.PERMITS), until)
    found += [("", each) for each in watch_permits(drafted, known, days, {})]
    counts.update(each.rule for each in watch_permits(now, known, days, {}))
    found.sort(key=lambda each: each[1].at)
    return {
        "state": "ready",
        "since": since.isoformat(),
        "payments": payments,
        "refusals": sum(each.at > since for own in denied.values() for each in own),
        "raised": len(found),
        "by_rule": _by_rule(found, counts),
        "alerts": [_told(chain, each) for chain, each in found[-LISTED:]][::-1],
    }


def _by_rule(found: Sequence[tuple[str, Finding]], now: Mapping[str, int]) -> dict[str, list[int]]:
    then = Counter(each.rule for _, each in found)
    return {name: [then.get(name, 0), now.get(name, 0)] for name in RULES}


def _told(chain: str, found: Finding) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "chain": chain,
        "subject": found.subject,
        "at": found.at.isoformat(),
        "value": str(found.value),
        "weight": found.weight,
    }


def _fresh(book: Book) -> Book:
    """The same book, not yet looked at."""
    return replace(book, activity=dict(book.activity), last={})


def _reach(sets: Sequence[RuleSet]) -> timedelta:
    """How far before a moment the rules look: windows, and the longest sleep."""
    sleeps = [timedelta(days=rules.rules["dormant_surge"].values["idle"]) for rules in sets]
    return _longest(sets, About.PAYMENTS) + max(sleeps)


def _longest(sets: Sequence[RuleSet], about: About) -> timedelta:
    """The longest window of the sets' rules about something."""
    return max(
        each.window
        for rules in sets
        for name, each in rules.rules.items()
        if RULES[name].about is about
    )


def _book(u: UnitOfWork, chain: str, reach: timedelta, span: tuple[datetime, datetime]) -> Book:
    since, until = span
    index = u.explorer.cursor(chain)
    if index is None:
        return Book(())
    first = u.alert_watch.last_block_before(chain, since - reach, -1)
    after = u.alert_watch.last_block_before(chain, since, first)
    upto = min(index.block, u.alert_watch.last_block_before(chain, until, after))
    found = u.alert_watch.movements(chain, index.token, (first, upto), MOST + 1)
    if len(found) > MOST:
        raise InvalidInput("alert_rules.too_much", limit=MOST)
    payments = [payment_of(each) for each in found]
    sides = {side for each in payments for side in (each.payer, each.payee)}
    return Book(
        payments=payments,
        after=after,
        unit=unit_of(chain),
        kinds=parties_of(u, sides).kinds,
        activity=_slept(u, chain, payments, since - reach, after),
    )


def _slept(
    u: UnitOfWork, chain: str, payments: Sequence[Any], begin: datetime, after: int
) -> dict[str, Activity]:
    """Who was active when, as of the first day: by the payments before it.

    Whoever was active before those is taken to have been so until ``begin``: the sleep then is
    at least as long as any rule asks for.
    """
    sides = {side for each in payments for side in (each.payer, each.payee)}
    known = u.alert_watch.activity(chain, sides)
    found = {
        address: Activity(each.first, begin)
        for address, each in known.items()
        if each.first < begin
    }
    for each in payments:
        if each.block > after:
            break
        for side in {each.payer, each.payee}:
            before = found.get(side)
            found[side] = before.moved(each.at) if before else Activity(each.at, each.at)
    return found


def _denied(
    u: UnitOfWork, sets: Sequence[RuleSet], span: tuple[datetime, datetime]
) -> dict[str, list[Denied]]:
    since = span[0] - _longest(sets, About.REFUSALS)
    rows = u.alert_watch.denied(since=since, limit=MOST + 1)
    if len(rows) > MOST:
        raise InvalidInput("alert_rules.too_much", limit=MOST)
    found: dict[str, list[Denied]] = {}
    for row in rows:
        if row["at"] <= span[1]:
            found.setdefault(row["chain"], []).append(denied_of(row))
    return found


def _split(denied: list[Denied], since: datetime) -> tuple[list[Denied], int]:
    """Refusals, and the number of the last one before a moment."""
    return denied, max((each.seq for each in denied if each.at <= since), default=0)


_DRY_RUNS: Final = {SettingKind.RULES: dry_run, SettingKind.PACK: try_pack}
