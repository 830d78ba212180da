"""The exhibit against CASE/UCO: classes, properties, how often and of what form.

The shapes that an exhibit meets, written down from CASE 1.5.0 and UCO 1.5.0; ADR 81 says how they
were checked against the ontology itself.
"""

from __future__ import annotations

import json
import re

import pytest

from tests.forensics.exhibits import samples

UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
STRING, STRINGS, LINK, LINKS = "string", "strings", "link", "links"
HASH, NUMBER, TIME = "hash", "number", "time"
OBJECT = {"uco-core:name": (STRING, 1), "uco-core:objectMarking": (LINKS, 1)}
CONTENT = {"uco-observable:hash": (HASH, 1), "uco-observable:dataPayload": (STRING, 0)}
SHAPES = {
    "uco-marking:StatementMarking": {
        "uco-marking:definitionType": (STRING, 1),
        "uco-marking:statement": (STRING, 1),
    },
    "uco-marking:MarkingDefinition": {
        "uco-marking:definitionType": (STRING, 1),
        "uco-marking:definition": (LINKS, 1),
    },
    "uco-identity:Identity": OBJECT,
    "uco-tool:AnalyticTool": {**OBJECT, "uco-tool:version": (STRING, 1)},
    "uco-observable:File": {**OBJECT, "uco-core:hasFacet": ("facets", 1)},
    "uco-observable:ContentData": {**OBJECT, "uco-core:hasFacet": ("facets", 1)},
    "uco-observable:FileFacet": {
        "uco-observable:fileName": (STRING, 1),
        "uco-observable:sizeInBytes": (NUMBER, 1),
    },
    "uco-observable:ContentDataFacet": CONTENT,
    "case-investigation:ProvenanceRecord": {
        **OBJECT,
        "case-investigation:exhibitNumber": (STRING, 1),
        "case-investigation:rootExhibitNumber": (STRINGS, 1),
        "uco-core:object": (LINKS, 1),
    },
    "case-investigation:InvestigativeAction": {
        **OBJECT,
        "case-investigation:wasInformedBy": (LINKS, 0),
        "uco-action:endTime": (TIME, 1),
        "uco-action:instrument": (LINKS, 1),
        "uco-action:object": (LINKS, 0),
        "uco-action:performer": (LINK, 1),
        "uco-action:result": (LINKS, 1),
        "uco-action:startTime": (TIME, 1),
        "uco-core:description": (STRINGS, 0),
    },
    "case-investigation:Investigation": {**OBJECT, "uco-core:object": (LINKS, 1)},
}
"""Class: property: form, and whether it must be there."""


@pytest.fixture
def graph():
    return json.loads(samples.exhibit().document())


def is_link(value, known):
    return set(value) == {"@id"} and value["@id"] in known


def literal(kind, pattern):
    def fits(value, _known):
        return value["@type"] == f"xsd:{kind}" and bool(re.fullmatch(pattern, value["@value"]))

    return fits


def is_hash(values, _known):
    (value,) = values
    return (
        UUID.fullmatch(value["@id"])
        and value["@type"] == "uco-types:Hash"
        and value["uco-types:hashMethod"] == "SHA256"
        and literal("hexBinary", r"[0-9a-f]{64}")(value["uco-types:hashValue"], ())
    )


FITS = {
    STRING: lambda value, _: isinstance(value, str),
    STRINGS: lambda value, _: value and all(isinstance(each, str) for each in value),
    LINK: is_link,
    LINKS: lambda value, known: value and all(is_link(each, known) for each in value),
    HASH: is_hash,
    NUMBER: literal("integer", r"\d+"),
    TIME: literal("dateTime", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    "facets": lambda value, known: value and all(check(each, known) is None for each in value),
}


def check(node, known):
    """The first thing that is wrong with an object, or None."""
    shape = SHAPES.get(node["@type"])
    if shape is None or not UUID.fullmatch(node["@id"]):
        return node["@type"], node["@id"]
    for name, (form, needed) in shape.items():
        if name not in node:
            if needed:
                return node["@type"], name
        elif not FITS[form](node[name], known):
            return node["@type"], name, node[name]
    rest = set(node) - set(shape) - {"@id", "@type"}
    return (node["@type"], *rest) if rest else None


def test_every_object_has_the_shape_of_its_class(graph):
    nodes = graph["@graph"]
    known = {each["@id"] for each in nodes}
    assert len(known) == len(nodes)
    assert [found for each in nodes if (found := check(each, known))] == []
    assert {each["@type"] for each in nodes} | {
        "uco-observable:FileFacet",
        "uco-observable:ContentDataFacet",
    } == set(SHAPES)


@pytest.mark.parametrize(
    ("type_", "name", "value"),
    [
        ("uco-tool:AnalyticTool", "uco-tool:version", 1),
        ("uco-identity:Identity", "uco-core:surname", "x"),
        ("case-investigation:InvestigativeAction", "uco-action:performer", {"@id": "urn:uuid:0"}),
        ("uco-observable:File", "uco-core:hasFacet", []),
    ],
)
def test_the_check_of_shapes_finds_what_is_wrong(graph, type_, name, value):
    node = next(each for each in graph["@graph"] if each["@type"] == type_)
    node[name] = value
    known = {each["@id"] for each in graph["@graph"]}
    assert check(node, known)[0] == type_


def test_every_prefix_is_explained_and_every_object_marked(graph):
    names = set(re.findall(r'"([a-z-]+):[A-Za-z]+":', json.dumps(graph["@graph"]))) - {"urn"}
    types = set(re.findall(r'"@type": "([a-z-]+):', json.dumps(graph["@graph"])))
    assert names | types == set(graph["@context"])
    marking = next(e for e in graph["@graph"] if e["@type"] == "uco-marking:MarkingDefinition")
    marked = [e for e in graph["@graph"] if "marking" not in e["@type"].split(":")[0]]
    assert {e["uco-core:objectMarking"][0]["@id"] for e in marked} == {marking["@id"]}
    statement = next(e for e in graph["@graph"] if e["@type"] == "uco-marking:StatementMarking")
    assert statement["uco-marking:statement"] == "Training material, not evidence."


def test_each_step_says_who_when_by_what_from_what_to_what(graph):
    nodes = {each["@id"]: each for each in graph["@graph"]}
    actions = [e for e in graph["@graph"] if e["@type"].endswith("InvestigativeAction")]
    traced = actions[1]
    assert nodes[traced["uco-action:performer"]["@id"]]["uco-core:name"] == "analyst 3"
    assert nodes[traced["uco-action:instrument"][0]["@id"]]["uco-tool:version"] == "0.1.0"
    used = [nodes[each["@id"]]["uco-core:name"] for each in traced["uco-action:object"]]
    assert used == ["ledger.csv", "opening.csv"]
    made = [nodes[each["@id"]]["uco-core:name"] for each in traced["uco-action:result"]]
    assert made[:2] == ["fifo-forward.json", "fifo-forward.csv"]
    assert made[-2:] == ["entry 2", "T-07-2"]
    assert traced["case-investigation:wasInformedBy"] == [{"@id": actions[0]["@id"]}]
    assert traced["uco-action:startTime"]["@value"] == "2026-11-23T09:31:05Z"
