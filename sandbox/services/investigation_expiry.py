"""What becomes of scores that have expired: a year later their words are erased.

Rules:

1. An expired score counts no more; it is shown as expired until it is reduced.
2. A year after the end (``domain.retention``) answer, draft, acts, persons' marks and comments,
   words and reasons of contests are erased. What stays is that there was an attempt, its points,
   the rubric's version, who signed when, and the digests: signed mark sheets and the audit log rest
   on these.
3. A signature that was reduced can be compared with the audit log alone; it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.investigation_scores import Signature
from sandbox.domain.investigations import Draft
from sandbox.domain.regime import months_later
from sandbox.domain.retention import KINDS
from sandbox.store import UnitOfWork
from sandbox.store.investigation_score_tables import CaseOpinions, Contests, Signatures
from sandbox.store.investigation_tables import ActFiles, CaseFiles, SentAnswers

KEPT: Final = (
    *("course", "investigation", "case", "attempt", "answer", "seal", "lab", "rubric", "steps"),
    *("contest_until", "ends"),
)
KEPT_OF_MARKS: Final = ("lab", "version", "pass_mark", "points", "of", "passed")
AT_ONCE: Final = 100
"""Cases that one turn reduces at most."""


def reduce_expired(u: UnitOfWork, at: datetime) -> int:
    """Reduce what expired long enough ago.

    Args:
        u: a writing unit of work.
        at: now.

    Returns:
        Of how many cases.
    """
    months = KINDS["score"].months
    due = [
        each
        for each in Signatures(u.session).whole_first()
        if months_later(each.ends, months) <= at
    ]
    for each in due[:AT_ONCE]:
        _reduce(u, each.case, at)
    return len(due[:AT_ONCE])


def _reduce(u: UnitOfWork, case: str, at: datetime) -> None:
    signatures, contests = Signatures(u.session), Contests(u.session)
    for each in signatures.of([case]).get(case, ()):
        signatures.save(_reduced(each, at))
    for said in contests.of([case]).get(case, ()):
        contests.save(replace(said, words="", reasons=""))
    CaseOpinions(u.session).remove_of(case)
    answers, cases = SentAnswers(u.session), CaseFiles(u.session)
    answers.save(replace(answers.get(case), answer=Draft().as_answer()))
    cases.save(replace(cases.get(case), draft=Draft()))
    acts = ActFiles(u.session)
    if (done := acts.find(case)) is not None:
        acts.save(replace(done, acts=(), asked=None))


def _reduced(signature: Signature, at: datetime) -> Signature:
    said: Mapping[str, Any] = signature.content
    marks = {name: said["marks"][name] for name in KEPT_OF_MARKS}
    rest = {"marks": {**marks, "parts": []}, "levels": {}, "comment": "", "marked_by": []}
    content = {**{name: said[name] for name in KEPT}, **rest}
    return replace(signature, content=content, reason="", reduced_at=at)
