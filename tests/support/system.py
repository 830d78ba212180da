"""A really running Synak for tests: own state directory, own ports, started by ``synak run``.

``running_system`` is a session fixture: import it in a ``conftest.py``::

    from tests.support.system import running_system  # noqa: F401
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil
import pytest
from websockets.sync.client import connect

from tests.support.names import loopback_client
from tests.support.ports import free_port

CHECKOUT = Path(__file__).resolve().parents[2]
DISTANCES = (1, 10, 20, 81)
UP_SECONDS = 150
DOWN_SECONDS = 60


class CellFailed(AssertionError):
    """A cell ended with an error; its text is the traceback's last lines."""


def free_base_port() -> int:
    """A port whose fixed distances are free as well."""
    return free_port(*DISTANCES)


@dataclass
class System:
    """One running install."""

    state: Path
    port: int
    variables: dict[str, str] = field(default_factory=dict)
    under: tuple[str, ...] = ()
    """A command that runs it, before its own."""
    process: subprocess.Popen | None = None
    _clients: dict[str, httpx.Client] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://synak.localhost:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SYNAK_")}
        return {
            **kept,
            "SYNAK_PORT": str(self.port),
            "SYNAK_STATE_DIR": str(self.state),
            "SYNAK_DEVELOPMENT": "1",
            "SYNAK_BLOCK_INTERVAL": "0.2",
            **self.variables,
        }

    @property
    def output(self) -> str:
        return (self.state.parent / f"{self.state.name}.out").read_text()

    @property
    def password(self) -> str:
        return (self.state / "secrets" / "hub" / "demo_password").read_text().strip()

    @property
    def accounts(self) -> list[dict]:
        return json.loads((self.state / "accounts" / "accounts.json").read_text())

    def log(self, name: str) -> str:
        return (self.state / "logs" / f"{name}.log").read_text()

    # Life.
    def start(self) -> float:
        """Start and wait until it is up.

        Returns:
            Seconds until then.
        """
        began = time.monotonic()
        with (self.state.parent / f"{self.state.name}.out").open("w") as out:
            self.process = subprocess.Popen(
                [*self.under, sys.executable, "-m", "sandbox", "run"],
                env=self.environment,
                cwd=CHECKOUT,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        while "Synak is up" not in self.output:
            if self.process.poll() is not None:
                raise AssertionError(f"did not start:\n{self.output}\n{self._logs()}")
            if time.monotonic() - began > UP_SECONDS:
                self.process.send_signal(signal.SIGINT)
                raise AssertionError(f"not up in time:\n{self.output}\n{self._logs()}")
            time.sleep(0.1)
        return time.monotonic() - began

    def stop(self, how: signal.Signals = signal.SIGINT) -> float:
        """Stop it as Ctrl-C does.

        Returns:
            Seconds it took.
        """
        began = time.monotonic()
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(DOWN_SECONDS)
        return time.monotonic() - began

    def processes(self) -> list[psutil.Process]:
        """Everything that the manager started, and itself."""
        if self.process is None or self.process.poll() is not None:
            return []
        manager = psutil.Process(self.process.pid)
        return [manager, *manager.children(recursive=True)]

    def leftovers(self) -> list[str]:
        """Command lines of processes that still name the state directory."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if str(self.state) in line and process.pid != os.getpid():
                    found.append(line)
        return found

    def doctor(self) -> dict[str, dict]:
        """``synak doctor --json``, by name."""
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", "doctor", "--json"],
            env=self.environment,
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return {one["name"]: one for one in json.loads(done.stdout)}

    # People.
    def anonymous(self) -> httpx.Client:
        return loopback_client(base_url=self.url, follow_redirects=True)

    def client(self, user: str) -> httpx.Client:
        """A client signed in at the hub, kept for the next call."""
        if user not in self._clients:
            client = self.anonymous()
            client.get("/hub/login")
            answer = client.post(
                "/hub/login",
                data={
                    "username": user,
                    "password": self.password,
                    "_xsrf": cookie(client, "_xsrf", "/hub/"),
                },
                follow_redirects=False,
            )
            assert answer.status_code == 302, (answer.status_code, answer.text[-500:])
            client.get("/hub/home")
            self._clients[user] = client
        return self._clients[user]

    def hub_api(self, user: str, method: str, path: str, **options) -> httpx.Response:
        """A request to the hub's API as a signed-in browser sends it."""
        client = self.client(user)
        headers = {
            "X-XSRFToken": cookie(client, "_xsrf", "/hub/"),
            "Referer": f"{self.url}/hub/home",
        }
        return client.request(method, f"/hub/api{path}", headers=headers, **options)

    # Servers.
    def ask_for_server(self, user: str, context: str = "home") -> httpx.Response:
        return self.hub_api(user, "POST", f"/users/{user}/{_server_path(context)}")

    def start_server(self, user: str, context: str = "home") -> str:
        """Start a user's server and enter it.

        Returns:
            Its address, with a slash at the end.
        """
        self.await_server(user, context)
        return self.enter_server(user, context)

    def await_server(self, user: str, context: str = "home") -> None:
        """Start a user's server, whatever it may be that answers there."""
        name = "" if context == "home" else context
        answer = self.ask_for_server(user, context)
        assert answer.status_code in (201, 202), (answer.status_code, answer.text)
        deadline = time.monotonic() + 120
        while True:
            servers = self.hub_api(user, "GET", f"/users/{user}").json().get("servers", {})
            server = servers.get(name)
            if server and server["ready"]:
                break
            assert server, "server did not start"
            assert server["pending"], f"server did not start: {server}"
            assert time.monotonic() < deadline, "server did not start in time"
            time.sleep(0.1)

    def enter_server(self, user: str, context: str = "home") -> str:
        """Sign in to a running server, as its page does by the hub.

        Returns:
            Its address, with a slash at the end.
        """
        client, base = self.client(user), self.server_url(user, context)
        page = client.get(base + "lab")
        seen = [(one.status_code, str(one.url)) for one in [*page.history, page]]
        assert page.status_code == 200, f"{seen}\n{page.text[-500:]}\n{self._logs()}"
        names = [(one.name, one.path) for one in client.cookies.jar]
        assert ("_xsrf", _path(base)) in names, (seen, names, page.text[:500])
        return base

    def stop_server(self, user: str, context: str = "home") -> None:
        answer = self.hub_api(user, "DELETE", f"/users/{user}/{_server_path(context)}")
        assert answer.status_code in (202, 204), answer.text

    def server_url(self, user: str, context: str = "home") -> str:
        name = "" if context == "home" else f"{context}/"
        return f"http://{user}.synak.localhost:{self.port}/user/{user}/{name}"

    def run_cell(self, user: str, context: str, code: str, *, timeout: float = 120) -> str:
        """Run code in a fresh kernel of the user's running server.

        Returns:
            What it printed and its last value's text.

        Raises:
            CellFailed: it ended with an error.
        """
        with self.kernel(user, context) as kernel:
            return kernel.run(code, timeout=timeout)

    @contextlib.contextmanager
    def kernel(self, user: str, context: str = "home"):
        """A kernel for several cells; ends with the block."""
        client, base = self.client(user), self.server_url(user, context)
        headers = _server_headers(client, base)
        answer = client.post(base + "api/kernels", json={"name": "python3"}, headers=headers)
        assert answer.status_code == 201, (answer.status_code, answer.text)
        kernel = Kernel(self, client, base, answer.json()["id"])
        try:
            yield kernel
        finally:
            client.delete(base + f"api/kernels/{kernel.id}", headers=headers)

    def _logs(self) -> str:
        logs = self.state / "logs"
        return "\n".join(
            f"--- {path.name}\n{path.read_text()[-1500:]}" for path in sorted(logs.glob("*.log"))
        )


@dataclass
class Kernel:
    """One kernel in a user's server, spoken to through the proxy."""

    system: System
    client: httpx.Client
    base: str
    id: str

    def run(self, code: str, *, timeout: float = 120) -> str:
        """Run one cell; see :meth:`System.run_cell`."""
        url = self.base.replace("http://", "ws://", 1) + f"api/kernels/{self.id}/channels"
        request = self.client.build_request("GET", self.base)
        raw = socket.create_connection(("127.0.0.1", self.system.port))
        message = uuid.uuid4().hex
        with connect(
            f"{url}?session_id={uuid.uuid4().hex}",
            sock=raw,
            additional_headers={"Cookie": request.headers["cookie"]},
            origin=self.base.split("/user/")[0],
            max_size=None,
            proxy=None,
        ) as channel:
            channel.send(json.dumps(_execute(message, code)))
            return _collect(channel, message, time.monotonic() + timeout)


def _execute(message: str, code: str) -> dict:
    return {
        "header": {
            "msg_id": message,
            "username": "",
            "session": uuid.uuid4().hex,
            "msg_type": "execute_request",
            "version": "5.3",
            "date": "",
        },
        "parent_header": {},
        "metadata": {},
        "content": {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": False,
        },
        "channel": "shell",
    }


def _collect(channel, message: str, deadline: float) -> str:
    text, failed = "", ""
    while True:
        answer = json.loads(channel.recv(timeout=max(0.1, deadline - time.monotonic())))
        if answer.get("parent_header", {}).get("msg_id") != message:
            continue
        kind, content = answer["header"]["msg_type"], answer["content"]
        if kind == "stream":
            text += content["text"]
        elif kind == "execute_result":
            text += content["data"].get("text/plain", "")
        elif kind == "error":
            failed = f"{content['ename']}: {content['evalue']}\n" + "\n".join(content["traceback"])
        elif kind == "status" and content["execution_state"] == "idle":
            if failed:
                raise CellFailed(text + failed)
            return text


def cookie(client: httpx.Client, name: str, path: str) -> str:
    """The value of a cookie by its path."""
    return next(one.value for one in client.cookies.jar if one.name == name and one.path == path)


def _server_headers(client: httpx.Client, base: str) -> dict[str, str]:
    return {"X-XSRFToken": cookie(client, "_xsrf", _path(base)), "Referer": base + "lab"}


def _path(base: str) -> str:
    return "/user/" + base.split("/user/", 1)[1]


def _server_path(context: str) -> str:
    return "server" if context == "home" else f"servers/{context}"


@contextlib.contextmanager
def system(**variables: str):
    """A system that is not yet started; stopped and removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="synak-test-"))
    folder.chmod(0o711)
    one = System(folder / "state", free_base_port(), variables)
    try:
        yield one
    finally:
        one.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def running_system():
    """One system for the whole session."""
    with system() as one:
        one.start()
        yield one
