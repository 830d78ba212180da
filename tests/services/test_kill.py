"""kill -9 at every step between a countersignature and an active permit."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time

import pytest

from sandbox.kit.ids import permit_key
from sandbox.services import customers
from sandbox.services.calls import read
from sandbox.services.customers import InviteCustomers
from sandbox.services.interventions import Suspend, suspend

pytestmark = pytest.mark.slow

PUBLISH = [
    "publish.begun",
    "publish.sent",
    "publish.settled",
    "publish.before_commit",
    "publish.written",
    "policy.pushed",
    "policy.acknowledged",
]
REGISTER = ["register.begun", "register.sent", "register.written"]


def _child(world, fatal="never"):
    command = [sys.executable, "-m", "tests.services.worker_child"]
    socket = world.system.root / "internal.sock"
    url = world.store.url.render_as_string(hide_password=False)
    return subprocess.Popen(
        [*command, url, str(socket), fatal], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )


@contextlib.contextmanager
def _working(world):
    child = _child(world)
    try:
        yield
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)


def _until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not reached"
        time.sleep(0.05)


def _kinds(world, file_id):
    return [each.kind for each in world.file(file_id).timeline]


QUICK = {"publish.sent", "policy.pushed"}


@pytest.mark.parametrize(
    "step",
    [each if each in QUICK else pytest.param(each, marks=pytest.mark.slow) for each in PUBLISH],
)
def test_a_worker_killed_at_a_step_of_granting_ends_in_one_active_permit(world, step):
    file = world.countersigned()
    assert _child(world, step).wait(40) == -signal.SIGKILL
    with _working(world):
        _until(lambda: world.permit(file.permit).acknowledged)
        _until(lambda: world.permit(file.permit).state == "active")
    where = world.system.national["kgst"]
    (last,) = read(
        world.ports.gateway, "kgst", where.supervisor, "lastVersion", permit_key(file.permit)
    )
    permit = world.permit(file.permit)
    assert (last, permit.version, permit.published_version) == (1, 1, 1)
    balance = world.ports.gateway.rpc("kgst", "eth_getBalance", [permit.settlement, "latest"])
    assert int(balance, 16) == 10 * 10**18
    kinds = _kinds(world, file.id)
    assert kinds.count("permit.published") == kinds.count("file.activate") == 1


@pytest.mark.slow
@pytest.mark.parametrize("step", ["publish.sent", "policy.pushed"])
def test_a_worker_killed_while_suspending_ends_suspended_on_chain_too(world, step):
    number = world.active()
    world.do(suspend, "ermek", Suspend(number, "risk"), ports=True)
    assert _child(world, step).wait(40) == -signal.SIGKILL
    with _working(world):
        _until(lambda: world.permit(number).acknowledged)
    where = world.system.national["kgst"]
    version, state, *_ = read(
        world.ports.gateway, "kgst", where.supervisor, "effective", permit_key(number)
    )
    assert (version, state, world.permit(number).state) == (2, 2, "suspended")


@pytest.mark.slow
@pytest.mark.parametrize("step", REGISTER)
def test_a_worker_killed_while_registering_registers_once(world, step):
    number = world.active(max_customers="1")
    command = InviteCustomers(number, 1, consent=True)
    world.do(customers.invite, "aigul", command, ports=True)
    assert _child(world, step).wait(40) == -signal.SIGKILL
    with _working(world):
        _until(
            lambda: world.look(customers.list_customers, "aigul", number)[0].state == "registered"
        )
    with world.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.audit.of_subjects(number)]
    assert kinds.count("permit.customer_registered") == 1


def test_a_row_that_can_never_succeed_stops_nobody_and_is_seen_in_health(world):
    with world.store.unit() as u:
        u.outbox.put(kind="nonsense", subject="SB-0000-0000", payload={}, at=world.at)
        u.outbox.put(
            kind="permit.publish", subject="SB-0000-0001", payload={"decision": "x"}, at=world.at
        )
        u.commit()
    file = world.countersigned()
    for _ in range(10):
        world.worker.work_outbox()
        world.worker.loops[1].once()
    assert world.permit(file.permit).state == "active"
    health = world.worker.health()
    assert health["status"] == "failing"
    assert "given_up: 1" in health["checks"]["rows"]["detail"]
    assert "failing: 1" in health["checks"]["rows"]["detail"]
