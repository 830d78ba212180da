"""A kept tree head exposes a log that was rewritten, shortened or signed by another key."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sandbox.domain.heads import head_bytes
from sandbox.kit.merkle import consistency_proof, leaf_hash, root
from sandbox.sdk import LogRewritten
from sandbox.sdk.desk import Desk
from sandbox.sdk.heads import KeptHeads, check_log
from sandbox.sdk.place import Place
from tests.sdk.desk_server import served


class Log:
    """A real log, which its keeper may rewrite."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.leaves = [leaf_hash(bytes([number])) for number in range(5)]

    def grow(self, count: int = 3) -> None:
        self.leaves += [leaf_hash(b"more" + bytes([n])) for n in range(count)]

    def answer(self, _method, path, _headers, _body):
        parts = urlsplit(path)
        if parts.path.endswith("/audit/head"):
            shown, at = root(self.leaves).hex(), datetime.now(UTC).isoformat()
            signature = self.key.sign(head_bytes(len(self.leaves), shown, at)).hex()
            public = self.key.public_key().public_bytes_raw().hex()
            said = {"size": len(self.leaves), "root": shown, "at": at, "key_id": "1"}
            return 200, {**said, "signature": signature, "public_key": public}
        first = int(parse_qs(parts.query)["first"][0])
        proof = [each.hex() for each in consistency_proof(self.leaves, first)]
        return 200, {"first": first, "second": len(self.leaves), "proof": proof}


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def check(log, tmp_path):
    kept = KeptHeads(tmp_path / "heads.json", "here")
    with served(log.answer) as url:
        desk = Desk(Place.of(url, token="t"))
        yield lambda: check_log(desk, kept)
        desk.close()


def test_a_log_that_grew_continues_the_kept_head(log, check):
    assert check().before is None
    log.grow()
    checked = check()
    assert (checked.before.size, checked.now.size) == (5, 8)


def test_a_log_that_did_not_move_continues(check):
    check()
    assert check().now.size == 5


@pytest.mark.parametrize("place", range(5))
def test_a_log_with_any_old_entry_changed_is_exposed(log, check, place):
    check()
    log.leaves[place] = leaf_hash(b"rewritten")
    log.grow()
    with pytest.raises(LogRewritten, match="was rewritten"):
        check()


def test_a_log_rewritten_at_the_same_size_is_exposed(log, check):
    check()
    log.leaves[2] = leaf_hash(b"rewritten")
    with pytest.raises(LogRewritten):
        check()


def test_a_shortened_log_is_exposed_and_the_kept_head_stays(log, check, tmp_path):
    check()
    del log.leaves[-1]
    for _ in range(2):
        with pytest.raises(LogRewritten):
            check()
    assert json.loads((tmp_path / "heads.json").read_text())["here"]["size"] == 5


def test_a_head_signed_by_another_key_is_refused(log, check):
    check()
    log.key = Ed25519PrivateKey.generate()
    with pytest.raises(LogRewritten, match="not signed by"):
        check()


def test_a_head_with_a_wrong_signature_is_refused_at_first_sight(log, check, tmp_path):
    genuine = log.answer

    def forged(*request):
        status, said = genuine(*request)
        return status, {**said, "size": said["size"] + 1}

    log.answer = forged
    with served(forged) as url, pytest.raises(LogRewritten):
        check_log(Desk(Place.of(url, token="t")), KeptHeads(tmp_path / "h.json", "x"))
    assert not (tmp_path / "h.json").exists()


def test_kept_heads_are_readable_by_their_owner_alone(check, tmp_path):
    check()
    assert (tmp_path / "heads.json").stat().st_mode & 0o777 == 0o600
