"""A report as data: order, questions, findings, conclusion, annexes.

Rules:

1. Every question of the order is answered once. An answer names the findings on which it rests, a
   finding the entries of the exhibit's chain of custody: from a sentence to bytes in three steps.
2. Method, sums and hashes are taken from the exhibit when the paper is made, and every trace is
   made again first: what a report says of them cannot be typed wrong.
3. A form may be printed with what is missing left open; a report may not.
4. A report is JSON: edited, kept and compared like any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from sandbox.forensics.asset import Asset
from sandbox.forensics.errors import CannotReport
from sandbox.forensics.exhibits.custody import items
from sandbox.forensics.exhibits.exhibit import Exhibit

NEEDED: Final = ("number", "date", "order.number", "order.date", "order.by", "specialist.name")
"""What a report may not leave open."""


class Order(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By which the report was asked for.

    Attributes:
        number: of the order.
        date: as it is written on it.
        by: who ordered it: office and role; a name is not needed.
        case: the case's number.
        received: when the specialist received it.
    """

    number: str = ""
    date: str = ""
    by: str = ""
    case: str = ""
    received: str = ""


class Specialist(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who reports: name or pseudonym, position, education and experience."""

    name: str = ""
    position: str = ""
    education: str = ""
    experience: str = ""


class Finding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was found: in words, with the numbers of the entries (from 1) that show it."""

    text: str
    entries: tuple[int, ...]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To the question of that number (from 1), with the findings (from 1) that carry it."""

    question: int
    text: str
    findings: tuple[int, ...]


class Annex(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the exhibit with a title; a CSV is printed, of others the hash is."""

    title: str
    file: str


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a specialist writes; see the module.

    Attributes:
        number: of the report.
        date: of the report, as it is to be written.
        place: where it was made.
        order: by which it was asked for.
        specialist: who reports.
        asset: in what amounts are written.
        materials: what was given, beside the exhibit.
        questions: as the order puts them.
        findings: in order.
        answers: one to each question.
        limits: what was not looked at, known error rates, other readings.
        annexes: in order.
    """

    number: str = ""
    date: str = ""
    place: str = ""
    order: Order = Order()
    specialist: Specialist = Specialist()
    asset: Asset = Asset()
    materials: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    answers: tuple[Answer, ...] = ()
    limits: str = ""
    annexes: tuple[Annex, ...] = ()

    @classmethod
    def of(cls, exhibit: Exhibit, *, questions: Sequence[str]) -> Report:
        """A report to be filled in, with each hop ledger of an exhibit as an annex."""
        ledgers = [name.removesuffix(".json") for name in exhibit.traces]
        annexes = tuple(Annex(name, f"{name}.csv") for name in ledgers)
        return cls(questions=tuple(questions), annexes=annexes)

    @classmethod
    def read(cls, content: bytes | str) -> Report:
        """A report from its JSON.

        Raises:
            CannotReport: ``specialist.malformed``.
        """
        try:
            return msgspec.json.decode(content, type=cls)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise CannotReport("specialist.malformed", reason=str(error)[:200]) from error

    def with_(self, **changes: Any) -> Report:
        """The report with some fields as given.

        Raises:
            CannotReport: ``specialist.malformed``: no such field, or not of its form.
        """
        try:
            changed = msgspec.structs.replace(self, **changes)
            return msgspec.convert(msgspec.to_builtins(changed), Report)
        except (TypeError, msgspec.ValidationError) as error:
            raise CannotReport("specialist.malformed", reason=str(error)[:200]) from error

    def json(self) -> bytes:
        """The report as JSON, indented for people."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    def check(self, exhibit: Exhibit) -> None:
        """Whether it may go out.

        Args:
            exhibit: on which it rests.

        Raises:
            CannotReport: ``specialist.field_missing``, ``specialist.no_question``,
                ``specialist.question_unanswered``, ``specialist.answer_unknown``,
                ``specialist.answer_unfounded``, ``specialist.finding_unfounded``,
                ``specialist.annex_unknown``: the first that is wrong.
        """
        for problem in self._problems(exhibit):
            raise problem

    def _problems(self, exhibit: Exhibit) -> Iterator[CannotReport]:
        yield from self._open_fields()
        if not self.questions:
            yield CannotReport("specialist.no_question")
        yield from self._wrong_answers()
        for number, finding in enumerate(self.findings, 1):
            if not finding.text.strip() or not _within(finding.entries, len(exhibit.entries)):
                yield CannotReport("specialist.finding_unfounded", finding=number)
        for annex in self.annexes:
            if annex.file not in items(exhibit.entries):
                yield CannotReport("specialist.annex_unknown", name=annex.file[:80])

    def _wrong_answers(self) -> Iterator[CannotReport]:
        answered = [each.question for each in self.answers]
        for number, question in enumerate(self.questions, 1):
            said = [each.text for each in self.answers if each.question == number]
            if not question.strip() or not said or not said[0].strip():
                yield CannotReport("specialist.question_unanswered", question=number)
        for each in self.answers:
            number = each.question
            if answered.count(number) > 1 or not 1 <= number <= len(self.questions):
                yield CannotReport("specialist.answer_unknown", question=number)
            if not _within(each.findings, len(self.findings)):
                yield CannotReport("specialist.answer_unfounded", question=number)

    def _open_fields(self) -> Iterator[CannotReport]:
        for field in NEEDED:
            value: Any = self
            for part in field.split("."):
                value = getattr(value, part)
            if not value.strip():
                yield CannotReport("specialist.field_missing", field=field)


def _within(numbers: tuple[int, ...], most: int) -> bool:
    """At least one, and each from 1 to ``most``."""
    return bool(numbers) and all(1 <= each <= most for each in numbers)
