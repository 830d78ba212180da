"""Who may see which file and which permit. What may not be seen is "not found".

An authority acts where it is competent; what another authority shows to it, it reads.
"""

from __future__ import annotations

from sandbox.domain.lifecycle import FileState
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor, Right, require, rights_of
from sandbox.domain.sight import sight_of
from sandbox.kit.errors import NotAllowed, NotFound
from sandbox.kit.ids import FileId, PermitNumber
from sandbox.store import UnitOfWork


def sees_file(actor: Actor, file: PermitFile) -> bool:
    """Whether an actor may learn of a file: ``sandbox.domain.sight``, as lists use it too."""
    return sight_of(actor).covers(file)


def competent_in(actor: Actor, file: PermitFile, right: Right) -> bool:
    """Whether an actor has a right of the regulators and may use it in a file."""
    return right in rights_of(actor.seats) and actor.org is not None and file.authority == actor.org


def is_guest(actor: Actor, file: PermitFile) -> bool:
    """Whether an actor reads a file by another authority's leave alone."""
    return file.id in actor.shared and file.authority != actor.org


def require_competent(actor: Actor, file: PermitFile) -> None:
    """Refuse whoever is not of the authority that is competent for a file.

    Raises:
        NotAllowed: ``authority.reads_only``.
    """
    if actor.org is None or file.authority != actor.org:
        raise NotAllowed("authority.reads_only", file=file.id)


def readable_file(u: UnitOfWork, actor: Actor, file_id: str, *, lock: bool = False) -> PermitFile:
    """A file this actor may see.

    Raises:
        NotFound: ``file.not_found``, also when it exists and is not for this actor.
    """
    file = u.files.find(file_id[:20], lock=lock)
    if file is None or not sees_file(actor, file):
        raise NotFound("file.not_found", id=file_id[:20])
    return file


def applicants_file(u: UnitOfWork, actor: Actor, file_id: FileId) -> PermitFile:
    """The actor's own organisation's file, held for writing.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``file.not_found``.
    """
    require(actor, Right.APPLY)
    file = readable_file(u, actor, file_id, lock=True)
    if file.org != actor.org:
        raise NotFound("file.not_found", id=file_id[:20])
    return file


def readable_permit(
    u: UnitOfWork, actor: Actor, number: str, *, lock: bool = False
) -> tuple[Permit, PermitFile]:
    """A permit this actor may see, with its file.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit = u.permits.find(number[:20].upper(), lock=lock)
    file = u.files.find(permit.file) if permit else None
    if permit is None or file is None or not sees_file(actor, file):
        raise NotFound("permit.not_found", id=number[:20])
    if actor.permit is not None and actor.permit != permit.number:
        raise NotFound("permit.not_found", id=number[:20])
    return permit, file


def permit_behind(
    u: UnitOfWork, actor: Actor, number: str, *, code: str, subject: str
) -> tuple[Permit, PermitFile]:
    """The permit of a record and its file; for whoever may not see them the record is not there.

    Args:
        u: a unit of work.
        actor: who asks.
        number: the permit's.
        code: of what the record is.
        subject: the record's own id.

    Raises:
        NotFound: ``<code>.not_found``.
    """
    try:
        return readable_permit(u, actor, number)
    except NotFound as error:
        raise NotFound(f"{code}.not_found", id=subject) from error


def team_permit(
    u: UnitOfWork, actor: Actor, number: str, *, lock: bool = False
) -> tuple[Permit, PermitFile]:
    """A permit that this actor's team operates.

    Raises:
        NotAllowed: ``seat.right_missing``.
        NotFound: ``permit.not_found``.
    """
    require(actor, Right.RUN_TRIAL)
    permit, file = readable_permit(u, actor, number, lock=lock)
    if permit.org != actor.org:
        raise NotFound("permit.not_found", id=number[:20])
    return permit, file


def require_running(file: PermitFile) -> None:
    """Refuse what only a running permit allows.

    Raises:
        NotAllowed: ``permit.not_active``.
    """
    if file.state is not FileState.ACTIVE:
        raise NotAllowed("permit.not_active", state=file.state.value)


def operator_of(actor: Actor) -> PermitNumber:
    """The permit that this credential is for.

    Raises:
        NotAllowed: ``permit.no_context`` when the credential is for none.
    """
    if actor.permit is None:
        raise NotAllowed("permit.no_context")
    return actor.permit
