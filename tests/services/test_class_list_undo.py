"""Undoing a class list: as if it had never been, but who worked or signed in stays."""

from __future__ import annotations

import pytest

from sandbox.domain.classroom import ListState
from sandbox.domain.notices import Notice
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import AccountName
from tests.services.class_world import ASAN, AT, KIM, OMUR, confirmed, csv_of, undone
from tests.services.test_class_lists import (
    entries,
    everything,
    handed_in,
    signed_in,
    store,
    students,
)
from tests.store.conftest import postgres

__all__ = ["postgres", "store"]


def test_undone_it_is_as_if_it_had_never_been(store) -> None:
    before = everything(store)
    done = undone(store, confirmed(store, csv_of(OMUR, ASAN)))
    assert (done.state, done.kept) == (ListState.UNDONE, ())
    assert everything(store) == before
    assert entries(store)[-1] == "course.list_undone"
    assert confirmed(store, csv_of(OMUR, ASAN)).state is ListState.CONFIRMED


def test_a_change_is_undone_to_what_was_before(store) -> None:
    confirmed(store, csv_of(OMUR, ASAN))
    before = everything(store)
    later = confirmed(store, csv_of((*OMUR[:4], "ПИ-9"), ("2026-002", "Исакова", *ASAN[2:]), KIM))
    assert ("Исакова Жаңыл", "ПИ-1") in students(store).values()
    assert undone(store, later).state is ListState.UNDONE
    assert everything(store) == before


def test_who_worked_is_named_and_kept(store) -> None:
    done = confirmed(store, csv_of(OMUR, ASAN))
    handed_in(store, "asanovaj")
    after = undone(store, done)
    assert after.kept == ("asanovaj",)
    assert sorted(students(store)) == ["asanovaj", "lira"]
    with store.unit(read_only=True) as u:
        assert len(u.accounts.all()) == 4, "the other account is gone"


def test_only_the_newest_list_is_undone(store) -> None:
    first, second = confirmed(store, csv_of(OMUR)), confirmed(store, csv_of(ASAN))
    with pytest.raises(Conflict) as refused:
        undone(store, first)
    assert refused.value.code == "class_list.not_newest"
    undone(store, second)
    undone(store, first)
    assert sorted(students(store)) == ["lira"]


def test_who_signed_in_loses_the_course_by_undoing_and_keeps_the_account(store) -> None:
    done = confirmed(store, csv_of(OMUR))
    name = next(each for each in students(store) if each != "lira")
    signed_in(store, name)
    undone(store, done)
    with store.unit(read_only=True) as u:
        assert u.accounts.get(name).active
    confirmed(store, csv_of(OMUR))
    assert name in students(store), "found again by the number"


def test_it_is_as_if_it_had_never_been(store) -> None:
    before, done = everything(store), confirmed(store, csv_of(OMUR, ASAN))
    new = sorted(students(store).keys() - {"lira"})
    with store.unit() as u:
        for name in ("lira", *new):
            u.notices.add(Notice(AccountName(name), 7, "course.due_set", None, None, "", AT))
        u.commit()
    assert undone(store, done).state is ListState.UNDONE
    assert everything(store) == before
    with store.unit(read_only=True) as u:
        told = u.notices.of_account("lira", unread=False, before=None, limit=9)
        assert [each.entry for each in told] == [7], "others keep theirs"
        assert not u.notices.of_account(new[0], unread=False, before=None, limit=9)
