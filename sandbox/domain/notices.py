"""Who is told of what: one table from the audit log's kinds to the seats of a file.

Rules:

1. A notice follows an entry of the audit log, never the other way round.
2. Nobody is told of what they did themselves, nor of a file that they may not see.
3. Proposals and what the chain refuses are the authority's own: only regulators hear of them.
4. A notice says what happened to which file; reasons and conditions are read in the file.

>>> sorted(seat.value for seat in TOLD["file.halt"])
['applicant', 'regulator', 'sponsor']
>>> TOLD.get("permit.customers_invited") is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sandbox.domain.lifecycle import Act
from sandbox.domain.seats import FileSeat, Right
from sandbox.kit.ids import AccountName, FileId, PermitNumber

_APPLICANT: Final = frozenset({FileSeat.APPLICANT})
_SPONSOR: Final = frozenset({FileSeat.SPONSOR})
_REGULATOR: Final = frozenset({FileSeat.REGULATOR})
_FIRMS: Final = _APPLICANT | _SPONSOR
_ALL: Final = _FIRMS | _REGULATOR

_OF_ACTS: Final[Mapping[Act, frozenset[FileSeat]]] = {
    Act.SUBMIT: _SPONSOR,
    Act.RETURN: _FIRMS,
    Act.SPONSOR_SIGN: _APPLICANT | _REGULATOR,
    Act.TAKE_UP: _FIRMS,
    Act.ASK: _APPLICANT,
    Act.ANSWER: _REGULATOR,
    Act.PROPOSE_GRANT: _REGULATOR,
    Act.PROPOSE_REFUSAL: _REGULATOR,
    Act.WITHDRAW_PROPOSAL: _REGULATOR,
    Act.PUBLISH_REFUSED: _REGULATOR,
    Act.WITHDRAW: _SPONSOR | _REGULATOR,
}
"""Acts that not everybody with the file is told of; of every other act all are."""

TOLD: Final[Mapping[str, frozenset[FileSeat]]] = {
    **{f"file.{act.value}": _OF_ACTS.get(act, _ALL) for act in Act},
    "file.proposal_overtaken": _REGULATOR,
    "permit.propose_vary": _REGULATOR,
    "permit.propose_reinstate": _REGULATOR,
    "permit.propose_revoke": _REGULATOR,
    "permit.propose_extension": _REGULATOR,
    "permit.propose_wind_down": _REGULATOR,
    "file.propose_graduation": _REGULATOR,
    "file.propose_appeal_decision": _REGULATOR,
    "file.letter_issued": _FIRMS,
    "file.requirement_set": _FIRMS,
    "file.requirement_filed": _REGULATOR,
    "file.requirement_met": _FIRMS,
    "file.requirement_not_met": _FIRMS,
    "file.requirement_lifted": _FIRMS,
    "complaint.filed": _FIRMS,
    "complaint.escalated": _ALL,
    "complaint.closed": _FIRMS,
    "permit.key_created": _APPLICANT,
    "permit.key_revoked": _APPLICANT,
    "file.letter_signed": _FIRMS,
    "review.asked": _REGULATOR,
    "review.signed": _REGULATOR,
    "review.refused": _APPLICANT,
    "review.in_force": _APPLICANT,
    "review.withdrawn": _FIRMS,
    "review.lapsed": _FIRMS | _REGULATOR,
}
"""Kind of an audit entry to the seats that hear of it; of any other kind nobody does."""
NEEDS: Final[Mapping[str, Right]] = {
    kind: Right.READ_COMPLAINTS for kind in TOLD if kind.startswith("complaint.")
}
"""Kinds that only those with a right beside their seat hear of: not all of a firm."""


@dataclass(frozen=True)
class Notice:
    """One thing one account is told.

    Attributes:
        entry: the audit entry's index; an account hears of an entry once.
        kind: the audit entry's kind, which has a wording in every language.
        permit: the permit's number, once there is one.
        title: the product, as it was called then.
    """

    account: AccountName
    entry: int
    kind: str
    file: FileId
    permit: PermitNumber | None
    title: str
    at: datetime
    read_at: datetime | None = None
