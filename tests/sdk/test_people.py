"""People's tokens: kept for their owner alone, whole or not at all, never shown."""

from __future__ import annotations

import json

from sandbox.sdk.people import People, Person, TokenStore
from sandbox.sdk.place import Place

RECORD = {"id": "p-1<b>", "kind": "customer", "address": "0x" + "11" * 20, "state": "registered"}


class NoTokens:
    def token(self, asset):
        raise AssertionError(asset)


def test_tokens_are_kept_and_added_to(tmp_path):
    store = TokenStore(tmp_path / "people" / "a.json")
    assert store.read() == {}
    store.add([("1", "sct_a")])
    store.add([("2", "sct_b")])
    assert store.read() == {"1": "sct_a", "2": "sct_b"}


def test_the_file_is_its_owners_alone_and_nothing_is_left_beside_it(tmp_path):
    path = tmp_path / "people" / "a.json"
    TokenStore(path).add([("1", "sct_a")])
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert [each.name for each in path.parent.iterdir()] == ["a.json"]


def test_a_spoiled_file_gives_nobody_and_is_put_aside(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("{half")
    store = TokenStore(path)
    assert store.read() == {}
    store.add([("1", "sct_a")])
    assert json.loads(path.read_text()) == {"1": "sct_a"}
    assert (tmp_path / "a.json.unreadable").read_text() == "{half"


def test_a_table_of_people_says_their_state_in_the_readers_language():
    place = Place.of("http://127.0.0.1:9", token="sct_secret")
    people = People([Person(RECORD, place, NoTokens(), language="ru")])
    assert "Зарегистрирован" in people._repr_html_()
    assert "registered" in repr(people)
    assert "registered" not in people._repr_html_()


def test_a_table_of_people_escapes_and_shows_no_token():
    place = Place.of("http://127.0.0.1:9", token="sct_secret")
    people = People([Person(RECORD, place, NoTokens())])
    assert "<b>" not in people._repr_html_()
    assert "&lt;b&gt;" in people._repr_html_()
    assert "sct_secret" not in people._repr_html_() + repr(people) + repr(place)
