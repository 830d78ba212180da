"""The student's process S: set-up cells and the student's own cells, nothing else.

It answers one request after the other from the orchestrator:

- ``files``: put the submission's data files into the working folder;
- ``cell``: run a cell as a notebook would, answer its outputs;
- ``name``, ``call``, ``attribute``, ``item``: look up a name, call, read;
- ``view``: an object's truth, length or text, as plain data.

Everything here may be patched by the code it runs; that changes only what S claims.
No hidden test, no solution and no other submission ever exists in this process.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from traitlets.config import Config

from sandbox.grading.alarm import CellTimeout, within
from sandbox.grading.wire import Link, LinkClosed, Message, WireError, decode, encode

MAX_TEXT: Final = 20_000
VIEWS: Final[dict[str, Callable[[Any], object]]] = {"bool": bool, "int": len, "str": str}


class Student:
    """The state of S: a notebook shell and the objects that tests hold handles to."""

    def __init__(self, first_handle: int) -> None:
        self._shell = make_shell()
        self._held: list[object] = []
        self._first = first_handle

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

    def _reach(self, operation: str, request: Message) -> Message:
        try:
            if operation == "call":
                return self._call(request)
            if operation == "name":
                names = self._shell.user_ns
                if request["name"] not in names:
                    return {"missing": request["name"]}
                return {"value": self._write(names[request["name"]])}
            target: Any = self._hold(request["handle"])
            if operation == "attribute":
                value = getattr(target, request["name"])
            elif operation == "view":
                value = VIEWS[request["as"]](target)
            else:
                value = target[self._read(request["key"])]
            return {"value": self._write(value)}
        except CellTimeout:
            raise
        except BaseException as error:  # noqa: BLE001 (whatever the student raises)
            return {"raised": [type(error).__name__[:80], str(error)[:500]]}

    def _call(self, request: Message) -> Message:
        """Call; send containers back as the call left them, so that mutation is seen."""
        function: Any = self._hold(request["handle"])
        positional = [self._read(item) for item in request["args"]]
        named = {name: self._read(item) for name, item in request["named"].items()}
        value = function(*positional, **named)
        return {
            "value": self._write(value),
            "args": [self._write(item) if is_container(item) else None for item in positional],
            "named": {n: self._write(v) for n, v in named.items() if is_container(v)},
        }

    def _hold(self, number: int) -> object:
        index = number - self._first
        if not 0 <= index < len(self._held):
            raise ReferenceError("this object is gone: the process was restarted")
        return self._held[index]

    def _keep(self, value: object) -> int:
        self._held.append(value)
        return self._first + len(self._held) - 1

    def _write(self, value: object) -> Message:
        return encode(value, self._keep)

    def _read(self, message: Message) -> Any:
        return decode(message, lambda number, _name: self._hold(number))


def is_container(value: object) -> bool:
    """Whether a call may have changed the value in place."""
    return isinstance(value, list | dict | set | bytearray)


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
    student = Student(first_handle=int(first_handle))
    with contextlib.suppress(LinkClosed):
        while True:
            reply = student.answer(link.receive())
            try:
                link.send(reply)
            except WireError:
                link.send({"raised": ["WireError", "the answer is too large"]})


if __name__ == "__main__":
    serve(int(sys.argv[1]), sys.argv[2])
