"""Where a permit stands, in one word that anybody may learn, and the number it has on chain.

Rules:

1. The word follows from the file's state, the trial's state and the clock; nothing else.
2. Before an end the words are ``valid``, ``suspended`` (may be lifted), ``halted``. Whatever has
   ended says how: and as long as it is not ``completed``, customers are still being paid out
   (wind-down), which an end of the term, a revocation and a surrender all begin.
3. What the permit document says (``synak.permit``, its EIP-712 signatures) is attested by version:
   the chain holds its hash, the word, start and end, and how many regulators signed. Nothing of it
   is private: the key is the hash of the public number.

>>> [each.value for each in Standing if each.ended]
['expired', 'revoked', 'surrendered', 'completed', 'graduated']
>>> standing_of(FileState.ACTIVE, TrialState.ACTIVE, over=True).value
'expired'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.lifecycle import FileState
from sandbox.domain.terms import TrialState
from sandbox.kit.ids import PermitNumber


class Standing(StrEnum):
    """Where a permit stands."""

    VALID = "valid"
    SUSPENDED = "suspended"
    HALTED = "halted"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SURRENDERED = "surrendered"
    COMPLETED = "completed"
    GRADUATED = "graduated"

    @property
    def code(self) -> int:
        """As the contract ``Attestations`` has it, from 1."""
        return tuple(Standing).index(self) + 1

    @property
    def ended(self) -> bool:
        """Whether there is no way back but by an appeal."""
        return self not in _BEFORE

    @property
    def winds_down(self) -> bool:
        """Whether new payments have stopped while customers are still being paid out."""
        return self in _WINDING_DOWN

    @property
    def group(self) -> str:
        """``valid``, ``suspended``, ``halted`` or ``ended``."""
        return "ended" if self.ended else self.value


_BEFORE: Final = frozenset({Standing.VALID, Standing.SUSPENDED, Standing.HALTED})
_WINDING_DOWN: Final = frozenset(
    {Standing.SUSPENDED, Standing.EXPIRED, Standing.REVOKED, Standing.SURRENDERED}
)
_OF_STATE: Final[Mapping[FileState, Standing]] = {
    FileState.EXPIRED: Standing.EXPIRED,
    FileState.REVOKED: Standing.REVOKED,
    FileState.REVOCATION_APPEALED: Standing.REVOKED,
    FileState.SURRENDERED: Standing.SURRENDERED,
    FileState.COMPLETED: Standing.COMPLETED,
    FileState.GRADUATED: Standing.GRADUATED,
}
_OF_TRIAL: Final[Mapping[TrialState, Standing]] = {
    TrialState.ACTIVE: Standing.VALID,
    TrialState.WIND_DOWN: Standing.SUSPENDED,
    TrialState.HALTED: Standing.HALTED,
}


@dataclass(frozen=True)
class PermitAttestation:
    """What the chain was told of a permit, the newest.

    Attributes:
        permit: its number.
        serial: how often it was attested so far; part of the transaction's name.
        version: of the document.
        standing: the word.
        document: its hash, ``0x`` hex.
        tx_hash: of the transaction; empty when there was none.
        block: which holds it; None when there is none.
        refused: why the contract would not have it; None when it took it.
    """

    permit: PermitNumber
    serial: int
    version: int
    standing: Standing
    document: str
    tx_hash: str
    block: int | None
    refused: str | None
    at: datetime
    revision: int = 1


def standing_of(state: FileState, trial: TrialState, *, over: bool) -> Standing:
    """Where a permit stands.

    Args:
        state: of its file.
        trial: what is in force, as the Supervisor is told.
        over: whether its term has ended.
    """
    if state in _OF_STATE:
        return _OF_STATE[state]
    if over:
        return Standing.EXPIRED
    if state is FileState.SUSPENDED and trial is TrialState.ACTIVE:
        return Standing.SUSPENDED  # by the clock: nobody has signed it yet
    return _OF_TRIAL[trial]


def standing_of_code(code: int) -> Standing | None:
    """The word of a number on chain; None for a number that this program does not know."""
    return tuple(Standing)[code - 1] if 0 < code <= len(Standing) else None
