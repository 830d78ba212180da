"""What a process imports and does once so that its forks need not.

- Modules that labs and nbgrader import; one that is not installed is left out.
- One grading of a notebook of ones, without S and T: nbgrader's converters, the gradebook's
  statements and the notebook format's validator are made on their first use.
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

from IPython.core.interactiveshell import InteractiveShell
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

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
        for answer in _ANSWERS[role]:
            Link(theirs).send(answer)
        return Link(ours)

    def close(self) -> None:
        """Close what is held."""
        for each in self._held:
            each.close()


_SHOWN: Final[Message] = {
    "outputs": [
        {"output_type": "stream", "name": "stdout", "text": "1"},
        {"output_type": "execute_result", "text": "1"},
        {"output_type": "error", "ename": "E", "evalue": "1", "traceback": "1"},
    ]
}
_FAILED: Final[Message] = {"kind": "assertion", "name": "AssertionError", "message": "canary"}
_ANSWERS: Final[dict[Role, list[Message]]] = {
    "student": [{"done": 0}, *[_SHOWN] * 6],
    "tester": [
        {"done": {"score": None}},  # the set-up
        {"done": {"score": 0.5, "text": "1"}},  # the first test, and its canary
        {"done": {"failure": _FAILED}},
        {"done": {"failure": _FAILED, "trace": "1"}},  # the second
    ],
}


def _notebook() -> Any:
    """A notebook with every kind of cell that nbgrader knows but its tasks."""

    def tagged(name: str, *, kind: str = "code", source: str = "1", **what: Any) -> Any:
        about = {
            "grade_id": name, "grade": False, "solution": False, "locked": False, "points": 1,
            "schema_version": 3, "task": False, "cell_type": kind, **what,
        }  # fmt: skip
        if not about["grade"]:
            del about["points"]
        make: Any = new_code_cell if kind == "code" else new_markdown_cell
        return make(source, metadata={"nbgrader": about})

    solved = "### BEGIN SOLUTION\n1\n### END SOLUTION"
    hidden = "### BEGIN HIDDEN TESTS\n1\n### END HIDDEN TESTS"
    make: Any = new_notebook
    plain: Any = new_markdown_cell
    made = make(
        cells=[
            plain("# 1"),
            tagged("setup", locked=True),
            tagged("answer", solution=True, source=solved),
            tagged("first", grade=True, locked=True, source=hidden),
            tagged("second", grade=True, locked=True, source=hidden),
            tagged("by-hand", grade=True, solution=True, source=solved),
            tagged("in-words", grade=True, solution=True, kind="markdown"),
        ]
    )
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    return made


def _warm_orchestrator() -> None:
    folder, work = Path(tempfile.mkdtemp()), WORK
    processes = _Answered()
    try:
        for part in ("master", "submission"):
            (folder / part).mkdir()
            (folder / part / "warm.ipynb").write_text(json.dumps(_notebook()), "utf-8")
        work.mkdir()
        grade(folder, work, processes, Limits())
    finally:
        processes.close()
        for each in (folder, work):
            shutil.rmtree(each, ignore_errors=True)
