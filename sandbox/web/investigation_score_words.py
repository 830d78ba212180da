"""What the pages of reports, marking and scores call things."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sandbox.domain.investigation_scores import ContestState, Stage
from sandbox.locale.catalogue import N_

TEXTS: Final[Mapping[str, str]] = {
    "summary": N_("Summary"),
    "policy_reason": N_("Why this policy"),
    "limits": N_("What is not certain"),
    "conclusion": N_("Conclusion"),
}
TEXT_HINTS: Final[Mapping[str, str]] = {
    "summary": N_("What happened, in a few sentences that need no explanation."),
    "policy_reason": N_("Why you followed the money by this policy, for a judge who doubts it."),
    "limits": N_("What you assumed, what could be otherwise, and how sure you are."),
    "conclusion": N_("What follows from what you found, and nothing more."),
}
HEURISTICS: Final[Mapping[str, str]] = {
    "airdrop": N_("Common airdrop"),
    "authorisation": N_("Authorised for oneself"),
    "bridge": N_("Two legs of a bridge"),
    "busy": N_("Busy address as a service"),
    "deposit": N_("Reuse of a deposit address"),
    "funder": N_("Common payer of fees"),
    "mixer": N_("Matching through a mixer"),
    "name": N_("Likeness of names"),
    "peel": N_("Peel chain"),
    "tag": N_("Tags of others"),
}
LIMITS: Final[Mapping[str, str]] = {
    "bridge": N_("The money went over a bridge"),
    "gold": N_("The money was exchanged into gold tokens"),
    "mixer": N_("The money went through a mixer"),
    "policy": N_("Another policy would give other figures"),
    "services": N_("The trace stops at the books of a service"),
    "tags": N_("Tags may be wrong"),
}
STAGES: Final[Mapping[str, str]] = {
    Stage.UNRECKONED: N_("Marked later"),
    Stage.TO_MARK: N_("To be marked"),
    Stage.SECOND: N_("Second look"),
    Stage.TO_SIGN: N_("To be signed"),
    Stage.SIGNED: N_("Signed"),
}
CONTESTS: Final[Mapping[str, str]] = {
    ContestState.OPEN: N_("Contested"),
    ContestState.UPHELD: N_("Contest: the score stands"),
    ContestState.CHANGED: N_("Contest: the score was changed"),
}
LEVELS: Final[Mapping[str, str]] = {
    "0": N_("No"),
    "1": N_("In part"),
    "2": N_("Yes"),
}
