"""What the hub must know of the desk: accounts, groups, and who may start which server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Account
from sandbox.domain.seats import Right, Seat, rights_of
from sandbox.store import UnitOfWork

GROUP_OF: Final[Mapping[Seat, str]] = {
    Seat.OWNER: "startups",
    Seat.DEVELOPER: "startups",
    Seat.COMPLIANCE: "startups",
    Seat.OBSERVER: "startups",
    Seat.SPONSOR: "sponsors",
    Seat.SPONSOR_COMPLIANCE: "sponsors",
    Seat.REGULATOR: "regulators",
    Seat.INTELLIGENCE: "intelligence",
    Seat.AUDITOR: "auditors",
    Seat.EXPERT: "experts",
    Seat.COORDINATOR: "coordinators",
    Seat.TEACHER: "teachers",
    Seat.STUDENT: "students",
    Seat.TRAINER: "teachers",
    Seat.TRAINEE: "students",
    Seat.OPERATOR: "operators",
}
"""The hub's group for each seat."""

_SERVED: Final = frozenset(
    {
        FileState.ACTIVE,
        FileState.SUSPENDED,
        FileState.HALTED,
        FileState.EXPIRED,
        FileState.REVOKED,
        FileState.REVOCATION_APPEALED,
        FileState.SURRENDERED,
    }
)
"""States in which the team's server may run: also afterwards, to read and to bring money home."""


@dataclass(frozen=True)
class HubExport:
    """Accounts and groups for the hub."""

    users: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class ContextView:
    """A server that an account may start: ``permit-sb-2026-0001``."""

    context: str
    kind: str
    title: str


def groups_of(account: Account) -> tuple[str, ...]:
    """The hub groups of an account's seats."""
    return tuple(dict.fromkeys(GROUP_OF[seat] for seat in account.seats))


def hub_export(u: UnitOfWork) -> HubExport:
    """Every active account and the groups of its seats."""
    groups: dict[str, list[str]] = {}
    users = []
    for account in u.accounts.all():
        if not account.active:
            continue
        users.append(account.name)
        for group in groups_of(account):
            groups.setdefault(group, []).append(account.name)
    return HubExport(tuple(users), {name: tuple(found) for name, found in groups.items()})


def contexts_of(u: UnitOfWork, account: str) -> tuple[ContextView, ...]:
    """The permits whose server an account may start now; none for an unknown account.

    Args:
        u: a reading unit of work.
        account: the hub's user name.
    """
    found = u.accounts.find(account[:32])
    if found is None or not found.active or found.org is None:
        return ()
    if Right.RUN_TRIAL not in rights_of(frozenset(found.seats)):
        return ()
    permits = [each for each in u.permits.of_orgs(found.org) if each.org == found.org]
    files = u.files.states({each.file for each in permits})
    return tuple(
        ContextView(f"permit-{each.number.lower()}", "permit", f"{each.number} {each.title}")
        for each in permits
        if files[each.file].state in _SERVED
    )
