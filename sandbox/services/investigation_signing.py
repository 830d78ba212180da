"""Signing scores: an act of a teacher who leads, proved just then, over exactly what was read.

Numbered plan:

1. A draft says all that would be signed: case, answer by its hash, seal, marks, rubric and steps by
   their versions, comment, who marked. Its hash travels with the form.
2. Signing makes the draft again, from what is held: another than was read refuses it, and so does
   an answer that is not what was handed in.
3. The signed version gets its term and its end, and is kept; its digest goes into the audit log in
   the same transaction.
4. The trainee's result is entered among the course's marks (``investigation_results``).
5. A further version is steps 1 to 4 with a reason; the end stays that of the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sandbox.domain.investigation_scores import Signature, Stage, check_words, digest_of
from sandbox.domain.regime import months_later
from sandbox.domain.seats import Actor, require_just_proved
from sandbox.forensics.scoring import steps
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import Conflict, IntegrityFailure
from sandbox.services import investigations
from sandbox.services.acts import require_read
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_results import enter_results, hold
from sandbox.services.investigation_scores import (
    SIGNED,
    SIGNED_AGAIN,
    Score,
    rules_of,
    score_of,
)
from sandbox.services.investigation_work import digest
from sandbox.store.investigation_score_tables import Signatures

TERMS = ("contest_until", "ends")
"""What of a signed content is set when it is signed."""


def draft(score: Score) -> Mapping[str, Any]:
    """Step 1: what would be signed.

    Raises:
        Conflict: ``score.unreckoned``, ``score.parts_open``, ``score.second_waits``,
            ``score.reset``.
        IntegrityFailure: ``score.answer_altered``.
    """
    answer, marks, opinion = score.answer, score.marks, score.opinion
    if score.case.reset_at is not None:
        raise Conflict("score.reset")
    if answer is None or marks is None:
        raise Conflict("score.unreckoned")
    if marks.open:
        raise Conflict("score.parts_open")
    if opinion is not None and opinion.asks:
        raise Conflict("score.second_waits")
    if digest(answer.answer) != answer.sha256:
        raise IntegrityFailure("score.answer_altered")
    return {
        "course": score.investigation.course,
        "investigation": score.investigation.id,
        "case": score.case.id,
        "trainee": score.case.trainee,
        "attempt": score.case.attempt,
        "answer": answer.sha256,
        "handed_in": answer.at.isoformat(),
        "seal": score.case.seal,
        "lab": marks.rubric.lab,
        "rubric": marks.rubric.version,
        "steps": steps.VERSION,
        "marks": marks.as_data(),
        "levels": dict(opinion.levels) if opinion else {},
        "comment": opinion.comment if opinion else "",
        "marked_by": [each.author for each in score.opinions],
    }


def seen_of(content: Mapping[str, Any]) -> str:
    """What names exactly this draft, hex."""
    return content_hash({k: v for k, v in content.items() if k not in TERMS}).hex()


def differs(score: Score) -> bool:
    """Whether what would be signed now is something else than what is signed."""
    newest = score.signature
    if newest is None or newest.reduced_at is not None or score.stage is not Stage.SIGNED:
        return False
    try:
        return seen_of(draft(score)) != seen_of(newest.content)
    except Conflict:
        return True


def sign(
    room: Room, actor: Actor, investigation: str, case: str, *, seen: str, reason: str = ""
) -> Signature:
    """Steps 2 to 5.

    Args:
        room: of a teacher who leads.
        actor: the same person, who proved just now who they are.
        investigation: which.
        case: whose score.
        seen: of the draft that was read.
        reason: why there is a further version.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``,
            ``seat.needs_browser``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        NotFound: ``investigation.not_found``.
        InvalidInput: ``score.words_missing``, ``score.words_long``.
        Conflict: ``score.contest_open``, ``score.nothing_differs``, ``act.other_than_read``, and
            those of ``draft``.
        IntegrityFailure: ``score.answer_altered``, ``score.altered``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    score = score_of(room, investigation, case, lock=True)
    hold(room, score.investigation)
    if score.contested:
        raise Conflict("score.contest_open")
    fresh = draft(score)
    if score.versions and not differs(score):
        raise Conflict("score.nothing_differs")
    require_read(seen, seen_of(fresh))
    words = check_words(reason, needed=bool(score.versions))
    require_just_proved(actor, room.at)
    made = keep(room, score, words)
    enter_results(room, score.investigation, score.case)
    return made


def keep(room: Room, score: Score, reason: str) -> Signature:
    """Step 3: sign what a score is now; who may is the caller's to say.

    Args:
        room: of who signs.
        score: held.
        reason: of a further version.
    """
    rules, before = rules_of(room), score.signature
    ends = before.ends if before else months_later(room.at, rules.months)
    until = room.at + timedelta(days=rules.contest_days)
    terms = {"contest_until": until.isoformat(), "ends": ends.isoformat()}
    content = {**draft(score), **terms}
    version = before.version + 1 if before else 1
    case, by = score.case.id, room.person.account
    made = Signatures(room.u.session).add(
        Signature(
            case=case,
            version=version,
            by=by,
            at=room.at,
            reason=reason,
            content=content,
            digest=digest_of(case, version, by, room.at, reason, content),
        )
    )
    kind = (SIGNED_AGAIN if before else SIGNED).removeprefix("course.")
    investigations.note(
        room,
        score.investigation,
        kind,
        {
            "case": case,
            "student": score.case.trainee,
            "version": version,
            "digest": made.digest,
            "answer": content["answer"],
            "seal": content["seal"],
            "rubric": f"{content['lab']}/{content['rubric']}",
            "points": content["marks"]["points"],
        },
    )
    return made
