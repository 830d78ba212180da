"""What the states of files, permits, people, decisions and reviews are called.

Rules: a state's value is for programs; pages and wordings (``{state|state}``) show these words.

>>> state_text("under_review", "ru")
'На рассмотрении'
>>> state_text("not a state", "en")
'not a state'
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.locale.catalogue import N_, Language, translator

STATES: Final[Mapping[str, str]] = {
    "ordered": N_("Ordered"),
    "running": N_("Under way"),
    "ready": N_("Ready"),
    "failed": N_("Failed"),
    "exam_not_started": N_("Not started"),
    "exam_running": N_("Time runs"),
    "exam_paused_now": N_("Paused"),
    "exam_over": N_("Time is over"),
    "exam_opened": N_("Exam room opened"),
    "exam_started": N_("Exam started"),
    "exam_admitted": N_("Let into another exam room"),
    "exam_paused": N_("Exam paused"),
    "exam_resumed": N_("Exam goes on"),
    "exam_extra": N_("Extra minutes given"),
    "exam_closing": N_("Closing of an exam room moved"),
    "exam_reopened": N_("Closed exam room opened again"),
    "exam_late": N_("Hand-in after the end refused"),
    "exam_incident": N_("Incident in an exam"),
    "draft": N_("Draft"),
    "submitted": N_("Submitted"),
    "sponsor_signed": N_("Signed by the sponsor"),
    "under_review": N_("Under review"),
    "question_open": N_("Question open"),
    "committee": N_("Before the Committee"),
    "decided": N_("Waiting for the second signature"),
    "activating": N_("Being put in force"),
    "active": N_("Active"),
    "suspended": N_("Suspended"),
    "halted": N_("Halted"),
    "expired": N_("Expired"),
    "revoked": N_("Revoked"),
    "refused": N_("Refused"),
    "withdrawn": N_("Withdrawn"),
    "surrendered": N_("Surrendered"),
    "completed": N_("Completed"),
    "graduated": N_("Graduated"),
    "refusal_appealed": N_("Refusal appealed"),
    "revocation_appealed": N_("Revocation appealed"),
    # what the public may learn
    "valid": N_("Valid"),
    "ended": N_("Ended"),
    # customers, test money, decisions
    "invited": N_("Invited"),
    "consented": N_("Consented"),
    "registered": N_("Registered"),
    "released": N_("Released"),
    # a team's own wallets
    "joining": N_("Joining"),
    "left": N_("Taken out"),
    "proposed": N_("Proposed"),
    "in_force": N_("In force"),
    "overtaken": N_("Overtaken"),
    "lapsed": N_("Lapsed"),
    # who teaches for a time
    "assistant": N_("Assistant"),
    "substitute": N_("Substitute"),
    "second_marker": N_("Second marker"),
    # how far a student is with an assignment
    "work_not_fetched": N_("Not fetched"),
    "work_fetched": N_("Fetched, not handed in"),
    "work_waiting": N_("Waits for grading"),
    "work_marking": N_("Waits for a teacher's mark"),
    "work_graded": N_("Graded"),
    "work_failed": N_("Grading failed"),
    "work_late": N_("Handed in late"),
    # marks that go back to learning platforms, and why one did not
    "mark_waiting": N_("Waits to be sent"),
    "mark_sent": N_("Sent"),
    "mark_failed": N_("Not sent"),
    "mark_held": N_("Held back: switched off"),
    "mark_unreleased": N_("Waits for the feedback to be released"),
    "mark_no_platform": N_("Came by no platform"),
    "passback_out_of_reach": N_("The platform does not answer."),
    "passback_unheard": N_("The platform does not answer."),
    "passback_busy": N_("The platform asks to come again later."),
    "passback_no_token": N_(
        "The platform does not recognise this install: whoever runs it has to register its key"
        " there."
    ),
    "passback_not_configured": N_(
        "The platform is not configured for marks here any more: tell whoever runs this install."
    ),
    "passback_not_let_in": N_("The platform does not let us write into its grade book."),
    "passback_gone": N_(
        "The column is not in the platform's grade book any more. Once the student has opened the"
        " link there again, send it again."
    ),
    "passback_overtaken": N_(
        "The platform holds a newer mark, which somebody gave there. Sending again overwrites it."
    ),
    "passback_rejected": N_(
        "The platform refuses the mark: perhaps the student is not in the course there any more."
    ),
    "passback_no_line_item": N_(
        "The platform lets us make no column: put a link to the assignment itself into the course"
        " there."
    ),
    "passback_no_points": N_("There are no points to get."),
    "similarity_open": N_("Waits for the student's answer"),
    "similarity_answered": N_("Being decided"),
    "similarity_proposed": N_("Waits for a second person"),
    "similarity_decided": N_("Decided, can be appealed"),
    "similarity_appealed": N_("Appealed"),
    "similarity_ended": N_("File closed"),
    "finding_no_case": N_("No case"),
    "finding_allowed": N_("Cooperation was allowed"),
    "finding_breach": N_("Breach of the rules"),
    "finding_overturned": N_("Overturned: no breach"),
    # class lists
    "list_draft": N_("Not confirmed"),
    "list_confirmed": N_("Confirmed"),
    "list_undone": N_("Undone"),
    # periodic reports
    "report_due": N_("Report to be submitted"),
    "report_submitted": N_("Report submitted"),
    "report_signed": N_("Report signed by the sponsor"),
    "report_returned": N_("Report returned for correction"),
    "report_accepted": N_("Report accepted"),
    # incidents
    "incident_interim": N_("Automatic, not confirmed yet"),
    "incident_open": N_("Incident open"),
    "incident_final": N_("Final report filed"),
    "incident_closed": N_("Incident closed"),
    # contract review
    "asked": N_("Waiting for a decision"),
    "signed": N_("Waiting for the second signature"),
    "approving": N_("Being put on chain"),
    "approved": N_("Approved"),
    "withdrawing": N_("Being withdrawn"),
    # supervised ledgers
    "admitting": N_("Being put on chain"),
    "admitted": N_("Admitted"),
    "ledger_closing": N_("Being closed"),
    "ledger_closed": N_("Closed for good"),
    # requirements without a number
    "requirement_open": N_("Not shown yet"),
    "evidence_filed": N_("Evidence filed"),
    "met": N_("Met"),
    "not_met": N_("Not met"),
    "lifted": N_("Lifted"),
    "overdue": N_("Overdue"),
    "due_soon": N_("Due soon"),
}


def state_text(value: str, lang: Language) -> str:
    """A state in words; the value itself when it is none of ours."""
    return translator(lang).gettext(STATES[value]) if value in STATES else value
