"""What the database itself must hold, on SQLite and on PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.classroom import Action, ActionKind, Job, JobState
from sandbox.domain.coursework import AssignmentName, Bundle, CourseName
from sandbox.domain.receipts import ReceiptKey
from sandbox.kit.errors import Conflict
from sandbox.services.classroom_exchange import submit
from sandbox.services.classroom_people import person_in, seed_course
from sandbox.services.classroom_queue import read_marks
from sandbox.services.classroom_room import COUNTER, Room
from sandbox.store.classroom import Actions, Jobs, Marks
from sandbox.store.classroom_blobs import Blobs
from tests.store.conftest import empty_store, postgres, store

__all__ = ["empty_store", "postgres", "store"]
AT = datetime(2026, 11, 21, 9, 0, 0, 5, tzinfo=UTC)
COURSE, LAB = CourseName("digital-money"), AssignmentName("lab")
KEY = ReceiptKey.from_seed(bytes(32))


@pytest.fixture
def course(store):
    with store.unit() as u:
        seed_course(u, AT, teachers=["kanat"], students=["lira"])
        Actions(u.session).add(
            Action(u.counters.next(COUNTER), "r", AT, "kanat", ActionKind.RELEASED, COURSE, LAB,
                   None, "0" * 64, {"master": "m", "titles": {}, "points": 1.0})
        )  # fmt: skip
        u.commit()
    return store


@pytest.fixture
def released(course, tmp_path):
    blobs = Blobs(tmp_path / "blobs")
    with course.unit() as u:
        from sandbox.store.classroom import Bundles

        stored = blobs.put_bundle(Bundle.of({"a.txt": b"x"}))
        Bundles(u.session).remember(type(stored)("0" * 64, stored.entries))
        u.commit()
    return course, blobs


def hand_in(course, blobs, text):
    with course.unit() as u:
        room = Room(u, person_in(u, "lira", COURSE, AT), AT, blobs, KEY)
        receipt = submit(room, LAB, Bundle.of({"a.txt": text.encode()}))
        u.commit()
    return receipt


@pytest.mark.parametrize("act", ["UPDATE classroom_action SET actor = 'x'", "DELETE FROM {}"])
def test_what_happened_cannot_be_changed(course, act):
    with pytest.raises(Exception, match="append only"), course.engine.begin() as connection:
        connection.exec_driver_sql(act.format("classroom_action"))


def test_the_same_post_eight_times_at_once_is_one_submission(released):
    course, blobs = released
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(lambda _n: hand_in(course, blobs, "same"), range(8)))
    assert len({receipt["body"]["submission"] for receipt in receipts}) == 1
    assert len({receipt["signature"] for receipt in receipts}) == 1


def test_times_come_back_to_the_microsecond(released):
    course, blobs = released
    receipt = hand_in(course, blobs, "x")
    with course.unit(read_only=True) as u:
        action = Actions(u.session).by_id(receipt["body"]["submission"])
    assert action.at == AT


def test_one_job_per_submission_and_master(course):
    def job(name):
        return Job(name, "s", COURSE, LAB, "m", JobState.QUEUED, 0, 0, AT)

    with course.unit() as u:
        Jobs(u.session).add(job("a"))
        u.commit()
    with pytest.raises(Conflict), course.unit() as u:  # noqa: PT012 (the unit speaks at its end)
        Jobs(u.session).add(job("b"))
        u.commit()


def test_workers_side_by_side_take_each_job_once(course):
    def take(_worker):
        taken = []
        while True:
            with course.unit() as u:
                free = Jobs(u.session).next_free(AT)
                if free is None:
                    return taken
                lease = AT + timedelta(minutes=1)
                Jobs(u.session).save(replace(free, state=JobState.RUNNING, lease_until=lease))
                u.commit()
            taken.append(free.id)

    names = [f"job{number}" for number in range(12)]
    with course.unit() as u:
        for name in names:
            Jobs(u.session).add(Job(name, name, COURSE, LAB, "m", JobState.QUEUED, 0, 0, AT))
        u.commit()
    with ThreadPoolExecutor(4) as pool:
        found = [name for taken in pool.map(take, range(4)) for name in taken]
    assert sorted(found) == sorted(names)


def test_next_job_is_by_priority_then_age_and_takes_lapsed_leases(course):
    with course.unit() as u:
        jobs = Jobs(u.session)
        for name, priority, age, state, lease in (
            ("old", 0, 3, JobState.QUEUED, None),
            ("first", 1, 1, JobState.QUEUED, None),
            ("held", 5, 9, JobState.RUNNING, AT + timedelta(minutes=1)),
            ("lapsed", 2, 0, JobState.RUNNING, AT - timedelta(minutes=1)),
            ("done", 9, 9, JobState.DONE, None),
        ):
            at = AT - timedelta(hours=age)
            jobs.add(Job(name, name, COURSE, LAB, "m", state, priority, 1, at, lease))
        order = []
        while (free := jobs.next_free(AT)) is not None:
            order.append(free.id)
            jobs.save(type(free)(**{n: getattr(free, n) for n in free.__slots__} | {
                "state": JobState.DONE}))  # fmt: skip
        assert order == ["lapsed", "first", "old"]


def test_words_of_a_student_that_a_database_refuses_lose_no_marks(course):
    why = {"kind": "raised", "name": "ValueError", "message": "a\x00b\ud800"}
    told = {"cell": "q1", "title": "1", "points": 2, "mark": 0, "status": "failed", "reason": why}
    job = Job("j", "s", COURSE, LAB, "m", JobState.RUNNING, 0, 1, AT)
    marks = read_marks(job, {"notebooks": [{"notebook": "lab", "cells": [told]}]})
    with course.unit() as u:
        Marks(u.session).replace("s", marks)
        u.commit()
    with course.unit(read_only=True) as u:
        (kept,) = Marks(u.session).of("s")
    assert kept.reason == {**why, "message": "a?b?"}
