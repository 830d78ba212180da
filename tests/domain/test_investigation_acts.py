"""Acts on a case: only added, the clock only forward, a signature of somebody else's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.investigation_acts import LONGEST_WAIT, ActFile, added, waited
from sandbox.kit.errors import Conflict, InvalidInput

NOON = datetime(2026, 3, 16, 12, tzinfo=UTC)
FILE = ActFile("c1", NOON)
SEIZE = {"kind": "seize", "second": "asan"}


def test_the_clock_goes_on_and_never_back():
    later = NOON + timedelta(hours=5)
    assert FILE.until(later).clock == later
    assert FILE.until(later).until(NOON).clock == later


@pytest.mark.parametrize("hours", [0, -1, LONGEST_WAIT + 1])
def test_a_wait_that_is_none_or_too_long_is_refused(hours):
    with pytest.raises(InvalidInput, match=r"investigation\.wait"):
        waited(hours)
    assert waited(LONGEST_WAIT) == timedelta(hours=LONGEST_WAIT)


def test_a_stale_revision_is_refused_and_the_seen_one_is_not():
    assert FILE.at(0) is FILE
    with pytest.raises(Conflict, match=r"store\.changed_meanwhile"):
        FILE.at(1)


def test_one_act_waits_for_a_signature_at_a_time_and_only_its_person_signs():
    asked = FILE.asking(SEIZE)
    assert asked.asked_of("asan") == SEIZE
    with pytest.raises(Conflict, match=r"investigation\.signature_waits"):
        asked.asking(SEIZE)
    for file, who in ((asked, "lira"), (FILE, "asan")):
        with pytest.raises(Conflict, match=r"investigation\.no_signature_waits"):
            file.asked_of(who)


def test_a_file_begins_with_what_was_done_and_brings_what_is_new():
    one, two, other = {"kind": "freeze"}, {"kind": "lift"}, {"kind": "burn"}
    assert added((one,), [one, two]) == [two]
    assert added((), [one]) == [one]
    assert added((one,), [one]) == []
    for sent in ([], [two], [other, one]):
        with pytest.raises(Conflict, match=r"investigation\.acts_differ"):
            added((one,), sent)


def test_acts_are_added_at_the_end():
    file = FILE.with_act({"kind": "freeze"}).with_act({"kind": "lift"})
    assert [each["kind"] for each in file.acts] == ["freeze", "lift"]
    assert FILE.acts == ()
