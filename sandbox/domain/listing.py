"""What a list is asked for: words, state, for whom a file waits, order and part.

Rules: a part has at most ``LARGEST`` lines; a count goes to ``MOST_COUNTED`` and then says "more";
what is out of range is brought into it, never an error: these are addresses that people keep.

>>> Search(limit=10_000, start=-3).limit, Search(start=-3).start
(500, 0)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from sandbox.domain.lifecycle import FileState
from sandbox.kit.ids import FileId, OrgId, PermitNumber

LARGEST: Final = 500
MOST_COUNTED: Final = 10_000
LONGEST_TEXT: Final = 80


class Order(StrEnum):
    """How a list is ordered; equal lines by their number."""

    CHANGED = "changed"
    OLDEST = "oldest"
    TITLE = "title"
    APPLICANT = "applicant"


class Waiting(StrEnum):
    """Which files of a list, by whom they wait for."""

    ALL = ""
    MINE = "mine"
    OTHERS = "others"


@dataclass(frozen=True)
class Search:
    """What of a list is wanted.

    Attributes:
        text: words that must be found in number, title, names or permit.
        state: of the file; empty for all.
        waiting: for whom.
        order: how.
        start: so many lines are left out.
        limit: at most so many lines.
        after: only what comes after this number (then ordered by number).
    """

    text: str = ""
    state: str = ""
    waiting: Waiting = Waiting.ALL
    order: Order = Order.CHANGED
    start: int = 0
    limit: int = 50
    after: str | None = None

    def __post_init__(self) -> None:
        """Bring everything into its range."""
        object.__setattr__(self, "text", self.text.strip()[:LONGEST_TEXT])
        object.__setattr__(self, "start", max(0, min(self.start, MOST_COUNTED)))
        object.__setattr__(self, "limit", max(1, min(self.limit, LARGEST)))

    @property
    def known_state(self) -> FileState | None:
        """The state, if there is one of that name."""
        return FileState(self.state) if self.state in set(FileState) else None


@dataclass(frozen=True)
class Waits:
    """How a reader's own and others' files are told apart.

    Attributes:
        mine: a file in one of these states waits for the reader.
        others: in one of these for somebody else.
        able: these files hold a proposal that the reader may countersign.
        proposed: these hold a proposal that somebody has to countersign.
    """

    mine: frozenset[FileState] = frozenset()
    others: frozenset[FileState] = frozenset()
    able: frozenset[FileId] = frozenset()
    proposed: frozenset[FileId] = frozenset()


@dataclass(frozen=True)
class ListedFile:
    """A file as lists need it: no answers, no signature."""

    id: FileId
    title: str
    org: OrgId
    org_name: str
    sponsor: OrgId | None
    sponsor_name: str | None
    state: FileState
    permit: PermitNumber | None
    updated_at: datetime


@dataclass(frozen=True)
class Found:
    """Lines of a list and how many there are.

    Attributes:
        lines: those asked for.
        total: all, counted to ``MOST_COUNTED``.
        more: whether there are more than were counted.
    """

    lines: tuple[ListedFile, ...] = field(default=())
    total: int = 0
    more: bool = False
