"""A class hands in within a minute before the due date: nothing lost, and how long each waits.

300 students with notebooks of about 60 kB each, evenly at random over 60 s, each as the plugin does
it: what is released, hand in, the platform's key. A desk in a process of its own on a store and a
disk of its own; SQLite, and PostgreSQL beside it.

- ``lost``: students whose receipt does not hold, or whose submission is not in the desk's list
  with the very files that were handed in.
- ``p99_ms``: of handing in, over a new connection. ``visit_p99_ms``: of the whole conversation.
- ``at_once``: the same students all in the same moment, for orientation.

Smaller: ``BENCH_STUDENTS``, ``BENCH_SECONDS``, ``BENCH_DATABASES=sqlite``.
"""

import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from sandbox.domain.receipts import verify_receipt
from sandbox.hub.exchange.client import CourseDesk, packed, unpacked
from sandbox.kit.errors import SynakError
from sandbox.services.classroom_people import seed_course
from sandbox.store import Store
from tests.bench._report import quantile, report
from tests.store.postgres import cluster, new_database
from tests.support.ports import free_port
from tests.web.course_world import notebook

STUDENTS = int(os.environ.get("BENCH_STUDENTS", "300"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
DATABASES = os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(",")
BYTES = 60_000
P99_MS = 500.0
COURSE, LAB = "digital-money", "/assignments/lab"


class Desk:
    """The service, a course with a released lab, and its students."""

    def __init__(self, url):
        self.root = Path(tempfile.mkdtemp(prefix="exchange-"))
        self.students = [f"student-{number}" for number in range(STUDENTS)]
        store = Store(url or f"sqlite:///{self.root / 'desk.sqlite'}")
        self.store_url = store.url.render_as_string(hide_password=False)
        store.migrate()
        with store.unit() as u:
            since = datetime.now(UTC) - timedelta(days=1)
            seed_course(u, since, teachers=["kanat"], students=self.students)
            u.commit()
        store.close()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        told = {"root": str(self.root), "url": self.store_url, "port": self.port}
        told["people"] = ["kanat", *self.students]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench._exchange_serve", json.dumps(told)]
        )
        self.teacher = CourseDesk(COURSE, self.url, "t-kanat")
        self._wait()
        files = {"lab.ipynb": notebook("Double a number.", "raise NotImplementedError")}
        master = {"lab.ipynb": notebook("Double a number.", "2 * 2")}
        body = {"files": packed(files), "master": packed(master), "titles": {}}
        self.teacher.put(f"{LAB}/release", body)

    def _wait(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the desk did not start"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        raise AssertionError("the desk does not answer")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
        shutil.rmtree(self.root, ignore_errors=True)


def work_of(student, turn):
    """What one student hands in: a notebook of their own."""
    words = random.Random(f"{student} {turn}").randbytes(BYTES // 2).hex()
    return {"lab.ipynb": notebook("Double a number.", f"# {words}\n2 * 2")}


async def visit(http, student, body, delay):
    """One student's hand-in; the receipt, and how long it and the whole visit took."""
    await asyncio.sleep(delay)
    headers = {"Authorization": f"Bearer t-{student}"}
    began = time.monotonic()
    try:
        (await http.get(f"/{COURSE}/assignments", headers=headers)).raise_for_status()
        asked = time.monotonic()
        for wait in (0.5, 1.0, 2.0, 0.0):  # as the plugin does
            answer = await http.post(f"/{COURSE}{LAB}/submissions", json=body, headers=headers)
            if answer.status_code != 503:
                break
            await asyncio.sleep(wait)
        answered = time.monotonic()
        answer.raise_for_status()
        (await http.get("/receipt-key", headers=headers)).raise_for_status()
    except httpx.HTTPError as error:
        return student, None, 0.0, repr(error)
    return student, answer.json(), answered - asked, time.monotonic() - began


async def class_of(desk, turn, seconds, students):
    """Everybody's visit, each request over a connection of its own."""
    chance = random.Random(turn)
    works = {student: {"files": packed(work_of(student, turn))} for student in students}
    async with httpx.AsyncClient(
        base_url=f"{desk.url}/desk/api/v1/courses",
        timeout=60,
        trust_env=False,
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    ) as http:
        return await asyncio.gather(
            *(visit(http, who, work, chance.uniform(0, seconds)) for who, work in works.items())
        )


def lost(desk, turn, visits):
    """Whose work is not there as it was handed in."""
    key = desk.teacher.receipt_key()
    listed = {each["submission"]: each for each in desk.teacher.get("/submissions")}
    missing = []
    for student, receipt, _, said in visits:
        files = work_of(student, turn)
        try:
            body = verify_receipt(receipt or {}, key, files)
            kept = listed[body["submission"]]
            assert (kept["student"], kept["content"]) == (student, body["content"])
            taken = desk.teacher.get(f"/submissions/{body['submission']}/files")["files"]
            assert unpacked(taken) == files
        except (SynakError, KeyError, AssertionError) as error:
            missing.append((student, repr(error), str(said)))
    return missing


def figures_of(visits, missing):
    waits = [each[2] * 1000 for each in visits if each[1]] or [float("inf")]
    whole = [each[3] * 1000 for each in visits if each[1]] or [float("inf")]
    return {
        "lost": len(missing),
        "first_lost": missing[:3],
        "p50_ms": round(quantile(waits, 0.5), 1),
        "p99_ms": round(quantile(waits, 0.99), 1),
        "longest_ms": round(max(waits), 1),
        "visit_p99_ms": round(quantile(whole, 0.99), 1),
    }


def of_database(url):
    desk = Desk(url)
    try:
        first = desk.students[:20]
        asyncio.run(class_of(desk, 0, 5.0, first))  # what is asked for the first time
        visits = asyncio.run(class_of(desk, 1, SECONDS, desk.students))
        figures = figures_of(visits, lost(desk, 1, visits))
        flood = asyncio.run(class_of(desk, 2, 0.0, desk.students))
        return figures | {"at_once": figures_of(flood, lost(desk, 2, flood))}
    finally:
        desk.stop()


def measure():
    figures = {
        "students": STUDENTS,
        "seconds": SECONDS,
        "bytes": BYTES,
        "bars": {"lost": 0, "p99_ms": P99_MS},
    }
    for name in DATABASES:
        if name == "sqlite":
            figures[name] = of_database("")
        else:
            with cluster() as url:
                figures[name] = of_database(new_database(url))
        print(json.dumps({name: figures[name]}), file=sys.stderr, flush=True)
    main = figures[DATABASES[0]]
    figures |= {"lost": main["lost"], "p99_ms": main["p99_ms"]}
    return figures, main["lost"] == 0 and main["p99_ms"] <= P99_MS


if __name__ == "__main__":
    report("exchange", measure)
