"""``lab(fork="trial")``: the ledger as it is, rebuilt privately; nothing private, nothing back."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from sandbox.chain.public_copy import PublicCopy
from sandbox.domain.seats import Actor, Channel
from sandbox.gateway import public_state
from sandbox.kit.errors import IntegrityFailure, NotAllowed, SynakError
from sandbox.sdk import PermitRefused, SdkError, lab
from sandbox.sdk.desk import Desk
from sandbox.sdk.labs.fork import fork
from sandbox.sdk.place import Place
from sandbox.services.public_ledger import ledger_part
from tests.gateway.support import TOKEN, Permit, System, transfer
from tests.sdk.desk_server import served


@pytest.fixture(scope="module")
def ledger():
    """A real chain with two customers, and the desk's answer about it over HTTP."""
    root = Path(tempfile.mkdtemp(prefix="fk-"))
    system = System(root).start()
    permit = Permit(system, "SB-2026-0333")
    permit.people = [permit.customer(1, amount=9_000 * TOKEN), permit.customer(2)]
    yield system, permit
    system.stop()
    shutil.rmtree(root, ignore_errors=True)


@contextmanager
def _desk(system, permit):
    class Ports:
        gateway = system.inside

    actor = Actor("key", "p", None, frozenset(), Channel.PERMIT_KEY, permit=permit.number)

    def answer(_method, path, _headers, _body):
        query = {name: said[0] for name, said in parse_qs(urlsplit(path).query).items()}
        part, chain = int(query.get("part", 0)), urlsplit(path).path.split("/")[-2]
        wanted = {"chain": chain, "part": part, "of": query.get("of")}
        try:
            return 200, vars(ledger_part(Ports, actor, frozenset(), **wanted))
        except SynakError as error:
            return error.status, {**error.as_dict(), "title": error.code}

    with served(answer) as url:
        client = Desk(Place.of(url, token="spk_x"))
        yield client
        client.close()


@pytest.fixture
def desk(ledger):
    with _desk(*ledger) as client:
        yield client


def test_a_copy_has_the_ledgers_balances_and_anybody_can_be_impersonated(ledger, desk):
    system, permit = ledger
    (aida, token), (bek, _) = permit.people
    with fork(desk, "kgst") as copy:
        head = system.ok(permit, "eth_getBlockByNumber", hex(copy.copied), False)
        assert copy.w3.eth.get_block(copy.copied)["hash"].to_0x_hex() == head["hash"]
        assert copy.kgst.balance(aida) == 9_000 * TOKEN
        copy.act_as(aida, copy.kgst.functions.transfer(bek, 5 * TOKEN))
        assert copy.kgst.balance(bek) == 5 * TOKEN
        with pytest.raises(PermitRefused) as refusal, copy.impersonate(aida) as who:
            copy.kgst.transfer(who, bek, "5001")
        assert refusal.value.clause == "per_transaction"
        copy.issue("KGST", bek, "7")
        copy.travel(days=1)
    balance_of = {"to": permit.token, "data": "0x70a08231" + bek[2:].rjust(64, "0")}
    assert int(system.ok(permit, "eth_call", balance_of), 16) == 0
    assert system.ok(permit, "eth_getTransactionCount", aida, "latest", token=token) == "0x0"


def test_what_is_signed_in_a_copy_is_valid_nowhere_else(desk):
    with fork(desk, "kgst") as copy:
        assert copy.w3.eth.chain_id == 31337
        receipt = copy.send({"to": copy.accounts[1].address, "value": 1})
        assert copy.w3.eth.get_transaction(receipt["transactionHash"])["chainId"] == 31337
        with pytest.raises(SdkError, match="impersonate"):
            copy.new_account()
        with pytest.raises(SdkError, match="kgst"):
            _ = copy.som


def test_the_som_ledger_is_copied_as_well(desk):
    with fork(desk, "som") as copy:
        assert copy.som.functions.totalSupply().call() == 0
        assert copy.money.asset == "SOM"


def test_a_copy_holds_nothing_that_is_not_public(ledger):
    system, permit = ledger
    call = {"to": permit.token, "data": transfer(permit.account.address, 6_000 * TOKEN)}
    system.rpc(permit, "eth_sendTransaction", {"from": permit.managed, **call})
    said = system.inside.public_state("kgst", 0, None)
    for private in (permit.number, "bakyt", "spk_", "refus", permit.key):
        assert private not in said["part"], private
    copy = PublicCopy.from_bytes(said["part"].encode())
    assert copy.blocks
    assert copy.spec.chain_id == 56417


def test_a_copy_is_made_once_for_all_and_its_parts_belong_together(ledger, desk, monkeypatch):
    system, _ = ledger
    first = system.inside.public_state("kgst", 0, None)
    assert system.inside.public_state("kgst", 0, None)["of"] == first["of"]
    monkeypatch.setattr(public_state, "PART", 1_000)
    assert system.inside.public_state("kgst", 0, None)["parts"] > 10
    with fork(desk, "kgst") as copy:
        assert copy.copied > 0
    for part, of in ((10_000, first["of"]), (0, "0" * 64)):
        with pytest.raises(SynakError):
            system.inside.public_state("kgst", part, of)


@pytest.mark.slow
def test_a_copy_from_an_epochs_snapshot_reaches_the_same_block():
    root = Path(tempfile.mkdtemp(prefix="fe-"))
    system = System(root)
    rules = replace(system.setup.options.blocks, epoch_transactions=10)
    system.setup = replace(system.setup, options=replace(system.setup.options, blocks=rules))
    system.start()
    try:
        permit = Permit(system, "SB-2026-0334")
        aida, _ = permit.customer(1, amount=9_000 * TOKEN)
        system.until(lambda: next((root / "chain/kgst/epochs").glob("*.snapshot"), None), 30)
        bek, _ = permit.customer(2, amount=3 * TOKEN)
        with _desk(system, permit) as desk, fork(desk, "kgst") as copy:
            said = system.inside.public_state("kgst", 0, None)["part"]
            taken = PublicCopy.from_bytes(said.encode())
            assert taken.snapshot is not None
            assert (copy.kgst.balance(aida), copy.kgst.balance(bek)) == (9_000 * TOKEN, 3 * TOKEN)
    finally:
        system.stop()
        shutil.rmtree(root, ignore_errors=True)


def test_a_damaged_copy_is_never_a_lab():
    def answer(_method, _path, _headers, _body):
        return 200, {"of": "0" * 64, "parts": 1, "part": "{}", "supervisor": "", "token": ""}

    with served(answer) as url:
        client = Desk(Place.of(url, token="spk_x"))
        with pytest.raises(IntegrityFailure, match="damaged"):
            fork(client, "kgst")
        client.close()


def test_a_customers_token_and_a_server_of_neither_may_not_copy(ledger):
    system, permit = ledger

    class Ports:
        gateway = system.inside

    customer = Actor("c", "p", None, frozenset(), Channel.CUSTOMER, permit=permit.number)
    somebody = Actor("s", "p", None, frozenset(), Channel.SERVER)
    home = frozenset({"home"})
    for actor, contexts in ((customer, home), (somebody, home), (None, frozenset())):
        with pytest.raises(NotAllowed, match="not_for_this_token"):
            ledger_part(Ports, actor, contexts, chain="kgst", part=0, of=None)
    course = frozenset({"course-digital-money"})
    assert ledger_part(Ports, None, course, chain="kgst", part=0, of=None).parts >= 1


def test_a_copy_and_terms_are_not_had_together():
    with pytest.raises(SdkError, match="not both"):
        lab(permit={}, fork="trial")
    with pytest.raises(SdkError, match="not both"):
        lab(fork="mainnet")
