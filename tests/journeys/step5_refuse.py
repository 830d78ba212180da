"""Step 5. What the permit forbids is refused, counted once, and says why."""

from __future__ import annotations

import json

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3RPCError

from tests.journeys.stage import Stage

KGST = 10**18
ATTEMPT = """
def attempt(act):
    try:
        act()
    except PermitRefused as refusal:
        return {
            "clause": refusal.clause, "limit": refusal.limit, "used": refusal.used,
            "requested": refusal.requested, "what_to_do": refusal.what_to_do,
            "words": str(refusal), "permit": refusal.permit,
            "frees_at": refusal.frees_at.isoformat() if refusal.frees_at else None,
        }
    return None

import json
"""
FILL = """
from concurrent.futures import ThreadPoolExecutor
from sandbox.sdk.amounts import minor
full = minor("20000", "KGST")
each = int(my.refresh()["terms"]["assets"][0]["per_transaction"])

def top_up(people):
    missing = [(person, full - person.balance()) for person in people]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: my.faucet(*one), [one for one in missing if one[1]]))

def spend(room):
    sent = []
    for number, person in enumerate(customers):
        left = min(room, person.balance())
        while left:
            part = min(each, left)
            merchant = merchants[number % 2].address
            sent.append(person.send(shop.functions.pay(merchant, part, bytes(32))))
            left, room = left - part, room - part
        if not room:
            break
    wrong = [one for one in my.wait_all(sent) if isinstance(one, Exception)]
    assert not wrong, wrong
    return room

with ThreadPoolExecutor(8) as pool:
    list(pool.map(lambda person: person.approve(shop, "100000"), customers))
room = my.usage()["window_volume"].room
while room:
    top_up(customers)
    room = spend(room)
print(my.usage()["window_volume"].used)
"""


def refuse_payments(stage: Stage) -> None:
    """5,000.01 KGST at once, and split into two transfers of one transaction."""
    said = stage.cell("too-much")
    assert said.count("clause: per_transaction") == 2, said
    assert "5,000.00 KGST" in said
    stage.run(ATTEMPT)
    once = attempt(stage, "customer.transact(attempts['5,000.01 at once'])")
    assert (once["clause"], once["limit"]) == ("per_transaction", 5_000 * KGST)
    assert once["requested"] == 500_001 * 10**16
    assert once["what_to_do"]
    split = attempt(stage, "customer.transact(attempts['5,000.01 in two'])")
    assert (split["clause"], split["used"]) == ("per_transaction", 3_000 * KGST)
    exact = (
        "customer.transact(shop.functions.pay(merchant.address, minor('5000', 'KGST'), bytes(32)))"
    )
    assert attempt(stage, exact) is None
    stage.say("5,000.01 KGST is refused, also in two transfers; 5,000.00 goes through")


def count_helpers_once(stage: Stage) -> None:
    """Through the start-up's own contract and through a factory's child: counted once."""
    assert "counted 200.0" in stage.cell("helpers")
    stage.say("payments through a helper contract and a factory's child are counted, once")


def refuse_fourth_deployment(stage: Stage) -> None:
    """Three succeeded (shop, factory and the factory's till): the fourth is refused."""
    said = attempt(stage, "my.deploy(contracts['MerchantPayments'], my.kgst.address)")
    assert (said["clause"], said["limit"], said["used"]) == ("deployments", 3, 3), said
    checked = stage.run("my.check(contracts['MerchantPayments'], my.kgst.address).clauses")
    assert "deployments" in checked
    stage.say("the 4th deployment is refused; check() says so beforehand")


def refuse_customers(stage: Stage) -> None:
    """The 21st customer is refused, and nobody is half-registered."""
    said = attempt(stage, "my.invite_customers(1)")
    assert (said["clause"], said["limit"], said["used"]) == ("max_customers", 20, 20), said
    stage.run("late = my.invite_customers(1, consent=False)[0].consent()")
    said = attempt(stage, "my.wait_until_registered([late])")
    assert said["clause"] == "max_customers", said
    assert stage.run("len(my.customers())").strip() == "20"
    used = stage.run("my.usage()['max_customers'].used")
    assert used.strip() == "20"
    stage.say("the 21st customer is refused")


def refuse_balance(stage: Stage) -> None:
    """No customer can hold more than the cap."""
    said = attempt(stage, "my.faucet(customers[3], '15000')")
    assert (said["clause"], said["limit"]) == ("customer_cap", 20_000 * KGST), said
    stage.say("a balance above 20,000 KGST is refused")


def refuse_from_outside(stage: Stage) -> None:
    """Plain web3.py gets JSON-RPC errors that carry the clause."""
    token = json.loads(stage.run("import json; print(json.dumps(my._tokens.read()))"))
    wallets = json.loads(
        stage.run("print(json.dumps([[c.id, c.address] for c in customers[2:3]]))")
    )
    merchant = stage.run("print(merchants[0].address)").strip()
    base = f"http://127.0.0.1:{stage.system.port}"
    identity, address = wallets[0]
    headers = {"Authorization": f"Bearer {token[identity]}", "Content-Type": "application/json"}
    customer = Web3(HTTPProvider(f"{base}/rpc/kgst", request_kwargs={"headers": headers}))
    outside = stage.kept["outside"]
    call = outside.kgst.encode_abi(
        "transfer", [Web3.to_checksum_address(merchant), 500_001 * 10**16]
    )
    sent = {"from": address, "to": outside.kgst.address, "data": call, "gas": 400_000}
    with pytest.raises(Web3RPCError) as refused:
        customer.eth.send_transaction(sent)
    error = refused.value.rpc_response["error"]
    assert error["code"] == -32003, error
    assert error["data"]["clause"] == "per_transaction"
    assert error["data"]["limit"] == str(5_000 * KGST)
    assert error["data"]["what_to_do"]
    plain = stage.kept["plain"]
    code = {"from": plain.eth.accounts[0], "data": "0x6001600c60003960016000f300", "gas": 200_000}
    with pytest.raises(Web3RPCError) as refused:
        plain.eth.send_transaction(code)
    error = refused.value.rpc_response["error"]
    assert error["code"] in {-32003, -32005}, error
    assert error["data"]["clause"] == "deployments", error
    stage.kept.update(merchant=merchant, customer=(identity, address, token[identity]))
    stage.say("plain web3.py gets JSON-RPC errors with the clause, limit and what to do")


def refuse_volume(stage: Stage) -> None:
    """The payment that would cross 500,000 KGST in 24 hours, and when room frees."""
    assert stage.run(FILL).strip().splitlines()[-1] == str(500_000 * KGST)
    stage.run("top_up(customers[:3])")
    said = attempt(stage, "customers[0].pay(merchants[0], '0.01')")
    assert (said["clause"], said["limit"]) == ("window_volume", 500_000 * KGST), said
    assert said["used"] == 500_000 * KGST
    assert said["frees_at"] is not None
    stage.say(f"500,000 KGST are used; more is refused until {said['frees_at']}")


def payment(who: str, amount: str) -> str:
    """Code that pays a merchant through the shop."""
    call = f"shop.functions.pay(merchants[0].address, minor('{amount}', 'KGST'), bytes(32))"
    return f"{who}.transact({call})"


def attempt(stage: Stage, act: str) -> dict | None:
    """What the SDK raised for an act, or ``None`` when it went through."""
    printed = stage.run(f"print(json.dumps(attempt(lambda: {act})))")
    said: dict | None = json.loads(printed.strip().splitlines()[-1])
    return said
