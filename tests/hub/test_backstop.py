"""The hub's own end of servers that do not say that they hold the rule."""

import asyncio
import http.server
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from sandbox.hub.backstop import ASK_EACH, SILENT, Ear, aware, is_over
from sandbox.hub.idle_rule import Rule
from sandbox.hub.spawner import ContextSpawner

NINE = datetime(2026, 9, 1, 9, tzinfo=UTC)
RULE = Rule(seconds=3600, warning=600, running=7200)
MINUTE = timedelta(minutes=1)


def over(minutes, *, active=None, rule=RULE):
    seen = None if active is None else NINE + active * MINUTE
    return is_over(rule, heard=NINE, active=seen, at=NINE + minutes * MINUTE)


@pytest.mark.parametrize(
    ("minutes", "active", "ends"),
    [(59, None, False), (60, None, True), (60, 1, False), (61, 1, True), (179, 178, False)],
)
def test_silent_server_ends_when_the_hub_saw_no_use_for_the_usual_time(minutes, active, ends):
    assert over(minutes, active=active) is ends


def test_silent_server_ends_whatever_the_hub_sees():
    assert not over(179, active=179)
    assert over(180, active=180), "what runs, and the usual time"


def test_server_that_says_it_holds_the_rule_is_left_to_it():
    last = NINE + timedelta(days=3)
    assert not is_over(RULE, heard=last, active=NINE, at=last + SILENT / 2)


def test_short_rule_waits_for_the_silence_too():
    assert not over(9, rule=Rule(60, 10, 60))
    assert over(10, rule=Rule(60, 10, 60))


def test_ear_asks_now_and_then():
    ear = Ear(NINE)
    assert [ear.asks(NINE + each * ASK_EACH / 2) for each in (1, 2, 3, 4)] == [
        *(False, True),
        *(False, True),
    ]


def test_moments_of_the_hubs_database_are_of_utc():
    assert aware(datetime(2026, 9, 1, 9)) == NINE  # noqa: DTZ001 - as the hub keeps it
    assert aware(None) is None


class Answering(http.server.BaseHTTPRequestHandler):
    """A user's server that answers as it is told to."""

    status = 204

    def do_GET(self):
        held = self.path == "/user/aigul/synak/rule"
        self.send_response(self.status if held else 500)
        self.end_headers()

    def log_message(self, *_arguments):
        """Quiet."""


class Spawned(ContextSpawner):
    """A server that runs until it is stopped."""

    def __init__(self, host, minutes):
        self.server = SimpleNamespace(host=host, base_url="/user/aigul/")
        self.user, self.name, self.idle = SimpleNamespace(name="aigul"), "", RULE
        self.log = SimpleNamespace(warning=lambda *_: None)
        began = datetime.now(UTC) - minutes * MINUTE
        self.orm_spawner = SimpleNamespace(last_activity=began.replace(tzinfo=None))
        self._ear = Ear(began)
        self.stopped = False

    async def _poll(self):
        return None

    async def stop(self):
        self.stopped = True


@pytest.fixture
def server():
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()
    serving.server_close()


@pytest.mark.parametrize("status", [404, 503, 302])
def test_hub_stops_a_server_without_the_extension_and_keeps_why(server, monkeypatch, status):
    monkeypatch.setattr(Answering, "status", status)
    one = Spawned(server, minutes=61)
    assert asyncio.run(one.poll()) == 75
    assert (one.stopped, one.ended) == (True, "unused")


def test_hub_stops_a_server_that_answers_nothing():
    one = Spawned("http://127.0.0.1:9", minutes=61)
    assert asyncio.run(one.poll()) == 75


def test_hub_leaves_a_server_that_holds_the_rule(server):
    one = Spawned(server, minutes=6100)
    assert asyncio.run(one.poll()) is None
    assert not one.stopped


def test_hub_leaves_a_silent_server_that_was_used_or_began_lately():
    one = Spawned("http://127.0.0.1:9", minutes=59)
    assert asyncio.run(one.poll()) is None
    assert not one.stopped
