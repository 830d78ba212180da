"""formgrader's links, and the lab's page, in a real course server with our configuration."""

import json
import os
import re
import sys

import httpx
import pytest

from sandbox.toolchain.layout import CHECKOUT
from tests.support.jupyter import answering
from tests.support.ports import free_port

BASE = "/user/kanat/course-digital-money/"
FOLDER = "digital-money/source/Setting%20up"
WITH_TOKEN = {"Authorization": "token teacher"}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A teacher's server below an address of its own; no hub and no desk are needed for links."""
    home = tmp_path_factory.mktemp("home")
    (home / "digital-money/source/Setting up").mkdir(parents=True)
    port = free_port()
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "JUPYTER_CONFIG_PATH": str(CHECKOUT / "hub_config" / "singleuser"),
        "SYNAK_CONTEXT": "course-digital-money",
        "SYNAK_URL": "http://127.0.0.1:9",
        "JUPYTERHUB_API_TOKEN": "none",
        "PYTHONPATH": str(CHECKOUT),
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [
        f"--port={port}",
        f"--ServerApp.base_url={BASE}",
        "--IdentityProvider.token=teacher",
    ]
    url = f"http://127.0.0.1:{port}{BASE}"
    with answering(command, home=home, environment=environment, url=url) as client:
        yield client


def test_the_page_links_below_the_servers_own_address(server):
    page = server.get("formgrader/manage_assignments", headers=WITH_TOKEN)
    assert page.status_code == 200
    (address,) = re.findall(r'src="([^"]*js/utils\.js)"', page.text)
    script = server.get(str(server.base_url.join(address)), headers=WITH_TOKEN).text
    prefixes = re.findall(r'(?:notebook|file|directory): "(/[^"]*)"', script)
    assert prefixes == [f"{BASE}notebooks/", f"{BASE}edit/", f"{BASE}tree/"]
    assert 'url_prefix = "digital-money"' in page.text


@pytest.mark.parametrize("word", ["tree", "notebooks", "edit"])
def test_a_link_leads_to_the_same_place_in_the_lab(server, word):
    moved = server.get(f"{word}/{FOLDER}", headers=WITH_TOKEN)
    assert (moved.status_code, moved.headers["location"]) == (302, f"{BASE}lab/tree/{FOLDER}")
    there = server.base_url.join(moved.headers["location"])
    assert server.get(str(there), headers=WITH_TOKEN).status_code == 200


@pytest.mark.parametrize("path", ["tree/digital-money", "formgrader/static/js/utils.js"])
def test_a_link_of_somebody_else_leads_to_the_sign_in(server, path):
    asked = httpx.get(str(server.base_url.join(path)), trust_env=False)
    assert asked.status_code == 302
    assert asked.headers["location"].startswith(f"{BASE}login")


def test_the_lab_announces_no_news_and_keeps_the_tools_of_coursework(server):
    page = server.get("lab", headers=WITH_TOKEN).text
    said = json.loads(
        re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1]
    )
    disabled = said["disabledExtensions"]
    assert "@jupyterlab/apputils-extension:announcements" in disabled
    assert "@jupyter/nbgrader" not in disabled


def test_a_permits_lab_announces_no_news_either():
    merged = {}
    for folder in ("no-course/labconfig", "labconfig"):
        path = CHECKOUT / "hub_config/singleuser" / folder / "page_config.json"
        merged |= json.loads(path.read_text())["disabledExtensions"]
    assert set(merged) == {"@jupyter/nbgrader", "@jupyterlab/apputils-extension:announcements"}
