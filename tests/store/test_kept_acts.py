"""Forms that wait: confirmed and used once, a bounded number, none beyond its session."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.kept_acts import KEPT, MOST, PRESS, KeptAct
from sandbox.kit.errors import Conflict
from sandbox.store.desk_sessions import DeskSession
from sandbox.store.outside_tables import KeptActs

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ONE = KeptAct("0" * 32, "h", "d" * 64, "sealed", AT, 1_700_000_000)


@pytest.fixture
def kept(store):
    with store.unit() as u:
        for name in ("h", "other"):
            u.sessions.put(DeskSession(name, "aigul", "csrf", "sealed", AT, AT))
        KeptActs(u.session).keep(ONE)
        u.commit()
    return store


def waiting(store):
    with store.unit(read_only=True) as u:
        return {each.id: each for each in KeptActs(u.session).select()}


def test_what_is_confirmed_is_used_once_and_while_it_counts(kept):
    with kept.unit() as u:
        acts = KeptActs(u.session)
        assert not acts.use_up(ONE.id, AT), "not confirmed"
        acts.confirm(ONE.id, "uni", AT)
        assert not acts.use_up(ONE.id, AT + PRESS), "too late"
        assert acts.use_up(ONE.id, AT + timedelta(seconds=1))
        assert not acts.use_up(ONE.id, AT + timedelta(seconds=2)), "used"
        acts.confirm(ONE.id, "other", AT + timedelta(seconds=3))
        u.commit()
    found = waiting(kept)[ONE.id]
    assert (found.provider, found.used_at) == ("uni", AT + timedelta(seconds=1))


def test_a_session_keeps_the_newest_and_takes_them_along(kept):
    with kept.unit() as u:
        KeptActs(u.session).keep(replace(ONE, id="x" * 32, session="other"))
        for n in range(1, MOST + 1):
            moment = AT + timedelta(seconds=n)
            KeptActs(u.session).keep(replace(ONE, id=f"{n:032}", asked_at=moment))
        u.commit()
    assert len(waiting(kept)) == MOST + 1, "another session's stays"
    assert ONE.id not in waiting(kept), "the oldest gave way"
    with kept.unit() as u:
        u.sessions.delete("h")
        u.commit()
    assert set(waiting(kept)) == {"x" * 32}


def test_what_is_too_old_goes_with_the_next_and_without_a_session_none_is_kept(kept):
    with kept.unit() as u:
        KeptActs(u.session).keep(replace(ONE, id="1" * 32, asked_at=AT + KEPT))
        u.commit()
    assert set(waiting(kept)) == {"1" * 32}
    with pytest.raises(Conflict, match=r"store\.conflict"):
        keep_without_a_session(kept)


def keep_without_a_session(store):
    with store.unit() as u:
        KeptActs(u.session).keep(replace(ONE, id="2" * 32, session="ended", asked_at=AT + KEPT))
        u.commit()
