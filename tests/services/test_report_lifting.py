"""The duty to report ends with the trial, and not while an appeal may bring the permit back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.lifecycle import FileState
from sandbox.domain.periods import containing
from sandbox.domain.records import Decision
from sandbox.domain.regime import DeadlineKind
from sandbox.domain.requirements import Requirement, RequirementKind, RequirementState
from sandbox.domain.words import DecisionKind, DecisionStatus
from sandbox.services.report_opening import open_report
from sandbox.services.timekeeping import open_deadline
from tests.services.alert_world import FIRM, REGULATOR, START, open_permit

FILE = "F-2026-0001"
MONTH = containing(START, 1).next
AFTER = MONTH.end + timedelta(days=1)


@pytest.fixture
def revoked(store):
    """A permit revoked at its start, and a monthly report about the month behind it."""
    open_permit(store)
    with store.unit() as u:
        due = MONTH.end + timedelta(days=10)
        u.requirements.add(
            Requirement("q", FILE, RequirementKind.REPORT, "", "", due, FIRM, START, 1)
        )
        u.decisions.add(
            Decision(
                *("d", FILE, DecisionKind.REVOKE, DecisionStatus.IN_FORCE, 2),
                *(None, None, None, "Reasons.", REGULATOR, f"person-{REGULATOR}", START),
            )
        )
        open_deadline(u, FILE, DeadlineKind.APPEAL, at=START)
        open_deadline(u, FILE, DeadlineKind.SETTLEMENT, at=START)
        u.commit()
    stand(store, FileState.REVOKED, START)
    return store


def stand(store, state, since):
    with store.unit() as u:
        u.files.save(replace(u.files.get(FILE), state=state, updated_at=since))
        u.commit()


def look(store, at):
    """Whether the worker did anything, and what became of requirement and reports."""
    with store.unit() as u:
        done = open_report(u, "q", at=at)
        u.commit()
    with store.unit(read_only=True) as u:
        return done, u.requirements.get("q").state, len(u.reports.select())


WAITS = (False, RequirementState.OPEN, 0)
LIFTED = (True, RequirementState.LIFTED, 0)


def test_a_revocation_that_may_still_be_appealed_lifts_nothing(revoked):
    with revoked.unit() as u:
        (period,) = u.deadlines.running(FILE, [DeadlineKind.APPEAL])
        u.deadlines.save(replace(period, due=AFTER))
        u.commit()
    assert look(revoked, AFTER) == WAITS
    assert look(revoked, AFTER + timedelta(seconds=1)) == LIFTED


def test_an_appeal_keeps_the_duty_which_goes_on_when_it_succeeds(revoked):
    stand(revoked, FileState.REVOCATION_APPEALED, START + timedelta(days=9))
    assert look(revoked, AFTER + timedelta(days=300)) == WAITS
    stand(revoked, FileState.SUSPENDED, AFTER + timedelta(days=300))
    assert look(revoked, AFTER + timedelta(days=300)) == (True, RequirementState.OPEN, 1)


def test_an_appeal_that_fails_ends_the_duty_with_the_revocation(revoked):
    stand(revoked, FileState.REVOKED, AFTER)
    assert look(revoked, AFTER + timedelta(days=300)) == LIFTED
