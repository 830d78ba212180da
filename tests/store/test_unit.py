from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.audit import is_sound
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.kit.errors import Conflict, NotFound, Unavailable
from sandbox.store import Store
from sandbox.store.desk_sessions import DeskSession

AT = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
ORG = Organisation("kattap-pay", "Kattap Pay", OrganisationKind.STARTUP, AT)
AIGUL = Account("aigul", "Aigul", "p-aigul", "kattap-pay", (Seat.OWNER,), "ky", True, AT)


def _parallel(count, work):
    outcomes, barrier = [], threading.Barrier(count)

    def one(number):
        barrier.wait()
        try:
            outcomes.append(work(number))
        except Exception as error:  # noqa: BLE001
            outcomes.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_a_committed_record_is_found_again(store):
    with store.unit() as u:
        u.organisations.add(ORG)
        u.accounts.add(AIGUL)
        u.commit()
    with store.unit(read_only=True) as u:
        assert u.accounts.get("aigul") == AIGUL


def test_what_is_not_committed_is_gone(store):
    with store.unit() as u:
        u.organisations.add(ORG)
    with store.unit(read_only=True) as u, pytest.raises(NotFound, match=r"organisation\.not_found"):
        u.organisations.get("kattap-pay")


@pytest.mark.parametrize(("committed", "expected"), [(True, []), (False, ["taken back"])])
def test_what_was_done_elsewhere_is_taken_back_unless_committed(store, committed, expected):
    done = []
    with store.unit() as u:
        u.unless_committed(lambda: done.append("taken back"))
        u.organisations.add(ORG)
        if committed:
            u.commit()
    assert done == expected


def test_what_fails_while_taking_back_hides_no_error(store):
    def broken():
        raise Unavailable("gateway.unreachable")

    done = []

    def fail():
        with store.unit() as u:
            u.unless_committed(broken)
            u.unless_committed(lambda: done.append("taken back"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert done == ["taken back"]


def test_an_error_inside_leaves_nothing_half_done(store):
    def fail():
        with store.unit() as u:
            u.organisations.add(ORG)
            u.audit.append(kind="x", actor="a", subject="s", data={}, at=AT)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.unit(read_only=True) as u:
        assert u.audit.size() == 0
        assert u.organisations.find("kattap-pay") is None


def test_a_row_without_its_parent_is_refused_with_one_code(store):
    def orphan():
        with store.unit() as u:
            u.accounts.add(AIGUL)
            u.commit()

    with pytest.raises(Conflict, match=r"store\.conflict"):
        orphan()


def test_hooks_run_after_the_commit_and_their_failure_does_not_undo_it(store):
    seen = []

    def look():
        with store.unit(read_only=True) as other:
            seen.append(other.organisations.find("kattap-pay"))

    def fail():
        raise Unavailable("gateway.unreachable")

    with store.unit() as u:
        u.organisations.add(ORG)
        u.after_commit(fail)
        u.after_commit(look)
        assert seen == []
        u.commit()
    assert seen == [ORG]


def test_a_stale_copy_does_not_overwrite(store):
    from tests.store.samples import file_sample

    with store.unit() as u:
        u.organisations.add(ORG)
        u.accounts.add(AIGUL)
        mine = u.files.add(file_sample(AT))
        saved = u.files.save(replace(mine, title="first"))
        assert saved.revision == mine.revision + 1
        with pytest.raises(Conflict, match=r"store\.changed_meanwhile"):
            u.files.save(replace(mine, title="lost"))
        assert u.files.get(mine.id).title == "first"


def test_counters_have_no_gap_and_no_double(store):
    def take(_):
        with store.unit() as u:
            number = u.counters.next("permit:2026")
            u.commit()
            return number

    assert sorted(_parallel(8, take)) == list(range(1, 9))


def test_a_counter_is_given_back_when_the_act_fails(store):
    with store.unit() as u:
        assert u.counters.next("x") == 1
    with store.unit() as u:
        assert u.counters.next("x") == 1


def test_audit_entries_of_parallel_writers_get_one_place_each(store):
    def write(number):
        with store.unit() as u:
            entry = u.audit.append(kind="x", actor="a", subject=str(number), data={}, at=AT)
            u.commit()
            return entry.index

    assert sorted(_parallel(8, write)) == list(range(8))


def test_no_audit_entry_is_of_an_earlier_time_than_the_one_before(store):
    moments = [AT, AT + timedelta(minutes=2), AT - timedelta(minutes=3), AT + timedelta(minutes=4)]
    with store.unit() as u:
        said = {"kind": "x", "actor": "a", "subject": "s"}
        made = [u.audit.append(**said, data={}, at=at) for at in moments]
        u.audit.erase(3, actor="a", at=AT)
        u.commit()
    assert [each.at - AT for each in made] == [timedelta(minutes=late) for late in (0, 2, 2, 4)]
    with store.unit(read_only=True) as u:
        entries = list(u.audit.scan())
    assert all(is_sound(each, place) for place, each in enumerate(entries))
    assert entries[-1].at == AT + timedelta(minutes=4)


def test_a_unit_that_begins_with_a_check_writes_nothing_while_it_fails(store):
    asked, well = [], [True]

    def check(u):
        asked.append(u.organisations.find("kattap-pay"))
        if not well[0]:
            raise Conflict("account.changed")

    checked = store.beginning_with(check)
    with checked.unit() as u:
        assert asked == [], "not before anything is asked of the store"
        u.organisations.add(ORG)
        u.accounts.add(AIGUL)
        u.commit()
    assert asked == [None], "once, before the first statement"
    well[0] = False
    with checked.unit(read_only=True) as u:
        assert u.accounts.get("aigul") == AIGUL
    with checked.unit() as u:
        for _ in range(2):
            with pytest.raises(Conflict, match=r"account\.changed"):
                u.accounts.save(replace(AIGUL, active=False))
        u.commit()
    with store.unit() as u:
        assert u.accounts.get("aigul") == AIGUL


def test_an_account_that_acts_stays_what_it_is_until_the_act_is_done(store):
    with store.unit() as u:
        u.organisations.add(ORG)
        u.accounts.add(AIGUL)
        u.commit()
    ended = threading.Event()

    def end():
        with store.unit() as u:
            u.accounts.save(replace(u.accounts.get("aigul", lock=True), active=False))
            u.commit()
            ended.set()

    with store.unit() as u:
        assert u.accounts.held("aigul") == AIGUL
        ending = threading.Thread(target=end)
        ending.start()
        assert not ended.wait(0.5)
        u.commit()
    assert ended.wait(10)
    ending.join()
    with store.unit(read_only=True) as u:
        assert u.accounts.held("nobody") is None
        assert not u.accounts.get("aigul").active


def test_a_form_key_acts_once_even_at_the_same_moment(store):
    def post(_):
        with store.unit() as u:
            first = u.forms.claim("form-1", "aigul", AT)
            if first is None:
                u.forms.record("form-1", "/desk/files/F-2026-0001")
            u.commit()
            return first

    outcomes = _parallel(4, post)
    assert outcomes.count(None) == 1
    assert outcomes.count("/desk/files/F-2026-0001") == 3


def test_another_accounts_form_key_is_refused(store):
    with store.unit() as u:
        u.forms.claim("form-1", "aigul", AT)
        with pytest.raises(Conflict, match=r"form\.not_yours"):
            u.forms.claim("form-1", "bakyt", AT)


def test_an_idempotency_key_belongs_to_one_act(store):
    with store.unit() as u:
        assert u.once.find("aigul", "k", "submit") is None
        u.once.record("aigul", "k", "submit", "F-2026-0001", AT)
        assert u.once.find("aigul", "k", "submit") == "F-2026-0001"
        with pytest.raises(Conflict, match=r"once\.key_reused"):
            u.once.find("aigul", "k", "withdraw")


def test_sessions_are_replaced_and_old_ones_end(store):
    session = DeskSession("h", "aigul", "csrf", "sealed", AT, AT)
    with store.unit() as u:
        u.sessions.put(session)
        u.sessions.put(replace(session, seen_at=AT + timedelta(hours=1), language="ru"))
        assert u.sessions.get("h").language == "ru"
        assert u.sessions.delete_older(AT + timedelta(minutes=30)) == 0
        assert u.sessions.delete_older(AT + timedelta(hours=2)) == 1
        with pytest.raises(NotFound):
            u.sessions.get("h")


def test_outbox_rows_of_one_subject_keep_their_order(store):
    with store.unit() as u:
        for version in (1, 2):
            u.outbox.put(kind="publish", subject="SB-1", payload={"version": version}, at=AT)
        u.outbox.put(kind="publish", subject="SB-2", payload={"version": 1}, at=AT)
        due = u.outbox.due(AT)
        assert [(row.subject, row.payload["version"]) for row in due] == [("SB-1", 1), ("SB-2", 1)]
        u.outbox.done(due[0].id, AT)
        assert [row.payload["version"] for row in u.outbox.due(AT)] == [2, 1]


def test_a_failed_outbox_row_waits_and_is_seen_in_health(store):
    with store.unit() as u:
        u.outbox.put(kind="publish", subject="SB-1", payload={}, at=AT)
        u.outbox.failed(u.outbox.due(AT)[0], "gateway.unreachable", AT)
        assert u.outbox.due(AT) == ()
        later = AT + timedelta(seconds=1)
        assert u.outbox.due(later)[0].attempts == 1
        health = u.outbox.health(later)
        assert (health["open"], health["failing"]) == (1, 1)
        assert health["last_error"] == "gateway.unreachable"


def test_a_store_out_of_reach_is_one_clear_error():
    store = Store("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match=r"store\.unavailable"):
        store.ping()


def test_a_unit_on_a_store_out_of_reach_is_one_clear_error():
    store = Store("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(Unavailable, match=r"store\.unavailable"), store.unit() as u:
        u.organisations.all()
