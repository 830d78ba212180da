"""Whose a case is: the trainee's alone, or everybody's of a team. Looked up, never changed here."""

from __future__ import annotations

from sandbox.domain.investigation_teams import Place
from sandbox.domain.investigations import CaseFile
from sandbox.kit.ids import AccountName
from sandbox.services.classroom_room import Room
from sandbox.store.investigation_tables import CaseFiles
from sandbox.store.investigation_team_tables import Places


def own_place(room: Room, investigation: str) -> Place | None:
    """The reader's place in a team; None: they work alone."""
    return Places(room.u.session).find(investigation, room.person.account)


def people_of(room: Room, case: CaseFile) -> tuple[AccountName, ...]:
    """Whose case it is; each of them has its mark."""
    if case.team is None:
        return (case.trainee,)
    return tuple(each.trainee for each in team_of(room, case))


def team_of(room: Room, case: CaseFile) -> tuple[Place, ...]:
    """The places of a case's team; none where it is one trainee's alone."""
    if case.team is None:
        return ()
    places = Places(room.u.session).of(case.investigation)
    return tuple(each for each in places if each.team == case.team)


def cases_of(room: Room, investigation: str, place: Place | None) -> tuple[CaseFile, ...]:
    """The cases of a team, or the reader's own, by attempt."""
    if place is None:
        mine = CaseFiles(room.u.session).of(investigation, room.person.account)
        return tuple(each for each in mine if each.team is None)
    every = CaseFiles(room.u.session).of(investigation)
    return tuple(each for each in every if each.team == place.team)


def highest(room: Room, investigation: str, place: Place | None) -> int:
    """The highest number of an attempt that the reader, or anybody of the team, has used."""
    people = {room.person.account}
    if place is not None:
        places = Places(room.u.session).of(investigation)
        people |= {each.trainee for each in places if each.team == place.team}
    every = CaseFiles(room.u.session).of(investigation)
    return max((each.attempt for each in every if each.trainee in people), default=0)
