"""An investigation on pages: opened, started, traced, answered, followed; nothing sealed shown."""

from __future__ import annotations

import pytest

from sandbox.services.classroom_people import seed_course
from tests.web.course_world import PAGE
from tests.web.investigation_world import ALL, kept, opened, started
from tests.web.lesson_world import school


@pytest.fixture
def course(desk):
    school(desk, "asan")
    return desk


def test_walk(course):
    place = opened(course)
    cover = started(course, place)
    lira = course.browser("lira")
    for end in ("", "/search", "/search?moment=2026-03-10T10:00", "/trace", "/answer"):
        sent = lira.get(cover + end)
        assert sent.status_code == 200, sent.text[-2000:]
    public, sealed = kept(course, cover)
    address = public.reports[0].transaction.payee.lower()
    sent = lira.get(f"{cover}/addresses/{address}")
    assert sent.status_code == 200, sent.text[-2000:]
    sent = lira.post(f"{cover}/trace", {"what": "hops", "policy": "fifo", "tags": "yes"})
    assert sent.status_code == 303, sent.text[-2000:]
    sent = lira.post(f"{cover}/trace", {"what": "located", "policy": "fifo", "tags": "yes"})
    assert sent.status_code == 303
    sent = lira.post(f"{cover}/addresses/{address}", {"opinion": "thieves", "note": "x"})
    assert sent.status_code == 303
    assert lira.get(f"{cover}/answer").status_code == 200
    lira.post(f"{cover}/policy", {"policy": "fifo"})
    sent = lira.post(f"{cover}/hand-in")
    assert sent.status_code == 303, sent.text
    assert lira.get(f"{cover}/answer").status_code == 200
    kanat = course.browser("kanat")
    sent = kanat.get(place)
    assert sent.status_code == 200, sent.text[-2000:]
    assert kanat.get(f"{cover}/truth").status_code == 200
    assert kanat.post(f"{cover}/truth").status_code == 303
    sent = kanat.get(f"{cover}/truth?step=2")
    assert sent.status_code == 200, sent.text[-2000:]
    assert lira.get(place).status_code == 200
    assert lira.get(f"{cover}/truth").status_code == 403
