"""A really running system: started twice, hurt, looked after, stopped."""

import http.client
import os
import signal
import subprocess
import sys
import time
import uuid

import httpx
import psutil
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.support.system import CHECKOUT, System, system

PARTS = {"proxy", "bridge", "signer", "gateway", "worker", "desk", "hub"}


def _wait(condition, seconds=40):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def _part(running: System, name: str) -> psutil.Process:
    """The program of a part, found by what the manager says of it."""
    words = {"proxy": "configurable-http-proxy", "hub": "sandbox.hub.start hub"}
    wanted = words.get(name, f"sandbox.run.serve {name}")
    for process in running.processes():
        line = " ".join(process.cmdline())
        if wanted in line and "bwrap" not in line and "setpriv" not in line:
            return process
    raise AssertionError(f"{name} does not run")


def test_every_part_is_well(running_system):
    found = running_system.doctor()
    assert {name for name, one in found.items() if one["ok"]} >= PARTS | {"manager"}


def test_the_doctor_needs_only_the_state_directory(running_system):
    told = {"SYNAK_PORT", "SYNAK_RUN_DIR", "SYNAK_HOST", "SYNAK_BIND"}
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "doctor"],
        env={name: value for name, value in running_system.environment.items() if name not in told},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    well = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("ok ")}
    assert well >= PARTS | {"manager"}, done.stdout


def test_one_address_and_the_accounts_are_printed(running_system):
    text = running_system.output
    assert f"http://synak.localhost:{running_system.port}/" in text
    assert running_system.password in text
    for account in running_system.accounts:
        assert account["name"] in text


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_every_part_runs_under_a_user_id_of_its_own(running_system):
    users = {name: _part(running_system, name).uids().real for name in PARTS - {"bridge"}}
    assert 0 not in users.values()
    assert len(set(users.values())) == len(users)


def test_no_part_has_a_secret_in_its_command_line(running_system):
    secrets = [
        path.read_text(errors="replace").strip()
        for path in (running_system.state / "secrets").rglob("*")
        if path.is_file()
    ]
    for process in running_system.processes():
        line = " ".join(process.cmdline())
        assert not [secret for secret in secrets if len(secret) > 8 and secret in line]


@pytest.mark.slow
def test_an_idle_connection_is_kept_longer_than_clients_keep_theirs(running_system):
    ports = {"proxy": 0, "desk": 10, "gateway": 20}
    kept = {}
    for name, plus in ports.items():
        kept[name] = http.client.HTTPConnection("127.0.0.1", running_system.port + plus)
        kept[name].connect()
    for wait in (0, 17):  # aiohttp in users' servers keeps a connection for 15 s
        time.sleep(wait)
        for name, connection in kept.items():
            before = connection.sock
            connection.request("GET", "/rpc/healthz" if name != "desk" else "/healthz")
            connection.getresponse().read()
            assert connection.sock is before is not None, (name, wait)
    for connection in kept.values():
        connection.close()


def test_second_manager_on_the_same_state_is_refused(running_system):
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "run"],
        env=running_system.environment,
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "already running" in done.stdout
    assert running_system.doctor()["hub"]["ok"]


@pytest.mark.parametrize(
    "name", ["desk", *(pytest.param(each, marks=pytest.mark.slow) for each in ("signer", "worker"))]
)
def test_killed_part_is_named_by_the_doctor_and_comes_back(running_system, name):
    victim = _part(running_system, name)
    os.kill(victim.pid, signal.SIGSTOP)
    try:
        found = running_system.doctor()[name]
    finally:
        os.kill(victim.pid, signal.SIGKILL)
    assert not found["ok"]
    assert found["to_do"]
    assert _wait(lambda: running_system.doctor()[name]["ok"])
    assert "restarted" in running_system.doctor()[name]["detail"]
    assert '"process.ended"' in running_system.log("manager")


def test_proxy_that_was_killed_finds_its_routes_again(running_system):
    client = running_system.client("aigul")
    assert client.get("/hub/home").status_code == 200
    _part(running_system, "proxy").kill()

    def served():
        try:
            desk = httpx.get(f"http://127.0.0.1:{running_system.port}/rpc/healthz", trust_env=False)
            return client.get("/hub/home").status_code == 200 and desk.status_code == 200
        except httpx.HTTPError:
            return False

    assert _wait(served)


def test_engine_that_was_killed_comes_back_with_its_chain(running_system):
    before = _health(running_system)
    engines = [one for one in running_system.processes() if one.name() == "anvil"]
    assert len(engines) == 2
    for engine in engines:
        engine.kill()
    assert _wait(lambda: _health(running_system) == before == "ok", 60)
    assert len([one for one in running_system.processes() if one.name() == "anvil"]) == 2


def _health(running):
    url = f"http://127.0.0.1:{running.port}/rpc/healthz"
    try:
        return httpx.get(url, trust_env=False, timeout=10).json()["status"]
    except (httpx.HTTPError, ValueError):
        return "unreachable"


@pytest.mark.slow
def test_stopped_and_started_again_it_finds_its_data_in_time():
    with system() as one:
        one.start()
        password = one.password
        client = one.client("aigul")
        assert client.get("/hub/home").status_code == 200
        took = one.stop()
        assert took < 30
        assert one.leftovers() == []
        assert "Everything is kept" in one.output
        again = one.start()
        assert one.password == password
        assert one.client("aigul").get("/hub/home").status_code == 200
        print(f"second start: {again:.1f} s, stop: {took:.1f} s")
        one.stop(signal.SIGTERM)
        assert one.leftovers() == []


def test_stopped_before_it_is_up_it_leaves_nothing():
    with system() as one:
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "run"],
            env=one.environment,
            cwd=CHECKOUT,
            stdout=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert _wait((one.state / "logs" / "proxy.log").exists)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert one.leftovers() == []


def test_no_log_holds_a_credential_that_was_in_a_path(running_system):
    """Permit keys may stand in a path; whatever stands there is in no line of any process."""
    secrets_ = [f"spk_{uuid.uuid4().hex}", f"sct_{uuid.uuid4().hex}", uuid.uuid4().hex]
    address = f"127.0.0.1:{running_system.port}/rpc/kgst"
    body = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    for secret in secrets_:
        answer = httpx.post(f"http://{address}/{secret}", json=body)
        assert answer.status_code == 401
        expected = "gateway.token_unknown" if secret.startswith("spk_") else "gateway.token_in_url"
        assert answer.json()["error"]["data"]["code"] == expected
        with pytest.raises(InvalidStatus) as refused:
            connect(f"ws://{address}/{secret}").close()
        assert refused.value.response.status_code == 401
    written = [path for path in (running_system.state / "logs").rglob("*") if path.is_file()]
    assert len(written) >= len(PARTS)
    for path in written:
        text = path.read_text("utf-8", errors="replace")
        assert [secret for secret in secrets_ if secret in text] == [], path.name
