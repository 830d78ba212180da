"""Decision letters: sent out once, with a number; detached signatures beside them.

Rules:

1. A letter is of a decision that was made; a proposal has none.
2. It goes out once: number, languages, texts and the bytes of its PDF stay as they were.
3. Whoever sees the decision sees its letter; only regulators send it and attach signatures.
4. Its reasons stand in two languages; the same text under both headings is refused.
5. A signature file is kept as it was handed in. Whose it is, is not checked here: the pages say so.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO, Final

from sandbox.domain.documents import safe_name
from sandbox.domain.papers import Letter, LetterSignature
from sandbox.domain.records import Decision
from sandbox.domain.seats import Actor, Channel, Right, require, require_act_of_law, rights_of
from sandbox.domain.words import DecisionStatus
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import FileId
from sandbox.services.access import competent_in, readable_file
from sandbox.services.acts import earlier, remember
from sandbox.services.reviews import needed_text, regulators_file
from sandbox.store import UnitOfWork
from sandbox.store.classroom_blobs import Blobs, Incoming

BESIDE: Final = ("ru", "en")
"""What may stand beside the Kyrgyz text."""
MADE: Final = frozenset({DecisionStatus.IN_FORCE, DecisionStatus.LAPSED})
SIGNATURE_BYTES: Final = 1_000_000
MOST_SIGNATURES: Final = 10
ENDINGS: Final = ("p7s", "p7m", "sig", "asc")
_ARMOUR: Final = (
    b"-----BEGIN PKCS7-----",
    b"-----BEGIN CMS-----",
    b"-----BEGIN PGP SIGNATURE-----",
    b"-----BEGIN SIGNATURE-----",
)


@dataclass(frozen=True)
class IssueLetter:
    """Send a decision's letter out. ``language``: beside Kyrgyz, ``ru`` or ``en``."""

    file: FileId
    decision: str
    language: str
    text_ky: str
    text_other: str
    key: str | None = None


@dataclass(frozen=True)
class AttachSignature:
    """Attach a detached signature to a letter."""

    file: FileId
    decision: str
    name: str
    key: str | None = None


@dataclass(frozen=True)
class LetterView:
    """A letter as its readers see it; ``letter`` None: not sent out yet."""

    letter: Letter | None
    signatures: tuple[LetterSignature, ...]
    may_issue: bool
    may_attach: bool


def letter_view(u: UnitOfWork, actor: Actor, file_id: str, decision_id: str) -> LetterView:
    """The letter of a decision that this reader may see.

    Raises:
        NotFound: ``file.not_found``, ``letter.not_found``.
    """
    decision = _decision(u, actor, file_id, decision_id)
    letter = u.letters.find(decision.id)
    file = readable_file(u, actor, file_id)
    able = competent_in(actor, file, Right.DECIDE) and actor.channel is Channel.BROWSER
    return LetterView(
        letter,
        u.letter_signatures.of_letter(letter.id) if letter else (),
        able and letter is None and decision.status in MADE,
        able and letter is not None,
    )


def letter_numbers(u: UnitOfWork, actor: Actor, file_id: str) -> Mapping[str, str]:
    """Outgoing numbers by decision.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, file_id)
    return {name: each.number for name, each in u.letters.of_file(file.id).items()}


def issue_letter(
    u: UnitOfWork,
    actor: Actor,
    command: IssueLetter,
    *,
    blobs: Blobs,
    render: Callable[[Letter], bytes],
    at: datetime,
) -> Letter:
    """Give a letter its number and keep its bytes.

    Args:
        u: the transaction.
        actor: a regulator.
        command: which letter.
        blobs: the file's.
        render: makes the PDF of the numbered letter.
        at: now.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``.
        NotFound: ``file.not_found``, ``letter.not_found``.
        Conflict: ``letter.issued``, ``letter.not_decided``.
        InvalidInput: ``letter.language``, ``letter.same_text``, ``text.*``.
    """
    require_act_of_law(actor, Right.DECIDE, at)
    done = earlier(u, actor, "issue_letter", command.key)
    if done is not None:
        return u.letters.get(done)
    file = regulators_file(u, actor, command.file, at=at)
    decision = _decision(u, actor, file.id, command.decision)
    if decision.status not in MADE:
        raise Conflict("letter.not_decided", state=decision.status.value)
    if u.letters.find(decision.id) is not None:
        raise Conflict("letter.issued")
    if command.language not in BESIDE:
        raise InvalidInput("letter.language")
    text_ky, text_other = _two_texts(command)
    letter = Letter(
        id=decision.id,
        file=file.id,
        number=f"{at.year}-{u.counters.next(f'letter:{at.year}'):04d}",
        language=command.language,
        text_ky=text_ky,
        text_other=text_other,
        sha256="",
        size=0,
        by=actor.account,
        at=at,
    )
    _sweep(u, file.id, blobs)
    content = render(letter)
    letter = u.letters.add(replace(letter, sha256=blobs.put(content), size=len(content)))
    u.audit.append(
        kind="file.letter_issued",
        actor=actor.account,
        subject=file.id,
        data={"decision": decision.id, "number": letter.number, "sha256": letter.sha256},
        at=at,
    )
    remember(u, actor, "issue_letter", command.key, letter.id, at=at)
    return letter


def attach_signature(
    u: UnitOfWork,
    actor: Actor,
    command: AttachSignature,
    fresh: Incoming,
    *,
    at: datetime,
) -> LetterSignature:
    """Keep a detached signature as it was handed in.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.needs_browser``.
        NotFound: ``file.not_found``, ``letter.not_found``.
        InvalidInput: ``letter.no_signature``, ``letter.signature_too_large``,
            ``letter.too_many_signatures``.
        Conflict: ``letter.signature_twice``.
    """
    require(actor, Right.DECIDE)
    if actor.channel is not Channel.BROWSER:
        raise NotAllowed("seat.needs_browser", channel=actor.channel.value)
    done = earlier(u, actor, "attach_signature", command.key)
    if done is not None:
        return u.letter_signatures.get(done)
    file = regulators_file(u, actor, command.file, at=at)
    letter = u.letters.find(_decision(u, actor, file.id, command.decision).id)
    if letter is None:
        raise NotFound("letter.not_found")
    held = u.letter_signatures.of_letter(letter.id)
    if any(each.sha256 == fresh.sha256 for each in held):
        raise Conflict("letter.signature_twice")
    if len(held) >= MOST_SIGNATURES:
        raise InvalidInput("letter.too_many_signatures", limit=MOST_SIGNATURES)
    name = _signature_name(command.name, fresh)
    signature = u.letter_signatures.add(
        LetterSignature(
            id=uuid.uuid4().hex,
            letter=letter.id,
            name=name,
            sha256=fresh.keep(),
            size=fresh.size,
            by=actor.account,
            at=at,
        )
    )
    u.audit.append(
        kind="file.letter_signed",
        actor=actor.account,
        subject=file.id,
        data={"decision": letter.id, "number": letter.number, "sha256": signature.sha256},
        at=at,
    )
    remember(u, actor, "attach_signature", command.key, signature.id, at=at)
    return signature


def _sweep(u: UnitOfWork, file_id: FileId, blobs: Blobs) -> None:
    """Take away what an act that failed half-way left; the file is held."""
    sent = u.letters.of_file(file_id)
    signed = [each for name in sent for each in u.letter_signatures.of_letter(name)]
    blobs.keep_only({*(each.sha256 for each in sent.values()), *(each.sha256 for each in signed)})


def open_letter(
    u: UnitOfWork, actor: Actor, file_id: str, decision_id: str, *, blobs: Blobs
) -> tuple[Letter, BinaryIO]:
    """A letter's PDF as it went out, checked.

    Raises:
        NotFound: ``file.not_found``, ``letter.not_found``.
    """
    letter = letter_view(u, actor, file_id, decision_id).letter
    if letter is None:
        raise NotFound("letter.not_found")
    return letter, blobs.open(letter.sha256)


def open_signature(
    u: UnitOfWork,
    actor: Actor,
    file_id: str,
    decision_id: str,
    signature_id: str,
    *,
    blobs: Blobs,
) -> tuple[LetterSignature, BinaryIO]:
    """A signature's file as it was handed in, checked.

    Raises:
        NotFound: ``file.not_found``, ``letter.not_found``.
    """
    found = letter_view(u, actor, file_id, decision_id).signatures
    signature = next((each for each in found if each.id == signature_id), None)
    if signature is None:
        raise NotFound("letter.not_found")
    return signature, blobs.open(signature.sha256)


def _two_texts(command: IssueLetter) -> tuple[str, str]:
    """The reasons in Kyrgyz and beside it: two texts, not one twice."""
    ky = needed_text("text_ky", command.text_ky)
    other = needed_text("text_other", command.text_other)
    if ky.casefold().split() == other.casefold().split():
        raise InvalidInput("letter.same_text")
    return ky, other


def _decision(u: UnitOfWork, actor: Actor, file_id: str, decision_id: str) -> Decision:
    """A decision of this file that the reader may learn of."""
    file = readable_file(u, actor, file_id)
    decision = u.decisions.find(decision_id[:40])
    seen = Right.SEE_ALL_FILES in rights_of(actor.seats)
    if decision is None or decision.file != file.id or not (seen or decision.status in MADE):
        raise NotFound("letter.not_found")
    return decision


def _signature_name(name: str, fresh: Incoming) -> str:
    """The safe name of what looks like a detached signature: DER or armoured."""
    tidy = safe_name(name)
    if fresh.size > SIGNATURE_BYTES:
        raise InvalidInput("letter.signature_too_large", limit=SIGNATURE_BYTES // 1_000_000)
    fresh.stream.seek(0)
    head = fresh.stream.read(64)
    armoured = head.lstrip().startswith(_ARMOUR)
    if tidy.rpartition(".")[2] not in ENDINGS or not (armoured or _der(head, fresh.size)):
        raise InvalidInput("letter.no_signature", name=tidy, formats=list(ENDINGS))
    return tidy


def _der(head: bytes, size: int) -> bool:
    """One DER sequence over the whole file, of known or (BER, as CMS may be) open length.

    Source: ITU-T X.690, 8.1.3; RFC 5652.
    """
    if len(head) < 4 or head[0] != 0x30:
        return False
    if head[1] == 0x80:
        return True
    if head[1] < 0x80:
        return size == head[1] + 2
    count = head[1] & 0x7F
    length = int.from_bytes(head[2 : 2 + count], "big")
    return 1 <= count <= 4 and size == 2 + count + length
