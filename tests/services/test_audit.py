from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typer.testing import CliRunner

from sandbox.domain.heads import head_bytes
from sandbox.kit.errors import IntegrityFailure, InvalidInput, NotAllowed, NotFound
from sandbox.kit.merkle import verify_consistency, verify_inclusion
from sandbox.services import audit
from sandbox.services.audit import HeadKey, KeptHead, verify_log
from sandbox.services.commands import app
from sandbox.services.identity import actor_of
from sandbox.services.seed import seed_demo

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


@pytest.fixture
def key(tmp_path):
    return HeadKey.load(tmp_path / "secrets" / "head.key")


def _fill(store, count=10, word="act"):
    with store.unit() as u:
        for number in range(count):
            u.audit.append(
                kind=f"test.{word}",
                actor="ermek",
                subject="F-2026-0001",
                data={"n": number, "text": "сом"},
                at=AT + timedelta(seconds=number),
            )
        u.commit()


def _head(store, key, at=AT):
    with store.unit() as u:
        view = audit.head(u, at=at, key=key)
        u.commit()
    return view


def _as_json(view):
    return json.loads(json.dumps(view.__dict__, default=lambda at: at.isoformat()))


def _verify(store, kept=None):
    with store.unit(read_only=True) as u:
        return verify_log(u, kept=kept)


def _sql(store, statement, *values):
    with store.engine.begin() as connection:
        connection.exec_driver_sql(statement, tuple(values))


def test_an_untouched_log_verifies_with_all_its_heads(store, key):
    _fill(store)
    head = _head(store, key)
    _fill(store, 5)
    _head(store, key)
    report = _verify(store, KeptHead.from_dict(_as_json(head)))
    assert (report.ok, report.size, report.checked_heads) == (True, 15, 2)


COLUMNS = {
    "at": "datetime(at, '+1 second')",
    "kind": "'test.acT'",
    "actor": "'feruza'",
    "subject": "'F-2026-0002'",
    "commitment": "replace(commitment, substr(commitment, 1, 1), 'x')",
    "leaf": "substr(leaf, 2) || 'a'",
    "salt": "substr(salt, 2) || case substr(salt, -1) when 'a' then 'b' else 'a' end",
    "body": """replace(body, '"n":6', '"n":7')""",
    "at ": "'not a time'",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_field_names_the_first_wrong_record(store, key, column):
    _fill(store)
    _head(store, key)
    change = f"{column.strip()} = {COLUMNS[column]}"
    _sql(store, f'UPDATE audit_entry SET {change} WHERE "index" = 6')
    report = _verify(store)
    assert (report.ok, report.first_wrong, report.code) == (False, 6, "audit.record_wrong")


def test_any_changed_byte_of_a_body_is_found(store):
    _fill(store, 3)
    with store.engine.connect() as connection:
        query = 'SELECT body FROM audit_entry WHERE "index" = 1'
        body = connection.exec_driver_sql(query).scalar()
    missed = []
    for place, character in enumerate(body):
        other = "1" if character != "1" else "2"
        changed = body[:place] + other + body[place + 1 :]
        _sql(store, 'UPDATE audit_entry SET body = ? WHERE "index" = 1', changed)
        report = _verify(store)
        if report.ok or report.first_wrong != 1:
            missed.append(place)
    _sql(store, 'UPDATE audit_entry SET body = ? WHERE "index" = 1', body)
    assert missed == []
    assert _verify(store).ok


def test_a_removed_record_is_named(store, key):
    _fill(store)
    _head(store, key)
    _sql(store, 'DELETE FROM audit_entry WHERE "index" = 4')
    assert _verify(store).first_wrong == 4


def test_a_cut_off_end_is_noticed_by_the_signed_head(store, key):
    _fill(store)
    _head(store, key)
    _sql(store, 'DELETE FROM audit_entry WHERE "index" >= 7')
    report = _verify(store)
    assert (report.ok, report.first_wrong, report.code) == (False, 7, "audit.records_missing")


def test_a_log_rewritten_as_a_whole_is_exposed_by_a_kept_head(store, key):
    _fill(store)
    kept = KeptHead.from_dict(_as_json(_head(store, key)))
    _sql(store, "DELETE FROM audit_entry")
    _sql(store, "DELETE FROM tree_head")
    _fill(store, word="other")
    _head(store, key)
    assert _verify(store).ok
    report = _verify(store, kept)
    assert (report.ok, report.code) == (False, "audit.log_rewritten")


def test_a_rewritten_record_with_a_consistent_leaf_breaks_the_next_head(store, key):
    _fill(store, 4)
    _head(store, key)
    _fill(store, 4)
    _head(store, key)
    with store.unit() as u:
        from sandbox.domain.audit import body_of, leaf_of

        salt = secrets.token_bytes(32)
        body = body_of(index=5, at=AT, kind="test.act", actor="x", subject="y", data={"n": 1})
        commitment, leaf = leaf_of(body, salt)
        table = u.audit._entries.table
        u.session.execute(
            table.update().where(table.c.index == 5).values(
                at=AT, actor="x", subject="y", body=body, salt=salt.hex(),
                commitment=commitment.hex(), leaf=leaf.hex(),
            )
        )  # fmt: skip
        u.commit()
    report = _verify(store)
    assert (report.ok, report.first_wrong, report.code) == (False, 4, "audit.head_wrong")


def test_a_forged_kept_head_is_no_evidence(store, key):
    _fill(store)
    forged = {**_as_json(_head(store, key)), "root": "00" * 32}
    assert _verify(store, KeptHead.from_dict(forged)).code == "audit.kept_head_not_signed"


def test_an_erased_body_leaves_every_proof_valid(store, key):
    _fill(store)
    head = _head(store, key)
    _erase(store, 3)
    report = _verify(store, KeptHead.from_dict(_as_json(head)))
    assert (report.ok, report.size, report.erased) == (True, 11, (3,))
    with store.unit(read_only=True) as u:
        proof = audit.inclusion(u, 3, size=10)
    path = [bytes.fromhex(each) for each in proof.proof]
    assert verify_inclusion(bytes.fromhex(proof.leaf), 3, 10, path, bytes.fromhex(head.root))


def _erase(store, index):
    with store.unit() as u:
        u.audit.erase(index, actor="operator", at=AT)
        u.commit()


ERASED = (
    "UPDATE audit_entry SET body = NULL, salt = NULL, actor = '', subject = '', kind = 'erased', "
    "at = '1970-01-01 00:00:00.000000'"
)


def test_an_erasure_that_no_record_tells_of_is_wrong(store, key):
    _fill(store)
    _head(store, key)
    _erase(store, 3)
    _sql(store, f'{ERASED} WHERE "index" = 5')
    report = _verify(store)
    assert (report.ok, report.first_wrong, report.code) == (False, 5, "audit.erasure_not_recorded")
    assert report.params == {"index": 5}


def test_a_log_that_was_erased_as_a_whole_is_wrong(store, key):
    _fill(store)
    head = _head(store, key)
    _sql(store, ERASED)
    report = _verify(store, KeptHead.from_dict(_as_json(head)))
    assert (report.ok, report.first_wrong, report.code) == (False, 0, "audit.erasure_not_recorded")


@pytest.mark.parametrize(
    ("data", "place"), [({"index": 11}, 11), ({"index": "3"}, 3), ({"index": True}, 1), ({}, 3)]
)
def test_only_a_later_record_with_the_place_accounts_for_an_erasure(store, data, place):
    _fill(store)
    with store.unit() as u:
        u.audit.append(kind="audit.erased", actor="x", subject="3", data=data, at=AT)
        u.commit()
    _fill(store, 2)
    _sql(store, f'{ERASED} WHERE "index" = {place}')
    report = _verify(store)
    assert (report.first_wrong, report.code) == (place, "audit.erasure_not_recorded")


@pytest.mark.parametrize("index", [-1, 3, 10, 99])
def test_what_is_erased_or_records_an_erasure_or_is_not_there_cannot_be_erased(store, index):
    _fill(store)
    _erase(store, 3)
    with pytest.raises(InvalidInput, match=r"audit\.cannot_be_erased"):
        _erase(store, index)
    report = _verify(store)
    assert (report.ok, report.size, report.erased) == (True, 11, (3,))


def test_the_command_names_what_was_erased(store):
    _fill(store)
    run, url = CliRunner().invoke, store.url.render_as_string()
    _erase(store, 7)
    _erase(store, 2)
    good = run(app, ["verify", "--database", url])
    assert good.exit_code == 0
    assert good.stdout.splitlines()[0].endswith("; 2 erased by recorded acts: 2, 7")
    _sql(store, f'{ERASED} WHERE "index" = 4')
    bad = run(app, ["verify", "--database", url])
    assert bad.exit_code == 1
    assert "record 4 was erased, and no later record says so" in bad.stdout


def test_a_half_erased_record_is_wrong(store):
    _fill(store)
    _sql(store, 'UPDATE audit_entry SET body = NULL WHERE "index" = 3')
    assert _verify(store).first_wrong == 3


def test_heads_are_signed_and_consistent(store, key):
    _fill(store, 7)
    first = _head(store, key)
    assert _head(store, key, AT + timedelta(hours=1)) == first
    _fill(store, 6)
    second = _head(store, key)
    with store.unit(read_only=True) as u:
        proof = audit.consistency(u, 7)
    path = [bytes.fromhex(each) for each in proof.proof]
    roots = bytes.fromhex(first.root), bytes.fromhex(second.root)
    assert verify_consistency(7, 13, *roots, path)
    assert not verify_consistency(7, 13, roots[1], roots[0], path)
    message = head_bytes(second.size, second.root, second.at.isoformat())
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(second.public_key))
    public.verify(bytes.fromhex(second.signature), message)


def test_proofs_outside_the_log_are_refused(store):
    _fill(store, 3)
    with store.unit(read_only=True) as u:
        with pytest.raises(InvalidInput, match=r"merkle\.index_outside"):
            audit.inclusion(u, 3)
        with pytest.raises(NotFound, match=r"audit\.no_such_size"):
            audit.consistency(u, 1, 4)


def test_the_head_key_is_private_and_stays(tmp_path):
    path = tmp_path / "head.key"
    first = HeadKey.load(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert HeadKey.load(path).public == first.public
    path.write_bytes(b"short")
    with pytest.raises(IntegrityFailure, match=r"audit\.key_malformed"):
        HeadKey.load(path)


def test_bodies_are_read_by_those_who_may_only(store):
    with store.unit() as u:
        seed_demo(u, at=AT)
        u.commit()
    _fill(store, 2)
    with store.unit(read_only=True) as u:
        for who in ("jyldyz", "ermek"):
            assert audit.entries(u, actor_of(u, who))[-1].data == {"n": 1, "text": "сом"}
        for who in ("aigul", "operator"):
            line = audit.entries(u, actor_of(u, who))[-1]
            assert (line.data, line.actor, line.subject) == (None, "", "")
        with pytest.raises(NotAllowed):
            audit.entries(u, actor_of(u, "lira"))


def test_the_command_says_ok_then_names_the_wrong_record(store, key, tmp_path):
    _fill(store)
    kept = tmp_path / "head.json"
    kept.write_text(json.dumps(_as_json(_head(store, key))))
    url = store.url.render_as_string()
    run = CliRunner().invoke
    good = run(app, ["verify", "--database", url, "--head", str(kept)])
    assert (good.exit_code, good.stdout[:14]) == (0, "ok: 10 records")
    kept.write_text("{")
    assert run(app, ["verify", "--database", url, "--head", str(kept)]).exit_code == 2
    nowhere = f"sqlite:///{tmp_path}/no/store"
    assert run(app, ["verify", "--database", nowhere]).exit_code == 2
    _sql(store, """UPDATE audit_entry SET actor = 'nobody' WHERE "index" = 2""")
    bad = run(app, ["verify", "--database", url])
    assert bad.exit_code == 1
    assert "record 2 is not what was written" in bad.stdout
