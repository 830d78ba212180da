"""Supervised ledgers from asking to payments inside, on a real chain; the worker killed between."""

from __future__ import annotations

import pytest
from eth_abi import encode
from web3 import Web3

from sandbox.domain.supervised_ledger import LedgerState
from sandbox.kit.errors import Conflict
from sandbox.kit.ids import permit_key
from sandbox.services import supervised_ledgers
from sandbox.services.calls import read
from sandbox.services.publication import Desk
from sandbox.services.supervised_ledger_chain import standing_of
from sandbox.services.supervised_ledger_views import ledgers_of
from sandbox.services.supervised_ledgers import AskLedger, DecideLedger
from sandbox.services.worker import Worker
from tests.contracts.ledger_support import pools
from tests.gateway.ledger_support import pool_call
from tests.gateway.support import encode as call_of
from tests.services.test_contract_review import Trial, call_issue, kinds
from tests.services.world import KGST

pytestmark = pytest.mark.slow

STEPS = ("ledger.begun", "ledger.member", "ledger.sent", "ledger.before_commit")
CLOSING = ("ledger_close.begun", "ledger_close.sent", "ledger_close.before_commit")


class Killed(BaseException):
    """The process ended here."""


class Pooled(Trial):
    """A permit whose wallet deployed the reference contract."""

    def __init__(self, world):
        super().__init__(world, contract_review="")
        self.where = world.system.national["kgst"]
        self.token = self.where.tokens["KGST"]
        arguments = encode(["address", "address"], [self.token, self.where.supervisor])
        receipt = self.send(None, "0x" + (pools()["Pool"].bytecode + arguments).hex())
        self.pool = Web3.to_checksum_address(receipt["contractAddress"])

    def ask(self, contract=None):
        command = AskLedger(self.number, "kgst", contract or self.pool, "Pool", "Saves.")
        return self.world.do(supervised_ledgers.ask, "bakyt", command, ports=True)

    def signed(self, ledger):
        for who in ("ermek", "feruza"):
            self.world.do(supervised_ledgers.admit, who, DecideLedger(ledger.id), ports=True)

    def admitted(self):
        ledger = self.ask()
        self.signed(ledger)
        self.world.settle()
        return self.look(ledger).ledger

    def closing(self, ledger):
        command = DecideLedger(ledger.id, "It is over.")
        self.world.do(supervised_ledgers.close, "gulnara", command, ports=True)

    def look(self, ledger, who="bakyt"):
        found = ledgers_of(
            self.world.store,
            self.world.actor(who),
            self.number,
            at=self.world.at,
            ports=self.world.ports,
        )
        return next(each for each in found if each.ledger.id == ledger.id)

    def standing(self, ledger):
        return standing_of(self.world.ports.gateway, self.where, ledger)

    def by(self, person, to, data):
        answer = self.rpc(to, data, token=person.token, sender=person.address)
        if "error" in answer:
            return answer["error"]["data"]["clause"]
        return self.world.system.receipt(self.permit, answer["result"])["status"]


@pytest.fixture
def pooled(world):
    return Pooled(world)


def test_from_asking_to_a_payment_inside_and_home_after_closing(world, pooled):
    ledger = pooled.admitted()
    assert (ledger.state, ledger.failure) == (LedgerState.ADMITTED, None)
    assert (pooled.standing(ledger).supervised, pooled.standing(ledger).open) == (True, True)
    aida, bek = world.people(pooled.number, 2)
    world.system.system("kgst", "issuer", pooled.token, call_issue(aida.address, 100 * KGST))
    approve = call_of("KGST", "approve", pooled.pool, 100 * KGST)
    assert pooled.by(aida, pooled.token, approve) == "0x1"
    assert pooled.by(aida, pooled.pool, pool_call("deposit", 60 * KGST)) == "0x1"
    assert pooled.by(aida, pooled.pool, pool_call("pay", bek.address, 25 * KGST)) == "0x1"
    too_much = pool_call("pay", aida.address, 26 * KGST)
    assert pooled.by(bek, pooled.pool, too_much) == "ledger_claim"
    (kept,) = pooled.look(ledger).kept
    assert (kept.asset, kept.claims, kept.own) == ("KGST", 60 * KGST, 0)
    pooled.closing(ledger)
    world.settle()
    assert pooled.look(ledger).ledger.state is LedgerState.CLOSED
    back = pool_call("pay", aida.address, KGST)
    assert pooled.by(bek, pooled.pool, back) != "0x1", "nothing moves inside"
    assert pooled.by(bek, pooled.pool, pool_call("withdraw", 25 * KGST)) == "0x1"
    assert [each for each in kinds(world, pooled.number) if each.startswith("ledger.")] == [
        "ledger.asked",
        "ledger.signed",
        "ledger.admitted",
        "ledger.in_force",
        "ledger.closing",
        "ledger.closed",
    ]


def killed_at(world, fatal):
    """A worker that ends at a step, and whether it came so far."""

    def at_step(name):
        if name == fatal:
            raise Killed

    with pytest.raises(Killed):
        Worker(Desk(world.store, world.system.inside, world.clock, at_step)).work_outbox()


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_while_admitting_ends_in_one_admission(world, pooled, step):
    ledger = pooled.ask()
    pooled.signed(ledger)
    killed_at(world, step)
    assert pooled.look(ledger).ledger.state is LedgerState.ADMITTING
    world.settle()
    assert pooled.look(ledger).ledger.state is LedgerState.ADMITTED
    assert pooled.standing(ledger).nonce == 1
    assert kinds(world, pooled.number).count("ledger.in_force") == 1


@pytest.mark.parametrize("step", CLOSING)
def test_a_worker_killed_while_closing_ends_closed(world, pooled, step):
    ledger = pooled.admitted()
    pooled.closing(ledger)
    killed_at(world, step)
    world.settle()
    assert pooled.look(ledger).ledger.state is LedgerState.CLOSED
    assert (pooled.standing(ledger).open, pooled.standing(ledger).nonce) == (False, 2)
    assert kinds(world, pooled.number).count("ledger.closed") == 1


def test_a_contract_of_another_permit_stays_there(world, pooled):
    first = pooled.admitted()
    other = Pooled(world)
    with pytest.raises(Conflict, match=r"ledger\.of_another"):
        other.ask(pooled.pool)
    late = other.ask()
    other.signed(late)
    # Between the signatures and the worker it becomes a member of the first permit.
    data = call_of(
        "Supervisor", "register", permit_key(pooled.number), other.pool, 4, bytes(32), 0, b""
    )
    world.system.system("kgst", "registrar", pooled.where.supervisor, data)
    world.settle()
    found = other.look(late).ledger
    assert (found.state, bool(found.failure)) == (LedgerState.FAILED, True)
    key, *_ = read(world.ports.gateway, "kgst", pooled.where.supervisor, "memberOf", other.pool)
    assert bytes(key) == permit_key(pooled.number)
    assert pooled.standing(first).open
