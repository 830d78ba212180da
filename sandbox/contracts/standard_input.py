"""A given standard JSON input compiled by the installed ``solc``.

Rules:

- The input is a stranger's: its size, the compiler's time and its memory are bounded, and a
  compiler that takes more is ended.
- Sources come inline; imports of ``@openzeppelin/contracts/…`` and ``synak/…`` that are not
  given are served from what is installed here, nothing else is read.
- Settings that decide the code are taken as they are (:data:`DECIDING`); those that only cost
  time (the model checker) or change the output are not.
- One version is installed; another one is refused by its name, never replaced.

Source: Solidity documentation, "Compiler Input and Output JSON Description".
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.contracts.build import NATIONAL_RUNS
from sandbox.contracts.compiler import (
    EVM_VERSION,
    SOURCES,
    CompileFailed,
    compiler_version,
    immutable_places,
    metadata_compiler,
)
from sandbox.contracts.loader import artifact
from sandbox.kit.errors import InvalidInput, Unavailable
from sandbox.toolchain.layout import node_modules
from sandbox.toolchain.tools import node

MOST_BYTES: Final = 1_000_000
MOST_SOURCES: Final = 200
SECONDS: Final = 60.0
MOST_MEMORY: Final = 1_500
"""Megabytes that the compiler may hold."""
DECIDING: Final = ("optimizer", "evmVersion", "viaIR", "remappings", "libraries", "metadata")
_DRIVER: Final = Path(__file__).parent / "solc.js"
_LOOK: Final = 0.05
_VERSION: Final = re.compile(r"v?(\d+\.\d+\.\d+)(\+commit\.[0-9a-f]{8})?")
_OUTPUT: Final = (
    "abi",
    "metadata",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
)


@dataclass(frozen=True)
class Compiled:
    """One contract of a given input.

    Attributes:
        name: the contract's.
        file: in which source it is defined.
        compiler: the whole version, as the contract's metadata names it.
        settings: what decided the result.
        sources: the given sources, by path.
        abi: JSON ABI.
        creation: creation code without arguments.
        runtime: code as deployed, immutables still zero.
        immutables: start and length of each place of an immutable in ``runtime``.
    """

    name: str
    file: str
    compiler: str
    settings: dict[str, Any]
    sources: dict[str, str]
    abi: list[dict[str, Any]]
    creation: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int], ...]


def installed() -> tuple[str, ...]:
    """The versions that are installed."""
    return (compiler_version(),)


@lru_cache(maxsize=8)
def compile_standard(text: str, name: str, version: str) -> Compiled:
    """Compile a standard JSON input; the newest few are kept, for whoever looks again.

    Args:
        text: the input.
        name: of the contract, ``Shop`` or ``contracts/Shop.sol:Shop``.
        version: of the compiler, ``0.8.30`` or with its commit.

    Raises:
        InvalidInput: ``verify.not_json``, ``verify.too_large``, ``verify.language``,
            ``verify.compiler_not_installed``, ``verify.no_contract``,
            ``verify.too_much_memory``, ``compile.timeout``, ``compile.needs_linking``.
        CompileFailed: ``compile.failed``.
        Unavailable: ``toolchain.missing``, ``compile.no_compiler``.
    """
    asked = _VERSION.fullmatch(version.strip())
    if asked is None or asked[1] not in installed():
        raise InvalidInput(
            "verify.compiler_not_installed", asked=version[:40], installed=", ".join(installed())
        )
    plain = name.strip().rpartition(":")[2]
    request, sources = _request(text)
    request["settings"]["outputSelection"] = {"*": {"*": ["abi"], plain[:200]: list(_OUTPUT)}}
    output = _run(json.dumps(request))
    _refuse_errors(output)
    found = _chosen(output.get("contracts", {}), name)
    return _compiled(*found, request["settings"], sources, version=asked[0])


def national_input() -> str:
    """The national contracts' own sources as the input of their build."""
    files = sorted(SOURCES.rglob("*.sol"))
    texts = {file.relative_to(SOURCES).as_posix(): file.read_text("utf-8") for file in files}
    settings = {
        "evmVersion": EVM_VERSION,
        "optimizer": {"enabled": True, "runs": NATIONAL_RUNS},
        "metadata": {"bytecodeHash": "none"},
    }
    sources = {path: {"content": body} for path, body in texts.items()}
    return json.dumps({"language": "Solidity", "sources": sources, "settings": settings})


def national(name: str) -> Compiled:
    """A national contract as its build made it: what compiling ``national_input`` gives.

    Args:
        name: one of ``build.NATIONAL``.

    Raises:
        NotFound, Unavailable: as ``loader.artifact``.
    """
    built = artifact(name)
    given = json.loads(national_input())
    return Compiled(
        name=name,
        file=built.source,
        compiler=built.compiler,
        settings=given["settings"],
        sources={path: each["content"] for path, each in given["sources"].items()},
        abi=built.abi,
        creation=built.bytecode,
        runtime=built.runtime,
        immutables=built.immutables,
    )


def _request(text: str) -> tuple[dict[str, Any], dict[str, str]]:
    size = len(text.encode())
    if size > MOST_BYTES:
        raise InvalidInput("verify.too_large", bytes=size, most=MOST_BYTES)
    try:
        body = orjson.loads(text)  # bounded in depth
    except ValueError as error:
        raise InvalidInput("verify.not_json", reason=str(error)[:200]) from error
    if not isinstance(body, dict):
        raise InvalidInput("verify.not_json", reason="no object")
    language = body.get("language", "Solidity")
    if language != "Solidity":
        raise InvalidInput("verify.language", language=str(language)[:40])
    sources = _sources(body.get("sources"))
    settings = body.get("settings", {})
    if not isinstance(settings, dict):
        raise InvalidInput("verify.not_json", reason="settings")
    kept = {each: settings[each] for each in DECIDING if each in settings}
    request = {
        "language": "Solidity",
        "sources": {path: {"content": content} for path, content in sources.items()},
        "settings": kept,
    }
    return request, sources


def _sources(given: Any) -> dict[str, str]:
    if not isinstance(given, dict) or not given or len(given) > MOST_SOURCES:
        raise InvalidInput("verify.not_json", reason=f"sources: 1 to {MOST_SOURCES}")
    found = {}
    for path, each in given.items():
        content = each.get("content") if isinstance(each, dict) else None
        if not isinstance(content, str) or not path.isprintable() or len(path) > 300:
            raise InvalidInput("verify.not_json", reason=f"sources: {path[:100]}: content")
        found[path] = content
    return found


def _run(request: str) -> dict[str, Any]:
    command = [str(node()), str(_DRIVER), "compile", str(node_modules()), str(SOURCES)]
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as said:
        told.write(request.encode())
        told.seek(0)
        process = subprocess.Popen(command, stdin=told, stdout=said, stderr=subprocess.DEVNULL)
        try:
            _watch(process)
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        try:
            answer = json.loads(said.read())
        except (ValueError, RecursionError) as error:
            raise Unavailable("compile.no_compiler", detail="") from error
    if not isinstance(answer, dict):
        raise Unavailable("compile.no_compiler", detail="")
    return answer


def _watch(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end; end it itself when it takes too long or too much."""
    deadline = time.monotonic() + SECONDS
    status = Path(f"/proc/{process.pid}/statm")
    while process.poll() is None:
        if time.monotonic() > deadline:
            raise InvalidInput("compile.timeout", seconds=SECONDS)
        try:
            pages = int(status.read_text("ascii").split()[1])
        except (OSError, ValueError, IndexError):
            pages = 0
        if pages * 4096 > MOST_MEMORY << 20:
            raise InvalidInput("verify.too_much_memory", most=MOST_MEMORY)
        time.sleep(_LOOK)


def _refuse_errors(output: Mapping[str, Any]) -> None:
    wrong = [each for each in output.get("errors", []) if each.get("severity") == "error"]
    if wrong:
        raise CompileFailed([_problem(each) for each in wrong[:20]])


def _problem(error: Mapping[str, Any]) -> dict[str, Any]:
    location = error.get("sourceLocation") or {}
    message = str(error.get("message", ""))[:500]
    return {
        "file": str(location.get("file", ""))[:300],
        "line": 0,
        "column": 0,
        "message": message,
        "text": "",
    }


def _chosen(contracts: Mapping[str, Any], name: str) -> tuple[str, str, dict[str, Any]]:
    path, _, plain = name.strip().rpartition(":")
    found = [
        (file, each, body)
        for file, bodies in contracts.items()
        for each, body in bodies.items()
        if each == plain and path in {"", file} and _runtime(body)
    ]
    if len(found) != 1:
        told = sorted(f"{file}:{each}" for file, bodies in contracts.items() for each in bodies)
        raise InvalidInput("verify.no_contract", name=name[:200], found=", ".join(told[:20]))
    return found[0]


def _runtime(body: Mapping[str, Any]) -> str:
    """The code as deployed; empty for an interface and an abstract contract."""
    return str(body.get("evm", {}).get("deployedBytecode", {}).get("object", ""))


def _compiled(
    file: str,
    name: str,
    body: Mapping[str, Any],
    settings: Mapping[str, Any],
    sources: dict[str, str],
    *,
    version: str,
) -> Compiled:
    codes = [body["evm"][part]["object"] for part in ("bytecode", "deployedBytecode")]
    if any("__$" in code for code in codes):
        raise InvalidInput("compile.needs_linking", name=name)
    compiler = metadata_compiler(body["metadata"])
    if "+" in version and version.removeprefix("v") != compiler:
        raise InvalidInput("verify.compiler_not_installed", asked=version[:40], installed=compiler)
    return Compiled(
        name=name,
        file=file,
        compiler=compiler,
        settings={key: value for key, value in settings.items() if key != "outputSelection"},
        sources=sources,
        abi=body["abi"],
        creation=bytes.fromhex(codes[0]),
        runtime=bytes.fromhex(codes[1]),
        immutables=immutable_places(body["evm"]["deployedBytecode"]),
    )
