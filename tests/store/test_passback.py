"""Marks for platforms that a teacher writes while the worker does."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

from sandbox.domain.passback import MarkState, OutsideMark
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.kit.errors import Conflict
from sandbox.store.passback_tables import OutsideMarks

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
AIGUL = Account("aigul", "Aigul", "p-aigul", None, (Seat.STUDENT,), "ky", True, AT)
ONE = OutsideMark(
    platform="moodle",
    course="money",
    assignment="lab",
    student=AIGUL.name,
    subject="m-77",
    line_item="https://lms.example/items/1",
    line_items="",
    release="0" * 32,
    score=2.0,
    points=4.0,
    state=MarkState.WAITING,
    said_at=AT,
    next_at=AT,
)


def test_what_a_teacher_switches_off_the_worker_does_not_write_meanwhile(store):
    with store.unit() as u:
        u.accounts.add(AIGUL)
        OutsideMarks(u.session).add(ONE)
        u.commit()
    with store.unit(read_only=True) as u:
        (seen,) = OutsideMarks(u.session).of("money")
    said = []

    def work():
        with store.unit() as u:
            try:
                OutsideMarks(u.session).save(replace(seen, state=MarkState.SENT))
                u.commit()
            except Conflict as error:
                said.append(error.code)

    worker = threading.Thread(target=work)
    with store.unit() as u:
        marks = OutsideMarks(u.session)
        (found,) = marks.of("money", "lab", lock=True)
        worker.start()
        worker.join(0.5)
        marks.save(replace(found, state=MarkState.HELD))
        u.commit()
    worker.join(10)
    assert said == ["store.changed_meanwhile"]
    with store.unit(read_only=True) as u:
        assert OutsideMarks(u.session).of("money")[0].state is MarkState.HELD
