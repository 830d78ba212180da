"""The log over the interface: heads and proofs for everybody, entries for those who may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.domain.witnesses import WitnessKind
from sandbox.kit.merkle import verify_consistency, verify_inclusion
from sandbox.services.witnessing import give
from tests.web.world import World, world

LOG = "/desk/api/v1/audit"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as found:
        yield found


def _as(desk: World, name: str | None):
    browser = desk.browser(None)
    if name is not None:
        browser.client.headers["authorization"] = f"token {desk.hub.token_for(name)}"
    return browser


def _grow(desk: World, count: int):
    with desk.parts.store.unit() as u:
        for number in range(count):
            data = {"n": number}
            u.audit.append(kind="test", actor="ermek", subject="x", data=data, at=desk.clock.now())
        u.commit()


def test_a_stranger_proves_an_entry_and_that_the_log_only_grew(desk: World):
    stranger = _as(desk, None)
    old = stranger.get(f"{LOG}/head").json()
    _grow(desk, 6)
    new = stranger.get(f"{LOG}/head").json()
    said = stranger.get(f"{LOG}/consistency?first={old['size']}&second={new['size']}").json()
    proof = [bytes.fromhex(each) for each in said["proof"]]
    roots = bytes.fromhex(old["root"]), bytes.fromhex(new["root"])
    assert verify_consistency(old["size"], new["size"], *roots, proof)
    assert not verify_consistency(old["size"], new["size"], roots[1], roots[0], proof)
    index = new["size"] - 2
    said = stranger.get(f"{LOG}/inclusion?leaf={index}&size={new['size']}").json()
    path = [bytes.fromhex(each) for each in said["proof"]]
    leaf = bytes.fromhex(said["leaf"])
    assert verify_inclusion(leaf, index, new["size"], path, roots[1])
    assert not verify_inclusion(leaf, index - 1, new["size"], path, roots[1])
    assert stranger.get(f"{LOG}/inclusion?leaf={new['size']}").status_code == 400
    assert stranger.get(f"{LOG}/consistency?first=1&second=9999").status_code == 404


def test_heads_and_anchors_come_in_parts_and_unchanged_ones_are_not_sent_again(desk: World):
    stranger = _as(desk, None)
    sizes = []
    for _ in range(3):
        _grow(desk, 1)
        sizes.append(stranger.get(f"{LOG}/head").json()["size"])
        with desk.parts.store.unit() as u:
            place = f"0x{len(sizes):064x}"
            give(u, WitnessKind.CHAIN, key=desk.parts.head_key, at=desk.clock.now(), place=place)
            u.commit()
    for path in (f"{LOG}/heads", f"{LOG}/anchors"):
        first = stranger.get(f"{path}?limit=2")
        link = re.match(r'<(.*?)>; rel="next"', first.headers["link"])[1]
        second = stranger.get(link)
        assert [each["size"] for each in first.json() + second.json()] == sizes
        assert "link" not in second.headers
        same = stranger.get(link, headers={"if-none-match": second.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        _grow(desk, 1)
        assert stranger.get(f"{path}?after={2**53}").json() == []
    assert stranger.get(f"{LOG}/anchors").json()[0]["transaction"] == f"0x{1:064x}"


def test_entries_come_in_parts_with_texts_for_those_who_may_read_them(desk: World):
    _grow(desk, 3)
    size = _as(desk, None).get(f"{LOG}/head").json()["size"]
    auditor, found, link = _as(desk, "jyldyz"), [], f"{LOG}/entries?limit=2"
    while link:
        answer = auditor.get(link)
        found += answer.json()
        more = re.match(r'<(.*?)>; rel="next"', answer.headers.get("link", ""))
        link = more[1] if more else None
    assert [each["index"] for each in found] == list(range(size))
    assert (found[-1]["actor"], found[-1]["data"]) == ("ermek", {"n": 2})
    firm = _as(desk, "aigul").get(f"{LOG}/entries").json()
    assert [each["leaf"] for each in firm] == [each["leaf"] for each in found]
    names = ("kind", "actor", "subject", "data")
    assert {tuple(each[name] for name in names) for each in firm} == {("", "", "", None)}


@pytest.mark.parametrize(("who", "status"), [(None, 401), ("lira", 403), ("operator", 200)])
def test_who_may_not_verify_the_log_gets_no_entries(desk: World, who, status):
    assert _as(desk, who).get(f"{LOG}/entries").status_code == status
