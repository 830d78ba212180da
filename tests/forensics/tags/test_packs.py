"""Tag packs are read strictly, in YAML and in JSON."""

from __future__ import annotations

import json
from datetime import date

import pytest

from sandbox.forensics import CannotTag, TagPack
from sandbox.forensics.tags.confidences import LEVELS, MEANINGS
from tests.forensics.tags.samples import pack, tag

WRITTEN = """
format: 1
title: A
creator: Trainer
version: 1
as_of: 2026-11-23
network: kgst
source: letter 14
tags:
  - address: 0x00000000000000000000000000000000000000A1
    label: Pamir
    confidence: service_api
    lastmod: 2026-11-01
"""


def written(path, text):
    """A file."""
    path.write_text(text, "utf-8")
    return path


def test_there_are_fourteen_levels_each_with_a_meaning():
    assert len(LEVELS) == 14
    assert list(LEVELS) == list(MEANINGS)
    assert sorted(LEVELS.values(), reverse=True) == list(LEVELS.values())


def test_yaml_and_json_are_one_pack_and_an_address_is_never_read_as_a_number(tmp_path):
    first = TagPack.read(written(tmp_path / "a.yaml", WRITTEN))
    said = tag("0x00000000000000000000000000000000000000A1", lastmod="2026-11-01")
    second = TagPack.read(written(tmp_path / "a.json", json.dumps(pack(said))))
    assert first == second == TagPack.read(pack(said))
    assert first.tags[0].account == "0x" + "00" * 19 + "a1"
    assert (first.tags[0].level, first.tags[0].lastmod) == (70, date(2026, 11, 1))


def test_brackets_within_text_are_no_depth(tmp_path):
    said = pack(tag(label='[[[[[[[[[[ \\ " {{{{{{{{{{'))
    assert TagPack.read(written(tmp_path / "a.json", json.dumps(said))) == TagPack.read(said)


def test_a_tag_says_otherwise_than_the_head():
    both = pack(tag("0xa1"), tag("0xa2", confidence="web_crawl", network="som"))
    assert [each.network for each in TagPack.read(both).tags] == ["kgst", "som"]


def test_a_digest_tells_versions_apart():
    first, other = pack(tag()), pack(tag(), version=2)
    assert TagPack.read(first).digest != TagPack.read(other).digest


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "pack_malformed"),
        (pack(), "pack_malformed"),
        (pack(tag(), format=2), "pack_malformed"),
        (pack(tag(), tags="0xa1"), "pack_malformed"),
        (pack(tag(), lastmod=object()), "tag_malformed"),
        (pack(tag(lastmod="2026-11-01"), lastmod=object()), "pack_malformed"),
        (pack(tag(), title=" "), "head_malformed"),
        (pack(tag(), creator=7), "head_malformed"),
        (pack(tag(), version=0), "head_malformed"),
        (pack(tag(), version=True), "head_malformed"),
        (pack(tag(), as_of="yesterday"), "head_malformed"),
        (pack(tag(), owner="Trainer"), "field_unknown"),
        (pack(tag(actor="pamir")), "field_unknown"),
        (pack(tag(), address="0xa1"), "field_unknown"),
        (pack("0xa1"), "tag_malformed"),
        (pack(tag(address="")), "tag_malformed"),
        (pack(tag(address=0xA1)), "tag_malformed"),
        (pack(tag(label="x" * 501)), "tag_malformed"),
        (pack(tag(source=None)), "tag_malformed"),
        (pack(tag(lastmod="2026-02-30")), "tag_malformed"),
        (pack(tag(confidence="certain")), "confidence_unknown"),
        (pack(tag(confidence="Ownership")), "confidence_unknown"),
        (pack(tag("0xA1"), tag("0xa1")), "tag_twice"),
    ],
)
def test_a_pack_that_cannot_be_right_is_refused_whole(said, code):
    with pytest.raises(CannotTag, match=code) as refused:
        TagPack.read(said)
    assert len({refused.value.explain(language) for language in ("en", "ru", "ky")}) == 3


@pytest.mark.parametrize(
    "text",
    [
        WRITTEN + "title: B\n",
        WRITTEN.replace("Pamir", "&one Pamir"),
        WRITTEN.replace("Pamir", "!!str Pamir"),
        WRITTEN.replace("Pamir", "[unclosed"),
        WRITTEN.replace("title: A", "&a title: A\nowner: *a"),
        WRITTEN.replace("title: A", "? [a, b]\n: A"),
        "- a list",
        "[" * 10_000,
        "- " * 10_000,
        "",
        "\x00",
    ],
)
def test_yaml_with_references_types_or_doubles_is_refused(tmp_path, text):
    with pytest.raises(CannotTag, match="pack_malformed"):
        TagPack.read(written(tmp_path / "a.yaml", text))


@pytest.mark.parametrize("text", ['{"format": 1, "format": 1}', "[]", "{", "[" * 100_000])
def test_json_with_doubles_or_none_is_refused(tmp_path, text):
    """However deep calls may go here: other libraries raise that limit."""
    with pytest.raises(CannotTag, match="pack_malformed"):
        TagPack.read(written(tmp_path / "a.json", text))


def test_a_file_that_is_not_there_not_text_or_too_large_is_refused(tmp_path, monkeypatch):
    with pytest.raises(CannotTag, match="pack_malformed"):
        TagPack.read(tmp_path / "none.yaml")
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    with pytest.raises(CannotTag, match="pack_malformed"):
        TagPack.read(tmp_path / "bytes.json")
    monkeypatch.setattr("sandbox.forensics.tags.packs.MOST_BYTES", 100)
    with pytest.raises(CannotTag, match="pack_malformed"):
        TagPack.read(written(tmp_path / "a.yaml", WRITTEN))
    monkeypatch.setattr("sandbox.forensics.tags.packs.MOST_TAGS", 1)
    with pytest.raises(CannotTag, match="too_many"):
        TagPack.read(pack(tag("0xa1"), tag("0xa2")))
