"""Where an account wants its mail: asked for, proved by a code, taken away again.

Rules: ``domain.mail``. An account asks for at most so many codes an hour, so that nobody's mailbox
is filled from here; whoever typed an address learns nothing about it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.mail import CODE_LIFE, CODE_TRIES, Mailbox, read_address
from sandbox.domain.seats import Actor
from sandbox.kit.errors import InvalidInput, NotAllowed, Unavailable
from sandbox.services.mail import code_message
from sandbox.store import UnitOfWork

CODES_AN_HOUR: Final = 3


@dataclass(frozen=True)
class MailboxView:
    """What an account's page shows: the address in use, and the one that waits for its code."""

    address: str | None
    wanted: str | None


def mailbox(u: UnitOfWork, actor: Actor, *, at: datetime) -> MailboxView:
    """The reader's own mailbox."""
    found = u.mailboxes.find(actor.account)
    if found is None:
        return MailboxView(None, None)
    alive = found.code_until is not None and at < found.code_until and found.tries < CODE_TRIES
    return MailboxView(found.address, found.wanted if alive else None)


def ask_for_code(u: UnitOfWork, actor: Actor, text: str, *, at: datetime, mail: bool) -> None:
    """Send a code to an address that is to be used.

    Args:
        u: a writing unit of work; the caller commits.
        actor: whose mailbox.
        text: the address as typed.
        at: now.
        mail: whether this install sends mail.

    Raises:
        InvalidInput: ``mail.address_malformed``.
        NotAllowed: ``mail.too_many_codes``.
        Unavailable: ``mail.not_set_up``.
    """
    if not mail:
        raise Unavailable("mail.not_set_up")
    address = read_address(text)
    if u.mails.codes_since(actor.account, at - timedelta(hours=1)) >= CODES_AN_HOUR:
        raise NotAllowed("mail.too_many_codes", limit=CODES_AN_HOUR)
    code = f"{secrets.randbelow(10**6):06d}"
    found = u.mailboxes.find(actor.account, lock=True)
    wanted = replace(
        found or Mailbox(actor.account),
        wanted=address,
        code_digest=_digest(actor, code),
        code_until=at + CODE_LIFE,
        tries=0,
    )
    if found is None:
        u.mailboxes.add(wanted)
    else:
        u.mailboxes.save(wanted)
    u.mails.add(code_message(u.accounts.get(actor.account), address, code, at=at))


def confirm(u: UnitOfWork, actor: Actor, code: str, *, at: datetime) -> bool:
    """Use the address whose code this is.

    Returns:
        Whether it was the code; a wrong one is counted, so the caller commits either way.

    Raises:
        InvalidInput: ``mail.no_code_waits`` when none does, or no more tries are left.
    """
    found = u.mailboxes.find(actor.account, lock=True)
    if (
        found is None
        or found.code_digest is None
        or found.code_until is None
        or at >= found.code_until
        or found.tries >= CODE_TRIES
    ):
        raise InvalidInput("mail.no_code_waits")
    typed = "".join(code.split())[:20]
    if not hmac.compare_digest(found.code_digest, _digest(actor, typed)):
        u.mailboxes.save(replace(found, tries=found.tries + 1))
        return False
    u.mailboxes.save(
        replace(found, address=found.wanted, wanted=None, code_digest=None, code_until=None)
    )
    u.audit.append(
        kind="account.mail_confirmed", actor=actor.account, subject=actor.account, data={}, at=at
    )
    return True


def forget(u: UnitOfWork, actor: Actor, *, at: datetime) -> None:
    """Send no more mail to this account, and keep no address of it."""
    found = u.mailboxes.find(actor.account, lock=True)
    if found is None or (found.address is None and found.wanted is None):
        return
    had = found.address is not None
    empty = Mailbox(actor.account, tries=found.tries, revision=found.revision)
    u.mailboxes.save(empty)
    u.mails.drop_waiting(actor.account, at)
    if had:
        u.audit.append(
            kind="account.mail_removed", actor=actor.account, subject=actor.account, data={}, at=at
        )


def _digest(actor: Actor, code: str) -> str:
    return hashlib.sha256(f"{actor.account}\n{code}".encode()).hexdigest()
