"""Lists that names are screened against: versioned data, with aliases and dates of birth.

A list is a JSON file (or the same as a dictionary)::

    {"list": "training", "version": 2, "as_of": "2026-11-01", "entries": [
        {"id": "T-1", "kind": "sanctions", "names": ["Токтосунов Эрмек", "Toktosunov"],
         "born": "1971-05-03"}]}

Rules: the first name is the main one, the others are aliases; ``born`` may be a year or missing; a
list is refused as a whole when one entry is wrong; its digest says which bytes were screened
against.

>>> old = WatchList.read({"list": "a", "version": 1, "as_of": "2026-11-01", "entries": [
...     {"id": "1", "kind": "pep", "names": ["Асанов Бакыт"]}]})
>>> new = WatchList.read({"list": "a", "version": 2, "as_of": "2026-11-02", "entries": [
...     {"id": "2", "kind": "wanted", "names": ["Усенова Айгүл"], "born": "1990"}]})
>>> new.since(old)
{'added': ('2',), 'changed': (), 'removed': ('1',)}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.errors import CannotScreen
from sandbox.forensics.screening.births import Birth
from sandbox.forensics.screening.names import taken_apart
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import InvalidInput
from sandbox.kit.strict_json import read_value

MOST_NAMES: Final = 100
"""Names of one entry at most."""


class EntryKind(StrEnum):
    """Why somebody is on a list."""

    SANCTIONS = "sanctions"
    PEP = "pep"
    WANTED = "wanted"


@dataclass(frozen=True)
class Entry:
    """Somebody on a list.

    Attributes:
        id: as the list has it.
        kind: sanctions, a politically exposed person, wanted.
        names: the main name, then aliases.
        born: where it is known.
    """

    id: str
    kind: EntryKind
    names: tuple[str, ...]
    born: Birth | None = None


@dataclass(frozen=True)
class WatchList:
    """A version of a list; ``WatchList.read`` makes one.

    Attributes:
        name: of the list.
        version: 1 and up.
        as_of: the day for which it stands.
        entries: in the order of the file.
        digest: SHA-256 of the canonical JSON, hex.
    """

    name: str
    version: int
    as_of: date
    entries: tuple[Entry, ...]
    digest: str

    @classmethod
    def read(cls, source: Mapping[str, Any] | str | Path) -> WatchList:
        """Read a version of a list.

        Args:
            source: the path of a JSON file, or what stands in it.

        Raises:
            CannotScreen: ``screening.list_malformed``, ``screening.entry_malformed``,
                ``screening.entry_twice``.
        """
        said = source if isinstance(source, Mapping) else _file(Path(source))
        try:
            name, version, rows = said["list"], said["version"], said["entries"]
            as_of = date.fromisoformat(said["as_of"])
            digest = content_hash(dict(said)).hex()
        except (KeyError, TypeError, ValueError, RecursionError, InvalidInput) as error:
            raise CannotScreen("screening.list_malformed") from error
        numbered = isinstance(version, int) and not isinstance(version, bool) and version > 0
        if not (isinstance(name, str) and name and numbered and isinstance(rows, list)):
            raise CannotScreen("screening.list_malformed")
        entries = tuple(_entry(row, place) for place, row in enumerate(rows, 1))
        seen: set[str] = set()
        for entry in entries:
            if entry.id in seen:
                raise CannotScreen("screening.entry_twice", entry=entry.id[:40])
            seen.add(entry.id)
        return cls(name, version, as_of, entries, digest)

    def since(self, older: WatchList) -> dict[str, tuple[str, ...]]:
        """Ids that an older version has not, has otherwise, or has alone."""
        now, then = ({each.id: each for each in some.entries} for some in (self, older))
        return {
            "added": tuple(each for each in now if each not in then),
            "changed": tuple(each for each in now if each in then and now[each] != then[each]),
            "removed": tuple(each for each in then if each not in now),
        }


def _file(path: Path) -> Mapping[str, Any]:
    try:
        said = read_value(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CannotScreen("screening.list_malformed") from error
    if not isinstance(said, dict):
        raise CannotScreen("screening.list_malformed")
    return said


def _entry(row: Any, place: int) -> Entry:
    """One entry; ``place`` counts from 1."""
    try:
        number, kind, names = row["id"], EntryKind(row["kind"]), tuple(row["names"])
        for name in names:
            taken_apart(name)
        entry = Entry(number, kind, names, Birth.read(row.get("born")))
    except (KeyError, TypeError, ValueError, AttributeError, CannotScreen) as error:
        raise CannotScreen("screening.entry_malformed", place=place) from error
    listed = isinstance(row["names"], list) and 0 < len(names) <= MOST_NAMES
    if not (listed and isinstance(number, str) and number):
        raise CannotScreen("screening.entry_malformed", place=place)
    return entry
