"""The tester's process T: set-up cells and the tests, never a line of the student's.

- A name that T does not know is asked of S, through the orchestrator.
- What S answers is plain data, or a `sandbox.grading.handles.Handle` whose calls run in S.
- A test's last value is its score, as nbgrader has it; nothing means all points.
- Why a test failed is told in kinds, and never by the test's own text:
  ``assertion`` (the author's message), ``raised`` (the student's code raised),
  ``missing`` (a name is not defined), ``earlier`` (an earlier test did not get as far as
  what this one uses of it), ``form`` (the answer has another form),
  ``opaque`` (the answer is an object where plain data is needed).
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import socket
import sys
import traceback
from dataclasses import asdict
from typing import Any, Final

from sandbox.grading.alarm import CellTimeout, within
from sandbox.grading.handles import MAX_REASON, Asker, OpaqueError
from sandbox.grading.wire import Link, LinkClosed, Message, WireError
from sandbox.kit.credit import collected

MAX_TEXT: Final = 20_000
MAX_STEPS: Final = 60


class Namespace(dict[str, Any]):
    """T's globals; unknown names are asked of S."""

    def __init__(self, asker: Asker) -> None:
        super().__init__({"__builtins__": builtins, "__name__": "__tests__"})
        self._asker = asker

    def __missing__(self, name: str) -> object:
        if name.startswith("_") or hasattr(builtins, name):
            raise KeyError(name)
        return self._asker.name(name)


class Tester:
    """The state of T: one namespace for set-up and tests."""

    def __init__(self, link: Link) -> None:
        self._printed = io.StringIO()
        self._names = Namespace(Asker(link, lambda: self._printed))

    def run(self, source: str, seconds: float) -> Message:
        """Run a set-up or test cell.

        Args:
            source: plain Python.
            seconds: its time limit.

        Returns:
            ``text`` printed, ``score`` (the last value, if a number), and when it
            failed ``failure`` {kind, name, message} and ``trace`` (for teachers only);
            ``steps``, those of `sandbox.kit.credit`, if it credits any.
        """
        self._printed = printed = io.StringIO()
        with collected() as steps:
            try:
                with within(seconds), contextlib.redirect_stdout(printed):
                    value = self._execute(source)
                reply: Message = {"score": _score(value)}
            except CellTimeout:
                reply = {"failure": {"kind": "timeout", "name": "", "message": ""}, "trace": ""}
            except BaseException as error:  # noqa: BLE001 (a test may raise anything)
                reply = {"failure": describe(error), "trace": _trace(error)}
        reply["text"] = printed.getvalue()[:MAX_TEXT]
        if steps:
            reply["steps"] = [asdict(step) for step in steps[:MAX_STEPS]]
        return reply

    def _execute(self, source: str) -> object:
        """Run all statements; the value of the last one if it is an expression."""
        tree = ast.parse(source, "<test>")
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, "<test>", "exec"), self._names)  # noqa: S102 (the course's own test)
        if not isinstance(last, ast.Expr):
            return None
        return eval(compile(ast.Expression(last.value), "<test>", "eval"), self._names)  # noqa: S307


def _score(value: object) -> object:
    """A number is a score; anything else is said by its type only."""
    if type(value) in (int, float):
        return float(value)  # type: ignore[arg-type]
    return None if value is None else "other"


def describe(error: BaseException) -> Message:
    """Why a test failed, without the test.

    Args:
        error: what it raised.
    """
    kind = getattr(error, "synak_kind", None)
    name = str(getattr(error, "synak_name", type(error).__name__))[:80]
    message = _text(error)
    if isinstance(error, OpaqueError):
        return {"kind": "opaque", "name": "", "message": ""}
    if kind is not None:
        return {"kind": kind, "name": name, "message": message}
    if isinstance(error, AssertionError):
        return {"kind": "assertion", "name": name, "message": message}
    if isinstance(error, WireError):
        return {"kind": "form", "name": "WireError", "message": message}
    return {"kind": "form", "name": name, "message": ""}


def _text(error: BaseException) -> str:
    """What an error says; it may hold an object of the submission, which may say nothing."""
    try:
        return str(error)[:MAX_REASON]
    except Exception:  # noqa: BLE001 (whatever the student raises)
        return ""


def _trace(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))[-MAX_TEXT:]


def serve(descriptor: int, _first_handle: str) -> None:
    """Serve a socket until it is closed.

    Args:
        descriptor: of the socket.
    """
    link = Link(socket.socket(fileno=descriptor))
    tester = Tester(link)
    with contextlib.suppress(LinkClosed):
        while True:
            request = link.receive()
            link.send({"done": tester.run(str(request["source"]), float(request["seconds"]))})


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
