"""What workspaces use reaches the desk from the launcher, and is shown beside its limit."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from sandbox.domain.calendar import BISHKEK
from sandbox.domain.server_limits import context_of
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import InvalidInput, NotAllowed, Unavailable
from sandbox.kit.ids import permit_number
from sandbox.run.identity import NAMES, Identities
from sandbox.run.launcher import Launcher
from sandbox.run.servers import UserServers
from sandbox.sdk.tables import Usage
from sandbox.services.ports import Ports
from sandbox.services.views import UsageLine, UsageView
from sandbox.services.workspaces import LauncherWorkspaces, left_of, workspace_lines
from sandbox.settings import Settings
from sandbox.store import Store
from sandbox.web.usage_lines import bars
from tests.domain.test_terms import BASE
from tests.services.alert_world import NUMBER, open_permit

PERMIT = permit_number("SB-2026-0001")
CONTEXT = context_of(PERMIT)
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
def settings(tmp_path):
    return Settings.load({"SYNAK_STATE_DIR": str(tmp_path / "s"), "SYNAK_DEVELOPMENT": "1"})


@pytest.fixture
def servers(settings):
    """The manager's servers, with a book of hours and one of disks, of two permits."""
    kept = settings.paths.state_dir / "manager"
    kept.mkdir(parents=True)
    day = datetime.now(UTC).astimezone(BISHKEK).date().isoformat()
    hours = {CONTEXT: {"day": day, "seconds": 5400.0}}
    disks = {
        f"aigul/{CONTEXT}": {"used": 40, "limit": 100},
        f"bakyt/{CONTEXT}": {"used": 61, "limit": 100},
        "aigul/permit-sb-2026-0002": {"used": 99, "limit": 100},
    }
    (kept / "server-hours.json").write_text(json.dumps(hours))
    (kept / "volumes.json").write_text(json.dumps(disks))
    ids = Identities(0, separate=False)
    return UserServers(settings, ids, level=Isolation.NONE, memory=None)


@pytest.fixture
async def port(settings, servers):
    """The launcher as the desk reaches it."""
    path = settings.paths.launcher_socket
    path.parent.mkdir(parents=True)
    launcher = Launcher(path, Identities(0, separate=False))
    launcher.offer("server.use", "desk", servers.use)
    await launcher.start()
    yield LauncherWorkspaces(path)
    await launcher.stop()


def limited(**limits):
    return SimpleNamespace(number=PERMIT, terms=replace(BASE, load=replace(BASE.load, **limits)))


async def lines(permit, port, left=()):
    incomplete: list[str] = []
    ports = Ports(None, None, port)
    found = await asyncio.to_thread(lambda: [*workspace_lines(permit, ports, incomplete, left)])
    return found, incomplete


async def test_hours_of_all_and_the_fullest_disk_stand_beside_their_limits(port):
    found, incomplete = await lines(limited(server_hours_per_day=12, server_disk=100), port)
    assert incomplete == []
    assert found == [
        UsageLine("server_hours_per_day", None, "1200", "150", 2, "hub"),
        UsageLine("server_disk", None, "100", "61", 0, "hub"),
    ]


@pytest.mark.parametrize(
    ("left", "used"), [((), "61"), (("bakyt",), "40"), (("bakyt", "aigul"), None)]
)
async def test_whoever_left_is_not_the_fullest_and_nothing_measured_is_not_zero(port, left, used):
    found, incomplete = await lines(limited(server_disk=100), port, left)
    assert [(each.clause, each.used) for each in found] == [("server_disk", used)]
    assert incomplete == []


def test_whoever_left_a_firm_is_known_for_its_permits_that_limit_disk(tmp_path, empty_store):
    shutil.copy(empty_store, tmp_path / "left.db")
    store = Store(f"sqlite:///{tmp_path}/left.db")
    open_permit(store)
    with store.unit() as u:
        permit = u.permits.get(NUMBER)
        gone, *stay = u.accounts.of_org(permit.org)
        assert stay
        u.accounts.save(replace(gone, active=False))
        other = next(each for each in u.accounts.all() if each.org != permit.org)
        u.accounts.save(replace(other, active=False))
        u.commit()
    with store.unit(read_only=True) as u:
        assert left_of(u, [permit]) == {}
        terms = replace(permit.terms, load=replace(permit.terms.load, server_disk=64))
        assert left_of(u, [replace(permit, terms=terms)]) == {NUMBER: [gone.name]}
    store.close()


@pytest.mark.parametrize(
    ("lang", "hours", "disk"),
    [
        ("en", ("1.5", "12\u00a0hours"), ("61", "100\u00a0MB")),
        ("ru", ("1,5", "12\u00a0часов"), ("61", "100\u00a0МБ")),
        ("ky", ("1,5", "12\u00a0саат"), ("61", "100\u00a0МБ")),
    ],
)
async def test_they_are_shown_in_each_language(port, lang, hours, disk):
    found, _ = await lines(limited(server_hours_per_day=12, server_disk=100), port)
    view = UsageView(PERMIT, datetime.now(UTC), 1, "active", tuple(found), ())
    drawn = [(bar.used, bar.limit, bar.share) for bar in bars(lang, view)]
    assert drawn == [(*hours, 12.5), (*disk, 61.0)]


async def test_a_notebook_shows_hours_and_not_their_parts(port):
    found, _ = await lines(limited(server_hours_per_day=12), port)
    said = {"permit": PERMIT, "as_of": "2026-11-22T06:00:00+00:00", "version": 1}
    shown = repr(Usage({**said, "limits": [vars(each) for each in found]}))
    assert shown.split()[-4:] == ["server_hours_per_day", "1.50", "12.00", "10.50"]


async def test_a_permit_without_such_limits_asks_nobody():
    assert await lines(limited(server_cores=2), None) == ([], [])


async def test_a_launcher_out_of_reach_is_said_and_is_not_zero(settings):
    nobody = LauncherWorkspaces(settings.paths.launcher_socket)
    for port in (nobody, None):
        found, incomplete = await lines(limited(server_disk=100), port)
        assert [each.used for each in found] == [None]
        assert incomplete == ["workspaces"]
    with pytest.raises(Unavailable):
        nobody.use(PERMIT)


@pytest.mark.parametrize("context", ["home", "course-digital-money", "../x", "permit-"])
async def test_nobodys_own_server_or_coursework_is_told(servers, context):
    with pytest.raises(InvalidInput):
        await servers.use({"context": context})


async def test_of_the_launcher_the_desk_may_ask_nothing_else(tmp_path):
    ids = Identities(61_000, separate=True)
    launcher = Launcher(tmp_path / "l", ids)

    async def never(_request):
        raise AssertionError("asked")

    launcher.offer("server.start", "hub", never)
    launcher.offer("server.use", "desk", never)
    with pytest.raises(NotAllowed):
        launcher._operation({"op": "server.start"}, ids.name_of(ids.uid("desk")))
    for name in {*NAMES} - {"desk"}:
        with pytest.raises(NotAllowed):
            launcher._operation({"op": "server.use"}, ids.name_of(ids.uid(name)))
    assert launcher._operation({"op": "server.use"}, ids.name_of(ids.uid("desk"))) is never
