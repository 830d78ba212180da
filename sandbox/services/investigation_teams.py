"""Teams of an investigation: formed by its trainers, shown to their members."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

from sandbox.domain.classroom import CourseRole
from sandbox.domain.investigation_teams import MOST_TEAMS, Place, Power, at_random, check_teams
from sandbox.domain.investigations import Investigation
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName
from sandbox.services import investigations
from sandbox.services.classroom_people import require_open, students_by_group, students_of
from sandbox.services.classroom_room import Room
from sandbox.store.investigation_tables import CaseFiles
from sandbox.store.investigation_team_tables import Places


def places(room: Room, found: Investigation) -> tuple[Place, ...]:
    """Every place of an investigation, for a trainer.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
    """
    room.person.require(CourseRole.TEACHER)
    return Places(room.u.session).of(found.id)


def form(
    room: Room, investigation: str, wanted: Mapping[AccountName, tuple[int, Power]]
) -> tuple[Place, ...]:
    """Say who is in which team; who is not named works alone.

    Args:
        room: of a teacher who leads.
        investigation: which.
        wanted: team and powers by trainee.

    Raises:
        NotAllowed: ``classroom.wrong_role``, ``classroom.teachers_own``, ``course.archived``.
        NotFound: ``investigation.not_found``.
        InvalidInput: as ``check_teams``; ``investigation.message_to``.
        Conflict: ``investigation.team_started``: ``name`` whose team would change.
    """
    room.person.require_lead()
    require_open(room.u, room.person.course)
    found = investigations.one(room, investigation)
    repository = Places(room.u.session)
    before = {each.trainee: each for each in repository.of(found.id)}
    students = {*students_of(room.u, room.person.course, room.at), *before}
    for name in wanted:
        if name not in students:
            raise InvalidInput("investigation.message_to", name=name[:40])
    made = tuple(Place(found.id, name, team, power) for name, (team, power) in wanted.items())
    check_teams(made)
    _check_started(room, found, before, made)
    repository.clear(found.id)
    for each in made:
        repository.add(each)
    said = {"teams": len({each.team for each in made}), "students": len(made)}
    investigations.note(room, found, "investigation_teams", said)
    return made


def form_at_random(room: Room, investigation: str, size: int, *, by_group: bool) -> None:
    """Put everybody who has no team and no case into teams.

    Args:
        room: of a teacher who leads.
        investigation: which.
        size: 2 to 6; who is left over joins another team, or works alone.
        by_group: nobody is put together with somebody of another academic group.

    Raises:
        As `form`.
    """
    room.person.require_lead()
    found = investigations.one(room, investigation)
    there = Places(room.u.session).of(found.id)
    busy = {each.trainee for each in there}
    busy |= {each.trainee for each in CaseFiles(room.u.session).of(found.id)}
    free = [each for each in students_of(room.u, room.person.course, room.at) if each not in busy]
    wanted = {each.trainee: (each.team, each.power) for each in there}
    taken = {each.team for each in there}
    numbers = iter(each for each in range(1, MOST_TEAMS + 1) if each not in taken)
    for names in _groups(room, free) if by_group else [free]:
        for members in at_random(names, size, _shuffled):
            number = next(numbers, MOST_TEAMS + 1)
            wanted |= dict.fromkeys(members, (number, Power.ALL))
    form(room, investigation, wanted)


def _groups(room: Room, free: Iterable[AccountName]) -> list[list[AccountName]]:
    left = set(free)
    found = []
    for names in students_by_group(room.u, room.person.course, room.at).values():
        found.append([each for each in names if each in left])
        left -= set(names)
    return [*found, sorted(left)]


def _shuffled(names: Iterable[AccountName]) -> list[AccountName]:
    found = list(names)
    secrets.SystemRandom().shuffle(found)
    return found


def _check_started(
    room: Room,
    found: Investigation,
    before: Mapping[AccountName, Place],
    made: Iterable[Place],
) -> None:
    """Refuse to change a team that has a case, or to put somebody with a case into one."""
    cases = CaseFiles(room.u.session).of(found.id)
    begun = {each.team for each in cases} - {None}
    alone = {each.trainee for each in cases if each.team is None and each.reset_at is None}
    after = {each.trainee: each for each in made}
    for name in sorted({*before, *after}):
        teams = {side[name].team if name in side else None for side in (before, after)}
        if len(teams) > 1 and (teams & begun or name in alone):
            raise Conflict("investigation.team_started", name=name)
