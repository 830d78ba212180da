"""Messages written in the reader's language; nothing here sends them (``mail_delivery``)."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import cast

from sandbox.domain.mail import MailKind, Message
from sandbox.domain.notices import Notice
from sandbox.domain.records import Account
from sandbox.kit.ids import AccountName
from sandbox.locale import Language, translator
from sandbox.locale.events import event_text

LONGEST_SUBJECT = 200


def notice_message(
    account: Account, address: str, notice: Notice, public_url: str, *, at: datetime
) -> Message:
    """A notice as a message: what happened, to which file, where to read on.

    Args:
        account: whose language it is written in.
        address: confirmed.
        notice: what is told.
        public_url: of the desk, without a slash at the end.
        at: now.
    """
    lang = cast("Language", account.language)
    _ = translator(lang).gettext
    what = event_text(lang, notice.kind)
    number = notice.permit or notice.file or notice.title
    lines = (
        f"{notice.title} ({number})" if notice.file else notice.title,
        what,
        "",
        f"{public_url}/desk/{notice.place}",
        "",
        _("Simulated money. Nothing here is a licence or a decision of any authority."),
        _("You get this message because you asked for it in your account's settings:"),
        f"{public_url}/desk/me",
    )
    subject = f"{number}: {what}"
    return _message(MailKind.NOTICE, account.name, address, subject, "\n".join(lines), at)


def code_message(account: Account, address: str, code: str, *, at: datetime) -> Message:
    """The message that proves an address."""
    lang = cast("Language", account.language)
    _ = translator(lang).gettext
    lines = (
        _("Type this code on the page of your account to get messages at this address:"),
        "",
        code,
        "",
        _("It is good for half an hour. If you did not ask for it, nothing has to be done."),
    )
    subject = _("Synak: confirm your address")
    return _message(MailKind.CODE, account.name, address, subject, "\n".join(lines), at)


def _message(
    kind: MailKind,
    account: AccountName,
    address: str,
    subject: str,
    body: str,
    at: datetime,
) -> Message:
    return Message(
        id=uuid.uuid4().hex,
        kind=kind,
        account=account,
        recipient=address,
        subject=" ".join(subject.split())[:LONGEST_SUBJECT],
        body=body + "\n",
        created_at=at,
        next_at=at,
    )
