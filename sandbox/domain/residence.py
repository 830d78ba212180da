"""Where people live and how well they are identified: what the registrar says of a person.

Rules:

1. A residence is an ISO 3166-1 alpha-2 code in capitals; a list holds each once, sorted, at
   most 16. What is said must be a code that ISO has assigned; what was kept is read as it stands,
   since a code may be withdrawn later.
2. No list means that anybody may take part; an empty list is no list of residences.
3. A person lives in Kyrgyzstan and is not identified unless somebody said otherwise.

>>> read_residences("kz, KG  kg")
('KG', 'KZ')
>>> read_residences(""), write_residences(None)
(None, 'no limit')

Source: ISO 3166-1; FATF Recommendation 10 (simplified and full due diligence) for the levels,
Recommendation 16 for the travel rule (USD/EUR 1,000; the amount in som to be confirmed).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.countries import COUNTRIES
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import AccountName, PermitNumber, PersonId
from sandbox.kit.money import NO_LIMIT

MOST_RESIDENCES: Final = 16
"""The Supervisor keeps them side by side in one word."""
HOME: Final = "KG"
"""Where a person lives unless somebody said otherwise."""
_CODE: Final = re.compile(r"[A-Z]{2}")


class Identification(StrEnum):
    """How well a person is identified; the codes are those of the contract."""

    NONE = "none"
    SIMPLIFIED = "simplified"
    FULL = "full"

    @property
    def code(self) -> int:
        """The contract's number: 0, 1, 2. Only 2 is identified in the sense of the travel rule."""
        return list(Identification).index(self)


@dataclass(frozen=True)
class Attributes:
    """What the registrar says of a person."""

    residence: str = HOME
    level: Identification = Identification.NONE


def attributes(residence: str, level: str) -> Attributes:
    """Read what was said of a person.

    Args:
        residence: an ISO 3166-1 alpha-2 code.
        level: ``none``, ``simplified`` or ``full``.

    Raises:
        InvalidInput: ``terms.residence_malformed``, ``customer.level``.
    """
    code = residence.strip().upper()
    if code not in COUNTRIES:
        raise InvalidInput("terms.residence_malformed", what=residence[:20])
    try:
        return Attributes(code, Identification(level))
    except ValueError:
        raise InvalidInput("customer.level", level=level[:20]) from None


def read_residences(text: str) -> tuple[str, ...] | None:
    """Read what a person wrote: codes parted by blanks or commas; empty for no limit.

    Args:
        text: as typed.

    Raises:
        InvalidInput: ``terms.residence_malformed``.
    """
    text = text.strip()
    if not text or text.lower() == NO_LIMIT.value:
        return None
    found = _sorted(filter(None, re.split(r"[\s,;]+", text.upper())))
    if unknown := [each for each in found if each not in COUNTRIES]:
        raise InvalidInput("terms.residence_malformed", what=", ".join(unknown))
    return found


def write_residences(residences: tuple[str, ...] | None) -> str:
    """The text that would give these residences."""
    return NO_LIMIT.value if residences is None else ", ".join(residences)


def residences_from_json(data: list[Any] | None) -> tuple[str, ...] | None:
    """Read the JSON form again.

    Raises:
        InvalidInput: ``terms.residence_malformed``.
    """
    return None if data is None else tuple(str(each) for each in data)


def check_residences(residences: tuple[str, ...] | None) -> None:
    """Refuse a list that is none.

    Raises:
        InvalidInput: ``terms.residence_malformed``.
    """
    if residences is not None and (not residences or residences != _sorted(residences)):
        raise InvalidInput("terms.residence_malformed", what=", ".join(residences)[:60])


def _sorted(codes: Any) -> tuple[str, ...]:
    found = tuple(sorted(set(codes)))
    for each in found:
        if not _CODE.fullmatch(each):
            raise InvalidInput("terms.residence_malformed", what=each[:20])
    if not found or len(found) > MOST_RESIDENCES:
        raise InvalidInput("terms.residence_malformed", what=f"1 to {MOST_RESIDENCES}")
    return found


@dataclass(frozen=True)
class KnownPerson:
    """What is known of one invited person.

    Attributes:
        customer: the person's id.
        permit: in whose trial.
        by: the account that said so.
        at: when.
    """

    customer: PersonId
    permit: PermitNumber
    residence: str
    level: Identification
    by: AccountName
    at: datetime
    revision: int = 1
