"""kill -9 in the middle of handing in: the earlier submission stays whole, and again is once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from sandbox.domain.classroom import ActionKind
from sandbox.domain.receipts import verify_receipt
from sandbox.hub.exchange.client import CourseDesk, DeskProblem, packed, unpacked
from sandbox.services.classroom_people import seed_course
from sandbox.store import Store
from sandbox.store.classroom import Actions
from tests.exchange.conftest import BLANK
from tests.exchange.test_uploads import LARGE, named, send

HAND_IN = "/assignments/lab/submissions"


class Service:
    """The service, started anew for each trial."""

    def __init__(self, root):
        self.root, self.clients = root, {}
        self.parent = subprocess.Popen(
            [sys.executable, "-m", "tests.exchange._kill_child", str(root)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def start(self, fatal=0):
        self.parent.stdin.write(f"{fatal}\n")
        self.child, port = map(int, self.parent.stdout.readline().split())
        self.url = f"http://127.0.0.1:{port}"

    def http(self, *, arm=False):
        """One client for each service; another one arms it."""
        if arm not in self.clients:
            headers = {"X-Arm": "1"} if arm else {}
            self.clients[arm] = httpx.Client(timeout=60, trust_env=False, headers=headers)
        return self.clients[arm]

    def desk(self, who, *, arm=False):
        return CourseDesk("digital-money", self.url, f"t-{who}", http=self.http(arm=arm))

    def ended(self):
        """How it ended (negative: by which signal), and after how many steps."""
        while self.clients:
            self.clients.popitem()[1].close()
        return tuple(map(int, self.parent.stdout.readline().split()))

    def stop(self):
        os.kill(self.child, signal.SIGKILL)
        return self.ended()[1]


@pytest.fixture(scope="module")
def service(tmp_path_factory, made):
    """A course with a released lab, on a disk of its own."""
    root = tmp_path_factory.mktemp("killed")
    store = Store(f"sqlite:///{root / 'desk.sqlite'}")
    store.migrate()
    with store.unit() as u:
        since = datetime.now(UTC) - timedelta(days=1)
        seed_course(u, since, teachers=["kanat"], students=["lira", "marat"])
        u.commit()
    store.close()
    found = Service(root)
    found.start()
    source, release = ({p.name: p.read_bytes() for p in f.iterdir() if p.is_file()} for f in made)
    body = {"files": packed(release), "master": packed(source), "titles": {}}
    found.desk("kanat").put("/assignments/lab/release", body)
    found.stop()
    yield found
    found.parent.kill()
    found.parent.wait(20)
    found.parent.stdin.close()
    found.parent.stdout.close()


def hand_in(service, files, *, arm):
    """One request; None when the service died over it."""
    try:
        return (
            service.http(arm=arm)
            .post(
                f"{service.url}/desk/api/v1/courses/digital-money{HAND_IN}",
                json={"files": packed(files)},
                headers={"Authorization": "Bearer t-lira"},
            )
            .json()
        )
    except httpx.HTTPError:
        return None


def whole(service, receipts):
    """Every acknowledged submission is there as it was handed in, and the numbers have no gap."""
    desk, key = service.desk("lira"), service.desk("lira").receipt_key()
    listed = {each["submission"]: each for each in desk.get("/submissions")}
    for receipt, files in receipts:
        assert verify_receipt(receipt, key, files)["submission"] in listed
        wanted = receipt["body"]["submission"]
        assert desk.get(f"/submissions/{wanted}/receipt") == receipt
        taken = service.desk("kanat").get(f"/submissions/{wanted}/files")["files"]
        assert unpacked(taken) == files
    for each in list(listed.values())[-3:]:
        assert service.desk("kanat").get(f"/submissions/{each['submission']}/files")["files"]
    return listed


def numbers(service):
    store = Store(f"sqlite:///{service.root / 'desk.sqlite'}")
    with store.unit(read_only=True) as u:
        found = [action.number for action in Actions(u.session).select()]
        submitted = [a for a in Actions(u.session).select() if a.kind is ActionKind.SUBMITTED]
        entries = [e for e in u.audit.page(after=-1, limit=10_000) if e.kind == "course.submitted"]
    store.close()
    assert found == list(range(1, len(found) + 1))
    assert len(submitted) == len(entries)


def trial(service, fatal, mark):
    """Hand in, die at a step of the next hand-in, come back, hand in again."""
    first = {"lab.ipynb": BLANK, "answer.txt": f"the earlier work {mark}".encode()}
    later = {name: f"the later {name} {mark}".encode() for name in ("answer.txt", "more.txt")}
    second = {"lab.ipynb": BLANK, **later}
    service.start(fatal)
    earlier = hand_in(service, first, arm=False)
    before = len(service.desk("lira").get("/submissions"))
    lost = hand_in(service, second, arm=True)
    died, steps = service.ended() if lost is None else (0, service.stop())
    service.start()
    listed = whole(service, [(earlier, first)])
    assert len(listed) in (before, before + 1)
    again = hand_in(service, second, arm=False)
    assert hand_in(service, second, arm=False) == again
    assert len(whole(service, [(earlier, first), (again, second)])) == before + 1
    service.stop()
    numbers(service)
    assert (lost, died) == (None, -signal.SIGKILL) or not 0 < fatal <= steps
    return steps


def test_handing_in_survives_a_kill_at_some_of_its_steps(service):
    steps = trial(service, 0, "count")
    assert steps > 20
    for share in (0.1, 0.5, 0.9):
        assert trial(service, int(steps * share), f"some {share}") == int(steps * share)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_handing_in_survives_a_kill_at_every_one_of_its_steps(service):
    steps = trial(service, 0, "all")
    for fatal in range(1, steps + 1):
        trial(service, fatal, f"all {fatal}")


def test_parts_that_were_acknowledged_outlive_a_kill(service):
    parts = list(LARGE.values())
    service.start()
    for part in parts[:2]:
        send(service.desk("lira"), part)
    service.stop()
    service.start(2)
    with pytest.raises(DeskProblem, match="unreachable"):
        send(service.desk("lira", arm=True), parts[2])
    assert service.ended()[0] == -signal.SIGKILL
    service.start()
    desk = service.desk("lira")
    assert len(desk.get("/uploads")) == 2
    for part in parts:
        send(desk, part)
    receipt = desk.post(HAND_IN, named(LARGE))
    verify_receipt(receipt, desk.receipt_key(), LARGE)
    service.stop()
