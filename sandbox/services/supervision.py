"""What supervisors set with two signatures: alert rules, the rule pack and national caps.

Rules:

1. A regulator drafts; one open draft of a kind at a time. Another person confirms it.
2. Rules and packs are tried on past data first; the trial is kept beside the draft.
3. Every step is entered in the record of supervision, in the same transaction.
4. Whoever may not see alerts is told that there is no such page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.alerts.rule_set import RuleSet
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.domain.supervision import (
    CAPPED,
    TRIED,
    RuleVersions,
    Setting,
    SettingKind,
    SettingState,
    in_force,
    read_caps,
    require_confirmable,
)
from sandbox.forensics.rules import Pack
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.money import NO_LIMIT, Limit
from sandbox.services.acts import earlier, remember
from sandbox.services.reviews import needed_text
from sandbox.store import UnitOfWork

SHIPPED_VERSION: Final = 1
IN_FORCE_AFTER: Final = timedelta(minutes=1)
"""How long after its confirmation a version is in force: the watch has read it by then."""
TRIAL_DAYS: Final = (1, 7, 30, 90)
"""Over how many past days rules can be tried."""
MOST_ANALYSTS: Final = 100
"""People who share the alerts of a dry run."""


def require_sees_alerts(actor: Actor) -> None:
    """Hide supervision from everybody without the right to see alerts.

    Raises:
        NotFound: ``web.not_found``, as for any address that is none.
    """
    if Right.SEE_ALERTS not in rights_of(actor.seats):
        raise NotFound("web.not_found")


@dataclass(frozen=True)
class Draft:
    """Draft another version.

    Attributes:
        kind: what is set.
        body: as ``RuleSet.as_dict`` gives it, a pack's data, or a cap by asset.
        reasons: why.
        key: idempotency key.
    """

    kind: SettingKind
    body: Mapping[str, Any]
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class Confirm:
    """Confirm or withdraw a draft."""

    id: str
    key: str | None = None


def draft(u: UnitOfWork, actor: Actor, command: Draft, *, at: datetime) -> Setting:
    """Draft another version of the rules or the caps.

    Args:
        u: a writing unit of work.
        actor: a regulator, in the browser, with a recent password.
        command: what.
        at: now.

    Raises:
        NotFound: ``web.not_found``.
        NotAllowed: ``seat.*``.
        InvalidInput: ``alert_rules.*``, ``alert_pack.*``, ``supervision.caps_malformed``,
            ``amount.*``, ``text.empty``.
        Conflict: ``supervision.draft_open``.
    """
    require_sees_alerts(actor)
    require_act_of_law(actor, Right.SET_SUPERVISION, at)
    before = earlier(u, actor, "supervision.drafted", command.key)
    if before is not None:
        return u.supervision.get(before)
    reasons = needed_text("reasons", command.reasons)
    body = _checked(command.kind, command.body)
    held = u.supervision.draft(command.kind)
    if held is not None:
        raise Conflict("supervision.draft_open", id=held.id)
    setting = u.supervision.add(
        Setting(
            id=f"SV-{at.year}-{u.counters.next(f'supervision:{at.year}'):04d}",
            kind=command.kind,
            version=0,
            state=SettingState.DRAFT,
            body=body,
            reasons=reasons,
            author=actor.account,
            author_person=actor.person,
            drafted_at=at,
        )
    )
    _record(u, setting, "drafted", actor, at, {"body": body, "reasons": reasons})
    remember(u, actor, "supervision.drafted", command.key, setting.id, at=at)
    return setting


def confirm(u: UnitOfWork, actor: Actor, command: Confirm, *, at: datetime) -> Setting:
    """Put a draft in force, as its second person.

    Raises:
        NotFound: ``web.not_found``, ``supervision.not_found``.
        NotAllowed: ``seat.*``, ``approval.author_cannot_countersign``.
        Conflict: ``supervision.not_open``, ``supervision.not_tried``.
    """
    require_sees_alerts(actor)
    require_act_of_law(actor, Right.SET_SUPERVISION, at)
    setting = u.supervision.get(command.id[:20], lock=True)
    if earlier(u, actor, f"supervision.confirmed:{setting.id}", command.key) is not None:
        return setting
    u.supervision.draft(setting.kind)
    require_confirmable(setting, person=actor.person, account=actor.account)
    last = max((each.version for each in u.supervision.confirmed(setting.kind)), default=None)
    first = SHIPPED_VERSION if setting.kind in TRIED else 0
    saved = u.supervision.save(
        replace(
            setting,
            version=(first if last is None else last) + 1,
            state=SettingState.IN_FORCE,
            confirmer=actor.account,
            in_force_since=at + IN_FORCE_AFTER,
        )
    )
    _record(u, saved, "confirmed", actor, at, {"version": saved.version})
    remember(u, actor, f"supervision.confirmed:{setting.id}", command.key, saved.id, at=at)
    return saved


def withdraw(u: UnitOfWork, actor: Actor, command: Confirm, *, at: datetime) -> Setting:
    """Withdraw an open draft.

    Raises:
        NotFound: ``web.not_found``, ``supervision.not_found``.
        NotAllowed: ``seat.*``.
        Conflict: ``supervision.not_open``.
    """
    require_sees_alerts(actor)
    require_act_of_law(actor, Right.SET_SUPERVISION, at)
    setting = u.supervision.get(command.id[:20], lock=True)
    if setting.state is not SettingState.DRAFT:
        raise Conflict("supervision.not_open", id=setting.id)
    saved = u.supervision.save(replace(setting, state=SettingState.WITHDRAWN))
    _record(u, saved, "withdrawn", actor, at, {})
    return saved


def order_trial(
    u: UnitOfWork, actor: Actor, setting_id: str, days: int, *, at: datetime, analysts: int = 1
) -> Setting:
    """Order a dry run of drafted rules or of a drafted pack over past days; the worker does it.

    Args:
        u: a writing unit of work.
        actor: a regulator, in the browser, with a recent password.
        setting_id: of an open draft of rules or of a pack.
        days: one of :data:`TRIAL_DAYS`.
        at: now.
        analysts: who share the alerts, 1 to :data:`MOST_ANALYSTS`.

    Raises:
        NotFound: ``web.not_found``, ``supervision.not_found``.
        NotAllowed: ``seat.*``.
        InvalidInput: ``alert_rules.outside``, ``alert_rules.analysts``.
        Conflict: ``supervision.not_open``.
    """
    require_sees_alerts(actor)
    require_act_of_law(actor, Right.SET_SUPERVISION, at)
    setting = u.supervision.get(setting_id[:20], lock=True)
    if setting.state is not SettingState.DRAFT or setting.kind not in TRIED:
        raise Conflict("supervision.not_open", id=setting.id)
    if days not in TRIAL_DAYS:
        raise InvalidInput("alert_rules.outside", what="days", low=1, high=TRIAL_DAYS[-1])
    if not 1 <= analysts <= MOST_ANALYSTS:
        raise InvalidInput("alert_rules.analysts", most=MOST_ANALYSTS)
    trial = {"state": "ordered", "days": days, "until": at.isoformat(), "analysts": analysts}
    saved = u.supervision.save(replace(setting, trial=trial))
    _record(u, saved, "trial_ordered", actor, at, {"days": days})
    return saved


def find_setting(u: UnitOfWork, actor: Actor, setting_id: str, kind: SettingKind) -> Setting:
    """One version.

    Raises:
        NotFound: ``web.not_found``, ``supervision.not_found``.
    """
    require_sees_alerts(actor)
    setting = u.supervision.get(setting_id[:20])
    if setting.kind is not kind:
        raise NotFound("supervision.not_found", id=setting_id[:20])
    return setting


def versions(u: UnitOfWork, actor: Actor, kind: SettingKind) -> tuple[Setting, ...]:
    """Every version and draft of a kind, newest first.

    Raises:
        NotFound: ``web.not_found``.
    """
    require_sees_alerts(actor)
    return u.supervision.of_kind(kind)


def rules_in_force(u: UnitOfWork, at: datetime) -> tuple[int, RuleSet]:
    """Version and rules in force at a moment."""
    return RuleVersions.of(u.supervision.confirmed(SettingKind.RULES)).at(at)


def pack_in_force(u: UnitOfWork, at: datetime) -> Pack:
    """The pack of rules over ledgers in force at a moment; the shipped one before any other."""
    found = in_force(u.supervision.confirmed(SettingKind.PACK), at)
    return Pack.read(found.body) if found else Pack.shipped()


def next_pack(
    u: UnitOfWork,
    values: Mapping[str, int],
    thresholds: Mapping[str, tuple[int, int]],
    at: datetime,
) -> Mapping[str, Any]:
    """The pack in force with other values, under the version that it will have.

    Args:
        u: a reading unit of work.
        values: of parameters, as ``Pack.changed`` takes them.
        thresholds: alert and interdict, by typology.
        at: now.

    Raises:
        CannotWatch: as ``Pack.read``.
    """
    confirmed = u.supervision.confirmed(SettingKind.PACK)
    version = max((each.version for each in confirmed), default=SHIPPED_VERSION) + 1
    changed = pack_in_force(u, at).changed(version, values).data
    typologies = {
        name: {**each, **dict(zip(("alert", "interdict"), thresholds[name], strict=True))}
        if name in thresholds
        else each
        for name, each in changed["typologies"].items()
    }
    return Pack.read({**changed, "typologies": typologies}).data


def caps_in_force(u: UnitOfWork, at: datetime) -> dict[str, Limit]:
    """National caps by asset, minor units; no limit before the first were set."""
    found = in_force(u.supervision.confirmed(SettingKind.CAPS), at)
    return read_caps(found.body) if found else dict.fromkeys(CAPPED, NO_LIMIT)


def _checked(kind: SettingKind, body: Mapping[str, Any]) -> Mapping[str, Any]:
    if kind is SettingKind.RULES:
        return RuleSet.read(body).as_dict()
    if kind is SettingKind.PACK:
        return Pack.read(body).data
    read_caps(body)
    return {asset: str(body[asset]) for asset in CAPPED}


def _record(
    u: UnitOfWork,
    setting: Setting,
    what: str,
    actor: Actor,
    at: datetime,
    more: Mapping[str, Any],
) -> None:
    u.supervision_record.append(
        kind=f"{setting.kind.value}.{what}",
        actor=actor.account,
        subject=setting.id,
        data=more,
        at=at,
    )
