"""Mail on its way: a server by SMTP, or a folder of files in development.

Rules:

1. A message is sent at least once; its Message-ID is its id, so a second copy is known as one.
2. What fails for the moment is tried again after a growing pause, for two days; what the server
   refuses for good is given up at once.
3. The text is taken out of the store when the message is sent or given up: codes stay nowhere.
4. A password goes over an encrypted connection only; without encryption mail goes only to a
   server on this machine.

Source: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 5322 (message format).
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final, Protocol

import structlog

from sandbox.domain.mail import GIVE_UP_AFTER, Message
from sandbox.kit.errors import SynakError
from sandbox.services.publication import Desk
from sandbox.store.outbox import backoff

_log = structlog.get_logger()
TIMEOUT: Final = 20.0
"""Seconds for one step of a conversation with the server."""
PATIENCE: Final = 9
"""Tries after which the longest pause of the outbox is taken ten times."""
PERMANENT: Final = 500
"""Replies from here on are for good. Source: RFC 5321, section 4.2.1."""


class Refused(Exception):
    """The server will never take this message."""


class Carrier(Protocol):
    """Takes messages away."""

    def carry(self, message: EmailMessage) -> None:
        """Take one message.

        Raises:
            Refused: never to be tried again.
            OSError: try again later (smtplib's errors are among them).
            SynakError: likewise: the password is missing.
        """
        ...


@dataclass(frozen=True)
class Server:
    """A mail server.

    Attributes:
        host: its name.
        port: usually 587 (STARTTLS), 465 (TLS) or 25 (none, this machine only).
        security: ``starttls``, ``tls`` or ``none``.
        user: to sign in as; empty: without.
        password: read anew for each conversation, so that it can be changed.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: Callable[[], str] = lambda: ""

    def carry(self, message: EmailMessage) -> None:
        """Hand one message over in a conversation of its own."""
        try:
            with self._connected() as server:
                if self.security == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password())
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            if all(code >= PERMANENT for code, _ in error.recipients.values()):
                raise Refused(type(error).__name__) from error
            raise
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            if error.smtp_code >= PERMANENT:
                raise Refused(type(error).__name__) from error
            raise

    def _connected(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        return smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)


@dataclass(frozen=True)
class Folder:
    """A folder that every message is written into, for development."""

    path: Path

    def carry(self, message: EmailMessage) -> None:
        """Write one message as ``<Message-ID>.eml``, readable by the worker's user alone."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        path = self.path / f"{name}.eml"
        path.touch(mode=0o600)
        path.write_bytes(message.as_bytes(policy=SMTP))


@dataclass(frozen=True)
class Delivery:
    """Sends what waits.

    Attributes:
        desk: store and clock.
        carrier: the way out.
        sender: the address messages come from.
    """

    desk: Desk
    carrier: Carrier
    sender: str

    def work_once(self) -> int:
        """Try every message that is due, one conversation each. Returns how many were sent."""
        with self.desk.store.unit(read_only=True) as u:
            due = u.mails.due(self.desk.clock.now())
        return sum(self._try(message) for message in due)

    def _try(self, message: Message) -> int:
        now = self.desk.clock.now()
        try:
            self.carrier.carry(rfc5322(message, self.sender))
        except Refused as error:
            self._note(_given_up(message, error, now))
            return 0
        except (OSError, SynakError) as error:
            self._note(_failed(message, error, now))
            return 0
        self._note(replace(message, sent_at=now, body="", last_error=None))
        return 1

    def _note(self, message: Message) -> None:
        if message.last_error:
            _log.warning("mail.not_sent", message=message.id, error=message.last_error)
        with self.desk.store.unit() as u:
            u.mails.save(message)
            u.commit()


def rfc5322(message: Message, sender: str) -> EmailMessage:
    """A message in the form that mail servers take.

    Raises:
        ValueError: a line end in an address or the subject (``read_address`` lets none in).
    """
    out = EmailMessage()
    out["From"] = sender
    out["To"] = message.recipient
    out["Subject"] = message.subject
    out["Date"] = format_datetime(message.created_at)
    out["Message-ID"] = f"<{message.id}@{sender.rpartition('@')[2]}>"
    out["Auto-Submitted"] = "auto-generated"
    out.set_content(message.body)
    return out


def _given_up(message: Message, error: Exception, at: datetime) -> Message:
    return replace(message, given_up_at=at, body="", last_error=str(error)[:200])


def _failed(message: Message, error: Exception, at: datetime) -> Message:
    if at - message.created_at >= GIVE_UP_AFTER:
        return _given_up(message, error, at)
    attempts = message.attempts + 1
    return replace(
        message,
        attempts=attempts,
        next_at=at + backoff(attempts) * (1 if attempts < PATIENCE else 10),
        last_error=type(error).__name__,
    )
