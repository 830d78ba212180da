"""Pauses and messages of an investigation, by the rules of their modules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.domain.coursework import CourseName
from sandbox.domain.investigation_messages import (
    LONGEST_WAIT,
    LONGEST_WORDS,
    MOST_MESSAGES,
    Message,
    appeared,
    check_message,
)
from sandbox.domain.investigation_pauses import LONGEST_REASON, paused, resumed
from sandbox.domain.investigations import CaseFile, Draft, Investigation, check_time, check_truth
from sandbox.kit.errors import Conflict, InvalidInput
from sandbox.kit.ids import AccountName

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
KANAT, LIRA, ASAN = (AccountName(each) for each in ("kanat", "lira", "asan"))
FOUND = Investigation(
    *("i", CourseName("c"), "P3", "easy", NINE, NINE + timedelta(hours=8), 1, "00" * 32),
    *(KANAT, NINE),
)
CASE = CaseFile("1", "i", LIRA, 1, "", "", "", NINE + timedelta(minutes=10), Draft())
MINUTES = st.integers(0, 2_000).map(lambda each: timedelta(minutes=each))


def minutes(count):
    return NINE + timedelta(minutes=count)


def message(**parts):
    given_parts = {"trainee": None, "prepared": "press", "words": "", "at": None, "after": 5}
    return Message("m", "i", **{**given_parts, **parts}, sent_by=KANAT, sent_at=NINE)


def shown(*sent, case=CASE, at=600, found=FOUND):
    return [each for _, each in appeared(found, sent, case, (case.trainee,), minutes(at))]


def test_nobody_works_in_a_pause_and_everybody_after_it():
    stopped = paused(FOUND, minutes(30), reason=" Fire drill ", extends=False)
    with pytest.raises(Conflict, match=r"investigation\.paused") as refused:
        check_time(stopped, minutes(40))
    assert refused.value.params == {"reason": "Fire drill"}
    check_time(resumed(stopped, minutes(40)), minutes(40))


def test_a_due_date_that_stays_passes_in_the_pause():
    stopped = paused(FOUND, minutes(30), reason="x", extends=False)
    with pytest.raises(Conflict, match="past_due"):
        check_time(stopped, FOUND.due)
    check_truth(stopped, CASE, FOUND.due)
    assert resumed(stopped, FOUND.due).due == FOUND.due


def test_a_due_date_that_moves_does_not_pass_in_the_pause_and_the_truth_stays_sealed():
    stopped = paused(FOUND, minutes(30), reason="x", extends=True)
    late = FOUND.due + timedelta(days=1)
    with pytest.raises(Conflict, match=r"investigation\.paused"):
        check_time(stopped, late)
    with pytest.raises(Conflict, match="truth_sealed"):
        check_truth(stopped, CASE, late)


@given(start=MINUTES, length=MINUTES)
def test_what_was_left_before_a_moving_pause_is_left_after_it(start, length):
    early = replace(FOUND, opens=NINE + timedelta(hours=2), due=NINE + timedelta(days=4))
    begun, ended = NINE + start, NINE + start + length
    again = resumed(paused(early, begun, reason="x", extends=True), ended)
    left = early.due - max(begun, early.opens)
    assert again.due - max(ended, early.opens) == left
    assert (again.paused_at, again.pause_reason, again.pause_extends) == (None, "", False)


@pytest.mark.parametrize("reason", ["", "  ", "x" * (LONGEST_REASON + 1)])
def test_a_pause_without_a_reason_is_refused(reason):
    with pytest.raises(InvalidInput, match="pause_reason"):
        paused(FOUND, NINE, reason=reason, extends=True)


def test_only_what_runs_is_paused_and_only_what_is_paused_goes_on():
    with pytest.raises(Conflict, match="past_due"):
        paused(FOUND, FOUND.due, reason="x", extends=True)
    stopped = paused(FOUND, NINE, reason="x", extends=True)
    with pytest.raises(Conflict, match=r"investigation\.paused"):
        paused(stopped, NINE, reason="y", extends=True)
    with pytest.raises(Conflict, match="not_paused"):
        resumed(FOUND, NINE)


def test_a_message_appears_so_many_minutes_after_each_start_and_no_earlier():
    assert shown(message(after=5), at=14) == []
    assert shown(message(after=5), at=15) == [message(after=5)]


def test_a_message_of_a_moment_is_there_for_who_starts_later():
    early = message(at=minutes(5), after=None)
    assert shown(early, at=10) == [early]
    ((moment, _),) = appeared(FOUND, [early], CASE, (LIRA,), minutes(10))
    assert moment == CASE.started_at


def test_a_message_to_one_appears_for_nobody_else():
    own = message(trainee=LIRA)
    assert shown(own) == [own]
    assert shown(message(trainee=ASAN)) == []


def test_what_was_withdrawn_or_comes_after_the_case_was_closed_does_not_appear():
    assert shown(message(withdrawn_at=minutes(1))) == []
    closed = replace(CASE, handed_in_at=minutes(14))
    assert shown(message(), case=closed) == []
    assert shown(message(after=4), case=closed) == [message(after=4)]
    assert shown(message(), case=replace(CASE, reset_at=minutes(14))) == []


def test_nothing_new_appears_in_a_pause_and_does_when_it_ends():
    stopped = paused(FOUND, minutes(12), reason="x", extends=False)
    assert shown(message(), at=60, found=stopped) == []
    assert shown(message(after=1), at=60, found=stopped) == [message(after=1)]
    assert shown(message(), at=60, found=resumed(stopped, minutes(60))) == [message()]


def test_the_newest_message_stands_first():
    first, second = message(after=1), message(after=2)
    assert shown(first, second) == [second, first]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ({"prepared": "", "words": ""}, "message_text"),
        ({"prepared": "truth"}, "message_text"),
        ({"words": "x" * (LONGEST_WORDS + 1)}, "message_text"),
        ({"after": -1}, "message_time"),
        ({"after": LONGEST_WAIT + 1}, "message_time"),
        ({"after": None}, "message_time"),
        ({"at": NINE, "after": 5}, "message_time"),
        ({"at": minutes(-1), "after": None}, "message_time"),
    ],
)
def test_a_message_that_cannot_be_is_refused(parts, code):
    with pytest.raises(InvalidInput, match=code):
        check_message(message(**parts), 0)


def test_a_message_that_can_be_is_taken_until_there_are_too_many():
    for good in ({}, {"at": NINE, "after": None}, {"prepared": "", "words": "x"}, {"after": 0}):
        check_message(message(**good), MOST_MESSAGES - 1)
    with pytest.raises(Conflict, match="messages_many"):
        check_message(message(), MOST_MESSAGES)
