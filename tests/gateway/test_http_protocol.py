"""HTTP byte by byte: what a client may send in pieces, at once, too much or half."""

import asyncio
import socket
import threading
import time

import pytest
import uvicorn
import uvloop

from sandbox.gateway import http_protocol
from sandbox.gateway.http_protocol import DRAINED, MAX_BODY, MAX_HEAD, GatewayHttp

KEEP_ALIVE = 1


class Echo:
    """Answers with what was asked; a body of ``wait`` is answered when it is let go."""

    def __init__(self):
        self.begin()

    def begin(self):
        """As if nothing had been asked."""
        self.asked, self.go = [], threading.Event()

    async def answer(self, asked):
        self.asked.append(asked)
        if asked.body == b"break":
            raise RuntimeError("secret words")
        if asked.body == b"none":
            return 204, b""
        if asked.body == b"wait":
            await asyncio.to_thread(self.go.wait, 10)
        asked.connection["count"] = asked.connection.get("count", 0) + 1
        if asked.body == b"count":
            return 200, b"%d" % asked.connection["count"]
        said = b"%s %s %d " % (asked.method.encode(), asked.path.encode(), asked.length)
        return 401 if asked.body == b"who" else 200, said + asked.body

    async def __call__(self, scope, receive, send):
        raise AssertionError("HTTP does not come by ASGI")


@pytest.fixture
def echo(served):
    served[1].begin()
    yield served[1]
    served[1].go.set()


@pytest.fixture
def port(served):
    return served[0]


@pytest.fixture(scope="module")
def served():
    echo = Echo()
    config = uvicorn.Config(
        echo,
        http=GatewayHttp,
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    sock.listen()
    thread = threading.Thread(target=lambda: uvloop.run(server.serve(sockets=[sock])))
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.005)
    yield sock.getsockname()[1], echo
    server.should_exit = True
    thread.join(10)
    sock.close()
    assert not thread.is_alive(), "the server does not end"


class Wire:
    """One connection."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.held = b""

    def send(self, *parts, pause=0.01):
        for part in parts:
            self.socket.sendall(part)
            if len(parts) > 1:
                time.sleep(pause)
        return self

    def pour(self, part, most):
        """Send the same again and again while it is taken; how many bytes were."""
        sent = 0
        while sent < most:
            try:
                sent += self.socket.send(part)
            except TimeoutError:
                break
        return sent

    def answer(self, *, body=True):
        """Status, head and body of the next answer."""
        while b"\r\n\r\n" not in self.held:
            self._more()
        head, _, rest = self.held.partition(b"\r\n\r\n")
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        length = int(lines.get(b"content-length", 0)) if body else 0
        self.held = rest
        while len(self.held) < length:
            self._more()
        said, self.held = self.held[:length], self.held[length:]
        return int(head.split(b" ")[1]), lines, said

    def _more(self):
        got = self.socket.recv(65536)
        assert got, f"the connection ended behind {self.held!r}"
        self.held += got

    def ended(self):
        """Whether the server has closed; waits for as long as it keeps idle connections."""
        self.socket.settimeout(KEEP_ALIVE * 3)
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


@pytest.fixture
def wire(port, echo):
    found = Wire(port)
    yield found
    found.socket.close()


def post(body=b"", *more, path=b"/rpc/kgst", version=b"1.1"):
    lines = [b"POST %s HTTP/%s" % (path, version), b"Host: x", b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*lines, *more, b"", b""]) + body


def test_one_connection_answers_one_request_after_the_other(wire):
    for body in (b"one", b"", b"three" * 1000):
        status, lines, said = wire.send(post(body)).answer()
        assert (status, said) == (200, b"POST /rpc/kgst %d " % len(body) + body)
        assert lines[b"content-type"] == b"application/json"
        assert lines[b"cache-control"] == b"no-store"
        assert b"connection" not in lines


def test_a_request_in_pieces_is_answered_when_it_is_whole(wire, echo):
    whole = post(b"in pieces")
    wire.send(*(whole[at : at + 9] for at in range(0, len(whole) - 1, 9)))
    if len(whole) % 9 == 1:
        assert not echo.asked
        wire.send(whole[-1:])
    assert wire.answer()[2].endswith(b"in pieces")
    assert len(echo.asked) == 1


def test_a_chunked_body_is_put_together(wire):
    head = b"POST /rpc/kgst HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    wire.send(head, b"3\r\nabc\r\n", b"2\r\nde\r\n", b"0\r\n\r\n")
    assert wire.answer()[2] == b"POST /rpc/kgst 5 abcde"


def test_requests_sent_at_once_are_answered_one_by_one_in_their_order(wire, echo):
    half = post(b"the last")
    wire.send(post(b"wait") + post(b"two") + post(b"none") + half[:-4])
    time.sleep(0.1)
    assert [each.body for each in echo.asked] == [b"wait"], "the next one waits for the answer"
    echo.go.set()
    assert wire.answer()[2].endswith(b"wait")
    assert wire.answer()[2].endswith(b"two")
    assert wire.answer()[0] == 204
    assert len(echo.asked) == 3, "what is half there is not begun"
    assert wire.send(half[-4:]).answer()[2].endswith(b"the last")


def test_requests_behind_each_other_are_taken_in_no_faster_than_answered(wire, echo):
    """Else one connection could fill the memory with what waits its turn."""
    wire.socket.settimeout(1)
    assert wire.pour(post(b"wait") * 5_000, most=64 << 20) < 64 << 20
    assert len(echo.asked) == 1
    echo.go.set()
    for _ in range(200):
        assert wire.answer()[2].endswith(b"wait")
    assert len(wire.held) < 1 << 20


def test_a_long_body_and_the_beginning_of_the_next_head_may_come_together(wire):
    whole = post(b"next")
    wire.send(post(b"x" * 200_000) + whole[:20])
    assert wire.answer()[2].startswith(b"POST /rpc/kgst 200000 ")
    assert wire.send(whole[20:]).answer()[2].endswith(b"next")


def test_what_was_read_before_something_unreadable_is_answered(wire, echo):
    wire.send(post(b"wait") + b"BAD\r\n\r\n")
    echo.go.set()
    status, lines, said = wire.answer()
    assert (status, lines[b"connection"]) == (200, b"close")
    assert said.endswith(b"wait")
    assert wire.ended()


def test_who_says_that_far_too_much_comes_and_waits_is_not_waited_for(wire):
    head = b"POST /rpc/kgst HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n" % (DRAINED + 1)
    _, lines, said = wire.send(head + b"Expect: 100-continue\r\n\r\n").answer()
    assert said == b"POST /rpc/kgst %d " % (DRAINED + 1)
    assert lines[b"connection"] == b"close"
    assert wire.ended()


UPGRADE = b"Connection: Upgrade", b"Upgrade: h2c"


@pytest.mark.parametrize(
    "asked", [post(post(b"smuggled"), *UPGRADE), post(b"x", UPGRADE[0], b"Upgrade: websocket")]
)
def test_an_upgrade_to_something_else_is_refused_with_all_behind_it(wire, echo, asked):
    head, _, body = asked.partition(b"\r\n\r\n")
    wire.send(head + b"\r\n\r\n").socket.send(body)
    assert wire.answer()[0] == 400
    assert wire.ended()
    assert not echo.asked


def test_no_other_protocol_begins_before_all_is_answered(wire, echo):
    handshake = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    wire.send(post(b"wait") + b"GET / HTTP/1.1\r\nHost: x\r\n" + handshake + b"\r\n")
    assert wire.ended()
    assert len(echo.asked) == 1


def test_a_request_that_is_never_finished_is_cut(wire, echo, monkeypatch):
    monkeypatch.setattr(http_protocol, "UNFINISHED", KEEP_ALIVE)
    wire.send(post(b"never whole")[:-1])
    assert wire.ended()
    assert not echo.asked


def test_a_half_request_behind_a_long_answer_is_not_cut(wire, echo, monkeypatch):
    monkeypatch.setattr(http_protocol, "UNFINISHED", KEEP_ALIVE)
    whole = post(b"next")
    wire.send(post(b"wait") + whole[:-1])
    time.sleep(KEEP_ALIVE * 2.5)
    echo.go.set()
    assert wire.answer()[2].endswith(b"wait")
    assert wire.send(whole[-1:]).answer()[2].endswith(b"next")


def test_a_connection_that_asks_nothing_is_closed(wire):
    assert wire.ended()


def test_who_waits_for_a_continue_is_told_to_go_on(wire):
    whole = post(b"x" * 2000, b"Expect: 100-continue")
    wire.send(whole[:-2000])
    assert wire.answer()[0] == 100
    assert wire.send(whole[-2000:]).answer()[0] == 200


def test_a_body_too_long_is_counted_and_not_kept(wire, echo):
    status, _, said = wire.send(post(b"x" * (MAX_BODY + 1))).answer()
    assert (status, said) == (200, b"POST /rpc/kgst %d " % (MAX_BODY + 1))
    assert echo.asked[0].body == b""
    assert wire.send(post(b"next")).answer()[2].endswith(b"next")


def test_a_body_that_says_it_is_far_too_long_is_answered_before_it_comes(wire):
    head = b"POST /rpc/kgst HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (DRAINED + 1)
    assert wire.send(head).answer()[2] == b"POST /rpc/kgst %d " % (DRAINED + 1)


def test_a_chunked_body_without_end_is_answered_after_so_much(wire, echo):
    wire.send(b"POST /rpc/kgst HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    for _ in range(DRAINED // 0x100000 + 1):
        wire.send(chunk)
    assert wire.answer()[2].startswith(b"POST /rpc/kgst ")
    assert echo.asked[0].length > DRAINED


def test_a_body_in_very_small_pieces_is_put_together(wire):
    wire.send(b"POST /rpc/kgst HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    wire.send(b"1\r\nx\r\n" * 3000 + b"0\r\n\r\n")
    assert wire.answer()[2] == b"POST /rpc/kgst 3000 " + b"x" * 3000


@pytest.mark.parametrize("line", [b"X: " + b"a" * MAX_HEAD, b"X: a\r\n" * (MAX_HEAD // 6 + 2)])
def test_a_head_without_end_is_refused_and_cut(wire, line):
    wire.send(b"POST /rpc/kgst HTTP/1.1\r\nHost: x\r\n", line[:-1])
    assert wire.answer()[0] == 400
    assert wire.ended()


def test_headers_behind_a_body_without_end_are_cut(wire, echo):
    wire.send(b"POST /rpc/kgst HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
    endless = (b"X: " + b"a" * 10_000 + b"\r\n" for _ in range(DRAINED // 4_000))
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        wire.send(*endless, pause=0)
    assert not echo.asked


@pytest.mark.parametrize(
    "asked",
    [post(b"x", b"Connection: close"), post(b"x", b"Connection: keep-alive", version=b"1.0")],
    ids=["asked to", "HTTP/1.0"],
)
def test_a_connection_is_closed_behind_the_answer(wire, asked):
    _, lines, said = wire.send(asked).answer()
    assert (lines[b"connection"], said[-1:]) == (b"close", b"x")
    assert wire.ended()


def test_an_idle_connection_is_closed_and_a_used_one_is_not(wire):
    began = time.monotonic()
    for _ in range(5):
        assert wire.send(post(b"again")).answer()[0] == 200
        time.sleep(KEEP_ALIVE * 0.5)
    assert time.monotonic() - began > KEEP_ALIVE * 2
    assert wire.ended()


def test_a_request_under_way_outlives_the_idle_time(wire, echo):
    wire.send(post(b"first")).answer()
    wire.send(post(b"wait"))
    time.sleep(KEEP_ALIVE * 1.5)
    echo.go.set()
    assert wire.answer()[2].endswith(b"wait")


def test_what_is_kept_for_a_connection_is_no_other_connections(wire, port):
    wire.send(post(b"x")).answer()
    assert wire.send(post(b"count")).answer()[2] == b"2"
    other = Wire(port)
    assert other.send(post(b"count")).answer()[2] == b"1"
    other.socket.close()


def test_head_has_no_body(wire):
    status, lines, _ = wire.send(b"HEAD /x HTTP/1.1\r\nHost: x\r\n\r\n").answer(body=False)
    assert (status, lines[b"content-length"]) == (200, b"10")
    assert wire.send(post(b"next")).answer()[2].endswith(b"next")


def test_nothing_to_say_is_said_without_a_body(wire):
    status, lines, said = wire.send(post(b"none")).answer()
    assert (status, said) == (204, b"")
    assert b"content-length" not in lines
    assert wire.send(post(b"next")).answer()[2].endswith(b"next")


def test_who_is_not_known_is_told_how_to_say_who_it_is(wire):
    status, lines, _ = wire.send(post(b"who")).answer()
    assert (status, lines[b"www-authenticate"]) == (401, b'bearer realm="synak"')


def test_a_fault_of_ours_is_answered_without_its_words(wire):
    status, _, said = wire.send(post(b"break")).answer()
    assert status == 500
    assert b"gateway.internal" in said
    assert b"secret" not in said
    assert wire.send(post(b"next")).answer()[2].endswith(b"next")


def test_a_path_is_read_with_its_escapes_and_without_its_query(wire, echo):
    wire.send(post(path=b"/rpc/kg%73t/a%2Fb?x=1")).answer()
    assert echo.asked[0].path == "/rpc/kgst/a/b"


def test_what_is_no_http_is_refused_and_others_are_not_touched(wire, port):
    assert wire.send(b"\x16\x03\x01 not http\r\n\r\n").answer()[0] == 400
    assert wire.ended()
    other = Wire(port)
    assert other.send(post(b"x")).answer()[0] == 200
    two = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert other.send(two + b"0\r\n\r\n").answer()[0] == 400, "two lengths smuggle requests"
    other.socket.close()


def test_a_client_that_leaves_in_the_middle_of_a_body_is_forgotten(wire, port, echo):
    wire.send(post(b"x" * 100)[:-50])
    wire.socket.close()
    other = Wire(port)
    assert other.send(post(b"here")).answer()[2].endswith(b"here")
    assert [each.body for each in echo.asked] == [b"here"]
    other.socket.close()


def test_a_client_that_leaves_before_its_answer_harms_nobody(wire, port, echo):
    wire.send(post(b"wait"))
    while not echo.asked:
        time.sleep(0.005)
    wire.socket.close()
    echo.go.set()
    other = Wire(port)
    assert other.send(post(b"here")).answer()[2].endswith(b"here")
    other.socket.close()
