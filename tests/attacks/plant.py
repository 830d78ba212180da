"""Signer, engine launcher and gateway as processes of their own, to be killed at any moment.

Each is what ``synak run`` starts, without users of its own: the signer and the gateway by
their mains from settings, the engines by the manager's ``Engines`` behind its launcher's
socket. Only the epochs are shorter. Run as a module it is one of these processes.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import httpx
import psutil

from sandbox.chain.signer.client import SignerClient
from sandbox.isolation.probe import Isolation
from sandbox.kit.errors import SynakError
from sandbox.run.identity import TOLD, Identities
from sandbox.run.prepare import make_folders
from sandbox.services.gateway_client import GatewayClient
from sandbox.settings import Settings
from tests.gateway.support import REGULATORS, System
from tests.support.system import free_base_port

CHAINS = ("kgst", "som")
IDS = Identities(0, separate=False)


class Plant(System):
    """A running gateway with everything behind it; each process by its name."""

    def __init__(self, *, interval=0.1, epoch=200):
        self.root = Path(tempfile.mkdtemp(prefix="pl-"))
        self.epoch, self.permits, self.processes = epoch, {}, {}
        self.variables = {
            "SYNAK_PORT": str(free_base_port()),
            "SYNAK_STATE_DIR": str(self.root),
            "SYNAK_RUN_DIR": str(self.root / "r"),
            "SYNAK_DEVELOPMENT": "1",
            "SYNAK_BLOCK_INTERVAL": str(interval),
            "SYNAK_POLICY_MAX_AGE": "600",
        }
        self.settings = Settings.load(self.variables)
        self.port = self.settings.paths.gateway_port

    def start(self):
        make_folders(self.settings, IDS)
        listed = [{"name": key.split("/")[1], "seat": "regulator"} for key in REGULATORS]
        self.settings.paths.accounts_file.write_text(json.dumps(listed))
        for name in ("launcher", "signer", "gateway"):
            self.begin(name)
        self.inside = GatewayClient(self.settings.paths.gateway_socket)
        self.signer = SignerClient(self.settings.paths.signer_socket)
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=30)
        self.until(self.healthy, 180)
        self.inside.heartbeat({})
        self.national = self.inside.national()
        return self

    def begin(self, name):
        """Start one process."""
        log = (self.root / f"{name}.log").open("ab")
        environment = {**os.environ, **self.variables, TOLD: Isolation.NONE.value}
        command = [sys.executable, "-m", "tests.attacks.plant", name, str(self.epoch)]
        self.processes[name] = subprocess.Popen(
            command, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        log.close()

    def kill(self, name):
        """SIGKILL; what depends on nobody else goes on."""
        process = self.processes[name]
        process.send_signal(signal.SIGKILL)
        process.wait()

    def engine(self, chain="kgst"):
        """The engine's process, or None when there is none."""
        mark = str(self.settings.paths.engine_socket(chain))
        for child in psutil.Process(self.processes["launcher"].pid).children():
            try:
                if mark in child.cmdline():
                    return child
            except psutil.Error:
                continue
        return None

    def healthy(self):
        try:
            return self.http.get("/rpc/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def stats(self, chain="kgst"):
        return self.http.get("/rpc/healthz").json()["checks"][f"chain.{chain}"]["stats"]

    def beat(self):
        """The desk's heartbeat; False when the gateway does not hear it."""
        try:
            self.inside.heartbeat({})
        except SynakError:
            return False
        return True

    def until(self, holds, seconds=30):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError("not in time\n" + self.logs())
            time.sleep(0.02)

    def logs(self):
        """The end of every process's output, for a failed test."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text()[-3000:]}"
            for path in sorted(self.root.glob("*.log"))
        )

    def end(self, name):
        """Stop one process as the manager does."""
        self.processes[name].terminate()
        self.processes[name].wait(30)

    def stop(self):
        for name in ("gateway", "signer", "launcher"):
            if name in self.processes and self.processes[name].poll() is None:
                self.end(name)
        for each in (self.inside, self.signer, self.http):
            each.close()
        shutil.rmtree(self.root, ignore_errors=True)


async def _launch(settings):
    """The manager's part that starts engines, and nothing else of it."""
    from sandbox.run.engines import Engines
    from sandbox.run.launcher import Launcher

    engines = Engines(settings, IDS, Isolation.NONE)
    launcher = Launcher(settings.paths.launcher_socket, IDS)
    launcher.offer("engine.start", "gateway", engines.start)
    launcher.offer("engine.stop", "gateway", engines.stop)
    launcher.offer("engine.poll", "gateway", engines.poll)
    launcher.offer("engine.memory", "gateway", engines.memory)
    await launcher.start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await engines.stop_all()
    await launcher.stop()


def _gateway(settings, epoch):
    """The gateway's main, with a shorter epoch."""
    import uvloop

    from sandbox.gateway.main import serve, setup_of

    setup = setup_of(settings)
    blocks = replace(setup.options.blocks, epoch_transactions=epoch)
    setup = replace(setup, options=replace(setup.options, blocks=blocks))
    uvloop.run(serve(setup, settings.paths.gateway_port, settings.paths.gateway_socket))


if __name__ == "__main__":
    name, epoch = sys.argv[1], int(sys.argv[2])
    if name == "launcher":
        asyncio.run(_launch(Settings.load()))
    elif name == "gateway":
        from sandbox.run.logs import configure

        configure(name)
        _gateway(Settings.load(), epoch)
    else:
        from sandbox.run.serve import main

        sys.exit(main([name]))
