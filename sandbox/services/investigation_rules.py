"""What a course sets for the scores of its investigations: term of contests, end, pseudonyms.

Rules: set by a teacher who leads, noted in the audit log; what was signed keeps its terms.
Pseudonyms (the police profile) are switched on only where the course has nobody by name, and then
only a list of pseudonyms brings anybody in (``domain.class_pseudonyms``).
"""

from __future__ import annotations

from dataclasses import asdict, replace

from sandbox.domain.class_names import PersonName
from sandbox.domain.class_pseudonyms import require_pseudonyms
from sandbox.domain.investigation_scores import ScoreRules
from sandbox.services.classroom_people import require_open, students_of
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_scores import rules_of
from sandbox.store.investigation_score_tables import RulesOfScores
from sandbox.store.repositories import lock_name

SET = ("months", "contest_days", "pseudonyms")


def set_rules(room: Room, wanted: ScoreRules) -> ScoreRules:
    """Set the rules; author and moment of ``wanted`` are ours, and the same again changes nothing.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        InvalidInput: ``score.months``, ``score.contest_days``, ``score.not_pseudonyms``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    wanted.check()
    if wanted.pseudonyms:
        _require_nobody_by_name(room)
    lock_name(room.u.session, f"score_rules:{room.person.course}")
    held, before = RulesOfScores(room.u.session), rules_of(room)
    if all(getattr(before, name) == getattr(wanted, name) for name in SET):
        return before
    fresh = replace(
        before,
        **{name: getattr(wanted, name) for name in SET},
        set_by=room.person.account,
        set_at=room.at,
    )
    kept = held.save(fresh) if before.set_by else held.add(fresh)
    said = asdict(kept)
    room.u.audit.append(
        kind="course.scores_set",
        actor=room.person.account,
        subject=f"course/{room.person.course}",
        data={"course": room.person.course, **{name: said[name] for name in SET}},
        at=room.at,
    )
    return kept


def _require_nobody_by_name(room: Room) -> None:
    accounts = students_of(room.u, room.person.course, room.at)
    people = room.u.class_people.of_accounts(list(accounts))
    named = {name: PersonName(e.surname, e.given, e.patronymic) for name, e in people.items()}
    require_pseudonyms(named.get(each, PersonName(each, "")) for each in accounts)
