"""Notices: the audit log followed, entry by entry, for those who have a file in common.

Rules: ``domain.notices``. Entries are told once: the place up to which the log was read moves in
the transaction that tells them, and two workers cannot both hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.notices import NEEDS, TOLD, Notice
from sandbox.domain.records import Account, AuditEntry, PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, rights_of
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import OrgId, PermitNumber
from sandbox.services.access import sees_file
from sandbox.services.identity import actor_from
from sandbox.services.mail import notice_message
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork

AT_ONCE: Final = 200
"""Entries read in one transaction."""
PAGE: Final = 50
MOST_COUNTED: Final = 100
"""Above it the header says "99+"."""
OF_THE_FILE: Final = "file."
"""Kinds that the organisation named to follow the sponsor hears of: it sees the file, but neither
complaints nor contract reviews before it is the sponsor."""


@dataclass(frozen=True)
class NoticeView:
    """A notice as its reader sees it."""

    entry: int
    kind: str
    file: str
    permit: str | None
    title: str
    at: datetime
    read: bool


def follow(desk: Desk, *, public_url: str, mail: bool) -> int:
    """Tell whoever is to be told of what the log holds since the last time.

    Args:
        desk: store and clock.
        public_url: for links in messages.
        mail: whether messages can be sent at all.

    Returns:
        How many entries were read.
    """
    with desk.store.unit(read_only=True) as u:
        if u.notices.place() >= u.audit.size():
            return 0
    with desk.store.unit() as u:
        u.audit.lock()
        place = u.notices.place()
        entries = u.audit.page(after=place - 1, limit=AT_ONCE)
        told = _Told(u)
        for entry in entries:
            told.tell(entry)
        if mail:
            _send(u, told.notices, public_url, at=desk.clock.now())
        if entries:
            u.notices.advance(entries[-1].index + 1)
        u.commit()
    return len(entries)


class _Told:
    """One round of telling; accounts of an organisation are read once."""

    def __init__(self, u: UnitOfWork) -> None:
        self.u = u
        self.notices: list[tuple[Account, Notice]] = []
        self._accounts: dict[OrgId, tuple[Account, ...]] = {}
        self._authorities: tuple[OrgId, ...] | None = None

    def tell(self, entry: AuditEntry) -> None:
        """Write the notices of one entry; an erased entry tells nobody anything."""
        seats = TOLD.get(entry.kind)
        file = self._file(entry.subject) if seats and entry.body is not None else None
        if not seats or file is None:
            return
        for account in self._recipients(file, seats, entry.kind):
            if account.name == entry.actor or not _hears(account, entry.kind):
                continue
            notice = Notice(
                account=account.name,
                entry=entry.index,
                kind=entry.kind,
                file=file.id,
                permit=file.permit,
                title=file.title or file.id,
                at=entry.at,
            )
            self.notices.append((account, self.u.notices.add(notice)))

    def _file(self, subject: str) -> PermitFile | None:
        file = self.u.files.find(subject[:20])
        if file is None:
            permit = self.u.permits.find(PermitNumber(subject[:20]))
            file = self.u.files.find(permit.file) if permit else None
        return file

    def _recipients(
        self, file: PermitFile, seats: Iterable[FileSeat], kind: str
    ) -> Iterable[Account]:
        found: dict[str, Account] = {}
        for seat in seats:
            for org in self._organisations(file, seat, kind):
                for account in self._of(org):
                    if _sits(account, seat) and sees_file(actor_from(account), file):
                        found[account.name] = account
        return found.values()

    def _organisations(self, file: PermitFile, seat: FileSeat, kind: str) -> Sequence[OrgId]:
        if seat is FileSeat.APPLICANT:
            return (file.org,)
        if seat is FileSeat.SPONSOR:
            following = file.candidate if kind.startswith(OF_THE_FILE) else None
            return tuple(each for each in (file.sponsor, following) if each)
        if self._authorities is None:
            self._authorities = tuple(
                org.id
                for org in self.u.organisations.all()
                if org.kind is OrganisationKind.AUTHORITY
            )
        return self._authorities

    def _of(self, org: OrgId) -> tuple[Account, ...]:
        if org not in self._accounts:
            self._accounts[org] = self.u.accounts.of_org(org)
        return self._accounts[org]


_SEAT_NEEDS: Final = {
    FileSeat.APPLICANT: Right.SEE_OWN_FILES,
    FileSeat.SPONSOR: Right.SPONSOR,
    FileSeat.REGULATOR: Right.REVIEW,
}


def _sits(account: Account, seat: FileSeat) -> bool:
    return _SEAT_NEEDS[seat] in rights_of(frozenset(account.seats))


def _hears(account: Account, kind: str) -> bool:
    return kind not in NEEDS or NEEDS[kind] in rights_of(frozenset(account.seats))


def _send(
    u: UnitOfWork, told: Sequence[tuple[Account, Notice]], public_url: str, *, at: datetime
) -> None:
    addresses = u.mailboxes.addresses(sorted({account.name for account, _ in told}))
    for account, notice in told:
        if address := addresses.get(account.name):
            u.mails.add(notice_message(account, address, notice, public_url, at=at))


def list_notices(
    u: UnitOfWork, actor: Actor, *, unread: bool = False, before: int | None = None
) -> tuple[tuple[NoticeView, ...], int | None]:
    """A page of the reader's own notices, newest first, and where the next page begins.

    Files that the reader may no longer see are left out.
    """
    found = u.notices.of_account(actor.account, unread=unread, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    files = u.files.states({each.file for each in shown})
    views = tuple(
        NoticeView(
            entry=each.entry,
            kind=each.kind,
            file=each.file,
            permit=each.permit,
            title=each.title,
            at=each.at,
            read=each.read_at is not None,
        )
        for each in shown
        if each.file in files and sees_file(actor, files[each.file])
    )
    return views, shown[-1].entry if len(found) > PAGE else None


def file_of(u: UnitOfWork, actor: Actor, entry: int) -> str:
    """The file that one of the reader's own notices is about.

    Raises:
        NotFound: ``notice.not_found``, also when it is somebody else's.
    """
    found = u.notices.find(actor.account, entry)
    if found is None:
        raise NotFound("notice.not_found", id=str(entry))
    return found.file


def mark_read(u: UnitOfWork, actor: Actor, entries: Sequence[int] | None, *, at: datetime) -> int:
    """Note the reader's own notices as read; all of them when ``entries`` is None."""
    return u.notices.read(actor.account, at, entries=entries)


def unread(u: UnitOfWork, actor: Actor) -> int:
    """How many notices the reader has not read, counted up to ``MOST_COUNTED``."""
    return u.notices.count_unread(actor.account, MOST_COUNTED)
