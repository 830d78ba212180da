"""Messages of a trainer to those who work on a case: news that come in at a moment.

Rules:

1. A message goes to all trainees or to one, and appears at a moment of the clock, or so many
   minutes after each case was started. Who starts later than the moment finds it there.
2. A case that was closed before gets none. In a pause nothing new appears; what fell into it does
   when it ends.
3. It can be withdrawn until it has appeared in somebody's case; then it stays.
4. It is a text that was prepared (by its key, so that each reads it in their language), words of
   the trainer's own, or both. Nobody but people writes it: nothing of a truth gets into it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sandbox.domain.investigations import CaseFile, Investigation
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName

LONGEST_WORDS: Final = 1_000
LONGEST_WAIT: Final = 7 * 24 * 60
"""Minutes after the start."""
MOST_MESSAGES: Final = 100
"""Of one investigation."""


class Prepared(StrEnum):
    """Texts that are there in every language."""

    VICTIM = "victim"
    EXCHANGE = "exchange"
    PRESS = "press"
    PROSECUTOR = "prosecutor"
    LAWYER = "lawyer"
    CHIEF = "chief"
    TAG = "tag"


@dataclass(frozen=True, slots=True)
class Message:
    """What a trainer sends.

    Attributes:
        trainee: None: all.
        prepared: the key of a prepared text; empty: none.
        words: the trainer's own; empty: none.
        at: when it appears; None: by ``after``.
        after: minutes after the start of each case; None: by ``at``.
        withdrawn_at: it appears nowhere then.
    """

    id: str
    investigation: str
    trainee: AccountName | None
    prepared: str
    words: str
    at: datetime | None
    after: int | None
    sent_by: AccountName
    sent_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: AccountName | None = None

    def moment(self, case: CaseFile, people: Collection[AccountName]) -> datetime | None:
        """When it appears in a case.

        Args:
            case: somebody's.
            people: whose case it is.

        Returns:
            None: never: it is withdrawn, for somebody else, or the case was closed before.
        """
        if self.withdrawn_at is not None or self.trainee not in {None, *people}:
            return None
        if self.at is not None:
            found = max(self.at, case.started_at)
        else:
            found = case.started_at + timedelta(minutes=self.after or 0)
        closed = [each for each in (case.handed_in_at, case.reset_at) if each is not None]
        return None if closed and found > min(closed) else found


def check_message(message: Message, there: int) -> None:
    """Refuse a message that cannot be.

    Args:
        message: as it would be kept.
        there: how many the investigation has.

    Raises:
        InvalidInput: ``investigation.message_text``, ``investigation.message_time``.
        Conflict: ``investigation.messages_many``.
    """
    known = not message.prepared or message.prepared in list(Prepared)
    if not known or not (message.prepared or message.words) or len(message.words) > LONGEST_WORDS:
        raise InvalidInput("investigation.message_text", most=LONGEST_WORDS)
    by_clock = message.after is None and message.at is not None and message.at >= message.sent_at
    by_start = message.at is None and message.after is not None
    if not by_clock and not (by_start and 0 <= (message.after or 0) <= LONGEST_WAIT):
        raise InvalidInput("investigation.message_time", most=LONGEST_WAIT)
    if there >= MOST_MESSAGES:
        raise Conflict("investigation.messages_many", most=MOST_MESSAGES)


def appeared(
    found: Investigation,
    messages: Iterable[Message],
    case: CaseFile,
    people: Collection[AccountName],
    at: datetime,
) -> tuple[tuple[datetime, Message], ...]:
    """The messages that stand in a case by now, the newest first, each with its moment."""
    now = found.paused_at or at
    moments = ((each.moment(case, people), each) for each in messages)
    shown = [(moment, each) for moment, each in moments if moment is not None and moment <= now]
    return tuple(sorted(shown, key=lambda pair: (pair[0], pair[1].sent_at), reverse=True))
