"""Lists by the database: who sees what, found by any letter, ordered and counted alike on both."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import event, text

from sandbox.domain.lifecycle import FileState
from sandbox.domain.listing import MOST_COUNTED, Order, Search, Waiting, Waits
from sandbox.domain.records import Account, Organisation, PermitFile
from sandbox.domain.seats import Actor, Channel, Seat
from sandbox.domain.sight import FileSight, sight_of
from sandbox.domain.words import OrganisationKind
from sandbox.store import Store
from sandbox.store.store import MIGRATIONS
from tests.store.postgres import migrated_database

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
ORGS = {"kattap": "Каттап Төлөм", "other": "ӨНҮГҮҮ", "bank": "Ала-Тоо Банк", "bank-2": "Šiauliai"}
TITLES = ("Базар төлөмү", "базар Насыясы", "Чайкана", "100% cash_back", "Ёлка", "елка")
EVERY = Search(limit=500)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def filled(request, tmp_path_factory):
    """Files in every state, of two applicants and two sponsors; tests leave them as they are."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("listing") / "store.db"
        shutil.copy(request.getfixturevalue("empty_store"), path)
        store = Store(f"sqlite:///{path}")
    else:
        store = Store(migrated_database(request.getfixturevalue("postgres")))
    with store.unit() as u:
        for org, name in ORGS.items():
            u.organisations.add(Organisation(org, name, OrganisationKind.STARTUP, AT))
        u.accounts.add(Account("aigul", "Aigul", "p", "kattap", (Seat.OWNER,), "en", True, AT))
        for number, state in enumerate(FileState):
            for twin, org in enumerate(("kattap", "other")):
                place = number * 2 + twin
                u.files.add(
                    PermitFile(
                        id=f"F-2026-{place:04d}",
                        org=org,
                        sponsor=(None, "bank", "bank-2")[place % 3],
                        title=TITLES[number % len(TITLES)],
                        state=state,
                        answers={},
                        created_by="aigul",
                        created_at=AT,
                        updated_at=AT + timedelta(minutes=place % 7),
                        submitted_at=None if place % 5 == 0 else AT,
                        permit=f"SB-2026-{place:04d}" if place % 4 == 0 else None,
                        authority=None if place % 5 == 0 else ("nbkr", "market")[place % 3 == 0],
                    )
                )
        u.commit()
    yield store
    store.close()


MOST = FileSight(submitted=True, own="kattap")


def _ids(store, sight=MOST, search=EVERY, waits=None):
    with store.unit(read_only=True) as u:
        return [each.id for each in u.listing.files(sight, search, waits or Waits()).lines]


SHOWN = frozenset({"F-2026-0000", "F-2026-0001", "F-2026-0003"})
"""What the market's authority shows to the bank's; one was never submitted."""
SEATS = [
    *(
        (seat, org)
        for seat in Seat
        for org in ("kattap", "other", "bank", "bank-2", "nbkr", "market", None)
    ),
]


def test_a_list_holds_exactly_the_files_that_each_seat_may_see(filled):
    shown = set()
    with filled.unit(read_only=True) as u:
        every = u.files.select()
        for seat, org in SEATS:
            for channel, permit in ((Channel.BROWSER, None), (Channel.PERMIT_KEY, "SB-2026-0004")):
                actor = Actor("a", "p", org, frozenset({seat}), channel, None, permit)
                if org == "nbkr":
                    actor = replace(actor, shared=SHOWN)
                sight = sight_of(actor)
                found = {each.id for each in u.listing.files(sight, EVERY, Waits()).lines}
                assert found == {each.id for each in every if sight.covers(each)}, (seat, org)
                assert set(u.listing.ids(sight, EVERY, Waits())) == found
                assert set(u.listing.lines(sight, [each.id for each in every])) == set(
                    u.listing.files(sight, EVERY, Waits()).lines
                )
                shown.add(len(found))
    assert {0, 1, len(FileState)} < shown, "some see nothing, some one file, some many"


def test_an_authority_learns_of_its_own_files_and_of_what_is_shown_to_it_alone(filled):
    with filled.unit(read_only=True) as u:
        every = {each.id: each for each in u.files.select() if each.submitted_at}
    theirs = {name for name, each in every.items() if each.authority == "nbkr"}
    others = set(every) - theirs
    shown = FileSight(authority="nbkr", shared=SHOWN)
    assert set(_ids(filled, FileSight(authority="nbkr"))) == theirs != set(every)
    assert set(_ids(filled, shown)) == theirs | (SHOWN & set(every)) != theirs
    assert _ids(filled, FileSight(authority="tax office")) == []
    with filled.unit(read_only=True) as u:
        permits = {name: each.permit for name, each in every.items() if each.permit}
        asked = {*every, *permits.values()}
        hidden = u.listing.hidden(FileSight(authority="nbkr"), asked)
        assert hidden == others | {permits[each] for each in others if each in permits}
        assert not u.listing.hidden(FileSight(submitted=True), asked)
        assert u.listing.sees_every(FileSight(submitted=True))
        assert u.listing.sees_every(FileSight(authority="nbkr", shared=frozenset(others)))
        assert not u.listing.sees_every(shown)
        assert not u.listing.sees_every(FileSight())


def test_drafts_of_others_and_files_of_another_sponsor_are_in_no_list(filled):
    with filled.unit(read_only=True) as u:
        drafts = {each.id for each in u.files.select() if each.submitted_at is None}
        everything = {each.id for each in u.files.select()}
    regulator = FileSight(submitted=True)
    assert drafts
    assert set(_ids(filled, regulator)) == everything - drafts
    assert not set(_ids(filled, FileSight(sponsored="bank"))) & drafts
    assert set(_ids(filled, FileSight(own="kattap"))) & drafts
    assert _ids(filled, FileSight()) == []


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("БАЗАР", "Базар төлөмү"),
        ("төлөмү базар", "Базар төлөмү"),
        ("ТӨЛӨМҮ", "Базар төлөмү"),
        ("өнүгүү чайкана", "Чайкана"),
        ("ŠIAULIAI ёЛКА", "Ёлка"),
        ("S\u030ciauliai Е\u0308лка", "Ёлка"),
        ("%", "100% cash_back"),
        ("H_B", "100% cash_back"),
        ("f-2026-0004", "Чайкана"),
        ("sb-2026-0004", "Чайкана"),
    ],
)
def test_words_are_found_whatever_their_case_and_their_encoding(filled, words, title):
    with filled.unit(read_only=True) as u:
        found = u.listing.files(FileSight(submitted=True, own="kattap"), Search(words), Waits())
    assert title in {each.title for each in found.lines}
    assert found.total == len(found.lines) < len(_ids(filled))


@pytest.mark.parametrize("words", ["базар чайкана", "__", "0x", "нет такого", "F-2027"])
def test_what_is_not_there_is_not_found(filled, words):
    assert _ids(filled, search=Search(words)) == []


def test_parts_put_together_are_the_whole_list_in_each_order(filled):
    sight = FileSight(submitted=True, own="kattap")
    orders = {}
    for order in Order:
        whole = _ids(filled, sight, Search(order=order, limit=500))
        parts = [
            each
            for start in range(0, len(whole), 5)
            for each in _ids(filled, sight, Search(order=order, start=start, limit=5))
        ]
        assert parts == whole
        orders[order] = whole
    assert orders[Order.OLDEST] == orders[Order.CHANGED][::-1]
    with filled.unit(read_only=True) as u:
        lines = {each.id: each for each in u.listing.files(sight, EVERY, Waits()).lines}
    folded = [lines[each].title.casefold() for each in orders[Order.TITLE]]
    assert folded == sorted(folded)
    names = [lines[each].org_name.casefold() for each in orders[Order.APPLICANT]]
    assert names == sorted(names)


def test_after_goes_on_by_number_without_leaving_one_out(filled):
    found, after = [], ""
    with filled.unit(read_only=True) as u:
        while part := u.listing.following(MOST, Search(after=after, limit=3)):
            assert len(part) <= 4, "one more than asked for says that there is more"
            found += [each.id for each in part[:3]]
            after = found[-1]
    assert found == sorted(_ids(filled))


def test_an_unknown_state_finds_nothing_and_a_known_one_its_files(filled):
    assert _ids(filled, search=Search(state="no-such")) == []
    found = _ids(filled, search=Search(state="active"))
    with filled.unit(read_only=True) as u:
        assert {u.files.get(each).state for each in found} == {FileState.ACTIVE}
        everything = set(u.listing.states(FileSight(own="kattap", submitted=True)))
    assert everything == set(FileState)


def test_who_does_not_supervise_is_shown_a_proposed_file_under_review(filled):
    firm, above = FileSight(own="kattap"), FileSight(own="kattap", submitted=True)
    with filled.unit(read_only=True) as u:
        stands = {each.id: each.state for each in u.files.select() if each.org == "kattap"}
        (proposed,) = (each for each, state in stands.items() if state is FileState.DECIDED)
        (reviewed,) = (each for each, state in stands.items() if state is FileState.UNDER_REVIEW)
        for sight, shown in ((firm, FileState.UNDER_REVIEW), (above, FileState.DECIDED)):
            lines = (
                *u.listing.files(sight, EVERY, Waits()).lines,
                *u.listing.following(sight, EVERY),
                *u.listing.lines(sight, [proposed]),
            )
            assert [each.state for each in lines if each.id == proposed] == [shown] * 3
        assert set(u.listing.states(firm)) == set(FileState) - {FileState.DECIDED}
    assert _ids(filled, firm, Search(state="decided")) == []
    assert set(_ids(filled, firm, Search(state="under_review"))) == {proposed, reviewed}
    assert proposed in _ids(filled, above, Search(state="decided"))
    assert proposed not in _ids(filled, above, Search(state="under_review"))


def test_what_waits_for_the_reader_and_what_waits_for_others(filled):
    with filled.unit(read_only=True) as u:
        state = {each.id: each.state for each in u.files.select()}
    ids = _ids(filled)
    active = [each for each in ids if state[each] is FileState.ACTIVE]
    decided = [each for each in ids if state[each] is FileState.DECIDED]
    waits = Waits(
        mine=frozenset({FileState.UNDER_REVIEW, FileState.DECIDED}),
        others=frozenset({FileState.DRAFT}),
        able=frozenset(active[:1]),
        proposed=frozenset([*active[:1], *decided]),
    )
    mine = _ids(filled, search=Search(waiting=Waiting.MINE, limit=500), waits=waits)
    others = _ids(filled, search=Search(waiting=Waiting.OTHERS, limit=500), waits=waits)
    assert set(mine) == {e for e in ids if state[e] is FileState.UNDER_REVIEW} | set(active[:1])
    assert set(others) == {e for e in ids if state[e] is FileState.DRAFT} | set(decided)


def test_a_count_is_exact_to_its_bound_and_says_more_beyond(filled, monkeypatch):
    def counted(start=0):
        with filled.unit(read_only=True) as u:
            found = u.listing.files(FileSight(own="kattap"), Search(limit=2, start=start), Waits())
        return found.total, found.more

    whole = len(FileState)
    assert counted() == (whole, False)
    monkeypatch.setattr("sandbox.store.listing.MOST_COUNTED", whole)
    assert counted() == (whole, False)
    monkeypatch.setattr("sandbox.store.listing.MOST_COUNTED", whole - 1)
    assert counted() == (whole - 1, True)
    assert MOST_COUNTED > 2_000


def test_a_renamed_file_is_found_by_its_new_name_alone(filled):
    with filled.unit() as u:
        file = u.files.get("F-2026-0001")
        before = u.listing.ids(MOST, Search(file.title), Waits())
        u.files.save(replace(file, title="Кымыз"))
        assert u.listing.ids(MOST, Search("кЫМЫЗ"), Waits()) == (file.id,)
        after = u.listing.ids(MOST, Search(file.title), Waits())
    assert set(before) - set(after) == {file.id}


def test_the_migration_folds_what_was_there(filled):
    with filled.unit(read_only=True) as u:
        before = {
            row.id: row.folded for row in u.session.execute(text("SELECT * FROM permit_file"))
        }
    with filled.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE permit_file SET folded = ''")
        connection.exec_driver_sql("UPDATE organisation SET folded = ''")
        (name,) = (MIGRATIONS / "versions").glob("*_listing.py")
        step = import_module(f"sandbox.store.migrations.versions.{name.stem}")
        with Operations.context(MigrationContext.configure(connection)):
            step.fold_all()
    with filled.unit(read_only=True) as u:
        after = {row.id: row.folded for row in u.session.execute(text("SELECT * FROM permit_file"))}
    assert after == before
    assert _ids(filled, search=Search("өнүгүү"))


def test_a_list_reads_no_answers_and_asks_once_for_many(filled):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    event.listen(filled.engine, "before_cursor_execute", note)
    _ids(filled)
    event.remove(filled.engine, "before_cursor_execute", note)
    selects = [each for each in asked if each.lstrip().startswith("SELECT")]
    assert len(selects) == 1
    assert "answers" not in selects[0]
