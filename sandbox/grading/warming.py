"""What a process imports and does once so that its forks need not.

- Modules that labs and nbgrader import; one that is not installed is left out.
- One grading of an empty notebook, without S and T: nbgrader's converters, the gradebook's
  mapping and the notebook format's validator are made on their first use.
- A notebook shell that raises and shows something once: IPython imports on its first error.

Nothing of a course is in it, and nothing that it did is left behind.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import json
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any, Final

import nbformat
from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_notebook

from sandbox.grading.orchestrator import WORK, grade
from sandbox.grading.sides import Limits, Role
from sandbox.grading.student import run_cell, shell_settings
from sandbox.grading.tester import Tester
from sandbox.grading.wire import Link, Message

MODULES: Final = (
    "asyncio",
    "concurrent.futures",
    "csv",
    "dataclasses",
    "datetime",
    "decimal",
    "eth_abi",
    "eth_account",
    "eth_account.messages",
    "eth_keys",
    "eth_utils",
    "fractions",
    "hashlib",
    "json",
    "logging",
    "random",
    "sandbox.sdk.compiled",
    "sandbox.sdk.errors",
    "sandbox.sdk.labs.opening",
    "secrets",
    "sqlite3",
    "statistics",
    "web3",
    "yaml",
)
"""Imported if they are there; which of them a course uses is the course's affair."""


def warm() -> None:
    """Import and do everything once; the environment stays as it was."""
    environment = dict(os.environ)
    for name in MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _warm_shell()
    _warm_tester()
    _warm_orchestrator()
    os.environ.clear()
    os.environ.update(environment)


def _warm_shell() -> None:
    """A shell that is thrown away, with what it put into ``builtins`` and ``sys``."""
    before = set(vars(builtins))
    kind: Any = InteractiveShell
    shell = kind(config=shell_settings())
    for source in ("def f():\n    assert 1 == 2\nf()", "print(1)\n1", "1 +", "import asyncio"):
        run_cell(shell, source)
    shell.restore_sys_module_state()
    for name in set(vars(builtins)) - before:
        delattr(builtins, name)


def _warm_tester() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        Tester(Link(ours)).run("assert 1 == 2, 'warm'", 10)


class _Answered:
    """S and T that have answered in advance."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def start(self, role: Role, first_handle: int) -> Link:  # noqa: ARG002
        """A link on which the answers lie already."""
        ours, theirs = socket.socketpair()
        self._held.append(theirs)
        answers: list[Message] = [{"done": 0}]
        if role == "tester":
            failed = {"failure": {"kind": "assertion", "name": "", "message": "canary"}}
            answers = [{"done": {"score": 1.0}}, {"done": failed}]
        for answer in answers:
            Link(theirs).send(answer)
        return Link(ours)

    def close(self) -> None:
        """Close what is held."""
        for each in self._held:
            each.close()


def _warm_orchestrator() -> None:
    metadata = {
        "grade_id": "t", "grade": True, "solution": False, "locked": True, "points": 1,
        "schema_version": 3, "task": False, "cell_type": "code",
    }  # fmt: skip
    cells: list[Any] = [new_code_cell("1", metadata={"nbgrader": metadata})]  # type: ignore[no-untyped-call]
    made = new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    folder, work = Path(tempfile.mkdtemp()), WORK
    processes = _Answered()
    try:
        for part in ("master", "submission"):
            (folder / part).mkdir()
            text = json.dumps(made)
            (folder / part / "warm.ipynb").write_text(text, "utf-8")
        nbformat.validate(made)
        work.mkdir()
        grade(folder, work, processes, Limits())
    finally:
        processes.close()
        for each in (folder, work):
            shutil.rmtree(each, ignore_errors=True)
