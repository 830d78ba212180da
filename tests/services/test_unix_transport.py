"""A gateway that is not there: told at once, and no socket is left open."""

from __future__ import annotations

import gc
import socket
import threading
import warnings
from pathlib import Path

import httpx
import pytest

from sandbox.kit.errors import Unavailable
from sandbox.services.gateway_client import GatewayClient
from sandbox.services.unix_transport import UnixTransport


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    """A socket's file to which nobody listens any more."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(path))
    return path


def leaked(ask) -> list[str]:
    gc.collect()
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        ask()
        gc.collect()
    return [str(each.message) for each in found if each.category is ResourceWarning]


def test_a_refused_connection_leaves_no_socket(stale: Path):
    def ask() -> None:
        client = GatewayClient(stale)
        with pytest.raises(Unavailable) as caught:
            client.national()
        client.close()
        assert caught.value.code == "gateway.unreachable"

    assert leaked(ask) == []


def test_httpx_alone_leaves_one_which_is_why_it_is_tried_first(stale: Path):
    def ask(transport: httpx.HTTPTransport) -> None:
        with httpx.Client(transport=transport) as client, pytest.raises(httpx.ConnectError):
            client.get("http://gateway/")

    assert leaked(lambda: ask(httpx.HTTPTransport(uds=str(stale)))) != []
    assert leaked(lambda: ask(UnixTransport(stale))) == []


def test_whoever_listens_is_answered(tmp_path: Path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        with httpx.Client(transport=UnixTransport(path)) as client:
            request = client.build_request("GET", "http://gateway/")
            listening.settimeout(5)

            def serve() -> None:
                for _ in range(2):  # the first one only tries
                    peer, _ = listening.accept()
                    with peer:
                        if peer.recv(4096):
                            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

            server = threading.Thread(target=serve)
            server.start()
            assert client.send(request).text == "ok"
            server.join()
