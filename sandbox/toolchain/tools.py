"""Paths of the programs that npm and Node bring, at the versions the lock names.

Rules:

- Programs come from ``.node/node_modules``; nothing is looked up on ``PATH`` but Node.
- Node is the machine's own when it is new enough, else the one of the locked
  Python wheel; set-up decides and leaves a link at ``.node/node``.
"""

from __future__ import annotations

import platform
import shutil
from pathlib import Path

from sandbox.kit.errors import Unavailable
from sandbox.toolchain.layout import CHECKOUT, node_modules

_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


def npm_file(name: str) -> Path:
    """A file of an npm package.

    Args:
        name: path below ``node_modules``, for example ``solc/solc.js``.

    Raises:
        Unavailable: ``toolchain.missing`` with the command that installs it.
    """
    path = node_modules() / name
    if not path.exists():
        raise Unavailable("toolchain.missing", name=name, what_to_do="make run")
    return path


def node() -> Path:
    """The Node program.

    Raises:
        Unavailable: ``toolchain.missing``.
    """
    chosen = CHECKOUT / ".node" / "node"
    if chosen.exists():
        return chosen.resolve()
    found = shutil.which("node")
    if found is None:
        raise Unavailable("toolchain.missing", name="node", what_to_do="make run")
    return Path(found).resolve()


def _foundry(name: str) -> Path:
    machine = _MACHINES.get(platform.machine(), platform.machine())
    return npm_file(f"@foundry-rs/{name}-linux-{machine}/bin/{name}")


def anvil() -> Path:
    """The engine of the chains.

    Raises:
        Unavailable: ``toolchain.missing``.
    """
    return _foundry("anvil")


def forge() -> Path:
    """The contracts' test runner.

    Raises:
        Unavailable: ``toolchain.missing``.
    """
    return _foundry("forge")


def cast() -> Path:
    """A command line for chains.

    Raises:
        Unavailable: ``toolchain.missing``.
    """
    return _foundry("cast")


def proxy() -> Path:
    """configurable-http-proxy, to be run by :func:`node`.

    Raises:
        Unavailable: ``toolchain.missing``.
    """
    return npm_file("configurable-http-proxy/bin/configurable-http-proxy")
