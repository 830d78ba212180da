"""The launcher answers whom the kernel says it may, and nobody else."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from sandbox.kit.errors import InvalidInput
from sandbox.run.identity import Identities
from sandbox.run.launcher import Launcher

pytestmark = pytest.mark.anyio
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
IDS = Identities(61_000, separate=True)

CLIENT = """
import os, socket, sys
uid = int(sys.argv[1])
if uid: os.setgid(uid); os.setuid(uid)
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[2])
s.sendall(sys.argv[3].encode() + b"\\n"); print(s.makefile().readline())
"""


@pytest.fixture
async def socket_path(tmp_path):
    for parent in tmp_path.parents:
        if parent.owner() == "root" and len(parent.parts) > 2:
            parent.chmod(0o711)
    tmp_path.chmod(0o711)
    launcher = Launcher(tmp_path / "l.sock", IDS)

    async def started(request):
        if request.get("user") == "bad":
            raise InvalidInput("server.bad_name", user="bad", context="")
        if request.get("user") == "broken":
            raise RuntimeError("a secret detail")
        return {"socket": "/x"}

    launcher.offer("server.start", "hub", started)
    await launcher.start()
    yield tmp_path / "l.sock"
    await launcher.stop()


async def _ask(path, line, uid=0):
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-S", "-c", CLIENT, str(uid), str(path), line],
        capture_output=True,
        text=True,
        check=True,
        timeout=20,
    )
    return json.loads(done.stdout)


def _start(user="aigul"):
    return json.dumps({"op": "server.start", "user": user})


@AS_ROOT
async def test_hub_may_start_servers(socket_path):
    assert await _ask(socket_path, _start(), IDS.uid("hub")) == {"ok": True, "socket": "/x"}


@AS_ROOT
@pytest.mark.parametrize("who", ["desk", "gateway", "worker", "proxy", "signer", "grader"])
async def test_other_processes_may_not_start_servers(socket_path, who):
    answer = await _ask(socket_path, _start(), IDS.uid(who))
    assert answer["code"] == "launcher.not_allowed"


@AS_ROOT
@pytest.mark.parametrize("uid", [0, 200_001])
async def test_neither_root_nor_a_persons_server_may_start_servers(socket_path, uid):
    assert (await _ask(socket_path, _start(), uid))["code"] == "launcher.not_allowed"


@AS_ROOT
async def test_unknown_operation_is_refused_by_name(socket_path):
    answer = await _ask(socket_path, '{"op": "server.become_root"}', IDS.uid("hub"))
    assert answer["code"] == "launcher.unknown_operation"


@AS_ROOT
@pytest.mark.parametrize("line", ["nonsense", "[1]", '"op"', ""])
async def test_what_is_no_json_object_is_refused(socket_path, line):
    assert (await _ask(socket_path, line, IDS.uid("hub")))["code"] == "launcher.not_json"


@AS_ROOT
async def test_refusal_carries_its_code_and_the_launcher_goes_on(socket_path):
    assert (await _ask(socket_path, _start("bad"), IDS.uid("hub")))["code"] == "server.bad_name"
    assert (await _ask(socket_path, _start(), IDS.uid("hub")))["ok"]


@AS_ROOT
async def test_unknown_error_tells_no_detail(socket_path):
    answer = await _ask(socket_path, _start("broken"), IDS.uid("hub"))
    assert answer == {"ok": False, "code": "internal", "params": {}}
