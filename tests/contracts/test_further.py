"""Further limits on a real engine, beside a model in Python that counts for itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.contracts.loader import artifact
from sandbox.contracts.made import further_address
from sandbox.contracts.typed import (
    NO_LIMIT_256,
    further_argument,
    publish_call,
    publish_to,
    terms_argument,
    terms_typed_data,
)
from sandbox.domain.rolling import RollingCount
from sandbox.domain.supervisor import FURTHER_NAMES
from tests.contracts.support import CUSTOMER, KGST, MERCHANT, PERMIT, REVERTS, person, refusal_of

WINDOWS = {
    "customerDayVolume": (timedelta(hours=24), timedelta(hours=2)),
    "weekVolume": (timedelta(days=7), timedelta(hours=6)),
    "monthVolume": (timedelta(days=30), timedelta(days=1)),
}
CLAUSES = {solidity: name for name, solidity in FURTHER_NAMES.items()}


def further(world, *, residences=(), **limits):
    asset = dict.fromkeys(FURTHER_NAMES.values(), NO_LIMIT_256)
    asset |= {"token": world.kgst.address, "waterfall": False, **limits}
    return {"residences": ["0x" + code.encode().hex() for code in residences], "assets": [asset]}


def book_of(world):
    where = further_address(world.supervisor.address)
    return world.engine.w3.eth.contract(address=where, abi=artifact("FurtherLimits").abi)


def publish(world, said, **terms):
    struct = {**world.terms(**terms), "further": said}
    signatures = world.sign(struct, *world.regulators[:2])
    call = book_of(world).functions.publish(
        terms_argument(struct), further_argument(said), signatures
    )
    world.engine.send(world.admin, call)
    return struct, signatures


def describe(world, name, residence="KG", level=2):
    people = [(person(name), residence.encode(), level)]
    world.engine.send(world.registrar, book_of(world).functions.describe(PERMIT, people))


def test_what_is_signed_is_what_the_contract_hashes(world):
    said = further(world, residences=("KG", "KZ"), weekVolume=7, travelRule=0, waterfall=True)
    struct = {**world.terms(), "further": said}
    typed = terms_typed_data(world.chain_id, world.supervisor.address, struct)
    assert typed["primaryType"] == "FurtherTerms"
    functions = book_of(world).functions
    digest = functions.hashFurther(terms_argument(struct), further_argument(said)).call()
    assert digest == _hash_eip191_message(encode_typed_data(full_message=typed))
    plain = {**struct, "further": None}
    assert terms_typed_data(world.chain_id, world.supervisor.address, plain) == terms_typed_data(
        world.chain_id, world.supervisor.address, world.terms()
    )


def test_the_call_is_the_contracts_own_to_the_byte(world):
    said = further(world, residences=("KG",), customerTotal=5 * KGST)
    struct, signatures = publish(world, said)
    built = book_of(world).encode_abi(
        "publish", args=[terms_argument(struct), further_argument(said), signatures]
    )
    assert "0x" + publish_call(struct, signatures).hex() == built
    assert publish_to(world.supervisor.address, struct) == book_of(world).address
    assert publish_to(world.supervisor.address, world.terms()) == world.supervisor.address
    assert world.supervisor.functions.further().call() == book_of(world).address
    assert book_of(world).functions.furtherOf(PERMIT).call() == further_argument(said)


def test_of_two_transactions_that_race_for_the_last_unit_one_is_refused(world):
    publish(world, further(world, customerTotal=3_000 * KGST))
    payer, shop = world.enrol(CUSTOMER, funds=6_000 * KGST), world.enrol(MERCHANT)
    second = world.enrol(CUSTOMER, payer.address)  # the same person's second wallet
    world.pay(payer, second.address, 3_000 * KGST)
    engine, hashes = world.engine, []
    engine.ask("evm_setAutomine", False)
    try:
        for each in (payer, second):
            call = world.kgst.functions.transfer(shop.address, 2_000 * KGST)
            transaction = call.build_transaction(
                {
                    "from": each.address,
                    "gas": 500_000,
                    "gasPrice": 0,
                    "nonce": engine.w3.eth.get_transaction_count(each.address),
                }
            )
            raw = each.sign_transaction(transaction).raw_transaction
            hashes.append(engine.w3.eth.send_raw_transaction(raw))
        engine.ask("evm_mine")
    finally:
        engine.ask("evm_setAutomine", True)
    found = [engine.w3.eth.wait_for_transaction_receipt(each)["status"] for each in hashes]
    assert sorted(found) == [0, 1]
    assert world.kgst.functions.balanceOf(shop.address).call() == 2_000 * KGST


STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 40), st.sampled_from([0, 1, 7, 26, 80, 200, 800])),
    min_size=4,
    max_size=12,
)
LIMIT = st.none() | st.integers(0, 120)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=STEPS,
    limits=st.fixed_dictionaries(dict.fromkeys(FURTHER_NAMES.values(), LIMIT)),
    known=st.sampled_from([0, 1, 2]),
)
def test_the_chain_and_a_model_in_python_give_the_same_answers(world, steps, limits, known):
    """Whole tokens; hours pass between payments; two customers, one of them with two wallets."""
    mark = world.engine.snapshot()
    try:
        _compare(world, steps, limits, known)
    finally:
        world.engine.restore(mark)


def _compare(world, steps, limits, known):
    set_ = {name: limit * KGST for name, limit in limits.items() if limit is not None}
    end = world.engine.now() + 3 * 365 * 86_400
    publish(world, further(world, **set_), end=end, windowVolume=NO_LIMIT_256)
    names = ["aida", "aida", "bek"]
    wallets = [world.enrol(CUSTOMER, name) for name in names]
    for wallet in wallets:
        world.issue(wallet.address, 500 * KGST)
    shop = world.enrol(MERCHANT)
    describe(world, "aida", level=known)
    model = SimpleNamespace(
        total=dict.fromkeys(names, 0),
        day={name: RollingCount(*WINDOWS["customerDayVolume"]) for name in names},
        week=RollingCount(*WINDOWS["weekVolume"]),
        month=RollingCount(*WINDOWS["monthVolume"]),
    )
    for payer, amount, hours in steps:
        at = world.engine.now() + 60 + hours * 3_600
        world.engine.travel(at)
        wanted = _refuses(model, limits, names[payer], amount, at, identified=known == 2)
        call = world.kgst.functions.transfer(shop.address, amount * KGST)
        world.engine.ask("evm_setNextBlockTimestamp", hex(at + 1))
        if wanted is None:
            world.engine.send(wallets[payer], call)
            moment = datetime.fromtimestamp(at + 1, tz=UTC)
            model.total[names[payer]] += amount
            for each in (model.day[names[payer]], model.week, model.month):
                each.add(moment, amount)
            continue
        with pytest.raises(REVERTS) as caught:
            world.engine.send(wallets[payer], call)
        found = refusal_of(caught.value)
        assert (found.clause, found.limit, found.used, found.requested) == (
            wanted[0],
            wanted[1] * KGST,
            wanted[2] * KGST,
            amount * KGST,
        )
        assert found.frees_at == wanted[3]


def _refuses(model, limits, name, amount, at, *, identified):
    """Clause, limit, used and when it frees, in the contract's order; None when it passes."""
    moment = datetime.fromtimestamp(at + 1, tz=UTC)
    plain = [("travelRule", 0), ("customerTotal", model.total[name])]
    for field, used in plain:
        limit = limits[field]
        if field == "travelRule" and identified and name == "aida":
            continue
        if limit is not None and used + amount > limit:
            return CLAUSES[field], limit, used, None
    windows = (("customerDayVolume", model.day[name]), ("weekVolume", model.week))
    for field, count in (*windows, ("monthVolume", model.month)):
        limit, used = limits[field], count.used(moment)
        if limit is not None and used + amount > limit:
            frees = count.frees_at(moment, used + amount - limit) if amount <= limit else None
            return CLAUSES[field], limit, used, frees and int(frees.timestamp())
    return None
