"""Runs the Vyper compiler once: JSON on stdin, JSON on stdout; a process of its own.

Nothing but the given sources and Vyper's own interfaces can be imported. The answer is
``{contracts: {path: {abi, bytecode, runtime}}, warnings: […]}`` or ``{problem: {…}}``.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import PurePath
from typing import Any

OUTPUTS = ["abi", "bytecode", "bytecode_runtime", "layout"]


def main() -> None:
    """Compile every source that the request names."""
    asked = json.loads(sys.stdin.buffer.read())
    compiler = importlib.import_module("vyper.compiler")
    bundles = importlib.import_module("vyper.compiler.input_bundle")
    settings = importlib.import_module("vyper.compiler.settings")
    exceptions = importlib.import_module("vyper.exceptions")
    sources: dict[str, str] = asked["sources"]
    given = {PurePath(path): {"content": text} for path, text in sources.items()}
    answer: dict[str, Any] = {"contracts": {}, "warnings": []}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for path, text in sources.items():
            try:
                found = compiler.compile_code(
                    text,
                    contract_path=PurePath(path),
                    resolved_path=PurePath(path),
                    output_formats=OUTPUTS,
                    input_bundle=bundles.JSONInputBundle(given, [PurePath()]),
                    settings=settings.Settings(evm_version=asked["evm_version"]),
                )
            except exceptions.VyperException as error:
                answer = {"problem": _problem(error, path)}
                break
            answer["contracts"][path] = {
                "abi": found["abi"],
                "bytecode": found["bytecode"][2:],
                "runtime": found["bytecode_runtime"][2:],
            }
            answer["warnings"] += [
                {"file": path, "line": 0, "column": 0, "message": str(each.message), "text": ""}
                for each in caught
            ]
            caught.clear()
    sys.stdout.write(json.dumps(answer))


def _problem(error: Any, path: str) -> dict[str, Any]:
    """Where and what; line and column from 1, 0 where the compiler names no place."""
    where = next(iter(error.annotations or ()), None)
    line, column = getattr(where, "lineno", 0) or 0, getattr(where, "col_offset", -1)
    lines = str(getattr(where, "full_source_code", "") or "").split("\n")
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    file = getattr(getattr(where, "module_node", None), "path", None) or path
    message = str(getattr(error, "message", error)) or type(error).__name__
    return {"file": str(file), "line": line, "column": column + 1, "message": message, "text": text}


if __name__ == "__main__":
    main()
