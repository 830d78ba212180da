"""A chain of custody in CASE/UCO, as JSON-LD.

Rules:

1. The graph is made from the entries and from nothing else: whoever reads it makes it again and
   compares the bytes.
2. An entry is an ``InvestigativeAction``, informed by the one before; its text, of which its hash
   is, is a ``ContentData`` beside it; a ``ProvenanceRecord`` with an exhibit number joins the
   action's results. Files are ``File`` with their SHA-256, programs ``AnalyticTool``, people
   ``Identity``.
3. Each object carries the marking that this is training material; names end in a UUID that
   follows from the first entry's hash.
4. Movements are no objects of the graph: UCO has no class for one, and they lie in files of which
   the graph has the hashes.

Source: CASE 1.5.0, UCO 1.5.0 (caseontology.org, unifiedcyberontology.org).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from sandbox.forensics.exhibits.custody import Entry, Item
from sandbox.forensics.exhibits.method import Tool
from sandbox.forensics.exhibits.notice import NOTICE

_UCO: Final = "https://ontology.unifiedcyberontology.org/uco/"
CONTEXT: Final = {
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    **{
        f"uco-{part}": f"{_UCO}{part}/"
        for part in (
            *("action", "core", "identity", "marking"),
            *("observable", "tool", "types"),
        )
    },
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
ENTRY_TYPE: Final = "uco-observable:ContentData"
Node = dict[str, Any]


def graph_of(entries: Sequence[Entry]) -> Node:
    """The JSON-LD of a chain.

    Args:
        entries: at least one.
    """
    names = _Names(entries[0])
    people = sorted({each.by for each in entries})
    tools = sorted({(each.tool.name, each.tool.version) for each in entries})
    nodes: list[Node] = [*names.marking()]
    nodes += [names.node("person", who, "uco-identity:Identity", name=who) for who in people]
    nodes += [names.tool(Tool(*each)) for each in tools]
    for entry in entries:
        nodes += [names.file(each) for each in entry.outputs]
        nodes += [names.text(entry), names.provenance(entry), names.action(entry)]
    shown = [{"@id": each["@id"]} for each in nodes[2:]]
    nodes.append(
        names.node(
            *("case", "", "case-investigation:Investigation"),
            name=entries[0].exhibit,
            more={"uco-core:object": shown},
        )
    )
    return {"@context": CONTEXT, "@graph": nodes}


class _Names:
    """Makes objects whose names follow from the first entry."""

    def __init__(self, first: Entry) -> None:
        self._root = UUID(hex=first.hash[:32])

    def id(self, kind: str, key: object) -> str:
        return f"urn:uuid:{uuid5(self._root, f'{kind}/{key}')}"

    def link(self, kind: str, key: object) -> Node:
        return {"@id": self.id(kind, key)}

    def links(self, kind: str, keys: Iterable[object]) -> list[Node]:
        return [self.link(kind, key) for key in keys]

    def node(
        self, kind: str, key: object, type_: str, *, name: str, more: Node | None = None
    ) -> Node:
        return {
            "@id": self.id(kind, key),
            "@type": type_,
            "uco-core:name": name,
            "uco-core:objectMarking": [self.link("marking", "")],
            **(more or {}),
        }

    def marking(self) -> tuple[Node, Node]:
        return (
            {
                "@id": self.id("statement", ""),
                "@type": "uco-marking:StatementMarking",
                "uco-marking:definitionType": "statement",
                "uco-marking:statement": NOTICE,
            },
            {
                "@id": self.id("marking", ""),
                "@type": "uco-marking:MarkingDefinition",
                "uco-marking:definition": [self.link("statement", "")],
                "uco-marking:definitionType": "statement",
            },
        )

    def tool(self, tool: Tool) -> Node:
        return self.node(
            *("tool", f"{tool.name}/{tool.version}", "uco-tool:AnalyticTool"),
            name=tool.name,
            more={"uco-tool:version": tool.version},
        )

    def file(self, item: Item) -> Node:
        facet = {
            "@id": self.id("file-facet", item.name),
            "@type": "uco-observable:FileFacet",
            "uco-observable:fileName": item.name,
            "uco-observable:sizeInBytes": {"@type": "xsd:integer", "@value": str(item.size)},
        }
        content = self._content(f"file/{item.name}", item.sha256)
        more = {"uco-core:hasFacet": [facet, content]}
        return self.node("file", item.name, "uco-observable:File", name=item.name, more=more)

    def text(self, entry: Entry) -> Node:
        content = self._content(f"entry/{entry.number}", entry.hash)
        content["uco-observable:dataPayload"] = entry.text().decode()
        more = {"uco-core:hasFacet": [content]}
        return self.node("entry", entry.number, ENTRY_TYPE, name=f"entry {entry.number}", more=more)

    def provenance(self, entry: Entry) -> Node:
        files = self.links("file", (each.name for each in entry.outputs))
        more = {
            "case-investigation:exhibitNumber": f"{entry.exhibit}-{entry.number}",
            "case-investigation:rootExhibitNumber": [entry.exhibit],
            "uco-core:object": [*files, self.link("entry", entry.number)],
        }
        type_ = "case-investigation:ProvenanceRecord"
        name = f"{entry.exhibit}-{entry.number}"
        return self.node("provenance", entry.number, type_, name=name, more=more)

    def action(self, entry: Entry) -> Node:
        at = {"@type": "xsd:dateTime", "@value": entry.at}
        files = self.links("file", (each.name for each in entry.outputs))
        kinds = ("entry", "provenance")
        more: Node = {
            "uco-action:endTime": at,
            "uco-action:instrument": [self.link("tool", f"{entry.tool.name}/{entry.tool.version}")],
            "uco-action:performer": self.link("person", entry.by),
            "uco-action:result": [*files, *(self.link(kind, entry.number) for kind in kinds)],
            "uco-action:startTime": at,
        }
        if entry.inputs:
            more["uco-action:object"] = self.links("file", (each.name for each in entry.inputs))
        if entry.note:
            more["uco-core:description"] = [entry.note]
        if entry.number > 1:
            more["case-investigation:wasInformedBy"] = [self.link("action", entry.number - 1)]
        type_ = "case-investigation:InvestigativeAction"
        return self.node("action", entry.number, type_, name=entry.act, more=more)

    def _content(self, key: str, sha256: str) -> Node:
        return {
            "@id": self.id("content-facet", key),
            "@type": "uco-observable:ContentDataFacet",
            "uco-observable:hash": [
                {
                    "@id": self.id("hash", key),
                    "@type": "uco-types:Hash",
                    "uco-types:hashMethod": "SHA256",
                    "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": sha256},
                }
            ],
        }
