"""Lists ask the store as often for many permits as for one."""

from __future__ import annotations

from contextlib import contextmanager

from sqlalchemy import event

from sandbox.services.files import list_files
from sandbox.services.permits import list_permits


@contextmanager
def _counted(store):
    statements = []

    def note(_connection, _cursor, statement, *_rest):
        statements.append(statement)

    event.listen(store.engine, "before_cursor_execute", note)
    yield statements
    event.remove(store.engine, "before_cursor_execute", note)


def _asked(world, query, who):
    actor = world.actor(who)
    with world.store.unit(read_only=True) as u, _counted(world.store) as statements:
        found = query(u, actor, at=world.at)
    return len(found), len(statements)


def test_queries_of_lists_do_not_grow_with_the_number_of_permits(world):
    world.countersigned()
    before = [_asked(world, list_permits, "ermek"), _asked(world, list_files, "ermek")]
    for _ in range(4):
        world.countersigned()
    after = [_asked(world, list_permits, "ermek"), _asked(world, list_files, "ermek")]
    assert [many for many, _ in before] == [1, 1]
    assert [many for many, _ in after] == [5, 5]
    assert [asked for _, asked in after] == [asked for _, asked in before]
