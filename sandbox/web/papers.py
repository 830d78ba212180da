"""What of a file's papers its page shows: documents, versions, letters, the way to the records."""

from __future__ import annotations

from typing import Any

from sandbox.domain.lifecycle import FileState
from sandbox.services import documents, letters, review_records, sponsorship, submissions
from sandbox.services.access import readable_file
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork
from sandbox.web.visit import Visit


def papers_of(u: UnitOfWork, visit: Visit, view: FileView) -> dict[str, Any]:
    """What ``file_documents.html`` and the list of decisions need.

    Args:
        u: a reading unit.
        visit: who reads.
        view: the file, as this reader may see it.
    """
    actor = visit.known
    attached = documents.list_documents(u, actor, view.id)
    file = readable_file(u, actor, view.id)
    signed = file.sponsor_signature is not None and file.state is not FileState.DRAFT
    return {
        "attached": attached,
        "submissions": submissions.list_submissions(u, actor, view.id),
        "letters": {
            decision: {"number": number}
            for decision, number in letters.letter_numbers(u, actor, view.id).items()
        },
        "sees_records": review_records.sees_records(u, actor, view.id),
        "signature_holds": signed
        and sponsorship.signature_holds(file, sponsorship.submitted_documents(u, file)),
    }
