"""What a trainee does in a case: marks, notes, hop ledger, where the money lies, the answer.

Rules:

1. Only the trainee's own case, or their team's as far as their seat goes, while it is open and the
   time is not over; what is handed in does not change any more.
2. The answer is what the draft says; its name is the SHA-256 of its canonical JSON. Notebooks send
   the same JSON: it becomes the draft, and is handed in as any other.
3. Nothing here opens what is sealed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from sandbox.domain.investigation_teams import HANDING_IN, WORKING, Power, require_power
from sandbox.domain.investigations import Draft, Opinion, SentAnswer, check_time, located_of
from sandbox.forensics.accounts import spelt
from sandbox.forensics.cases.case import written
from sandbox.forensics.cases.scene import LedgerName
from sandbox.forensics.policies import Policy
from sandbox.forensics.scoring import Answer
from sandbox.kit.canonical import canonical
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.services import investigations
from sandbox.services.classroom_people import require_open
from sandbox.services.classroom_room import Room
from sandbox.services.investigations import Held
from sandbox.store.investigation_tables import CaseFiles, SentAnswers

FURTHER: Final = ("attribution", "recovery", "exhibit", "sums", "method", "texts")
"""Parts of an answer that a page does not make, and that a file may bring."""
FOUND: Final = ("attribution", "sums")
"""Those of them that alone are an answer."""
_BARE: Final = Answer("fifo", [], [], [])


def changed(room: Room, investigation: str, case: str, change: Callable[[Held], Draft]) -> Held:
    """Change the draft of the reader's own case.

    Args:
        room: of the trainee.
        investigation: which.
        case: its id.
        change: gives the draft as it is to be.

    Raises:
        NotAllowed: ``course.archived``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.not_open_yet``, ``investigation.past_due``,
            ``investigation.closed``, ``investigation.paused``.
    """
    held = workable(room, investigation, case)
    fresh = replace(held.case, draft=change(held), worked_at=room.at)
    saved = CaseFiles(room.u.session).save(fresh)
    return replace(held, case=saved)


def judged(held: Held, address: str, opinion: str, note: str) -> Draft:
    """With what the trainee thinks of an address.

    Raises:
        InvalidInput: ``investigation.address``, ``investigation.opinion``,
            ``investigation.note_long``.
    """
    return held.case.draft.judged(known(held, address), opinion, note)


def declared(held: Held, policy: str) -> Draft:
    """With a declared policy.

    Raises:
        InvalidInput: ``investigation.policy``.
    """
    if policy not in list(Policy):
        raise InvalidInput("investigation.policy", known=", ".join(Policy))
    return replace(held.case.draft, policy=policy)


def located(held: Held, rows: Mapping[str, str]) -> Draft:
    """With what is said of where the money lies, all of it.

    Raises:
        InvalidInput: ``investigation.address``, ``investigation.amount``.
    """
    return replace(held.case.draft, located=located_of(rows))


def placed(held: Held, ledger: LedgerName, address: str, amount: int) -> Draft:
    """With one row of where the money lies; an amount of 0 takes the row away.

    Raises:
        InvalidInput: ``investigation.address``.
    """
    place = f"{ledger}/{known(held, address)}"
    rest = {name: said for name, said in held.case.draft.located.items() if name != place}
    return located(held, {**rest, place: str(amount)} if amount else rest)


def known(held: Held, address: str) -> str:
    """An address of the case, in lower case.

    Raises:
        InvalidInput: ``investigation.address``.
    """
    found = spelt(address.strip())
    if found not in addresses(held):
        raise InvalidInput("investigation.address", value=address[:60])
    return found


def addresses(held: Held) -> frozenset[str]:
    """Every address of the case, in lower case."""
    return frozenset(spelt(each.address) for each in held.public.accounts)


def imported(held: Held, sent: bytes) -> Draft:
    """The draft that an answer's JSON says; own notes and other opinions stay.

    Raises:
        CannotScore: ``scoring.*``: it is no answer.
        InvalidInput: ``investigation.address``.
    """
    answer = Answer.read(sent)
    hops = {"/".join(map(str, each.place)): each.tainted for each in answer.hops}
    lies = {"/".join(each.place): each.amount for each in answer.located}
    said = msgspec.to_builtins(answer)
    draft = held.case.draft
    others = {name: each for name, each in draft.opinions.items() if each != Opinion.THIEVES}
    thieves = {known(held, each): Opinion.THIEVES.value for each in answer.addresses}
    fresh = Draft(
        policy=answer.policy,
        opinions=others | thieves,
        notes=draft.notes,
        located=located_of(lies),
        more={
            name: said[name] for name in FURTHER if getattr(answer, name) != getattr(_BARE, name)
        },
    )
    return fresh.with_hops(hops)


def hand_in(room: Room, investigation: str, case: str) -> SentAnswer:
    """Hand the answer in; the case is closed then.

    Raises:
        NotAllowed: ``course.archived``, ``investigation.seat``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.not_open_yet``, ``investigation.past_due``,
            ``investigation.closed``, ``investigation.paused``,
            ``investigation.signature_waits``, ``investigation.not_approved``.
        InvalidInput: ``investigation.policy``, ``investigation.empty``.
    """
    held = workable(room, investigation, case, HANDING_IN)
    draft = held.case.draft
    declared(held, draft.policy)
    if held.acted and held.acted.file.asked:
        raise Conflict("investigation.signature_waits")
    acts = held.acted.file.acts if held.acted else ()
    found = (draft.thieves, draft.hops, draft.located, acts, *map(draft.more.get, FOUND))
    if not any(found):
        raise InvalidInput("investigation.empty")
    said = answer_of(held)
    Answer.read(as_file(said))
    if needs_approval(held) and held.case.approved != digest(said):
        raise Conflict("investigation.not_approved")
    sent = SentAnswers(room.u.session).add(SentAnswer(held.case.id, room.at, digest(said), said))
    CaseFiles(room.u.session).save(replace(held.case, handed_in_at=room.at))
    noted = {"case": held.case.id, "content": sent.sha256}
    investigations.note(room, held.investigation, "case_answered", noted)
    return sent


def answer_of(held: Held) -> Mapping[str, Any]:
    """The answer of a case: what was handed in, or what the draft and the acts say so far."""
    if held.answer is not None:
        return held.answer.answer
    said = held.case.draft.as_answer()
    if held.acted is None:
        return said
    file = held.acted.file
    return {**said, "acts": [dict(each) for each in file.acts], "clock": written(file.clock)}


def digest(answer: Mapping[str, Any]) -> str:
    """The SHA-256 of an answer's canonical JSON, hex."""
    return hashlib.sha256(canonical(dict(answer))).hexdigest()


def as_file(answer: Mapping[str, Any]) -> bytes:
    """An answer as the file that is exported: the canonical JSON, byte for byte."""
    return canonical(json.loads(json.dumps(answer)))


def approve(room: Room, investigation: str, case: str, seen: str) -> None:
    """Approve the answer as it stands; whoever changes it afterwards has it approved again.

    Args:
        room: of a prosecutor of the team.
        investigation: which.
        case: its id.
        seen: the SHA-256 of the answer that was read.

    Raises:
        NotAllowed: ``course.archived``, ``investigation.seat``.
        NotFound: ``investigation.not_found``.
        Conflict: as `changed`; ``store.changed_meanwhile``: it is another answer by now.
    """
    held = workable(room, investigation, case, {Power.PROSECUTOR})
    found = digest(answer_of(held))
    if found != seen:
        raise Conflict("store.changed_meanwhile", what="investigation_case")
    CaseFiles(room.u.session).save(replace(held.case, approved=found))
    noted = {"case": held.case.id, "content": found}
    investigations.note(room, held.investigation, "case_approved", noted)


def needs_approval(held: Held) -> bool:
    """Whether nothing is handed in without a prosecutor's approval."""
    return any(each.power is Power.PROSECUTOR for each in held.people)


def workable(
    room: Room, investigation: str, case: str, powers: Collection[Power] = WORKING
) -> Held:
    """The reader's own case, held until the transaction ends, while it can be worked on.

    Args:
        room: of the trainee.
        investigation: which.
        case: its id.
        powers: of seats that may do it.

    Raises:
        NotAllowed: ``course.archived``, ``investigation.seat``.
        NotFound: ``investigation.not_found``.
        Conflict: ``investigation.not_open_yet``, ``investigation.past_due``,
            ``investigation.closed``, ``investigation.paused``.
    """
    require_open(room.u, room.person.course)
    held = investigations.held(room, investigation, case, lock=True)
    require_power(held.power, powers)
    if not held.case.is_open:
        raise Conflict("investigation.closed")
    check_time(held.investigation, room.at)
    return held
