"""The lab's first block: the national contracts, deployed, with people and money.

Rules:

1. It is built once, at set-up, on a real engine, by the same transactions that a
   trial's chain sees: deployment, two regulators' signatures, consents, issue.
2. What the engine then holds is written as a genesis file; a lab starts from it
   in milliseconds.
3. The file carries a stamp of everything it depends on; a stale one is never used.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.chain.engine import EngineSpec
from sandbox.contracts.loader import artifact
from sandbox.kit.canonical import canonical
from sandbox.sdk.errors import SdkError
from sandbox.sdk.labs import keys
from sandbox.toolchain.layout import build_dir

GAS_PRICE: Final = 1_000_000_000
"""As on the KGST chain, wei."""
NATIONAL: Final = ("Supervisor", "KGST", "DigitalSom")
FILES: Final = {"path": "genesis", "unfunded": "unfunded"}
"""The files of a build: their names in the index, and how their own names begin."""
_RULES: Final = 2
"""Raise when the steps of ``build_lab`` change."""


@dataclass(frozen=True)
class LabGenesis:
    """Where a built genesis lies and what is where on its chain.

    Attributes:
        path: the genesis file: ten people with money.
        unfunded: the same people with empty purses, for a permit's terms.
        supervisor: the Supervisor's address.
        kgst: the stablecoin's address.
        som: the digital som's address.
        stamp: what it was built from.
    """

    path: str
    unfunded: str
    supervisor: str
    kgst: str
    som: str
    stamp: str


def spec(genesis: Mapping[str, Any]) -> EngineSpec:
    """A lab's engine: the KGST chain's flags under the lab's own chain id."""
    return EngineSpec("kgst", keys.LAB_CHAIN_ID, dict(genesis), GAS_PRICE)


def folder() -> Path:
    """Where the built genesis is kept."""
    return build_dir() / "lab"


def stamp() -> str:
    """A digest of everything a genesis depends on."""
    inputs = {
        "rules": _RULES,
        "flags": list(spec({}).flags),
        "code": {name: hashlib.sha256(artifact(name).bytecode).hexdigest() for name in NATIONAL},
        "people": [each.name for each in keys.people()],
    }
    return hashlib.sha256(canonical(inputs)).hexdigest()[:16]


def load() -> LabGenesis:
    """The built genesis.

    Raises:
        SdkError: ``sdk.lab_not_built`` when there is none or it is stale.
    """
    index = folder() / "lab.json"
    try:
        said = json.loads(index.read_text("utf-8"))
        paths = {name: str(folder() / said.pop(name)) for name in FILES}
        found = LabGenesis(**paths, **said)
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        raise SdkError("sdk.lab_not_built") from None
    there = all(Path(each).exists() for each in (found.path, found.unfunded))
    if found.stamp != stamp() or not there:
        raise SdkError("sdk.lab_not_built")
    return found


def keep(contents: Mapping[str, Mapping[str, Any]], where: Mapping[str, str]) -> LabGenesis:
    """Write a built genesis; the index last, so that a half-written one is never found.

    Args:
        contents: the genesis files, by the names of ``FILES``.
        where: addresses of ``supervisor``, ``kgst`` and ``som``.
    """
    folder().mkdir(parents=True, exist_ok=True)
    made = stamp()
    files = {name: f"{FILES[name]}-{made}.json" for name in FILES}
    for name, file in files.items():
        _write(folder() / file, json.dumps(contents[name]))
    paths = {name: str(folder() / file) for name, file in files.items()}
    found = LabGenesis(**paths, stamp=made, **where)
    _write(folder() / "lab.json", json.dumps({**asdict(found), **files}, indent=1))
    return found


def _write(path: Path, text: str) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_text(text, "utf-8")
    beside.replace(path)
