"""Undoing a class list after its people were told something."""

from __future__ import annotations

from sandbox.domain.classroom import ListState
from sandbox.domain.notices import Notice
from sandbox.kit.ids import AccountName
from tests.services.class_world import ASAN, AT, OMUR, confirmed, csv_of, undone
from tests.services.test_class_lists import everything, store, students  # noqa: F401
from tests.store.conftest import postgres  # noqa: F401 - the private cluster


def test_it_is_as_if_it_had_never_been(store) -> None:  # noqa: F811
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
