"""The printed register of heads: a clerk prints a page, signs it and files it by its number.

Rules:

1. For regulators and auditors in a browser; for everybody else there is no register: not found.
2. Pages are numbered without gaps; the number and its entry in the audit log are one transaction.
3. The first print is the original, each later one says which it is; a second click prints nothing.
4. A scan of the signed page is attached, at most five; it is looked into as documents are, lies
   beside the store by its hash, and is never changed.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sandbox.domain.documents import safe_name
from sandbox.domain.mail import Message
from sandbox.domain.seats import Actor, Channel, Right, rights_of
from sandbox.domain.witnesses import MOST_SCANS, PageScan, WitnessedHead, WitnessKind
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.services.acts import earlier, remember
from sandbox.services.audit import HeadKey
from sandbox.services.witnessing import give
from sandbox.store import UnitOfWork
from sandbox.store.classroom_blobs import Blobs, Incoming

SHOWN = 30
"""Heads of each witness on one page."""


@dataclass(frozen=True)
class WitnessesView:
    """What the witnesses have, newest first.

    Attributes:
        pages: of the register.
        scans: how many scans each page has.
        mails: heads in the mailbox, each with its message.
        anchors: heads on chain.
    """

    pages: Sequence[WitnessedHead]
    scans: Mapping[int, int]
    mails: Sequence[tuple[WitnessedHead, Message | None]]
    anchors: Sequence[WitnessedHead]


def scans_of(folder: Path) -> Blobs:
    """Where scans of register pages lie."""
    return Blobs(folder / "papers" / "register")


def witnesses(u: UnitOfWork, actor: Actor) -> WitnessesView:
    """What the witnesses have.

    Raises:
        NotFound: ``web.not_found``.
    """
    _require(actor)
    pages = u.witnessed.newest(WitnessKind.PAGE, SHOWN)
    scans = [each.page for each in u.page_scans.of_pages([each.number for each in pages])]
    return WitnessesView(
        pages=pages,
        scans={number: scans.count(number) for number in set(scans)},
        mails=[
            (each, u.mails.find(each.place))
            for each in u.witnessed.newest(WitnessKind.MAILBOX, SHOWN)
        ],
        anchors=u.witnessed.newest(WitnessKind.CHAIN, SHOWN),
    )


def make_page(
    u: UnitOfWork, actor: Actor, *, head_key: HeadKey, at: datetime, key: str | None
) -> WitnessedHead:
    """A new page with today's head; not printed yet.

    Raises:
        NotFound: ``web.not_found``.
        Conflict: ``witness.nothing_new``: what was entered since is about that page alone.
    """
    _require(actor)
    done = earlier(u, actor, "make_register_page", key)
    if done is not None:
        return u.witnessed.get(WitnessKind.PAGE, int(done))
    last = next(iter(u.witnessed.newest(WitnessKind.PAGE)), None)
    if last is not None:
        own = len(u.audit.of_subjects(_subject(last.number)))
        if u.audit.size() <= last.size + own:
            raise Conflict("witness.nothing_new", number=last.number)
    made = give(u, WitnessKind.PAGE, key=head_key, at=at, by=actor.account)
    data = {"page": made.number, "size": made.size, "root": made.root}
    _log(u, actor, "witness.page_made", made.number, data, at)
    remember(u, actor, "make_register_page", key, str(made.number), at=at)
    return made


def print_page(
    u: UnitOfWork, actor: Actor, number: int, *, at: datetime, key: str | None
) -> tuple[WitnessedHead, int]:
    """Print a page once more.

    Returns:
        The page, and which print this is: 1 for the original.

    Raises:
        NotFound: ``web.not_found``, ``witness.not_found``.
    """
    _require(actor)
    done = earlier(u, actor, "print_register_page", key)
    if done is not None:
        page, _, copy = done.partition(":")
        return u.witnessed.get(WitnessKind.PAGE, int(page)), int(copy)
    found = u.witnessed.get(WitnessKind.PAGE, number, lock=True)
    saved = u.witnessed.save(replace(found, prints=found.prints + 1))
    data = {"page": number, "print": saved.prints}
    _log(u, actor, "witness.page_printed", number, data, at)
    remember(u, actor, "print_register_page", key, f"{number}:{saved.prints}", at=at)
    return saved, saved.prints


def register_page(
    u: UnitOfWork, actor: Actor, number: int
) -> tuple[WitnessedHead, tuple[PageScan, ...]]:
    """A page with its scans.

    Raises:
        NotFound: ``web.not_found``, ``witness.not_found``.
    """
    _require(actor)
    return u.witnessed.get(WitnessKind.PAGE, number), u.page_scans.of_pages([number])


def add_scan(  # noqa: PLR0913 - what, of which page, by whom, when
    u: UnitOfWork,
    actor: Actor,
    number: int,
    name: str,
    fresh: Incoming,
    *,
    media: str,
    at: datetime,
) -> PageScan:
    """Attach a scan of the signed page; ``media`` as ``documents.media_inside`` found it before.

    Raises:
        NotFound: ``web.not_found``, ``witness.not_found``.
        InvalidInput: ``witness.not_printed``, ``document.*``.
        Conflict: ``document.same``.
    """
    _require(actor)
    page = u.witnessed.get(WitnessKind.PAGE, number, lock=True)
    held, tidy = u.page_scans.of_pages([number]), safe_name(name)
    if page.prints == 0:
        raise InvalidInput("witness.not_printed", number=number)
    if len(held) >= MOST_SCANS:
        raise InvalidInput("document.too_many", limit=MOST_SCANS)
    if any(each.sha256 == fresh.sha256 for each in held):
        raise Conflict("document.same", name=tidy)
    scan = u.page_scans.add(
        PageScan(
            id=uuid.uuid4().hex,
            page=number,
            name=tidy,
            media=media,
            size=fresh.size,
            sha256=fresh.keep(),
            by=actor.account,
            at=at,
        )
    )
    data = {"page": number, "scan": scan.id, "sha256": scan.sha256}
    _log(u, actor, "witness.page_scanned", number, data, at)
    return scan


def open_scan(
    u: UnitOfWork, actor: Actor, number: int, scan_id: str, *, blobs: Blobs
) -> tuple[PageScan, BinaryIO]:
    """A scan with its bytes, checked.

    Raises:
        NotFound: ``web.not_found``, ``witness.not_found``.
    """
    _, found = register_page(u, actor, number)
    scan = next((each for each in found if each.id == scan_id), None)
    if scan is None:
        raise NotFound("witness.not_found", id=scan_id[:40])
    return scan, blobs.open(scan.sha256)


def keeps_register(actor: Actor | None) -> bool:
    """Whether this reader keeps the register."""
    return (
        actor is not None
        and Right.READ_AUDIT in rights_of(actor.seats)
        and actor.channel is Channel.BROWSER
    )


def _require(actor: Actor) -> None:
    if not keeps_register(actor):
        raise NotFound("web.not_found")


def _log(
    u: UnitOfWork, actor: Actor, kind: str, number: int, data: Mapping[str, Any], at: datetime
) -> None:
    u.audit.append(kind=kind, actor=actor.account, subject=_subject(number), data=dict(data), at=at)


def _subject(number: int) -> str:
    return f"register-{number}"
