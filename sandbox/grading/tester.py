"""The tester's process T: set-up cells and the tests, never a line of the student's.

- A name that T does not know is asked of S, through the orchestrator.
- What S answers is plain data, or a `Handle` whose calls run in S.
- A test's last value is its score, as nbgrader has it; nothing means all points.
- An object of S cannot be compared here: its answer would be a claim that names the right
  value to the student's code (``__eq__``) and is believed. That is refused by name.
- Why a test failed is told in five kinds, and never by the test's own text:
  ``assertion`` (the author's message), ``raised`` (the student's code raised),
  ``missing`` (a name is not defined), ``form`` (the answer has another form),
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
from typing import Any, Final, TypeVar

from sandbox.grading.alarm import CellTimeout, within
from sandbox.grading.wire import Link, LinkClosed, Message, WireError, decode, encode
from sandbox.kit.credit import collected

MAX_TEXT: Final = 20_000
MAX_REASON: Final = 500
MAX_STEPS: Final = 60
ENDING: Final = (StopIteration, StopAsyncIteration)
"""Errors that end a loop of the test's own: what it had not looked at would count as right."""
Plain = TypeVar("Plain", bool, int, str)


class SubmissionError(Exception):
    """The student's code raised something that is not one of Python's own errors."""


class OpaqueError(Exception):
    """A test needs plain data where the student's code gave an object of its own."""

    def __init__(self, what: str) -> None:
        super().__init__(f"an object of the submission cannot be {what} here")


class Asker:
    """Asks S, through O."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def name(self, name: str) -> object:
        """The value of a name in S; raises NameError when S has none."""
        return self._ask({"op": "name", "name": name})

    def call(self, number: int, args: tuple[object, ...], named: dict[str, object]) -> object:
        """Call an object of S; containers among the arguments are changed as S left them."""
        request = {
            "op": "call",
            "handle": number,
            "args": [_send(item) for item in args],
            "named": {name: _send(item) for name, item in named.items()},
        }
        return self._ask(request, args, named)

    def attribute(self, number: int, name: str) -> object:
        """An attribute of an object of S."""
        return self._ask({"op": "attribute", "handle": number, "name": name})

    def item(self, number: int, key: object) -> object:
        """An item of an object of S."""
        return self._ask({"op": "item", "handle": number, "key": _send(key)})

    def view(self, number: int, kind: type[Plain]) -> Plain:
        """What an object of S says it is as plain data: its truth, its length, its text.

        Raises:
            WireError: S answers something else.
        """
        value = self._ask({"op": "view", "handle": number, "as": kind.__name__})
        if type(value) is not kind:
            raise WireError(f"no {kind.__name__}")
        return value

    def _ask(
        self,
        request: Message,
        args: tuple[object, ...] = (),
        named: dict[str, object] | None = None,
    ) -> object:
        self._link.send({"ask": request})
        reply = self._link.receive()
        if "missing" in reply and request["op"] == "name":
            error: Exception = NameError(f"name {request['name']!r} is not defined")
            error.synak_kind = "missing"  # type: ignore[attr-defined]
            raise error
        if "raised" in reply:
            raise submission_error(reply["raised"])
        for index, left in enumerate(reply.get("args") or []):
            if left is not None and index < len(args):
                refill(args[index], self._read(left))
        for name, left in (reply.get("named") or {}).items():
            if named and name in named:
                refill(named[name], self._read(left))
        return self._read(reply.get("value") or {})

    def _read(self, message: Message) -> Any:
        return decode(message, lambda number, name: Handle(self, number, name))


class Handle:
    """Stands for an object that lives in S; nothing of it is believed here."""

    __slots__ = ("_asker", "_name", "_number")
    _asker: Asker
    _number: int
    _name: str

    def __init__(self, asker: Asker, number: int, name: str) -> None:
        object.__setattr__(self, "_asker", asker)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_name", name)

    def __call__(self, *args: object, **named: object) -> object:
        """Call it, in S."""
        return self._asker.call(self._number, args, named)

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._asker.attribute(self._number, name)

    def __getitem__(self, key: object) -> object:
        return self._asker.item(self._number, key)

    def __bool__(self) -> bool:
        return self._asker.view(self._number, bool)

    def __len__(self) -> int:
        return self._asker.view(self._number, int)

    def __str__(self) -> str:
        return self._asker.view(self._number, str)

    def __eq__(self, other: object) -> bool:
        raise OpaqueError("compared")

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__

    def __contains__(self, item: object) -> bool:
        raise OpaqueError("searched")

    def __hash__(self) -> int:
        raise OpaqueError("looked up")

    def __repr__(self) -> str:
        return f"<the submission's {self._name}>"


class Namespace(dict[str, Any]):
    """T's globals; unknown names are asked of S."""

    def __init__(self, asker: Asker) -> None:
        super().__init__({"__builtins__": builtins, "__name__": "__tests__"})
        self._asker = asker

    def __missing__(self, name: str) -> object:
        if name.startswith("_") or hasattr(builtins, name):
            raise KeyError(name)
        return self._asker.name(name)


def _send(value: object) -> Message:
    if isinstance(value, Handle):
        return {"h": object.__getattribute__(value, "_number"), "n": "handle"}
    return encode(value)


def refill(container: object, left: object) -> None:
    """Make a container equal to what the call in S left of it.

    Args:
        container: the argument as T holds it.
        left: its content after the call.
    """
    if type(container) is not type(left) or _same(container, left):
        return
    if isinstance(container, list | bytearray):
        container[:] = left  # type: ignore[call-overload]
    elif isinstance(container, dict | set):
        container.clear()
        container.update(left)  # type: ignore[call-overload, arg-type]


def _same(container: object, left: object) -> bool:
    try:
        return container == left
    except OpaqueError:  # the call put an object of its own into it
        return False


def submission_error(raised: object) -> Exception:
    """The exception to raise in T for one that was raised in S; never one of `ENDING`.

    Args:
        raised: [type name, text], as S claims.
    """
    name, text = ("Exception", "")
    if isinstance(raised, list) and len(raised) == 2:
        name, text = str(raised[0])[:80], str(raised[1])[:MAX_REASON]
    kind = getattr(builtins, name, None)
    if (
        not (isinstance(kind, type) and issubclass(kind, Exception))
        or issubclass(kind, ENDING)
        or name.startswith("Unicode")
    ):
        error: Exception = SubmissionError(f"{name}: {text}")
    else:
        error = kind(text)
    error.synak_kind = "raised"  # type: ignore[attr-defined]
    error.synak_name = name  # type: ignore[attr-defined]
    return error


class Tester:
    """The state of T: one namespace for set-up and tests."""

    def __init__(self, link: Link) -> None:
        self._names = Namespace(Asker(link))

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
        printed = io.StringIO()
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
    if isinstance(error, OpaqueError):
        return {"kind": "opaque", "name": "", "message": ""}
    if kind is not None:
        return {"kind": kind, "name": name, "message": str(error)[:MAX_REASON]}
    if isinstance(error, AssertionError):
        return {"kind": "assertion", "name": name, "message": str(error)[:MAX_REASON]}
    if isinstance(error, WireError):
        return {"kind": "form", "name": "WireError", "message": str(error)[:MAX_REASON]}
    return {"kind": "form", "name": name, "message": ""}


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
