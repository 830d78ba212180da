"""Every kind of the audit log is written down as somebody's; what is not is kept from firms."""

from __future__ import annotations

from sandbox.domain.lifecycle import Act
from sandbox.domain.story import (
    AUTHORITYS_OWN,
    DAILY,
    DRAFTING,
    ELSEWHERE,
    FOR_FIRMS,
    NOT_FOR_GUESTS,
)
from sandbox.locale.events import EVENTS

IN_A_FILE = (FOR_FIRMS, AUTHORITYS_OWN, DAILY, DRAFTING)


def test_every_kind_is_classed_once() -> None:
    for kind in EVENTS:
        named = sum(kind in each for each in IN_A_FILE)
        assert named + (named == 0 and kind.startswith(ELSEWHERE)) == 1, kind
    assert set().union(*IN_A_FILE) <= set(EVENTS)
    assert {f"file.{each.value}" for each in Act} <= set(EVENTS)


def test_firms_read_no_proposal_and_no_evidence() -> None:
    assert NOT_FOR_GUESTS < AUTHORITYS_OWN
    assert not [kind for kind in FOR_FIRMS if "propos" in kind or kind.startswith("evidence.")]
