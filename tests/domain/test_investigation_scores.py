"""Rules of signed scores: who decides, until when, what holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.investigation_scores import (
    MOST_WORDS,
    Contest,
    ContestState,
    ScoreRules,
    Signature,
    check_contest,
    check_decider,
    check_words,
    digest_of,
)
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed

AT = datetime(2026, 11, 2, tzinfo=UTC)
UNTIL = AT + timedelta(days=14)
CONTENT = {
    "ends": datetime(2028, 11, 2, tzinfo=UTC).isoformat(),
    "contest_until": UNTIL.isoformat(),
    "marks": {"points": "70.00"},
}


def signature(version=1, by="kanat", content=CONTENT):
    digest = digest_of("c", version, by, AT, "", content)
    return Signature("c", version, by, AT, "", content, digest)


def contest(version=1):
    return Contest("c", version, "lira", AT, "Why?", ContestState.OPEN)


@pytest.mark.parametrize(
    "change",
    [
        {"by": "olga"},
        {"version": 2},
        {"at": AT + timedelta(seconds=1)},
        {"reason": "another"},
        {"case": "d"},
        {"content": {**CONTENT, "marks": {"points": "100.00"}}},
    ],
)
def test_a_signature_holds_until_anything_of_it_is_another(change):
    assert signature().holds
    assert not replace(signature(), **change).holds


def test_a_score_counts_until_its_end_and_no_longer():
    ends = signature().ends
    assert signature().in_force(ends - timedelta(microseconds=1))
    assert not signature().in_force(ends)


def test_a_score_is_contested_in_its_term_and_each_version_once():
    early = UNTIL - timedelta(microseconds=1)
    assert check_contest(signature(), (), early).version == 1
    assert check_contest(signature(2), (contest(1),), early).version == 2
    for newest, contests, at, code in (
        (None, (), early, "not_signed"),
        (signature(), (contest(),), early, "contested_already"),
        (signature(), (), UNTIL, "contest_late"),
    ):
        with pytest.raises(Conflict, match=rf"score\.{code}"):
            check_contest(newest, contests, at)


def test_whoever_signed_any_version_does_not_decide():
    versions = (signature(2, "olga"), signature(1, "kanat"))
    check_decider("asel", versions)
    for who in ("olga", "kanat"):
        with pytest.raises(NotAllowed, match=r"score\.own_signature"):
            check_decider(who, versions)


@pytest.mark.parametrize(("months", "days"), [(0, 14), (121, 14), (24, 0), (24, 61)])
def test_rules_out_of_bounds_are_refused(months, days):
    with pytest.raises(InvalidInput, match=r"score\.(months|contest_days)"):
        ScoreRules("course", months, days).check()
    ScoreRules("course", 1, 60).check()


def test_words_are_needed_where_they_are_and_never_too_many():
    assert check_words("  Ачык.\r\n", needed=True) == "Ачык."
    assert check_words(" ", needed=False) == ""
    with pytest.raises(InvalidInput, match=r"score\.words_missing"):
        check_words(" ", needed=True)
    with pytest.raises(InvalidInput, match=r"score\.words_long"):
        check_words("я" * (MOST_WORDS + 1), needed=False)
