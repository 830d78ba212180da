"""Webhooks on the wire: what a bad address, name or receiver can do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.webhooks import (
    is_public,
    read_url,
)
from sandbox.kit.errors import InvalidInput
from sandbox.services.webhook_wire import Wire
from sandbox.services.webhooks import Seal
from sandbox.settings import Settings
from tests.web.world import SEAL_KEY


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("/hang", "too_slow"),
        ("/drip", "too_slow"),
        ("/redirect", "rejected"),
        ("/garbage", "no_answer"),
        ("/silent", "no_answer"),
        ("/huge-head", "taken"),
        ("/huge-body", "taken"),
        ("/early", "taken"),
    ],
)
def test_what_a_receiver_does_is_bounded_and_shown_as_harmless_text(receiver, path, outcome):
    wire = Wire(loopback=True, patience=0.4 if outcome == "too_slow" else 15)
    said = wire.post(receiver.url(path), {"webhook-id": "evt"}, b"{}")
    assert said.outcome == outcome
    assert len(said.head) <= 1_000
    assert all(each.isprintable() or each == "\n" for each in said.head)
    assert [each[0] for each in receiver.took] == [path], "a redirect is not followed"


def test_the_name_is_looked_up_once_and_never_connected_to_again(receiver):
    """DNS rebinding: the second answer of a name is never asked for."""
    asked = []

    def resolve(host, port):
        asked.append(host)
        return ["127.0.0.1"]

    wire = Wire(loopback=True, resolve=resolve)
    said = wire.post(f"http://hooks.example:{receiver.port}/ok", {}, b"{}")
    assert (said.outcome, asked) == ("taken", ["hooks.example"])
    assert receiver.took[0][1]["host"] == f"hooks.example:{receiver.port}"


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["93.184.215.14", "192.168.0.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fd00::1"],
        ["64:ff9b::a01:203"],
        [],
    ],
)
def test_a_name_that_leads_inside_is_not_connected_to(receiver, addresses):
    wire = Wire(loopback=False, resolve=lambda _host, _port: addresses)
    said = wire.post(f"http://hooks.example:{receiver.port}/ok", {}, b"{}")
    assert (said.outcome, receiver.took) == ("not_public", [])


def test_another_machines_address_is_not_reached_in_development_either(receiver):
    wire = Wire(loopback=True, resolve=lambda _host, _port: ["10.0.0.1"])
    assert wire.post("http://hooks.example/ok", {}, b"{}").outcome == "not_public"


def test_a_receiver_without_a_good_certificate_is_not_told(receiver):
    said = Wire(loopback=True).post(f"https://localhost:{receiver.port}/ok", {}, b"{}")
    assert said.outcome in ("no_tls", "out_of_reach", "too_slow")
    assert receiver.took == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "malformed"),
        ("http://hooks.example/x", "not_https"),
        ("ftp://hooks.example/x", "not_https"),
        ("https://", "malformed"),
        ("https://user:word@hooks.example/", "malformed"),
        ("https://hooks.example/#x", "malformed"),
        ("https://hooks.example:25/", "malformed"),
        ("https://hooks.example:x/", "malformed"),
        ("https://hooks.example/a b", "malformed"),
        ("https://hooks.example/\r\nX: y", "malformed"),
        ("https://хост.kg/", "malformed"),
        ("https://[::1/", "malformed"),
        ("https://" + "a" * 500 + ".kg/", "malformed"),
        ("https://127.0.0.1/", "not_public"),
        ("https://10.0.0.1/", "not_public"),
        ("https://[::1]/", "not_public"),
        ("https://[::ffff:10.0.0.1]/", "not_public"),
        ("https://169.254.169.254/latest", "not_public"),
        ("https://localhost/", "not_public"),
        ("https://desk/", "not_public"),
        ("https://synak.localhost/", "not_public"),
    ],
)
def test_an_address_that_must_not_be_told_is_refused(url, code):
    with pytest.raises(InvalidInput, match=code):
        read_url(url, loopback=False)


def test_http_is_for_this_machine_in_development_only():
    assert read_url(" http://127.0.0.1:9000/x ", loopback=True) == "http://127.0.0.1:9000/x"
    with pytest.raises(InvalidInput, match="not_https"):
        read_url("http://127.0.0.1:9000/x", loopback=False)
    with pytest.raises(InvalidInput, match="not_https"):
        read_url("http://10.0.0.1/", loopback=True)
    with pytest.raises(InvalidInput, match="not_public"):
        read_url("https://10.0.0.1/", loopback=True)
    assert read_url("https://hooks.example:8443/a?b=c", loopback=False)


@given(st.ip_addresses())
def test_what_is_public_is_nothing_that_python_calls_otherwise(address):
    if is_public(str(address)):
        assert address.is_global
        assert not address.is_multicast


def test_the_installs_own_ports_are_never_told_not_even_in_development(receiver):
    own, beside = range(receiver.port, receiver.port + 1), range(receiver.port + 1, 65536)
    url = receiver.url("/ok")
    with pytest.raises(InvalidInput, match=r"webhook\.url_own"):
        read_url(url, loopback=True, own=own)
    with pytest.raises(InvalidInput, match=r"webhook\.url_own"):
        Seal(SEAL_KEY, loopback=True, own=own).url(url)
    assert Seal(SEAL_KEY, loopback=True, own=beside).url(url) == url
    public = "https://hooks.example:" + str(receiver.port)
    assert read_url(public, loopback=True, own=own) == public

    def named(ports):
        wire = Wire(loopback=True, own=ports, resolve=lambda *_: ["127.0.0.1"])
        return wire.post(f"http://hooks.example:{receiver.port}/ok", {}, b"{}").outcome

    assert (named(own), receiver.took) == ("not_public", [])
    assert (named(beside), len(receiver.took)) == ("taken", 1)


def test_an_installs_own_ports_are_all_that_its_parts_listen_at(tmp_path):
    settings = Settings.load(
        {"SYNAK_PORT": "9000", "SYNAK_DEVELOPMENT": "1", "SYNAK_STATE_DIR": str(tmp_path)}
    )
    own = settings.paths.own_ports
    assert all(port in own for port in (9000, settings.paths.proxy_api_port))
    assert all(port in own for port in (settings.paths.hub_port, settings.paths.desk_port))
    assert settings.paths.gateway_port in own
    assert 8999 not in own
    assert settings.paths.hub_port + 1 not in own
