"""A server in a home full of configuration that would switch the platform's rules off."""

import http.server
import json
import os
import re
import subprocess
import threading

import httpx
import pytest
from jupyterhub import __version__
from traitlets.config.loader import PyFileConfigLoader

from sandbox.hub.idle_rule import NO_RULE, Rule
from sandbox.hub.user_server import PlatformsPrograms
from sandbox.hub.workplace import SERVER, environment
from sandbox.toolchain.layout import CHECKOUT
from tests.support.jupyter import answering
from tests.support.ports import free_port

pytestmark = [pytest.mark.timeout(600)]
CONTEXT, BASE = "course-digital-money", "/user/aigul/course-digital-money/"
RULE = Rule(3600, 600, 43_200)
TELLS = "import os\nopen(os.path.expanduser('~/ran-' + os.path.basename({!r})), 'w').close()\n"
PROGRAMS = (
    ".jupyter/jupyter_server_config.py",
    ".jupyter/jupyter_config.py",
    ".config/jupyter/jupyter_config.py",
    ".config/jupyter/jupyter_server_config.py",
    ".config/jupyter/jupyter_lab_config.py",
    ".config/jupyter/nbgrader_config.py",
    ".local/lib/python3.11/site-packages/usercustomize.py",
    "nbgrader_config.py",
    "jupyter_server_config.py",
    "digital-money/nbgrader_config.py",
    "sandbox/__init__.py",
    "sitecustomize.py",
    "jupyterhub.py",
    "tornado.py",
)
OFF = {"ServerApp": {"jpserver_extensions": {"sandbox.hub.idle": False}, "max_body_size": 1}}
PAGE = {"disabledExtensions": {"synak-idle": True, "synak-idle:plugin": True}}
EXTENSION = {
    "name": "own",
    "version": "1",
    "jupyterlab": {
        "extension": True,
        "_build": {"load": "static/own.js", "extension": "./extension"},
        "disabledExtensions": ["synak-idle"],
    },
}
DATA = {
    ".config/jupyter/jupyter_server_config.json": OFF,
    ".config/jupyter/jupyter_server_config.d/off.json": OFF,
    ".jupyter/jupyter_server_config.json": OFF,
    ".config/jupyter/labconfig/page_config.json": PAGE,
    ".local/share/jupyter/labextensions/own/package.json": EXTENSION,
}
TEMPLATE = "{{ cycler.__init__.__globals__.os.environ.update(SYNAK_RAN='1') }}own template"
THEMES = "@jupyterlab/apputils-extension:themes"
LONG = 240


def put(home, path, text):
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / path).write_text(text)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """What somebody may have in a home: against the rules, and harmless."""
    home = tmp_path_factory.mktemp("home")
    for path in PROGRAMS:
        put(home, path, TELLS.format(path))
    for path, data in DATA.items():
        put(home, path, json.dumps(data))
    put(home, "lab/index.html.j2", TEMPLATE)
    put(home, ".ipython/README", "there: Jupyter would move files of earlier versions")
    settings = f".config/jupyter/lab/user-settings/{THEMES.replace(':', '/')}.jupyterlab-settings"
    put(home, settings, '{"theme": "JupyterLab Dark"}')
    notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    put(home, "work.ipynb", json.dumps(notebook))
    return home


def ran(home):
    return sorted(each.name for each in home.glob("ran-*"))


class Hub(http.server.BaseHTTPRequestHandler):
    """As much of a hub as a server needs: its version, and whose a token is."""

    def do_GET(self):
        scopes = [f"access:servers!server=aigul/{CONTEXT}"]
        person = {"name": "aigul", "kind": "user", "groups": [], "admin": False, "scopes": scopes}
        self.send_response(200)
        self.send_header("X-JupyterHub-Version", __version__)
        self.end_headers()
        self.wfile.write(json.dumps(person).encode())

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_arguments):
        """Quiet."""


@pytest.fixture(scope="module")
def hub():
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}/hub/api"
    serving.shutdown()
    serving.server_close()


def variables(home, hub, port):
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        **environment(CONTEXT, str(home)),
        **RULE.environment(),
        "SYNAK_CONTEXT": CONTEXT,
        "SYNAK_URL": "http://127.0.0.1:9",
        "JUPYTERHUB_API_TOKEN": "own",
        "JUPYTERHUB_API_URL": hub,
        "JUPYTERHUB_USER": "aigul",
        "JUPYTERHUB_SERVER_NAME": CONTEXT,
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-aigul",
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_SERVICE_PREFIX": BASE,
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{port}{BASE}",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": json.dumps([f"access:servers!server=aigul/{CONTEXT}"]),
        "JUPYTERHUB_OAUTH_SCOPES": json.dumps([f"access:servers!server=aigul/{CONTEXT}"]),
        "JUPYTERHUB_ACTIVITY_URL": f"{hub}/users/aigul/activity",
    }


@pytest.fixture(scope="module")
def server(home, hub):
    """The server as the launcher starts it, in that home."""
    port = free_port()
    url, token = f"http://127.0.0.1:{port}{BASE}", {"Authorization": "token own"}
    with answering(
        [*SERVER, "--allow-root"],
        home=home,
        environment=variables(home, hub, port),
        url=url,
        headers=token,
    ) as client:
        yield client


@pytest.mark.slow
def test_rule_holds_whatever_lies_in_the_home_and_the_hub_can_ask(server, home):
    assert server.get("synak/idle").json()["left"] > RULE.seconds - 600
    asked = httpx.get(str(server.base_url.join("synak/rule")), trust_env=False, timeout=LONG)
    assert (asked.status_code, asked.content) == (204, b"")
    stranger = httpx.get(str(server.base_url.join("synak/idle")), trust_env=False, timeout=LONG)
    assert stranger.status_code == 403
    assert ran(home) == []


@pytest.mark.slow
def test_page_keeps_the_warning_and_the_reader_s_own_settings(server, home):
    page = server.get("lab").text
    said = json.loads(
        re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1]
    )
    assert not any("synak-idle" in each for each in said["disabledExtensions"])
    names = {each["name"] for each in said["federated_extensions"]}
    assert "synak-idle" in names
    assert "own" not in names
    settings = server.get(f"lab/api/settings/{THEMES}").json()
    assert "JupyterLab Dark" in settings["raw"]
    assert ran(home) == []


@pytest.mark.slow
def test_nothing_that_nbgrader_or_nbconvert_find_in_the_home_runs(server, home):
    assert server.get("assignments", params={"course_id": "digital-money"}).status_code == 200
    assert server.get("formgrader/manage_assignments").status_code == 200
    shown = server.get("nbconvert/html/work.ipynb")
    assert shown.status_code == 200
    assert "own template" not in shown.text
    assert ran(home) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({"SYNAK_IDLE_RUNNING": ""}, "its limits cannot be read"),
        ({"JUPYTER_CONFIG_PATH": "/none", "JUPYTER_CONFIG_DIR": "/none"}, "was not loaded"),
    ],
    ids=["no limits", "no extension"],
)
def test_server_that_cannot_hold_the_rule_ends_with_a_message(home, hub, broken, told):
    done = subprocess.run(
        [*SERVER, "--allow-root"],
        env=variables(home, hub, free_port()) | broken,
        cwd=home,
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert done.returncode == NO_RULE, done.stderr
    assert "cannot hold the rule for unused workspaces" in done.stderr
    assert told in done.stderr


def test_programs_run_where_the_platform_keeps_them_and_nowhere_else(tmp_path, monkeypatch, capsys):
    ours, theirs = tmp_path / "ours", tmp_path / "home"
    for place in (ours, theirs):
        put(place, "a_config.py", "c = get_config()\nc.A.b = 1\n")
    (theirs / "link_config.py").symlink_to(tmp_path / "elsewhere.py")
    (tmp_path / "elsewhere.py").write_text("c.A.b = 1\n")
    monkeypatch.setattr(PlatformsPrograms, "places", frozenset({ours.resolve()}))
    assert PlatformsPrograms("a_config.py", str(ours)).load_config().A.b == 1
    assert not PlatformsPrograms("a_config.py", str(theirs)).load_config()
    assert not PlatformsPrograms("link_config.py", str(theirs)).load_config()
    assert "is not run" in capsys.readouterr().err
    assert PyFileConfigLoader("a_config.py", str(theirs)).load_config().A.b == 1, "Jupyter's own"


@pytest.mark.parametrize("context", ["home", "permit-sb-2026-0001", CONTEXT])
def test_jupyter_looks_nowhere_in_the_home_but_for_the_settings_of_pages(context):
    found = environment(context, "/home/aigul")
    inside = {name for name, value in found.items() if "/home/aigul" in value}
    assert inside == {"JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"}
    ours = str(CHECKOUT / "hub_config" / "singleuser")
    assert found["JUPYTER_CONFIG_PATH"].endswith(ours)
    assert ("no-course" in found["JUPYTER_CONFIG_PATH"]) == (context != CONTEXT)
    assert (CHECKOUT / "hub_config" / "singleuser" / "migrated").exists()
