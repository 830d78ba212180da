"""Orders of cases: a case is executed before somebody starts it, or as soon as they did.

Rules:

1. An order is of one attempt of one trainee. A class's are placed when an investigation is opened,
   or by a press; the next attempt's after a hand-in or a reset.
2. Who started and waits is served first, in the order of starting; then the others, in the order of
   their placing.
3. What fails for a passing reason is tried ``MOST_TRIES`` times; what was interrupted is begun
   again.
4. An order ends when its case is started. It is taken away when its investigation is past due, or
   when the attempt has a case from elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sandbox.domain.classroom import JobState
from sandbox.kit.ids import AccountName

MOST_TRIES: Final = 3
LONGEST: Final = timedelta(minutes=15)
"""After so long an execution counts as interrupted."""
MOST_PLACED: Final = 500
"""Orders of one investigation that may wait or lie ready at a time."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Where the parts of a case are kept, each by the name of its content.

    Attributes:
        seal: the commitment to the truth, hex.
        public: what may be seen, canonical JSON.
        sealed: the truth, with the salt of the seal.
        tables: what happened on the chains, as the file that trainees download; None: the case is
            planned, and was not executed.
        engine: what nodes are started from; None likewise.
    """

    seal: str
    public: str
    sealed: str
    tables: str | None = None
    engine: str | None = None


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """One case to be executed.

    Attributes:
        wanted_at: since when the trainee waits for it; None: nobody started it yet.
        begun_at: when its execution began last.
        tries: how often it was begun.
        error: why it failed, by its code.
        made: where it is kept; None: not there yet.
    """

    id: str
    investigation: str
    trainee: AccountName
    attempt: int
    state: JobState
    ordered_at: datetime
    wanted_at: datetime | None = None
    begun_at: datetime | None = None
    tries: int = 0
    error: str | None = None
    made: Prepared | None = None
    revision: int = 1

    @property
    def waits(self) -> bool:
        """Whether somebody is still to execute it, or does."""
        return self.state in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the cases of an investigation's trainees are prepared.

    Attributes:
        ready: trainees who have a case, or whose next one is there.
        waiting: orders that wait or are executed.
        failed: orders that failed.
        of: trainees who may still start one, or have one.
        code: why the last one failed; empty: none did.
    """

    ready: int
    waiting: int
    failed: int
    of: int
    code: str = ""
