"""A student's own name: as the class list wrote it, and the Latin form that the student chose."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.class_names import PersonName, latin_name, suggestions
from sandbox.domain.seats import Actor
from sandbox.kit.errors import NotFound
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class OwnName:
    """What the person sees of their own name.

    Attributes:
        latin: empty until it was chosen.
        suggested: Latin forms to choose from.
    """

    written: str
    number: str
    latin: str
    suggested: tuple[str, ...]


def own_name(u: UnitOfWork, actor: Actor) -> OwnName | None:
    """The reader's own name; None for whoever came by no class list."""
    found = u.class_people.find(actor.account)
    if found is None:
        return None
    name = PersonName(found.surname, found.given, found.patronymic)
    return OwnName(
        name.shown,
        found.number,
        found.latin,
        suggestions(found.surname, found.given, found.patronymic),
    )


def choose_latin(u: UnitOfWork, actor: Actor, text: str, *, at: datetime) -> str:
    """Keep the Latin form that a person chose; the same again changes nothing.

    Raises:
        InvalidInput: ``latin.malformed``.
        NotFound: ``class_person.not_found``.
    """
    found = u.class_people.find(actor.account, lock=True)
    if found is None:
        raise NotFound("class_person.not_found", id=actor.account)
    latin = latin_name(text)
    if latin != found.latin:
        u.class_people.save(replace(found, latin=latin))
        u.audit.append(
            kind="account.latin_name",
            actor=actor.account,
            subject=actor.account,
            data={},
            at=at,
        )
    return latin
