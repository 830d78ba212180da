"""Two people: who wrote an act of law may not be the one who countersigns it.

Rules:

1. The second signature is another *person's*, not merely another account's.
2. Only an open proposal can be countersigned, once.
3. A proposal that another version has overtaken is void: it signed a version that is taken.

Source: the design's decision 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sandbox.domain.seats import Actor
from sandbox.domain.words import DecisionStatus
from sandbox.kit.errors import Conflict, NotAllowed
from sandbox.kit.ids import AccountName, FileId, PersonId


class Signable(Protocol):
    """As much of a decision as decides who may countersign it."""

    @property
    def status(self) -> DecisionStatus:
        """Where it stands."""
        ...

    @property
    def version(self) -> int:
        """The version that it would publish; 0 for none."""
        ...

    @property
    def author(self) -> AccountName:
        """Whose it is."""
        ...

    @property
    def author_person(self) -> PersonId:
        """The person behind that account."""
        ...

    @property
    def authored_at(self) -> datetime:
        """When the author signed it."""
        ...


@dataclass(frozen=True)
class OpenProposal:
    """A proposal as lists need it: without terms, document and signatures.

    Attributes:
        issued_version: the last issued version of the file's permit, 0 before the grant.
    """

    file: FileId
    status: DecisionStatus
    version: int
    author: AccountName
    author_person: PersonId
    authored_at: datetime
    issued_version: int


def require_second_person(decision: Signable, actor: Actor) -> None:
    """Refuse the author of a decision as its countersigner.

    Raises:
        NotAllowed: ``approval.author_cannot_countersign``.
    """
    if actor.person == decision.author_person or actor.account == decision.author:
        raise NotAllowed("approval.author_cannot_countersign", author=decision.author)


def require_open(decision: Signable, *, issued_version: int) -> None:
    """Refuse a decision that no longer waits for a signature.

    Args:
        decision: what is to be countersigned.
        issued_version: the permit's last issued version (0 before the grant).

    Raises:
        Conflict: ``approval.not_open`` or ``approval.overtaken``.
    """
    if decision.status is DecisionStatus.OVERTAKEN:
        raise Conflict("approval.overtaken", version=decision.version, issued=issued_version)
    if decision.status is not DecisionStatus.PROPOSED:
        raise Conflict("approval.not_open", status=decision.status.value)
    if decision.version and decision.version != issued_version + 1:
        raise Conflict("approval.overtaken", version=decision.version, issued=issued_version)


def may_countersign(decision: Signable, actor: Actor, *, issued_version: int) -> bool:
    """Whether this actor could countersign now, as far as persons and versions go."""
    try:
        require_open(decision, issued_version=issued_version)
        require_second_person(decision, actor)
    except (Conflict, NotAllowed):
        return False
    return True
