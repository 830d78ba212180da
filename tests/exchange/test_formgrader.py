"""A teacher's server with a student's files in it, which nbgrader and kernels must not run."""

import contextlib
import os
from urllib.parse import quote

import httpx
import psutil
import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from sandbox.hub.kernels import START, SafeKernels
from tests.exchange.test_links import BASE, WITH_TOKEN, server

__all__ = ["server"]
WORK = "digital-money/submitted/marat/lab"
TELLS = "import os\nopen(os.path.expanduser('~/ran-' + os.path.basename(__file__)), 'w').close()\n"
MODULES = (
    "pathlib.py",
    "sitecustomize.py",
    "usercustomize.py",
    "runpy.py",
    "ipykernel_launcher.py",
)


@pytest.fixture(scope="module")
def home(server, tmp_path_factory):
    """The teacher's home, with what a student handed in."""
    (home,) = tmp_path_factory.getbasetemp().glob("home[0-9]")
    folder = home / WORK
    folder.mkdir(parents=True)
    for name in ("nbgrader_config.py", *MODULES):
        (folder / name).write_text(TELLS)
    (folder / "beside.py").write_text("said = 'from beside'")
    return home


def ran(home) -> list[str]:
    return sorted(each.name for each in home.glob("ran-*"))


@pytest.mark.parametrize("path", ["/{home}/" + WORK, WORK, "{home}"])
@pytest.mark.parametrize("end", ["formgrader", "formgrader/"])
def test_an_address_names_no_configuration(server, home, path, end):
    asked = server.get(
        end, params={"path": path.format(home=home)}, headers=WITH_TOKEN, follow_redirects=True
    )
    assert asked.status_code == 200
    assert str(asked.url).endswith(f"{BASE}formgrader/manage_assignments")
    assert 'url_prefix = "digital-money"' in asked.text
    assert ran(home) == []


BREAKING = (
    '";alert(1);//',
    "</script><script>alert(1)</script>",
    "\\",
    "a\nalert(1)",
    "\u2028",
    "<b>",
)
PLACES = ("gradebook/{}", "gradebook/lab/{}", "manage_submissions/{}", "manage_students/{}")


@pytest.mark.parametrize("place", [*PLACES, "manage_students/marat/{}"])
@pytest.mark.parametrize("word", BREAKING)
def test_an_address_writes_no_script(server, home, place, word):
    asked = server.get(f"formgrader/{place.format(quote(word, safe=''))}", headers=WITH_TOKEN)
    assert asked.status_code == 404
    assert "alert(1)" not in asked.text
    assert "<b>" not in asked.text


@pytest.mark.parametrize("place", [*PLACES, "manage_students/marat/{}"])
def test_an_address_with_letters_of_any_language_leads_to_its_page(server, home, place):
    asked = server.get(f"formgrader/{place.format(quote('Биринчи төлөм 1.2'))}", headers=WITH_TOKEN)
    assert asked.status_code == 200
    assert "Биринчи төлөм 1.2" in asked.text


def test_a_page_loads_nothing_from_elsewhere(server, home):
    asked = server.get("formgrader/gradebook", headers=WITH_TOKEN)
    policy = asked.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    # JupyterLab shows formgrader's pages, and PDFs of a work, in frames of its own.
    assert "frame-ancestors 'self'" in policy


def test_a_stranger_is_sent_to_the_sign_in(server, home):
    asked = httpx.get(str(server.base_url.join("formgrader")), trust_env=False)
    assert (asked.status_code, asked.headers["location"].partition("?")[0]) == (302, f"{BASE}login")


def said_by_a_kernel(kernels, home) -> str:
    """What a cell prints that imports what lies beside it, in a student's folder."""
    environment = {**os.environ, "HOME": str(home)}
    manager = KernelManager(kernel_spec_manager=kernels)
    manager.start_kernel(cwd=str(home / WORK), env=environment)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        said = []
        code = "import beside, pathlib; print(beside.said)"
        client.execute_interactive(
            code,
            timeout=120,
            output_hook=lambda message: said.append(message["content"].get("text", "")),
        )
        return "".join(said)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_kernel_in_a_students_folder_starts_with_pythons_own_modules(home):
    assert "from beside" in said_by_a_kernel(SafeKernels(), home)
    assert ran(home) == []


def test_without_it_a_file_beside_the_work_would_run(home):
    with contextlib.suppress(RuntimeError):  # what took its place is no kernel
        said_by_a_kernel(KernelSpecManager(), home)
    found = ran(home)
    for each in found:
        (home / each).unlink()
    assert found == ["ran-ipykernel_launcher.py"]


def test_kernels_of_a_server_are_started_so(server, home):
    body = {"name": "python3", "path": f"{WORK}/lab.ipynb"}
    number = server.post("api/kernels", json=body, headers=WITH_TOKEN).json()["id"]
    lines = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    (command,) = [each for each in lines if number in " ".join(each)]
    server.delete(f"api/kernels/{number}", headers=WITH_TOKEN)
    assert command[1] == str(START)
