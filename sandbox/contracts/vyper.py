"""Vyper sources, compiled by the ``vyper`` package: an extra, ``pip install synak[vyper]``.

Rules: the same as for Solidity (``sandbox.contracts.compiler``): bounded sources and time, nothing
read from the disk but what was given, what is wrong told with file, line and column. The
compiler runs in a process of its own. Without the package there is one clear error.

Vyper is Apache-2.0. A contract is called after its file.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from sandbox.contracts.artifacts import MAX_RUNTIME, Artifact
from sandbox.contracts.compiler import (
    EVM_VERSION,
    TIMEOUT,
    Compilation,
    CompileFailed,
    check_sources,
)
from sandbox.kit.errors import InvalidInput, Unavailable


def is_vyper(path: str, text: str) -> bool:
    """Whether a source is Vyper: by its name, or by the version it asks for.

    >>> is_vyper("source", "# pragma version ^0.4.0"), is_vyper("a.sol", "// x")
    (True, False)
    """
    if path.endswith((".sol", ".vy", ".vyi")):
        return not path.endswith(".sol")
    first = [line.replace(" ", "") for line in text.lstrip().splitlines()[:5]]
    return any(line.startswith(("#pragmaversion", "#@version")) for line in first)


def compile_vyper(sources: Mapping[str, str], *, timeout: float = TIMEOUT) -> Compilation:
    """Compile Vyper sources.

    Args:
        sources: path (as imports name it, ``shop.vy``) to text.
        timeout: seconds.

    Raises:
        CompileFailed: ``compile.failed``.
        InvalidInput: as ``compile_sources``.
        Unavailable: ``compile.no_vyper``, ``compile.no_compiler``.
    """
    check_sources(sources)
    if importlib.util.find_spec("vyper") is None:
        raise Unavailable("compile.no_vyper")
    answer = _run({"sources": dict(sources), "evm_version": EVM_VERSION}, timeout)
    if "problem" in answer:
        raise CompileFailed([answer["problem"]])
    contracts: dict[str, Artifact] = {}
    for path, body in answer["contracts"].items():
        made = _artifact(path, body)
        if made.name in contracts:
            raise InvalidInput("compile.same_name", name=made.name, file=path)
        contracts[made.name] = made
    return Compilation(contracts, answer["warnings"])


def _run(request: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "sandbox.contracts.vyper_worker"]
    asked = json.dumps(request).encode()
    try:
        done = subprocess.run(
            command, input=asked, capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidInput("compile.timeout", seconds=timeout) from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        detail = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable("compile.no_compiler", detail=" ".join(detail)[:300]) from error
    return answer


def _artifact(path: str, body: Mapping[str, Any]) -> Artifact:
    name, runtime = PurePosixPath(path).stem, bytes.fromhex(body["runtime"])
    if len(runtime) > MAX_RUNTIME:
        raise InvalidInput(
            "compile.code_too_large", name=name, bytes=len(runtime), most=MAX_RUNTIME
        )
    return Artifact(
        name=name,
        source=path,
        abi=body["abi"],
        bytecode=bytes.fromhex(body["bytecode"]),
        runtime=runtime,
    )
