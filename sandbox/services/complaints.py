"""Complaints: filed from the customer's page or without an account, answered, escalated, closed.

Rules:

1. Who filed it sees it by the receipt number and its secret, or from the own customer's page. A
   wrong secret, a wrong number and too many tries from an address are answered alike.
2. The firm sees complaints about its own permits, the sponsor those about permits it answers for,
   regulators and auditors all; a developer, an observer and everybody else: not found.
3. The compliance officer or the sponsor answers; the regulator concludes, as an act of law.
4. What is over by itself (no answer in time, no word after an answer) the worker moves on.
5. The audit log holds numbers, categories and states, never the people's words; those are erased
   from the complaint when the complainant or the regulator asks, once it is closed, unless a hold
   of the authority keeps the records of the customer or of the whole permit.
6. An erased complaint counts towards the permit's rate as before: under a keyed pseudonym, which
   leads nobody to the person.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sandbox.domain.application import plain_text
from sandbox.domain.complaints import (
    LONGEST_ANSWER,
    LONGEST_CONTACT,
    LONGEST_TEXT,
    RULES,
    SHORTEST_TEXT,
    Complaint,
    ComplaintAct,
    ComplaintCategory,
    ComplaintOutcome,
    ComplaintState,
    Wanted,
    after,
    due,
)
from sandbox.domain.customer_page import ALPHABET
from sandbox.domain.records import Permit
from sandbox.domain.seats import Actor, Channel, Right, require, require_act_of_law, rights_of
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import PersonId
from sandbox.services.complaint_access import permits_of, require_concluding, sees
from sandbox.services.customer_home import own
from sandbox.services.keyed import Keyed
from sandbox.store import UnitOfWork

OWN_NEWEST: Final = 5
FROM_ADDRESS: Final = 5
FROM_PERSON: Final = 10
SPAN: Final = timedelta(hours=1)
"""Complaints from one network address, or of one customer, in an hour."""
TRIES: Final = 20
"""Looks from one address in an hour."""
NUMBER: Final = 7
SECRET: Final = 10
NOBODY: Final = "C-0000000"


@dataclass(frozen=True)
class FileComplaint:
    """What a complaint says.

    Attributes:
        permit: its number as typed; empty when it is not known.
        category: a ``ComplaintCategory`` value.
        contact: how the complainant may be reached; may be empty.
        key: the form's one-time key.
    """

    text: str
    category: str
    language: str
    permit: str = ""
    contact: str = ""
    key: str | None = None


@dataclass(frozen=True)
class Receipt:
    """What the complainant keeps: ``secret`` is shown by the form's answer and nowhere else."""

    id: str
    secret: str
    digest: str
    """What is kept of the secret."""
    due: datetime | None = None


@dataclass(frozen=True)
class FoundComplaints:
    """A part of a list. ``total``: of the whole, ``more`` when there are more than were counted."""

    complaints: tuple[Complaint, ...]
    total: int
    more: bool


def file_public(
    u: UnitOfWork, command: FileComplaint, *, address: str, at: datetime, keyed: Keyed
) -> Receipt:
    """File a complaint without an account. Twice under one key is once.

    Args:
        u: a writing unit of work.
        command: what it says.
        address: the network address it came from.
        at: now.
        keyed: makes keyed hashes.

    Raises:
        InvalidInput: ``complaint.too_short``, ``complaint.category``, ``complaint.permit``,
            ``text.*``.
        NotAllowed: ``complaint.too_many``.
    """
    _checked(command)
    permit = _permit(u, command.permit)
    receipt = _made(u, command, "public", keyed)
    if u.complaints.find(receipt.id) is not None:
        return receipt
    who = keyed.of("complaint-address", keyed.address(address))
    if not u.pages.tries.take(who, FROM_ADDRESS, SPAN, at):
        raise NotAllowed("complaint.too_many", most=FROM_ADDRESS)
    return _file(u, command, permit, receipt, at=at)


def file_own(
    u: UnitOfWork, actor: Actor, command: FileComplaint, *, at: datetime, keyed: Keyed
) -> Receipt:
    """File a complaint from the customer's page. Twice under one key is once.

    Raises:
        InvalidInput: as ``file_public``.
        NotAllowed: ``customer.token_needed``, ``complaint.too_many``.
    """
    person, permit, _ = own(u, actor, lock=True)
    _checked(command)
    receipt = _made(u, command, person.id, keyed)
    if u.complaints.find(receipt.id) is not None:
        return receipt
    if not u.pages.tries.take(f"complaint:{person.id}", FROM_PERSON, SPAN, at):
        raise NotAllowed("complaint.too_many", most=FROM_PERSON)
    return _file(
        u,
        command,
        permit,
        receipt,
        at=at,
        customer=person.id,
        counts_as=_counts_as(u, person.id, keyed),
    )


def look_up(
    u: UnitOfWork, number: str, secret: str, *, address: str, at: datetime, keyed: Keyed
) -> Complaint:
    """A complaint by its receipt. Tries count whether it is found or not.

    Raises:
        NotFound: ``complaint.not_found``: no such number, a wrong secret, or too many tries.
    """
    found, fits = _by_receipt(u, number, secret, address=address, at=at, keyed=keyed)
    if found is None or not fits:
        u.commit()
        raise NotFound("complaint.not_found")
    return found


def own_complaints(u: UnitOfWork, actor: Actor) -> tuple[Complaint, ...]:
    """A customer's newest complaints, the newest first."""
    person, _, _ = own(u, actor)
    return u.complaints.of_customer(person.id, OWN_NEWEST)


def own_complaint(u: UnitOfWork, actor: Actor, number: str) -> Complaint:
    """One of a customer's own complaints.

    Raises:
        NotFound: ``complaint.not_found``.
    """
    person, _, _ = own(u, actor)
    found = u.complaints.find(number[:20])
    if found is None or found.customer != person.id:
        raise NotFound("complaint.not_found")
    return found


def react(u: UnitOfWork, complaint: Complaint, act: ComplaintAct, *, at: datetime) -> Complaint:
    """What the complainant says to an answer: accepted, or not satisfied.

    Args:
        u: a writing unit of work.
        complaint: as its complainant was shown it.
        act: ``accept`` or ``not_satisfied``.
        at: now.

    Raises:
        Conflict: ``complaint.not_from_here``, ``store.changed_meanwhile``.
    """
    if act not in {ComplaintAct.ACCEPT, ComplaintAct.NOT_SATISFIED}:
        raise Conflict("complaint.not_from_here", state=complaint.state.value)
    if act is ComplaintAct.ACCEPT:
        return _close(u, complaint, act, actor="complainant", at=at)
    return _escalate(u, complaint, act, actor="complainant", at=at)


def erase_own(u: UnitOfWork, complaint: Complaint, *, at: datetime) -> Complaint:
    """Erase the words of a closed complaint at the complainant's wish.

    Raises:
        Conflict: ``complaint.not_closed``, ``erasure.held``.
    """
    return erase_words(u, complaint, actor="complainant", at=at)


def list_complaints(
    u: UnitOfWork, actor: Actor, wanted: Wanted, *, start: int = 0, limit: int | None = None
) -> FoundComplaints:
    """The complaints that an actor may see and searches, the newest first.

    Args:
        u: a reading unit of work.
        actor: who asks.
        wanted: what is searched.
        start: how many are left out.
        limit: at most so many; None for all, as an export needs them.

    Raises:
        NotAllowed: ``seat.right_missing``.
    """
    require(actor, Right.READ_COMPLAINTS)
    above = Right.SEE_ALL_FILES in rights_of(actor.seats)
    permits = permits_of(u, actor)
    found = u.complaints.found(permits, wanted, unnamed=above, start=start, limit=limit)
    return FoundComplaints(found, *u.complaints.count_found(permits, wanted, unnamed=above))


def complaint_view(u: UnitOfWork, actor: Actor, number: str, *, lock: bool = False) -> Complaint:
    """One complaint that an actor may see.

    Raises:
        NotFound: ``complaint.not_found``, also when it is not for this actor.
    """
    found = u.complaints.find(number[:20], lock=lock)
    if found is None or not sees(u, actor, found):
        raise NotFound("complaint.not_found")
    return found


def answer(u: UnitOfWork, actor: Actor, number: str, text: str, *, at: datetime) -> Complaint:
    """Answer for the firm or as the sponsor.

    Raises:
        NotFound: ``complaint.not_found``.
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``.
        InvalidInput: ``complaint.too_short``, ``text.*``.
        Conflict: ``complaint.not_from_here``.
    """
    found = complaint_view(u, actor, number, lock=True)
    require(actor, Right.ANSWER_COMPLAINTS)
    if actor.channel is not Channel.BROWSER:
        raise NotAllowed("seat.needs_browser", channel=actor.channel.value)
    state = after(found.state, ComplaintAct.ANSWER)
    words = _words("answer", text, LONGEST_ANSWER)
    sponsor = Right.SPONSOR in rights_of(actor.seats)
    days = _due(u, at, RULES.dispute_days) if state is ComplaintState.ANSWERED else found.due
    saved = u.complaints.save(
        replace(
            found,
            state=state,
            answer=words,
            answered_by=actor.account,
            answered_as="sponsor" if sponsor else "firm",
            answered_at=at,
            due=days,
        )
    )
    _record(u, saved, "complaint.answered", actor.account, at, by=saved.answered_as)
    return saved


def conclude(
    u: UnitOfWork, actor: Actor, number: str, outcome: str, text: str, *, at: datetime
) -> Complaint:
    """Conclude as the regulator.

    Raises:
        NotFound: ``complaint.not_found``.
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``.
        NotAuthenticated: ``seat.needs_reauthentication``.
        InvalidInput: ``complaint.outcome``, ``complaint.too_short``, ``text.*``.
        Conflict: ``complaint.not_from_here``.
    """
    found = complaint_view(u, actor, number, lock=True)
    require_act_of_law(actor, Right.REVIEW, at)
    require_concluding(u, actor, found)
    try:
        result = ComplaintOutcome(outcome)
    except ValueError:
        raise InvalidInput("complaint.outcome") from None
    after(found.state, ComplaintAct.CONCLUDE)
    words = _words("conclusion", text, LONGEST_ANSWER)
    changed = replace(found, outcome=result, conclusion=words, concluded_by=actor.account)
    return _close(u, changed, ComplaintAct.CONCLUDE, actor=actor.account, at=at)


def erase(u: UnitOfWork, actor: Actor, number: str, *, at: datetime) -> Complaint:
    """Erase the words of a closed complaint, as the regulator.

    Raises:
        NotFound: ``complaint.not_found``.
        NotAllowed, NotAuthenticated: as ``conclude``.
        Conflict: ``complaint.not_closed``, ``erasure.held``.
    """
    found = complaint_view(u, actor, number, lock=True)
    require_act_of_law(actor, Right.REVIEW, at)
    require_concluding(u, actor, found)
    return erase_words(u, found, actor=actor.account, at=at)


def move_late(u: UnitOfWork, *, at: datetime) -> int:
    """Escalate what is unanswered, close what nobody disputed in time; the caller commits.

    Returns:
        How many complaints moved.
    """
    late = u.complaints.late(at)
    for each in late:
        if each.state is ComplaintState.OPEN:
            _escalate(u, each, ComplaintAct.OVERDUE, actor="system", at=at)
        else:
            _close(u, each, ComplaintAct.SILENCE, actor="system", at=at)
    return len(late)


def _file(  # noqa: PLR0913
    u: UnitOfWork,
    command: FileComplaint,
    permit: Permit | None,
    receipt: Receipt,
    *,
    at: datetime,
    customer: PersonId | None = None,
    counts_as: str | None = None,
) -> Receipt:
    filed = u.complaints.add(
        Complaint(
            id=receipt.id,
            secret=receipt.digest,
            permit=permit.number if permit else None,
            customer=customer,
            counts_as=counts_as,
            category=ComplaintCategory(command.category),
            language=command.language[:5],
            text=_words("text", command.text, LONGEST_TEXT),
            contact=plain_text("contact", command.contact, limit=LONGEST_CONTACT) or None,
            state=ComplaintState.OPEN if permit else ComplaintState.ESCALATED,
            filed_at=at,
            due=_due(u, at, RULES.answer_days if permit else RULES.conclude_days),
            escalated_why=None if permit else "no_permit",
            escalated_at=None if permit else at,
        )
    )
    _record(u, filed, "complaint.filed", "customer" if customer else "public", at)
    return replace(receipt, due=filed.due)


def _counts_as(u: UnitOfWork, customer: PersonId, keyed: Keyed) -> str:
    """The pseudonym under which a customer's complaints count, the same for all of them."""
    before = u.complaints.of_customer(customer, 1)
    known = before[0].counts_as if before else None
    return known or keyed.of("complaint-counts", customer)


def _made(u: UnitOfWork, command: FileComplaint, who: str, keyed: Keyed) -> Receipt:
    """Number and secret of a form: sent twice, it shows the same receipt twice.

    Args:
        u: holds the number until the transaction ends.
        command: with the form's one-time key.
        who: ``public``, or the customer.
        keyed: makes them, so that nobody else can.
    """
    seed = f"{who}:{command.key or secrets.token_urlsafe(16)}:{command.text}"
    number = f"C-{_letters(keyed.of('complaint-number', seed), NUMBER)}"
    u.pages.tries.hold(number)
    found = u.complaints.find(number)
    secret = _letters(keyed.of("complaint-secret", seed), SECRET)
    digest = keyed.of("complaint", number + secret)
    if found is not None and found.secret != digest:
        raise Conflict("store.conflict", reason="number")  # another's, by chance: press again
    return Receipt(number, secret, digest, found.due if found else None)


def _due(u: UnitOfWork, at: datetime, days: int) -> datetime:
    return due(at, days, u.calendar.calendar())


def _escalate(
    u: UnitOfWork, found: Complaint, act: ComplaintAct, *, actor: str, at: datetime
) -> Complaint:
    saved = u.complaints.save(
        replace(
            found,
            state=after(found.state, act),
            escalated_why=act.value,
            escalated_at=at,
            due=_due(u, at, RULES.conclude_days),
        )
    )
    _record(u, saved, "complaint.escalated", actor, at, why=act.value)
    return saved


def _close(
    u: UnitOfWork, found: Complaint, act: ComplaintAct, *, actor: str, at: datetime
) -> Complaint:
    state = after(found.state, act)
    saved = u.complaints.save(replace(found, state=state, closed_at=at, due=None))
    outcome = saved.outcome.value if saved.outcome else None
    _record(u, saved, "complaint.closed", actor, at, why=act.value, outcome=outcome)
    return saved


def erase_words(u: UnitOfWork, found: Complaint, *, actor: str, at: datetime) -> Complaint:
    """Erase the words of a closed complaint that no hold of the authority keeps.

    Raises:
        Conflict: ``complaint.not_closed``, ``erasure.held``.
    """
    if found.state is not ComplaintState.CLOSED:
        raise Conflict("complaint.not_closed")
    if found.erased_at is not None:
        return found
    if u.holds.standing([each for each in (found.customer, found.permit) if each]):
        raise Conflict("erasure.held")
    gone = replace(
        found, text=None, contact=None, answer=None, conclusion=None, customer=None, erased_at=at
    )
    saved = u.complaints.save(gone)
    _record(u, saved, "complaint.erased", actor, at)
    return saved


def _record(
    u: UnitOfWork, complaint: Complaint, kind: str, actor: str, at: datetime, **more: Any
) -> None:
    """An entry without anybody's words. Kinds: complaint.filed, …; see ``KINDS``."""
    u.audit.append(
        kind=kind,
        actor=actor,
        subject=complaint.permit or complaint.id,
        data={"complaint": complaint.id, "category": complaint.category.value, **more},
        at=at,
    )


def _by_receipt(
    u: UnitOfWork, number: str, secret: str, *, address: str, at: datetime, keyed: Keyed
) -> tuple[Complaint | None, bool]:
    tidy = number.strip().upper()[:20] or NOBODY
    bare = "".join(secret.upper().split()).replace("-", "")[:40]
    who = keyed.of("look-address", keyed.address(address))
    within = u.pages.tries.take(who, TRIES, SPAN, at)  # never by number: the firm knows it
    found = u.complaints.find(tidy, lock=True)
    right = keyed.same("complaint", tidy + bare, found.secret if found else "0" * 64)
    return found, right and within


def _permit(u: UnitOfWork, text: str) -> Permit | None:
    if not text.strip():
        return None
    found = u.permits.find(text.strip().upper()[:20])
    if found is None:
        raise InvalidInput("complaint.permit", number=text.strip()[:20])
    return found


def _checked(command: FileComplaint) -> None:
    """Everything that can be wrong with a complaint, before anything is counted."""
    _words("text", command.text, LONGEST_TEXT)
    plain_text("contact", command.contact, limit=LONGEST_CONTACT)
    if command.category not in set(ComplaintCategory):
        raise InvalidInput("complaint.category")


def _words(field: str, text: str, limit: int) -> str:
    words = plain_text(field, text, limit=limit)
    if len(words) < SHORTEST_TEXT:
        raise InvalidInput("complaint.too_short", least=SHORTEST_TEXT)
    return words


def _letters(digest: str, length: int) -> str:
    """The first letters of a hash: 32 of them divide 256, so each is as likely."""
    return "".join(ALPHABET[each % 32] for each in bytes.fromhex(digest)[:length])
