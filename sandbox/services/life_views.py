"""Who owes what until when in a file, what was asked for, and what its reader may do about it.

Rules: whoever sees the file sees its deadlines and petitions; the authorities' own steps inside a
decision stay theirs. As many queries for a list of files however many there are.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.life import (
    AutomaticAct,
    Deadline,
    DeadlineState,
    Petition,
    PetitionKind,
    PetitionState,
)
from sandbox.domain.lifecycle import Act, FileState
from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.regime import (
    EXTENSION_MONTHS,
    RULES,
    Consequence,
    DeadlineKind,
    Owner,
    months_later,
)
from sandbox.domain.seats import Actor, Right, rights_of
from sandbox.domain.terms import TrialState
from sandbox.kit.errors import NotAllowed, NotFound
from sandbox.kit.ids import FileId
from sandbox.services.access import competent_in, readable_file
from sandbox.services.appeals import may_still_appeal
from sandbox.services.duty import officers_of, on_duty
from sandbox.services.extensions import apply_by
from sandbox.services.outcomes import ACTS, require_independent
from sandbox.services.petitions import extended_before
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork

LIVE: Final = frozenset({FileState.ACTIVE, FileState.SUSPENDED, FileState.HALTED})
_SOON: Final = timedelta(days=366)


@dataclass(frozen=True)
class DeadlineView:
    """One line of who owes what until when.

    Attributes:
        kind: of the deadline; also ``interim`` and ``term`` for what has hours or a date.
        owner: who owes it; empty for the end of the term.
        state: open, paused, met or passed.
        overdue: the moment has passed and nobody has met it.
    """

    kind: str
    owner: str
    state: str
    since: datetime | None
    due: datetime
    overdue: bool


@dataclass(frozen=True)
class ExtensionView:
    """What an extension could be.

    Attributes:
        end: of the term now.
        latest: the latest end that the regime knows.
        apply_by: until when it may be asked for.
    """

    end: datetime
    latest: datetime
    apply_by: datetime
    extended: bool


@dataclass(frozen=True)
class LifeView:
    """The life of a file as its reader may see it. ``can``: which forms the page offers."""

    deadlines: tuple[DeadlineView, ...]
    petitions: tuple[Petition, ...]
    extension: ExtensionView | None
    automatic: AutomaticAct | None
    officers: tuple[str, ...]
    can: frozenset[str]
    names: Mapping[str, str]
    """Of organisations that petitions name."""
    graduated: str | None
    """The decision with the statement, once it is signed by two."""


@dataclass(frozen=True)
class Owed:
    """The next thing that a reader owes in a file."""

    kind: str
    due: datetime
    overdue: bool


def life_view(u: UnitOfWork, actor: Actor, view: FileView, *, at: datetime) -> LifeView:
    """Deadlines, petitions and possible acts of a file.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, view.id)
    permit = u.permits.find(file.permit) if file.permit else None
    petitions = u.petitions.of_file(file.id)
    waits = u.automatic.interim_of(file.id)
    graduation = [
        each.id for each in view.decisions if each.kind == "graduate" and each.status == "in_force"
    ]
    return LifeView(
        deadlines=_lines(u, file, permit, at),
        petitions=petitions,
        extension=_extension(u, file, permit),
        automatic=waits,
        officers=officers_of(u, file.authority, at),
        can=frozenset(_can(u, actor, view, file, permit, petitions, waits, at)),
        names=u.organisations.names_of({each.sponsor for each in petitions}),
        graduated=graduation[-1] if graduation else None,
    )


def deadline_lines(
    u: UnitOfWork, actor: Actor, file_id: str, *, at: datetime
) -> tuple[DeadlineView, ...]:
    """A file's deadlines alone.

    Raises:
        NotFound: ``file.not_found``.
    """
    file = readable_file(u, actor, file_id)
    permit = u.permits.find(file.permit) if file.permit else None
    return _lines(u, file, permit, at)


def owed_by(u: UnitOfWork, owners: Collection[str], *, at: datetime) -> Mapping[str, Owed]:
    """The next thing that somebody owes in each file, the first due first; one query.

    Args:
        u: a reading unit of work.
        owners: for whom the reader sits.
        at: now.
    """
    seats = {*owners, Owner.DUTY_OFFICER.value} if "regulator" in owners else set(owners)
    found: dict[str, Deadline] = {}
    for each in u.deadlines.open_until(at + _SOON):
        if each.owner.value not in seats or RULES[each.kind].consequence is Consequence.CLOSE:
            continue
        if each.file not in found or each.due < found[each.file].due:
            found[each.file] = each
    return {
        file: Owed(each.kind.value, each.due, overdue=at > each.due) for file, each in found.items()
    }


def _lines(
    u: UnitOfWork, file: PermitFile, permit: Permit | None, at: datetime
) -> tuple[DeadlineView, ...]:
    """Running deadlines by date, then the last ones that ended."""
    kept = [
        DeadlineView(
            kind=each.kind.value,
            owner=each.owner.value,
            state=each.state.value,
            since=each.since,
            due=each.due,
            overdue=each.state is DeadlineState.OPEN and at > each.due,
        )
        for each in u.deadlines.of_file(file.id)
    ]
    if permit is not None and file.state in LIVE:
        kept += _of_permit(u, file, permit, at)
    running = [each for each in kept if each.state in {"open", "paused"}]
    ended = [each for each in kept if each.state not in {"open", "paused"}]
    running.sort(key=lambda each: (each.state == "paused", each.due))
    ended.sort(key=lambda each: each.due, reverse=True)
    return (*running, *ended[:5])


def _of_permit(u: UnitOfWork, file: PermitFile, permit: Permit, at: datetime) -> list[DeadlineView]:
    """What a live permit runs to: its end, the last day to ask, a second signature."""
    lines = [DeadlineView("term", "", "open", permit.terms.start, permit.terms.end, overdue=False)]
    by = apply_by(u, permit.base_terms.end)
    if at <= by and not extended_before(u, file.id):
        kind = DeadlineKind.EXTENSION_NOTICE.value
        lines.append(DeadlineView(kind, Owner.PARTIES.value, "open", None, by, overdue=False))
    if permit.interim_until is not None:
        until = permit.interim_until
        lines.append(
            DeadlineView("interim", "second_regulator", "open", None, until, overdue=at > until)
        )
    return lines


def _extension(u: UnitOfWork, file: PermitFile, permit: Permit | None) -> ExtensionView | None:
    if permit is None or file.state not in LIVE:
        return None
    end = permit.base_terms.end
    return ExtensionView(
        end=permit.terms.end,
        latest=months_later(end, EXTENSION_MONTHS),
        apply_by=apply_by(u, end),
        extended=extended_before(u, file.id),
    )


_FORMS: Final = {
    "complete": Act.COMPLETE,
    "graduate": Act.GRADUATE,
    "propose_wind_down": Act.WIND_DOWN,
    "surrender": Act.SURRENDER,
}
"""Forms that need nothing but the act's being possible."""


def _can(  # noqa: PLR0913, PLR0917 - everything that a form depends on
    u: UnitOfWork,
    actor: Actor,
    view: FileView,
    file: PermitFile,
    permit: Permit | None,
    petitions: tuple[Petition, ...],
    waits: AutomaticAct | None,
    at: datetime,
) -> set[str]:
    opened = {each.kind.value for each in petitions if each.state is PetitionState.OPEN}
    found = {name for name, act in _FORMS.items() if act.value in view.possible}
    found |= _extending(u, view, permit, asked="extension" in opened, at=at)
    if Act.SPONSOR_LEAVES.value in view.possible:
        found.add("stay" if "sponsor_leaving" in opened else "leave")
    found |= _following(actor, view, file, petitions)
    if Act.APPEAL.value in view.possible and may_still_appeal(u, file, at):
        found.add("appeal")
    if Act.UPHOLD.value in view.possible and _independent(u, file, actor, at):
        found.add("decide_appeal")
    if waits is not None and file.state in {FileState.SUSPENDED, FileState.LAPSED}:
        able = competent_in(actor, file, Right.INTERVENE) and view.my_seat in {None, "regulator"}
        if able and on_duty(u, actor, at):
            found.add("decide_automatic")
    if {kind.value for kind in ACTS} & {
        each.kind for each in view.decisions if each.status == "proposed"
    }:
        found -= {"graduate", "decide_appeal"}
    return found - _settled(permit)


def _following(
    actor: Actor, view: FileView, file: PermitFile, petitions: tuple[Petition, ...]
) -> set[str]:
    """Naming, accepting and proposing another sponsor."""
    found = {"name_sponsor"} if Act.NAME_SPONSOR.value in view.possible else set()
    for each in petitions:
        if each.kind is not PetitionKind.NEW_SPONSOR or each.state is not PetitionState.OPEN:
            continue
        theirs = actor.org is not None and each.sponsor == file.candidate == actor.org
        if each.signature is not None and Act.CHANGE_SPONSOR.value in view.possible:
            found.add("propose_sponsor")
        if each.signature is None and theirs and Right.SPONSOR in rights_of(actor.seats):
            found |= {"accept_sponsorship"} if file.state in LIVE else set()
    return found


def _extending(
    u: UnitOfWork, view: FileView, permit: Permit | None, *, asked: bool, at: datetime
) -> set[str]:
    found: set[str] = set()
    if asked and Act.DECLINE_EXTENSION.value in view.possible:
        found.add("decline_extension")
    if permit is None or at >= permit.terms.end or extended_before(u, FileId(view.id)):
        return found
    if asked and Act.EXTEND.value in view.possible:
        found.add("propose_extension")
    in_time = at <= apply_by(u, permit.base_terms.end)
    if not asked and in_time and Act.ASK_EXTENSION.value in view.possible:
        found.add("ask_extension")
    return found


def _settled(permit: Permit | None) -> set[str]:
    """A wind-down that two have signed is not proposed again."""
    wound = permit is not None and permit.base_state is TrialState.WIND_DOWN
    return {"propose_wind_down"} if wound else set()


def _independent(u: UnitOfWork, file: PermitFile, actor: Actor, at: datetime) -> bool:
    try:
        require_independent(u, file, actor, at=at)
    except (NotAllowed, NotFound):
        return False
    return True
