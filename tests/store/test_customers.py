"""Counted tries and complaints on both stores; tries that race are all counted."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.complaints import Complaint, ComplaintCategory, ComplaintState
from sandbox.kit.errors import Conflict

AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SPAN = timedelta(minutes=15)


def complaint(number: str, **more: object) -> Complaint:
    return Complaint(
        **{
            "id": number,
            "secret": "0" * 64,
            "permit": None,
            "customer": None,
            "category": ComplaintCategory.OTHER,
            "language": "ky",
            "text": "Жооп бербей жатат",
            "contact": None,
            "state": ComplaintState.OPEN,
            "filed_at": AT,
            "due": AT + SPAN,
            **more,
        }
    )


def take(store, name: str, limit: int, at: datetime = AT) -> bool:
    with store.unit() as u:
        within = u.pages.tries.take(name, limit, SPAN, at)
        u.commit()
    return within


def test_tries_are_within_the_limit_and_begin_anew_when_the_span_is_over(store):
    assert [take(store, "one", 2) for _ in range(4)] == [True, True, False, False]
    assert take(store, "two", 2)
    assert not take(store, "one", 2, AT + SPAN - timedelta(seconds=1))
    assert take(store, "one", 2, AT + SPAN)
    assert not take(store, "none", 0)


def test_tries_that_race_are_all_counted(store):
    said, barrier = [], threading.Barrier(6)

    def one() -> None:
        barrier.wait()
        said.append(take(store, "race", 3))

    threads = [threading.Thread(target=one) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(said) == [False, False, False, True, True, True]


def test_what_is_old_is_dropped(store):
    take(store, "old", 5)
    take(store, "new", 5, AT + timedelta(days=20))
    with store.unit() as u:
        u.pages.tidy(AT + timedelta(days=31))
        u.commit()
    with store.unit(read_only=True) as u:
        assert not u.pages.tries.seen("old")
        assert u.pages.tries.seen("new")


def test_complaints_are_found_by_what_is_due_and_stale_copies_refused(store):
    with store.unit() as u:
        first = u.complaints.add(complaint("C-0000001"))
        u.complaints.add(complaint("C-0000002", state=ComplaintState.ESCALATED))
        u.complaints.add(complaint("C-0000003", due=AT + 2 * SPAN))
        u.commit()
    with store.unit() as u:
        assert [each.id for each in u.complaints.late(AT + SPAN)] == ["C-0000001"]
        assert u.complaints.late(AT) == ()
        assert len(u.complaints.newest(None, 10)) == 3
        assert u.complaints.newest([], 10) == ()
        u.complaints.save(replace(first, text=None))
        u.commit()
    with store.unit() as u:
        assert u.complaints.get("C-0000001").text is None
        with pytest.raises(Conflict, match="changed_meanwhile"):
            u.complaints.save(first)


def test_nobody_paid_anything_for_an_unknown_permit(store):
    with store.unit(read_only=True) as u:
        assert u.alert_watch.payments_ever("SB-2026-0001") == 0
        assert u.complaints.count("SB-2026-0001") == (0, 0)
