"""Submissions: kept as they were, listed, compared.

Rules:

1. A submission is written with the act of submitting, in its transaction, and never again.
2. Whoever may read the file may read what was submitted; a draft under way is not among it.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.domain.application import FIELDS
from sandbox.domain.compare import compare
from sandbox.domain.papers import Submission, submission_digest
from sandbox.domain.records import PermitFile
from sandbox.domain.seats import Actor
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import NotFound
from sandbox.services.access import readable_file
from sandbox.services.documents import inventory
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class FieldChange:
    """One field that differs: ``pieces`` as ``domain.compare`` gives them."""

    field: str
    pieces: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class DocumentChange:
    """One document that was added, taken away or replaced.

    Attributes:
        what: ``added``, ``removed`` or ``replaced``.
        before: its line in the earlier inventory.
        after: its line in the later one.
    """

    what: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class Comparison:
    """Two submissions of one file and all that differs."""

    before: Submission
    after: Submission
    fields: tuple[FieldChange, ...]
    documents: tuple[DocumentChange, ...]


def keep_submission(u: UnitOfWork, file: PermitFile, actor: Actor, *, at: datetime) -> Submission:
    """Keep what is being submitted.

    Args:
        u: the transaction of the act.
        file: as it is submitted.
        actor: who submits.
        at: now.
    """
    documents = inventory(u, file)
    earlier = u.submissions.of_file(file.id)
    return u.submissions.add(
        Submission(
            id=uuid.uuid4().hex,
            file=file.id,
            number=(earlier[-1].number if earlier else 0) + 1,
            answers=dict(file.answers),
            documents=documents,
            digest=submission_digest(file.answers, documents),
            by=actor.account,
            at=at,
        )
    )


def application_digest(u: UnitOfWork, file: PermitFile) -> str:
    """SHA-256 of what the Committee has before it, hex: the answers and the submitted documents.

    Documents count by their content: a new name or the same bytes attached anew change nothing.
    Where nothing is attached it is the hash of the answers alone, as in older minutes.

    Args:
        u: the unit of work.
        file: as it stands.
    """
    whole: dict[str, Any] = dict(file.answers)
    last = u.submissions.of_file(file.id)[-1:]
    documents = sorted(str(line["sha256"]) for each in last for line in each.documents)
    if documents:
        whole = {"answers": whole, "documents": documents}
    return content_hash(whole).hex()


def list_submissions(u: UnitOfWork, actor: Actor, file_id: str) -> tuple[Submission, ...]:
    """Every submission of a file, the first one first.

    Raises:
        NotFound: ``file.not_found``.
    """
    return u.submissions.of_file(readable_file(u, actor, file_id).id)


def compare_submissions(
    u: UnitOfWork, actor: Actor, file_id: str, *, first: int, second: int
) -> Comparison:
    """What changed between two submissions.

    Args:
        u: a reading unit.
        actor: who reads.
        file_id: which file.
        first: the earlier number.
        second: the later number.

    Raises:
        NotFound: ``file.not_found``, ``submission.not_found``.
    """
    found = {each.number: each for each in list_submissions(u, actor, file_id)}
    if first not in found or second not in found:
        raise NotFound("submission.not_found")
    before, after = found[first], found[second]
    return Comparison(
        before, after, _fields(before.answers, after.answers), _documents(before, after)
    )


def _fields(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FieldChange, ...]:
    pairs = ((name, before.get(name, ""), after.get(name, "")) for name in FIELDS)
    return tuple(
        FieldChange(name, tuple(compare(old, new))) for name, old, new in pairs if old != new
    )


def _documents(before: Submission, after: Submission) -> tuple[DocumentChange, ...]:
    """Versions of one document pair; what was taken away and attached anew is two changes."""
    old = {str(line["series"]): line for line in before.documents}
    new = {str(line["series"]): line for line in after.documents}
    return tuple(
        DocumentChange(_word(old.get(key), new.get(key)), old.get(key), new.get(key))
        for key in {**old, **new}
        if not _same(old.get(key), new.get(key))
    )


def _same(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> bool:
    return old is not None and new is not None and old["sha256"] == new["sha256"]


def _word(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> str:
    if old is None:
        return "added"
    return "removed" if new is None else "replaced"
