"""Lists and pages ask the store as often for many permits as for one."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from sqlalchemy import event

from sandbox.domain.listing import Search, Waiting
from sandbox.services import listing, permits
from sandbox.services.contract_review_views import waiting_reviews
from sandbox.services.explorer_behind import behind, visible_permits
from sandbox.services.listing import list_files
from sandbox.services.permits import list_permits

WHO = ("ermek", "aigul", "damira")


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


def _looks(world):
    """What the pages with lists ask, and how often each asks the store."""
    wallet = "0x" + "11" * 20
    looks = {
        "files": lambda u, a: listing.found_files(u, a, Search()),
        "search": lambda u, a: listing.found_files(u, a, Search("payments sb-2026", limit=1)),
        "mine": lambda u, a: listing.found_files(u, a, Search(waiting=Waiting.MINE)),
        "others": lambda u, a: listing.found_files(u, a, Search(waiting=Waiting.OTHERS)),
        "permits": lambda u, a: permits.found_permits(u, a, Search()),
        "reviews": waiting_reviews,
        "addresses": lambda u, a: behind(u, a, [], [wallet]),
        "parties": lambda u, a: visible_permits(u, a, ["SB-2026-0001"]),
    }
    found = {}
    for who in WHO:
        actor = world.actor(who)
        for name, look in looks.items():
            with world.store.unit(read_only=True) as u, _counted(world.store) as statements:
                look(u, actor)
            found[who, name] = len(statements) - 1  # the first one begins the transaction
            if name in {"addresses", "parties"}:  # not a word longer either
                found[who, name, "length"] = len("".join(statements))
    return found


def test_queries_of_lists_do_not_grow_with_the_number_of_permits(world):
    world.countersigned()
    world.proposed()
    looks = _looks(world)
    before = [_asked(world, list_permits, "ermek"), _asked(world, list_files, "ermek")]
    for _ in range(3):
        world.countersigned()
        world.proposed()
    after = [_asked(world, list_permits, "ermek"), _asked(world, list_files, "ermek")]
    assert [many for many, _ in before] == [1, 2]
    assert [many for many, _ in after] == [4, 8]
    assert [asked for _, asked in after] == [asked for _, asked in before]
    assert _looks(world) == looks
    assert max(asked for look, asked in looks.items() if len(look) == 2) <= 6


@pytest.mark.parametrize("who", WHO)
def test_what_a_list_says_is_what_the_page_of_each_file_says(world, who):
    world.drafted()
    world.submitted()
    world.proposed()
    world.countersigned()
    lines = world.look(list_files, who)
    for line in lines:
        file = world.file(line.id, who)
        assert (line.title, line.org_name, line.sponsor_name, line.state, line.permit) == (
            file.title,
            file.org_name,
            file.sponsor_name,
            file.state,
            file.permit,
        )
    assert len(lines) == {"ermek": 3, "aigul": 4, "damira": 3}[who]


def test_a_proposal_waits_for_the_second_regulator_and_only_regulators_learn_of_it(world):
    file = world.proposed()

    def said(who, waiting=Waiting.ALL):
        found = world.look(list_files, who, Search(waiting=waiting))
        return [(each.id, each.waits_for, each.second_signature) for each in found]

    assert said("feruza") == said("feruza", Waiting.MINE) == [(file.id, "regulator", True)]
    assert said("ermek") == said("ermek", Waiting.OTHERS) == [(file.id, "second_regulator", True)]
    assert said("feruza", Waiting.OTHERS) == said("ermek", Waiting.MINE) == []
    assert [second for _, _, second in said("aigul") + said("damira")] == [False, False]
