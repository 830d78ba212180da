"""The terms of a draft or a permit as a document, for the one who tries them in a lab.

Rules: a draft's terms are its applicant's (and whoever else may see the file, as everywhere);
a permit's are those in force now. A draft whose limits are not complete names what is missing:
terms with holes are never enforced, in a lab neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.domain.limits_form import read_terms
from sandbox.domain.seats import Actor
from sandbox.kit.errors import InvalidInput
from sandbox.services.access import readable_file, readable_permit
from sandbox.store import UnitOfWork

PERMIT_PREFIX = "SB-"


@dataclass(frozen=True)
class TermsDocument:
    """Terms and what they belong to.

    Attributes:
        number: of the permit or the file.
        version: of the permit; 0 for a draft.
        terms: as ``Terms.as_dict``; limits are strings of minor units or ``no limit``.
    """

    number: str
    version: int
    terms: Mapping[str, Any]


def terms_document(u: UnitOfWork, actor: Actor, number: str, *, at: datetime) -> TermsDocument:
    """Read the terms of a draft or a permit.

    Args:
        u: the unit of work.
        actor: who asks.
        number: ``SB-2026-0001`` or ``F-2026-0001``; case does not matter.
        at: from when a draft's term without a start would run.

    Raises:
        NotFound: ``permit.not_found``, ``file.not_found``; also when it is not for this actor.
        InvalidInput: ``conditions.invalid`` naming every wrong or missing limit of a draft.
    """
    named = number[:20].upper()
    if named.startswith(PERMIT_PREFIX):
        permit, _ = readable_permit(u, actor, named)
        return TermsDocument(permit.number, permit.version, permit.terms.as_dict())
    file = readable_file(u, actor, named)
    terms, problems = read_terms(file.answers, at=at)
    if terms is None:
        raise InvalidInput("conditions.invalid", missing=[each.as_dict() for each in problems])
    return TermsDocument(file.id, 0, terms.as_dict())
