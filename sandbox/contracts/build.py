"""Builds the national contracts, once per content.

Rules:

- The built file carries a digest of every source, the compiler's version and its
  settings; a build with the same digest is the same build and is not repeated.
- It is written beside and renamed, so nobody reads half of it and two builders do no harm.

``python -m sandbox.contracts.build`` prints where the artifacts are;
``--into FOLDER`` writes them there (the wheel packs ``sandbox/contracts/built``).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any, Final

from sandbox.contracts.artifacts import Artifact
from sandbox.contracts.compiler import (
    EVM_VERSION,
    SOURCES,
    compile_unchecked,
    compiler_version,
)
from sandbox.toolchain.layout import build_dir
from sandbox.toolchain.tools import npm_file

NATIONAL: Final = (
    "Supervisor",
    "ContractReviews",
    "FurtherLimits",
    "SupervisedLedgers",
    "KGST",
    "DigitalSom",
    "Attestations",
)
"""The contracts that are deployed; interfaces are built beside them for their ABI."""
NATIONAL_RUNS: Final = 200
"""Runs of the optimizer for the national contracts, as in ``foundry.toml``: the Supervisor stays
below what a contract may have (EIP-170)."""
_FILE: Final = "artifacts.json"
_FORM: Final = 3
"""Raise when a built file holds something else: then older ones are built again."""
_TIMEOUT: Final = 600.0
"""Seconds: 8 on an idle machine, a minute on one that is overloaded."""


def built_file() -> Path:
    """Where a checkout keeps the built artifacts."""
    return build_dir() / "contracts" / _FILE


def digest() -> str:
    """SHA-256 over everything that decides the result, as hex."""
    package = json.loads(npm_file("@openzeppelin/contracts/package.json").read_text("utf-8"))
    settings = [_FORM, compiler_version(), package["version"], EVM_VERSION, NATIONAL_RUNS]
    texts = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in _sources().items()}
    return hashlib.sha256(json.dumps([settings, texts], sort_keys=True).encode()).hexdigest()


def build(target: Path | None = None) -> Path:
    """Make sure that the artifacts of today's sources are there.

    Args:
        target: the file; :func:`built_file` when not given.

    Returns:
        The file.

    Raises:
        CompileFailed: a national contract does not compile.
        Unavailable: ``toolchain.missing``.
    """
    file = target or built_file()
    stamp = digest()
    if _stamp(file) == stamp:
        return file
    built = compile_unchecked(_sources(), runs=NATIONAL_RUNS, timeout=_TIMEOUT)
    body = {"digest": stamp, "contracts": {name: each.as_json() for name, each in _kept(built)}}
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".artifacts-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            json.dump(body, out, sort_keys=True)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return file


def _kept(built: dict[str, Artifact]) -> list[tuple[str, Artifact]]:
    return [(name, each) for name, each in built.items() if name in NATIONAL or name[0] == "I"]


def _sources() -> dict[str, str]:
    """The national sources by their path below ``src``, as imports resolve them."""
    files = sorted(SOURCES.rglob("*.sol"))
    return {file.relative_to(SOURCES).as_posix(): file.read_text("utf-8") for file in files}


def _stamp(file: Path) -> str | None:
    try:
        body: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return body.get("digest")


def main() -> None:
    """The command line of the build."""
    parser = argparse.ArgumentParser(description="Build the national contracts.")
    parser.add_argument("--into", type=Path, help="folder of the artifacts")
    into: Path | None = parser.parse_args().into
    print(build(into / _FILE if into else None))  # noqa: T201


if __name__ == "__main__":
    main()
