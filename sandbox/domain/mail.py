"""E-mail addresses and messages: what is accepted, how long a code lives.

Rules:

1. Mail goes only to an address whose owner typed the code that was sent there.
2. An address is plain ASCII ``local@domain`` of at most 254 characters, so that nothing in it can
   reach another header or another recipient. Source: RFC 5321, section 4.5.3.1.
3. A code has six digits, lives half an hour, and is good for five tries.

>>> read_address(" Aigul@Example.KG ")
'Aigul@example.kg'
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

LONGEST_ADDRESS: Final = 254
CODE_LIFE: Final = timedelta(minutes=30)
CODE_TRIES: Final = 5
GIVE_UP_AFTER: Final = timedelta(days=2)
"""How long a message is tried. Source: RFC 5321, section 4.5.4.1 (4 to 5 days; ours go stale)."""
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+"
)


class MailKind(StrEnum):
    """What a message is for."""

    NOTICE = "notice"
    CODE = "code"
    HEAD = "head"


@dataclass(frozen=True)
class Message:
    """A message on its way.

    Attributes:
        account: whose mailbox it is for; None for an outside witness's.
        id: random hex; becomes the Message-ID, so that a second delivery is known as one.
        body: plain text; taken away once the message is sent or given up.
        next_at: when to try (again).
    """

    id: str
    kind: MailKind
    account: AccountName | None
    recipient: str
    subject: str
    body: str
    created_at: datetime
    next_at: datetime
    attempts: int = 0
    last_error: str | None = None
    sent_at: datetime | None = None
    given_up_at: datetime | None = None


@dataclass(frozen=True)
class Mailbox:
    """Where an account wants its mail.

    Attributes:
        address: confirmed; None while none is.
        wanted: typed and waiting for its code.
        code_digest: SHA-256 of account and code, hex.
        tries: wrong codes so far.
    """

    account: AccountName
    address: str | None = None
    wanted: str | None = None
    code_digest: str | None = None
    code_until: datetime | None = None
    tries: int = 0
    revision: int = 1


def read_address(text: str) -> str:
    """An address as typed, its domain in small letters.

    Raises:
        InvalidInput: ``mail.address_malformed``.
    """
    tidy = text.strip()
    if len(tidy) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(tidy) or len(tidy.split("@")[0]) > 64:
        raise InvalidInput("mail.address_malformed")
    local, _, domain = tidy.partition("@")
    return f"{local}@{domain.lower()}"
