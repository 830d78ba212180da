"""Marks that could not go back at once: what the platform answered, and what then happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sandbox.domain.passback import MarkState, Outcome
from sandbox.store.passback_tables import OutsideMarks
from tests.support.grade_book import GradePlatform
from tests.web.course_world import COURSE, grade, release
from tests.web.passback_world import (
    FULL,
    HALF,
    PAGE,
    SUBJECT,
    came,
    given,
    go,
    graded,
    later,
    mark,
    publish,
    released,
    row,
    sent,
    worker,
)
from tests.web.test_lti import configured
from tests.web.test_outside import (
    STUDENT,
    kanat,  # noqa: F401 - the teacher, whose class list is confirmed
)
from tests.web.world import World

pytestmark = pytest.mark.usefixtures("kanat")


def test_a_token_is_renewed_once_when_the_platform_has_forgotten_it(
    desk: World, moodle: GradePlatform
) -> None:
    out = worker(desk)
    release(desk)
    came(desk, moodle)
    graded(desk, HALF)
    released(desk)
    out.settle()
    moodle.tokens.clear()
    grade(desk, {STUDENT: FULL}, "regrade")
    released(desk)
    desk.clock.forward(timedelta(hours=1))
    out.settle()
    assert given(moodle) == [("lab", 2.0, 4.0), ("lab", 4.0, 4.0)]
    assert moodle.asked.count("/token") == 2


def test_who_is_not_let_in_is_told_so_after_one_new_token(
    desk: World, moodle: GradePlatform
) -> None:
    moodle.fault = lambda _method, path: 401 if path.endswith("/scores") else None
    sent(desk, moodle)
    assert mark(desk) == ("mark_failed", "not_let_in")
    assert moodle.asked.count("/token") == 2
    assert "does not let us write into its grade book. 401" in row(desk)
    later(desk)
    assert moodle.asked.count("/token") == 2, "for good"


def test_a_key_that_the_platform_does_not_know_waits_for_whoever_registers_it(
    desk: World, moodle: GradePlatform
) -> None:
    publish(desk)
    sent(desk, moodle)
    assert mark(desk) == ("mark_waiting", "no_token")
    assert "does not recognise this install" in row(desk)
    publish(desk, "second", "first")
    later(desk)
    assert mark(desk) == ("mark_sent", "sent")


def test_keys_are_renewed_without_losing_a_mark(desk: World, moodle: GradePlatform) -> None:
    sent(desk, moodle, HALF)
    publish(desk, "second", "first")
    grade(desk, {STUDENT: FULL}, "regrade")
    released(desk)
    desk.clock.forward(timedelta(hours=1))
    worker(desk, signs="second").settle()
    assert len(moodle.scores) == 2
    publish(desk, "second")
    keys = desk.browser(None).get("/desk/lti/keys.json").json()["keys"]
    assert [set(each) for each in keys] == [{"alg", "e", "kid", "kty", "n", "use"}], "public alone"


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_platform_that_is_busy_is_asked_again_after_a_pause(
    desk: World, moodle: GradePlatform, status: int
) -> None:
    moodle.fault = lambda _method, path: status if path.endswith("/scores") else None
    sent(desk, moodle)
    assert mark(desk) == ("mark_waiting", "busy")
    tries = len(moodle.asked)
    go(desk)
    assert len(moodle.asked) == tries, "not before the pause is over"
    assert "asks to come again later" in row(desk)
    moodle.fault = lambda _method, _path: None
    later(desk)
    assert mark(desk) == ("mark_sent", "sent")


def test_a_platform_that_is_away_is_asked_for_three_days_and_then_by_hand(
    desk: World, moodle: GradePlatform
) -> None:
    sent(desk, moodle, HALF)
    grade(desk, {STUDENT: FULL}, "regrade")
    released(desk)
    away = "http://127.0.0.1:1/token"
    configured(desk, moodle, university="uni", token=away)
    go(desk)
    assert mark(desk) == ("mark_waiting", "out_of_reach")
    for _ in range(12):
        later(desk)
    assert mark(desk) == ("mark_failed", "out_of_reach")
    configured(desk, moodle, university="uni", token=f"{moodle.url}/token")
    later(desk)
    assert len(moodle.scores) == 1, "not by itself"
    teacher = desk.browser("kanat")
    assert "Send again what failed" in teacher.get(PAGE).text
    assert teacher.post(f"{PAGE}/again").headers["location"] == f"{PAGE}?said=passback_again"
    go(desk)
    assert given(moodle)[1:] == [("lab", 4.0, 4.0)]
    assert "Send again what failed" not in teacher.get(PAGE).text


def test_a_column_that_is_gone_is_said_until_a_new_launch_names_another(
    desk: World, moodle: GradePlatform
) -> None:
    release(desk)
    came(desk, moodle)
    del moodle.items["lab"]
    graded(desk)
    released(desk)
    go(desk)
    assert mark(desk) == ("mark_failed", "gone")
    assert "not in the platform's grade book any more" in row(desk)
    moodle.link("another")
    came(desk, moodle)
    go(desk)
    assert given(moodle) == [("another", 4.0, 4.0)]


def test_an_answer_that_was_lost_is_no_second_mark(desk: World, moodle: GradePlatform) -> None:
    moodle.lost = True
    sent(desk, moodle)
    assert mark(desk) == ("mark_waiting", "unheard")
    later(desk)
    assert (len(moodle.scores), mark(desk)) == (1, ("mark_sent", "sent"))


@pytest.mark.parametrize("between", [("/scores", 429), ("/token", 503)])
def test_a_lost_answer_is_not_forgotten_for_what_failed_since(
    desk: World, moodle: GradePlatform, between: tuple[str, int]
) -> None:
    moodle.lost = True
    sent(desk, moodle)
    place, status = between
    moodle.fault = lambda _method, path: status if path.endswith(place) else None
    later(desk)
    assert mark(desk) == ("mark_waiting", "unheard")
    moodle.fault = lambda _method, _path: None
    later(desk)
    assert (len(moodle.scores), mark(desk)) == (1, ("mark_sent", "sent"))


def test_what_a_worker_leaves_that_died_in_a_try_is_no_second_mark(
    desk: World, moodle: GradePlatform
) -> None:
    seen: list[tuple[str, str | None]] = []

    def look(_method: str, path: str) -> None:
        if path.endswith("/scores"):
            seen.append(mark(desk))

    moodle.fault = look
    sent(desk, moodle)
    assert seen == [("mark_waiting", "begun")], "written down before it is sent"
    with desk.parts.store.unit() as u:
        marks = OutsideMarks(u.session)
        (left,) = marks.of(COURSE)
        marks.save(replace(left, state=MarkState.WAITING, outcome=Outcome.BEGUN, sent_at=None))
        u.commit()
    go(desk)
    assert (len(moodle.scores), mark(desk)) == (1, ("mark_sent", "sent"))


def test_a_platform_that_cannot_be_asked_for_a_token_has_taken_nothing(
    desk: World, moodle: GradePlatform
) -> None:
    theirs = (desk.clock.now() + timedelta(days=1)).isoformat()
    moodle.scores.append(("lab", {"userId": SUBJECT, "timestamp": theirs, "scoreGiven": 1.0}))
    moodle.fault = lambda _method, path: 503 if path == "/token" else None
    sent(desk, moodle)
    assert mark(desk) == ("mark_waiting", "out_of_reach")
    moodle.fault = lambda _method, _path: None
    later(desk)
    assert mark(desk) == ("mark_failed", "overtaken")


def test_a_platform_that_takes_no_connection_has_taken_nothing(
    desk: World, moodle: GradePlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = (desk.clock.now() + timedelta(days=1)).isoformat()
    moodle.scores.append(("lab", {"userId": SUBJECT, "timestamp": theirs, "scoreGiven": 1.0}))
    real = httpx.Client.stream

    def refused(client: httpx.Client, method: str, url: str, **said: Any) -> Any:
        if "/scores" in url:
            raise httpx.ConnectError("refused")
        return real(client, method, url, **said)

    with monkeypatch.context() as down:
        down.setattr(httpx.Client, "stream", refused)
        sent(desk, moodle)
    assert mark(desk) == ("mark_waiting", "out_of_reach")
    later(desk)
    assert mark(desk) == ("mark_failed", "overtaken")


def test_a_mark_that_somebody_gave_there_is_overwritten_by_hand_alone(
    desk: World, moodle: GradePlatform
) -> None:
    theirs = (desk.clock.now() + timedelta(hours=1)).isoformat()
    moodle.scores.append(("lab", {"userId": SUBJECT, "timestamp": theirs, "scoreGiven": 1.0}))
    sent(desk, moodle)
    assert mark(desk) == ("mark_failed", "overtaken")
    later(desk)
    assert len(moodle.scores) == 1
    teacher = desk.browser("kanat")
    assert "Send again what failed" not in teacher.get(PAGE).text
    assert "passback.nothing" in teacher.post(f"{PAGE}/again").text, "not with all the others"
    asked = teacher.post(f"{PAGE}/again", {"student": STUDENT})
    assert asked.headers["location"] == f"{PAGE}?said=passback_again"
    go(desk)
    assert moodle.scores[-1][1]["scoreGiven"] == 4.0


@pytest.mark.parametrize("status", [302, 400, 422])
def test_what_the_platform_refuses_is_put_before_the_teacher(
    desk: World, moodle: GradePlatform, status: int
) -> None:
    moodle.fault = lambda _method, path: status if path.endswith("/scores") else None
    sent(desk, moodle)
    assert mark(desk) == ("mark_failed", "rejected")
    assert (
        f"refuses the mark: perhaps the student is not in the course there any more. {status}"
        in (row(desk))
    )
