"""Authorities recorded and changed: proposed by the operator, confirmed by a regulator.

Rules: ``domain.authority_versions``. Proposing, confirming and dropping are acts of law with an
audit entry each; a new authority's organisation is recorded with its first version.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from eth_abi.exceptions import DecodingError

from sandbox.domain.authorities import Authority, ChangeState
from sandbox.domain.authority_versions import (
    AuthorityVersion,
    confirmers,
    require_fallback,
    settled,
)
from sandbox.domain.calendar import day_of
from sandbox.domain.records import Organisation
from sandbox.domain.seats import Actor, Right, require_act_of_law, rights_of
from sandbox.domain.sight import sight_of
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound, SynakError
from sandbox.kit.ids import AccountName, Address, ChainName, OrgId
from sandbox.services.acts import earlier, remember
from sandbox.services.calls import read
from sandbox.services.ports import NationalChain, Ports
from sandbox.services.reviews import needed_text
from sandbox.store import UnitOfWork

MOST_KEYS: Final = 100
"""Accounts of one authority that are looked through for keys."""


@dataclass(frozen=True)
class ProposeVersion:
    """Propose what shall be recorded of an authority; ``new``: of one that is not there yet."""

    body: Authority
    reasons: str
    new: bool = False
    key: str | None = None


@dataclass(frozen=True)
class SettleVersion:
    """Confirm the version that waits, or drop it."""

    version: str
    confirm: bool
    key: str | None = None


@dataclass(frozen=True)
class AuthorityView:
    """What the page of one authority shows.

    Attributes:
        body: in force; None for a new one that waits for its first version.
        versions: confirmed and dropped ones, the newest first.
        pending: what waits.
        regulators: how many people decide there.
        inside: whether the reader is of an authority, or the operator.
        edits, may_confirm, may_drop: what this reader may do.
    """

    org: OrgId
    body: Authority | None
    versions: tuple[AuthorityVersion, ...]
    pending: AuthorityVersion | None
    regulators: int
    inside: bool
    edits: bool
    may_confirm: bool
    may_drop: bool


def authority_view(u: UnitOfWork, actor: Actor, org: str, *, at: datetime) -> AuthorityView:
    """One authority, with its versions; for whoever has to do with files, and the operator.

    Raises:
        NotFound: ``web.not_found``.
    """
    operates = Right.OPERATE_PLATFORM in rights_of(actor.seats)
    if sight_of(actor).nothing and not operates:
        raise NotFound("web.not_found")
    body = u.authorities.find(org[:40])
    inside = operates or Right.SEE_ALL_FILES in rights_of(actor.seats)
    versions = u.authority_versions.of(OrgId(org[:40])) if inside else ()
    if body is None and not versions:
        raise NotFound("web.not_found")
    pending = next((each for each in versions if each.state is ChangeState.PROPOSED), None)
    confirms = pending is not None and _confirms(u, actor, pending, at)
    members = u.accounts.of_org(OrgId(org[:40]))
    decide = {e.person for e in members if Right.DECIDE in rights_of(frozenset(e.seats))}
    return AuthorityView(
        org=OrgId(org[:40]),
        body=body,
        versions=tuple(each for each in versions if each is not pending),
        pending=pending,
        regulators=len(decide),
        inside=inside,
        edits=operates and pending is None,
        may_confirm=confirms and pending is not None and pending.proposed_person != actor.person,
        may_drop=pending is not None and (confirms or operates),
    )


@dataclass(frozen=True)
class KeyLine:
    """One regulator's key, and the chains whose Supervisor does not know it.

    Attributes:
        account: whose.
        address: of the key.
        unknown_on: those chains.
    """

    account: AccountName
    address: Address
    unknown_on: tuple[ChainName, ...]


def signers_of(u: UnitOfWork, org: OrgId) -> tuple[AccountName, ...]:
    """The accounts of an authority's regulators, of :data:`MOST_KEYS` accounts at most."""
    return tuple(
        each.name
        for each in u.accounts.of_org(org)[:MOST_KEYS]
        if Right.DECIDE in rights_of(frozenset(each.seats))
    )


def keys_of(names: Iterable[AccountName], ports: Ports) -> tuple[KeyLine, ...] | None:
    """What the chains know of regulators; None while one cannot be asked or does not answer.

    Args:
        names: their accounts; asked outside a unit of work, for each chain is asked about each.
        ports: signer and gateway.
    """
    try:
        national = sorted(ports.gateway.national().items())
        return tuple(_key_of(name, national, ports) for name in names)
    except (SynakError, DecodingError):
        return None


def _key_of(
    name: AccountName, national: Iterable[tuple[ChainName, NationalChain]], ports: Ports
) -> KeyLine:
    address = ports.signer.address(f"regulator/{name}")
    unknown = tuple(
        chain
        for chain, where in national
        if not read(ports.gateway, chain, where.supervisor, "isRegulator", address)[0]
    )
    return KeyLine(name, address, unknown)


def waiting_versions(u: UnitOfWork, actor: Actor) -> tuple[AuthorityVersion, ...]:
    """What waits for a regulator, for authorities and the operator to see."""
    rights = rights_of(actor.seats)
    if not rights & {Right.OPERATE_PLATFORM, Right.SEE_ALL_FILES}:
        return ()
    return u.authority_versions.waiting()


def propose_version(u: UnitOfWork, actor: Actor, command: ProposeVersion, *, at: datetime) -> OrgId:
    """Propose a version.

    Raises:
        NotAllowed: ``seat.*``.
        NotFound: ``web.not_found`` for a change of what is not there.
        InvalidInput: ``text.empty``, ``authority.exists``.
        Conflict: ``authority.version_waits``, ``authority.no_fallback``.
    """
    require_act_of_law(actor, Right.OPERATE_PLATFORM, at)
    done = earlier(u, actor, "propose_authority", command.key)
    if done is not None:
        return OrgId(done)
    reasons = needed_text("reasons", command.reasons)
    body = command.body
    u.authority_versions.lock()
    known = u.authorities.all()
    there = any(each.org == body.org for each in known)
    org = u.organisations.find(body.org)
    if command.new and (there or (org and org.kind is not OrganisationKind.AUTHORITY)):
        raise InvalidInput("authority.exists", authority=body.org)
    if not command.new and not there:
        raise NotFound("web.not_found")
    if any(e.state is ChangeState.PROPOSED for e in u.authority_versions.of(body.org)):
        raise Conflict("authority.version_waits")
    require_fallback(known, body, day_of(at))
    made = u.authority_versions.add(
        AuthorityVersion(
            id=uuid.uuid4().hex,
            body=body,
            number=0,
            reasons=reasons,
            state=ChangeState.PROPOSED,
            proposed_by=actor.account,
            proposed_person=actor.person,
            proposed_at=at,
        )
    )
    _note(u, "authority.proposed", actor, made, at)
    remember(u, actor, "propose_authority", command.key, body.org, at=at)
    return body.org


def settle_version(u: UnitOfWork, actor: Actor, command: SettleVersion, *, at: datetime) -> OrgId:
    """Confirm a version as the second person, or drop it.

    Raises:
        NotFound: ``web.not_found``, also for whoever may do neither.
        NotAllowed: ``seat.*``, ``authority.second_person``, ``authority.not_yours_to_confirm``.
        InvalidInput: ``authority.exists``: its short name became another organisation's meanwhile.
        Conflict: ``authority.change_settled``, ``authority.no_fallback``.
    """
    operates = Right.OPERATE_PLATFORM in rights_of(actor.seats)
    drops = operates and not command.confirm
    require_act_of_law(actor, Right.OPERATE_PLATFORM if drops else Right.DECIDE, at)
    done = earlier(u, actor, "settle_authority", command.key)
    if done is not None:
        return OrgId(done)
    u.authority_versions.lock()
    version = u.authority_versions.find(command.version[:40], lock=True)
    if version is None:
        raise NotFound("web.not_found")
    if not drops and not _confirms(u, actor, version, at):
        raise NotAllowed("authority.not_yours_to_confirm")
    done_before = [e for e in u.authority_versions.of(version.org) if e.number]
    saved = settled(
        version,
        confirm=command.confirm,
        person=actor.person,
        account=actor.account,
        number=len(done_before) + 1,
        at=at,
    )
    if command.confirm:
        require_fallback(u.authorities.all(), version.body, day_of(at))
        _put_in_force(u, version.body, at)
    u.authority_versions.save(saved)
    kind = "authority.changed" if command.confirm else "authority.dropped"
    _note(u, kind, actor, saved, at)
    remember(u, actor, "settle_authority", command.key, version.org, at=at)
    return version.org


def _confirms(u: UnitOfWork, actor: Actor, version: AuthorityVersion, at: datetime) -> bool:
    allowed = confirmers(version.org, u.authorities.all(), day_of(at))
    return Right.DECIDE in rights_of(actor.seats) and actor.org in allowed


def _put_in_force(u: UnitOfWork, body: Authority, at: datetime) -> None:
    """The authority's row as this version has it, and its organisation."""
    org = u.organisations.find(body.org)
    if org is None:
        name = body.name("en")
        u.organisations.add(Organisation(body.org, name, OrganisationKind.AUTHORITY, at))
    elif org.kind is not OrganisationKind.AUTHORITY:
        raise InvalidInput("authority.exists", authority=body.org)
    elif org.name != body.name("en"):
        u.organisations.save(replace(org, name=body.name("en")))
    u.flush()
    if u.authorities.find(body.org) is None:
        u.authorities.add(body)
    else:
        u.authorities.save(body)


def _note(u: UnitOfWork, kind: str, actor: Actor, version: AuthorityVersion, at: datetime) -> None:
    body = version.body
    data = {
        "version": version.id,
        "number": version.number,
        "names": dict(body.names),
        "kinds": list(body.kinds),
        "assets": list(body.assets),
        "rank": body.rank,
        "fallback": body.fallback,
        "source": body.source,
        "since": body.since.isoformat() if body.since else None,
        "until": body.until.isoformat() if body.until else None,
        "reasons": version.reasons,
    }
    u.audit.append(kind=kind, actor=actor.account, subject=body.org, data=data, at=at)
