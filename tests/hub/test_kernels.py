"""A kernel in a folder with files that take the names of what IPython imports late."""

import contextlib
import os

import pytest
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from sandbox.hub.kernels import SafeKernels
from sandbox.hub.start_kernel import elsewhere

TELLS = "import os\nopen(os.path.expanduser('~/ran-' + os.path.basename(__file__)), 'w').close()\n"
INSTALLED = ("jedi", "parso", "stack_data", "executing", "asttokens", "pygments", "psutil")
ABSENT = ("gi", "sage", "docrepr", "curio", "trio", "appnope")
LESSON = "lesson"
TYPED = (
    "impor",
    "import gi; gi.",
    f"import {LESSON}; {LESSON}.",
    f"from {LESSON} import ",
    "import docrep",
    "%matplot",
    "len([1]).",
)
LONG = 180


@pytest.fixture
def home(tmp_path):
    """A teacher's home, and in it the folder of a work."""
    work = tmp_path / "work"
    work.mkdir()
    for name in (*INSTALLED, *ABSENT, LESSON):
        (work / f"{name}.py").write_text(TELLS)
    (work / "beside.py").write_text("said = 'from beside'")
    return tmp_path


def ran(home):
    return {each.name.removeprefix("ran-").removesuffix(".py") for each in home.glob("ran-*")}


@contextlib.contextmanager
def kernel(specs, home):
    manager = KernelManager(kernel_spec_manager=specs)
    environment = {**os.environ, "HOME": str(home), "IPYTHONDIR": str(home / ".ipython")}
    manager.start_kernel(cwd=str(home / "work"), env=environment)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=LONG)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def told(client, code):
    """What a cell prints."""
    said = []
    client.execute_interactive(
        code,
        timeout=LONG,
        output_hook=lambda message: said.append(message["content"].get("text", "")),
    )
    return "".join(said)


@pytest.mark.slow
def test_nothing_beside_a_work_runs_until_a_cell_imports_it(home):
    with kernel(SafeKernels(), home) as client:
        for typed in TYPED:
            answer = client.complete(typed, reply=True, timeout=LONG)
            assert answer["content"]["status"] == "ok"
            client.inspect(typed, reply=True, timeout=LONG)
        names = client.complete("impor", reply=True, timeout=LONG)["content"]["matches"]
        assert "import" in names, "completing works"
        found = client.inspect("len", reply=True, timeout=LONG)["content"]
        assert "number of items" in found["data"]["text/plain"]
        told(client, "1 / 0")
        assert ran(home) == set()
        assert told(client, "import beside; print(beside.said)") == "from beside\n"
        told(client, f"import {LESSON}, jedi")
        assert ran(home) == {LESSON}, "what is installed comes first, also for cells"


@pytest.mark.slow
def test_without_it_completing_would_run_what_lies_beside(home):
    with kernel(KernelSpecManager(), home) as client:
        client.complete("import gi; gi.", reply=True, timeout=LONG)
        client.complete(f"from {LESSON} import ", reply=True, timeout=LONG)
    assert {"jedi", LESSON} <= ran(home)


def test_own_kernel_is_offered_and_replaces_none_of_the_machines(home, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(home / "data"))
    for name in ("python3", "mine"):
        folder = home / "data" / "kernels" / name
        folder.mkdir(parents=True)
        (folder / "kernel.json").write_text('{"argv": ["mine"], "display_name": "Mine"}')
    specs = SafeKernels()
    assert specs.get_kernel_spec("mine").argv == ["mine"]
    assert specs.get_kernel_spec("python3").argv != ["mine"]


def test_search_path_keeps_everything_but_the_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert elsewhere(["/usr/lib", "", ".", str(tmp_path)]) == ["/usr/lib"]
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert elsewhere(["/usr/lib", ""]) == ["/usr/lib"]
