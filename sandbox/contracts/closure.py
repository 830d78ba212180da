"""A verified source with everything it imports, so that it compiles anywhere.

Rules: what was handed in stays as it is; imports of ``@openzeppelin/contracts/…`` and ``synak/…``
that it leaves to the platform are added from what is installed, and theirs in turn; nothing else
is read.

>>> imports_of('import {A} from "./A.sol"; import "synak/IKGST.sol";', "b/C.sol")
('b/A.sol', 'synak/IKGST.sol')
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from sandbox.contracts.compiler import SOURCES
from sandbox.toolchain.layout import node_modules

_IMPORT: Final = re.compile(r"\bimport\s+(?:[^;\"']*?\bfrom\s+)?[\"']([^\"']+)[\"']")
_SERVED: Final = ("@openzeppelin/contracts/", "synak/")


def imports_of(text: str, path: str) -> tuple[str, ...]:
    """What a source imports, as paths of the standard JSON input."""
    found = []
    for name in _IMPORT.findall(text):
        relative = name.startswith(("./", "../"))
        base = posixpath.join(posixpath.dirname(path), name) if relative else name
        found.append(posixpath.normpath(base))
    return tuple(found)


def closed(sources: Mapping[str, str]) -> dict[str, str]:
    """The sources with the installed ones that they import, by path in order."""
    found, waiting = dict(sources), list(sources.items())
    while waiting:
        path, text = waiting.pop()
        for name in imports_of(text, path):
            if name in found:
                continue
            served = _installed(name)
            if served is not None:
                found[name] = served
                waiting.append((name, served))
    return dict(sorted(found.items()))


def standard_json(sources: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """The standard JSON input that compiles to what was verified.

    Source: Solidity documentation, "Compiler Input and Output JSON Description".
    """
    wanted = ["abi", "evm.bytecode.object", "evm.deployedBytecode", "metadata"]
    return {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in closed(sources).items()},
        "settings": {**settings, "outputSelection": {"*": {"*": wanted}}},
    }


def _installed(name: str) -> str | None:
    if not name.startswith(_SERVED) or ".." in name.split("/"):
        return None
    root: Path = SOURCES if name.startswith("synak/") else node_modules()
    file = root / name
    return file.read_text("utf-8") if file.is_file() else None
