"""Heads that outside witnesses kept, against the log as it is.

Rules:

1. A witness is read from what it is: a head's JSON, a mail, a register page's PDF file, a text that
   somebody typed off paper.
2. It is *whole* when the log's first so many entries have exactly its root.
3. It is *altered* when they have not, or the log is shorter, and the witness speaks for itself: it
   is signed by a key of the log or the one given, or was typed with the right checksum words.
4. Whatever else does not fit *cannot be checked*: a slip of the hand or another platform's head
   never reads as an alteration (as with evidence files, ADR 24).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as email_policy
from pathlib import Path
from typing import Any, Final

from sandbox.domain.head_paper import PaperHead, read_text
from sandbox.domain.heads import head_bytes
from sandbox.kit.errors import InvalidInput
from sandbox.services.audit import KeptHead, is_signed
from sandbox.services.evidence_verdict import Verdict
from sandbox.services.views import VerifyReport

LARGEST: Final = 20_000_000
"""Bytes of a witness: a scan is no text."""
REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "unreadable": ("cannot be read: {detail}", "give the mail, the PDF file, JSON or typed text"),
    "mistyped": (
        "was not typed as it was printed: the checksum words do not fit",
        "compare size, root and words with the paper, group by group",
    ),
    "no_words": (
        "does not fit, and has neither signature nor checksum words",
        "type the four words as well: without them a slip of the hand looks the same",
    ),
    "unsigned": ("is not signed by the key it names", "take another copy of it"),
    "other_key": (
        "does not fit, and is signed by {detail}, which signed nothing in this log",
        "see whether it is of this platform: if so, this log is another; say so with --key",
    ),
    "key_unknown": (
        "signed nothing in this log; its heads are signed by {detail}",
        "compare them digit by digit: if yours is right, this is not the platform's log",
    ),
    "not_reached": ("lies behind the first wrong record", "look at the record that is named"),
}
"""What keeps a witness from being checked: why, and what to do."""


@dataclass(frozen=True)
class Witness:
    """A witness as given: its name, and its head or why there is none."""

    name: str
    head: PaperHead | None
    trouble: str = ""


@dataclass(frozen=True)
class Testimony:
    """What one witness says of the log.

    Attributes:
        name: whose.
        verdict: what is said.
        words: in plain words, to be read behind the name.
        advice: what to do; empty when nothing is to be done.
    """

    name: str
    verdict: Verdict
    words: str
    advice: str = ""


def read_witness(path: Path) -> Witness:
    """Read a witness; never raises for what is in the file."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            return Witness(str(path), None, "it is larger than any witness")
        return Witness(str(path), head_in(content))
    except OSError as error:
        return Witness(str(path), None, error.strerror or type(error).__name__)
    except InvalidInput as error:
        return Witness(str(path), None, str(error.params.get("reason", "no head in it")))


def head_in(content: bytes) -> PaperHead:
    """The head in a file's bytes.

    Raises:
        InvalidInput: ``audit.head_malformed``.
    """
    if content.startswith(b"%PDF-"):
        return read_text(content.decode("latin-1"))
    if content.lstrip().startswith(b"{"):
        return _of_json(content)
    message = message_from_bytes(content, policy=email_policy)
    if isinstance(message, EmailMessage) and "message-id" in message:
        return read_text(_body(message))
    return read_text(content.decode("utf-8", "replace"))


def _of_json(content: bytes) -> PaperHead:
    """A head as the desk gives it, or as the SDK keeps it: below the log's address."""
    try:
        data: Any = json.loads(content)
        if isinstance(data, dict) and "size" not in data and len(data) == 1:
            (data,) = data.values()
        kept = KeptHead.from_dict(data)
    except (InvalidInput, ValueError, TypeError, RecursionError) as error:
        raise InvalidInput("audit.head_malformed", reason="not the JSON of a head") from error
    return PaperHead(kept.size, kept.root, kept.at, kept.signature, kept.public_key)


def _body(message: EmailMessage) -> str:
    part = message.get_body(("plain", "html"))
    try:
        return str(part.get_content()) if part is not None else ""
    except (LookupError, ValueError, AttributeError, KeyError) as error:
        raise InvalidInput("audit.head_malformed", reason="a mail that cannot be read") from error


def testify(
    witnesses: Sequence[Witness], report: VerifyReport, *, key: str | None
) -> tuple[Testimony, ...]:
    """What each witness says.

    Args:
        witnesses: as read.
        report: of the whole log, with the roots at the witnesses' sizes.
        key: the platform's public key as the reader knows it, hex.
    """
    known = report.keys | ({key} if key else frozenset())
    said = tuple(_judge(each, report, known) for each in witnesses)
    if key is None or not report.keys or key in report.keys:
        return said
    return (_cannot(Witness("--key", None), "key_unknown", ", ".join(sorted(report.keys))), *said)


def _judge(witness: Witness, report: VerifyReport, known: frozenset[str]) -> Testimony:
    head = witness.head
    if head is None:
        return _cannot(witness, "unreadable", witness.trouble)
    if head.words is not None and not head.typed_right():
        return _cannot(witness, "mistyped")
    if head.signature is not None and not _signed(head):
        return _cannot(witness, "unsigned")
    if report.roots.get(head.size) == head.root:
        said = f"the log of {report.size} records begins with its {head.size}"
        return Testimony(witness.name, Verdict.WHOLE, said)
    return _differs(witness, head, report, known)


def _differs(
    witness: Witness, head: PaperHead, report: VerifyReport, known: frozenset[str]
) -> Testimony:
    """What a head that does not fit is worth."""
    if head.signature is None and head.words is None:
        return _cannot(witness, "no_words")
    if head.public_key is not None and head.public_key not in known:
        return _cannot(witness, "other_key", head.public_key)
    if head.size in report.roots:
        said = f"the first {head.size} records are not those it was made of: they were rewritten"
    elif report.ok or report.code == "audit.records_missing":
        said = f"it knows {head.size} records, the log has {report.size}: records are missing"
    else:
        return _cannot(witness, "not_reached")
    return Testimony(witness.name, Verdict.ALTERED, said)


def _signed(head: PaperHead) -> bool:
    message = head_bytes(head.size, head.root, head.at or "")
    return is_signed(message, head.signature or "", head.public_key or "")


def _cannot(witness: Witness, code: str, detail: str = "") -> Testimony:
    why, advice = REASONS[code]
    return Testimony(witness.name, Verdict.CANNOT_CHECK, why.format(detail=detail), advice)
