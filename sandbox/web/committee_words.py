"""The Committee's and the experts' vocabulary in words; ``words`` takes these tables in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.locale.catalogue import N_

COMMITTEE: Final[Mapping[str, str]] = {
    "chair": N_("Chair"),
    "member": N_("Member"),
    "secretary": N_("Secretary"),
    "recorded": N_("Waiting for confirmation"),
    "confirmed": N_("Confirmed"),
    "dropped": N_("Dropped"),
    "called": N_("Called"),
    "in_session": N_("In session"),
    "signing": N_("Minutes waiting for signatures"),
    "closed": N_("Minutes closed"),
    "cancelled": N_("Cancelled"),
    "recommend_grant": N_("Recommend the grant"),
    "recommend_refusal": N_("Recommend the refusal"),
    "recommend_return": N_("Recommend the return for correction"),
    "postpone": N_("Postpone"),
    "no_quorum": N_("Left over: no quorum"),
    "taken_off": N_("Taken off the agenda"),
    "for": N_("For"),
    "against": N_("Against"),
    "abstain": N_("Abstained"),
    "when_constituted": N_("Once the Committee has members in office"),
    "always": N_("Always"),
    "never": N_("Never"),
    "declared": N_("Declared"),
    "seat": N_("Acted in this file in another seat"),
    "organisation": N_("Belongs to the applicant or the sponsor"),
    "expert_invited": N_("Undertaking not accepted yet"),
    "expert_reading": N_("Reading the file"),
    "opinion_filed": N_("Opinion filed"),
    "expert_ended": N_("Ended"),
}
TONES: Final[Mapping[str, str]] = {
    "recorded": "warn",
    "called": "accent",
    "in_session": "accent",
    "signing": "warn",
    "closed": "good",
    "recommend_grant": "good",
    "recommend_refusal": "bad",
    "recommend_return": "warn",
    "postpone": "warn",
    "no_quorum": "warn",
    "expert_invited": "warn",
    "expert_reading": "accent",
    "opinion_filed": "good",
}
SAID: Final[Mapping[str, str]] = {
    "recorded": N_("Recorded. A second person must confirm it."),
    "confirmed": N_("Confirmed."),
    "dropped": N_("Dropped."),
    "called": N_("The sitting is called."),
    "cancelled": N_("The sitting is cancelled."),
    "opened": N_("The sitting is open."),
    "attendance": N_("Attendance is recorded."),
    "conflict": N_("The conflict is recorded."),
    "conflict_withdrawn": N_("The declaration is taken back."),
    "voted": N_("The vote is recorded."),
    "struck": N_("The vote is struck; vote again."),
    "left_over": N_("The item is left for another sitting."),
    "drawn_up": N_("The minutes are drawn up. Chair and secretary sign them."),
    "minutes_signed": N_("Signed."),
    "minutes_returned": N_("The minutes are sent back; the sitting goes on."),
    "on_agenda": N_("The file is on the agenda."),
    "off_agenda": N_("The file is off the agenda and under review again."),
    "expert_invited": N_("The expert is invited."),
    "expert_ended": N_("The invitation has ended."),
    "undertaking_accepted": N_("Accepted. You can read the file now."),
    "opinion_filed": N_("Your opinion is filed."),
}
