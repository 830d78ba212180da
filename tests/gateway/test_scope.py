"""What a key, and a permit's terms, leave open: chains, methods, addresses, functions."""

import json
from dataclasses import replace

import pytest

from sandbox.domain.key_scope import read_key_scope
from sandbox.domain.scope import read_scope
from tests.gateway.support import Permit, transfer
from tests.gateway.websocket_support import client, refused

CODE = "0x600160005360016000f3"
CALL = "0x18160ddd"


@pytest.fixture
def limited(permit):
    """Makes a further key of the permit, limited."""

    def make(**scope):
        secret = f"spk_limited-{len(permit.keys)}-{permit.number}"
        permit.keys.append(replace(permit.record(secret), scope=read_key_scope(**scope)))
        permit.put_keys()
        return secret

    return make


def test_a_key_for_methods_asks_these_and_no_others_and_nothing_is_evidence(
    system, permit, limited
):
    key = limited(methods="eth_chainId eth_blockNumber")
    before = system.inside.usage(permit.number)["units_per_day"]
    assert system.ok(permit, "eth_chainId", token=key) == "0xdc61"
    for method, params in (("eth_call", [{}]), ("eth_sendRawTransaction", ["0x00"])):
        error = system.error(permit, method, *params, token=key)
        assert (error["code"], error["data"]["code"]) == (-32003, "gateway.key_method")
        said = error["data"]["params"]
        assert (said["method"], said["allowed"]) == (method, "eth_chainId, eth_blockNumber")
        assert said["key"].startswith("key:")
    assert system.inside.usage(permit.number)["units_per_day"] == before + 1
    assert system.inside.refusals(0, permit=permit.number) == []
    assert system.ok(permit, "eth_gasPrice"), "the permit's other keys are not touched"


def test_a_key_for_methods_is_held_to_them_in_a_batch_and_over_websocket(system, permit, limited):
    key = limited(methods="eth_chainId")
    asked = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": []}
        for number, method in enumerate(("eth_chainId", "eth_gasPrice"))
    ]
    first, second = system.post("kgst", asked, key).json()
    assert first["result"] == "0xdc61"
    assert second["error"]["data"]["code"] == "gateway.key_method"
    with client(system, key) as open_:
        assert open_.ok("eth_chainId") == "0xdc61"
        error = open_.error("eth_subscribe", "newHeads")
        assert error["data"]["code"] == "gateway.key_method"


def test_a_key_for_a_chain_is_refused_on_the_other(system, permit, limited):
    key = limited(chains=("kgst",))
    assert system.ok(permit, "eth_chainId", token=key) == "0xdc61"
    error = system.error(permit, "eth_chainId", token=key, chain="som")
    assert (error["code"], error["data"]["code"]) == (-32003, "gateway.key_chain")
    assert error["data"]["params"]["allowed"] == "kgst"
    assert refused(system, key, chain="som") == (403, "gateway.key_chain")
    assert system.ok(permit, "eth_chainId", chain="som") == "0x1a1"


def test_a_key_for_addresses_sends_there_only_and_deploys_nothing(system, permit, limited):
    key = limited(addresses=permit.token)
    other = permit.managed
    assert system.ok(permit, "eth_sendRawTransaction", permit.sign(data=CALL), token=key)
    for raw in (permit.sign(to=other), permit.sign(to="", data=CODE)):
        error = system.error(permit, "eth_sendRawTransaction", raw, token=key)
        assert (error["code"], error["data"]["code"]) == (-32003, "gateway.key_address")
    assert error["data"]["params"]["address"] == ""
    fields = {"from": permit.managed, "to": other, "gas": "0x30d40"}
    error = system.error(permit, "eth_sendTransaction", fields, token=key)
    assert error["data"]["code"] == "gateway.key_address"
    assert system.ok(permit, "eth_sendRawTransaction", permit.sign(to=other))
    assert system.inside.refusals(0, permit=permit.number) == []
    assert system.ok(permit, "eth_call", {"to": other}, token=key) == "0x", "reads go anywhere"


def typed(permit, **domain):
    """A token's ``permit``, by which another moves the wallet's money."""
    words = ("owner", "spender", "value", "nonce", "deadline")
    kinds = {"name": "string", "chainId": "uint256", "verifyingContract": "address"}
    domain = {"name": "KGST", **domain, "verifyingContract": permit.token}
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kinds[name]} for name in domain],
            "Permit": [
                {"name": name, "type": "address" if name in words[:2] else "uint256"}
                for name in words
            ],
        },
        "primaryType": "Permit",
        "domain": domain,
        "message": dict(
            zip(words, (permit.managed, permit.account.address, 1, 0, 2**40), strict=True)
        ),
    }


def signing(system, permit, key=None, chain="kgst", **domain):
    """What typed data and a message come to: None when signed, else the code."""
    data = typed(permit, **domain)
    asked = (
        ("eth_signTypedData_v4", permit.managed, data),
        ("personal_sign", "0x1234", permit.managed),
    )
    answers = [
        system.rpc(permit, method, *params, token=key, chain=chain) for method, *params in asked
    ]
    return tuple(each.get("error", {}).get("data", {}).get("code") for each in answers)


def test_a_limited_key_signs_nothing_that_its_limits_do_not_name(system, permit, limited):
    no = "gateway.key_signing"
    key = limited(addresses=permit.token)
    assert signing(system, permit, key, chainId=56417) == (no, no)
    params = system.error(permit, "personal_sign", "0x12", permit.managed, token=key)["data"]
    assert params["params"]["allowed"] == "addresses"
    key = limited(methods="eth_signTypedData_v4", addresses=permit.token)
    assert signing(system, permit, key, chainId=56417) == (None, "gateway.key_method")
    key = limited(methods="eth_call")
    assert signing(system, permit, key) == ("gateway.key_method",) * 2
    assert signing(system, permit, chainId=56417) == (None, None), "a key without limits"
    assert system.inside.refusals(0, permit=permit.number) == []


def test_a_key_for_a_chain_signs_for_that_chain_only(system, permit, limited):
    no = "gateway.key_signing"
    key = limited(chains=("kgst",))
    for number in (56417, "56417", "0xdc61"):
        assert signing(system, permit, key, chainId=number) == (None, no)
    assert signing(system, permit, key) == (no, no), "what names no chain is good on any"
    assert signing(system, permit, key, chainId=417) == (no, no)
    key = limited(chains=("kgst",), methods="personal_sign eth_signTypedData_v4")
    assert signing(system, permit, key, chainId=56417) == (None, None)
    assert signing(system, permit, key) == (no, None)


def test_typed_data_of_another_chain_is_signed_for_nobody(system, permit):
    for other in (417, "417", "0x1a1", 1):
        assert signing(system, permit, chainId=other) == ("tx.wrong_chain_id", None)
    assert signing(system, permit, chain="som", chainId=417) == (None, None)
    assert signing(system, permit, chainId=[56417]) == ("gateway.params_invalid", None)
    assert signing(system, permit) == (None, None)


def test_a_key_that_is_limited_in_mid_connection_is_limited_at_once(system, permit, limited):
    key = limited()
    with client(system, key) as open_:
        assert open_.ok("eth_gasPrice")
        permit.keys[-1] = replace(permit.keys[-1], scope=read_key_scope(methods="eth_chainId"))
        permit.put_keys()
        assert open_.error("eth_gasPrice")["data"]["code"] == "gateway.key_method"
        permit.keys[-1] = replace(permit.keys[-1], scope=read_key_scope(chains=("som",)))
        permit.put_keys()
        assert open_.closed() == (4401, "gateway.key_chain")
    permit.keys[-1] = replace(permit.keys[-1], scope=None)
    permit.put_keys()
    with client(system, key) as told:
        told.ok("eth_subscribe", "newHeads")
        permit.keys[-1] = replace(permit.keys[-1], scope=read_key_scope(methods="eth_chainId"))
        permit.put_keys()
        assert told.closed() == (4401, "gateway.key_method")


@pytest.mark.slow
def test_scopes_of_keys_survive_a_restart_of_the_gateway(tmp_path_factory):
    from tests.gateway.support import System

    own = System(tmp_path_factory.mktemp("scope")).start()
    try:
        permit = Permit(own, "SB-2026-0001", on_chain=False)
        record = permit.record("spk_kept-scope")
        permit.keys.append(replace(record, scope=read_key_scope(methods="eth_chainId")))
        permit.put_keys()
        own.stop()
        own.start()
        error = own.error(permit, "eth_gasPrice", token="spk_kept-scope")
        assert error["data"]["code"] == "gateway.key_method"
        assert "spk_" not in json.dumps(json.loads((own.root / "chain/policies.json").read_text()))
    finally:
        own.stop()


# the permit's own terms


def test_terms_that_name_contracts_hold_for_raw_and_managed_transactions_and_are_evidence(
    system, permit
):
    permit.issue(permit.account.address, 10**18)
    permit.change(contracts=read_scope(f"{permit.managed} pay(uint256)"))
    raw = permit.sign(to=permit.managed, data="0xc290d691" + "00" * 32)
    assert system.ok(permit, "eth_sendRawTransaction", raw), "a function of the list"
    other = permit.sign(to=permit.managed, data=CALL)
    error = system.error(permit, "eth_sendRawTransaction", other)
    assert (error["code"], error["data"]["clause"]) == (-32003, "contract_scope")
    assert error["data"]["subject"] == permit.managed
    assert error["data"]["requested"].endswith(CALL)
    foreign = {"from": permit.managed, "to": permit.account.address, "gas": "0x30d40"}
    error = system.error(permit, "eth_sendTransaction", foreign)
    assert error["data"]["clause"] == "contract_scope"
    clauses = [each["clause"] for each in system.inside.refusals(0, permit=permit.number)]
    assert clauses == ["contract_scope", "contract_scope"]
    permit.change(contracts=None)
    assert system.ok(permit, "eth_sendRawTransaction", permit.sign(to=permit.managed, data=CALL))


def test_the_supervised_money_is_open_whatever_the_list_says(system, permit):
    permit.issue(permit.account.address, 10**18)
    permit.change(contracts=read_scope(permit.account.address))
    raw = permit.sign(data=transfer(permit.managed, 1))
    assert system.ok(permit, "eth_sendRawTransactionSync", raw)["status"] == "0x1"
