"""The internal side, through the client that the desk and the worker use."""

import gc
import threading
import time
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from sandbox.contracts.typed import consent_typed_data, terms_typed_data
from sandbox.gateway.cursor import join, split
from sandbox.kit.errors import InvalidInput, SynakError, Unavailable
from sandbox.kit.ids import CHAIN_IDS
from sandbox.services.gateway_client import GatewayClient
from tests.gateway.support import TOKEN, Permit, encode, transfer


def test_the_national_contracts_are_named_for_both_chains(system):
    national = system.inside.national()
    assert {name: (each.chain_id, set(each.tokens)) for name, each in national.items()} == {
        "kgst": (56417, {"KGST"}),
        "som": (417, {"SOM"}),
    }
    code = system.inside.rpc("kgst", "eth_getCode", [national["kgst"].supervisor])
    assert len(code) > 1000


def test_a_system_act_is_done_once_however_often_it_is_asked_for(system, permit):
    data = encode("KGST", "issue", permit.managed, 7 * TOKEN)
    asked = ("kgst", "system/issuer", permit.token, data)
    first = system.inside.submit_system(*asked, idempotency_key=f"i {permit.number}")
    again = system.inside.submit_system(*asked, idempotency_key=f"i {permit.number}")
    assert (first["status"], again["transactionHash"]) == ("0x1", first["transactionHash"])
    call = {"to": permit.token, "data": encode("KGST", "balanceOf", permit.managed)}
    assert int(system.inside.rpc("kgst", "eth_call", [call]), 16) == 7 * TOKEN


def test_many_system_acts_are_sent_first_and_collected_later(system, permit):
    for wait, expected in ((False, None), (True, "0x1")):
        for number in range(10):
            receipt = system.inside.submit_system(
                "kgst",
                "system/treasury",
                permit.managed,
                "0x",
                idempotency_key=f"many {permit.number} {number}",
                value=1,
                wait=wait,
            )
            assert receipt["status"] == expected


def test_the_customer_too_many_is_refused_with_the_clause_and_recorded(system, numbers):
    permit = Permit(system, next(numbers), terms={"maxCustomers": 1})
    permit.customer(1)
    with pytest.raises(AssertionError) as caught:
        permit.customer(2)
    assert "max_customers" in str(caught.value)
    (record,) = system.inside.refusals(0, permit=permit.number)
    assert (record["clause"], record["limit"], record["used"]) == ("max_customers", "1", "1")
    assert record["method"] == "system"


@pytest.mark.parametrize(
    "change",
    [
        {"key": "permit/SB-2026-0001/0"},
        {"key": "system/issuer/1"},
        {"idempotency_key": ""},
    ],
)
def test_only_system_wallets_act_and_every_act_has_a_name(system, change):
    asked = {"key": "system/treasury", "idempotency_key": "x"} | change
    with pytest.raises(SynakError) as caught:
        system.inside.submit_system(
            "kgst",
            asked["key"],
            "0x" + "11" * 20,
            "0x",
            idempotency_key=asked["idempotency_key"],
        )
    assert caught.value.code in {"gateway.system_key", "signer.unknown_key"}


def consent(system, of, **changes):
    key = f"customer/{of.number}/1"
    asked = {
        "permit": of.terms["permit"],
        "wallet": system.signer.address(key),
        "person": keccak(text="p"),
        "deadline": int(time.time()) + 60,
    } | changes
    return key, consent_typed_data(56417, of.national.supervisor, **asked)


def test_a_customers_wallet_signs_its_own_consent(system, permit):
    key, typed = consent(system, permit)
    signature = system.inside.sign_consent(permit.number, key, typed)
    signer = Account.recover_message(encode_typed_data(full_message=typed), signature=signature)
    assert signer == typed["message"]["wallet"] == system.inside.create_wallet(key)


def test_nothing_but_that_wallets_consent_is_signed(system, permit, numbers):
    other = Permit(system, next(numbers), on_chain=False)
    key, typed = consent(system, permit)
    mail = {"types": {}, "primaryType": "Mail", "domain": {}, "message": {}}
    terms = terms_typed_data(56417, permit.national.supervisor, permit.terms)
    wrong = {
        "another permit's customer": (other.number, key, typed),
        "another permit in the text": (
            permit.number,
            *consent(system, permit, permit=other.terms["permit"]),
        ),
        "another wallet": (permit.number, *consent(system, permit, wallet=permit.managed)),
        "the settlement wallet": (permit.number, f"permit/{permit.number}/0", typed),
        "a regulator": (permit.number, "regulator/ermek", typed),
        "another contract": (
            permit.number,
            key,
            {**typed, "domain": {**typed["domain"], "verifyingContract": permit.token}},
        ),
        "something else": (permit.number, key, mail),
        "terms": (permit.number, key, terms),
        "no number": (permit.number, f"customer/{permit.number}/x", typed),
    }
    for name, asked in wrong.items():
        with pytest.raises(InvalidInput) as caught:
            system.inside.sign_consent(*asked)
        assert caught.value.code == "gateway.consent_malformed", name


def test_reads_only(system):
    assert system.inside.rpc("som", "eth_chainId", []) == hex(CHAIN_IDS["som"])
    for method in ("eth_sendRawTransaction", "eth_accounts", "evm_mine", "eth_simulateV1", "x"):
        params = ["0x00"] if method == "eth_sendRawTransaction" else []
        with pytest.raises(InvalidInput) as caught:
            system.inside.rpc("kgst", method, params)
        assert caught.value.code in {"gateway.method_not_offered", "gateway.method_unknown"}


def test_refusals_of_both_chains_are_read_once_each_in_pages(system, numbers):
    permit = Permit(system, next(numbers), on_chain=False)
    permit.change(chains=("kgst", "som"), limits={"transactions_per_day": 0})
    for chain in ("kgst", "som", "kgst"):
        raw = permit.sign(0, gasPrice=10**9, chainId=CHAIN_IDS[chain])
        system.error(permit, "eth_sendRawTransaction", raw, chain=chain)
        permit.change(version=permit.policy.version + 1)
    found, after = [], 0
    while page := system.inside.refusals(after, permit=permit.number, limit=1):
        assert len(page) == 1
        found += page
        after = page[-1]["seq"]
    assert [each["chain"] for each in found] == ["kgst", "som", "kgst"]
    assert [each["version"] for each in found] == [1, 2, 3]
    assert len({each["id"] for each in found}) == 3
    assert system.inside.refusals(after, permit=permit.number) == []
    everything = system.inside.refusals(0, limit=1000)
    assert {each["id"] for each in found} <= {each["id"] for each in everything}


@pytest.mark.parametrize("after", [-1, 2**62, 2**80])
def test_a_place_that_is_none_is_refused(system, after):
    with pytest.raises(InvalidInput) as caught:
        system.inside.refusals(after)
    assert caught.value.code == "gateway.cursor_malformed"


def test_a_readers_place_only_grows():
    places = [{"kgst": 0, "som": 0}, {"kgst": 1, "som": 0}, {"kgst": 1, "som": 1}]
    numbers = [join(each) for each in places]
    assert numbers == sorted(set(numbers))
    assert [split(each) for each in numbers] == places


def test_events_show_blocks_with_permits_and_refusals_as_they_happen(system, permit):
    client, seen = GatewayClient(system.root / "internal.sock"), []

    def listen():
        for event in client.events():
            seen.append(event)
            if event.get("permit") == permit.number:
                return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    system.until(lambda: seen)
    digest = system.ok(permit, "eth_sendRawTransaction", permit.sign(0, data="0x18160ddd"))
    system.receipt(permit, digest)
    system.error(permit, "eth_sendRawTransaction", permit.sign(1, value=1))
    thread.join(10)
    client.close()
    seals = [each for each in seen if each["type"] == "seal"]
    hashes = {tx["hash"]: tx["permit"] for each in seals for tx in each["transactions"]}
    assert hashes[digest] == permit.number
    assert (seen[0]["type"], seen[-1]["type"]) == ("begin", "refusal")
    assert seen[-1]["clause"] == "native_value"


def test_usage_counts_what_was_acknowledged(system, permit):
    permit.change(limits={"requests_per_second": 50})
    system.ok(permit, "eth_sendRawTransaction", permit.sign(0, data=transfer(permit.managed, 0)))
    usage = system.inside.usage(permit.number)
    assert (usage["transactions_per_day"], usage["deployments"]) == (1, 0)
    assert usage["permit"] == permit.number


def test_many_readings_are_one_message_and_each_error_stands_alone(system, permit):
    permit.change(limits={"requests_per_second": 50})
    system.ok(permit, "eth_sendRawTransaction", permit.sign(0, data=transfer(permit.managed, 0)))
    supply = [{"to": permit.token, "data": encode("KGST", "totalSupply")}, "latest"]
    reverts = [{"to": permit.token, "data": "0xdeadbeef"}, "latest"]
    used, told = system.inside.readings(
        [permit.number, "SB-2026-9999"],
        [
            ("kgst", "eth_call", reverts),
            ("kgst", "eth_call", supply),
            ("som", "eth_sendRawTransaction", ["0x00"]),
            ("bnb", "eth_blockNumber", []),
        ],
    )
    assert [(each["permit"], each["transactions_per_day"]) for each in used] == [
        (permit.number, 1),
        ("SB-2026-9999", 0),
    ]
    assert told[1] == system.inside.rpc("kgst", "eth_call", supply)
    for answer, asked in (
        (told[0], ("kgst", "eth_call", reverts)),
        (told[2], ("som", "eth_sendRawTransaction", ["0x00"])),
        (told[3], ("bnb", "eth_blockNumber", [])),
    ):
        with pytest.raises(SynakError) as caught:
            system.inside.rpc(*asked)
        assert (type(answer), answer.code) == (type(caught.value), caught.value.code)


def test_more_readings_than_a_message_may_have_are_refused(system):
    with pytest.raises(InvalidInput) as caught:
        system.inside.readings(["SB-2026-0001"] * 501, [])
    assert caught.value.code == "gateway.params_invalid"
    assert len(system.inside.readings(["SB-2026-0001"] * 500, [])[0]) == 500


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # httpcore, on a failed connect
def test_a_gateway_that_is_not_there_is_unreachable():
    client = GatewayClient(Path("/tmp/there-is-no-such.sock"))
    for ask in (client.national, client.health, lambda: next(client.events())):
        with pytest.raises(Unavailable) as caught:
            ask()
        assert caught.value.code == "gateway.unreachable"
    client.close()
    del caught
    gc.collect()
