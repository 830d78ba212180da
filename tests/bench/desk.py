"""The desk at size: how long its pages take, and how soon a live console shows what happened.

A store with 2,000 permits and 5 million indexed transactions (``_desk_world``), a desk in a
process of its own, a real signer, gateway and engines; PostgreSQL, and SQLite beside it.

- ``list_p99_ms``: registers of applications, permits and the supervision: searched, filtered,
  ordered, also far from their beginning. ``page_p99_ms``: one file, permit, console, home page,
  explorer's block, transaction and address. 20 readers, each of whom reads a page, then the next
  after about ``BENCH_PAUSE`` seconds (``flood``: the same without any pause, for orientation).
- ``sse_p99_ms``: 500 viewers of one console in three languages; refusals are written to the store
  one after another; from each commit until a viewer's stream had the whole event.

Smaller: ``BENCH_PERMITS``, ``BENCH_TRANSACTIONS``, ``BENCH_VIEWERS``, ``BENCH_SECONDS``,
``BENCH_DATABASES=sqlite``.
"""

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from sandbox.domain.records import RefusalRecord
from sandbox.kit.ids import checksum
from sandbox.store import Store
from sandbox.web.session import Sessions
from sandbox.web.store_sessions import StoreSessions
from tests.bench._desk_serve import SECRET
from tests.bench._desk_world import CUSTOMERS, REFUSALS, Filling, address, ledger, permit_name
from tests.bench._report import quantile, report
from tests.bench.gateway import Apart, grant
from tests.store.postgres import cluster, new_database
from tests.support.ports import free_port

PERMITS = int(os.environ.get("BENCH_PERMITS", "2000"))
TRANSACTIONS = int(os.environ.get("BENCH_TRANSACTIONS", "5000000"))
VIEWERS = int(os.environ.get("BENCH_VIEWERS", "500"))
READERS = int(os.environ.get("BENCH_READERS", "20"))
PAUSE = float(os.environ.get("BENCH_PAUSE", "1.0"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
UPDATES = int(os.environ.get("BENCH_UPDATES", "20"))
DATABASES = os.environ.get("BENCH_DATABASES", "postgresql,sqlite").split(",")
PAGE_MS, SSE_MS = 150.0, 1000.0
LIVE = permit_name(1)


class Desk:
    """A desk's process on a store.

    Args:
        root: where signer and gateway are.
        url: the store's.
        accounts: whom the hub knows.
    """

    def __init__(self, root, url, accounts):
        self.port = free_port()
        told = {"root": str(root), "url": url, "port": self.port, "accounts": accounts}
        told["profile"] = os.environ.get("BENCH_PROFILE")
        log = (root / "desk.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench._desk_serve", json.dumps(told)],
            stdout=log,
            stderr=log,
        )
        log.close()
        deadline = time.monotonic() + 60
        while True:
            assert self.process.poll() is None, (root / "desk.log").read_text()[-4000:]
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/desk/healthz").status_code == 200:
                    return
            except httpx.HTTPError:
                assert time.monotonic() < deadline, "the desk does not answer"
            time.sleep(0.1)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


@contextmanager
def stores(root):
    """Each database's name and an empty one's URL."""

    def each():
        for name in DATABASES:
            if name == "sqlite":
                yield name, f"sqlite:///{root}/desk.sqlite"
            else:
                with cluster(buffers="1GB") as url:
                    yield name, new_database(url)

    yield each()


def sessions_of(store, accounts):
    """A signed-in cookie for each account, with a language."""
    sessions, now, found = (
        Sessions(StoreSessions(store), SECRET, secure=False),
        datetime.now(UTC),
        [],
    )
    for number, account in enumerate(accounts):
        value, _ = sessions.open(account, f"hub-{account}", now)
        found.append((f"{sessions.cookie}={value}", ("ky", "ru", "en")[number % 3]))
    return found


def tell_gateway(system, permit, count):
    """The gateway's policies of all permits, so that it has counters to be asked for.

    Written into its file while it is stopped: sent one by one, each would write the file anew.
    """
    system.stop()
    path = system.root / "chain" / "policies.json"
    held = json.loads(path.read_bytes())
    held["policies"] += [
        replace(permit.policy, permit=permit_name(number), wallets=(), revision=1).as_dict()
        for number in range(2, count + 1)
    ]
    path.write_text(json.dumps(held))
    (system.root / "port").unlink()
    system.start()


def paths(transactions):
    """What readers read: kind and path."""
    chance, listed, single = random.Random(1), [], []
    for _ in range(300):
        word = chance.choice(("базар", "ДӨҮКӨН", "капчыгы", "банк 7", "SB-2026-01", "№ 14", "жок"))
        state = chance.choice(("", "active", "under_review", "expired"))
        order = chance.choice(("", "title", "applicant", "oldest"))
        start = chance.choice((0, 0, 50, 500, 1500))
        listed += [
            f"/desk/files?q={word}&state={state}&order={order}",
            f"/desk/files?order={order}&start={start}",
            f"/desk/files?waits=mine&start={min(start, 50)}",
            f"/desk/permits?start={start}",
            f"/desk/permits?q={word}",
            f"/desk/cohort?start={chance.choice((0, 20, 400, 1000))}",
        ]
        number = chance.randrange(1, PERMITS)
        n = chance.randrange(transactions)
        digest = "0x" + f"{n * 2654435761 % 2**32:08x}" * 8
        who = checksum(address(chance.randrange(PERMITS * CUSTOMERS)))
        single += [
            "/desk/",
            f"/desk/files/F-2026-{number:04d}",
            f"/desk/permits/{permit_name(number)}",
            f"/desk/permits/{permit_name(number)}/console",
            "/desk/explorer/kgst",
            f"/desk/explorer/kgst?before={n // 25}-0",
            f"/desk/explorer/kgst/blocks/{n // 25}",
            f"/desk/explorer/kgst/transactions/{digest}",
            f"/desk/explorer/kgst/addresses/{who}",
        ]
    quoted = [("list", str(httpx.URL(each))) for each in listed]
    return quoted + [("page", each) for each in single]


def readers(**told):
    """The readers' process: give it its task, and what it answers when its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench._desk_readers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    process.stdin.write(json.dumps(told) + "\n")
    process.stdin.flush()
    return process


def read(desk, sessions, *, pause, seconds, readers_=READERS):
    told = {"what": "pages", "port": desk.port, "sessions": sessions, "readers": readers_}
    process = readers(**told, pause=pause, seconds=seconds, paths=paths(TRANSACTIONS))
    answers = json.loads(process.communicate(timeout=seconds + 120)[0])
    wrong = [(path, status) for _, path, status, _, _ in answers if status != 200]
    figures = {"requests": len(answers), "wrong": len(wrong), "first_wrong": wrong[:3]}
    for kind in ("list", "page"):
        taken = [seconds * 1000 for each, _, _, seconds, _ in answers if each == kind]
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            figures[f"{kind}_{name}_ms"] = round(quantile(taken, share), 1)
    slowest = {}
    for _, path, _, seconds, _ in answers:
        kind = re.sub(r"(SB|F)-\d+-\d+|0x\w+|(?<=/)\d+$", "…", path.split("?")[0])
        slowest.setdefault(kind, []).append(seconds * 1000)
    figures["by_page_p99_ms"] = {
        kind: round(quantile(each, 0.99), 1) for kind, each in sorted(slowest.items())
    }
    return figures


def watch(desk, store, sessions):
    """Updates one after another before so many viewers."""
    marks = [f"refusal-kgst-{10**9 + number}" for number in range(UPDATES)]
    told = {"what": "live", "port": desk.port, "sessions": sessions, "viewers": VIEWERS}
    process = readers(**told, path=f"/desk/permits/{LIVE}/live", marks=marks)
    began = time.monotonic()
    assert process.stdout.readline().strip() == "open", "the viewers did not get in"
    opened = time.monotonic() - began
    told_at = {}
    for number, mark in enumerate(marks):
        refuse(store, 10**9 + number)
        told_at[mark] = time.monotonic()
        time.sleep(2.5 + random.Random(number).random())
    process.stdin.write("\n")
    seen = json.loads(process.communicate(timeout=60)[0])
    waits = [(at - told_at[mark]) * 1000 for mark in marks for at in seen.get(mark, [])]
    return {
        "viewers": VIEWERS,
        "all_in_after_s": round(opened, 1),
        "updates": UPDATES,
        "missed": VIEWERS * UPDATES - len(waits),
        "sse_p50_ms": round(quantile(waits, 0.5), 1) if waits else None,
        "sse_p99_ms": round(quantile(waits, 0.99), 1) if waits else None,
    }


def refuse(store, seq):
    """What the worker writes when the gateway refused a payment; each with its own amounts."""
    with store.unit() as u:
        u.refusals.add(
            RefusalRecord(
                seq=seq, permit=LIVE, at=datetime.now(UTC), chain="kgst", layer="chain",
                clause="per_transaction", version=1, code="refused.per_transaction", asset="KGST",
                limit=str(5000 * 10**18), used="0", requested=str(seq * 10**18), raw={"seq": seq},
            )
        )  # fmt: skip
        u.commit()


def of_database(root, url, system):
    """All figures of one database."""
    store = Store(url)
    store.migrate()
    began = time.monotonic()
    Filling(store, PERMITS, VIEWERS).fill()
    ledger(store, TRANSACTIONS, 100_000, system.inside.national()["kgst"])
    filled = time.monotonic() - began
    staff = [
        "ermek",
        "feruza",
        *(f"owner-{n}" for n in range(4)),
        *(f"banker-{n}" for n in range(4)),
    ]
    viewers = [f"viewer-{n}" for n in range(VIEWERS)]
    supervising = sessions_of(store, ["ermek", "feruza", *viewers[:18]])
    watching = sessions_of(store, viewers)
    desk = Desk(root, url, [*staff, *viewers])
    try:
        read(desk, supervising, pause=0.2, seconds=5)  # what is read for the first time
        figures = {"filled_s": round(filled)}
        figures |= read(desk, supervising, pause=PAUSE, seconds=SECONDS)
        figures["flood"] = read(desk, supervising, pause=0, seconds=min(15, SECONDS))
        figures |= watch(desk, store, watching)
    finally:
        desk.stop()
        store.close()
    return figures


def measure():
    root = Path(tempfile.mkdtemp(prefix="desk-"))
    system = Apart(root).start()
    figures = {
        "permits": PERMITS,
        "transactions": TRANSACTIONS,
        "customers": PERMITS * CUSTOMERS,
        "refusals": PERMITS * REFUSALS,
        "readers": READERS,
        "pause_s": PAUSE,
        "bars": {"list_p99_ms": PAGE_MS, "page_p99_ms": PAGE_MS, "sse_p99_ms": SSE_MS},
    }
    try:
        permit, _ = grant(system)
        tell_gateway(system, permit, PERMITS)
        with stores(root) as every:
            for name, url in every:
                figures[name] = of_database(root, url, system)
                print(json.dumps({name: figures[name]}), file=sys.stderr, flush=True)
    finally:
        system.stop()
        shutil.rmtree(root, ignore_errors=True)
    main = figures[DATABASES[0]]
    figures |= {name: main[name] for name in ("list_p99_ms", "page_p99_ms", "sse_p99_ms")}
    holds = not main["wrong"] and not main["missed"]
    holds = holds and max(main["list_p99_ms"], main["page_p99_ms"]) <= PAGE_MS
    return figures, holds and main["sse_p99_ms"] <= SSE_MS


if __name__ == "__main__":
    report("desk", measure)
