"""How far the trainees of an investigation are, for their trainers; nothing of any truth.

Who does not get on stands first: nobody changed anything in the case for `STUCK` minutes. Minutes
of a pause do not count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigation_scores import Signature
from sandbox.domain.investigations import CaseFile, Investigation, SentAnswer
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_people import by_name, students_of
from sandbox.services.classroom_room import Room
from sandbox.store.investigation_score_tables import Signatures
from sandbox.store.investigation_tables import CaseFiles, SentAnswers
from sandbox.store.investigation_team_tables import Places

STUCK: Final = 20
"""Minutes without a change after which somebody may need help."""


class Stage(StrEnum):
    """Where a trainee is, in the order in which a trainer looks at them."""

    STUCK = "stuck"
    WORKING = "working"
    NOT_STARTED = "not_started"
    HANDED_IN = "handed_in"


@dataclass(frozen=True, slots=True)
class Answered:
    """A case and what was handed in for it.

    Attributes:
        idle: minutes since its last change, pauses left out; None: it is closed.
    """

    case: CaseFile
    answer: SentAnswer | None
    idle: int | None = None
    signed: Signature | None = None

    @property
    def points(self) -> str | None:
        """Points as text, once it is marked: those that are signed, else what was reckoned."""
        if self.signed is not None:
            return str(self.signed.content["marks"]["points"])
        marks = self.answer.marks if self.answer else None
        return None if marks is None else str(marks["points"])

    @property
    def most(self) -> str:
        """The most that could be had."""
        marks = self.answer.marks if self.answer else None
        return "" if marks is None else str(marks["of"])

    @property
    def steps(self) -> int:
        """Of `STEPS`: an address judged, hops noted, places named, a policy declared, handed in."""
        draft = self.case.draft
        done = (draft.opinions, draft.hops, draft.located, draft.policy, self.case.handed_in_at)
        return sum(bool(each) for each in done)


STEPS: Final = 5


@dataclass(frozen=True, slots=True)
class Row:
    """A trainee, or a team.

    Attributes:
        trainee: of a team the first.
        cases: the newest first; none: not started.
        team: its number; None: somebody who works alone.
        people: everybody of it.
    """

    trainee: AccountName
    cases: tuple[Answered, ...]
    team: int | None
    people: tuple[AccountName, ...]

    @property
    def newest(self) -> Answered | None:
        """The case that counts."""
        return next((each for each in self.cases if each.case.reset_at is None), None)

    @property
    def stage(self) -> Stage:
        """Where they are."""
        newest = self.newest
        if newest is None:
            return Stage.NOT_STARTED
        if newest.idle is None:
            return Stage.HANDED_IN
        return Stage.STUCK if newest.idle >= STUCK else Stage.WORKING


def rows(room: Room, found: Investigation) -> tuple[Row, ...]:
    """Every trainee of the course, who does not get on first; also who has left and has a case.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    now = min(found.paused_at or room.at, found.due)
    cases = [
        replace(each, idle=_idle(found, each.case, now))
        for each in with_answers(room, CaseFiles(room.u.session).of(found.id))
    ]
    teams: dict[int, tuple[AccountName, ...]] = {}
    for place in Places(room.u.session).of(found.id):
        teams[place.team] = (*teams.get(place.team, ()), place.trainee)
    grouped = {name for names in teams.values() for name in names}
    people = {*students_of(room.u, room.person.course, room.at)} - grouped
    people |= {each.case.trainee for each in cases if each.case.team is None}
    latest = cases[::-1]
    listed = [_row(latest, None, (name,)) for name in by_name(room.u, people)]
    listed += [_row(latest, team, by_name(room.u, names)) for team, names in teams.items()]
    return tuple(sorted(listed, key=_urgency))


def _row(latest: list[Answered], team: int | None, people: tuple[AccountName, ...]) -> Row:
    own = (
        each
        for each in latest
        if each.case.team == team and (team is not None or each.case.trainee == people[0])
    )
    return Row(people[0], tuple(own), team, people)


def counts(rows: Iterable[Row]) -> Mapping[Stage, int]:
    """How many trainees are at each stage."""
    found: Counter[Stage] = Counter()
    for each in rows:
        found[each.stage] += len(each.people)
    return {each: found[each] for each in Stage}


def with_answers(room: Room, cases: Iterable[CaseFile]) -> tuple[Answered, ...]:
    """Cases with their answers, in their order."""
    listed = tuple(cases)
    answers = SentAnswers(room.u.session).of(each.id for each in listed)
    signed = Signatures(room.u.session).of(each.id for each in listed)
    return tuple(
        Answered(each, answers.get(each.id), signed=next(iter(signed.get(each.id, ())), None))
        for each in listed
    )


def _idle(found: Investigation, case: CaseFile, now: datetime) -> int | None:
    if not case.is_open:
        return None
    last = max(each for each in (case.started_at, case.worked_at, found.resumed_at) if each)
    return max(int((now - last).total_seconds()) // 60, 0)


def _urgency(row: Row) -> tuple[int, int]:
    idle = row.newest.idle if row.newest else None
    return list(Stage).index(row.stage), -(idle or 0)
