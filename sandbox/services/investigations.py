"""Investigations of a course: opened by trainers, started by trainees.

Numbered plan of a start:

1. May this trainee start, and which attempt would it be? (``may_start``)
2. The case is executed by the worker, ahead of time or now (``investigation_orders``). Where an
   install does not execute cases, it is planned and its truth sealed here, outside any
   transaction: it takes a second or two (``sealed``). The same attempt gives the same case, so that
   two presses cannot give two.
3. Once more with the store held: who was first has kept it, and everybody else finds it
   (``keep``).

What is public and what is sealed are files by their hashes, in folders of their own beside
coursework; no use case of a trainee opens the sealed ones, or those that nodes are started from.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sandbox.domain.case_orders import Prepared
from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigation_acts import ACTING, ActFile
from sandbox.domain.investigation_teams import Place, Power
from sandbox.domain.investigations import (
    CaseFile,
    Draft,
    Investigation,
    SentAnswer,
    check_opening,
    check_time,
    check_truth,
    next_attempt,
)
from sandbox.forensics.acting import State, World, seen, state
from sandbox.forensics.acting.acts import read
from sandbox.forensics.cases import Case, Public, Recipe, case_seed, plan, read_public, recipe
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import Conflict, IntegrityFailure, NotFound
from sandbox.kit.ids import AccountName
from sandbox.services.cases.happened import Happened, happened
from sandbox.services.cases.making import with_keys
from sandbox.services.cases.packed import with_truth
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_places import cases_of, highest, own_place, team_of
from sandbox.store import UnitOfWork
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.investigation_score_tables import Signatures
from sandbox.store.investigation_tables import ActFiles, CaseFiles, Investigations, SentAnswers
from sandbox.store.repositories import lock_name

SECRET_BYTES: Final = 32
OPEN_FOLDER: Final = "investigations"
SEALED_FOLDER: Final = "investigations-sealed"
TABLES_FOLDER: Final = "investigations-tables"
ENGINE_FOLDER: Final = "investigations-engine"
_KEPT: Final = 64
"""Public parts that are kept read: about 2 MB each."""


@dataclass(frozen=True, slots=True)
class Begun:
    """What a start is planned from.

    Attributes:
        attempt: which it would be.
        there: the case that is worked on already; nothing is planned then.
        team: whose it is; None: the trainee's alone.
    """

    investigation: Investigation
    trainee: AccountName
    attempt: int
    there: CaseFile | None
    team: int | None = None

    @property
    def owner(self) -> str:
        """For whom the case is made, as its seed has it; no account is named like a class or team.

        Everybody of an investigation with a code has the same case.
        """
        if self.investigation.code:
            return "class:"
        return self.trainee if self.team is None else f"team:{self.team}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A case as it is kept.

    Attributes:
        public: canonical JSON of what may be seen.
        truth: canonical JSON of the truth and the salt of its seal.
        seal: the commitment, hex.
    """

    public: bytes
    truth: bytes = field(repr=False)
    seal: str


@dataclass(frozen=True)
class Acted:
    """What was done on a case with the law's clock, and what came of it.

    Attributes:
        world: what the clock goes on; nothing of it is for who acts.
        now: what the acts came to.
    """

    file: ActFile
    world: World = field(repr=False)
    now: State = field(repr=False)


@dataclass(frozen=True)
class Held:
    """A case with what may be seen of it.

    Attributes:
        public: in a lab with the law's clock up to the clock's moment alone.
        answer: None: not handed in.
        chain: what happened; None: the case is planned, and was not executed.
        acted: None: nobody acts in this lab.
        power: what the reader may do in it.
        people: whose it is.
    """

    investigation: Investigation
    case: CaseFile
    public: Public
    answer: SentAnswer | None
    chain: Happened | None = None
    acted: Acted | None = None
    power: Power = Power.ALL
    people: tuple[Place, ...] = ()

    def open_at(self, at: datetime) -> bool:
        """Whether it can be worked on."""
        found = self.investigation
        running = at >= found.opens and not found.is_over(at) and found.paused_at is None
        return self.case.is_open and running


def open_one(
    room: Room, *, lab: str, difficulty: str, opens: datetime, due: datetime, attempts: int
) -> Investigation:
    """Open an investigation in a course.

    Args:
        room: of a teacher who leads.
        lab: of the curriculum.
        difficulty: ``easy``, ``medium`` or ``hard``.
        opens: from when cases can be started.
        due: until when answers are taken.
        attempts: cases that each trainee may start.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        InvalidInput: as ``domain.investigations.check_opening``.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    check_opening(lab, difficulty, opens, due, attempts)
    made = Investigations(room.u.session).add(
        Investigation(
            id=uuid.uuid4().hex,
            course=room.person.course,
            lab=lab,
            difficulty=difficulty,
            opens=opens,
            due=due,
            attempts=attempts,
            secret=secrets.token_hex(SECRET_BYTES),
            opened_by=room.person.account,
            opened_at=room.at,
        )
    )
    said = {"lab": lab, "difficulty": difficulty, "attempts": attempts}
    note(room, made, "investigation_opened", said)
    return made


def all_of(room: Room) -> tuple[Investigation, ...]:
    """The investigations of a course, the newest first."""
    return Investigations(room.u.session).of(room.person.course)


def one(room: Room, investigation: str) -> Investigation:
    """An investigation of the course.

    Raises:
        NotFound: ``investigation.not_found``.
    """
    found = Investigations(room.u.session).find(investigation)
    if found is None or found.course != room.person.course:
        raise NotFound("investigation.not_found", id=investigation[:64])
    return found


def own_cases(room: Room, investigation: str) -> tuple[CaseFile, ...]:
    """The reader's own cases, or their team's, by attempt."""
    return cases_of(room, investigation, own_place(room, investigation))


def may_start(room: Room, investigation: str) -> Begun:
    """Step 1 of a start.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.not_open_yet``, ``investigation.past_due``,
            ``investigation.attempts_used``.
    """
    person = room.person
    person.require(CourseRole.STUDENT)
    require_open(room.u, person.course)
    found = one(room, investigation)
    check_time(found, room.at)
    place = own_place(room, found.id)
    own = cases_of(room, found.id, place)
    there = next((each for each in own if each.is_open), None)
    if there is not None:
        return Begun(found, person.account, there.attempt, there, there.team)
    attempt = max(next_attempt(found, own), highest(room, found.id, place) + 1)
    return Begun(found, person.account, attempt, None, place.team if place else None)


def seed_of(found: Investigation, owner: str, attempt: int) -> bytes:
    """The seed of an attempt; secret."""
    secret = bytes.fromhex(found.secret)
    return case_seed(secret, who=owner, lab=found.lab, attempt=attempt)


def recipe_of(found: Investigation) -> Recipe:
    """By which recipe the cases of an investigation are planned."""
    return recipe(found.difficulty)


def planned(begun: Begun) -> Case:
    """The case of an attempt as it is, or would be, planned; its keys are those of its chain.

    What was executed, or is about to be, has wallets with keys; what is only planned has none.
    """
    found = begun.investigation
    seed = seed_of(found, begun.owner, begun.attempt)
    if begun.there is not None and begun.there.tables is not None:
        return with_keys(seed, recipe_of(found))[0]
    return plan(seed, recipe_of(found))


def sealed(begun: Begun) -> Sealed:
    """Step 2: plan the case and seal its truth; the truth's traces take longest."""
    case = planned(begun)
    truth = canonical({"truth": case.truth().as_data(), "salt": case.salt.hex()})
    return Sealed(case.public().canonical(), truth, case.seal().hex())


def keep(room: Room, begun: Begun, made: Sealed) -> CaseFile:
    """Step 3: keep a case, unless it is there.

    Args:
        room: of the trainee.
        begun: of step 1.
        made: of step 2.

    Raises:
        NotAllowed: as `may_start`.
        Conflict: as `may_start`; also when the attempt was reset meanwhile.
    """
    hold(room.u, begun.investigation.id, _asker(begun))
    now = may_start(room, begun.investigation.id)
    if now.there is not None:
        return now.there
    if (now.attempt, now.team) != (begun.attempt, begun.team):
        raise Conflict("store.changed_meanwhile", what="investigation_case")
    prepared = Prepared(
        made.seal, _open_blobs(room).put(made.public), _sealed_blobs(room).put(made.truth)
    )
    return begin(room.u, begun, prepared, room.at)


def begin(u: UnitOfWork, begun: Begun, made: Prepared, at: datetime) -> CaseFile:
    """Enter a case that is kept: it is the trainee's from now on.

    Args:
        u: a writing unit of work that holds the trainee's name in the investigation.
        begun: whose it is; nothing is there.
        made: where it is kept.
        at: now.
    """
    kept = CaseFiles(u.session).add(
        CaseFile(
            id=uuid.uuid4().hex,
            investigation=begun.investigation.id,
            trainee=begun.trainee,
            attempt=begun.attempt,
            seal=made.seal,
            public=made.public,
            sealed=made.sealed,
            started_at=at,
            draft=Draft(),
            tables=made.tables,
            engine=made.engine,
            team=begun.team,
        )
    )
    said = {"case": kept.id, "seal": kept.seal}
    _note(u, begun.investigation, "case_started", begun.trainee, said, at)
    return kept


def held(room: Room, investigation: str, case: str, *, lock: bool = False) -> Held:
    """One of the reader's own cases, or of their team's.

    Args:
        room: of the trainee.
        investigation: which.
        case: its id.
        lock: hold it until the transaction ends.

    Raises:
        NotFound: ``investigation.not_found``: also for everybody else's case.
    """
    found = one(room, investigation)
    mine = CaseFiles(room.u.session).find(case, lock=lock)
    if mine is None or mine.investigation != found.id:
        raise NotFound("investigation.not_found", id=case[:64])
    people = team_of(room, mine)
    power = next((each.power for each in people if each.trainee == room.person.account), None)
    if mine.team is None and mine.trainee == room.person.account:
        power = Power.ALL
    if power is None:
        raise NotFound("investigation.not_found", id=case[:64])
    answer = SentAnswers(room.u.session).find(mine.id)
    public, acted = public_of(room, mine), acted_on(room, found, mine)
    if acted is not None:
        public = seen(public, acted.now)
    return Held(found, mine, public, answer, chain_of(room, mine), acted, power, people)


def acted_on(room: Room, found: Investigation, case: CaseFile) -> Acted | None:
    """What was done on a case by its clock; None where nobody acts in the lab.

    The case is planned for it: once in a process, some tenths of a second.

    Raises:
        IntegrityFailure: ``investigation.case_changed``.
    """
    if found.lab not in ACTING:
        return None
    world = _world(Begun(found, case.trainee, case.attempt, None, case.team), case.public)
    begins = min(each.moment for each in world.reports)
    there = ActFiles(room.u.session).find(case.id) or ActFile(case.id, begins)
    return come_to(there, world)


def come_to(file: ActFile, world: World) -> Acted:
    """What acts come to by their clock.

    Raises:
        CannotAct: ``acting.*``: an act that cannot be.
    """
    acts = read(canonical({"version": 1, "acts": [dict(each) for each in file.acts]}))
    return Acted(file, world, state(world, acts, file.clock))


def public_of(room: Room, case: CaseFile) -> Public:
    """What may be seen of a case at its end; with the law's clock that is not for its trainee."""
    folder = _open_blobs(room)
    return _read(folder, case.public)


def chain_of(room: Room, case: CaseFile) -> Happened | None:
    """What happened on the chains of a case; None: it was not executed."""
    if case.tables is None:
        return None
    return happened(room.blobs.within(TABLES_FOLDER), case.tables)


def tables_bytes(room: Room, case: CaseFile) -> bytes:
    """The file with the chains' tables, blocks and signed transactions.

    Raises:
        NotFound: ``investigation.not_executed``.
    """
    if case.tables is None:
        raise NotFound("investigation.not_executed")
    return room.blobs.within(TABLES_FOLDER).get(case.tables)


def public_bytes(room: Room, held: Held) -> bytes:
    """The same as the file that notebooks read."""
    return held.public.canonical() if held.acted else _open_blobs(room).get(held.case.public)


def truth_of(room: Room, investigation: str, case: str) -> tuple[CaseFile, dict[str, Any]]:
    """The truth of a case, for a trainer, once it may be shown.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.truth_sealed``.
    """
    found, there = of_a_trainee(room, investigation, case)
    check_truth(found, there, room.at)
    truth: dict[str, Any] = json.loads(_sealed_blobs(room).get(there.sealed))["truth"]
    return there, truth


def whole_bytes(room: Room, investigation: str, case: str) -> bytes:
    """An executed case with its truth, for a trainer, once it may be shown.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``investigation.not_found``, ``investigation.not_executed``.
        Conflict: ``investigation.truth_sealed``.
    """
    found, there = of_a_trainee(room, investigation, case)
    check_truth(found, there, room.at)
    return with_truth(tables_bytes(room, there), _sealed_blobs(room).get(there.sealed))


def show_truth(room: Room, investigation: str, case: str) -> None:
    """Let trainers see a case's truth before the due date; the audit log says who did.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``.
        NotFound: ``investigation.not_found``.
    """
    room.person.require_lead()
    found, there = of_a_trainee(room, investigation, case)
    if there.shown_at is None:
        CaseFiles(room.u.session).save(replace(there, shown_at=room.at))
        note(room, found, "case_shown", {"case": there.id, "student": there.trainee})


def reset(room: Room, investigation: str, case: str) -> CaseFile:
    """Set a trainee's case aside: it does not count, and they may start another one.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        Conflict: ``score.signed_stays``: nobody takes a signed attempt out of the median.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    found, there = of_a_trainee(room, investigation, case, lock=True)
    if Signatures(room.u.session).of([there.id]):
        raise Conflict("score.signed_stays")
    if there.reset_at is None:
        CaseFiles(room.u.session).save(replace(there, reset_at=room.at))
        note(room, found, "case_reset", {"case": there.id, "student": there.trainee})
    return there


def of_a_trainee(
    room: Room, investigation: str, case: str, *, lock: bool = False
) -> tuple[Investigation, CaseFile]:
    """Somebody's case, for a trainer.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``investigation.not_found``.
    """
    room.person.require(CourseRole.TEACHER)
    found = one(room, investigation)
    there = CaseFiles(room.u.session).find(case, lock=lock)
    if there is None or there.investigation != found.id:
        raise NotFound("investigation.not_found", id=case[:64])
    return found, there


def note(room: Room, found: Investigation, what: str, data: dict[str, Any]) -> None:
    """Note an act in the audit log."""
    _note(room.u, found, what, room.person.account, data, room.at)


def hold(u: UnitOfWork, investigation: str, asker: str) -> None:
    """Hold a trainee's, or a team's, cases in an investigation until the transaction ends."""
    lock_name(u.session, f"investigation:{investigation}:{asker}")


def _note(
    u: UnitOfWork,
    found: Investigation,
    what: str,
    actor: AccountName,
    data: dict[str, Any],
    at: datetime,
) -> None:
    u.audit.append(
        kind=f"course.{what}",
        actor=actor,
        subject=f"course/{found.course}",
        data={"investigation": found.id, "course": found.course, **data},
        at=at,
    )


def _asker(begun: Begun) -> str:
    """Who cannot start two cases at once: a team, or a trainee."""
    return begun.trainee if begun.team is None else f"team:{begun.team}"


def _open_blobs(room: Room) -> Blobs:
    return room.blobs.within(OPEN_FOLDER)


def _sealed_blobs(room: Room) -> Blobs:
    return room.blobs.within(SEALED_FOLDER)


@lru_cache(maxsize=_KEPT)
def _read(folder: Blobs, name: str) -> Public:
    return read_public(folder.get(name))


@lru_cache(maxsize=_KEPT)
def _world(begun: Begun, public: str) -> World:
    """What acts go on, of the very case that the trainee has."""
    case = planned(begun)
    if hashlib.sha256(case.public().canonical()).hexdigest() != public:
        raise IntegrityFailure("investigation.case_changed", id=begun.investigation.id)
    return World.of(case)
