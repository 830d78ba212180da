"""The two sides as the orchestrator sees them: started, asked, replaced when they fail.

- A side that hangs, dies or breaks the form is killed from outside and started anew.
- S is then brought back by running its earlier cells again, without the one that
  failed: a cell that times out leaves the others' points.
- After `MAX_RESTARTS` of S, everything asked of it raises; after `MAX_RENEWALS` of T, and once
  the time for the submission is used up, the tests that are left fail as timed out.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Literal, Protocol, TypeVar

from sandbox.grading.names import definitions_in, forgetting
from sandbox.grading.wire import MAX_FRAME, Link, LinkClosed, LinkTimeout, Message, WireError
from sandbox.kit.errors import Unavailable

Role = Literal["student", "tester"]
T = TypeVar("T")

MAX_RESTARTS: Final = 3
MAX_RENEWALS: Final = 10
GRACE: Final = 2.0
START_SECONDS: Final = 30.0
HANDLES_APART: Final = 1_000_000
MAX_PART: Final = MAX_FRAME * 3 // 4
"""Of the files that are sent at once, in base64; a single one is smaller by its own limit."""
CANARY: Final = "assert 1 == 2, 'canary'"
CANARY_SECONDS: Final = 10.0
"""Seconds for a canary; it is not run on the submission's budget, which may be used up."""
MAX_CALLS_BACK: Final = 10_000
TOO_MANY: Final[Message] = {"raised": "RuntimeError"}
OVER: Final[Message] = {"raised": "TimeoutError"}
TIMEOUT: Final[Message] = {"failure": {"kind": "timeout", "name": "", "message": ""}}
_BROKEN: Final = (LinkClosed, LinkTimeout, WireError)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one submission, in seconds of wall clock."""

    cell: float = 30.0
    test: float = 60.0
    total: float = 240.0


class Processes(Protocol):
    """Whoever can start and kill the sandboxed processes."""

    def start(self, role: Role, first_handle: int) -> Link:
        """Start a process (killing an older one of that role) and give a link to it."""
        ...


class Budget:
    """The time left for the whole submission."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self, wanted: float) -> float:
        """As much of the wanted time as there is, at least a tenth of a second."""
        return max(0.1, min(wanted, self._until - time.monotonic()))

    @property
    def over(self) -> bool:
        """Whether nothing is left."""
        return time.monotonic() >= self._until


class StudentSide:
    """S: runs the student's cells and answers what tests ask."""

    def __init__(
        self, processes: Processes, files: Mapping[str, str], limits: Limits, budget: Budget
    ) -> None:
        self._processes = processes
        self._files = dict(files)
        self._limits = limits
        self._budget = budget
        self._history: list[str] = []
        self._starts = 0
        self._link: Link | None = None
        try:
            self._start()
        except _BROKEN as error:
            raise Unavailable("grading.process_refused", role="student") from error

    def run(self, source: str) -> list[Message]:
        """Run a cell of the student's or of the set-up.

        Args:
            source: the cell.

        Returns:
            Outputs as S claims them; a made-up error when the cell ended the process.
        """
        reply = self._exchange({"op": "cell", "source": source})
        outputs = reply.get("outputs")
        if isinstance(outputs, list):
            self._history.append(source)
            return [output for output in outputs if isinstance(output, dict)]
        name = "CellTimeout" if reply.get("timeout") else "CellEnded"
        text = str(reply.get("why", f"longer than {self._limits.cell:.0f} seconds"))
        return [{"output_type": "error", "ename": name, "evalue": text, "traceback": ""}]

    def ask(self, request: Message, back: Callable[[Message], Message]) -> Message:
        """Pass on what a test asks.

        Args:
            request: name, call or do.
            back: has a function of the test's called, which S asks for meanwhile.

        Returns:
            The reply to give to T.
        """
        until = Budget(self._budget.left(self._limits.cell))
        reply, calls = self._exchange(request), 0
        while "back" in reply:
            if until.over:
                self._restart()
                reply = {"timeout": True}
                break
            calls += 1
            reply = self._exchange(back(reply) if calls <= MAX_CALLS_BACK else TOO_MANY)
        if reply.get("timeout"):
            return {"raised": ["TimeoutError", "the submission's code took too long"]}
        if "why" in reply:
            return {"raised": ["SubmissionEnded", str(reply["why"])]}
        return reply

    def _exchange(self, request: Message) -> Message:
        """One request and its reply; a broken S is replaced and its failure told."""
        if self._link is None or self._budget.over:
            return {"why": "the process was stopped"}
        seconds = self._budget.left(self._limits.cell)
        try:
            self._link.send({**request, "seconds": seconds}, seconds=seconds + GRACE)
            return self._link.receive(seconds=seconds + GRACE)
        except LinkTimeout:
            self._restart()
            return {"timeout": True}
        except (LinkClosed, WireError):
            self._restart()
            return {"why": "the process ended (memory, processes or its own exit)"}

    def _restart(self) -> None:
        self._link = None
        while self._starts <= MAX_RESTARTS and not self._budget.over:
            try:
                self._start()
                self._replay()
            except _BROKEN:
                self._link = None
                continue
            return

    def _start(self) -> None:
        first = self._starts * HANDLES_APART
        self._starts += 1
        link = self._processes.start("student", first)
        for files in _in_parts(self._files):
            link.send({"op": "files", "files": files})
            link.receive(seconds=START_SECONDS)
        self._link = link

    def _replay(self) -> None:
        if self._link is None:
            return
        for source in self._history:
            seconds = self._budget.left(self._limits.cell)
            self._link.send({"op": "cell", "source": source, "seconds": seconds})
            self._link.receive(seconds=seconds + GRACE)


def _in_parts(files: Mapping[str, str]) -> list[dict[str, str]]:
    """Files as they fit into frames, at least one part; a bundle may be larger than a frame."""
    parts: list[dict[str, str]] = [{}]
    for name, content in files.items():
        if parts[-1] and sum(map(len, parts[-1].values())) + len(content) > MAX_PART:
            parts.append({})
        parts[-1][name] = content
    return parts


class TesterSide:
    """T: runs set-up and tests, asking S through us.

    Args:
        processes: starts T.
        student: S.
        limits: of time.
        budget: what is left of it.
        own: names of tests, which S is never asked for.
    """

    def __init__(
        self,
        processes: Processes,
        student: StudentSide,
        limits: Limits,
        budget: Budget,
        own: frozenset[str] = frozenset(),
    ) -> None:
        self._processes = processes
        self._student = student
        self._limits = limits
        self._budget = budget
        self._own = own
        self._again: list[Callable[[], str]] = []
        self._owing = False
        self._renewals = 0
        self._early: dict[str, Any] = {}
        self._until = 0.0
        self._link = processes.start("tester", 0)

    def prepare(self, source: str, meanwhile: Callable[[], T]) -> T:
        """Run a set-up cell while something else is done.

        Args:
            source: the master's cell.
            meanwhile: done while T works; what T asks of S waits until it is done.

        Returns:
            What ``meanwhile`` gave.

        Raises:
            Unavailable: ``grading.setup_failed``: never the student's fault, never a zero;
                unless the submission has used up its time: then no test is run any more.
        """
        if self._gone:
            return meanwhile()
        until = self._begin(source)
        result = meanwhile()
        done = self._finish(until)
        if done.get("failure"):
            if self._budget.over:
                return result
            raise Unavailable("grading.setup_failed", trace=str(done.get("trace", ""))[-2000:])
        self._again.append(lambda: source)
        return result

    def forget(self, names: frozenset[str]) -> None:
        """Have T ask S for names that an answer has bound anew.

        Args:
            names: that a test or set-up bound before.
        """
        if names and not self._gone:
            self._again.append(partial(forgetting, names))
            self._run(forgetting(names))

    def test(self, source: str) -> Message:
        """Run a test.

        Args:
            source: the master's cell.

        Returns:
            What `sandbox.grading.tester.Tester.run` answers. After a time-out T is new: set-up
            is run again, and what this test and earlier ones import and define.
        """
        if self._gone:
            return dict(TIMEOUT)
        self._again.append(partial(definitions_in, source))
        done = self._run(source)
        if (done.get("failure") or {}).get("kind") == "timeout" and not self._budget.over:
            self._renewals += 1
            if self._gone:
                self._owing = True  # its canary is another's
                return done
            self._renew()
            for earlier in self._again:
                self._run(earlier())
        return done

    def canary(self) -> bool:
        """Whether an assertion that must fail fails, in the process that ran the last test.

        A process that still owes the result of a test has given no points; another is asked.

        Raises:
            Unavailable: ``grading.canary_missing``: T does not answer.
        """
        if self._owing:
            self._renew()
        budget, self._budget = self._budget, Budget(CANARY_SECONDS)
        try:
            done = self._run(CANARY)
        finally:
            self._budget = budget
        failure = done.get("failure") or {}
        if failure.get("kind") == "timeout":
            raise Unavailable("grading.canary_missing")
        return failure.get("kind") == "assertion" and failure.get("message") == "canary"

    @property
    def _gone(self) -> bool:
        """Whether T was lost too often: no test is run any more."""
        return self._renewals > MAX_RENEWALS

    def _renew(self) -> None:
        self._link = self._processes.start("tester", 0)
        self._owing = False

    def _run(self, source: str) -> dict[str, Any]:
        return self._finish(self._begin(source))

    def _begin(self, source: str) -> float:
        """Send a cell; returns until when its result is waited for."""
        seconds = self._budget.left(self._limits.test)
        if not self._budget.over:
            self._owing = True
            with contextlib.suppress(*_BROKEN):  # the missing result will tell
                self._link.send({"source": source, "seconds": seconds})
        self._until = time.monotonic() + seconds + GRACE
        return self._until

    def _finish(self, until: float) -> dict[str, Any]:
        """Serve what T asks until its result is there."""
        timeout = dict(TIMEOUT)
        if self._budget.over:
            return timeout
        try:
            while True:
                message = self._link.receive(seconds=max(0.1, until - time.monotonic()))
                if "done" in message:
                    done: dict[str, Any] = message["done"]
                    self._owing = False
                    return done
                reply = self._asked(message["ask"])
                if self._early:
                    return self._taken(self._early)
                self._pass_on(reply)
        except LinkTimeout:
            return timeout
        except (LinkClosed, WireError):
            # The form is broken or the process gone: what the answer did to T is a failure.
            return {"failure": {"kind": "timeout", "name": "ended", "message": ""}}

    def _asked(self, request: Message) -> Message:
        """Have S answer, but for names that are the tests' own."""
        if request["op"] == "name" and request["name"] in self._own:
            return {"earlier": True}
        return self._student.ask(request, self._call_back)

    def _call_back(self, asked: Message) -> Message:
        """Have T call a function of its own for S; T's time may be over meanwhile."""
        if self._early:
            return OVER
        try:
            self._pass_on(asked)
            message = self._link.receive(seconds=max(0.1, self._until - time.monotonic()))
        except _BROKEN:
            message = {"done": dict(TIMEOUT)}
        if "back" in message:
            found: Message = message["back"]
            return found
        self._early = message["done"]
        return OVER

    def _taken(self, done: dict[str, Any]) -> dict[str, Any]:
        self._early = {}
        return done

    def _pass_on(self, reply: Message) -> None:
        try:
            self._link.send(reply)
        except WireError as error:
            self._link.send({"raised": ["WireError", str(error)]})
