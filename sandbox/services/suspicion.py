"""Suspicious-transaction reports: written, filled from the ledger or an alert, submitted.

Rules:

1. Who may not learn of a report is told that there is no such page, before anything is read: all
   but those who report for the same organisation in the same seat, and, once it was submitted, the
   intelligence service.
2. Nothing of a report is in the audit log, whose size is public, and nobody gets a notice of it;
   its submission is entered in the record of supervision.
3. A report is written in the browser; its submission is an act of law.
4. What is submitted is sealed: the form, what the ledger says of each transaction and party, the
   hashes of its documents, with a digest over all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sandbox.domain.application import plain_text
from sandbox.domain.calendar import BISHKEK
from sandbox.domain.records import Permit
from sandbox.domain.seats import Actor, Channel, Right, Seat, require_act_of_law, rights_of
from sandbox.domain.suspicion import (
    FILING,
    LONGEST,
    Entity,
    Indicator,
    Report,
    ReportState,
    indicator_of,
    new_number,
    require_draft,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import OrgId, PermitNumber
from sandbox.services.acts import earlier, remember
from sandbox.services.alerts import view_alert
from sandbox.services.suspicion_content import (
    collected,
    parties_named,
    payments_named,
    read_answers,
    sealed,
)
from sandbox.store import UnitOfWork

FIELDS: Final = (
    "chain",
    "noticed_at",
    "since",
    "until",
    "indicators",
    "parties",
    "transactions",
    "narrative",
    "actions",
)
SUBMITTED: Final = "str.submitted"
"""The kind of the entry in the record of supervision."""
SHOWN: Final = 200
"""Reports on the page of those who write them."""
_ENTITIES: Final[Mapping[Seat, Entity]] = {
    Seat.COMPLIANCE: Entity.FIRM,
    Seat.SPONSOR_COMPLIANCE: Entity.SPONSOR,
    Seat.REGULATOR: Entity.AUTHORITY,
}
CHAINS: Final = ("kgst", "som")


@dataclass(frozen=True)
class StartReport:
    """Begin a report about a permit."""

    permit: str
    key: str | None = None


@dataclass(frozen=True)
class SaveReport:
    """Keep a draft as typed.

    Attributes:
        revision: of the draft that was on the page.
    """

    report: str
    answers: Mapping[str, str]
    revision: int
    key: str | None = None


def entity_of(actor: Actor) -> Entity | None:
    """For which kind of entity an actor reports; None for who reports for nobody."""
    if actor.org is None or actor.channel is not Channel.BROWSER:
        return None
    if Right.REPORT_SUSPICION not in rights_of(actor.seats):
        return None
    return next((entity for seat, entity in _ENTITIES.items() if seat in actor.seats), None)


def receives(actor: Actor) -> bool:
    """Whether an actor belongs to the intelligence service."""
    return actor.channel is Channel.BROWSER and Right.RECEIVE_REPORTS in rights_of(actor.seats)


def require_reporter(actor: Actor) -> tuple[Entity, OrgId]:
    """Hide reports from everybody who writes none.

    Raises:
        NotFound: ``web.not_found``, as for any address that is none.
    """
    entity = entity_of(actor)
    if entity is None or actor.org is None:
        raise NotFound("web.not_found")
    return entity, actor.org


def require_service(actor: Actor) -> None:
    """Hide the service's desk from everybody else.

    Raises:
        NotFound: ``web.not_found``.
    """
    if not receives(actor):
        raise NotFound("web.not_found")


def writes(actor: Actor, report: Report) -> bool:
    """Whether a report is of the actor's own entity."""
    return entity_of(actor) is report.entity and actor.org == report.org


def readable_report(u: UnitOfWork, actor: Actor, number: str, *, lock: bool = False) -> Report:
    """A report that this actor may learn of.

    Raises:
        NotFound: ``web.not_found``, also when it exists and is not for this actor.
    """
    if not receives(actor):
        require_reporter(actor)
    report = u.suspicions.find(number[:20], lock=lock)
    if report is None:
        raise NotFound("web.not_found")
    if writes(actor, report) or (receives(actor) and report.state is not ReportState.DRAFT):
        return report
    raise NotFound("web.not_found")


def own_draft(u: UnitOfWork, actor: Actor, number: str) -> Report:
    """A draft of the actor's own entity, held for writing.

    Raises:
        NotFound: ``web.not_found``.
        Conflict: ``suspicion.submitted``.
    """
    report = readable_report(u, actor, number, lock=True)
    if not writes(actor, report):
        raise NotFound("web.not_found")
    require_draft(report)
    return report


def own_reports(u: UnitOfWork, actor: Actor) -> tuple[Report, ...]:
    """What the actor's entity wrote, newest first.

    Raises:
        NotFound: ``web.not_found``.
    """
    entity, org = require_reporter(actor)
    return u.suspicions.of_entity(org, entity, SHOWN)


def permits_of(u: UnitOfWork, actor: Actor) -> tuple[Permit, ...]:
    """The permits that the actor may report about; none for an authority, which starts at an alert.

    Raises:
        NotFound: ``web.not_found``.
    """
    entity, org = require_reporter(actor)
    found = u.permits.of_orgs(org)
    if entity is Entity.FIRM:
        return tuple(each for each in found if each.org == org)
    if entity is Entity.SPONSOR:
        return tuple(each for each in found if each.sponsor == org)
    return ()


def start(u: UnitOfWork, actor: Actor, command: StartReport, *, at: datetime) -> Report:
    """Begin a report about one of the own permits.

    Raises:
        NotFound: ``web.not_found``, ``permit.not_found``.
    """
    entity, org = require_reporter(actor)
    done = earlier(u, actor, "str.start", command.key)
    if done is not None:
        return u.suspicions.get(done)
    permit = next((each for each in permits_of(u, actor) if each.number == command.permit), None)
    if permit is None:
        raise NotFound("permit.not_found", id=command.permit[:20])
    answers = {"chain": permit.chains[0], "noticed_at": typed_moment(at)}
    report = _drafted(u, actor, (entity, org), permit.number, None, answers, at=at)
    remember(u, actor, "str.start", command.key, report.id, at=at)
    return report


def start_from_alert(
    u: UnitOfWork, actor: Actor, alert_id: str, *, key: str | None, at: datetime
) -> Report:
    """Begin a report from an alert's case, with its evidence filled in; an open draft goes on.

    Raises:
        NotFound: ``web.not_found``, ``alert.not_found``.
    """
    entity, org = require_reporter(actor)
    alert = view_alert(u, actor, alert_id).alert
    if entity is not Entity.AUTHORITY:
        raise NotFound("web.not_found")
    done = earlier(u, actor, f"str.start:{alert.id}", key)
    if done is not None:
        return u.suspicions.get(done)
    for each in u.suspicions.of_alert(alert.id, org):
        if each.state is ReportState.DRAFT:
            return each
    answers = {
        "chain": alert.chain,
        "noticed_at": typed_moment(alert.raised_at),
        "since": typed_moment(alert.since),
        "until": typed_moment(alert.at),
        "indicators": indicator_of(alert.rule).value,
        "parties": "\n".join(parties_named(alert)),
        "transactions": "\n".join(payments_named(u, alert)),
        "narrative": f"{alert.id} · {alert.rule} · v{alert.version}",
    }
    permit = PermitNumber(alert.permit) if alert.permit else None
    report = _drafted(u, actor, (entity, org), permit, alert.id, answers, at=at)
    remember(u, actor, f"str.start:{alert.id}", key, report.id, at=at)
    return report


def save(u: UnitOfWork, actor: Actor, command: SaveReport) -> Report:
    """Keep a draft as typed; it may be incomplete.

    Raises:
        NotFound: ``web.not_found``.
        Conflict: ``suspicion.submitted``, ``store.changed_meanwhile``.
        InvalidInput: ``text.*``.
    """
    report = own_draft(u, actor, command.report)
    if command.revision != report.revision:
        raise Conflict("store.changed_meanwhile", what="suspicion")
    return u.suspicions.save(replace(report, answers=_clean(command.answers)))


def collect(u: UnitOfWork, actor: Actor, command: SaveReport) -> Report:
    """Keep a draft and add what its parties paid and received in its period, from the ledger.

    Raises:
        NotFound: ``web.not_found``.
        Conflict: ``suspicion.submitted``, ``store.changed_meanwhile``.
        InvalidInput: ``text.*``, ``suspicion.*``.
    """
    report = save(u, actor, command)
    answers = {**report.answers, "transactions": "\n".join(collected(u, report.answers))}
    return u.suspicions.save(replace(report, answers=answers))


def submit(u: UnitOfWork, actor: Actor, command: SaveReport, *, at: datetime) -> Report:
    """Keep a draft as typed and submit it to the intelligence service.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        Conflict: ``suspicion.submitted``, ``store.changed_meanwhile``.
        InvalidInput: ``suspicion.incomplete``, ``text.*``.
    """
    number = readable_report(u, actor, command.report).id
    done = earlier(u, actor, f"str.submit:{number}", command.key)
    if done is not None:
        return readable_report(u, actor, done)
    report = save(u, actor, command)
    require_act_of_law(actor, Right.REPORT_SUSPICION, at)
    typed = read_answers(report.answers, at=at)
    ready = replace(
        report,
        officer=actor.account,
        person=actor.person,
        state=ReportState.RECEIVED,
        submitted_at=at,
        noticed_at=typed.noticed_at,
        due=FILING.due(typed.noticed_at),
    )
    whole, parties = sealed(u, ready, typed)
    saved = u.suspicions.save(whole)
    for party in parties:
        u.suspicion_parties.add(party)
    u.supervision_record.append(
        kind=SUBMITTED,
        actor=actor.account,
        subject=saved.id,
        data={"digest": saved.digest, "entity": saved.entity.value, "late": saved.late},
        at=at,
    )
    remember(u, actor, f"str.submit:{number}", command.key, saved.id, at=at)
    return saved


def discard(u: UnitOfWork, actor: Actor, number: str) -> None:
    """Throw a draft away, with its documents' records.

    Raises:
        NotFound: ``web.not_found``.
        Conflict: ``suspicion.submitted``.
    """
    report = own_draft(u, actor, number)
    for each in u.attachments.of(report.id):
        u.attachments.forget(each.id)
    u.suspicions.forget(report.id)


def typed_moment(at: datetime) -> str:
    """A moment as a form's field holds it, by Bishkek's clock."""
    return at.astimezone(BISHKEK).strftime("%Y-%m-%dT%H:%M")


def _drafted(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    whose: tuple[Entity, OrgId],
    permit: PermitNumber | None,
    alert: str | None,
    answers: Mapping[str, str],
    *,
    at: datetime,
) -> Report:
    return u.suspicions.add(
        Report(
            id=new_number("STR", at),
            entity=whose[0],
            org=whose[1],
            permit=permit,
            alert=alert,
            state=ReportState.DRAFT,
            officer=actor.account,
            person=actor.person,
            created_at=at,
            answers=dict.fromkeys(FIELDS, "") | dict(answers),
        )
    )


def _clean(answers: Mapping[str, str]) -> dict[str, str]:
    clean = {name: plain_text(name, answers.get(name, ""), limit=LONGEST * 2) for name in FIELDS}
    if len(clean["narrative"]) > LONGEST:
        raise InvalidInput("text.too_long", field="narrative", limit=LONGEST)
    known = [each for each in clean["indicators"].split() if each in set(Indicator)]
    return {**clean, "indicators": " ".join(dict.fromkeys(known))}
