"""Mail on its way: a real conversation with a server, a folder, and what becomes of failures."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest

from sandbox.domain.mail import GIVE_UP_AFTER, MailKind, Message
from sandbox.domain.records import Account
from sandbox.kit.clock import FixedClock
from sandbox.kit.errors import InvalidInput
from sandbox.services.mail_delivery import Delivery, Folder, Server
from sandbox.services.publication import Desk
from sandbox.settings import Settings
from tests.web.seams import START


@contextmanager
def mail_server(*, rcpt: str = "250 fine", tls: bool = False):
    """A server that speaks as much SMTP as a client needs; yields its port and what it took."""
    took: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def talk(peer):
        with peer, peer.makefile("rb") as lines:
            peer.sendall(b"220 test\r\n")
            while line := lines.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    peer.sendall(b"354 go on\r\n")
                    took.append(b"".join(iter(lines.readline, b".\r\n")))
                    peer.sendall(b"250 taken\r\n")
                elif word == b"EHLO":
                    peer.sendall(b"250-test\r\n250 STARTTLS\r\n" if tls else b"250 test\r\n")
                elif word == b"RCPT":
                    peer.sendall(rcpt.encode() + b"\r\n")
                elif word == b"QUIT":
                    peer.sendall(b"221 bye\r\n")
                    return
                else:
                    peer.sendall(b"250 fine\r\n")

    def serve():
        while True:
            try:
                peer, _ = listening.accept()
            except OSError:
                return
            talk(peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1], took
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


@pytest.fixture
def clock():
    return FixedClock(START)


@pytest.fixture
def message(store):
    with store.unit() as u:
        u.accounts.add(Account("aigul", "Aigul", "person-a", None, (), "ky", True, START))
        made = u.mails.add(
            Message(
                id="ab" * 16,
                kind=MailKind.NOTICE,
                account="aigul",
                recipient="aigul@example.kg",
                subject="F-2026-0001: Суроо берилди",
                body="Кардарлардын акчасы\n.\nүчүн\n",
                created_at=START,
                next_at=START,
            )
        )
        u.commit()
    return made


def _kept(store):
    with store.unit(read_only=True) as u:
        return u.mails.get("ab" * 16)


def _delivery(store, clock, carrier):
    return Delivery(Desk(store, None, clock), carrier, "synak@synak.localhost")


def test_a_message_reaches_the_server_whole_once_and_leaves_the_store(store, clock, message):
    with mail_server() as (port, took):
        delivery = _delivery(store, clock, Server("127.0.0.1", port, "none"))
        assert [delivery.work_once(), delivery.work_once()] == [1, 0]
    read = email.message_from_bytes(took[0], policy=email.policy.default)
    assert len(took) == 1
    assert (read["To"], read["From"]) == ("aigul@example.kg", "synak@synak.localhost")
    assert read["Subject"] == message.subject
    assert read["Message-ID"] == f"<{message.id}@synak.localhost>"
    assert read.get_content().replace("\r\n", "\n").replace("\n..\n", "\n.\n") == message.body
    assert (_kept(store).sent_at, _kept(store).body) == (START, "")


def test_a_refusal_for_good_is_given_up_at_once(store, clock, message):
    with mail_server(rcpt="550 nobody here") as (port, took):
        assert _delivery(store, clock, Server("127.0.0.1", port, "none")).work_once() == 0
    kept = _kept(store)
    assert (took, kept.given_up_at, kept.sent_at, kept.body) == ([], START, None, "")


def test_a_refusal_for_now_is_tried_again(store, clock, message):
    with mail_server(rcpt="451 later") as (port, _):
        delivery = _delivery(store, clock, Server("127.0.0.1", port, "none"))
        assert delivery.work_once() == 0
        kept = _kept(store)
        assert (kept.attempts, kept.given_up_at, kept.body) == (1, None, message.body)
        assert delivery.work_once() == 0
        assert _kept(store).attempts == 1
    clock.forward(timedelta(seconds=1))
    with mail_server() as (port, took):
        assert _delivery(store, clock, Server("127.0.0.1", port, "none")).work_once() == 1
        assert len(took) == 1


def test_a_server_that_is_away_for_two_days_is_given_up(store, clock, message):
    delivery = _delivery(store, clock, Server("127.0.0.1", 9, "none"))
    assert delivery.work_once() == 0
    assert _kept(store).given_up_at is None
    clock.forward(GIVE_UP_AFTER)
    assert delivery.work_once() == 0
    assert (_kept(store).given_up_at, _kept(store).body) == (START + GIVE_UP_AFTER, "")


@pytest.mark.parametrize("tls", [False, True])
def test_nothing_goes_out_without_the_encryption_that_is_demanded(store, clock, message, tls):
    """A server that has no STARTTLS, and one that only says so."""
    with mail_server(tls=tls) as (port, took):
        delivery = _delivery(store, clock, Server("127.0.0.1", port, "starttls"))
        assert delivery.work_once() == 0
    assert took == []
    assert _kept(store).attempts == 1


def test_in_a_folder_each_message_is_a_file_of_its_owner_alone(store, clock, message, tmp_path):
    assert _delivery(store, clock, Folder(tmp_path / "mail")).work_once() == 1
    (path,) = (tmp_path / "mail").iterdir()
    read = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert read["Subject"] == message.subject
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("host", "allowed"), [("localhost", True), ("mail.example.kg", False)])
def test_mail_without_encryption_goes_to_this_machine_only(host, allowed):
    environment = {"SYNAK_MAIL_HOST": host, "SYNAK_MAIL_SECURITY": "none"}
    if allowed:
        assert Settings.load(environment).sends_mail
    else:
        with pytest.raises(InvalidInput, match=r"settings\.unsafe"):
            Settings.load(environment)


def test_without_a_server_mail_is_off_outside_development():
    assert not Settings.load({}).sends_mail
    assert Settings.load({"SYNAK_DEVELOPMENT": "1"}).sends_mail
