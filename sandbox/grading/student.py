"""The student's process S: set-up cells and the student's own cells, nothing else.

It answers one request after the other from the orchestrator:

- ``files``: put the submission's data files into the working folder;
- ``cell``: run a cell as a notebook would, answer its outputs;
- ``name``, ``call``: look up a name, call; what a call prints is told with its answer;
- ``do``: one of `sandbox.grading.doing.DOING` with an object: read, set, an operator.

While it answers a call it may call back a function that the test passed: with plain data,
and all that it learns is what the function gives back.

Everything here may be patched by the code it runs; that changes only what S claims.
No hidden test, no solution and no other submission ever exists in this process.
"""

from __future__ import annotations

import base64
import builtins
import contextlib
import io
import socket
import sys
import threading
from pathlib import Path
from typing import Any, Final

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from sandbox.grading.alarm import CellTimeout, within
from sandbox.grading.data import Shared, body_of, decode, encode
from sandbox.grading.doing import DOING
from sandbox.grading.wire import Link, LinkClosed, Message, WireError

MAX_TEXT: Final = 20_000
MAX_PRINTED: Final = 100_000


class Student:
    """The state of S: a notebook shell and the objects that tests hold handles to."""

    def __init__(self, first_handle: int, link: Link) -> None:
        self._shell = make_shell()
        self._held: list[object] = []
        self._numbers: dict[int, int] = {}
        self._first = first_handle
        self._link = link
        self._asked = False

    def answer(self, request: Message) -> Message:
        """Do one request.

        Args:
            request: ``op`` and its arguments.
        """
        operation = request["op"]
        if operation == "files":
            return write_files(request["files"])
        try:
            with within(float(request["seconds"])):
                if operation == "cell":
                    return {"outputs": run_cell(self._shell, str(request["source"]))}
                return self._reach(operation, request)
        except CellTimeout:
            return {"timeout": True}
        finally:
            self._asked = False

    def _reach(self, operation: str, request: Message) -> Message:
        printed = io.StringIO()
        self._asked = True
        try:
            with contextlib.redirect_stdout(printed):
                reply = self._answer(operation, request)
        except CellTimeout:
            raise
        except BaseException as error:  # noqa: BLE001 (whatever the student raises)
            reply = {"raised": [type(error).__name__[:80], str(error)[:500], own_base(error)]}
        if printed.tell():
            reply["printed"] = printed.getvalue()[:MAX_PRINTED]
        return reply

    def _answer(self, operation: str, request: Message) -> Message:
        if operation == "call":
            return self._call(request)
        if operation == "name":
            names = self._shell.user_ns
            if request["name"] not in names:
                return {"missing": request["name"]}
            return {"value": self._write(names[request["name"]], Shared())}
        target = self._hold(request["handle"])
        shared = Shared()
        operands = [self._read(item, shared) for item in request["with"]]
        return {"value": self._write(DOING[request["what"]](target, *operands), Shared())}

    def _call(self, request: Message) -> Message:
        """Call; send back what the call left in the containers, so that mutation is seen."""
        function: Any = self._hold(request["handle"])
        shared = Shared()
        positional = [self._read(item, shared) for item in request["args"]]
        named = {name: self._read(item, shared) for name, item in request["named"].items()}
        passed = list(shared.items)
        value = self._write(function(*positional, **named), shared)
        return {"value": value, "left": [body_of(each, self._keep, shared) for each in passed]}

    def call_back(self, number: int, args: tuple[object, ...], named: dict[str, object]) -> Any:
        """Call a function of the test's.

        Raises:
            RuntimeError: no call of the test's is being answered, or not by this thread.
            WireError: an argument is not plain data.
            Exception: one of Python's own, by name only, that the function raised.
        """
        if not self._asked or threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a function of a test's can be called only during its call")
        asked: Message = {"back": number, "args": [encode(each) for each in args]}
        self._link.send({**asked, "named": {name: encode(each) for name, each in named.items()}})
        reply = self._link.receive()
        if "raised" in reply:
            raise getattr(builtins, reply["raised"], Exception)
        return self._read(reply["value"], Shared())

    def _hold(self, number: int) -> object:
        index = number - self._first
        if not 0 <= index < len(self._held):
            raise ReferenceError("this object is gone: the process was restarted")
        return self._held[index]

    def _keep(self, value: object) -> Message:
        """One number for one object, for as long as this process lives."""
        if id(value) not in self._numbers:
            self._numbers[id(value)] = self._first + len(self._held)
            self._held.append(value)
        return {"h": self._numbers[id(value)], "n": type(value).__name__[:80]}

    def _write(self, value: object, shared: Shared) -> Message:
        return encode(value, self._keep, shared)

    def _read(self, message: Message, shared: Shared) -> Any:
        return decode(message, self._make, shared)

    def _make(self, message: Message) -> object:
        if "h" in message:
            return self._hold(message["h"])
        number = message["g"]
        if number < 0:
            return getattr(builtins, message["n"])
        return lambda *args, **named: self.call_back(number, args, named)


def own_base(error: BaseException) -> str:
    """The nearest of Python's own exceptions that an exception is."""
    kinds = (kind for kind in type(error).__mro__ if getattr(builtins, kind.__name__, 0) is kind)
    return next((kind.__name__ for kind in kinds), "Exception")


def make_shell() -> Any:
    """A notebook shell without history, colours or database."""
    return InteractiveShell.instance(config=shell_settings())


def shell_settings() -> Config:
    """The settings of such a shell."""
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.xmode = "Plain"
    config.InteractiveShell.cache_size = 0
    return config


def write_files(files: dict[str, str]) -> Message:
    """Put the submission's data files into the working folder.

    Args:
        files: checked relative path → base64.
    """
    for name, content in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    return {"done": len(files)}


def run_cell(shell: Any, source: str) -> list[Message]:
    """Run one cell as a notebook would.

    Args:
        shell: from `make_shell`.
        source: the cell.

    Returns:
        Outputs in notebook form, texts only and bounded.
    """
    failure: BaseException | None = None
    result = None
    with capture_output() as captured:
        try:
            result = shell.run_cell(source, store_history=False)
            failure = result.error_before_exec or result.error_in_exec
        except SystemExit as error:
            failure = error
    if isinstance(failure, CellTimeout):
        raise failure
    outputs: list[Message] = []
    if captured.stdout and failure is None:
        outputs.append(stream("stdout", captured.stdout))
    if captured.stderr:
        outputs.append(stream("stderr", captured.stderr))
    if failure is not None:
        outputs.append(problem(failure, captured.stdout))
    elif result is not None and result.result is not None:
        outputs.append(shown(repr(result.result)))
    return outputs


def stream(name: str, text: str) -> Message:
    """A stream output."""
    return {"output_type": "stream", "name": name, "text": text[:MAX_TEXT]}


def shown(text: str) -> Message:
    """A cell's last value as text."""
    return {"output_type": "execute_result", "text": text[:MAX_TEXT]}


def problem(error: BaseException, trace: str) -> Message:
    """An error output."""
    return {
        "output_type": "error",
        "ename": type(error).__name__[:80],
        "evalue": str(error)[:2000],
        "traceback": trace[-MAX_TEXT:],
    }


def serve(descriptor: int, first_handle: str) -> None:
    """Serve a socket until it is closed.

    Args:
        descriptor: of the socket.
        first_handle: number of the first handle to give.
    """
    link = Link(socket.socket(fileno=descriptor))
    sys.path.append(str(Path.cwd()))
    student = Student(int(first_handle), link)
    with contextlib.suppress(LinkClosed):
        while True:
            request = link.receive()
            if "op" not in request:  # what a function gave back too late
                continue
            reply = student.answer(request)
            try:
                link.send(reply)
            except WireError:
                link.send({"raised": ["WireError", "the answer is too large"]})


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
