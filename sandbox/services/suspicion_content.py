"""What a report says once it is submitted: the form read, and what the ledger says beside it.

Rules:

1. Everything that is missing or wrong is named at once.
2. Only transactions that the explorer knows are taken; amounts, parties and times are the ledger's,
   never typed.
3. Whoever reports learns nothing new from it: a firm and a sponsor are told who stands behind an
   address in the permit that they report about, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.alerts.cases import Alert
from sandbox.domain.calendar import BISHKEK
from sandbox.domain.ledger import Movement
from sandbox.domain.suspicion import (
    FILING,
    MOST_TRANSACTIONS,
    Entity,
    Indicator,
    Report,
    ReportParty,
    Typed,
    digest_of,
    read_hashes,
    read_parties,
)
from sandbox.domain.terms import CHAIN_OF
from sandbox.kit.dates import read_moment
from sandbox.kit.errors import InvalidInput
from sandbox.kit.folding import folded
from sandbox.kit.ids import checksum
from sandbox.kit.money import MAX_UINT256
from sandbox.services.alert_parties import parties_of
from sandbox.store import UnitOfWork

NEEDED: Final = ("noticed_at", "since", "until", "indicators", "parties", "narrative", "actions")
ASSET_OF: Final[Mapping[str, str]] = {chain: asset for asset, chain in CHAIN_OF.items()}
MOST_SEARCHED: Final = 20_000
"""Characters of a report that a search looks in."""


def parties_named(alert: Alert) -> tuple[str, ...]:
    """The addresses that an alert is about: its subject first, then the other sides."""
    subject = next((each for each in alert.subject.split() if each.startswith("0x")), "")
    evidence = alert.found["evidence"]
    sides = [each.get(side) for each in evidence for side in ("payer", "payee")]
    known = [subject, *(str(each) for each in sides if each)]
    return tuple(dict.fromkeys(each.lower() for each in known if int(each or "0", 16)))[:50]


def payments_named(u: UnitOfWork, alert: Alert) -> tuple[str, ...]:
    """The transactions of an alert's evidence that moved money, in the ledger's order."""
    cursor = u.explorer.cursor(alert.chain)
    hashes = [str(each["hash"]) for each in alert.found["evidence"] if each.get("hash")]
    moved = u.explorer.movements_with(alert.chain, cursor.token, hashes) if cursor else ()
    return tuple(dict.fromkeys(str(each.hash) for each in moved))[-MOST_TRANSACTIONS:]


def read_answers(answers: Mapping[str, str], *, at: datetime) -> Typed:
    """Read the whole form.

    Args:
        answers: as kept.
        at: now; nothing reported lies after it.

    Raises:
        InvalidInput: ``suspicion.incomplete`` with ``missing``: each part, code and params.
    """
    missing = [_part(name, "suspicion.needed") for name in NEEDED if not answers.get(name)]
    moments: dict[str, datetime] = {}
    for name in ("noticed_at", "since", "until"):
        try:
            if answers.get(name):
                moments[name] = read_moment(answers[name], BISHKEK)
        except InvalidInput as error:
            missing.append(_part(name, error.code, error.params))
    if any(each > at for name, each in moments.items() if name != "until"):
        missing.append(_part("noticed_at", "suspicion.in_future"))
    if {"since", "until"} <= moments.keys() and moments["since"] > moments["until"]:
        missing.append(_part("until", "suspicion.period"))
    addresses, hashes = _lists(answers, missing)
    if answers.get("chain") not in ASSET_OF:
        missing.append(_part("chain", "suspicion.needed"))
    if missing:
        raise InvalidInput("suspicion.incomplete", missing=missing, count=len(missing))
    return Typed(
        chain=answers["chain"],
        noticed_at=moments["noticed_at"],
        since=moments["since"],
        until=moments["until"],
        indicators=tuple(Indicator(each) for each in answers["indicators"].split()),
        narrative=answers["narrative"],
        actions=answers["actions"],
        addresses=addresses,
        hashes=hashes,
    )


def collected(u: UnitOfWork, answers: Mapping[str, str]) -> tuple[str, ...]:
    """The transactions of a draft, and what its parties moved in its period besides.

    Raises:
        InvalidInput: ``suspicion.*``, ``date.*``, ``limits.not_a_moment``.
    """
    chain, known = answers.get("chain", ""), read_hashes(answers.get("transactions", ""))
    parties = read_parties(answers.get("parties", ""))
    since = read_moment(answers.get("since", ""), BISHKEK)
    until = read_moment(answers.get("until", ""), BISHKEK)
    cursor = u.explorer.cursor(chain)
    if cursor is None or not parties:
        raise InvalidInput("suspicion.nothing_to_collect")
    first = u.alert_watch.last_block_before(chain, since, -1)
    last = u.alert_watch.last_block_before(chain, until, first)
    moved = u.alert_watch.moved_by(chain, cursor.token or "", list(parties), (first, last))
    found = tuple(dict.fromkeys([*known, *(each.hash for each in moved if each.hash)]))
    if len(found) > MOST_TRANSACTIONS:
        raise InvalidInput("suspicion.too_many", limit=MOST_TRANSACTIONS)
    return found


def sealed(u: UnitOfWork, report: Report, typed: Typed) -> tuple[Report, tuple[ReportParty, ...]]:
    """The report with its content, digest and what it is found by; and its parties.

    Args:
        u: the transaction.
        report: with who submits it and when.
        typed: its form.

    Raises:
        InvalidInput: ``suspicion.incomplete`` naming transactions that the ledger does not hold.
    """
    moved = _moved(u, typed)
    sides = {side for each in moved for side in (each.payer, each.payee) if side}
    parties = _parties(u, report, typed, sides)
    total = sum(each.amount for each in moved)
    content = {
        **_head(u, report, typed),
        "amount": str(total),
        "parties": parties,
        "transactions": [_line(each) for each in moved],
        "attachments": [
            {"name": each.name, "size": each.size, "sha256": each.sha256}
            for each in u.attachments.of(report.id)
        ],
    }
    named = [each for each in parties if each["named"]]
    words = [report.id, content["entity"]["name"], report.permit or "", report.alert or ""]
    text = " ".join([*words, *(each["address"] for each in named), typed.narrative])
    whole = replace(
        report,
        content=content,
        digest=digest_of(content),
        asset=content["asset"],
        amount=min(total, MAX_UINT256),
        folded=folded(text)[:MOST_SEARCHED],
    )
    kept = (ReportParty(report.id, each["address"], each["person"] or "") for each in named)
    return whole, tuple(kept)


def _head(u: UnitOfWork, report: Report, typed: Typed) -> dict[str, Any]:
    """Who reports what, when and why."""
    org, officer = u.organisations.get(report.org), u.accounts.get(report.officer)
    return {
        "form": "suspicious-transaction-report",
        "form_version": 1,
        "number": report.id,
        "entity": {"kind": report.entity.value, "id": report.org, "name": org.name},
        "officer": {"account": officer.name, "name": officer.display_name},
        "permit": report.permit,
        "alert": report.alert,
        "noticed_at": typed.noticed_at.isoformat(),
        "submitted_at": report.submitted_at.isoformat() if report.submitted_at else None,
        "deadline": {
            "hours": FILING.hours,
            "until": FILING.due(typed.noticed_at).isoformat(),
            "source": FILING.source,
            "met": not report.late,
        },
        "indicators": [each.value for each in typed.indicators],
        "chain": typed.chain,
        "asset": ASSET_OF[typed.chain],
        "period": {"from": typed.since.isoformat(), "to": typed.until.isoformat()},
        "narrative": typed.narrative,
        "actions": typed.actions,
    }


def _lists(
    answers: Mapping[str, str], missing: list[dict[str, Any]]
) -> tuple[dict[str, str], tuple[str, ...]]:
    addresses: dict[str, str] = {}
    hashes: tuple[str, ...] = ()
    try:
        addresses = read_parties(answers.get("parties", ""))
    except InvalidInput as error:
        missing.append(_part("parties", error.code, error.params))
    try:
        hashes = read_hashes(answers.get("transactions", ""))
    except InvalidInput as error:
        missing.append(_part("transactions", error.code, error.params))
    return addresses, hashes


def _part(name: str, code: str, params: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"part": name, "code": code, "params": dict(params or {})}


def _moved(u: UnitOfWork, typed: Typed) -> Sequence[Movement]:
    cursor = u.explorer.cursor(typed.chain)
    token = cursor.token if cursor else None
    moved = u.explorer.movements_with(typed.chain, token, typed.hashes) if token else ()
    unknown = [each for each in typed.hashes if each not in {m.hash for m in moved}]
    if unknown:
        params = {"hash": unknown[0], "count": len(unknown)}
        part = _part("transactions", "suspicion.transaction_unknown", params)
        raise InvalidInput("suspicion.incomplete", missing=[part], count=1)
    return moved


def _line(each: Movement) -> dict[str, Any]:
    return {
        "hash": each.hash,
        "block": each.block,
        "at": each.at.isoformat(),
        "payer": each.payer,
        "payee": each.payee,
        "amount": str(each.amount),
    }


def _parties(u: UnitOfWork, report: Report, typed: Typed, sides: set[str]) -> list[dict[str, Any]]:
    """Each party, the named ones first, with who stands behind it as far as the reporter knows."""
    others = sorted(sides - set(typed.addresses))
    addresses = [*typed.addresses, *others]
    known = parties_of(u, addresses)
    wallets = [checksum(each) for each in addresses]
    people = {
        each.wallet.lower(): each.person_hash
        for each in u.customers.select(u.customers.columns.wallet.in_(wallets))
    }

    def shown(address: str) -> bool:
        own = known.permits.get(address) == report.permit
        return report.entity is Entity.AUTHORITY or own or address not in known.permits

    return [
        {
            "address": address,
            "named": address in typed.addresses,
            "kind": known.kinds[address].value
            if address in known.kinds and shown(address)
            else "other",
            "permit": known.permits.get(address) if shown(address) else None,
            "place": known.places.get(address) if shown(address) else None,
            "person": people.get(address) if shown(address) else None,
            "note": typed.addresses.get(address, ""),
        }
        for address in addresses
    ]
