"""The desk out of reach, or talking nonsense, is never a yes."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from sandbox.hub.contexts import Context, Contexts
from sandbox.hub.told import told
from sandbox.kit.errors import NotAllowed, Unavailable

pytestmark = pytest.mark.anyio
OWN = [{"context": "permit-sb-2026-0001", "kind": "permit", "title": "SB-2026-0001"}]


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def desk():
    """A desk that answers what a test wants; remembers what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server = self.server
            server.asked.append((self.path, self.headers["Authorization"]))
            self.send_response(server.status)
            self.end_headers()
            self.wfile.write(server.body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.status, server.body = [], 200, json.dumps(OWN).encode()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    server.contexts = Contexts(f"http://127.0.0.1:{server.server_port}/contexts", "t0ken")
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


async def test_own_context_is_allowed_and_the_desk_is_asked_with_the_token(desk):
    await desk.contexts.require("aigul", "permit-sb-2026-0001")
    assert desk.asked == [("/contexts?user=aigul", "Bearer t0ken")]


@pytest.mark.parametrize(
    "context", ["permit-sb-2026-0002", "course-digital-money", "permit-", "../home", "HOME"]
)
async def test_other_context_is_refused(desk, context):
    with pytest.raises(NotAllowed) as refused:
        await desk.contexts.require("aigul", context)
    assert refused.value.code == "hub.context_not_yours"


async def test_servers_of_coursework_and_peoples_own_are_limited_by_role(desk):
    course = {"kind": "course", "title": "A course"}
    desk.body = json.dumps(
        [
            {"context": "course-one", "role": "student", "titles": {"ky": "Сабак"}, **course},
            {"context": "course-two", "role": "teacher", **course},
            OWN[0],
        ]
    ).encode()
    url = f"http://127.0.0.1:{desk.server_port}/contexts"
    limits = {"student": {"server_cores": 1}, "teacher": {"server_disk": 4096}}
    contexts = Contexts(url, "t0ken", limits)
    assert (await contexts.require("aigul", "course-one")).limits == {"server_cores": 1}
    assert (await contexts.require("aigul", "course-two")).limits == {"server_disk": 4096}
    assert (await contexts.require("aigul", "home")).limits == {"server_cores": 1}
    assert (await contexts.require("aigul", "course-one")).titles == {"ky": "Сабак"}
    permit = await contexts.require("aigul", OWN[0]["context"])
    assert permit.limits == OWN[0].get("limits", {}), "a permit's are its own"


async def test_plain_server_needs_no_answer(desk):
    await desk.contexts.require("aigul", "home")
    assert desk.asked == []


@pytest.mark.parametrize("status", [401, 404, 500, 503])
async def test_refusing_desk_is_not_a_yes(desk, status):
    desk.status = status
    with pytest.raises(Unavailable) as refused:
        await desk.contexts.require("aigul", "permit-sb-2026-0001")
    assert refused.value.code == "hub.desk_unreachable"


@pytest.mark.parametrize(
    "body", [b"", b"yes", b'{"a": 1}', b"[1]", b'[{"context": "x"}]', b"[null]"]
)
async def test_nonsense_is_not_a_yes(desk, body):
    desk.body = body
    with pytest.raises((Unavailable, NotAllowed)):
        await desk.contexts.require("aigul", "permit-sb-2026-0001")


async def test_absent_desk_is_not_a_yes():
    with pytest.raises(Unavailable):
        await Contexts("http://127.0.0.1:9/contexts", "t").require("aigul", "permit-sb-2026-0001")


BOOKED = {
    "id": "b",
    "begins": "2026-12-01T03:00:00+00:00",
    "ends": "2026-12-01T04:00:00+00:00",
    "seats": 2,
    "server": "course-x",
    "people": ["lira"],
}


async def test_bookings_are_asked_for_with_the_token(desk):
    desk.body = json.dumps({"bookings": [BOOKED]}).encode()
    (one,) = await desk.contexts.bookings()
    assert (one.seats, one.takes(("lira", "course-x"))) == (2, True)
    assert desk.asked == [("/bookings", "Bearer t0ken")]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"bookings": 7},
        {"bookings": [1]},
        {"bookings": [{**BOOKED, "seats": "many"}]},
        {"bookings": [{**BOOKED, "begins": "2026-12-01T03:00:00"}]},
        {"bookings": [{**BOOKED, "ends": None}]},
        [],
    ],
)
async def test_nonsense_about_bookings_is_no_answer(desk, answer):
    desk.body = json.dumps(answer).encode()
    with pytest.raises(Unavailable):
        await desk.contexts.bookings()


@pytest.mark.parametrize(("spoken", "called"), [("en", "Money"), ("ru", "Деньги"), ("ky", "Акча")])
async def test_limit_that_cannot_be_held_names_the_workspace_as_its_page_does(spoken, called):
    course = Context("course-m", "course", "Money", titles={"ru": "Деньги", "ky": "Акча"})
    error = Unavailable("hub.limit_not_held", context="course-m")
    said = told(error, spoken, course).jupyterhub_message
    assert f"({called})" in said
    assert "course-m" not in said.lower()


async def test_own_workspace_and_a_permits_are_named_too():
    error = Unavailable("hub.limit_not_held", context="home")
    home = told(error, "ru", Context("home", "home", "")).jupyterhub_message
    assert "(Лаборатория)" in home
    permit = told(error, "en", Context("permit-sb-2026-0001", "permit", "SB-2026-0001"))
    assert "(SB-2026-0001)" in permit.jupyterhub_message
    assert "home" not in home.lower()
