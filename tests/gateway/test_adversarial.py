"""Cases taken from flaws of real systems: races, other ways in, odd parameters by the thousand."""

import asyncio
import json
import random
import threading

import pytest

from sandbox.gateway import submission
from sandbox.gateway.methods import METHODS, OFFERED, Kind
from tests.gateway.support import transfer
from tests.gateway.websocket_support import client

CALL = "0x18160ddd"
ADDRESS, HASH = "0x" + "ab" * 20, "0x" + "cd" * 32


def test_a_permit_that_is_suspended_between_check_and_journal_is_refused(
    system, permit, monkeypatch
):
    reached, released = threading.Event(), threading.Event()
    real = submission.preflight

    async def slow(*arguments):
        await real(*arguments)
        reached.set()
        await asyncio.to_thread(released.wait, 10)

    raw = permit.sign(data=CALL)
    before = system.inside.usage(permit.number)["transactions_per_day"]
    monkeypatch.setattr(submission, "preflight", slow)
    answers = []
    sending = threading.Thread(
        target=lambda: answers.append(system.rpc(permit, "eth_sendRawTransaction", raw))
    )
    sending.start()
    assert reached.wait(10)
    permit.change(state="suspended")
    released.set()
    sending.join(10)
    assert answers[0]["error"]["data"]["clause"] == "state"
    assert system.inside.usage(permit.number)["transactions_per_day"] == before
    (record,) = system.inside.refusals(0, permit=permit.number)
    assert record["clause"] == "state"


def test_two_requests_that_race_for_the_last_unit_are_one_too_many(system, permit):
    permit.change(limits={"transactions_per_day": 3})
    raws = [permit.sign(nonce, data=CALL) for nonce in range(12)]
    answers = []

    def send(raw):
        answers.append(system.rpc(permit, "eth_sendRawTransaction", raw))

    threads = [threading.Thread(target=send, args=(raw,)) for raw in raws]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    assert sum("result" in each for each in answers) == 3
    clauses = {each["error"]["data"]["clause"] for each in answers if "error" in each}
    assert clauses == {"transactions_per_day"}
    assert system.inside.usage(permit.number)["transactions_per_day"] == 3


def test_a_quota_that_refuses_over_http_refuses_over_websocket_too(system, permit):
    permit.change(limits={"transactions_per_day": 0})
    raw = permit.sign(data=CALL)
    http = system.error(permit, "eth_sendRawTransaction", raw)
    with client(system, permit.key) as open_:
        over = open_.error("eth_sendRawTransaction", raw)
        other = open_.error("eth_sendRawTransactionSync", raw)
    assert http["data"]["clause"] == over["data"]["clause"] == other["data"]["clause"]


def test_a_list_of_contracts_holds_for_every_way_to_send(system, permit):
    """Seen elsewhere: an allow list that looked at calls but not at raw transactions."""
    from sandbox.domain.scope import read_scope

    permit.change(contracts=read_scope(permit.account.address))
    to = permit.managed
    ways = [
        ("eth_sendRawTransaction", permit.sign(to=to, data=CALL)),
        ("eth_sendRawTransactionSync", permit.sign(to=to, data=CALL)),
        ("eth_sendTransaction", {"from": permit.managed, "to": to, "gas": "0x30d40"}),
    ]
    for method, parameter in ways:
        error = system.error(permit, method, parameter)
        assert error["data"]["clause"] == "contract_scope", method
    assert system.ok(permit, "eth_call", {"to": to}) == "0x"


RIGHT = {
    "eth_call": [{"from": ADDRESS, "to": ADDRESS, "data": CALL, "gas": "0x5208"}, "latest"],
    "eth_estimateGas": [{"from": ADDRESS, "to": ADDRESS, "data": transfer(ADDRESS, 1)}],
    "eth_createAccessList": [{"to": ADDRESS, "data": CALL}, "latest"],
    "debug_traceCall": [
        {"to": ADDRESS, "data": CALL},
        "latest",
        {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}},
    ],
    "eth_getLogs": [{"fromBlock": "0x0", "toBlock": "latest", "topics": [[HASH], None]}],
    "eth_feeHistory": ["0x4", "latest", [1, 50.5, 99]],
    "eth_getProof": [ADDRESS, ["0x0", HASH], "latest"],
}
F = "f" * 16
ODD = [
    *(None, True, False, 0, -1, 2**63, 2**64, 1.5, 1e308, "", " ", "latest", "pending", "0x"),
    *("0x0", "0x00", "-0x1", "0x1g", "0X1", "0x" + F, "0x" + 4 * F, "0xf" + 4 * F),
    *(ADDRESS, ADDRESS.upper(), ADDRESS + "00", HASH, HASH[:-1], "\u00e9", "\u0000"),
    *("0x" + "00" * 9_000, [], [[]], {}, {"": None}, [None] * 200, {"blockHash": HASH}),
    *({"blockNumber": "0x" + F}, {"fromBlock": "0x" + F, "toBlock": "0x0"}),
    *({"topics": [[[HASH]]]}, {"tracer": 1}, {"gas": "0x" + 4 * F}, {"nonce": "0x" + 2 * F}),
    *({"value": "0x" + 4 * F, "from": ADDRESS}, {"blobVersionedHashes": [HASH]}),
    *({"accessList": [{"address": ADDRESS, "storageKeys": [1]}]}, {"authorizationList": [{}]}),
    *({"type": "0x4"}, {"data": "0x1", "input": "0x2"}),
]


def fresh(dice):
    """An odd value of its own."""
    return json.loads(json.dumps(dice.choice(ODD)))


def odd_requests(seed, many):
    """Requests to everything that is offered: right parameters with something odd put in."""
    dice = random.Random(seed)
    names = [row.name for row in METHODS.values() if row.kind in OFFERED]
    quiet = [name for name in names if METHODS[name].kind is not Kind.CHECK]
    for number in range(many):
        name = dice.choice(quiet)
        params = json.loads(json.dumps(RIGHT.get(name, [ADDRESS, "latest"][: dice.randrange(3)])))
        for _ in range(dice.randrange(3)):
            place = dice.randrange(len(params) + 1)
            if place < len(params) and isinstance(params[place], dict) and dice.random() < 0.6:
                key = dice.choice([*params[place], "nonce", "type", "value", "blockHash", "x"])
                params[place][key] = fresh(dice)
            else:
                params[place : place + 1] = [fresh(dice)]
        yield {"jsonrpc": "2.0", "id": number, "method": name, "params": params}


@pytest.mark.parametrize("seed", range(4))
def test_odd_parameters_by_the_thousand_bring_nothing_down(system, permit, seed):
    """Each is answered with a result or one clear error; engine and gateway live on."""
    starts = {
        name: check["stats"]["engine_starts"]
        for name, check in system.http.get("/rpc/healthz").json()["checks"].items()
        if name.startswith("chain.")
    }
    asked = list(odd_requests(seed, 1_000))
    for start in range(0, len(asked), 50):
        chain = ("kgst", "som")[start // 50 % 2]
        page = asked[start : start + 50]
        answers = system.post(chain, json.dumps(page).encode(), permit.key).json()
        assert [each["id"] for each in answers] == [each["id"] for each in page]
        for request, answer in zip(page, answers, strict=True):
            assert ("result" in answer) != ("error" in answer)
            code = answer.get("error", {}).get("code")
            assert code != -32603, (request, answer)
    checks = system.http.get("/rpc/healthz").json()["checks"]
    assert {name: checks[name]["stats"]["engine_starts"] for name in starts} == starts
    assert (
        system.ok(permit, "eth_sendRawTransactionSync", permit.sign(data=CALL))["status"] == "0x1"
    )
