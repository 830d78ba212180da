"""What a process apart does for ``apart``; it imports little, to begin soon.

``python -m sandbox.chain.toil strip``: a dump in, the stripped dump out.
``python -m sandbox.chain.toil index WORK INDEX JOURNAL``: a work file into the index.
``python -m sandbox.chain.toil remember JOURNAL NUMBER``: the checkpoint of an epoch.
An error leaves the process as one JSON line with code and parameters.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from sandbox.chain.dump import Dump, Mined
from sandbox.chain.index import HistoryIndex
from sandbox.chain.records import Kind, Place, Scan
from sandbox.chain.work import read_work
from sandbox.kit.errors import IntegrityFailure, SynakError, Unavailable

REFUSED: Final = 3
"""Exit status: the work is refused, and the last line of the error output says why."""
_POLITE: Final = 10
"""How much the index steps back for the gateway (``nice``)."""


def _strip() -> None:
    sys.stdout.buffer.write(Dump(sys.stdin.buffer.read()).strip())
    sys.stdout.buffer.flush()


def _remember(journal: Path, number: int) -> None:
    from sandbox.chain.checkpoint import take  # noqa: PLC0415 - imports much; the rest begins soon

    os.nice(_POLITE)
    take(journal, number)


def _index(work: Path, index_path: Path, journal: Path) -> None:
    os.nice(_POLITE)
    about, data = read_work(work)
    index = HistoryIndex(index_path, about["genesis"])
    try:
        upto, _ = index.upto()
        blocks = [block for block in about["blocks"] if int(block["number"], 16) > upto]
        wanted = {tx_hash for block in blocks for tx_hash in block["transactions"]}
        offsets = _offsets(journal, Place.from_dict(about["resume"]), wanted)
        index.write(blocks, _placed(Dump(data), max(upto, about["after"]), offsets))
    finally:
        index.close()


def _placed(dump: Dump, after: int, offsets: dict[str, int]) -> Iterator[tuple[Mined, int]]:
    for mined in dump.history(after):
        yield mined, offsets[mined.hash]


def _offsets(journal: Path, start: Place, wanted: set[str]) -> dict[str, int]:
    """Where the records of transactions lie; the latest, when one came twice."""
    found = _found(journal, start, wanted)
    if len(found) != len(wanted):  # an epoch that was recorded as beginning too late
        found = _found(journal, Place(), wanted)
    if len(found) != len(wanted):
        raise IntegrityFailure("history.bad_work", reason="transactions that are not journalled")
    return found


def _found(journal: Path, start: Place, wanted: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    with journal.open("rb", buffering=1 << 20) as file:
        for stored in Scan(file, start):
            if stored.record.kind is Kind.TX and stored.record.body["hash"] in wanted:
                found[stored.record.body["hash"]] = stored.at.offset
                if len(found) == len(wanted):
                    break
    return found


def main(arguments: list[str]) -> None:
    """Do one piece of work."""
    try:
        if arguments[0] == "strip":
            _strip()
        elif arguments[0] == "remember":
            _remember(Path(arguments[1]), int(arguments[2]))
        else:
            _index(*(Path(each) for each in arguments[1:4]))
    except SynakError as error:
        kind = "Unavailable" if isinstance(error, Unavailable) else "IntegrityFailure"
        told: dict[str, Any] = {"kind": kind, "code": error.code, "params": error.params}
        sys.stderr.buffer.write(orjson.dumps(told, default=str) + b"\n")
        sys.exit(REFUSED)


if __name__ == "__main__":
    main(sys.argv[1:])
