"""Marks in the reader's language: titles of tasks and what tests say, by the source's catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sandbox.domain.classroom import ActionKind, Mark
from sandbox.domain.coursework import AssignmentName, BundleHash
from sandbox.grading.authoring.catalogues import path_of, read_catalogue
from sandbox.locale import Language
from sandbox.services.classroom_room import Room
from sandbox.store.classroom import Actions, Bundles


def in_words(
    room: Room, assignment: AssignmentName, marks: Iterable[Mark], lang: Language
) -> tuple[Mark, ...]:
    """The same marks in another language; what has no translation stays as it is.

    Args:
        room: of whoever reads.
        assignment: whose marks they are.
        marks: as graded.
        lang: the reader's language.
    """
    rows = tuple(marks)
    return said_in(words_now(room, assignment, lang), rows) if rows else ()


def said_in(words: Mapping[str, str], marks: Iterable[Mark]) -> tuple[Mark, ...]:
    """The same for whoever has the words already, of `words_now`."""
    return tuple(_said(mark, words) for mark in marks)


def words_now(room: Room, assignment: AssignmentName, lang: Language) -> Mapping[str, str]:
    """The newest release's catalogue; it was read when that was released."""
    released = Actions(room.u.session).newest(ActionKind.RELEASED, room.person.course, assignment)
    if released is None:
        return {}
    return words_of(room, BundleHash(str(released.detail["master"])), lang)


def words_of(room: Room, release: BundleHash, lang: Language) -> Mapping[str, str]:
    """A release's catalogue: source text to translation; empty where it has none.

    Args:
        room: of whoever reads.
        release: the master's hash.
        lang: the reader's language.
    """
    master = Bundles(room.u.session).get(release)
    names = {path: sha256 for path, sha256, _size in master.entries}
    path = path_of(lang)
    return read_catalogue(room.blobs.get(names[path]), lang).words if path in names else {}


def _said(mark: Mark, words: Mapping[str, str]) -> Mark:
    reason = dict(mark.reason)
    message, steps = reason.get("message"), reason.get("steps")
    if isinstance(message, str):
        reason["message"] = words.get(message, message)
    if steps:
        reason["steps"] = [
            {**step, "what": words.get(step["what"], step["what"])} for step in steps
        ]
    return replace(mark, title=words.get(mark.title, mark.title), reason=reason)
