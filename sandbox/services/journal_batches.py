"""Batches of the chains' journals in the audit log, and the alarm when the two disagree.

Rules:

1. Each batch is entered once and without a gap: a batch begins where the newest entry of its
   chain ends, looked at again under the lock of the transaction that appends.
2. An entry of a batch is never erased: it holds nothing about a person.
3. That journal and log disagree, and that they agree again, is entered once each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import structlog

from sandbox.domain.audit import JOURNAL_BATCH
from sandbox.domain.incidents import IncidentKind
from sandbox.domain.records import AuditEntry
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import CHAIN_IDS, ChainName
from sandbox.services.incidents import open_by_system
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork

DISAGREES: Final = "journal.disagrees"
AGREES: Final = "journal.agrees_again"
ASKED: Final = "journal.acceptance_asked"
_log = structlog.get_logger()


def subject_of(chain: ChainName) -> str:
    """The audit log's subject for a chain's batches.

    >>> subject_of("kgst")
    'journal/kgst'
    """
    return f"journal/{chain}"


def alarm_of(chain: ChainName) -> str:
    """The audit log's subject for a chain's alarms."""
    return f"alarm/{chain}"


def newest_batch(u: UnitOfWork, chain: ChainName) -> dict[str, Any] | None:
    """The newest batch of a chain that the log holds: its data, ``entry`` and ``leaf``."""
    found = u.audit.of_subjects(subject_of(chain), most=1)
    return batch_of(found[0]) if found else None


def batch_of(entry: AuditEntry) -> dict[str, Any]:
    """What an entry says about its batch, with its own place and leaf."""
    data = dict((entry.body or {}).get("data") or {})
    return {**data, "entry": entry.index, "leaf": entry.leaf}


def known_journals(u: UnitOfWork) -> dict[str, dict[str, Any] | None]:
    """For the heartbeat: up to where the log knows each chain's journal."""
    return {chain: newest_batch(u, chain) for chain in CHAIN_IDS}


def enter_batches(desk: Desk) -> int:
    """Enter what the gateway has closed.

    Returns:
        How many batches; more may be waiting when it is not 0.

    Raises:
        IntegrityFailure: a journal is held or damaged; the other chain's was entered first.
        Unavailable: gateway or store out of reach; the next turn goes on from the same place.
    """
    done, problem = 0, None
    for chain in CHAIN_IDS:
        try:
            done += _enter_chain(desk, chain)
        except SynakError as error:
            problem = problem or error
    if problem is not None and not done:
        raise problem
    return done


def _enter_chain(desk: Desk, chain: ChainName) -> int:
    with desk.store.unit(read_only=True) as u:
        newest = newest_batch(u, chain)
    batches = desk.gateway.journal_batches(chain, newest["end"] if newest else None)
    desk.at_step("journal.asked")
    if not batches:
        return 0
    with desk.store.unit() as u:
        u.audit.lock()
        if newest_batch(u, chain) != newest:
            return 0
        for batch in batches:
            _enter(u, chain, batch, at=desk.clock.now())
        desk.at_step("journal.before_commit")
        u.commit()
    desk.at_step("journal.entered")
    return len(batches)


def _enter(u: UnitOfWork, chain: ChainName, batch: Mapping[str, Any], *, at: datetime) -> None:
    u.audit.append(
        kind=JOURNAL_BATCH,
        actor="system",
        subject=subject_of(chain),
        data={"chain": chain, **batch},
        at=at,
    )


def note_comparison(desk: Desk, answers: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Enter what the gateway's comparison found, when it is news.

    Args:
        desk: store and clock.
        answers: chain name to ``{ok, code, params}``.

    Returns:
        The chains that disagree.
    """
    with desk.store.unit(read_only=True) as u:
        news = [
            chain for chain in CHAIN_IDS if chain in answers and _is_news(u, chain, answers[chain])
        ]
    if news:
        with desk.store.unit() as u:
            u.audit.lock()
            for chain in news:
                if _is_news(u, chain, answers[chain]):
                    _note(u, chain, answers[chain], at=desk.clock.now())
            u.commit()
    return {str(name): answer for name, answer in answers.items() if not answer["ok"]}


def standing_alarms(u: UnitOfWork) -> tuple[AuditEntry, ...]:
    """The chains' alarms that nothing has ended yet."""
    found = (standing_alarm(u, chain) for chain in CHAIN_IDS)
    return tuple(each for each in found if each is not None)


def standing_alarm(u: UnitOfWork, chain: ChainName) -> AuditEntry | None:
    """A chain's alarm that nothing has ended yet, or the asking to accept it."""
    found = u.audit.of_subjects(alarm_of(chain), most=1)
    return found[0] if found and found[0].kind in {DISAGREES, ASKED} else None


def _is_news(u: UnitOfWork, chain: ChainName, answer: Mapping[str, Any]) -> bool:
    alarm = standing_alarm(u, chain)
    before = (alarm.body or {}).get("data", {}).get("code") if alarm else None
    return bool(before != answer["code"])


def _note(u: UnitOfWork, chain: ChainName, answer: Mapping[str, Any], *, at: datetime) -> None:
    _log.error("journal.compared", chain=chain, ok=answer["ok"], code=answer["code"])
    u.audit.append(
        kind=AGREES if answer["ok"] else DISAGREES,
        actor="system",
        subject=alarm_of(chain),
        data={"chain": chain, "code": answer["code"], "params": dict(answer["params"])},
        at=at,
    )
    if not answer["ok"]:
        open_by_system(u, IncidentKind.JOURNAL, at=at)
