"""Forked from the zygote or started: the same box, user and limits; and what it must not be."""

from __future__ import annotations

import json
import os
import re
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import psutil
import pytest

from sandbox.grading.nursery import Nursery
from sandbox.grading.sides import Limits
from sandbox.grading.warden import Warden, WardenSetup, _Cell, code_box
from sandbox.grading.wire import Link
from sandbox.isolation import entering
from sandbox.isolation.probe import Isolation, probe
from sandbox.kit.errors import IntegrityFailure, Unavailable
from sandbox.toolchain.layout import CHECKOUT
from tests.grading.notebooks import answer, check, marks, master, notebook, submit

PROBE = """
import glob, json, os, random, resource, signal, socket, sys
def words(path, names):
    lines = [line.split(":", 1) for line in open(path).read().splitlines()]
    return {name: value.split() for name, value in lines if name in names}
def mounts():
    rows = [line.split() for line in open("/proc/self/mountinfo")]
    return sorted([row[3], row[4], row[5], row[row.index("-") + 1]] for row in rows)
def link(path):
    try:
        return os.readlink(path)
    except OSError:
        return "gone"
print("PROBE" + json.dumps({
    "status": words("/proc/self/status", {"Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff",
        "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "SigIgn", "SigBlk", "Threads", "Umask"}),
    "limits": open("/proc/self/limits").read(),
    "mounts": mounts(),
    "root": sorted(os.listdir("/")),
    "tmp": sorted(os.listdir("/tmp")),
    "processes": sorted(n for n in os.listdir("/proc") if n.isdigit() and int(n) > 1).__len__() > 0,
    "descriptors": sorted(link(p).split(":")[0] for p in glob.glob("/proc/self/fd/*")),
    "environment": dict(os.environ),
    "owner": os.stat("/proc/self/environ").st_uid,
    "folder": os.getcwd(),
    "host": socket.gethostname(),
    "network": [name for _, name in socket.if_nameindex()],
    "group": [line.split(":")[2] for line in open("/proc/self/cgroup") if "memory" in line],
    "oom": open("/proc/self/oom_score_adj").read(),
    "path": sys.path,
    "namespaces": {n: link("/proc/self/ns/" + n)
                   for n in ("net", "ipc", "uts", "mnt", "pid", "user")},
    "drawn": random.random(),
}))
"""
OWN = ("net", "ipc", "uts", "mnt", "pid")


@pytest.fixture(scope="module")
def setup():
    level = probe().level
    if level is not Isolation.SEPARATE_USERS:
        pytest.skip("a zygote needs user ids of their own")
    return WardenSetup(
        checkout=CHECKOUT, level=level, grader_uid=61608, uid_base=61620, slots=1,
        memory_bytes=400 << 20, limits=Limits(cell=20, test=20, total=90),
    )  # fmt: skip


@pytest.fixture(scope="module")
def warm(setup):
    made = Warden(setup)
    assert made.nursery.ready()
    yield made
    made.close()


@pytest.fixture
def job(tmp_path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder.name.startswith(("pytest", "test_")):
            folder.chmod(0o755)
    made = notebook(answer("pass", "a"), check(PROBE, "t", 1))
    return submit(tmp_path / "job", made, {"a": PROBE + "import time\ntime.sleep(1.5)"})


def seen(warden, setup, job):
    """What S, T and O say, or show from outside, of themselves; namespaces and draws apart."""
    done = []
    thread = threading.Thread(target=lambda: done.append(warden.run_job(job)))
    thread.start()
    outside = watch_orchestrator(setup, thread)
    thread.join()
    (text,) = done[0]["autograded"].values()
    cells = nbformat.reads(text, as_version=4).cells
    said = [re.search("PROBE(.*)", str(cell.outputs[0].text)).group(1) for cell in cells]
    found = dict(zip(("student", "tester"), map(json.loads, said), strict=True))
    apart = {role: (each.pop("namespaces"), each.pop("drawn")) for role, each in found.items()}
    for each in found.values():
        each["group"] = [re.sub("[0-9a-f]{12}", "…", path) for path in each["group"]]
    return {**found, "orchestrator": outside}, apart


def watch_orchestrator(setup, thread):
    wanted = ("Uid", "Gid", "Groups", "Cap", "NoNewPrivs", "Seccomp", "SigBlk", "Threads")
    while thread.is_alive():
        for each in psutil.process_iter(["uids", "name"]):
            if each.info["uids"].real != setup.grader_uid or "python" not in each.info["name"]:
                continue
            try:
                base = Path("/proc") / str(each.pid)
                status = (base / "status").read_text().splitlines()
                rows = [line.split() for line in (base / "mountinfo").read_text().splitlines()]
                return {
                    "status": [line for line in status if line.startswith(wanted)],
                    "limits": (base / "limits").read_text(),
                    "mounts": sorted([r[4], r[5], r[r.index("-") + 1]] for r in rows),
                    "job": any(r[4] == "/job" for r in rows),
                }
            except OSError:
                continue
        time.sleep(0.02)
    raise AssertionError("no orchestrator was seen")


def test_forked_and_started_processes_are_the_same_from_inside_and_outside(setup, warm, job):
    cold = Warden(replace(setup, warm=False))
    assert cold.nursery is None
    started, apart_started = seen(cold, setup, job)
    forked, apart_forked = seen(warm, setup, job)
    for role, each in started.items():
        different = {n: (each[n], forked[role][n]) for n in each if each[n] != forked[role][n]}
        assert different == {}, role
    assert forked["orchestrator"]["job"]
    host = {name: str(Path(f"/proc/self/ns/{name}").readlink()) for name in OWN}
    for apart in (apart_started, apart_forked):
        (student, _), (tester, _) = apart["student"], apart["tester"]
        for name in OWN:
            assert len({student[name], tester[name], host[name]}) == 3
        assert student["user"] == str(Path("/proc/self/ns/user").readlink())
    assert apart_forked["student"][1] != apart_forked["tester"][1]


def test_forked_processes_hold_no_capability_and_no_second_group(setup, warm, job):
    forked, _apart = seen(warm, setup, job)
    for role, uid in (("student", setup.uid_base), ("tester", setup.uid_base + 1)):
        status = forked[role]["status"]
        assert status["Uid"] == [str(uid)] * 4
        assert status["Groups"] == []
        assert {tuple(v) for n, v in status.items() if n.startswith("Cap")} == {("0" * 16,)}
        assert status["NoNewPrivs"] == ["1"]
        assert forked[role]["owner"] == uid
        assert forked[role]["network"] == ["lo"]
    code = {CHECKOUT.relative_to("/tmp").parts[0]} if CHECKOUT.is_relative_to("/tmp") else set()
    found = [set(forked[role]["tmp"]) - code for role in ("student", "tester")]
    assert found == [{".ipython"}, set()]


def privileges(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    wanted = ("Uid", "Gid", "Groups", "Cap", "NoNewPrivs")
    return {n: v.split() for n, v in (x.split(":", 1) for x in lines) if n.startswith(wanted)}


def test_what_keeps_a_box_open_can_do_no_more_than_bubblewraps_own_first_process(setup):
    box = replace(code_box(setup), uid=setup.uid_base)
    opened = entering.begin_box(box, level=setup.level, environment={"PATH": "/usr/bin:/bin"}).box()
    try:
        first, holder = psutil.Process(opened.process.pid).children(recursive=True)
        assert (first.name(), holder.name()) == ("bwrap", "cat")
        held = privileges(holder.pid)
        assert held == privileges(first.pid)
        assert {tuple(held[f"Cap{kind}"]) for kind in ("Inh", "Prm", "Eff", "Amb")} == {("0" * 16,)}
        assert held["NoNewPrivs"] == ["1"]
        assert str(setup.uid_base) not in held["Uid"]  # who enters cannot touch it
    finally:
        opened.close()
        opened.end()
    assert not holder.is_running()


def boxes():
    """Boxes of this process; the zygote's is one of them."""
    return [each.pid for each in psutil.Process().children() if each.name() == "bwrap"]


def test_box_that_is_given_up_before_it_stands_leaves_nothing(setup):
    box = replace(code_box(setup), hostname=f"given-up-{os.getpid()}")
    for _time in range(5):
        entering.begin_box(box, level=setup.level, environment={}).end()
    lines = [each.info["cmdline"] for each in psutil.process_iter(["cmdline"])]
    assert not any(box.hostname in line for line in lines if line)


def test_boxes_that_a_failed_grading_never_used_are_ended_with_it(setup, warm, job):
    before = boxes()
    broken = honest(job.parent / "broken")
    for path in (broken / "master", broken / "submission"):
        (path / "lab.ipynb").write_text("{}")
    with pytest.raises(IntegrityFailure):
        warm.run_job(broken)
    assert boxes() == before


def honest(folder):
    return submit(
        folder, master(), {"double": "def double(x): return 2 * x", "fill": "def fill(box): pass"}
    )


def until(holds, seconds=60):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_dead_zygote_is_noticed_and_followed_by_another(warm, job):
    first = warm.nursery.pid
    psutil.Process(first).kill()
    until(lambda: warm.nursery.pid not in (first, None))
    assert marks(warm.run_job(honest(job.parent / "again"))) == {
        "double-test": 4.0,
        "fill-test": 0.0,
    }


def test_without_a_zygote_the_slow_way_grades_the_same(setup, job, monkeypatch):
    monkeypatch.setattr(Nursery, "_one", lambda _self: False)
    warden = Warden(setup)
    try:
        assert not warden.nursery.ready()
        assert marks(warden.run_job(honest(job.parent / "slow"))) == {
            "double-test": 4.0,
            "fill-test": 0.0,
        }
    finally:
        warden.close()


def test_birth_that_fails_is_followed_by_the_slow_way(setup, warm, job, monkeypatch):
    monkeypatch.setattr(Nursery, "born", lambda *_arguments: False)
    found = marks(warm.run_job(honest(job.parent / "refused")))
    assert found == {"double-test": 4.0, "fill-test": 0.0}


def test_zygote_holds_no_file_of_a_job_and_ends_with_its_warden(setup, job):
    warden = Warden(setup)
    assert warden.nursery.ready()
    marks(warden.run_job(honest(job.parent / "kept")))
    process = psutil.Process(warden.nursery.pid)
    everyone = [process, *process.children(recursive=True)]
    for each in everyone:
        assert not any(
            "/job" in row for row in Path(f"/proc/{each.pid}/mountinfo").read_text().split()
        )
        assert "submission" not in " ".join(f.path for f in each.open_files())
    warden.close()
    until(lambda: not any(each.is_running() for each in everyone))
    assert not warden.nursery.ready()


def test_without_user_ids_of_their_own_there_is_no_zygote(setup):
    assert Warden(replace(setup, level=Isolation.ONE_USER)).nursery is None


@pytest.mark.parametrize(
    "request_", [{"role": "tester", "first_handle": None}, {"role": "nobody"}, {"op": "result"}]
)
def test_a_link_that_breaks_or_says_nonsense_is_trouble_that_may_pass(tmp_path, request_):
    cell = _Cell(WardenSetup(CHECKOUT, Isolation.ONE_USER), None, None, 0, tmp_path)
    ours, theirs = socket.socketpair()
    cell._link = Link(ours)
    Link(theirs).send(request_)
    theirs.close()
    with pytest.raises(Unavailable, match=r"grading\.ended"):
        cell.result()
    ours.close()
