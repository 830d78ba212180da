"""Investigations: a lab of a course in which each trainee has a case of their own.

Rules:

1. A trainee starts a case between opening and due date, as often as the trainer allows. Each
   attempt is another case; its answer is handed in once, and the case is closed then.
2. An attempt that the trainer reset does not count. Its number is not given again: the next case
   is another one.
3. What a trainee collects is a draft until it is handed in; the answer is made of the draft alone.
4. The truth is shown to trainers alone: once the due date has passed, or by an act of theirs that
   stands in the audit log.
5. While a trainer has paused it, no trainee starts, changes or hands in anything
   (``domain.investigation_pauses``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sandbox.domain.coursework import CourseName
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName

LABS: Final = ("P3", "P4", "P5", "P6", "P9")
"""Labs of the police course that can be opened."""
DIFFICULTIES: Final = ("easy", "medium", "hard")
MOST_ATTEMPTS: Final = 9
LONGEST_NOTE: Final = 500
MOST_HOPS: Final = 5_000
"""Rows of a hop ledger, as many as are marked."""
_DIGITS: Final = re.compile(r"0|[1-9][0-9]{0,77}", re.ASCII)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}", re.ASCII)
_PLACE: Final = re.compile(r"(?:kgst|som|usdkg)(?:/(?:0|[1-9][0-9]{0,8})){3}", re.ASCII)


class Opinion(StrEnum):
    """What a trainee thinks of an address."""

    THIEVES = "thieves"
    SERVICE = "service"
    INNOCENT = "innocent"


@dataclass(frozen=True, slots=True)
class Investigation:
    """A lab that a trainer opened in a course.

    Attributes:
        lab: of the curriculum.
        difficulty: the recipe by which cases are planned.
        attempts: how many cases each trainee may start.
        secret: hex; cases follow from it, no page and no interface gives it away.
        paused_at: since when nobody may work; None: it goes on.
        pause_reason: why, as trainees read it.
        pause_extends: whether the due date moves by the pause; it does when the pause ends.
        resumed_at: the end of the last pause.
        code: names the one case that all have; empty: each has another one.
    """

    id: str
    course: CourseName
    lab: str
    difficulty: str
    opens: datetime
    due: datetime
    attempts: int
    secret: str = field(repr=False)
    opened_by: AccountName
    opened_at: datetime
    paused_at: datetime | None = None
    pause_reason: str = ""
    pause_extends: bool = False
    resumed_at: datetime | None = None
    code: str = ""
    revision: int = 1

    def is_over(self, at: datetime) -> bool:
        """Whether the due date has passed; in a pause that moves it, it does not pass."""
        return at >= self.due and not (self.paused_at is not None and self.pause_extends)


@dataclass(frozen=True, slots=True)
class Draft:
    """What a trainee has collected so far.

    Attributes:
        policy: that was declared; empty: none yet.
        opinions: by address in lower case.
        notes: by address in lower case, the trainee's own words.
        hops: traced minor units, digits, by place (``kgst/12/0/0``).
        located: minor units, digits, by ledger and address (``kgst/0x…``).
        more: what else an answer from a file says: attribution, method, texts and so on.
    """

    policy: str = ""
    opinions: Mapping[str, str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    hops: Mapping[str, str] = field(default_factory=dict)
    located: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def thieves(self) -> tuple[str, ...]:
        """The addresses that are said to be the thieves', sorted."""
        wanted = Opinion.THIEVES.value
        return tuple(sorted(each for each, said in self.opinions.items() if said == wanted))

    def of(self, opinion: Opinion) -> frozenset[str]:
        """The addresses of which something is thought."""
        return frozenset(each for each, said in self.opinions.items() if said == opinion.value)

    def judged(self, address: str, opinion: str, note: str) -> Draft:
        """With an opinion of an address and a note; an empty one takes it away.

        Raises:
            InvalidInput: ``investigation.opinion``, ``investigation.note_long``.
        """
        if opinion and opinion not in list(Opinion):
            raise InvalidInput("investigation.opinion", value=opinion[:20])
        said = note.strip()
        if len(said) > LONGEST_NOTE:
            raise InvalidInput("investigation.note_long", most=LONGEST_NOTE)
        return replace(
            self,
            opinions=_with(self.opinions, address, opinion),
            notes=_with(self.notes, address, said),
        )

    def with_hops(self, hops: Mapping[str, str]) -> Draft:
        """With rows of a hop ledger; a row that is there already is written anew.

        Raises:
            InvalidInput: ``investigation.hop``, ``investigation.amount``,
                ``investigation.hops_many``.
        """
        for place, amount in hops.items():
            if not _PLACE.fullmatch(place):
                raise InvalidInput("investigation.hop", value=place[:60])
            _amount(amount)
        found = {**self.hops, **hops}
        if len(found) > MOST_HOPS:
            raise InvalidInput("investigation.hops_many", most=MOST_HOPS)
        return replace(self, hops=found)

    def without_hops(self, places: Iterable[str]) -> Draft:
        """Without some rows."""
        gone = frozenset(places)
        return replace(self, hops={n: said for n, said in self.hops.items() if n not in gone})

    def as_answer(self) -> dict[str, Any]:
        """The answer as JSON values: what is handed in, exported, and sent by notebooks."""
        hops = []
        for place, amount in sorted(self.hops.items(), key=_in_order):
            ledger, block, transaction, log = place.split("/")
            numbers = {"block": int(block), "transaction": int(transaction), "log": int(log)}
            hops.append({"ledger": ledger, **numbers, "tainted": amount})
        located = []
        for place, amount in sorted(self.located.items()):
            ledger, _, address = place.partition("/")
            located.append({"ledger": ledger, "address": address, "amount": amount})
        return {
            **self.more,
            "policy": self.policy,
            "addresses": list(self.thieves),
            "hops": hops,
            "located": located,
        }


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One trainee's case.

    Attributes:
        attempt: from 1, of that trainee in the investigation.
        seal: the commitment to the truth, hex.
        public: the name of the content that may be seen.
        sealed: the name of the content that is the truth, with the salt of the seal.
        handed_in_at: closed then; None: it is worked on.
        reset_at: set aside by a trainer; None: it counts.
        shown_at: since when trainers may show the truth before the due date.
        worked_at: when the draft was last changed, or something done on it; None: not yet.
        tables: the name of what happened on the chains; None: the case is planned, not executed.
        engine: the name of what its nodes are started from; None likewise.
        team: whose case it is (``domain.investigation_teams``); None: the trainee's alone.
        approved: the SHA-256 of the answer that the team's prosecutor approved; empty: none.
    """

    id: str
    investigation: str
    trainee: AccountName
    attempt: int
    seal: str
    public: str
    sealed: str
    started_at: datetime
    draft: Draft
    handed_in_at: datetime | None = None
    reset_at: datetime | None = None
    shown_at: datetime | None = None
    worked_at: datetime | None = None
    tables: str | None = None
    engine: str | None = None
    team: int | None = None
    approved: str = ""
    revision: int = 1

    @property
    def is_open(self) -> bool:
        """Whether it is worked on."""
        return self.handed_in_at is None and self.reset_at is None


@dataclass(frozen=True, slots=True)
class SentAnswer:
    """What was handed in for a case.

    Attributes:
        sha256: of the canonical JSON.
        answer: the JSON values.
        marks: as ``sandbox.forensics.scoring`` gives them; None: marked later.
    """

    case: str
    at: datetime
    sha256: str
    answer: Mapping[str, Any]
    marks: Mapping[str, Any] | None = None
    marked_at: datetime | None = None


def check_opening(lab: str, difficulty: str, opens: datetime, due: datetime, attempts: int) -> None:
    """Refuse an investigation that cannot be.

    Raises:
        InvalidInput: ``investigation.lab``, ``investigation.difficulty``, ``investigation.window``,
            ``investigation.attempts``.
    """
    if lab not in LABS:
        raise InvalidInput("investigation.lab", known=", ".join(LABS))
    if difficulty not in DIFFICULTIES:
        raise InvalidInput("investigation.difficulty", known=", ".join(DIFFICULTIES))
    if due <= opens:
        raise InvalidInput("investigation.window")
    if not 1 <= attempts <= MOST_ATTEMPTS:
        raise InvalidInput("investigation.attempts", most=MOST_ATTEMPTS)


def check_time(found: Investigation, at: datetime) -> None:
    """Refuse work outside the time.

    Raises:
        Conflict: ``investigation.not_open_yet``: ``opens`` when; ``investigation.past_due``;
            ``investigation.paused``: ``reason``, in the trainer's words.
    """
    if at < found.opens:
        raise Conflict("investigation.not_open_yet", opens=found.opens.isoformat())
    if found.is_over(at):
        raise Conflict("investigation.past_due", due=found.due.isoformat())
    if found.paused_at is not None:
        raise Conflict("investigation.paused", reason=found.pause_reason)


def next_attempt(found: Investigation, own: tuple[CaseFile, ...]) -> int:
    """The number of a trainee's next case.

    Args:
        found: the investigation.
        own: their cases so far, also those that were reset.

    Raises:
        Conflict: ``investigation.attempts_used``.
    """
    if sum(each.reset_at is None for each in own) >= found.attempts:
        raise Conflict("investigation.attempts_used", attempts=found.attempts)
    return max((each.attempt for each in own), default=0) + 1


def check_truth(found: Investigation, case: CaseFile, at: datetime) -> None:
    """Refuse to show the truth too early.

    Raises:
        Conflict: ``investigation.truth_sealed``: ``due`` when it opens by itself.
    """
    if not found.is_over(at) and case.shown_at is None:
        raise Conflict("investigation.truth_sealed", due=found.due.isoformat())


def located_of(rows: Mapping[str, str]) -> dict[str, str]:
    """Checked amounts by ledger and address.

    Raises:
        InvalidInput: ``investigation.address``, ``investigation.amount``.
    """
    for place, amount in rows.items():
        if not _ADDRESS.fullmatch(place.partition("/")[2]):
            raise InvalidInput("investigation.address", value=place.partition("/")[2][:60])
        _amount(amount)
    return dict(rows)


def packed(draft: Draft) -> dict[str, Any]:
    """A draft as JSON values."""
    return {
        "policy": draft.policy,
        "opinions": dict(draft.opinions),
        "notes": dict(draft.notes),
        "hops": dict(draft.hops),
        "located": dict(draft.located),
        "more": dict(draft.more),
    }


def unpacked(said: Mapping[str, Any]) -> Draft:
    """A draft from its JSON values."""
    return Draft(**said)


def _with(found: Mapping[str, str], name: str, value: str) -> dict[str, str]:
    rest = {each: said for each, said in found.items() if each != name}
    return {**rest, name: value} if value else rest


def _amount(text: str) -> None:
    if not _DIGITS.fullmatch(text):
        raise InvalidInput("investigation.amount", value=text[:60])


def _in_order(row: tuple[str, str]) -> tuple[str, int, int, int]:
    ledger, *numbers = row[0].split("/")
    block, transaction, log = (int(each) for each in numbers)
    return ledger, block, transaction, log
