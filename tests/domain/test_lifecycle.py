from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sandbox.domain.diagram import diagram
from sandbox.domain.lifecycle import (
    TABLE,
    Act,
    By,
    FileState,
    find,
    possible,
    step,
)
from sandbox.domain.lifecycle_table import FOLLOWS, rows
from sandbox.domain.regime import RULES
from sandbox.kit.errors import Conflict

ENDS = {FileState.WITHDRAWN, FileState.GRADUATED}


def test_each_line_of_the_table_is_taken_and_every_other_pair_is_refused():
    allowed = {(source, line.act) for line in TABLE for source in line.sources}
    for state in FileState:
        for act in Act:
            if (state, act) in allowed:
                assert step(state, act) in FileState
            else:
                with pytest.raises(Conflict, match=r"lifecycle\.not_from_here"):
                    step(state, act)


def test_no_pair_stands_in_the_table_twice():
    pairs = [(source, line.act) for line in TABLE for source in line.sources]
    assert len(pairs) == len(set(pairs))


def test_every_act_is_in_the_table_and_every_state_can_be_reached():
    assert {line.act for line in TABLE} == set(Act)
    reached = {FileState.DRAFT}
    while True:
        more = {step(state, act) for state in reached for act in possible(state)} | reached
        if more == reached:
            break
        reached = more
    assert reached == set(FileState)


def test_ends_are_ends():
    assert {state for state in FileState if not possible(state)} == ENDS
    assert possible(FileState.REVOKED) == (Act.PUBLISH_REFUSED, Act.COMPLETE, Act.APPEAL)
    assert possible(FileState.EXPIRED) == (Act.REVOKE, Act.COMPLETE)
    assert possible(FileState.COMPLETED) == (Act.GRADUATE,)
    assert possible(FileState.REFUSED) == (Act.APPEAL,)


def test_a_holder_who_surrenders_escapes_neither_a_revocation_nor_a_confirmation():
    assert {Act.REVOKE, Act.CONFIRM} <= set(possible(FileState.SURRENDERED))
    for act in (Act.REINSTATE, Act.VARY, Act.EXTEND, Act.SUSPEND, Act.HALT):
        assert act not in possible(FileState.SURRENDERED)
    assert Act.CONFIRM not in possible(FileState.EXPIRED)


def test_every_line_says_who_what_it_needs_and_what_follows():
    assert set(FOLLOWS) == set(Act)
    assert len(rows()) == len(TABLE)
    for act, sources, target, who, needs, follows in rows():
        assert all((act, sources, target, who, needs, follows))


def test_every_deadline_begins_and_ends_by_acts_of_the_table():
    for kind, each in RULES.items():
        for group in (each.opens, each.closes, each.pauses, each.resumes, each.renews):
            assert group <= set(Act), kind
        assert not each.opens & each.closes, kind
        assert not each.opens or each.closes, kind


def test_nothing_that_ended_comes_back_without_two():
    ended = {FileState.REVOKED, FileState.REVOCATION_APPEALED, FileState.SURRENDERED}
    ended |= {FileState.EXPIRED, FileState.COMPLETED, FileState.GRADUATED}
    loose = {FileState.ACTIVE, FileState.ACTIVATING}
    for line in TABLE:
        if set(line.sources) & ended and line.target is not None:
            assert line.target not in loose
            assert line.target in ended or line.by is By.INDEPENDENT


def test_what_loosens_needs_two_and_what_tightens_needs_one():
    for act in (
        *(Act.COUNTERSIGN_GRANT, Act.VARY, Act.REINSTATE, Act.REVOKE, Act.CONFIRM),
        *(Act.EXTEND, Act.WIND_DOWN, Act.GRADUATE),
    ):
        assert {line.by for line in TABLE if line.act is act} == {By.TWO_REGULATORS}
    for act in (Act.UPHOLD, Act.OVERTURN):
        assert {line.by for line in TABLE if line.act is act} == {By.INDEPENDENT}
    for act in (Act.TIGHTEN, Act.SUSPEND, Act.HALT):
        assert {line.by for line in TABLE if line.act is act} == {By.REGULATOR}


def test_the_diagram_names_every_state_and_act():
    text = diagram()
    assert text.startswith("stateDiagram-v2\n")
    for state in FileState:
        assert state.value in text
    for act in Act:
        assert act.value.replace("_", " ") in text


class Life(RuleBasedStateMachine):
    """Any sequence of possible acts."""

    def __init__(self):
        super().__init__()
        self.state, self.past = FileState.DRAFT, [(None, FileState.DRAFT)]

    @precondition(lambda self: possible(self.state))
    @rule(data=st.data())
    def act(self, data):
        act = data.draw(st.sampled_from(possible(self.state)))
        self.state = step(self.state, act)
        self.past.append((find(self.past[-1][1], act).act, self.state))

    @rule(act=st.sampled_from(Act))
    def impossible(self, act):
        if act not in possible(self.state):
            with pytest.raises(Conflict):
                step(self.state, act)

    @invariant()
    def never_active_without_two_signatures(self):
        acts = [act for act, _ in self.past]
        if self.state in {FileState.ACTIVE, FileState.SUSPENDED, FileState.HALTED}:
            assert Act.SPONSOR_SIGN in acts
            assert Act.COUNTERSIGN_GRANT in acts
            assert Act.ACTIVATE in acts

    @invariant()
    def graduated_only_after_the_money_was_home(self):
        if self.state is FileState.GRADUATED:
            acts = [act for act, _ in self.past]
            assert Act.COMPLETE in acts
            assert Act.GRADUATE in acts
            assert acts.index(Act.COMPLETE) < acts.index(Act.GRADUATE)

    @invariant()
    def a_decision_that_was_appealed_falls_by_two_others_only(self):
        states = [state for _, state in self.past]
        if FileState.REVOKED in states and self.state is FileState.ACTIVE:
            last = max(n for n, state in enumerate(states) if state is FileState.REVOKED)
            after = [act for act, _ in self.past[last:]]
            assert Act.OVERTURN in after
            assert Act.REINSTATE in after

    @invariant()
    def an_active_state_after_a_suspension_came_by_two(self):
        if self.state is FileState.ACTIVE and FileState.SUSPENDED in [s for _, s in self.past]:
            last = max(n for n, (_, s) in enumerate(self.past) if s is FileState.SUSPENDED)
            assert Act.REINSTATE in [act for act, _ in self.past[last:]]


Life.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLife = Life.TestCase
