"""The book of server hours: one permit, all its servers, across restarts; nobody's coursework."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.isolation.probe import Isolation
from sandbox.kit.clock import FixedClock
from sandbox.kit.errors import Refused, Unavailable
from sandbox.run.identity import Identities
from sandbox.run.server_hours import LOOK, ServerHours
from sandbox.run.servers import UserServers

PERMIT, OTHER = "permit-sb-2026-0001", "permit-sb-2026-0002"
AIGUL, BAKYT = ("aigul", PERMIT), ("bakyt", PERMIT)
HALF = timedelta(minutes=30)


@pytest.fixture
def clock():
    return FixedClock(datetime(2026, 11, 22, 6, tzinfo=UTC))


@pytest.fixture
def hours(tmp_path, clock):
    return ServerHours(tmp_path / "hours.json", clock)


def test_servers_of_all_members_count_together_and_end_together(hours, clock):
    hours.begin(AIGUL, 1)
    hours.begin(BAKYT, 1)
    clock.forward(HALF - timedelta(seconds=1))
    hours.count()
    assert hours.over() == []
    assert hours.next_look() == pytest.approx(1)
    clock.forward(timedelta(seconds=1))
    hours.count()
    assert sorted(hours.over()) == [AIGUL, BAKYT]
    hours.end(AIGUL)
    hours.end(BAKYT)
    with pytest.raises(Refused) as refused:
        hours.begin(("cholpon", PERMIT), 1)
    assert refused.value.code == "hub.server_hours_used"
    assert not hours.running


def test_another_permit_coursework_and_home_are_not_touched(hours, clock):
    hours.begin(AIGUL, 1)
    clock.forward(2 * HALF)
    hours.count()
    hours.begin(("aigul", OTHER), 1)
    for context in ("home", "course-digital-money"):
        hours.begin(("aigul", context), 0)
        hours.change(("aigul", context), 0)
    assert hours.over() == [AIGUL]


def test_a_restart_forgets_nothing_that_was_looked_at(hours, clock, tmp_path):
    hours.begin(AIGUL, 1)
    clock.forward(2 * HALF)
    hours.count()
    again = ServerHours(tmp_path / "hours.json", clock)
    with pytest.raises(Refused):
        again.begin(AIGUL, 1)
    again.begin(AIGUL, 2)


def test_a_limit_that_comes_at_noon_knows_the_morning(hours, clock):
    hours.begin(AIGUL, None)
    clock.forward(2 * HALF)
    hours.count()
    assert (hours.over(), hours.next_look()) == ([], LOOK)
    hours.change(AIGUL, 1)
    assert hours.over() == [AIGUL]
    hours.change(AIGUL, 2)
    assert hours.over() == []


def test_a_book_that_cannot_be_read_does_not_keep_anybody_out(tmp_path, clock):
    (tmp_path / "hours.json").write_text('{"permit')
    ServerHours(tmp_path / "hours.json", clock).begin(AIGUL, 1)


@pytest.mark.parametrize(
    "limits", [{"server_cores": 1}, {"server_memory": 512}, {"server_disk": 64}]
)
@pytest.mark.anyio
async def test_a_limit_that_nothing_here_holds_keeps_only_the_limited_server_from_starting(
    settings, limits, monkeypatch
):
    (settings.paths.state_dir / "manager").mkdir(parents=True, exist_ok=True)
    servers = UserServers(
        settings, Identities(0, separate=False), level=Isolation.NONE, memory=None, cores=None
    )
    started = []

    async def start(key, request, limits):
        started.append((key[1], limits.cores, limits.memory))

    monkeypatch.setattr(servers, "_start", start)
    with pytest.raises(Unavailable) as refused:
        await servers.start({"user": "aigul", "context": PERMIT, "limits": limits})
    assert refused.value.code == "hub.limit_not_held"
    for context in ("home", "course-digital-money"):
        await servers.start({"user": "aigul", "context": context, "limits": {}})
    assert started == [("home", None, None), ("course-digital-money", None, None)]
    await servers.stop_all()


@pytest.fixture
def anyio_backend():
    return "asyncio"
