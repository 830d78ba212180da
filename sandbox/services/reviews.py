"""The review: take up, ask, answer, return."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sandbox.domain.application import TEXT_LENGTH, plain_text
from sandbox.domain.calendar import day_of
from sandbox.domain.lifecycle import Act, find
from sandbox.domain.records import PermitFile, Question
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.seats import Actor, FileSeat, Right, require_act_of_law
from sandbox.kit.clock import utc
from sandbox.kit.errors import Conflict, InvalidInput, NotFound
from sandbox.kit.ids import FileId
from sandbox.services.access import applicants_file, readable_file
from sandbox.services.acts import earlier, move, remember, take_seat
from sandbox.services.files import file_view
from sandbox.services.timekeeping import meet, open_deadline
from sandbox.services.views import FileView
from sandbox.store import UnitOfWork


@dataclass(frozen=True)
class TakeUp:
    """Begin the review of a file."""

    file: FileId
    key: str | None = None


@dataclass(frozen=True)
class ReturnApplication:
    """Give the application back to the applicant, as a draft, with reasons."""

    file: FileId
    reasons: str
    key: str | None = None


@dataclass(frozen=True)
class AskQuestion:
    """Ask the applicant; ``due``: by when, else the rule's number of working days."""

    file: FileId
    text: str
    due: datetime | None = None
    key: str | None = None


@dataclass(frozen=True)
class AnswerQuestion:
    """Answer one question."""

    file: FileId
    question: str
    answer: str
    key: str | None = None


def take_up(u: UnitOfWork, actor: Actor, command: TakeUp, *, at: datetime) -> FileView:
    """Take a signed application under review.

    Raises:
        NotAllowed: ``seat.right_missing``, ``seat.second_seat_in_file``.
        Conflict: ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "take_up", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    file = regulators_file(u, actor, command.file, at=at)
    move(u, file, Act.TAKE_UP, actor=actor.account, at=at)
    remember(u, actor, "take_up", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def return_application(
    u: UnitOfWork, actor: Actor, command: ReturnApplication, *, at: datetime
) -> FileView:
    """Return an application; the sponsor's signature falls, since the text may change.

    Raises:
        InvalidInput: ``text.empty``.
        Conflict: ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "return_application", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    reasons = needed_text("reasons", command.reasons)
    file = regulators_file(u, actor, command.file, at=at)
    move(
        u,
        file,
        Act.RETURN,
        actor=actor.account,
        at=at,
        data={"reasons": reasons},
        sponsor_signature=None,
    )
    remember(u, actor, "return_application", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def ask_question(u: UnitOfWork, actor: Actor, command: AskQuestion, *, at: datetime) -> FileView:
    """Ask a question; the file waits for its answer.

    Raises:
        InvalidInput: ``text.empty``, ``question.due_in_the_past``.
        Conflict: ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.REVIEW, at)
    done = earlier(u, actor, "ask_question", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    text = needed_text("question", command.text)
    if command.due is not None and utc(command.due) <= at:
        raise InvalidInput("question.due_in_the_past", due=command.due.isoformat())
    file = regulators_file(u, actor, command.file, at=at)
    find(file.state, Act.ASK)
    number = uuid.uuid4().hex
    due = u.calendar.calendar().end_on(day_of(command.due)) if command.due else None
    deadline = open_deadline(u, file.id, DeadlineKind.ANSWER, at=at, subject=number, due=due)
    question = u.questions.add(
        Question(
            id=number,
            file=file.id,
            text=text,
            asked_by=actor.account,
            asked_at=at,
            due=deadline.due,
        )
    )
    move(
        u,
        file,
        Act.ASK,
        actor=actor.account,
        at=at,
        data={"question": question.id, "text": text, "due": deadline.due.isoformat()},
    )
    remember(u, actor, "ask_question", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def answer_question(
    u: UnitOfWork, actor: Actor, command: AnswerQuestion, *, at: datetime
) -> FileView:
    """Answer a question; with the last open one answered the review goes on.

    Raises:
        InvalidInput: ``text.empty``.
        NotFound: ``question.not_found``.
        Conflict: ``question.answered``, ``lifecycle.not_from_here``.
    """
    require_act_of_law(actor, Right.APPLY, at)
    done = earlier(u, actor, "answer_question", command.key)
    if done is not None:
        return file_view(u, actor, done, at=at)
    answer = needed_text("answer", command.answer)
    file = applicants_file(u, actor, command.file)
    find(file.state, Act.ANSWER)
    take_seat(u, file, actor, FileSeat.APPLICANT, at=at)
    questions = {each.id: each for each in u.questions.of_file(file.id)}
    question = questions.get(command.question)
    if question is None:
        raise NotFound("question.not_found", id=command.question[:40])
    if question.answer is not None:
        raise Conflict("question.answered", id=question.id)
    u.questions.save(replace(question, answer=answer, answered_by=actor.account, answered_at=at))
    meet(u, file.id, DeadlineKind.ANSWER, question.id, at=at)
    data = {"question": question.id, "answer": answer}
    if all(each.answer is not None for each in questions.values() if each.id != question.id):
        move(u, file, Act.ANSWER, actor=actor.account, at=at, data=data)
    else:
        u.audit.append(kind="file.answered", actor=actor.account, subject=file.id, data=data, at=at)
    remember(u, actor, "answer_question", command.key, file.id, at=at)
    return file_view(u, actor, file.id, at=at)


def regulators_file(u: UnitOfWork, actor: Actor, file_id: FileId, *, at: datetime) -> PermitFile:
    """A submitted file, held for writing, with the actor in a regulator's seat.

    Raises:
        NotFound: ``file.not_found``.
        NotAllowed: ``seat.second_seat_in_file``.
    """
    file = readable_file(u, actor, file_id, lock=True)
    take_seat(u, file, actor, FileSeat.REGULATOR, at=at)
    return file


def needed_text(field: str, text: str) -> str:
    """A text that must say something.

    Raises:
        InvalidInput: ``text.empty`` and the codes of ``plain_text``.
    """
    tidy = plain_text(field, text, limit=TEXT_LENGTH)
    if not tidy:
        raise InvalidInput("text.empty", field=field)
    return tidy
