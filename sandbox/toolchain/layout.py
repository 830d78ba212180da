"""Where everything lies: the checkout, the state directory, sockets and ports.

Rules:

- One place decides every path; nobody joins strings elsewhere.
- A unix socket's path may have at most 107 bytes: a state directory that is too
  deep gets its sockets below ``/tmp/synak-<hash>`` instead.
- Ports are fixed distances from the public one, so that several installs run
  side by side by choosing another base.

>>> layout = Layout.of(Path("/srv/synak"), port=8000)
>>> layout.desk_port, str(layout.signer_socket)
(8010, '/srv/synak/run/signer/signer.sock')
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
"""The folder that holds ``sandbox/``, ``hub_config/``, ``courses/``."""

_LONGEST_SOCKET = 107
_LONGEST_TAIL = len("/servers/0123456789ab/server.sock")


def build_dir() -> Path:
    """Where built artifacts are kept (contracts, lab genesis, reports); never committed."""
    return CHECKOUT / "build"


def node_modules() -> Path:
    """Where the npm packages are."""
    return CHECKOUT / ".node" / "node_modules"


@dataclass(frozen=True)
class Layout:
    """The paths and ports of one install."""

    state_dir: Path
    run_dir: Path
    port: int

    @classmethod
    def of(cls, state_dir: Path, *, run_dir: Path | None = None, port: int) -> Layout:
        """The layout of one install.

        Args:
            state_dir: what the install keeps.
            run_dir: sockets; chosen by the length of the path when not given.
            port: the public port.
        """
        state = Path(state_dir).absolute()
        run = Path(run_dir).absolute() if run_dir else state / "run"
        if run_dir is None and len(str(run).encode()) + _LONGEST_TAIL > _LONGEST_SOCKET:
            digest = hashlib.sha256(str(state).encode()).hexdigest()[:12]
            run = Path("/tmp") / f"synak-{digest}"  # noqa: S108 - made 0711 and checked by the owner
        return cls(state_dir=state, run_dir=run, port=port)

    # Ports on loopback.
    @property
    def proxy_port(self) -> int:
        """The public port."""
        return self.port

    @property
    def proxy_api_port(self) -> int:
        """The proxy's own API, guarded by a token."""
        return self.port + 1

    @property
    def desk_port(self) -> int:
        """The desk behind the proxy."""
        return self.port + 10

    @property
    def gateway_port(self) -> int:
        """The gateway behind the proxy."""
        return self.port + 20

    @property
    def hub_port(self) -> int:
        """The hub behind the proxy."""
        return self.port + 81

    @property
    def own_ports(self) -> range:
        """Every port that is at a fixed distance from the public one, itself included."""
        return range(self.port, self.hub_port + 1)

    @property
    def hub_api(self) -> str:
        """The hub's API for processes on this machine."""
        return f"http://127.0.0.1:{self.hub_port}/hub/api"

    # Folders of the state directory.
    @property
    def logs(self) -> Path:
        """One file per process."""
        return self.state_dir / "logs"

    @property
    def running_file(self) -> Path:
        """Host, port and sockets of the install that runs here; there while it runs."""
        return self.state_dir / "running.json"

    def secrets(self, process: str) -> Path:
        """A process's secrets, readable by its own user id alone."""
        return self.state_dir / "secrets" / process

    @property
    def store_dir(self) -> Path:
        """The SQLite store (desk and worker)."""
        return self.state_dir / "store"

    @property
    def chain_dir(self) -> Path:
        """Journals and epochs (gateway)."""
        return self.state_dir / "chain"

    @property
    def signer_dir(self) -> Path:
        """The sealed seed (signer)."""
        return self.state_dir / "signer"

    @property
    def worker_dir(self) -> Path:
        """Tree head key, grading jobs (worker)."""
        return self.state_dir / "worker"

    @property
    def hub_dir(self) -> Path:
        """The hub's database and cookie secret."""
        return self.state_dir / "hub"

    @property
    def homes(self) -> Path:
        """Users' homes: ``homes/<user>/<context>``."""
        return self.state_dir / "homes"

    def volume(self, user: str, context: str) -> Path:
        """The home of a workspace whose permit limits its disk: a file system in one file."""
        return self.homes / user / f"{context}.volume"

    @property
    def mounts(self) -> Path:
        """Where volumes are mounted while their workspaces run (the manager alone)."""
        return self.state_dir / "manager" / "mounts"

    @property
    def accounts_file(self) -> Path:
        """Accounts written by the seed, read by the hub and by ``synak run``."""
        return self.state_dir / "accounts" / "accounts.json"

    # Sockets.
    @property
    def launcher_socket(self) -> Path:
        """The manager's launcher (hub, gateway, worker, desk by their user ids)."""
        return self.run_dir / "launcher" / "launcher.sock"

    @property
    def signer_socket(self) -> Path:
        """The signer (desk, gateway, worker by their user ids)."""
        return self.run_dir / "signer" / "signer.sock"

    @property
    def gateway_socket(self) -> Path:
        """The gateway's internal API (desk, worker)."""
        return self.run_dir / "gateway" / "internal.sock"

    @property
    def worker_socket(self) -> Path:
        """The worker's health."""
        return self.run_dir / "worker" / "health.sock"

    @property
    def bridge_socket(self) -> Path:
        """The one way out of a user's server: to the public proxy."""
        return self.run_dir / "bridge" / "public.sock"

    @property
    def manager_socket(self) -> Path:
        """The manager's own state, for ``synak doctor``."""
        return self.run_dir / "manager" / "manager.sock"

    def engine_socket(self, chain: str) -> Path:
        """The IPC socket of a chain's engine."""
        return self.run_dir / "engine" / f"{chain}.ipc"

    def server_socket(self, user: str, context: str) -> Path:
        """Where one user's server listens: opened by the manager, for hub and proxy."""
        digest = hashlib.sha256(f"{user}/{context}".encode()).hexdigest()[:12]
        return self.run_dir / "servers" / digest / "server.sock"
