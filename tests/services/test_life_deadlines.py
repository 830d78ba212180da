"""Deadlines that run on their own: reminders, lapses, two workers at once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.services import holders
from sandbox.services.automatic import (
    DecideAutomatic,
    confirm_automatic,
    lift_automatic,
    look_at,
    run_deadlines,
)
from sandbox.services.holders import LeavePermit
from sandbox.services.reviews import (
    AnswerQuestion,
    AskQuestion,
    ReturnApplication,
    answer_question,
    ask_question,
    return_application,
)
from tests.services.life import (
    WEEKS,
    later,
    lines,
    of,
    on_duty,
)

# deadlines


def test_a_question_has_a_deadline_in_working_days_and_the_authoritys_stands_still(world):
    file = world.reviewed()
    before = lines(world, file.id)["decision", "open"]
    asked = world.do(ask_question, "ermek", AskQuestion(file.id, "Who answers at night?"))
    (question,) = asked.questions
    now = lines(world, file.id)
    assert now["answer", "open"].due == question.due
    assert now["decision", "paused"].kind == "decision"
    later(world, timedelta(days=30))
    late = lines(world, file.id)["answer", "open"]
    assert late.overdue is True
    kinds = [each.kind for each in world.file(file.id).timeline]
    assert (kinds.count("file.reminded"), kinds.count("file.overdue")) in {(0, 1), (1, 0), (1, 1)}
    answer = AnswerQuestion(file.id, question.id, "Two people.")
    world.do(answer_question, "aigul", answer)
    now = lines(world, file.id)
    assert ("answer", "met") in now
    assert now["decision", "open"].due >= before.due + timedelta(days=28)


def test_a_reminder_comes_before_the_end_and_each_once(world):
    file = world.submitted()
    for days in (10, 10, 20, 20, 40):
        later(world, timedelta(days=days))
    kinds = [each.kind for each in world.file(file.id).timeline]
    assert kinds.count("file.overdue") == 1
    assert kinds.count("file.reminded") <= 1


def test_a_returned_application_lapses_in_the_interim_and_is_lifted_or_confirmed(world):
    file = world.reviewed()
    returned = ReturnApplication(file.id, "The plan.")
    assert world.do(return_application, "ermek", returned).state == "draft"
    later(world, timedelta(days=60))
    assert world.file(file.id).state == "lapsed"
    on_duty(world)
    lift = DecideAutomatic(file.id, "The applicant was ill.")
    assert world.do(lift_automatic, "gulnara", lift, ports=True).state == "draft"
    world.clock.ahead = timedelta(days=120)
    run_deadlines(world.worker.desk)
    assert world.file(file.id).state == "lapsed"
    on_duty(world)
    confirm = DecideAutomatic(file.id, "Nobody answers.")
    assert world.do(confirm_automatic, "gulnara", confirm, ports=True).state == "withdrawn"


def test_a_draft_that_was_never_submitted_does_not_lapse(world):
    saved = world.drafted()
    later(world, timedelta(days=400))
    assert world.file(saved.file, "aigul").state == "draft"


def test_two_workers_at_once_draw_one_consequence(world):
    number = world.active()
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    world.clock.ahead = WEEKS
    with world.store.unit(read_only=True) as u:
        due = [each.id for each in u.deadlines.to_look_at(world.at)]
    barrier = threading.Barrier(2)

    def work():
        barrier.wait()
        for each in due:
            with world.store.unit() as u:
                look_at(u, each, at=world.at)
                u.commit()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_deadlines(world.worker.desk)
    file = world.file(of(world, number))
    kinds = [each.kind for each in file.timeline]
    assert (file.state, kinds.count("file.sponsor_gone")) == ("suspended", 1)


def test_a_worker_that_ends_before_the_commit_has_done_nothing_and_the_next_does_it(world):
    number = world.active()
    world.do(holders.leave, "damira", LeavePermit(number, "A new board."))
    world.clock.ahead = WEEKS

    class Ended(Exception):
        """The process ends here."""

    def end(_step):
        raise Ended

    with pytest.raises(Ended):
        run_deadlines(replace(world.worker.desk, at_step=end))
    assert world.file(of(world, number)).state == "active"
    for _ in range(3):
        run_deadlines(world.worker.desk)
    kinds = [each.kind for each in world.file(of(world, number)).timeline]
    assert kinds.count("file.sponsor_gone") == 1
