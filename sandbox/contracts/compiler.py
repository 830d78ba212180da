r"""Solidity compiled by the pinned npm ``solc``.

Rules:

- A source may import ``@openzeppelin/contracts/…``, ``synak/…`` (the interfaces of the
  national contracts) and the other given sources; nothing else is read from the disk.
- Sources are bounded (:data:`MAX_SOURCES`, :data:`MAX_BYTES`), and so is the time.
- What is wrong is told with file, line and column (:class:`CompileFailed`); what is only
  doubtful likewise (:class:`Compilation`).
- The EVM version is pinned below the engine's hardfork; transient storage (EIP-1153) is in it.

>>> _place("a\nbc", 3)
(2, 2)
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sandbox.contracts.artifacts import MAX_RUNTIME, Artifact
from sandbox.kit.errors import InvalidInput, Unavailable
from sandbox.toolchain.layout import node_modules
from sandbox.toolchain.tools import node, npm_file

EVM_VERSION: Final = "cancun"
USERS_RUNS: Final = 1_000
"""Runs of the optimizer for contracts of users, in labs and in reviews."""
MAX_SOURCES: Final = 64
MAX_BYTES: Final = 1_000_000
"""Bytes of all given sources together, in UTF-8."""
TIMEOUT: Final = 120.0
"""Seconds of wall clock for one compilation."""

SOURCES: Final = Path(__file__).parent / "src"
_DRIVER: Final = Path(__file__).parent / "solc.js"
_MOST_PROBLEMS: Final = 20
_LONGEST_LINE: Final = 200


class CompileFailed(InvalidInput):
    """The compiler refused: ``compile.failed``.

    ``params["problems"]`` is a list of ``{file, line, column, message, text}`` (line and column
    from 1, 0 where the compiler names no place; ``text`` is that line of the source);
    ``params["file"]`` and ``["line"]`` repeat the first, ``["reason"]`` tells the first three
    in words.
    """

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        first = problems[0]
        super().__init__(
            "compile.failed",
            file=first["file"],
            line=first["line"],
            reason="; ".join(_told(problem) for problem in problems[:3]),
            problems=problems[:_MOST_PROBLEMS],
        )
        self.problems = problems


@dataclass(frozen=True)
class Compilation:
    """What the compiler made, and what it found doubtful.

    Attributes:
        contracts: each contract, interface and library that the sources define, by its name.
        warnings: like ``CompileFailed.params["problems"]``, of the given sources only.
    """

    contracts: dict[str, Artifact]
    warnings: list[dict[str, Any]]


def compile_sources(
    sources: Mapping[str, str], *, runs: int = USERS_RUNS, timeout: float = TIMEOUT
) -> dict[str, Artifact]:
    """Compile sources.

    Args:
        sources: path (as imports name it, ``Shop.sol``) to Solidity text.
        runs: the optimizer's runs; fewer make smaller, dearer code.
        timeout: seconds.

    Returns:
        Each contract, interface and library that the sources define, by its name.

    Raises:
        CompileFailed: ``compile.failed``.
        InvalidInput: ``compile.no_source``, ``compile.too_large``, ``compile.path``,
            ``compile.same_name`` (two contracts of one name), ``compile.code_too_large``
            (EIP-170), ``compile.timeout``.
        Unavailable: ``toolchain.missing``, ``compile.no_compiler``.
    """
    return compile_with_warnings(sources, runs=runs, timeout=timeout).contracts


def compile_with_warnings(
    sources: Mapping[str, str], *, runs: int = USERS_RUNS, timeout: float = TIMEOUT
) -> Compilation:
    """Compile sources and keep the compiler's warnings: see :func:`compile_sources`."""
    check_sources(sources)
    output = _run(_request(sources, runs), timeout)
    return Compilation(_built(output, sources), _problems(output, sources, "warning"))


def compile_unchecked(
    sources: Mapping[str, str], *, runs: int = USERS_RUNS, timeout: float = TIMEOUT
) -> dict[str, Artifact]:
    """Compile our own sources, whose names and sizes need no check: see :func:`compile_sources`."""
    return _built(_run(_request(sources, runs), timeout), sources)


def _built(output: Mapping[str, Any], sources: Mapping[str, str]) -> dict[str, Artifact]:
    problems = _problems(output, sources, "error")
    if problems:
        raise CompileFailed(problems)
    found: dict[str, Artifact] = {}
    for path in sources:
        for name, body in output.get("contracts", {}).get(path, {}).items():
            if name in found:
                raise InvalidInput("compile.same_name", name=name, file=path)
            found[name] = _artifact(name, path, body)
    return found


def compiler_version() -> str:
    """The version of the pinned compiler, from its package."""
    body = json.loads(npm_file("solc/package.json").read_text(encoding="utf-8"))
    return str(body["version"])


def check_sources(sources: Mapping[str, str]) -> None:
    """Refuse sources that are empty, too large or strangely named.

    Args:
        sources: path to text.

    Raises:
        InvalidInput: ``compile.no_source``, ``compile.too_large``, ``compile.path``.
    """
    if not sources or not any(text.strip() for text in sources.values()):
        raise InvalidInput("compile.no_source")
    size = sum(len(text.encode()) for text in sources.values())
    if len(sources) > MAX_SOURCES or size > MAX_BYTES:
        raise InvalidInput("compile.too_large", files=len(sources), bytes=size, most=MAX_BYTES)
    for path in sources:
        outside = path.startswith(("/", "@openzeppelin/", "synak/")) or ".." in path.split("/")
        if not path or outside or not path.isprintable():
            raise InvalidInput("compile.path", file=path[:200])


def standard_input(sources: Mapping[str, str], runs: int = USERS_RUNS) -> dict[str, Any]:
    """The standard JSON input that this compiler is given, without what it is asked to tell.

    Whoever compiles it with the same version gets the same code: the form in which a source is
    verified or reviewed. Imports of ``@openzeppelin/contracts/…`` and ``synak/…`` are left out.

    Args:
        sources: texts by file name.
        runs: the optimizer's runs.

    Source: https://docs.soliditylang.org, "Compiler Input and Output JSON Description".
    """
    return {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": {
            "evmVersion": EVM_VERSION,
            "optimizer": {"enabled": True, "runs": runs},
            "metadata": {"bytecodeHash": "none"},
        },
    }


_TOLD: Final = (
    "abi",
    "metadata",
    "storageLayout",
    "evm.bytecode.object",
    "evm.deployedBytecode.object",
    "evm.deployedBytecode.immutableReferences",
)


def immutable_places(deployed: Mapping[str, Any]) -> tuple[tuple[int, int], ...]:
    """Start and length of each place of an immutable, from the compiler's ``deployedBytecode``."""
    places = deployed.get("immutableReferences") or {}
    return tuple(
        (int(each["start"]), int(each["length"])) for listed in places.values() for each in listed
    )


def metadata_compiler(metadata: str) -> str:
    """The whole version of the compiler; empty for an interface, which has no metadata."""
    return str(json.loads(metadata)["compiler"]["version"]) if metadata else ""


def _request(sources: Mapping[str, str], runs: int) -> str:
    asked = standard_input(sources, runs)
    asked["settings"]["outputSelection"] = {"*": {"*": list(_TOLD)}}
    return json.dumps(asked)


def _run(request: str, timeout: float) -> dict[str, Any]:
    command = [str(node()), str(_DRIVER), "compile", str(node_modules()), str(SOURCES)]
    try:
        done = subprocess.run(
            command, input=request.encode(), capture_output=True, timeout=timeout, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InvalidInput("compile.timeout", seconds=timeout) from error
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        detail = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise Unavailable("compile.no_compiler", detail=" ".join(detail)[:300]) from error
    return answer


def _problems(
    output: Mapping[str, Any], sources: Mapping[str, str], severity: str
) -> list[dict[str, Any]]:
    """Of that severity; warnings about what a source only imports are not its author's."""
    found = [
        _problem(error, sources)
        for error in output.get("errors", [])
        if error["severity"] == severity
    ]
    return found if severity == "error" else [each for each in found if each["file"] in sources]


def _problem(error: dict[str, Any], sources: Mapping[str, str]) -> dict[str, Any]:
    location = error.get("sourceLocation") or {}
    path, start = location.get("file", ""), location.get("start", -1)
    line, column, text = 0, 0, ""
    if path in sources and start >= 0:
        line, column = _place(sources[path], start)
        text = "".join(sources[path].split("\n")[line - 1 : line])[:_LONGEST_LINE]
    said = {"file": path, "line": line, "column": column}
    return {**said, "message": error["message"], "text": text}


def _told(problem: Mapping[str, Any]) -> str:
    place = f"{problem['file']}:{problem['line']}: " if problem["line"] else ""
    return f"{place}{problem['message']}"


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a byte offset in UTF-8 text."""
    before = text.encode()[:offset].decode(errors="replace")
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _artifact(name: str, path: str, body: dict[str, Any]) -> Artifact:
    code, runtime = (body["evm"][part]["object"] for part in ("bytecode", "deployedBytecode"))
    if len(runtime) // 2 > MAX_RUNTIME:
        raise InvalidInput(
            "compile.code_too_large", name=name, bytes=len(runtime) // 2, most=MAX_RUNTIME
        )
    if "__$" in code:
        raise InvalidInput("compile.needs_linking", name=name)
    return Artifact(
        name=name,
        source=path,
        abi=body["abi"],
        bytecode=bytes.fromhex(code),
        runtime=bytes.fromhex(runtime),
        storage=body.get("storageLayout") or {},
        immutables=immutable_places(body["evm"]["deployedBytecode"]),
        compiler=metadata_compiler(body.get("metadata", "")),
    )
