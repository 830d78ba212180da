"""The built national contracts, by name.

Rule: what is loaded fits the sources. In a checkout a stale build is renewed first
(seconds); an installed package carries its build and no compiler.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

from sandbox.contracts.artifacts import Artifact
from sandbox.contracts.build import build, built_file
from sandbox.kit.errors import NotFound, Unavailable

_PACKED: Final = Path(__file__).parent / "built" / "artifacts.json"


def artifact(name: str) -> Artifact:
    """One national contract or interface.

    Args:
        name: ``Supervisor``, ``KGST``, ``DigitalSom``, ``ISupervisor``, ``IKGST``, ``IDigitalSom``.

    Raises:
        NotFound: ``contracts.unknown``.
        Unavailable: ``contracts.not_built`` (no build, and none can be made here).
    """
    built = _load()
    if name not in built:
        raise NotFound("contracts.unknown", name=name)
    return built[name]


def ledgers_creation(supervisor: str) -> bytes:
    """What ``Supervisor.makeLedgers`` takes: the creation code of its SupervisedLedgers.

    Args:
        supervisor: the Supervisor's address.

    Raises:
        NotFound, Unavailable: as :func:`artifact`.
    """
    return artifact("SupervisedLedgers").bytecode + bytes.fromhex(supervisor[2:]).rjust(32, b"\0")


@cache
def _load() -> dict[str, Artifact]:
    body = json.loads(_file().read_text("utf-8"))
    return {name: Artifact.from_json(name, each) for name, each in body["contracts"].items()}


def _file() -> Path:
    """The checkout's own build, renewed; else what the package carries."""
    try:
        return build()
    except (OSError, Unavailable) as error:
        if _PACKED.exists():
            return _PACKED
        raise Unavailable(
            "contracts.not_built",
            file=built_file().name,
            what_to_do="python -m sandbox.contracts.build",
        ) from error
