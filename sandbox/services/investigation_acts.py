"""Acting on a case with the law's clock: acts, waiting, the second person's signature.

Rules:

1. An act is looked at before it is done (``tried``): what cannot be is refused by its code, and
   nothing tells what the desks will say.
2. It is done at the clock's moment, on the state that the trainee saw: another window that acted
   meanwhile is not overwritten.
3. A seizure and a hand-over wait for the second person, who is somebody else of the course and
   signs for themselves.
4. A file of a notebook brings its acts as well: those that were done, and new ones at moments of
   its own, not before the clock's. The clock goes on to the last of them. Nothing in it is checked
   by what is still to come: a file that is refused costs nothing, and would tell it.
5. Trainers read acts and letters; what they were worth says who is innocent, and is shown to them
   when the truth may be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.domain.investigation_acts import LONGEST_WAIT, SIGNED, ActFile, added, waited
from sandbox.domain.investigations import CaseFile, Investigation, check_time, check_truth
from sandbox.forensics.acting import Reckoned, next_news, reckoned, settled, state
from sandbox.forensics.acting.acts import moment_of, read
from sandbox.forensics.acting.acts import written as acts_written
from sandbox.forensics.acting.seeing import furthest
from sandbox.forensics.cases.case import Transaction, written
from sandbox.forensics.scoring import Answer
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import AccountName, checksum
from sandbox.services import investigation_work, investigations
from sandbox.services.classroom_people import by_name, require_open
from sandbox.services.classroom_room import Room
from sandbox.services.investigation_work import changed, workable
from sandbox.services.investigations import Acted, Held
from sandbox.store.classroom import Members
from sandbox.store.investigation_tables import ActFiles, CaseFiles, Investigations


@dataclass(frozen=True, slots=True)
class Asked:
    """An act that waits for somebody's signature."""

    investigation: Investigation
    case: CaseFile
    act: Mapping[str, Any]


def tried(
    room: Room, investigation: str, case: str, revision: int, act: Mapping[str, Any]
) -> Mapping[str, Any]:
    """What an act would be, if it can be; nothing is done.

    Args:
        room: of the trainee.
        investigation: which.
        case: its id.
        revision: of the acts that the trainee saw.
        act: JSON values without moment and person.

    Returns:
        The act as it would stand in the list.

    Raises:
        NotAllowed: ``course.archived``.
        NotFound: ``investigation.not_found``.
        Conflict: as ``investigation_work.workable``, ``store.changed_meanwhile``,
            ``investigation.signature_waits``.
        InvalidInput: ``investigation.second``.
        CannotAct: ``acting.*``.
    """
    return _tried(room, workable(room, investigation, case), revision, act)


def done(
    room: Room, investigation: str, case: str, revision: int, act: Mapping[str, Any]
) -> ActFile:
    """Do an act, or have it wait for the second person; the same errors as `tried`."""
    held = workable(room, investigation, case)
    whole, file = _tried(room, held, revision, act), acted_of(held).file
    if whole["kind"] in SIGNED:
        return _save(room, file.asking(whole))
    return _kept(room, held.investigation, file.with_act(whole))


def waits(room: Room, investigation: str, case: str, revision: int, hours: int | None) -> ActFile:
    """Let the clock go on.

    Args:
        room: of the trainee.
        investigation: which.
        case: its id.
        revision: of the acts that the trainee saw.
        hours: how long; None: until the next letter, if one comes within ``LONGEST_WAIT``: the
            end of a freeze in a month is nothing to wait for at a press.

    Raises:
        InvalidInput: ``investigation.wait``.
        Conflict: ``investigation.nothing_awaited``, ``investigation.clock_ended``,
            ``store.changed_meanwhile``, and as ``investigation_work.workable``.
    """
    acted = acted_of(workable(room, investigation, case))
    file, last = acted.file.at(revision), furthest(acted.world)
    if hours is not None:
        until = file.clock + waited(hours)
    else:
        news = next_news(acted.world, acted.now.acts, file.clock)
        if news is None or news.moment - file.clock > waited(LONGEST_WAIT):
            raise Conflict("investigation.nothing_awaited")
        until = news.moment
    if until > last:
        raise Conflict("investigation.clock_ended", last=written(last))
    return _save(room, file.until(until))


def taken_back(room: Room, investigation: str, case: str, revision: int) -> ActFile:
    """Ask the second person no more: nothing has been done yet."""
    acted = acted_of(workable(room, investigation, case))
    return _save(room, replace(acted.file.at(revision), asked=None))


def brought(room: Room, held: Held, sent: bytes) -> ActFile | None:
    """Do the acts of an answer's file that are new.

    Args:
        room: of the trainee.
        held: the case, locked.
        sent: the answer's JSON.

    Raises:
        CannotScore: it is no answer.
        CannotAct: an act that cannot be.
        InvalidInput: ``investigation.no_acts_here``, ``investigation.acts_by``.
        Conflict: ``investigation.acts_differ``, ``investigation.acts_before_clock``,
            ``investigation.clock_ended``, ``investigation.acts_signed``,
            ``investigation.acts_ahead``: ``number`` of the act.
    """
    answer = Answer.read(sent)
    if held.acted is None:
        if answer.acts:
            raise InvalidInput("investigation.no_acts_here")
        return None
    file, last = held.acted.file, furthest(held.acted.world)
    new = added(file.acts, list(acts_written(tuple(answer.acts))["acts"]))
    granted = held.acted.now.at("granted")
    until = moment_of(answer.clock) if answer.clock else file.clock
    for number, each in enumerate(new, len(file.acts) + 1):
        moment = moment_of(each["at"])
        if moment < file.clock:
            raise Conflict("investigation.acts_before_clock", clock=written(file.clock))
        if each["by"] != room.person.account:
            raise InvalidInput("investigation.acts_by", account=room.person.account)
        if each["kind"] in SIGNED:
            raise Conflict("investigation.acts_signed")
        if moment > file.clock and not _settled(each, granted):
            raise Conflict("investigation.acts_ahead", number=number, clock=written(file.clock))
        until = max(until, moment)
    if until > last:
        raise Conflict("investigation.clock_ended", last=written(last))
    grown = replace(file, acts=(*file.acts, *new)).until(until)
    investigations.come_to(grown, held.acted.world)
    if grown == file:
        return None
    return _kept(room, held.investigation, grown) if new else _save(room, grown)


def imported(room: Room, investigation: str, case: str, sent: bytes) -> Held:
    """Make the draft what an answer's file says, by what may be seen now, and do its new acts.

    Raises:
        NotAllowed: ``course.archived``.
        NotFound: ``investigation.not_found``.
        Conflict: as ``investigation_work.workable`` and `brought`.
        InvalidInput: as ``investigation_work.imported`` and `brought`.
        CannotAct: as `brought`.
        CannotScore: ``scoring.*``: it is no answer.
    """
    held = workable(room, investigation, case)
    draft = investigation_work.imported(held, sent)
    brought(room, held, sent)
    return changed(room, investigation, case, lambda _: draft)


def acted_of(held: Held) -> Acted:
    """What was done on a case.

    Raises:
        NotFound: ``investigation.no_acts_here``: nobody acts in this lab.
    """
    if held.acted is None:
        raise NotFound("investigation.no_acts_here")
    return held.acted


# -- the second person


def seconds(room: Room) -> tuple[AccountName, ...]:
    """Who can sign as the second person: everybody else of the course, by name."""
    members = Members(room.u.session).of_course(room.person.course, room.at)
    others = {each.account for each in members} - {room.person.account}
    return by_name(room.u, others)


def to_sign(room: Room) -> tuple[Asked, ...]:
    """What waits in the course for the reader's signature."""
    found = []
    for file in ActFiles(room.u.session).that_wait():
        if file.asked is None or file.asked["second"] != room.person.account:
            continue
        there = CaseFiles(room.u.session).get(file.case)
        lab = Investigations(room.u.session).get(there.investigation)
        if there.is_open and lab.course == room.person.course:
            found.append(Asked(lab, there, file.asked))
    return tuple(found)


def signed(room: Room, investigation: str, case: str, *, agreed: bool) -> ActFile:
    """Sign, or refuse to.

    Args:
        room: of the second person.
        investigation: which.
        case: somebody else's.
        agreed: whether the act is to be done.

    Raises:
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.no_signature_waits``, ``investigation.closed``, or of the time.
        CannotAct: what was right when it was asked for cannot be any more.
    """
    require_open(room.u, room.person.course)
    found = investigations.one(room, investigation)
    there = CaseFiles(room.u.session).find(case, lock=True)
    file = ActFiles(room.u.session).find(case)
    if there is None or there.investigation != found.id or file is None:
        raise NotFound("investigation.not_found", id=case[:64])
    act = file.asked_of(room.person.account)
    if not there.is_open:
        raise Conflict("investigation.closed")
    check_time(found, room.at)
    file = replace(file, asked=None)
    if not agreed:
        return _save(room, file)
    acted = investigations.acted_on(room, found, there)
    if acted is None:
        raise NotFound("investigation.no_acts_here")
    return _kept(room, found, file.with_act(_whole(acted, act, AccountName(act["by"]))))


# -- trainers


def of_trainee(
    room: Room, investigation: str, case: str
) -> tuple[CaseFile, Acted, Reckoned | None]:
    """What somebody did on a case, for a trainer, with its worth once the truth may be shown.

    Raises:
        NotAllowed: ``classroom.wrong_role``.
        NotFound: ``investigation.not_found``, ``investigation.no_acts_here``.
    """
    found, there = investigations.of_a_trainee(room, investigation, case)
    acted = investigations.acted_on(room, found, there)
    if acted is None:
        raise NotFound("investigation.no_acts_here")
    try:
        check_truth(found, there, room.at)
    except Conflict:
        return there, acted, None
    end = settled(acted.world, acted.file.clock)
    return there, acted, reckoned(state(acted.world, acted.now.acts, end))


# -- what a form takes from the trainee's own work


def route(held: Held, report: int, ledger: str, address: str) -> list[list[Any]]:
    """The way from a reported payment to an address over the rows of the trainee's hop ledger.

    Args:
        held: the case.
        report: number of the reported payment, from 1.
        ledger: of the address.
        address: to where.

    Raises:
        InvalidInput: ``investigation.no_route``: the hop ledger has none.
    """
    if not 1 <= report <= len(held.public.reports):
        raise InvalidInput("investigation.no_route")
    first = held.public.reports[report - 1].transaction
    taken = {tuple(each.split("/")[:3]) for each in held.case.draft.hops}
    rows = [
        each
        for each in held.public.transactions
        if (each.ledger, str(each.block), str(each.index)) in taken and each is not first
    ]
    paths: dict[str, list[Transaction]] = {first.payee: [first]}
    wanted = checksum(address.lower())
    for row in sorted(rows, key=lambda each: (each.time, each.block, each.index)):
        before = paths.get(row.payer)
        if before and before[-1].time <= row.time and row.payee not in paths:
            paths[row.payee] = [*before, row]
    found = paths.get(wanted)
    if not found or found[-1].ledger != ledger:
        raise InvalidInput("investigation.no_route")
    return [each.place for each in found]


# -- tools


def _settled(act: Mapping[str, Any], granted: Collection[int]) -> bool:
    """Whether an act of later rests on nothing that is still to be decided, or may be over then."""
    return act["kind"] != "lift" and act.get("basis") in {None, *granted}


def _tried(room: Room, held: Held, revision: int, act: Mapping[str, Any]) -> Mapping[str, Any]:
    acted = acted_of(held)
    file = acted.file.at(revision)
    whole = _whole(acted, act, room.person.account)
    if whole["kind"] in SIGNED:
        if whole["second"] not in seconds(room):
            raise InvalidInput("investigation.second")
        file.asking(whole)
    return whole


def _whole(acted: Acted, act: Mapping[str, Any], by: AccountName) -> Mapping[str, Any]:
    """An act as it would stand in the list, if it can be."""
    file = acted.file
    whole = {**act, "at": written(file.clock), "by": by}
    (*_, as_read) = read(canonical({"version": 1, "acts": [dict(whole)]}))
    found: Mapping[str, Any] = acts_written((as_read,))["acts"][0]
    investigations.come_to(file.with_act(found), acted.world)
    return found


def _kept(room: Room, found: Investigation, file: ActFile) -> ActFile:
    """Save, and note what was done; not what it says."""
    saved = _save(room, file)
    for act in file.acts[-1:]:
        said = {"case": file.case, "number": len(file.acts), "act": act["kind"]}
        investigations.note(room, found, "case_acted", said)
    return saved


def _save(room: Room, file: ActFile) -> ActFile:
    """Save what the caller holds the case of; it counts as work on the case."""
    cases = CaseFiles(room.u.session)
    cases.save(replace(cases.get(file.case), worked_at=room.at))
    store = ActFiles(room.u.session)
    return store.save(file) if file.revision else store.add(replace(file, revision=1))
