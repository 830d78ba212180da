"""The queue: nonce order, replacement, bounded gaps; and a model it must agree with."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from sandbox.chain.queue import Entry, Queue, QueueLimits
from sandbox.chain.records import Place
from sandbox.chain.transaction import SignedTx
from sandbox.kit.errors import Conflict, InvalidInput, SynakError, Unavailable
from sandbox.kit.ids import Address, TxHash

PLACE = Place()
LIMITS = QueueLimits(transactions=30, bytes=10_000, sender=8, gap=4, gap_age=60.0)


def tx(sender: str, nonce: int, price: int = 0, mark: int = 0, gas: int = 100) -> SignedTx:
    return SignedTx(
        raw=b"x" * 10,
        hash=TxHash(f"{sender}/{nonce}/{price}/{mark}"),
        sender=Address(sender),
        nonce=nonce,
        type=0,
        chain_id=417,
        to=None,
        value=0,
        gas=gas,
        gas_price=price,
        data=b"",
    )


def add(queue: Queue, each: SignedTx, at: float = 0.0) -> Entry:
    queue.check(each)
    entry = Entry(each, {}, at)
    queue.add(entry, at)
    queue.settle(entry, PLACE)
    return entry


def order(queue: Queue, gas: int = 10**9, count: int = 1_000) -> list[tuple[str, int]]:
    found = queue.take(gas, count)
    queue.put_back(found)
    return [(entry.tx.sender, entry.tx.nonce) for entry in found]


def refused(queue: Queue, each: SignedTx, kind: type[SynakError], code: str) -> SynakError:
    with pytest.raises(kind) as caught:
        queue.check(each)
    assert caught.value.code == code
    return caught.value


@pytest.fixture
def queue() -> Queue:
    return Queue(LIMITS)


def test_order_across_senders_is_the_order_of_arrival(queue):
    for sender, nonce in (("a", 0), ("b", 0), ("a", 1), ("c", 0)):
        add(queue, tx(sender, nonce))
    assert order(queue) == [("a", 0), ("b", 0), ("a", 1), ("c", 0)]


def test_what_waits_behind_a_gap_is_not_handed_out_until_the_gap_is_filled(queue):
    add(queue, tx("a", 1))
    add(queue, tx("b", 0))
    assert order(queue) == [("b", 0)]
    assert queue.next_nonce(Address("a")) == 0
    add(queue, tx("a", 0))
    assert order(queue) == [("b", 0), ("a", 0), ("a", 1)]
    assert queue.next_nonce(Address("a")) == 2


def test_nonce_too_low_is_refused_and_the_next_one_is_not(queue):
    queue.mined(add(queue, tx("a", 0)))
    error = refused(queue, tx("a", 0, mark=1), Conflict, "tx.nonce_too_low")
    assert (error.params["expected"], error.params["nonce"]) == (1, 0)
    assert queue.check(tx("a", 1)) is None


def test_the_same_transaction_twice_is_refused(queue):
    add(queue, tx("a", 0))
    refused(queue, tx("a", 0), Conflict, "tx.already_known")


def test_a_replacement_needs_a_tenth_more_and_takes_the_same_place(queue):
    add(queue, tx("a", 0, price=100))
    add(queue, tx("b", 0))
    error = refused(queue, tx("a", 0, price=109), InvalidInput, "tx.replacement_underpriced")
    assert error.params["minimum"] == "110"
    add(queue, tx("a", 0, price=110))
    assert order(queue) == [("a", 0), ("b", 0)]
    assert len(queue) == 2


def test_where_gas_is_free_another_transaction_with_the_nonce_replaces(queue):
    former = add(queue, tx("a", 0))
    assert queue.check(tx("a", 0, mark=1)) is former


def test_what_is_being_mined_cannot_be_replaced(queue):
    add(queue, tx("a", 0))
    queue.take(10**9, 10)
    refused(queue, tx("a", 0, mark=1), Conflict, "tx.nonce_too_low")


def test_a_gap_may_be_as_wide_as_the_limit_and_not_wider(queue):
    assert queue.check(tx("a", 4)) is None
    refused(queue, tx("a", 5), Conflict, "tx.nonce_gap_too_wide")


def test_no_more_than_the_limit_wait_behind_a_gap(queue):
    for nonce in (1, 2, 3, 4):
        add(queue, tx("a", nonce))
    queue = Queue(replace(LIMITS, gap=2))
    add(queue, tx("a", 1))
    add(queue, tx("a", 2))
    refused(queue, tx("a", 3), Conflict, "tx.nonce_gap_too_wide")
    assert queue.check(tx("a", 0)) is None


def test_one_sender_may_queue_as_many_as_the_limit_and_no_more(queue):
    for nonce in range(8):
        add(queue, tx("a", nonce))
    refused(queue, tx("a", 8), Conflict, "tx.too_many_queued")
    assert queue.check(tx("b", 0)) is None


def test_a_full_queue_refuses_by_count_and_by_bytes():
    queue = Queue(replace(LIMITS, transactions=2))
    add(queue, tx("a", 0))
    add(queue, tx("b", 0))
    refused(queue, tx("c", 0), Unavailable, "queue.full")
    queue = Queue(replace(LIMITS, bytes=19))
    add(queue, tx("a", 0))
    refused(queue, tx("b", 0), Unavailable, "queue.full")


def test_a_gap_expires_after_its_age_and_not_before(queue):
    entry = add(queue, tx("a", 2), at=100.0)
    assert queue.expired(159.9) == []
    assert queue.expired(160.0) == [entry]
    queue.drop(entry, 160.0)
    assert len(queue) == 0


def test_a_dropped_transaction_leaves_those_behind_it_in_a_gap(queue):
    first, *_ = [add(queue, tx("a", nonce)) for nonce in range(3)]
    queue.drop(first, 50.0)
    assert order(queue) == []
    assert queue.next_nonce(Address("a")) == 0
    assert len(queue.expired(110.0)) == 2
    add(queue, tx("a", 0, mark=1))
    assert order(queue) == [("a", 0), ("a", 1), ("a", 2)]


def test_a_block_takes_in_order_up_to_gas_and_count(queue):
    for nonce in range(4):
        add(queue, tx("a", nonce, gas=100))
    assert order(queue, gas=299) == [("a", 0), ("a", 1)]
    assert order(queue, gas=300) == [("a", 0), ("a", 1), ("a", 2)]
    assert order(queue, count=1) == [("a", 0)]


def test_what_is_not_durable_is_not_handed_out_nor_anything_behind_it(queue):
    entry = Entry(tx("a", 0), {}, 0.0)
    queue.add(entry, 0.0)
    add(queue, tx("b", 0))
    assert order(queue) == []
    queue.settle(entry, PLACE)
    assert order(queue) == [("a", 0), ("b", 0)]


def test_an_unwritten_replacement_gives_the_place_back(queue):
    former = add(queue, tx("a", 0))
    other = Entry(tx("a", 0, mark=1), {}, 0.0)
    queue.add(other, 0.0)
    assert order(queue) == []
    queue.undo(other, 0.0)
    assert queue.get(former.tx.hash) is former
    assert order(queue) == [("a", 0)]


def test_an_unwritten_newcomer_was_never_there(queue):
    other = Entry(tx("a", 0), {}, 0.0)
    queue.add(other, 0.0)
    queue.undo(other, 0.0)
    assert len(queue) == 0
    assert queue.next_nonce(Address("a")) == 0


class QueueMachine(RuleBasedStateMachine):
    """Against a plain model: for each sender the waiting nonces, and what is mined."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue(LIMITS)
        self.waiting: dict[tuple[str, int], Entry] = {}
        self.mined: dict[str, int] = dict.fromkeys("abc", 0)
        self.now = 0.0
        self.marks = 0

    @rule(sender=st.sampled_from("abc"), ahead=st.integers(-1, 6), price=st.integers(0, 30))
    def submit(self, sender: str, ahead: int, price: int) -> None:
        nonce = self.mined[sender] + ahead
        self.marks += 1
        if nonce < 0:
            return
        each = tx(sender, nonce, price, self.marks)
        former = self.waiting.get((sender, nonce))
        try:
            replaced = self.queue.check(each)
        except SynakError as error:
            code = error.code
        else:
            code = ""
        assert code == "" or code.startswith(("tx.", "queue."))
        assert (code == "tx.nonce_too_low") == (nonce < self.mined[sender])
        if code:
            return
        assert replaced is former
        assert nonce >= self.mined[sender]
        entry = Entry(each, {}, self.now)
        self.queue.add(entry, self.now)
        self.queue.settle(entry, PLACE)
        self.waiting[sender, nonce] = entry

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.waiting)))
        self.queue.drop(self.waiting.pop(key), self.now)

    @rule(count=st.integers(1, 5), mine=st.booleans())
    def block(self, count: int, mine: bool) -> None:
        found = self.queue.take(10**9, count)
        self.queue.put_back(found)
        for entry in found if mine else []:
            sender, nonce = entry.tx.sender, entry.tx.nonce
            assert nonce == self.mined[sender], "out of nonce order"
            self.queue.mined(entry)
            self.mined[sender] += 1
            del self.waiting[sender, nonce]

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        for entry in self.queue.expired(self.now):
            self.queue.drop(entry, self.now)
            del self.waiting[entry.tx.sender, entry.tx.nonce]

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert {(e.tx.sender, e.tx.nonce) for e in self.queue} == set(self.waiting)
        ready = set()
        for sender, mined in self.mined.items():
            free = mined
            while (sender, free) in self.waiting:
                ready.add((sender, free))
                free += 1
            assert self.queue.next_nonce(Address(sender)) == free
        assert set(order(self.queue)) == ready

    @invariant()
    def is_bounded(self) -> None:
        assert len(self.queue) <= LIMITS.transactions
        for sender in self.mined:
            assert self.queue.waiting(Address(sender)) <= LIMITS.sender


TestQueueAgainstModel = QueueMachine.TestCase
TestQueueAgainstModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
