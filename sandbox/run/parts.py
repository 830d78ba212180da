"""The table of processes: who runs it, what it sees, what it needs first.

A process sees the code, its own folders and the sockets of the parts it talks to,
nothing else. `What a part sees` here is the trust boundary: widen it only together
with the threat model in the docs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sandbox.isolation.bubblewrap import Box
from sandbox.isolation.probe import Isolation
from sandbox.run.identity import TOLD, Identities
from sandbox.run.process import Command
from sandbox.settings import PROXY_KEEP_ALIVE, Settings
from sandbox.toolchain import tools
from sandbox.toolchain.layout import CHECKOUT

HUB_GRACE = 20.0
"""JupyterHub takes 7-9 s to stop after SIGTERM; starting the next too early leaves a
stale proxy."""

GRACE = 12.0


@dataclass(frozen=True)
class Part:
    """One long-running process or one step before them.

    Attributes:
        name: of the process; also its user id, log and secrets.
        line: program and arguments.
        runs_as: whose user id, secrets and folders it has.
        groups: names of shared groups.
        network: shares the machine's network (else it has none).
        writable: folders it may write.
        readable: folders and files it may read beside the code.
        environment: further variables.
        stage: all of a stage are healthy before the next starts.
        grace: seconds to stop in.
    """

    name: str
    runs_as: str
    line: tuple[str, ...]
    groups: tuple[str, ...] = ()
    network: bool = True
    writable: tuple[Path, ...] = ()
    readable: tuple[Path, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    stage: int = 2
    grace: float = GRACE


def _ours(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "sandbox.run.serve", name)


def store(settings: Settings) -> Part:
    """What runs once before the processes: migrates the store, and seeds the demo."""
    paths = settings.paths
    return Part(
        "store",
        "desk",
        _ours("store"),
        groups=("store",),
        writable=(paths.store_dir, paths.accounts_file.parent),
    )


def parts(settings: Settings) -> list[Part]:
    """The long-running processes, in the order in which they start."""
    paths = settings.paths
    run = paths.run_dir
    table = [
        _proxy(settings),
        _bridge(settings),
        Part(
            "signer",
            "signer",
            _ours("signer"),
            groups=("internal",),
            network=False,
            writable=(paths.signer_dir, run / "signer"),
            stage=1,
        ),
        Part(
            "gateway",
            "gateway",
            _ours("gateway"),
            groups=("internal", "accounts"),
            writable=(paths.chain_dir, run / "gateway"),
            readable=(
                run / "signer",
                run / "engine",
                run / "launcher",
                paths.accounts_file.parent,
            ),
            grace=20.0,
        ),
        Part(
            "worker",
            "worker",
            _ours("worker"),
            groups=("store", "internal"),
            writable=(paths.store_dir, paths.worker_dir, run / "worker"),
            readable=(
                *(run / "signer", run / "gateway", run / "launcher", CHECKOUT / "courses"),
                *sign_in_file(settings),
            ),
            # what tracing compiles for the truth of cases outlives a restart
            environment=(("NUMBA_CACHE_DIR", str(paths.worker_dir / "compiled")),),
            grace=20.0,
        ),
        Part(
            "desk",
            "desk",
            _ours("desk"),
            groups=("store", "internal"),
            writable=(paths.store_dir,),
            readable=(
                *(run / "signer", run / "gateway", run / "launcher", CHECKOUT / "courses"),
                *sign_in_file(settings),
            ),
        ),
        _hub(settings),
    ]
    return [one for one in table if one.name not in elsewhere(settings)]


def elsewhere(settings: Settings) -> frozenset[str]:
    """The processes that run on a cluster beside this install; none on one machine."""
    if settings.install.hub_elsewhere:
        return frozenset({"proxy", "bridge", "hub"})
    return frozenset()


REDACT: Final = Path(__file__).with_name("redact.js")
"""Keeps permit keys out of what the proxy prints."""


def _proxy(settings: Settings) -> Part:
    paths = settings.paths
    line = (
        str(tools.node()),
        *("--require", str(REDACT)),
        str(tools.proxy()),
        *("--ip", settings.install.bind, "--port", str(paths.proxy_port)),
        *("--api-ip", "127.0.0.1", "--api-port", str(paths.proxy_api_port)),
        *("--error-target", f"http://127.0.0.1:{paths.hub_port}/hub/error"),
        *("--host-routing", "--log-level", "warn"),
        *("--keep-alive-timeout", str(1000 * PROXY_KEEP_ALIVE)),
    )
    return Part(
        "proxy",
        "proxy",
        line,
        groups=("servers",),
        readable=(paths.run_dir / "servers",),
        stage=1,
        grace=5.0,
    )


def _bridge(settings: Settings) -> Part:
    paths = settings.paths
    line = (
        sys.executable,
        *("-m", "sandbox.isolation.bridge", "mode=666"),
        f"unix:{paths.bridge_socket}=tcp:{paths.proxy_port}",
    )
    return Part(
        "bridge",
        "proxy",
        line,
        writable=(paths.bridge_socket.parent,),
        stage=1,
        grace=3.0,
    )


def _hub(settings: Settings) -> Part:
    paths = settings.paths
    config = CHECKOUT / "hub_config" / "jupyterhub_config.py"
    return Part(
        "hub",
        "hub",
        (sys.executable, "-m", "sandbox.hub.start", "hub", "-f", str(config)),
        groups=("servers", "accounts"),
        writable=(paths.hub_dir,),
        readable=(
            paths.run_dir / "launcher",
            paths.run_dir / "servers",
            paths.accounts_file.parent,
            *sign_in_file(settings),
        ),
        grace=HUB_GRACE,
    )


def sign_in_file(settings: Settings) -> tuple[Path, ...]:
    """Where the providers are configured, if anywhere; it holds no secret."""
    path = settings.sign_in.sign_in_file
    return (path,) if path is not None else ()


def code() -> tuple[Path, ...]:
    """What every process may read of the program itself, where it exists."""
    candidates = (
        CHECKOUT / "sandbox",
        CHECKOUT / "hub_config",
        CHECKOUT / "build" / "contracts",
        CHECKOUT / "build" / "lab",
        CHECKOUT / ".node",
        Path(sys.prefix),
        Path(sys.base_prefix),
    )
    return tuple(path for path in candidates if path.exists() and str(path) != "/usr")


def command(
    part: Part,
    settings: Settings,
    ids: Identities,
    *,
    level: Isolation,
    secret: Mapping[str, str],
) -> Command:
    """How a part is started.

    Args:
        part: from the table.
        settings: of the install.
        ids: who runs what.
        level: the isolation that was found; the process is told.
        secret: variables with secrets, for programs that take them in no other way.
    """
    paths = settings.paths
    groups = tuple(ids.group(name) for name in part.groups)
    box = Box(
        uid=ids.uid(part.runs_as),
        groups=groups,
        read_only=(*code(), *part.readable, paths.secrets(part.runs_as)),
        writable=part.writable,
        mounts=tuple(
            (paths.run_dir / "etc" / name, f"/etc/{name}", False)
            for name in ("passwd", "group", "hosts")
        ),
        optional=(Path("/run/postgresql"),) if "store" in part.groups else (),
        network=part.network,
        directory=str(part.writable[0]) if part.writable else str(CHECKOUT / "sandbox"),
    )
    environment = {
        "PATH": f"{sys.prefix}/bin:/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 - private to the process
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        TOLD: level.value,
        **settings.environment(),
        **dict(part.environment),
        **secret,
    }
    if "store" not in part.groups:
        environment.pop("SYNAK_DATABASE_URL", None)
    return Command(
        name=part.name,
        line=part.line,
        environment=environment,
        box=box,
        log=paths.logs / f"{part.name}.log",
    )
