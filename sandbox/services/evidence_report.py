"""What the check of an evidence file found: each step, and each thing that was altered by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sandbox.kit.errors import SynakError
from sandbox.services.evidence_verdict import Obstacle, Verdict

MEANING: Final[Mapping[str, str]] = {
    "container": "is not a whole zip file",
    "too_large": "is larger than any evidence file is",
    "too_many": "has more that is wrong than is listed here",
    "missing": "is missing",
    "unexpected": "does not belong here",
    "not_canonical": "is not written as it was made",
    "malformed": "cannot be what was made",
    "digest": "is not what the manifest was made over",
    "manifest": "is not the manifest that the audit log names",
    "signature": "is not signed by the key it names",
    "other_key": "is signed by another key than the rest",
    "commitment": "is not what the audit log committed to",
    "proof": "is not proven by the signed head",
    "batch_proof": "is not in the batch that the audit log committed to",
    "no_batch": "names a batch that this file does not show",
    "order": "is not in its place",
    "hidden": "was left out against the manifest",
    "other_permit": "belongs to another permit",
    "raw": "is not what the signed transaction says",
    "header": "is not the header of the block that was sealed",
    "transaction_proof": "is not proven to be in its block",
    "receipt_proof": "is not proven to be the outcome in its block",
    "outcome": "contradicts the sealed record of the block",
    "document": "is not the document that was signed",
    "regulator_signature": "was not made by the address it names",
    "too_few_signatures": "is not signed by as many as it must be",
    "unpublished": "is not shown to have been taken by the Supervisor",
    "other_supervisor": "is of another Supervisor or chain than the manifest names",
    "outside": "lies outside the period and publishes no version",
    "rewritten": "contradicts a head that was kept: the log was rewritten",
}
"""Problem to its meaning, to be read behind the name of what is wrong."""

MOST_PROBLEMS: Final = 1_000
"""So many are listed: a file of nothing but wrong lines must not fill the memory."""


@dataclass(frozen=True)
class Problem:
    """One thing that is not what it was.

    Attributes:
        part: the part of the file.
        record: which record of it (``entry 12``, ``record 1034``, ``block 7``), or empty.
        field: which field of it, or empty.
        code: one of ``MEANING``.
    """

    part: str
    record: str
    field: str
    code: str

    def sentence(self) -> str:
        """In plain words."""
        name = ", ".join(each for each in (self.part, self.record, self.field) if each)
        return f"{name}: {MEANING[self.code]}"

    def as_dict(self) -> dict[str, str]:
        """As JSON."""
        return {
            "part": self.part,
            "record": self.record,
            "field": self.field,
            "code": self.code,
            "words": self.sentence(),
        }


@dataclass
class Report:
    """Everything that was checked.

    Attributes:
        steps: a step in plain words, and whether nothing was wrong in it.
        problems: what was altered.
        obstacles: what could not be checked.
        facts: what the file is about, for the reader.
    """

    steps: list[tuple[str, bool]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """What is said of the file."""
        if self.problems:
            return Verdict.ALTERED
        return Verdict.CANNOT_CHECK if self.obstacles else Verdict.WHOLE

    def cannot(self, code: str, detail: object = "") -> None:
        """Note what could not be checked."""
        self.obstacles.append(Obstacle(code, str(detail)))

    def add(self, part: str, record: str, field_name: str, code: str) -> None:
        """Note a problem, once."""
        problem = Problem(part, record, field_name, code)
        if len(self.problems) > MOST_PROBLEMS or problem in self.problems:
            return
        if len(self.problems) == MOST_PROBLEMS:
            problem = Problem("the file", "", "", "too_many")
        self.problems.append(problem)

    @contextmanager
    def step(self, words: str) -> Iterator[None]:
        """One step; nothing is said of one that could not be made."""
        problems, obstacles = len(self.problems), len(self.obstacles)
        yield
        sound = len(self.problems) == problems
        if not sound or len(self.obstacles) == obstacles:
            self.steps.append((words, sound))

    @contextmanager
    def reading(self, part: str, record: str = "") -> Iterator[None]:
        """Something that somebody may have written by hand: any form is possible."""
        try:
            yield
        except (SynakError, KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            code = getattr(error, "code", "")
            named = code.removeprefix("evidence.")
            found = named if named in {"not_canonical", "too_large"} else "malformed"
            self.add(part, record, "", found)
        except (RecursionError, OverflowError):
            self.add(part, record, "", "malformed")

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "verdict": self.verdict.value,
            "ok": self.verdict is Verdict.WHOLE,
            "facts": self.facts,
            "steps": [{"words": words, "ok": ok} for words, ok in self.steps],
            "problems": [each.as_dict() for each in self.problems],
            "not_checked": [each.as_dict() for each in self.obstacles],
        }
