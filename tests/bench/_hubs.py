"""Two hubs for the same visit: ours, whole, and JupyterHub's own simple one beside it."""

import re
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from sandbox.toolchain import tools
from tests.hub.test_leaving import fields
from tests.support.names import loopback_client
from tests.support.system import CHECKOUT, System

PASSWORD = "a password of the class 7"
COURSE = "/desk/courses/digital-money"
CODE = re.compile(
    r'<strong class="mono">([a-z0-9]+)</strong></p>\s*<p class="code slip-code">([^<]+)<'
)
STOCK = """
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub}
c.JupyterHub.db_url = "sqlite:///{folder}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{folder}/cookie"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = ["{node}", "{proxy}"]
c.ConfigurableHTTPProxy.pid_file = "{folder}/proxy.pid"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = "{password}"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/homes/{{username}}"
c.Spawner.cmd = ["{python}", "-m", "jupyterhub.singleuser", "--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 180
"""


@dataclass
class Ours(System):
    """The whole platform; a class comes by a list, with slips and passwords of its own."""

    own: set[str] = field(default_factory=set)

    @property
    def password(self):
        return PASSWORD

    def admit(self, count):
        """Import a class list, print its slips, and set everybody's password.

        Returns:
            The names of the accounts.
        """
        teacher = System(self.state, self.port)
        kanat, headers = teacher.client("kanat"), {"Origin": self.url}
        kanat.get(f"/desk/sign-in?next={COURSE}/people")
        form = {
            **fields(kanat.get(f"{COURSE}/people").text, f"{COURSE}/lists"),
            "term": "2026/27-1",
        }
        lines = [f"2026-{n:03};Familiya{_letters(n)};Ysym;PI-1" for n in range(count)]
        table = "\r\n".join(["№ зачётки;Фамилия;Имя;Группа", *lines]).encode()
        sent = {"file": ("list.csv", table)}
        preview = kanat.post(f"{COURSE}/lists", data=form, files=sent, headers=headers)
        action = f"{preview.url.path}/confirm"
        kanat.post(action, data=fields(preview.text, action), headers=headers)
        form = fields(kanat.get(f"{COURSE}/people").text, f"{COURSE}/slips")
        slips = kanat.post(f"{COURSE}/slips", data={**form, "everybody": "yes"}, headers=headers)
        found = [each for each in CODE.findall(slips.text) if each[0].startswith("familiya")]
        assert len(found) == count, (len(found), slips.text[-2000:])
        for _name, code in found:
            with self.anonymous() as student:
                typed = fields(student.get("/desk/first").text, "/desk/first")
                typed |= {"code": code, "new": PASSWORD, "again": PASSWORD}
                answer = student.post("/desk/first", data=typed, headers=headers)
                assert answer.status_code == 200, answer.text[-500:]
        return [name for name, _code in found]


@dataclass
class Stock(System):
    """JupyterHub with the simple spawner, as its documentation starts it."""

    @property
    def password(self):
        return PASSWORD

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def anonymous(self):
        return loopback_client(base_url=self.url, follow_redirects=True)

    def server_url(self, user, context="home"):
        return f"{self.url}/user/{user}/"

    def start(self):
        self.state.mkdir(parents=True)
        began = time.monotonic()
        told = {"port": self.port, "hub": self.port + 20, "api": self.port + 1}
        told |= {"folder": self.state, "password": PASSWORD, "node": tools.node()}
        told |= {"proxy": tools.proxy(), "python": CHECKOUT / ".venv/bin/python"}
        config = self.state / "config.py"
        config.write_text(STOCK.format(**told))
        with Path(f"{self.state}.out").open("w") as out:
            self.process = subprocess.Popen(
                [CHECKOUT / ".venv/bin/python", "-m", "jupyterhub", "-f", config],
                cwd=self.state,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        while time.monotonic() - began < 60:
            assert self.process.poll() is None, self.output
            try:
                if httpx.get(f"{self.url}/hub/login", trust_env=False).status_code == 200:
                    return time.monotonic() - began
            except httpx.HTTPError:
                time.sleep(0.2)
        raise AssertionError(self.output)

    def _logs(self):
        return self.output[-3000:]


def _letters(number):
    """A number as three letters: names have no digits."""
    return "".join(chr(ord("a") + number // 26**place % 26) for place in range(3))


def log_out(system, user):
    """Close the user's client, as if the browser had been cleared."""
    client = system._clients.pop(user, None)
    if client is not None:
        client.close()
