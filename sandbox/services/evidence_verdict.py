"""The verdicts on an evidence file, and what keeps a check from being made.

Rules:

1. ``whole``: everything was checked and nothing was altered. ``altered``: something is not what
   it was, or is missing. ``cannot_check``: nothing was found to be altered, and something that
   was asked could not be checked.
2. What was altered outweighs what could not be checked.
3. A verdict is never given about what the reader typed or kept: a key or a head that does not
   fit says so, with what to do.

>>> [f"{verdict} {code}" for verdict, code in EXIT_CODES.items()]
['whole 0', 'altered 1', 'cannot_check 2']
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """What is said of a file in the end."""

    WHOLE = "whole"
    ALTERED = "altered"
    CANNOT_CHECK = "cannot_check"


EXIT_CODES: Final[Mapping[Verdict, int]] = {
    Verdict.WHOLE: 0,
    Verdict.ALTERED: 1,
    Verdict.CANNOT_CHECK: 2,
}
"""With which the command ends."""

REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "file_missing": ("there is no such file: {detail}", "check the path"),
    "file_unreadable": (
        "the file cannot be read: {detail}",
        "copy it again, or ask for the right to read it",
    ),
    "unknown_format": (
        "the file is of the format {detail}, which this program does not know",
        "check it with the version of the program that knows this format",
    ),
    "key_malformed": (
        "the key given is not 64 hexadecimal digits",
        "copy the platform's public key again",
    ),
    "other_key": (
        "the file is signed by {detail}, which is not the key given",
        "compare them digit by digit: if the key given is right, this is not the platform's file",
    ),
    "head_unreadable": (
        "the kept head cannot be read: {detail}",
        "give the JSON of GET /desk/api/v1/audit/head, or the SDK's file of one log",
    ),
    "head_unsigned": (
        "the kept head is not signed by the key it names",
        "take another copy of the head",
    ),
    "head_of_other_key": (
        "the file is signed by {detail}, which is not the key of the kept head",
        "see that the head is of the same platform: if so, this is not the platform's file",
    ),
    "head_newer": (
        "the kept head is newer than the file, which was made over {detail} entries",
        "compare a head of at most so many entries, or ask for a file made after the kept head",
    ),
    "head_between": (
        "the file has no proof for a head of {detail} entries",
        "compare another kept head: those of log/heads.jsonl have a proof",
    ),
}
"""What keeps a check from being made: why, and what to do."""


@dataclass(frozen=True)
class Obstacle:
    """One thing that could not be checked.

    Attributes:
        code: one of ``REASONS``.
        detail: what the words name.
    """

    code: str
    detail: str = ""

    @property
    def why(self) -> str:
        """Why, in plain words."""
        return REASONS[self.code][0].format(detail=self.detail)

    @property
    def advice(self) -> str:
        """What to do."""
        return REASONS[self.code][1]

    def as_dict(self) -> dict[str, str]:
        """As JSON."""
        return {"code": self.code, "words": self.why, "what_to_do": self.advice}
