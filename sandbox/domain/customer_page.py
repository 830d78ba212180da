"""The customer's page: invitation codes, sessions, payments, bills.

Rules:

1. A code is ten letters and digits without look-alikes: four that find it, six that prove it. It
   works once, for fourteen days, and not at all after five wrong tries.
2. A session of the customer's page opens one customer's page and nothing else of the desk. It
   ends after thirty days, after seven idle ones, when the customer leaves it, and when a newer
   code of the same person is used.
3. An act (a payment, a redemption) has one name from the form on: pressed twice, it is done once.
4. A bill is what a merchant asks for: paid by the first payment that names it and fits it.

>>> read_code("k7qx m2p94t")
('K7QX', 'M2P94T')
>>> spoken_code("K7QX", "M2P94T")
'K7QX-M2P-94T'
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.ids import AccountName, Address, AssetCode, ChainName, PermitNumber, PersonId

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Source: Crockford's Base 32 (no I, L, O, U)."""
FINDS: Final = 4
PROVES: Final = 6
CODE_GOOD_FOR: Final = timedelta(days=14)
MOST_TRIES: Final = 5
"""Tries of one code, right or wrong, in its life."""
ADDRESS_TRIES: Final = 10
ADDRESS_SPAN: Final = timedelta(minutes=15)
"""Tries of codes from one network address in this time."""
SESSION_LONGEST: Final = timedelta(days=30)
SESSION_IDLE: Final = timedelta(days=7)
BILL_GOOD_FOR: Final = timedelta(days=1)
MOST_OPEN_BILLS: Final = 200
ACTS_A_MINUTE: Final = 20
"""Payments, redemptions and bills that one person can begin in a minute."""
LONGEST_REFERENCE: Final = 40
LONGEST_LABEL: Final = 60

_LOOKALIKES: Final = str.maketrans(
    {
        **dict(zip("OIL", "011", strict=True)),
        **dict(zip("АВСЕНКМОРТХУЗ", "ABCEHKM0PTXY3", strict=True)),
    }
)
"""What is typed for what is printed, also on a Cyrillic keyboard."""
_CODE: Final = re.compile(f"[{ALPHABET}]{{{FINDS + PROVES}}}")


class ActKind(StrEnum):
    """What a customer does with money."""

    PAY = "pay"
    REDEEM = "redeem"


class ActState(StrEnum):
    """Where an act stands."""

    ASKED = "act_asked"
    SENT = "act_sent"
    DONE = "act_done"
    REFUSED = "act_refused"


@dataclass(frozen=True)
class Invitation:
    """A code; only its digest is kept.

    Attributes:
        selector: the four characters that find it.
        digest: a keyed hash of the whole code, hex.
        used_at: when it was exchanged for a session.
    """

    id: str
    permit: PermitNumber
    customer: PersonId
    selector: str
    digest: str
    created_by: AccountName
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
    revoked_at: datetime | None = None
    revision: int = 1

    def works(self, at: datetime) -> bool:
        """Whether it can still be used."""
        return self.used_at is None and self.revoked_at is None and at < self.expires_at


@dataclass(frozen=True)
class CustomerSession:
    """A session of the customer's page; only the hash of its name is kept."""

    id_hash: str
    permit: PermitNumber
    customer: PersonId
    csrf: str
    created_at: datetime
    seen_at: datetime

    def lives(self, at: datetime) -> bool:
        """Whether it is neither too old nor idle for too long."""
        return at - self.created_at < SESSION_LONGEST and at - self.seen_at < SESSION_IDLE


@dataclass(frozen=True)
class CustomerLabel:
    """The name of a person that those who pay see; for merchants, and erased when they leave."""

    customer: PersonId
    label: str


@dataclass(frozen=True)
class CustomerAct:
    """A payment or a redemption begun on the page.

    Attributes:
        payee: None for a redemption.
        amount: minor units.
        reference: what the payer or the bill says it is for; may be empty.
        bill: the bill that it answers.
        refusal: the clause that said no, with its counters.
    """

    id: str
    permit: PermitNumber
    customer: PersonId
    kind: ActKind
    chain: ChainName
    asset: AssetCode
    payee: Address | None
    amount: int
    reference: str
    bill: str | None
    state: ActState
    asked_at: datetime
    settled_at: datetime | None = None
    tx_hash: str | None = None
    refusal: Mapping[str, Any] | None = None
    revision: int = 1


@dataclass(frozen=True)
class Bill:
    """What a merchant asks for.

    Attributes:
        amount: minor units.
        paid_by: the act that pays it, from its beginning on; None again once that was refused.
        paid_at: when that act was done.
    """

    id: str
    permit: PermitNumber
    merchant: PersonId
    wallet: Address
    asset: AssetCode
    amount: int
    reference: str
    made_at: datetime
    expires_at: datetime
    paid_by: str | None = None
    paid_at: datetime | None = None
    revision: int = 1

    def fits(self, act: CustomerAct) -> bool:
        """Whether a payment is the one that was asked for."""
        return (
            self.paid_at is None
            and self.paid_by in {None, act.id}
            and act.kind is ActKind.PAY
            and (act.payee, act.asset, act.amount) == (self.wallet, self.asset, self.amount)
        )


def read_code(text: str) -> tuple[str, str] | None:
    """The two parts of a code as typed; None when it can be none.

    Args:
        text: with or without hyphens and blanks, in either case and script.
    """
    bare = re.sub(r"[\s\-–—_.]", "", unicodedata.normalize("NFKC", text[:60]))
    tidy = bare.upper().translate(_LOOKALIKES)
    return (tidy[:FINDS], tidy[FINDS:]) if _CODE.fullmatch(tidy) else None


def spoken_code(selector: str, proof: str) -> str:
    """A code as it is printed."""
    return f"{selector}-{proof[:3]}-{proof[3:]}"
