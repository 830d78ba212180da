"""The watch: alert rules over the explorer's index and over refusals, as loops of the worker.

Rules:

1. Exactly once: alerts, activity, hourly sums and the cursor of one turn are one transaction; a
   worker killed anywhere goes on from the cursor, two workers take turns, and an alert is unique
   by rule, chain, subject and place besides.
2. Only whole blocks behind the follower's cursor, and only what the national token logged: a
   rebuilt index gives the same payments in the same order.
3. The rule set is the one that was in force at the time of the block, not at that of the turn.
4. A turn asks a fixed number of questions for each 400 parties, however long the ledger is.
5. The worker's health says nothing of what was found: operators read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sandbox.domain import ledger
from sandbox.domain.alerts.cases import Alert
from sandbox.domain.alerts.engine import (
    Book,
    Finding,
    Key,
    Last,
    subject_of,
    watch,
    watch_refusals,
)
from sandbox.domain.alerts.facts import WATCHED, Denied, Kind, Payment, Tally, count_of
from sandbox.domain.alerts.hours import hours_of, with_sums
from sandbox.domain.alerts.rule import About
from sandbox.domain.alerts.rule_set import RuleSet
from sandbox.domain.supervision import RuleVersions, SettingKind
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import AssetCode, ChainName
from sandbox.kit.money import DECIMALS
from sandbox.services.alert_parties import Parties, parties_of
from sandbox.services.explorer_follow import CHAINS
from sandbox.services.loops import Loop
from sandbox.services.publication import Desk
from sandbox.services.supervision_record import anchor
from sandbox.store import UnitOfWork
from sandbox.store.alerts import Cursor, keep_alerts

AT_ONCE: Final = 2_000
"""Movements or refusals in one turn; a block is never cut."""
MOST_EVIDENCE: Final = 500
"""Pieces of evidence that an alert keeps; the newest. How many there were stands beside them."""
ASSETS: Final[Mapping[str, AssetCode]] = {"kgst": "KGST", "som": "SOM"}
REFUSALS: Final = "refusals"
RAISED: Final = "alert.raised"
"""The kind of the record's entry, which is not one of the audit log."""


def unit_of(chain: str) -> int:
    """Minor units of a chain's money in one tyiyn."""
    return int(10 ** (DECIMALS[ASSETS[chain]] - 2))


@dataclass
class AlertWatch:
    """Watches one chain.

    Attributes:
        desk: store and clock.
        chain: which.
    """

    desk: Desk
    chain: ChainName
    _floor: int = field(default=-1, repr=False)
    """A block that is older than every window; where the search for the next such one begins."""

    def turn(self) -> int:
        """Look at the next whole blocks.

        Returns:
            How many payments were looked at.

        Raises:
            IntegrityFailure: ``alerts.other_chain``.
        """
        with self.desk.store.unit(read_only=True) as u:
            index, cursor = u.explorer.cursor(self.chain), u.alert_watch.cursor(self.chain)
            if index is None:
                return 0
            if cursor is not None and cursor.genesis != index.genesis:
                raise IntegrityFailure("alerts.other_chain", chain=self.chain)
            after = cursor.place if cursor else -1
            if index.block <= after:
                return 0
            fresh, upto = next_payments(u, self.chain, index, after)
            versions = RuleVersions.of(u.supervision.confirmed(SettingKind.RULES))
            back = versions.longest(About.PAYMENTS)
            book, parties = self._book(u, index, fresh, after, back)
        found = look(versions, book)
        moved = Cursor(self.chain, index.genesis, upto, self.desk.clock.now())
        self.desk.at_step("alerts.looked")
        with self.desk.store.unit() as u:
            if u.alert_watch.hold(self.chain) != cursor:
                return 0
            keep(u, self.chain, found, parties, at=moved.at)
            u.alert_watch.keep_activity(self.chain, book.activity)
            sums = hours_of(self.chain, fresh, parties.customers, unit_of(self.chain))
            u.alert_watch.add_hours(self.chain, with_sums(sums.values()))
            u.alert_watch.move(moved)
            self.desk.at_step("alerts.before_commit")
            u.commit()
        return len(fresh)

    def _book(
        self,
        u: UnitOfWork,
        index: ledger.Cursor,
        fresh: Sequence[Payment],
        after: int,
        back: timedelta,
    ) -> tuple[Book, Parties]:
        if not fresh:
            return Book((), after), Parties()
        sides = {side for each in fresh for side in (each.payer, each.payee)}
        since = fresh[0].at - back
        self._floor = u.alert_watch.last_block_before(self.chain, since, self._floor)
        watched = _watched(parties_of(u, sides), sides)
        earlier = u.alert_watch.moved_by(self.chain, index.token, watched, (self._floor, after))
        old = [payment_of(each) for each in earlier]
        everybody = sides | {side for each in old for side in (each.payer, each.payee)}
        parties = parties_of(u, everybody)
        book = Book(
            payments=[*old, *fresh],
            after=after,
            unit=unit_of(self.chain),
            kinds=parties.kinds,
            activity=u.alert_watch.activity(self.chain, sides),
            last=u.alerts.last(self.chain, watched, since),
        )
        return book, parties


def _watched(parties: Parties, sides: Iterable[str]) -> set[str]:
    return {each for each in sides if parties.kinds.get(each, Kind.OTHER) in WATCHED}


def next_payments(
    u: UnitOfWork, chain: str, index: ledger.Cursor, after: int
) -> tuple[list[Payment], int]:
    """The payments of the next whole blocks, and up to which block they go."""
    upto = index.block
    found = u.alert_watch.movements(chain, index.token, (after, upto), AT_ONCE + 1)
    if len(found) > AT_ONCE:
        upto = found[-1].block - 1
        if upto < found[0].block:
            upto = found[0].block
            found = u.alert_watch.movements(chain, index.token, (after, upto), None)
        found = tuple(each for each in found if each.block <= upto)
    return [payment_of(each) for each in found], upto


def payment_of(moved: ledger.Movement) -> Payment:
    """A movement as the rules read it."""
    return Payment(
        block=moved.block,
        order=moved.id or 0,
        at=moved.at,
        payer=moved.payer or "",
        payee=moved.payee or "",
        amount=moved.amount,
        hash=moved.hash or "",
    )


def look(versions: RuleVersions, book: Book) -> list[tuple[int, RuleSet, Finding]]:
    """What is found in a book, each block by the rules that were in force at its time.

    Args:
        versions: every rule set that was ever in force.
        book: its ``activity`` and ``last`` are carried on.
    """
    found: list[tuple[int, RuleSet, Finding]] = []
    fresh = (each for each in book.payments if each.block > book.after)
    whole, after = book.payments, book.after
    for _, span in groupby(fresh, key=lambda each: versions.at(each.at)[0]):
        part = list(span)
        version, rules = versions.at(part[0].at)
        upto = part[-1].block
        until = [each for each in whole if each.block <= upto]
        piece = replace(book, payments=until, after=after)
        found += [(version, rules, each) for each in watch(rules, piece)]
        after = upto
    return found


def look_denied(
    versions: RuleVersions, denied: Sequence[Denied], after: int, last: dict[Key, Last]
) -> list[tuple[int, RuleSet, Finding]]:
    """What is found in refusals, each by the rules in force at its time.

    Args:
        versions: every rule set that was ever in force.
        denied: in the gateway's order; those up to ``after`` are only looked back at.
        after: a refusal's number.
        last: carried on.
    """
    found: list[tuple[int, RuleSet, Finding]] = []
    fresh = (each for each in denied if each.seq > after)
    for _, span in groupby(fresh, key=lambda each: versions.at(each.at)[0]):
        part = list(span)
        version, rules = versions.at(part[0].at)
        until = [each for each in denied if each.seq <= part[-1].seq]
        seen = watch_refusals(rules, until, after, last)
        found += [(version, rules, each) for each in seen]
        after = part[-1].seq
    return found


def keep(
    u: UnitOfWork,
    chain: str,
    found: Iterable[tuple[int, RuleSet, Finding]],
    parties: Parties,
    *,
    at: datetime,
) -> None:
    """Write alerts down, in the table and in the record of supervision."""
    write_down(u, [_alert(u, chain, each, parties, at) for each in found], at=at)


def write_down(u: UnitOfWork, alerts: Sequence[Alert], *, at: datetime) -> None:
    """Keep alerts, each with its entry in the record.

    Args:
        u: a unit of work.
        alerts: with their numbers.
        at: now.
    """
    keep_alerts(u.session, alerts)
    for alert in alerts:
        u.supervision_record.append(
            kind=RAISED,
            actor="system",
            subject=alert.id,
            data={
                "rule": alert.rule,
                "version": alert.version,
                "chain": alert.chain,
                "subject": alert.subject,
                "place": alert.place,
                "value": str(alert.value),
                "weight": alert.weight,
            },
            at=at,
        )


def _alert(
    u: UnitOfWork,
    chain: str,
    found: tuple[int, RuleSet, Finding],
    parties: Parties,
    at: datetime,
) -> Alert:
    version, rules, finding = found
    settings = rules.rules[finding.rule]
    evidence = [_evidence(each) for each in finding.evidence[-MOST_EVIDENCE:]]
    permit = parties.permits.get(finding.subject)
    if permit is None and finding.evidence and isinstance(finding.evidence[0], Denied):
        permit = finding.evidence[0].permit or None
    return Alert(
        id=next_id(u, at),
        rule=finding.rule,
        version=version,
        chain=chain,
        subject=finding.subject,
        permit=permit,
        kind=parties.kinds[finding.subject].value if finding.subject in parties.kinds else "",
        place=finding.place,
        since=finding.since,
        at=finding.at,
        raised_at=at,
        value=finding.value,
        weight=finding.weight,
        asset=ASSETS.get(chain, "SOM"),
        found={
            "settings": dict(settings.values),
            "bands": [[band.start, band.weight] for band in settings.bands],
            "alert_at": rules.alert_at,
            "figures": [[each.name, str(each.value), each.unit] for each in finding.figures],
            "evidence": evidence,
            "left_out": len(finding.evidence) - len(evidence),
        },
    )


def next_id(u: UnitOfWork, at: datetime) -> str:
    """The next alert's number."""
    return f"AL-{at.year}-{u.counters.next(f'alert:{at.year}'):06d}"


def _evidence(each: Payment | Denied | Tally) -> dict[str, Any]:
    if isinstance(each, Tally):
        counted = {"what": each.what, "value": str(each.value), "unit": each.unit}
        chain = each.of if each.of in ASSETS else ""
        return {"at": each.at.isoformat(), **counted, "chain": chain, "ref": each.ref}
    if isinstance(each, Denied):
        return {
            "seq": each.seq,
            "at": each.at.isoformat(),
            "clause": each.clause,
            "count": each.count,
            "hash": each.hash,
        }
    return told(each)


def told(each: Payment) -> dict[str, Any]:
    """A payment as evidence."""
    return {
        "block": each.block,
        "at": each.at.isoformat(),
        "payer": each.payer,
        "payee": each.payee,
        "amount": str(each.amount),
        "hash": each.hash,
    }


def watch_denied(desk: Desk) -> int:
    """Look at the next refusals of every permit.

    Returns:
        How many were looked at.
    """
    with desk.store.unit(read_only=True) as u:
        cursor = u.alert_watch.cursor(REFUSALS)
        after = cursor.place if cursor else 0
        rows = u.alert_watch.denied(after=after, limit=AT_ONCE)
        if not rows:
            return 0
        versions = RuleVersions.of(u.supervision.confirmed(SettingKind.RULES))
        since = min(row["at"] for row in rows) - versions.longest(About.REFUSALS)
        permits = {row["permit"] for row in rows}
        denied = u.alert_watch.denied_of(permits, until=after, since=since) + rows
        by_chain = {
            chain: [denied_of(row) for row in denied if row["chain"] == chain] for chain in CHAINS
        }
        last: dict[str, dict[Key, Last]] = {}
        for chain, own in by_chain.items():
            subjects = {subject_of(each) for each in own}
            last[chain] = u.alerts.last(chain, subjects, since)
    moved = Cursor(REFUSALS, "", int(rows[-1]["seq"]), desk.clock.now())
    with desk.store.unit() as u:
        if u.alert_watch.hold(REFUSALS) != cursor:
            return 0
        for chain, own in by_chain.items():
            found = look_denied(versions, own, after, last[chain])
            keep(u, chain, found, Parties(), at=moved.at)
        u.alert_watch.move(moved)
        u.commit()
    return len(rows)


def denied_of(row: Mapping[str, Any]) -> Denied:
    """A refusal as the rules read it."""
    return Denied(
        seq=int(row["seq"]),
        permit=str(row["permit"] or ""),
        sender=str(row["sender"] or "").lower(),
        at=row["at"],
        clause=str(row["clause"]),
        count=count_of(row["raw"]),
        hash=row["tx_hash"],
    )


def alert_loops(desk: Desk, chains: Sequence[ChainName] = CHAINS) -> list[Loop]:
    """The watches and the hourly anchor as loops of the worker."""
    return [
        *(
            Loop(f"supervision.{chain}", AlertWatch(desk, chain).turn, 1.0, patience=300)
            for chain in chains
        ),
        Loop("supervision.refusals", lambda: watch_denied(desk), 1.0, patience=300),
        Loop("supervision.record", lambda: anchor(desk), 5.0, patience=300),
    ]
