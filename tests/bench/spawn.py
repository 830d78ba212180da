"""From log-in to a usable page and a first result, ours beside stock, and a class arriving at once.

``make bench NAME=spawn``: a whole install (``synak run``) and JupyterHub with its simple spawner
(no isolation at all) on the same machine, visited in turn by the same client, each time by somebody
who has never been there.

- ``lab_ratio``: median seconds from the log-in form to JupyterLab's page, ours / stock, with the
  parts: ``log_in``, ``start`` (until the hub says that the server is ready), ``page``; beside them
  ``first_cell``: a kernel and the result of ``1 + 1``.
- ``class20_ok``: how many of 20 people who come in the same moment have their page, within 120 s.
- ``class100_ok``: how many of 100 who come within five minutes have a page, a kernel and a lab
  chain of their own at the end, all running; ``gib_per_seat``: what the machine's available
  memory lost, divided by them, and ``seats_per_gib``; ``seats_per_core`` that ran at least.
  Arrivals end when less than 2 GiB are left. The hub's own limit of seats is out of the way here.

Smaller: ``BENCH_ROUNDS`` (5), ``BENCH_CLASS`` (20), ``BENCH_SEATS`` (100), ``BENCH_SECONDS`` (300).
"""

import contextlib
import itertools
import os
import shutil
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from tests.bench._hubs import Ours, Stock, log_out
from tests.bench._report import quantile, report
from tests.support.system import free_base_port

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
CLASS = int(os.environ.get("BENCH_CLASS", "20"))
SEATS = int(os.environ.get("BENCH_SEATS", "100"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "300"))
LEFT_GIB = 2.0
COURSE = "course-digital-money"
PARTS = ("log_in", "start", "page", "first_cell")
LAB = """
from sandbox.sdk import lab
chain = lab()
chain.kgst.balance(chain.accounts[0])
"""


def visit(system, user, context="home"):
    """One person's way in; seconds of each part."""
    marks = [time.monotonic()]
    system.client(user)
    marks.append(time.monotonic())
    system.await_server(user, context)
    marks.append(time.monotonic())
    system.enter_server(user, context)
    marks.append(time.monotonic())
    assert system.run_cell(user, context, "1 + 1").strip() == "2"
    marks.append(time.monotonic())
    took = [after - before for before, after in itertools.pairwise(marks)]
    return dict(zip(PARTS, took, strict=True))


def leave(system, user, context="home"):
    """Stop the server and close the browser."""
    system.stop_server(user, context)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        answer = system.hub_api(user, "GET", f"/users/{user}").json()
        if not answer.get("servers"):
            break
        time.sleep(0.2)
    log_out(system, user)


def in_turn(ours, stock, names):
    """The visits, alternating; medians by part and the ratio."""
    every = {"ours": [], "stock": []}
    for number in range(ROUNDS):
        for name, system, user in (
            ("ours", ours, names[number]),
            ("stock", stock, f"person{number}"),
        ):
            every[name].append(visit(system, user))
            leave(system, user)
    found = {
        name: {part: round(statistics.median(one[part] for one in took), 3) for part in PARTS}
        for name, took in every.items()
    }
    pages = {
        name: statistics.median(sum(one[part] for part in PARTS[:3]) for one in took)
        for name, took in every.items()
    }
    found["lab_seconds"] = {name: round(took, 3) for name, took in pages.items()}
    found["lab_ratio"] = round(pages["ours"] / pages["stock"], 3)
    return found


def arrive(system, user, context):
    """Log-in to page at a busy time; seconds, or None when it did not come to that."""
    began = time.monotonic()
    with contextlib.suppress(AssertionError, OSError, ValueError, KeyError):
        system.client(user)
        system.await_server(user, context)
        system.enter_server(user, context)
        return time.monotonic() - began
    return None


def at_once(system, names):
    """Everybody in the same moment."""
    with ThreadPoolExecutor(len(names)) as pool:
        took = list(pool.map(lambda user: arrive(system, user, "home"), names))
    good = [each for each in took if each is not None]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda user: leave(system, user), names))
    return {
        "class20_ok": len(good),
        "class20_p50_s": round(statistics.median(good), 2) if good else None,
        "class20_max_s": round(max(good), 2) if good else None,
    }


def seat(system, user, delay):
    """One of the hundred: seconds to the page and to a lab chain, and the kernel, which stays."""
    time.sleep(delay)
    if psutil.virtual_memory().available < LEFT_GIB * 2**30:
        return None
    page = arrive(system, user, COURSE)
    if page is None:
        return None
    began, kernel = time.monotonic(), contextlib.ExitStack()
    try:
        running = kernel.enter_context(system.kernel(user, COURSE))
        running.run(LAB, timeout=180)
    except (AssertionError, OSError, TimeoutError, KeyError):
        kernel.close()
        return None
    return page, time.monotonic() - began, kernel, running


def still_there(seated):
    """Whether the chain answers when all are in."""
    with contextlib.suppress(AssertionError, OSError, TimeoutError):
        seated[3].run("chain.kgst.balance(chain.accounts[1])", timeout=120)
        return True
    return False


def hundred(system, names):
    """Arrivals over five minutes; all stay."""
    before = psutil.virtual_memory().available
    with ThreadPoolExecutor(len(names)) as pool:
        waits = [number * SECONDS / len(names) for number in range(len(names))]
        seated = pool.map(lambda user, wait: seat(system, user, wait), names, waits)
        came = [each for each in seated if each]

        ok = sum(pool.map(still_there, came))
    used = (before - psutil.virtual_memory().available) / 2**30
    for _page, _lab, kernel, _running in came:
        with contextlib.suppress(Exception):
            kernel.close()
    return {
        "class100_ok": ok,
        "class100_of": len(names),
        "class100_seconds": SECONDS,
        "page_p50_s": round(statistics.median(each[0] for each in came), 2),
        "page_p95_s": round(quantile([each[0] for each in came], 0.95), 2),
        "lab_p50_s": round(statistics.median(each[1] for each in came), 2),
        "lab_p95_s": round(quantile([each[1] for each in came], 0.95), 2),
        "gib_per_seat": round(used / max(1, len(came)), 3),
        "seats_per_gib": round(len(came) / used, 1) if used > 0 else None,
        "seats_per_core": round(ok / (os.cpu_count() or 1), 1),
    }


def measure():
    folder = Path(tempfile.mkdtemp(prefix="synak-spawn-"))
    folder.chmod(0o711)
    ours = Ours(folder / "ours", free_base_port(), {"SYNAK_SEATS": "10000"})
    stock = Stock(folder / "stock", free_base_port())
    figures = {"machine": {"cores": os.cpu_count(), "gib": psutil.virtual_memory().total >> 30}}
    try:
        ours.start()
        names = ours.admit(max(ROUNDS, CLASS, SEATS))
        stock.start()
        figures |= in_turn(ours, stock, names)
        stock.stop()
        figures |= at_once(ours, names[:CLASS])
        figures |= hundred(ours, names[:SEATS])
    finally:
        ours.stop()
        stock.stop()
        shutil.rmtree(folder, ignore_errors=True)
    bars = figures["lab_ratio"] <= 1.0 and figures["class20_ok"] == CLASS
    return figures, bars and figures["class100_ok"] == SEATS


if __name__ == "__main__":
    report("spawn", measure)
