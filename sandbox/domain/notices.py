"""Who is told of what: one table from the audit log's kinds to the seats of a file.

Rules:

1. A notice follows an entry of the audit log, never the other way round.
2. Nobody is told of what they did themselves, nor of a file that they may not see.
3. Proposals and what the chain refuses are the authority's own: only regulators hear of them, and
   what one authority shows to another only the two.
4. Of a deadline only who owes it is reminded; that it passed unmet, regulators hear too.
5. Of what is about a person, not about a file that the person sees, that person is told: an expert
   of an invitation, whose file stays unnamed until the undertaking; who hands over and who takes;
   students of what was corrected in an assignment, of until when it is due for them, and of when
   they write an exam, each of the own room alone; teachers of a course that became theirs, is
   another's now, or was archived; of a file on similarity who acts next in it, and its student of
   what was decided.
6. A notice says what happened to which file; reasons and conditions are read in the file.

>>> sorted(seat.value for seat in TOLD["file.halt"])
['applicant', 'regulator', 'sponsor']
>>> TOLD.get("permit.customers_invited") is None
True
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sandbox.domain import similarity_files
from sandbox.domain.investigation_scores import PREFIX
from sandbox.domain.lifecycle import Act
from sandbox.domain.regime import Owner
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
    Act.ASK_STEP: _ALL,
    Act.DECLINE_STEP: _FIRMS,
}
"""Acts that not everybody with the file is told of; of every other act all are."""

TOLD: Final[Mapping[str, frozenset[FileSeat]]] = {
    **{f"file.{act.value}": _OF_ACTS.get(act, _ALL) for act in Act},
    "file.proposal_overtaken": _REGULATOR,
    "permit.propose_vary": _REGULATOR,
    "permit.propose_reinstate": _REGULATOR,
    "permit.propose_revoke": _REGULATOR,
    "permit.propose_sponsor": _REGULATOR,
    "permit.propose_extension": _REGULATOR,
    "permit.propose_wind_down": _REGULATOR,
    "file.propose_graduation": _REGULATOR,
    "file.propose_appeal_decision": _REGULATOR,
    "file.reminded": _ALL,
    "file.overdue": _ALL,
    "file.period_over": _ALL,
    "file.competence_proposed": _REGULATOR,
    "file.competence_dropped": _REGULATOR,
    "file.competence_changed": _ALL,
    "file.shared": _REGULATOR,
    "file.share_ended": _REGULATOR,
    "file.letter_issued": _FIRMS,
    "file.requirement_set": _FIRMS,
    "file.requirement_filed": _REGULATOR,
    "file.requirement_met": _FIRMS,
    "file.requirement_not_met": _FIRMS,
    "file.requirement_lifted": _FIRMS,
    "file.report_filed": _REGULATOR,
    "file.report_accepted": _FIRMS,
    "file.report_returned": _FIRMS,
    "permit.return_ordered": _REGULATOR,
    "permit.return_begun": _ALL,
    "permit.return_stopped": _ALL,
    "permit.return_settled": _ALL,
    "complaint.filed": _FIRMS,
    "complaint.escalated": _ALL,
    "complaint.closed": _FIRMS,
    "report.opened": _FIRMS,
    "report.submitted": _SPONSOR | _REGULATOR,
    "report.signed": _APPLICANT | _REGULATOR,
    "report.returned": _FIRMS,
    "report.accepted": _FIRMS,
    "report.overdue": _ALL,
    "incident.reported": _SPONSOR | _REGULATOR,
    "incident.opened": _ALL,
    "incident.followed_up": _ALL,
    "incident.explained": _SPONSOR | _REGULATOR,
    "incident.asked_again": _FIRMS,
    "incident.closed": _FIRMS,
    "incident.confirmed": _ALL,
    "incident.lifted": _ALL,
    "incident.overdue": _ALL,
    "permit.order_in_force": _ALL,
    "permit.order_ended": _ALL,
    "permit.drill_began": _ALL,
    "permit.drill_ended": _ALL,
    "permit.key_created": _APPLICANT,
    "permit.key_revoked": _APPLICANT,
    "file.letter_signed": _FIRMS,
    "review.asked": _REGULATOR,
    "review.signed": _REGULATOR,
    "review.refused": _APPLICANT,
    "review.in_force": _APPLICANT,
    "review.withdrawn": _FIRMS,
    "review.lapsed": _FIRMS | _REGULATOR,
    "ledger.asked": _REGULATOR,
    "ledger.signed": _REGULATOR,
    "ledger.refused": _APPLICANT,
    "ledger.in_force": _APPLICANT,
    "ledger.failed": _REGULATOR,
    "ledger.closed": _FIRMS,
    "ledger.not_closed": _REGULATOR,
}
"""Kind of an audit entry to the seats that hear of it; of any other kind nobody does."""
_OF_OWNERS: Final[Mapping[str, frozenset[FileSeat]]] = {
    Owner.APPLICANT.value: _APPLICANT,
    Owner.SPONSOR.value: _SPONSOR,
    Owner.PARTIES.value: _FIRMS,
    Owner.REGULATOR.value: _REGULATOR,
    Owner.DUTY_OFFICER.value: _REGULATOR,
}
_BESIDE_THE_OWNER: Final[Mapping[str, frozenset[FileSeat]]] = {
    "file.reminded": frozenset(),
    "file.overdue": _REGULATOR,
    "file.period_over": _REGULATOR,
}
"""Kinds about a deadline, whose entry names its owner: who hears of it beside the owner."""
SET_ASIDE: Final = "webhook.set_aside"
"""The one kind that is about no file: those who manage the organisation's webhooks are told."""
PEOPLE: Final[Mapping[str, tuple[str, ...]]] = {
    "expert.invited": ("account",),
    "expert.ended": ("account",),
    "work.handed_over": ("from", "to"),
    "course.created": ("leads",),
    "course.reassigned": ("from", "to"),
    "course.archived": ("leads",),
    "course.opened_again": ("leads",),
    "course.corrected": ("students",),
    "course.due_set": ("students",),
    "course.extended": ("students",),
    "course.extension_revoked": ("students",),
    "course.exam_room_set": ("students",),
    "course.exam_room_moved": ("students",),
    "course.exam_closing": ("students",),
    "course.exam_extra": ("students",),
    "course.exam_reopened": ("students",),
    "course.exam_cancelled": ("students",),
    "course.feedback_released": ("student",),
    "course.certificate_issued": ("students",),
    "course.certificate_revoked": ("students",),
    "course.case_contested": ("told",),
    "course.case_contest_decided": ("student",),
    **{f"course.similarity_{act.value}": ("told",) for act in similarity_files.Act},
}
"""Kinds that tell the people whom their entry names in these fields (one, or a list of them), and
nobody else."""
EXAMS: Final = frozenset(
    {"exam_room_set", "exam_room_moved", "exam_closing", "exam_extra", "exam_reopened"}
)
"""Acts in a course that lead to the page of their exam; a cancelled one has none any more."""
CASES: Final = frozenset(
    {"case_signed", "case_signed_again", "case_contested", "case_contest_decided"}
)
"""Acts in a course that lead to its investigations."""
COURSES: Final = "course."
"""Kinds about a course or an assignment of it; their title is ``<course>/<assignment>``, of what is
about all of it ``<course>``."""
_PLACES: Final[Mapping[str, str]] = {
    "expert.invited": "expert",
    "expert.ended": "expert",
    "work.handed_over": "work",
    "course.certificate_issued": "certificates",
    "course.certificate_revoked": "certificates",
    **{f"course.similarity_{act.value}": "similarity" for act in similarity_files.Act},
}
FOR_GUESTS: Final = frozenset({"file.shared"})
"""What an authority hears of in a file that another one shows to it: that it is shown."""
NEEDS: Final[Mapping[str, Right]] = {
    kind: Right.READ_COMPLAINTS for kind in TOLD if kind.startswith("complaint.")
}
"""Kinds that only those with a right beside their seat hear of: not all of a firm."""


def told(kind: str, data: Mapping[str, Any]) -> frozenset[FileSeat]:
    """The seats that hear of an entry.

    Args:
        kind: the entry's.
        data: what the entry says.

    >>> sorted(told("file.overdue", {"owner": "sponsor"}))
    [<FileSeat.REGULATOR: 'regulator'>, <FileSeat.SPONSOR: 'sponsor'>]
    """
    seats = TOLD.get(kind, frozenset())
    if kind in _BESIDE_THE_OWNER:
        return seats & (_OF_OWNERS[data["owner"]] | _BESIDE_THE_OWNER[kind])
    return seats


@dataclass(frozen=True)
class Notice:
    """One thing one account is told.

    Attributes:
        entry: the audit entry's index; an account hears of an entry once.
        kind: the audit entry's kind, which has a wording in every language.
        file: the file that it is about; None for what is about an organisation's webhook.
        permit: the permit's number, once there is one.
        title: the product, as it was called then; the host of a webhook; the authority that
            invited, or in which work was handed over; the course and the assignment.
    """

    account: AccountName
    entry: int
    kind: str
    file: FileId | None
    permit: PermitNumber | None
    title: str
    at: datetime
    read_at: datetime | None = None

    @property
    def place(self) -> str:
        """Where it leads, behind the desk's address."""
        if self.kind.startswith(COURSES) and self.kind not in _PLACES:
            course, _, assignment = self.title.partition("/")
            if self.kind.removeprefix(COURSES) in CASES or assignment.startswith(PREFIX):
                return f"courses/{course}/investigations"
            if "/" not in self.title:
                return "courses"
            if self.kind.removeprefix(COURSES) in EXAMS:
                return f"courses/{self.title.replace('/', '/exams/')}"
            return f"courses/{self.title.replace('/', '#')}"
        return f"files/{self.file}" if self.file else _PLACES.get(self.kind, "webhooks")
