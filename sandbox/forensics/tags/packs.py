"""Tag packs: versioned files of tags, after GraphSense's TagPack.

A pack is YAML or JSON (or the same as a dictionary)::

    format: 1
    title: Exchanges of the exercise
    creator: Training centre
    version: 3
    as_of: "2026-11-23"
    network: kgst
    confidence: service_api
    tags:
      - address: "0x00000000000000000000000000000000000000a1"
        label: Ala-Too Exchange
        category: exchange
        source: the exchange's own list, letter 14
      - address: "0x00000000000000000000000000000000000000a2"
        label: Ala-Too Exchange
        source: https://example.test/forum/7
        confidence: web_crawl

Rules: ``label``, ``source``, ``network`` and ``confidence`` may stand in the head, for every tag
that does not say otherwise; each tag needs them, and an ``address``. ``category``, ``context`` and
``lastmod`` (a day) may be missing. Nothing stands twice: no field, no tag.

Of YAML only plain mappings, lists and text are read: no references, no types; a number or a date
is the text that stands there, so that an address without quotation marks stays one.

Source: GraphSense's TagPack schema. Ours: ``format``, ``version``, ``as_of``, that a source is
needed, and that fields of theirs which we do not use (``actor``, ``is_cluster_definer``) are
refused and not passed over.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from sandbox.forensics.accounts import spelt
from sandbox.forensics.errors import CannotTag
from sandbox.forensics.tags.confidences import LEVELS
from sandbox.kit.canonical import content_hash
from sandbox.kit.errors import InvalidInput
from sandbox.kit.strict_json import read_value

FORMAT: Final = 1
MOST_BYTES: Final = 20_000_000
MOST_TAGS: Final = 100_000
MOST_LETTERS: Final = 500
"""Of a field."""
DEEPEST: Final = 8
"""Levels of a file; a pack has three."""
"""Brackets, with text in between taken as one."""
_ANYWHERE: Final = ("label", "source", "network", "confidence", "category", "context", "lastmod")
_NEEDED: Final = ("address", "label", "source", "network", "confidence")
_HEAD: Final = ("format", "title", "creator", "version", "as_of", "tags")


@dataclass(frozen=True)
class PackTag:
    """What a pack says about an address.

    Attributes:
        account: the address, as ledgers spell it.
        label: a name.
        source: from where; a reference or a description.
        network: on which chain.
        confidence: one of ``LEVELS``.
        category: what kind of service or actor; empty: not said.
        context: a remark; empty: none.
        lastmod: the day on which it was last looked at; None: not said.
    """

    account: str
    label: str
    source: str
    network: str
    confidence: str
    category: str = ""
    context: str = ""
    lastmod: date | None = None

    @property
    def level(self) -> int:
        """0 to 100."""
        return LEVELS[self.confidence]


@dataclass(frozen=True)
class TagPack:
    """A version of a pack; ``TagPack.read`` makes one.

    Attributes:
        title: of it.
        creator: who made it.
        version: 1 and up.
        as_of: the day for which it stands.
        tags: in the order of the file.
        digest: SHA-256 of the canonical JSON, hex.
    """

    title: str
    creator: str
    version: int
    as_of: date
    tags: tuple[PackTag, ...]
    digest: str

    @classmethod
    def read(cls, source: Mapping[str, Any] | str | Path) -> TagPack:
        """Read a version of a pack.

        Args:
            source: the path of a YAML or JSON file, or what stands in it.

        Raises:
            CannotTag: ``tags.pack_malformed``, ``tags.head_malformed``, ``tags.tag_malformed``,
                ``tags.field_unknown``, ``tags.confidence_unknown``, ``tags.tag_twice``,
                ``tags.too_many``.
        """
        said = source if isinstance(source, Mapping) else _file(Path(source))
        for name in said:
            if name not in (*_HEAD, *_ANYWHERE):
                raise CannotTag("tags.field_unknown", name=str(name)[:40], place=0)
        rows = said.get("tags")
        if str(said.get("format")) != str(FORMAT) or not isinstance(rows, list) or not rows:
            raise CannotTag("tags.pack_malformed")
        if len(rows) > MOST_TAGS:
            raise CannotTag("tags.too_many", most=MOST_TAGS)
        common = {name: said[name] for name in _ANYWHERE if name in said}
        tags = tuple(_tag(row, common, place) for place, row in enumerate(rows, 1))
        seen: dict[PackTag, int] = {}
        for place, tag in enumerate(tags, 1):
            if seen.setdefault(tag, place) != place:
                raise CannotTag("tags.tag_twice", place=place, other=seen[tag])
        return cls(
            title=_text(said, "title", 0),
            creator=_text(said, "creator", 0),
            version=_version(said.get("version")),
            as_of=_day(said, "as_of", 0),
            tags=tags,
            digest=_digest(said),
        )


def _tag(row: Any, common: Mapping[str, Any], place: int) -> PackTag:
    """One tag; ``place`` counts from 1."""
    if not isinstance(row, Mapping):
        raise CannotTag("tags.tag_malformed", name="address", place=place)
    for name in row:
        if name not in ("address", *_ANYWHERE):
            raise CannotTag("tags.field_unknown", name=str(name)[:40], place=place)
    whole = {**common, **row}
    needed = {name: _text(whole, name, place) for name in _NEEDED}
    if needed["confidence"] not in LEVELS:
        raise CannotTag("tags.confidence_unknown", said=needed["confidence"][:40], place=place)
    return PackTag(
        account=spelt(needed.pop("address")),
        **needed,
        category=_text(whole, "category", place) if "category" in whole else "",
        context=_text(whole, "context", place) if "context" in whole else "",
        lastmod=_day(whole, "lastmod", place) if "lastmod" in whole else None,
    )


def _malformed(name: str, place: int) -> CannotTag:
    """A field of the head (place 0) or of a tag."""
    if not place:
        return CannotTag("tags.head_malformed", name=name)
    return CannotTag("tags.tag_malformed", name=name, place=place)


def _text(said: Mapping[str, Any], name: str, place: int) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > MOST_LETTERS:
        raise _malformed(name, place)
    return value.strip()


def _day(said: Mapping[str, Any], name: str, place: int) -> date:
    try:
        return date.fromisoformat(_text(said, name, place))
    except ValueError as error:
        raise _malformed(name, place) from error


def _version(value: Any) -> int:
    """A whole number from 1, or in YAML its text."""
    text = str(value) if type(value) in (int, str) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise _malformed("version", 0)
    return int(text)


def _digest(said: Mapping[str, Any]) -> str:
    """Numbers as text, as YAML gives them: the same pack in either form has one digest."""
    numbers = {name: str(said[name]) for name in ("format", "version")}
    try:
        return content_hash({**said, **numbers}).hex()
    except (InvalidInput, TypeError, ValueError) as error:
        raise CannotTag("tags.pack_malformed") from error


def _file(path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise CannotTag("tags.pack_malformed")
        text = data.decode("utf-8")
        said = read_value(data, deepest=DEEPEST) if path.suffix == ".json" else _yaml(text)
    except (OSError, ValueError, RecursionError) as error:
        raise CannotTag("tags.pack_malformed") from error
    if not isinstance(said, dict):
        raise CannotTag("tags.pack_malformed")
    return said


def _yaml(text: str) -> Any:
    """YAML without references and types, every scalar as text."""
    import yaml  # noqa: PLC0415 - packs in JSON do without it

    class Plain(yaml.BaseLoader):
        """Mappings, lists and text."""

        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            if isinstance(event, yaml.AliasEvent) or event.anchor or getattr(event, "tag", None):
                raise CannotTag("tags.pack_malformed")
            self.depth += 1
            if self.depth > DEEPEST:
                raise CannotTag("tags.pack_malformed")
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - as the library calls it
            pairs = [(self.construct_object(key, deep=True), key) for key, _ in node.value]
            if not all(isinstance(name, str) for name, _ in pairs):
                raise CannotTag("tags.pack_malformed")
            if len({name for name, _ in pairs}) < len(pairs):
                raise CannotTag("tags.pack_malformed")
            return super().construct_mapping(node, deep)

    try:
        return yaml.load(text, Loader=Plain)  # noqa: S506 - it makes text, lists and mappings alone
    except yaml.YAMLError as error:
        raise CannotTag("tags.pack_malformed") from error
