"""A full replay as a process of its own: the journal and an engine, nothing else.

1. Every record is read: framing, hash chain, what was signed; and compared with the batches of the
   audit log that lie in a file beside.
2. Every sealed block is calculated anew on a clean engine, a child of this process, and compared.

Rules: it reads the journal and writes nothing; what it finds it says in lines of JSON on its
output, the last of which is the finding: ``{"verdict": …}``, or ``{"failed": …}`` when no verdict
can be given. Whoever started it reads them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, TextIO

from sandbox.chain.engine import EngineLauncher, LocalLauncher
from sandbox.chain.records import Stored
from sandbox.chain.replay import Progress, check_raw, journal_file, replay
from sandbox.kit.errors import IntegrityFailure, SynakError
from sandbox.services.journal_compare import KnownLog, compare_with
from sandbox.toolchain.tools import anvil

EVERY: Final = 1.0
"""Seconds between two lines of progress."""
DIFFERENCES: Final[Mapping[str, str]] = {
    "engine.diverged": "replay.block_differs",
    "journal.bad_record": "replay.record_differs",
}
"""Failures that are a verdict, and its words: the journal is not what its chain was."""

Say = Callable[[dict[str, Any]], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a replay.

    Args:
        arguments: of the command line.

    Returns:
        0: the last line says what was found.
    """
    parser = argparse.ArgumentParser(prog="journal_replay_run")
    parser.add_argument("journal", type=Path)
    parser.add_argument("log", type=Path)
    parser.add_argument("--to", type=int, default=None)
    asked = parser.parse_args(arguments)
    run(asked.journal, asked.log, asked.to, LocalLauncher(anvil()), sayer(sys.stdout))
    return 0


def sayer(out: TextIO) -> Say:
    """Lines of JSON, each at once."""

    def say(value: dict[str, Any]) -> None:
        print(json.dumps(value), file=out, flush=True)

    return say


def run(journal: Path, log: Path, to: int | None, launcher: EngineLauncher, say: Say) -> None:
    """Steps 1 and 2; the last thing said is the finding.

    Args:
        journal: the chain's journal.
        log: what the audit log knows of it (``write_known``).
        to: the last block to calculate; None for all.
        launcher: starts the engine.
        say: told what is found.
    """
    told = _Told(say)
    try:
        known = read_known(log)
        audit, differences = _compared(known, journal, told)
        rebuilt, more = _rebuilt(journal, to, launcher, told)
        say(
            {
                "verdict": {
                    "audit": audit,
                    "newer_anchors": known.newer,
                    "differences": differences + [each for each in more if each not in differences],
                    "equal_up_to": told.block,
                    **rebuilt,
                }
            }
        )
    except SynakError as error:
        say({"failed": error.as_dict()})


def _compared(
    known: KnownLog, journal: Path, told: _Told
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    """Step 1: what agrees with the log, and what differs."""
    whole = journal_file(journal).stat().st_size if journal_file(journal).exists() else 0

    def far(stored: Stored) -> None:
        told(Progress("bytes", stored.next.offset, whole))

    try:
        found = compare_with(known, journal, (check_raw, far))
    except IntegrityFailure as error:
        return None, [_difference(error)]
    if found.code is None:
        return asdict(found), []
    return asdict(found), [differs_from_log(found.code, found.entry)]


def _rebuilt(
    journal: Path, to: int | None, launcher: EngineLauncher, told: _Told
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Step 2: what was rebuilt, and the first block that differs."""
    try:
        report = asyncio.run(replay(journal, launcher, to, told))
    except IntegrityFailure as error:
        return {"blocks": told.block, "transactions": None, "head": None}, [_difference(error)]
    return {**asdict(report), "seconds": round(report.seconds, 1)}, []


def _difference(error: IntegrityFailure) -> dict[str, Any]:
    """A failure as the first difference; raised again when it is none."""
    if error.code not in DIFFERENCES:
        raise error
    return {**error.as_dict(), "code": DIFFERENCES[error.code]}


def differs_from_log(reason: str, entry: int | None) -> dict[str, Any]:
    """That journal and audit log disagree, as a difference.

    Args:
        reason: the code of the comparison.
        entry: of the log.
    """
    return {"code": "replay.log_differs", "params": {"entry": entry, "reason": reason}}


class _Told:
    """Progress, said now and then; the newest block that was equal is kept."""

    def __init__(self, say: Say) -> None:
        self._say, self._last = say, 0.0
        self.block = 0

    def __call__(self, progress: Progress) -> None:
        """Take note, and say it when it is time."""
        if progress.what == "blocks":
            self.block = progress.done
        now = time.monotonic()
        if now - self._last >= EVERY:
            self._last = now
            self._say({"progress": asdict(progress)})


def write_known(path: Path, known: KnownLog) -> None:
    """Lay down what the log knows, for the process to read; whole or not there."""
    beside = path.with_suffix(".partial")
    with beside.open("w", encoding="utf-8") as file:
        for line in ({"size": known.size}, *known.known):
            file.write(json.dumps(line) + "\n")
    beside.chmod(0o644)
    beside.replace(path)


def read_known(path: Path) -> KnownLog:
    """What the log knew.

    Raises:
        IntegrityFailure: ``replay.log_unreadable``.
    """
    try:
        with path.open(encoding="utf-8") as file:
            first, *batches = (json.loads(line) for line in file)
        return KnownLog(int(first["size"]), batches)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IntegrityFailure("replay.log_unreadable", reason=type(error).__name__) from error


if __name__ == "__main__":
    sys.exit(main())
