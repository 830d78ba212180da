"""Settlement as a property: whatever is held and whatever goes wrong, each gets it back once.

The store, the outbox and the worker's code are the real ones; chain and gateway are a model that
loses answers before and after the act, refuses, has quotas and mines late, as Hypothesis draws it.
The gateway's promise is kept: one name, one act.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from eth_abi.abi import encode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.domain.customer_page import ActState
from sandbox.domain.settlement import Settlement, SettlementState
from sandbox.kit.clock import FixedClock
from sandbox.kit.errors import Refused, Unavailable
from sandbox.services.ports import NationalChain
from sandbox.services.publication import Desk
from sandbox.services.settlement_run import RUN, run
from sandbox.store import Store
from tests.services.alert_world import NUMBER, START, open_permit

pytestmark = pytest.mark.slow
SUPERVISOR, TOKEN = "0x" + "aa" * 20, "0x" + "bb" * 20
PEOPLE: Final = 5
"""Of the permit; the last is a merchant, whom the Supervisor's count leaves out."""
MOST_TURNS: Final = 60
FAULTS: Final = ("fine", "lost_before", "lost_after", "quota", "refused", "reverted", "late")
STEPS: Final = ("begun", "planned", "sent", "before_commit")

faults = st.lists(st.sampled_from(FAULTS), max_size=4)
amounts = st.integers(min_value=0, max_value=2**200)
places = st.integers(min_value=0, max_value=PEOPLE - 1)
events = st.lists(
    st.one_of(
        st.tuples(st.just("turn"), st.sampled_from((None, *STEPS))),
        st.tuples(st.just("again"), st.none()),
        st.tuples(st.just("own"), places),
        st.tuples(st.just("home"), places),
        st.tuples(st.just("fee"), places),
    ),
    max_size=8,
)


class Killed(BaseException):
    """The worker dies here."""


class Chain:
    """The model: balances, what contracts hold, and one act for one name."""

    def __init__(self, held: dict[str, int], contracts: int, faults: dict[str, list[str]]) -> None:
        self.held, self.contracts, self.faults = dict(held), contracts, faults
        self.customers = set(list(held)[:-1])
        self.block = 1
        self.acts: dict[str, dict[str, Any]] = {}
        self.returned: Counter[str] = Counter()
        self.own: Counter[str] = Counter()
        self.frees = START
        self.one = threading.Lock()

    def national(self) -> dict[str, NationalChain]:
        return {"kgst": NationalChain("kgst", 56417, SUPERVISOR, {"KGST": TOKEN})}

    def rpc(self, _chain: str, method: str, _params: Any) -> Any:
        assert method == "eth_getBlockByNumber"
        return {"number": hex(self.block), "hash": f"0x{self.block:064x}"}

    def measure(self, _chain: str, _block: int, asks: list[tuple[str, str, str]]) -> list[str]:
        found = []
        for _, to, data in asks:
            if to == SUPERVISOR:
                count = sum(self.held[each] for each in self.customers) + self.contracts
                body = encode(("uint256", "uint256", "uint32", "uint32"), (0, count, 0, 0))
            else:
                wallet = next(each for each in self.held if data.endswith(each[2:].lower()))
                body = encode(("uint256",), (self.held[wallet],))
            found.append("0x" + body.hex())
        return found

    def customer_act(self, _chain: str, asked: dict[str, str]) -> dict[str, Any]:
        with self.one:
            wallet, key = asked["wallet"], asked["key"]
            assert asked["act"] == "redeem"
            if key in self.acts:
                return self.acts[key]
            waiting = self.faults[wallet]
            fault = waiting.pop(0) if waiting else "fine"
            if fault == "lost_before":
                raise Unavailable("gateway.unreachable")
            if fault == "late":
                return {}
            if fault == "quota":
                frees = (self.frees + timedelta(hours=1)).isoformat()
                raise Refused("refused.transactions_per_day", frees_at=frees)
            if fault == "refused":
                raise Refused("refused.wallet_suspended", clause="wallet_suspended")
            self.block += 1
            if fault == "reverted" or int(asked["amount"]) > self.held[wallet]:
                self.acts[key] = {"transactionHash": f"0x{self.block:064x}", "status": "0x0"}
            else:
                self.held[wallet] -= int(asked["amount"])
                self.returned[wallet] += int(asked["amount"])
                self.acts[key] = {"transactionHash": f"0x{self.block:064x}", "status": "0x1"}
            if fault == "lost_after":
                raise Unavailable("gateway.unreachable")
            return self.acts[key]

    def redeem_own(self, wallet: str) -> None:
        """The person is faster, with half of it."""
        part = (self.held[wallet] + 1) // 2
        self.held[wallet] -= part
        self.own[wallet] += part

    def bring_home(self, wallet: str) -> None:
        """The firm pays a claim out of its contract."""
        part = (self.contracts + 1) // 2
        self.contracts -= part
        self.held[wallet] += part

    def take_fee(self, wallet: str) -> None:
        """A contract takes a fee of a payment that was under way."""
        part = self.held[wallet] // 10
        self.held[wallet] -= part
        self.contracts += part

    @property
    def everything(self) -> int:
        out = sum(self.returned.values()) + sum(self.own.values())
        return sum(self.held.values()) + self.contracts + out


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('settlement') / 'desk.sqlite'}")
    made.create_all()
    open_permit(made, customers=PEOPLE)
    yield made
    made.close()


class Run:
    """One settlement of the permit, with a chain of its own."""

    def __init__(self, store: Store, name: str, chain: Chain) -> None:
        self.store, self.chain, self.clock = store, chain, FixedClock(START)
        self.desk = Desk(store, chain, self.clock)
        with store.unit() as u:
            permit = u.permits.get(NUMBER)
            self.id = name
            order = Settlement(
                id=name,
                file=permit.file,
                permit=permit.number,
                state=SettlementState.RUNNING,
                custody="A bank",
                ordered_by="ermek",
                ordered_person="person-ermek",
                ordered_at=START,
                by_firm=False,
            )
            u.settlements.add(order)
            self._put(u)
            u.commit()

    def _put(self, u: Any) -> None:
        u.outbox.put(kind=RUN, subject=self.id, payload={"settlement": self.id}, at=START)

    @property
    def state(self) -> Settlement:
        with self.store.unit(read_only=True) as u:
            return u.settlements.get(self.id)

    def rows(self) -> list[Any]:
        with self.store.unit(read_only=True) as u:
            return [each for each in u.outbox.due(self.clock.now()) if each.subject == self.id]

    def turn(self, dies_at: str | None = None) -> None:
        """The worker's next turn; somebody lets it go on when nothing is due."""

        def step(name: str) -> None:
            if dies_at is not None and name == f"settlement.{dies_at}":
                raise Killed

        self.clock.forward(timedelta(hours=2))
        self.chain.frees = self.clock.now()
        if not self.rows():
            with self.store.unit() as u:
                self._put(u)
                u.commit()
        for row in self.rows():
            try:
                run(replace(self.desk, at_step=step), row)
            except Killed:
                return

    def again(self) -> None:
        """The same row twice, as after a lost commit."""
        for row in self.rows():
            run(self.desk, row)
            run(self.desk, row)

    def happens(self, what: str, about: Any) -> None:
        wallet = list(self.chain.held)[about] if isinstance(about, int) else ""
        {
            "turn": lambda: self.turn(about),
            "again": self.again,
            "own": lambda: self.chain.redeem_own(wallet),
            "home": lambda: self.chain.bring_home(wallet),
            "fee": lambda: self.chain.take_fee(wallet),
        }[what]()


_numbers = iter(range(10**9))


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    held=st.lists(amounts, min_size=PEOPLE, max_size=PEOPLE),
    contracts=amounts,
    wrong=st.lists(faults, min_size=PEOPLE, max_size=PEOPLE),
    story=events,
)
def test_each_gets_back_once_what_was_held_and_the_end_is_zero(
    store: Store,
    held: list[int],
    contracts: int,
    wrong: list[list[str]],
    story: list[tuple[str, Any]],
) -> None:
    with store.unit(read_only=True) as u:
        wallets = [each.wallet for each in u.customers.of_permit(NUMBER)]
    chain = Chain(
        dict(zip(wallets, held, strict=True)), contracts, dict(zip(wallets, wrong, strict=True))
    )
    whole = chain.everything
    one = Run(store, f"settlement-{next(_numbers)}", chain)
    for what, about in story:
        before = one.state.state
        left = sum(chain.held.values()) + chain.contracts
        settled_before = before is SettlementState.SETTLED
        if settled_before and what in {"own", "home", "fee"}:
            continue  # nothing is left that could move
        one.happens(what, about)
        assert chain.everything == whole, "nothing is made and nothing is lost"
        if one.state.state is SettlementState.SETTLED and not settled_before:
            assert (sum(chain.held.values()), chain.contracts) == (0, 0), left
    for _ in range(MOST_TURNS):
        if one.state.state is SettlementState.SETTLED:
            break
        if chain.contracts:
            one.turn()
            assert one.state.state is SettlementState.RUNNING, "contracts still hold money"
            chain.held[wallets[0]] += chain.contracts
            chain.contracts = 0
        one.turn()
    done = one.state
    assert done.state is SettlementState.SETTLED
    assert not any(chain.held.values())
    _agrees(store, one, whole)
    before = (dict(chain.returned), len(chain.acts))
    one.turn()
    one.again()
    assert (dict(chain.returned), len(chain.acts)) == before, "what is settled stays settled"
    assert one.state == done


def _agrees(store: Store, one: Run, whole: int) -> None:
    """The book says of each person what the chain did, and the proof says zero."""
    chain, proof = one.chain, one.state.proof or {}
    booked: Counter[str] = Counter()
    with store.unit(read_only=True) as u:
        people = {each.id: each.wallet for each in u.customers.of_permit(NUMBER)}
        for each, act in u.returns.with_acts(one.id):
            assert act.state in {ActState.DONE, ActState.REFUSED}
            if act.state is ActState.DONE:
                booked[people[each.customer]] += act.amount
    assert booked == +chain.returned
    assert sum(chain.returned.values()) + sum(chain.own.values()) == whole
    assert proof["outstanding"] == {"KGST": "0"}
    assert proof["returned"].get("KGST", "0") == str(sum(chain.returned.values()))
    assert proof["blocks"]["kgst"]["number"] == chain.block
