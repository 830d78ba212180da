"""The score of a case as it stands: what a machine and persons marked, what is signed, contested.

One place that reads it all; acts are in ``investigation_marking``, ``investigation_signing`` and
``investigation_contests``. Names of trainees are not looked up here: who shows a score decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigation_scores import (
    Contest,
    ContestState,
    Opinion,
    ScoreRules,
    Signature,
    Stage,
)
from sandbox.domain.investigations import CaseFile, Investigation, SentAnswer
from sandbox.domain.marking import MarkingRules, pseudonym
from sandbox.forensics.scoring import Marks, completed, read_marks, share_of
from sandbox.kit.errors import IntegrityFailure, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services import investigations
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_places import people_of
from sandbox.store.investigation_score_tables import (
    CaseOpinions,
    Contests,
    RulesOfScores,
    Signatures,
)
from sandbox.store.investigation_tables import CaseFiles, SentAnswers

SIGNED, SIGNED_AGAIN = "course.case_signed", "course.case_signed_again"


@dataclass(frozen=True)
class Score:
    """The score of one case.

    Attributes:
        answer: None: not handed in.
        opinions: of persons, the first first.
        versions: signed ones, the newest first.
        contests: the newest first.
    """

    investigation: Investigation
    case: CaseFile
    answer: SentAnswer | None
    opinions: tuple[Opinion, ...] = ()
    versions: tuple[Signature, ...] = ()
    contests: tuple[Contest, ...] = ()

    @property
    def code(self) -> str:
        """What markers see instead of a name."""
        rules = MarkingRules(secret=self.investigation.secret)
        return pseudonym(rules, AccountName(self.case.id))

    @property
    def opinion(self) -> Opinion | None:
        """The person's marks that count."""
        return self.opinions[-1] if self.opinions else None

    @property
    def signature(self) -> Signature | None:
        """The version that stands."""
        return self.versions[0] if self.versions else None

    @property
    def contest(self) -> Contest | None:
        """The newest contest."""
        return self.contests[0] if self.contests else None

    @property
    def contested(self) -> bool:
        """Whether somebody has to decide a contest."""
        return self.contest is not None and self.contest.state is ContestState.OPEN

    @property
    def machine(self) -> Marks | None:
        """What was reckoned; None: marked later."""
        said = self.answer.marks if self.answer else None
        return None if said is None else read_marks(said)

    @property
    def marks(self) -> Marks | None:
        """What was reckoned, with what persons marked."""
        found, newest = self.machine, self.opinion
        if found is None or newest is None:
            return found
        given = {
            part: share_of(part, levels) if levels else None
            for part, levels in newest.levels.items()
        }
        return completed(found, given)

    @property
    def stage(self) -> Stage:
        """Where it stands."""
        if self.versions:
            return Stage.SIGNED
        found = self.marks
        if found is None:
            return Stage.UNRECKONED
        if found.open:
            return Stage.TO_MARK
        return Stage.SECOND if self.opinion is not None and self.opinion.asks else Stage.TO_SIGN

    def counts(self, at: datetime) -> bool:
        """Whether it counts: signed, not reset, not expired."""
        newest = self.signature
        return newest is not None and newest.in_force(at) and self.case.reset_at is None


def rules_of(room: Room) -> ScoreRules:
    """What the course sets for scores."""
    return RulesOfScores(room.u.session).in_force(room.person.course)


def scores_of(room: Room, found: Investigation, cases: Iterable[CaseFile]) -> tuple[Score, ...]:
    """The scores of some cases of an investigation, in their order.

    Raises:
        IntegrityFailure: ``score.altered``.
    """
    listed = tuple(cases)
    ids, session = [each.id for each in listed], room.u.session
    answers = SentAnswers(session).of(ids)
    opinions, contests = CaseOpinions(session).of(ids), Contests(session).of(ids)
    versions = Signatures(session).of(ids)
    intact(room, *(each for group in versions.values() for each in group))
    return tuple(
        Score(
            found,
            each,
            answers.get(each.id),
            opinions.get(each.id, ()),
            versions.get(each.id, ()),
            contests.get(each.id, ()),
        )
        for each in listed
    )


def all_scores(room: Room, investigation: str) -> tuple[Score, ...]:
    """The scores of everything that was handed in and not reset, for teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``investigation.not_found``.
        IntegrityFailure: ``score.altered``.
    """
    room.person.require(CourseRole.TEACHER)
    found = investigations.one(room, investigation)
    cases = CaseFiles(room.u.session).of(found.id)
    scores = scores_of(room, found, (each for each in cases if each.reset_at is None))
    return tuple(each for each in scores if each.answer is not None)


def own_scores(room: Room, investigation: str) -> tuple[Score, ...]:
    """The reader's own, by attempt.

    Raises:
        NotFound: ``investigation.not_found``.
        IntegrityFailure: ``score.altered``.
    """
    found = investigations.one(room, investigation)
    return scores_of(room, found, investigations.own_cases(room, found.id))


def score_of(room: Room, investigation: str, case: str, *, lock: bool = False) -> Score:
    """Of one trainee's case, for teachers.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``investigation.not_found``: also while nothing was handed in.
        IntegrityFailure: ``score.altered``.
    """
    found, there = investigations.of_a_trainee(room, investigation, case, lock=lock)
    return _answered(scores_of(room, found, (there,))[0])


def own_score(room: Room, investigation: str, case: str, *, lock: bool = False) -> Score:
    """Of the reader's own case.

    Raises:
        NotFound: ``investigation.not_found``.
        IntegrityFailure: ``score.altered``.
    """
    found = investigations.one(room, investigation)
    mine = CaseFiles(room.u.session).find(case, lock=lock)
    own = mine is not None and room.person.account in people_of(room, mine)
    if mine is None or mine.investigation != found.id or not own:
        raise NotFound("investigation.not_found", id=case[:64])
    return _answered(scores_of(room, found, (mine,))[0])


def intact(room: Room, *versions: Signature) -> None:
    """Refuse versions that are not what was signed: by themselves or by the audit log.

    Raises:
        IntegrityFailure: ``score.altered``.
    """
    if not versions:
        return
    entries = room.u.audit.of_kinds(f"course/{room.person.course}", (SIGNED, SIGNED_AGAIN))
    logged: dict[tuple[str, int], str] = {}
    for entry in entries:
        said: Mapping[str, Any] = entry.body["data"] if entry.body is not None else {}
        if said:
            logged[said["case"], said["version"]] = said["digest"]
    for each in versions:
        if not each.holds or logged.get((each.case, each.version)) != each.digest:
            raise IntegrityFailure("score.altered", version=each.version)


def _answered(score: Score) -> Score:
    if score.answer is None:
        raise NotFound("investigation.not_found", id=score.case.id)
    return score
