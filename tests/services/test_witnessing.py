"""Heads that go to a mailbox and on chain by themselves, and what is said of permits there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from typer.testing import CliRunner

from sandbox.domain.attestation import Standing
from sandbox.domain.head_paper import read_text, words_of
from sandbox.domain.lifecycle import FileState
from sandbox.domain.mail import MailKind
from sandbox.domain.terms import TrialState
from sandbox.domain.witnesses import WitnessKind
from sandbox.kit.errors import IntegrityFailure, Unavailable
from sandbox.kit.ids import permit_key
from sandbox.services import commands, permits
from sandbox.services.attesting import ATTESTED, Attester, contract_of, on_chain
from sandbox.services.audit import HeadKey
from sandbox.services.calls import call_data
from sandbox.services.mail_delivery import Delivery, Folder
from sandbox.services.witnessing import Witnessing, anchored


@pytest.fixture
def key(tmp_path):
    return HeadKey.load(tmp_path / "head.key")


def _grow(world, count):
    with world.store.unit() as u:
        for number in range(count):
            u.audit.append(
                kind="test.act", actor="ermek", subject="x", data={"n": number}, at=world.at
            )
        u.commit()


def _beyond_the_chain(world):
    """The chain is shared: this test's log has to be longer than what others anchored."""
    held = anchored(world.system.inside)
    _grow(world, (held[-1].size if held else 0) + 1)
    return held


def _given(world, kind):
    with world.store.unit(read_only=True) as u:
        return u.witnessed.newest(kind, 10)


def test_a_mailbox_gets_one_numbered_head_a_day_when_the_log_has_grown(world, key, tmp_path):
    _beyond_the_chain(world)
    giving = Witnessing(world.worker.desk, key, 24, "register@archive.kg", "ru")
    giving.work_once()
    giving.work_once()
    (first,) = _given(world, WitnessKind.MAILBOX)
    world.clock.ahead = timedelta(hours=23)
    giving.work_once()
    assert _given(world, WitnessKind.MAILBOX) == (first,), "not a day later"
    world.clock.ahead = timedelta(hours=25)
    giving.work_once()
    assert _given(world, WitnessKind.MAILBOX) == (first,), "nothing was entered meanwhile"
    _grow(world, 1)
    giving.work_once()
    second, _ = _given(world, WitnessKind.MAILBOX)
    assert (first.number, second.number, second.size) == (1, 2, first.size + 1)
    Delivery(world.worker.desk, Folder(tmp_path / "mail"), "synak@test.kg").work_once()
    mails = sorted((tmp_path / "mail").glob("*.eml"))
    assert len(mails) == 2
    with world.store.unit(read_only=True) as u:
        sent = u.mails.get(first.place)
    assert (sent.kind, sent.account, sent.recipient) == (MailKind.HEAD, None, "register@archive.kg")
    assert sent.sent_at is not None
    url = world.store.url.render_as_string()
    flags = [flag for path in mails for flag in ("--witness", str(path))]
    done = CliRunner().invoke(commands.app, ["verify", "--database", url, *flags])
    assert (done.exit_code, done.stdout.count("whole: the log of")) == (0, 2)


@pytest.mark.slow
def test_the_fields_in_a_mail_can_be_typed_off_it(world, key):
    _beyond_the_chain(world)
    Witnessing(world.worker.desk, key, 24, "register@archive.kg").work_once()
    (given,) = _given(world, WitnessKind.MAILBOX)
    with world.store.unit(read_only=True) as u:
        body = u.mails.get(given.place).body
    typed = read_text(body.partition("synak-head:1:")[0])
    assert (typed.size, typed.root, typed.signature) == (given.size, given.root, None)
    assert typed.typed_right()
    assert replace(typed, size=typed.size + 1).typed_right() is False


def test_a_head_is_anchored_once_a_period_and_read_back(world, key, monkeypatch):
    before = _beyond_the_chain(world)
    giving = Witnessing(world.worker.desk, key, 24)
    assert (giving.work_once(), giving.work_once()) == (1, 0)
    (given,) = _given(world, WitnessKind.CHAIN)
    assert given.block is not None
    assert given.place.startswith("0x")
    now = anchored(world.system.inside)
    assert len(now) == len(before) + 1
    assert (now[-1].size, now[-1].root) == (given.size, given.root)
    own = [replace(now[-1], words=words_of(given.size, given.root))]
    monkeypatch.setattr(commands, "_anchors", lambda: _witnesses(own))
    url = world.store.url.render_as_string()
    done = CliRunner().invoke(commands.app, ["verify", "--database", url, "--chain"])
    assert (done.exit_code, "1 anchored heads were compared" in done.stdout) == (0, True)
    with world.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry")
        connection.exec_driver_sql("DELETE FROM tree_head")
    _grow(world, given.size)
    done = CliRunner().invoke(commands.app, ["verify", "--database", url, "--chain"])
    assert (done.exit_code, "they were rewritten" in done.stdout) == (1, True)


def _witnesses(heads):
    return [commands.Witness(f"{commands.ANCHOR} {each.size}", each) for each in heads]


@pytest.mark.slow
def test_killed_behind_the_anchor_the_same_head_is_written_down_by_the_next_turn(world, key):
    _beyond_the_chain(world)

    def end(name):
        if name == "anchor.sent":
            raise Unavailable("test")

    with pytest.raises(Unavailable):
        Witnessing(replace(world.worker.desk, at_step=end), key, 24).work_once()
    count = len(anchored(world.system.inside))
    assert Witnessing(world.worker.desk, key, 24).work_once() == 1
    assert len(anchored(world.system.inside)) == count
    (given,) = _given(world, WitnessKind.CHAIN)
    assert given.number == 1


@pytest.mark.slow
def test_a_log_shorter_than_the_chains_anchor_is_said_and_not_anchored(world, key):
    _beyond_the_chain(world)
    giving = Witnessing(world.worker.desk, key, 1)
    giving.work_once()
    with world.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM audit_entry")
        connection.exec_driver_sql("DELETE FROM tree_head")
        connection.exec_driver_sql("DELETE FROM witnessed_head")
    _grow(world, 1)
    count = len(anchored(world.system.inside))
    with pytest.raises(IntegrityFailure, match=r"witness\.anchor_refused"):
        giving.work_once()
    assert len(anchored(world.system.inside)) == count
    assert _given(world, WitnessKind.CHAIN) == ()


def _attested(world):
    with world.store.unit(read_only=True) as u:
        return {each.permit: each for each in u.attestations.select()}


def test_a_permit_is_attested_with_two_signatures_and_followed_to_its_end(world):
    number = world.active()
    attester = Attester(world.worker.desk)
    assert attester.work_once() == 1
    assert (attester.work_once(), attester.work_once()) == (0, 0)
    with world.store.unit(read_only=True) as u:
        view = permits.public_permit(u, number, at=world.at)
        entry = u.audit.of_subjects(number)[-1]
    said = on_chain(world.system.inside, number)
    assert (said.version, said.standing, said.signatures) == (1, Standing.VALID, 2)
    assert (said.document, said.valid) == (view.document_hash, True)
    held = _attested(world)[number]
    assert (entry.kind, entry.body["data"]["transaction"]) == (ATTESTED, held.tx_hash)
    assert held.refused is None
    _stand(world, number, FileState.REVOKED, TrialState.WIND_DOWN)
    assert attester.work_once() == 1
    said = on_chain(world.system.inside, number)
    assert (said.standing, said.valid, said.signatures) == (Standing.REVOKED, False, 2)
    assert _attested(world)[number].serial == 2
    world.clock.ahead = timedelta(days=400)
    assert Attester(world.worker.desk).work_once() == 0, "its end is said already"


def _stand(world, number, state, trial):
    with world.store.unit() as u:
        permit = u.permits.get(number)
        u.permits.save(replace(permit, trial_state=trial))
        u.files.save(replace(u.files.get(permit.file), state=state))
        u.audit.append(kind="file.revoke", actor="x", subject=permit.file, data={}, at=world.at)
        u.commit()


@pytest.mark.slow
def test_the_end_of_a_term_is_said_by_the_clock_alone(world):
    number = world.active()
    attester = Attester(world.worker.desk)
    attester.work_once()
    world.clock.ahead = timedelta(days=89)
    assert attester.work_once() == 0
    world.clock.ahead = timedelta(days=91)
    assert attester.work_once() == 1
    assert on_chain(world.system.inside, number).standing is Standing.EXPIRED


@pytest.mark.slow
def test_what_is_not_in_force_yet_is_not_attested(world):
    world.proposed()
    assert Attester(world.worker.desk).work_once() == 0
    assert _attested(world) == {}


@pytest.mark.slow
def test_a_refusal_of_the_contract_is_written_down_and_not_tried_again(world):
    number = world.active()
    with world.store.unit() as u:
        permit = u.permits.get(number)
        decision = u.decisions.of_version(permit.file, 1)
        twice = (decision.signatures[0], decision.signatures[0])
        u.decisions.save(replace(decision, signatures=twice))
        u.commit()
    attester = Attester(world.worker.desk)
    attester.work_once()
    held = _attested(world)[number]
    assert (held.block, "SignerRepeated" in str(held.refused)) == (None, True)
    assert Attester(world.worker.desk).work_once() == 0
    assert on_chain(world.system.inside, number).version == 0


@pytest.mark.slow
def test_the_recorder_alone_can_neither_invent_a_version_nor_change_its_document(world):
    number = world.active()
    Attester(world.worker.desk).work_once()
    gateway = world.system.inside
    where = gateway.national()["kgst"]
    domain = (where.chain_id, where.supervisor)
    for version, document, name in ((2, b"\1" * 32, "new"), (1, b"\1" * 32, "other")):
        statement = (permit_key(number), version, document, 1, 1, 2)
        answer = gateway.submit_system(
            "kgst",
            "system/relayer",
            contract_of(where),
            call_data("Attestations", "attest", statement, domain, []),
            idempotency_key=f"test:{number}:{name}",
        )
        assert answer.get("status") != "0x1"
    said = on_chain(gateway, number)
    assert (said.version, said.document != "0x" + "01" * 32) == (1, True)
    answer = gateway.submit_system(
        "kgst",
        "system/issuer",
        contract_of(where),
        call_data("Attestations", "anchor", 2**40, b"\1" * 32),
        idempotency_key=f"test:{number}:stranger",
    )
    assert answer.get("status") != "0x1"
