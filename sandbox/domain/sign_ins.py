"""Signing in with an own password: one-time codes on slips, the password's form.

Rules:

1. A code is written and read as an invitation of the customer's page (``domain.customer_page``):
   it works once, for fourteen days, and not at all after five tries. A new one ends the older.
2. A password has at least ten characters and is neither the account's name nor a part of it; what
   it is made of is its owner's affair. Source: NIST SP 800-63B, 3.1.1 (length, no composition).
3. Only a salted scrypt hash is kept. Source: RFC 7914; OWASP Password Storage (N = 2**14, r = 8,
   p = 5).

>>> kept = password_hash("алтын балык 7", salt=b"0123456789abcdef")
>>> is_password("алтын балык 7", kept), is_password("алтын балык 8", kept)
(True, False)
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName

SHORTEST: Final = 10
LONGEST: Final = 200
PASSWORD_TRIES: Final = 10
PASSWORD_SPAN: Final = timedelta(minutes=15)
"""Passwords that are looked at for one account in this time."""


@dataclass(frozen=True)
class SignIn:
    """How an account of a class list signs in.

    Attributes:
        password: salt and hash, hex, divided by a colon; empty until a code was used.
    """

    account: AccountName
    password: str = ""
    set_at: datetime | None = None


@dataclass(frozen=True)
class SignInCode:
    """A one-time code; only its digest is kept.

    Attributes:
        selector: the four characters that find it.
        digest: a keyed hash of the whole code, hex.
    """

    id: str
    account: AccountName
    selector: str
    digest: str
    created_by: AccountName
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None

    def works(self, at: datetime) -> bool:
        """Whether it can still be used."""
        return self.used_at is None and self.revoked_at is None and at < self.expires_at


def new_password(text: str, again: str, account: str = "") -> str:
    """Read a password that somebody chose.

    Args:
        text: as typed.
        again: the same once more.
        account: whose, where it is known already.

    Raises:
        InvalidInput: ``password.too_short``, ``password.too_long``, ``password.not_twice``,
            ``password.is_the_name``.
    """
    found = unicodedata.normalize("NFC", text)
    if len(found) < SHORTEST:
        raise InvalidInput("password.too_short", limit=SHORTEST)
    if len(found) > LONGEST:
        raise InvalidInput("password.too_long", limit=LONGEST)
    if found != unicodedata.normalize("NFC", again):
        raise InvalidInput("password.not_twice")
    if len(set(found)) < 3 or (account and found.casefold() in account.casefold()):
        raise InvalidInput("password.is_the_name")
    return found


def password_hash(password: str, *, salt: bytes | None = None) -> str:
    """What is kept of a password."""
    chosen = secrets.token_bytes(16) if salt is None else salt
    return f"{chosen.hex()}:{_scrypt(password, chosen).hex()}"


def is_password(text: str, kept: str) -> bool:
    """Whether a text is the password; the same work where there is none."""
    salt, _, wanted = (kept or f"{'00' * 16}:{'00' * 32}").partition(":")
    text = unicodedata.normalize("NFC", text[: LONGEST + 1])
    right = hmac.compare_digest(_scrypt(text, bytes.fromhex(salt)).hex(), wanted)
    return right and bool(kept)


def _scrypt(text: str, salt: bytes) -> bytes:
    return hashlib.scrypt(
        text.encode("utf-8", "replace"), salt=salt, dklen=32, n=2**14, r=8, p=5, maxmem=64 * 2**20
    )
