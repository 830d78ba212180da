"""Notices: the audit log followed, entry by entry, for those who have a file in common.

Rules: ``domain.notices``. Entries are told once: the place up to which the log was read moves in
the transaction that tells them, and two workers cannot both hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.notices import COURSES, FOR_GUESTS, NEEDS, PEOPLE, SET_ASIDE, Notice, told
from sandbox.domain.records import Account, AuditEntry, PermitFile
from sandbox.domain.seats import Actor, FileSeat, Right, rights_of
from sandbox.domain.webhooks import Told
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import AccountName, FileId, OrgId, PermitNumber
from sandbox.services.access import is_guest, sees_file
from sandbox.services.identity import actor_from
from sandbox.services.mail import notice_message
from sandbox.services.publication import Desk
from sandbox.services.webhook_events import Posts
from sandbox.services.webhooks import may_manage
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
    file: str | None
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
        telling = _Told(u, at=desk.clock.now())
        for entry in entries:
            telling.tell(entry)
        if mail:
            _send(u, telling.notices, public_url, at=desk.clock.now())
        if entries:
            u.notices.advance(entries[-1].index + 1)
        u.commit()
    return len(entries)


class _Told:
    """One round of telling; accounts of an organisation are read once."""

    def __init__(self, u: UnitOfWork, *, at: datetime) -> None:
        self.u, self.at = u, at
        self.notices: list[tuple[Account, Notice]] = []
        self._posts = Posts(u, at=at)
        self._accounts: dict[OrgId, tuple[Account, ...]] = {}
        self._shown: dict[OrgId, frozenset[FileId]] = {}
        self._authorities: tuple[OrgId, ...] | None = None

    def tell(self, entry: AuditEntry) -> None:
        """Write the notices and webhook events of one entry; an erased one tells nothing."""
        if entry.body is None:
            return
        if entry.kind == SET_ASIDE:
            self._tell_of_webhook(entry)
            return
        if entry.kind in PEOPLE:
            self._tell_people(entry)
            return
        seats = told(entry.kind, entry.body["data"])
        file = self._file(entry.subject) if seats else None
        if file is None:
            return
        title = file.title or file.id
        hearing = [
            account
            for account in self._recipients(file, seats, entry)
            if _hears(account, entry.kind)
        ]
        for account in hearing:
            if account.name != entry.actor:
                self._add(account, entry, title, file=file.id, permit=file.permit)
        happened = Told(entry.kind, entry.at, entry.index, file.id, file.permit, title)
        self._posts.tell(happened, hearing)

    def _tell_of_webhook(self, entry: AuditEntry) -> None:
        """Those who manage an address hear that it was set aside; its id stands for its host."""
        endpoint = self.u.webhooks.endpoints.find(entry.subject)
        for account in self._of(endpoint.org) if endpoint else ():
            if Right.MANAGE_WEBHOOKS in rights_of(frozenset(account.seats)):
                self._add(account, entry, entry.subject)

    def _tell_people(self, entry: AuditEntry) -> None:
        """Those whom the entry names hear of it, with the name of the authority that acted."""
        data = (entry.body or {}).get("data", {})
        names: set[AccountName] = set()
        for field in PEOPLE[entry.kind]:
            named = data.get(field, "")
            names.update(map(AccountName, named if isinstance(named, list) else [str(named)]))
        title = self._title(entry, data)
        for name, account in sorted(self.u.accounts.named(names).items()):
            if name != entry.actor:
                self._add(account, entry, title)

    def _title(self, entry: AuditEntry, data: Mapping[str, Any]) -> str:
        if entry.kind.startswith(COURSES):
            return "/".join(str(data[name]) for name in ("course", "assignment") if name in data)
        actor = self.u.accounts.find(entry.actor)
        org = self.u.organisations.find(actor.org) if actor and actor.org else None
        return org.name if org else entry.subject

    def _add(
        self,
        account: Account,
        entry: AuditEntry,
        title: str,
        *,
        file: FileId | None = None,
        permit: PermitNumber | None = None,
    ) -> None:
        notice = Notice(
            account=account.name,
            entry=entry.index,
            kind=entry.kind,
            file=file,
            permit=permit,
            title=title,
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
        self, file: PermitFile, seats: Iterable[FileSeat], entry: AuditEntry
    ) -> Iterable[Account]:
        found: dict[str, Account] = {}
        for seat in seats:
            for org in self._organisations(file, seat, entry.kind):
                for account in self._of(org):
                    if _sits(account, seat) and self._sees(account, file, entry):
                        found[account.name] = account
        return found.values()

    def _sees(self, account: Account, file: PermitFile, entry: AuditEntry) -> bool:
        """Whether a file is this account's to hear of; a guest hears that it was shown, no more."""
        actor = actor_from(account, self._shown_to(account.org))
        if not is_guest(actor, file):
            return sees_file(actor, file)
        data = (entry.body or {}).get("data", {})
        return entry.kind in FOR_GUESTS and data.get("authority") == account.org

    def _shown_to(self, org: OrgId | None) -> frozenset[FileId]:
        if org is None:
            return frozenset()
        if org not in self._shown:
            self._shown[org] = self.u.shares.files_for(org, self.at)
        return self._shown[org]

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
    u: UnitOfWork, notices: Sequence[tuple[Account, Notice]], public_url: str, *, at: datetime
) -> None:
    addresses = u.mailboxes.addresses(sorted({account.name for account, _ in notices}))
    for account, notice in notices:
        if address := addresses.get(account.name):
            ours = notice.file is not None or notice.kind in PEOPLE
            said = notice if ours else replace(notice, title=_host(u, notice, account.org))
            u.mails.add(notice_message(account, address, said, public_url, at=at))


def _host(u: UnitOfWork, notice: Notice, org: OrgId | None) -> str:
    """The host of the webhook that a notice is about; empty when it is not (any more) theirs."""
    endpoint = u.webhooks.endpoints.find(notice.title)
    return endpoint.host if endpoint is not None and endpoint.org == org else ""


def list_notices(
    u: UnitOfWork, actor: Actor, *, unread: bool = False, before: int | None = None
) -> tuple[tuple[NoticeView, ...], int | None]:
    """A page of the reader's own notices, newest first, and where the next page begins.

    Files and webhooks that the reader may no longer see are left out.
    """
    found = u.notices.of_account(actor.account, unread=unread, before=before, limit=PAGE + 1)
    shown = found[:PAGE]
    files = u.files.states({each.file for each in shown if each.file})
    views = []
    for each in shown:
        title = each.title
        if each.kind in PEOPLE:
            pass
        elif each.file is None:
            title = _host(u, each, actor.org) if may_manage(actor) else ""
        elif each.file not in files or not sees_file(actor, files[each.file]):
            continue
        if title:
            views.append(_view(each, title))
    return tuple(views), shown[-1].entry if len(found) > PAGE else None


def _view(notice: Notice, title: str) -> NoticeView:
    return NoticeView(
        entry=notice.entry,
        kind=notice.kind,
        file=notice.file,
        permit=notice.permit,
        title=title,
        at=notice.at,
        read=notice.read_at is not None,
    )


def place_of(u: UnitOfWork, actor: Actor, entry: int) -> str:
    """Where one of the reader's own notices leads, behind the desk's address.

    Raises:
        NotFound: ``notice.not_found``, also when it is somebody else's.
    """
    found = u.notices.find(actor.account, entry)
    if found is None:
        raise NotFound("notice.not_found", id=str(entry))
    return found.place


def mark_read(u: UnitOfWork, actor: Actor, entries: Sequence[int] | None, *, at: datetime) -> int:
    """Note the reader's own notices as read; all of them when ``entries`` is None."""
    return u.notices.read(actor.account, at, entries=entries)


def unread(u: UnitOfWork, actor: Actor) -> int:
    """How many notices the reader has not read, counted up to ``MOST_COUNTED``."""
    return u.notices.count_unread(actor.account, MOST_COUNTED)
