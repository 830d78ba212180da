"""The document of an exhibit, read and checked: entries first, then the whole, byte by byte."""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from sandbox.forensics.errors import NotAsWritten
from sandbox.forensics.exhibits.custody import Entry, joined
from sandbox.forensics.exhibits.graph import ENTRY_TYPE, graph_of
from sandbox.kit.canonical import canonical
from sandbox.kit.strict_json import read_object

_OPENINGS: Final = 2_000_000
"""Brackets of a document: forty for each entry, and as many for each file."""


def read_entries(document: bytes) -> tuple[Entry, ...]:
    """The chain of custody from a JSON-LD document, checked.

    Args:
        document: the bytes of ``exhibit.jsonld``.

    Raises:
        NotAsWritten: ``exhibits.not_an_exhibit``, ``exhibits.entry_edited``,
            ``exhibits.chain_broken``, ``exhibits.graph_differs``; what ``custody.joined`` refuses.
    """
    try:
        graph = read_object(document, openings=_OPENINGS)["@graph"]
        facets = [each["uco-core:hasFacet"][0] for each in graph if each["@type"] == ENTRY_TYPE]
        texts = [
            (
                each["uco-observable:dataPayload"].encode(),
                each["uco-observable:hash"][0]["uco-types:hashValue"]["@value"],
            )
            for each in facets
        ]
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise NotAsWritten("exhibits.not_an_exhibit") from error
    entries: tuple[Entry, ...] = ()
    for number, (said, digest) in enumerate(texts, 1):
        if hashlib.sha256(said).hexdigest() != digest:
            raise NotAsWritten("exhibits.entry_edited", entry=number)
        entries = joined(entries, _entry(said, number))
    if not entries:
        raise NotAsWritten("exhibits.not_an_exhibit")
    if canonical(graph_of(entries)) != document:
        raise NotAsWritten("exhibits.graph_differs")
    return entries


def _entry(said: bytes, number: int) -> Entry:
    try:
        entry = msgspec.json.decode(said, type=Entry)
    except msgspec.DecodeError as error:
        raise NotAsWritten("exhibits.entry_edited", entry=number) from error
    if entry.text() != said:
        raise NotAsWritten("exhibits.entry_edited", entry=number)
    return entry
