"""Passkeys: proof, for one act of law, that the person at the browser is the account's.

Rules:

1. A passkey proves one act: the challenge that it signs holds the digest of what the form says and
   where it goes, so that nothing else can be done with the answer.
2. A challenge is good for five minutes, in one session, once.
3. The authenticator must have verified its user (fingerprint, face, PIN): presence is not enough.
4. A signature counter that does not grow shows a copied key: it is refused.

Source: Web Authentication, Level 2 (W3C Recommendation), sections 7.1, 7.2, 6.1.1, 13.4.3.

>>> one = act_digest("aigul", "/desk/files/F-1/halt", {"reason": "a"})
>>> one == act_digest("aigul", "/desk/files/F-1/halt", {"reason": "b"})
False
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.kit.canonical import content_hash
from sandbox.kit.ids import AccountName

CHALLENGE_LIFE: Final = timedelta(minutes=5)
NONCE_BYTES: Final = 32
MOST: Final = 10
"""Passkeys of one account."""
LONGEST_NAME: Final = 60


@dataclass(frozen=True)
class Passkey:
    """A credential of an account.

    Attributes:
        id: SHA-256 of the credential's id, hex.
        name: what its owner calls it.
        data: attested credential data (id and public key), hex.
        counter: the authenticator's, at its last use; 0 for those that count nothing.
    """

    id: str
    account: AccountName
    name: str
    data: str
    counter: int
    created_at: datetime
    used_at: datetime | None = None
    revision: int = 1


def act_digest(account: str, path: str, fields: Mapping[str, str]) -> bytes:
    """What is about to be done, in 32 bytes.

    Args:
        account: who is about to.
        path: where the form goes.
        fields: what it says, without what every form carries.
    """
    return content_hash({"account": account, "path": path, "fields": dict(fields)})


def counter_grew(kept: int, now: int) -> bool:
    """Whether a counter may stand where it stands; authenticators without one say 0.

    >>> counter_grew(0, 0), counter_grew(4, 5), counter_grew(5, 5), counter_grew(5, 0)
    (True, True, False, False)
    """
    return now > kept or (now == 0 and kept == 0)
