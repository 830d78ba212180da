"""Set-up: locked to the byte, nothing done twice, failures that say what to do."""

import importlib.util
import json
import os
import re
import sys
from pathlib import Path

import pytest

from sandbox.toolchain.layout import CHECKOUT

HERE = CHECKOUT / "sandbox" / "toolchain"
CLIENTS = CHECKOUT / "tests" / "clients"
NPM = [HERE / "package-lock.json", CLIENTS / "package-lock.json"]
LOCKS = [
    CHECKOUT / "requirements.lock",
    CHECKOUT / "requirements-dev.lock",
    HERE / "uv.lock",
    HERE / "node.lock",
]


@pytest.fixture
def bootstrap(tmp_path, monkeypatch):
    """The set-up, loaded as a script is, working in an empty folder."""
    spec = importlib.util.spec_from_file_location("bootstrap", HERE / "bootstrap.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for name in ("ROOT", "VENV", "NODE"):
        monkeypatch.setattr(module, name, tmp_path / name.lower())
        (tmp_path / name.lower()).mkdir()
    monkeypatch.setattr(module, "LOG", tmp_path / "setup.log")
    return module


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_python_package_is_pinned_with_hashes(lock):
    blocks = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert blocks
    for block in blocks:
        assert re.match(r"^[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", block), block[:80]
        assert "--hash=sha256:" in block, block[:80]


@pytest.mark.parametrize("lock", [*LOCKS, *NPM], ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_lock_names_where_packages_come_from(lock):
    text = lock.read_text()
    assert "--index" not in text
    assert "--find-links" not in text
    assert '"resolved"' not in text
    if lock.suffix == ".json":
        text = _without_thanks(json.loads(text))
    assert "://" not in text


def _without_thanks(tree):
    """The lock without what npm says of whom to thank and what is outdated."""
    for package in tree["packages"].values():
        package.pop("funding", None)
        package.pop("deprecated", None)
    return json.dumps(tree)


def test_npm_packages_are_asked_for_at_exact_versions():
    wanted = json.loads((HERE / "package.json").read_text())
    versions = {**wanted["dependencies"], **wanted["optionalDependencies"]}
    for name, version in versions.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name


def test_what_only_tests_deploy_is_not_among_the_products_packages():
    product = json.loads((HERE / "package-lock.json").read_text())["packages"]
    tested = json.loads((CLIENTS / "package-lock.json").read_text())["packages"]
    licences = {package.get("license", "") for name, package in product.items() if name}
    assert not {name for name in tested if name} & set(product)
    assert not [each for each in licences if "GPL" in each]


@pytest.mark.parametrize("lock", NPM, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_npm_package_has_a_hash(lock):
    locked = json.loads(lock.read_text())["packages"]
    assert len(locked) > 4
    for name, package in locked.items():
        assert not name or package["integrity"].startswith("sha512-"), name


def test_unchanged_content_is_not_built_again(bootstrap, tmp_path):
    source = tmp_path / "a.txt"
    source.write_text("one")
    assert not bootstrap._fresh("step", [source])
    bootstrap._stamp("step", [source])
    assert bootstrap._fresh("step", [source])


def test_changed_content_is_built_again(bootstrap, tmp_path):
    source = tmp_path / "a.txt"
    source.write_text("one")
    bootstrap._stamp("step", [source])
    source.write_text("two")
    assert not bootstrap._fresh("step", [source])


def test_moved_checkout_is_set_up_again(bootstrap, tmp_path, monkeypatch):
    source = tmp_path / "a.txt"
    source.write_text("one")
    bootstrap._stamp("step", [source])
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path / "elsewhere")
    assert not bootstrap._fresh("step", [source])


def test_without_root_the_one_line_to_run_is_told(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, "_has_program", lambda name: name != "bwrap")
    monkeypatch.setattr(bootstrap, "_has_venv", lambda: True)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(bootstrap.SetupError) as stopped:
        bootstrap.system_packages("run")
    line = str(stopped.value).splitlines()[-1].strip()
    assert line.startswith("apt-get update && apt-get install")
    assert line.endswith("bubblewrap")


def test_complete_system_is_left_alone(bootstrap, monkeypatch):
    monkeypatch.setattr(bootstrap, "_has_program", lambda name: True)
    monkeypatch.setattr(bootstrap, "_has_venv", lambda: True)
    monkeypatch.setattr(bootstrap, "_run", lambda *_, **__: pytest.fail("nothing is to be run"))
    assert bootstrap.system_packages("run") is False


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_python_below_a_closed_folder_is_not_taken(bootstrap, tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "python").symlink_to(sys.executable)
    (closed / "real").write_text("")
    (closed / "real").chmod(0o755)
    assert not bootstrap._readable_by_all(closed / "real")
    assert bootstrap._readable_by_all(Path("/usr/bin/env"))


def test_failed_command_tells_why_and_shows_the_end_of_its_output(bootstrap):
    with pytest.raises(bootstrap.SetupError) as failed:
        bootstrap._run(["/bin/sh", "-c", "echo the last words; exit 1"], "it cannot be done")
    assert "it cannot be done" in str(failed.value)
    assert "the last words" in str(failed.value)


def test_unknown_argument_explains_itself(bootstrap, capsys):
    assert bootstrap.main(["everything"]) == 2
    assert "bootstrap.py" in capsys.readouterr().out
