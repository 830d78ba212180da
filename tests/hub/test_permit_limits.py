"""What a permit limits on a really running hub: cores, memory and disk, hours in a day."""

import json
import re
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.domain.calendar import BISHKEK
from sandbox.isolation.cores import cores_control
from sandbox.isolation.memory import memory_control
from sandbox.isolation.volume import disk_control
from tests.journeys import step1_apply, step2_decide
from tests.journeys.stage import REGULATOR, STARTUP, Stage
from tests.support.browser import browsers
from tests.support.system import _server_headers, system

STUDENT, COURSE = "lira", "course-digital-money"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LIMITS = {"server_cores": "1", "server_memory": "700", "server_disk": "64"}
HOURS = {"server_hours_per_day": "1"}
LEFT = 25
"""Seconds left of the hour when the system starts again."""
MEGABYTE = 1 << 20
FILL = """
import errno, os
written = 0
with open(os.path.expanduser("~/{name}"), "wb", buffering=0) as file:
    try:
        while written < {most}:
            written += file.write(bytes(4096))
    except OSError as error:
        print(errno.errorcode[error.errno], end=" ")
print(written)
"""
ELSEWHERE = """
import os
mounts = {line.split()[1]: line.split()[2] for line in open("/proc/mounts")}
home, found = os.path.expanduser("~"), []
for folder, names, _ in os.walk("/"):
    at = folder
    while at not in mounts:
        at = os.path.dirname(at)
    if mounts[at] in ("proc", "tmpfs", "devpts", "mqueue", "sysfs") and folder != "/":
        names[:] = [name for name in names if os.path.join(folder, name) in mounts]
    elif folder == home:
        names[:] = []
    elif os.access(folder, os.W_OK):
        found.append(folder)
print(found)
"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A permit in force, whose team has worked; then one regulator limits its workspaces."""
    if memory_control() is None or cores_control(memory_control()) is None:
        pytest.skip("this machine lets nobody limit memory and cores")
    if disk_control() is None:
        pytest.skip("this machine lets nobody mount volumes")
    with system() as one:
        one.start()
        with browsers(one) as people:
            made = Stage(one, people, tmp_path_factory.mktemp("outside"))
            step1_apply.apply(made)
            step2_decide.decide(made)
            step2_decide.come_into_force(made)
            one.start_server(STARTUP, made.context)
            one.run_cell(STARTUP, made.context, "open('before.txt', 'w').write('kept')")
            stop(one, STARTUP, made.context)
            tighten(made, LIMITS)
            yield made


@pytest.fixture(scope="module")
def hour(stage):
    """The same with an hour a day, most of which has run; the system was killed before."""
    system = stage.system
    if stage.context in system.hub_api(STARTUP, "GET", f"/users/{STARTUP}").json()["servers"]:
        stop(system, STARTUP, stage.context)
    tighten(stage, HOURS)
    mounts = system.state / "manager" / "mounts"
    system.start_server(STARTUP, stage.context)
    system.stop(signal.SIGKILL)
    assert [at for at in mounts.iterdir() if at.is_mount()], "a killed manager leaves it mounted"
    day = datetime.now(UTC).astimezone(BISHKEK).date().isoformat()
    book = {stage.context: {"day": day, "seconds": 3600 - LEFT}}
    (system.state / "manager" / "server-hours.json").write_text(json.dumps(book))
    system.start()
    assert not [at for at in mounts.iterdir() if at.is_mount()]
    return stage


def tighten(stage, limits):
    for field, value in limits.items():
        stage[REGULATOR].open(f"/desk/permits/{stage.permit}/console")
        stage[REGULATOR].send("/tighten", field=field, value=value, reasons="Too much is run.")


def stop(system, user, name):
    system.stop_server(user, name)
    deadline = time.monotonic() + 30
    while name in system.hub_api(user, "GET", f"/users/{user}").json()["servers"]:
        assert time.monotonic() < deadline, "the server does not stop"
        time.sleep(0.1)


def shown(person, path):
    """A page's text with plain blanks."""
    return re.sub(r"\s+", " ", person.open(path).inner_text("main"))


def group(system, user, context):
    """The folders of the groups of a user's server: memory, cores."""
    number = json.loads((system.state / "manager" / "servers.json").read_text())[
        f"{user}/{context}"
    ]
    memory = memory_control()
    cores = cores_control(memory)
    name = next(memory.parent.glob(f"synak-{system.port}-{200_000 + number}-*")).name
    return memory.parent / name, cores.parent / name


def stopped_page(system, path: str, language: str) -> str:
    """What a start is answered with, once the hub has cleared the last one away.

    Until then it shows "stopping", a page that asks again by itself every 3 s.
    """
    deadline = time.monotonic() + 30
    while True:
        page = system.client(STARTUP).get(path, headers={"Accept-Language": language}).text
        if "location.reload()" not in page:
            return page
        assert time.monotonic() < deadline, page[-1500:]
        time.sleep(0.5)


def answered(kernel, code: str) -> str:
    """What a cell prints on a full disk.

    IPython's history thread says by itself, at some moment after a cell, that it keeps the
    history in memory from now on.
    """
    return re.sub(r"The history saving thread hit.*\n?", "", kernel.run(code)).strip()


def number(path: Path, v1: str, v2: str) -> int:
    found = path / v1 if (path / v1).exists() else path / v2
    return int(found.read_text().split()[0])


def unlimited(path: Path) -> bool:
    """Whether a server's group gives it every core that is free."""
    v1 = path / "cpu.cfs_quota_us"
    return (
        v1.read_text().strip() == "-1" if v1.exists() else "max" in (path / "cpu.max").read_text()
    )


def processes(path: Path) -> list[str]:
    """Who is in a group; nobody in one that is gone."""
    try:
        return (path / "cgroup.procs").read_text().split()
    except OSError:
        return []


def runs(system, user, name):
    servers = system.hub_api(user, "GET", f"/users/{user}").json()["servers"]
    return name in servers and servers[name]["ready"]


def test_the_disk_is_held_to_its_limit_in_the_permits_workspace_and_in_no_other(stage):
    system, context = stage.system, stage.context
    system.start_server(STARTUP, context)
    with system.kernel(STARTUP, context) as kernel:
        assert kernel.run("print(open('before.txt').read())").strip() == "kept"
        said, written = answered(kernel, FILL.format(name="all", most=80 * MEGABYTE)).split()
        assert said == "ENOSPC"
        assert 60 * MEGABYTE < int(written) < 64 * MEGABYTE
        # what the kernel lets go of meanwhile (its history's journal) can be filled once more
        said, written = answered(kernel, FILL.format(name="more", most=MEGABYTE)).split()
        assert (said, int(written) < MEGABYTE) == ("ENOSPC", True)
        options = kernel.run(
            "print([line.split() for line in open('/proc/mounts') if '/home/' in line][0][2:4])"
        )
        assert re.search("ext4.*nosuid.*nodev", options)
        assert answered(kernel, ELSEWHERE) == "[]", "nothing else of a disk can be written to"
    client, base = system.client(STARTUP), system.server_url(STARTUP, context)
    content = {"type": "file", "format": "text", "content": "x" * MEGABYTE}
    refused = client.put(
        base + "api/contents/more.txt", json=content, headers=_server_headers(client, base)
    )
    assert refused.status_code == 507
    for said in ("disk of this workspace is full", "заполнен", "диски толду"):
        assert said in refused.json()["message"]
    for page in (f"/desk/permits/{stage.permit}", f"/desk/permits/{stage.permit}/console"):
        who = stage[STARTUP] if page.endswith(stage.permit) else stage[REGULATOR]
        stage.until(
            "the page shows the disk as used",
            lambda: re.search(r"Disk of each workspace 64 of 64 MB · 100 %", shown(who, page)),  # noqa: B023
        )
    stop(system, STARTUP, context)
    system.start_server(STARTUP, context)
    assert system.run_cell(STARTUP, context, "import os; os.remove('all'); print('freed')")
    assert system.run_cell(STARTUP, context, FILL.format(name="less", most=4096)).strip() == "4096"
    for user, other in ((STARTUP, "home"), (STUDENT, COURSE)):
        system.start_server(user, other)
        said = system.run_cell(user, other, FILL.format(name="large", most=80 * MEGABYTE))
        assert said.split() == [str(80 * MEGABYTE)], "nobody's coursework has a permit's disk"
        if other == COURSE:
            stop(system, user, other)
    homes = system.state / "homes"
    assert [each.name for each in homes.glob("*/*.volume")] == [f"{context}.volume"]
    stop(system, STARTUP, context)


def test_the_permits_server_is_limited_and_ends_with_its_hours_and_no_other_does(hour):
    stage = hour
    system, context = stage.system, stage.context
    system.start_server(STARTUP)
    system.start_server(STUDENT, COURSE)
    system.start_server(STARTUP, context)
    memory, cores = group(system, STARTUP, context)
    assert number(memory, "memory.limit_in_bytes", "memory.max") == 700 * MEGABYTE
    assert number(cores, "cpu.cfs_quota_us", "cpu.max") == 100_000
    assert processes(memory)
    assert set(processes(cores)) & set(processes(memory))
    for user, other in ((STARTUP, "home"), (STUDENT, COURSE)):
        free, quota = group(system, user, other)
        assert number(free, "memory.limit_in_bytes", "memory.max") > 700 * MEGABYTE
        assert quota != cores
        assert unlimited(quota)
    deadline = time.monotonic() + LEFT + 60
    while runs(system, STARTUP, context):
        assert time.monotonic() < deadline, "the server runs on without hours"
        time.sleep(0.5)
    assert runs(system, STARTUP, ""), "the plain server goes on"
    assert runs(system, STUDENT, COURSE), "coursework goes on"
    while processes(memory) or processes(cores):
        assert time.monotonic() < deadline, "processes of the server outlive its hours"
        time.sleep(0.2)
    for language, said in (
        ("en", r"used their 1 h of today.*coursework"),
        ("ru", r"израсходовали 1 ч на сегодня.*по дисциплинам"),
        ("ky", r"бүгүнкү 1 саатын түгөттү.*сабактардын иш орундары"),
    ):
        page = stopped_page(system, f"/hub/spawn/{STARTUP}/{context}", language)
        assert re.search(said, page, re.DOTALL), page[-1500:]
        assert stage.permit in page
    system.run_cell(STARTUP, "home", "print('goes on')")
    system.run_cell(STUDENT, COURSE, "print('goes on')")
    system.stop_server(STUDENT, COURSE)
    system.start_server(STUDENT, COURSE)
