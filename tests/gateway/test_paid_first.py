"""A body takes its place, and pays for its values, before it is read."""

import json

import pytest
from websockets.sync.client import connect

from sandbox.gateway import pipeline
from sandbox.gateway.steps.parse import parse, weight

CHAIN_ID = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
HEAVY = {
    "a batch too long": json.dumps([{"a": [[]] * 5}] * 500).encode(),
    "a batch": json.dumps([{"a": [[]] * 50}] * 50).encode(),
    "no json": b"[" + b"[],{}," * 1_000,
}


@pytest.mark.parametrize("body", HEAVY.values(), ids=HEAVY)
def test_a_body_has_paid_before_it_is_read(system, permit, monkeypatch, body):
    read = []
    monkeypatch.setattr(pipeline, "parse", lambda each: read.append(1) or parse(each))
    permit.change(limits={"requests_per_second": 1})
    answers = [system.post("kgst", body, permit.key).json() for _ in range(12)]
    refused = [
        each
        for each in answers
        if isinstance(each, dict)
        and each["error"]["data"].get("clause") == "requests_per_second"
        and each["id"] is None
    ]
    assert len(refused) + len(read) == 12
    assert 1 <= len(read) < 8
    used = system.inside.usage(permit.number)["units_per_day"]
    assert used == len(read) * weight(body) > 0
    permit.change(limits={"requests_per_second": 1_000, "units_per_day": used})
    said = system.post("kgst", body, permit.key).json()
    assert (said["id"], said["error"]["data"]["clause"]) == (None, "units_per_day")


def test_a_light_body_without_a_place_is_answered_with_its_id(system, permit):
    permit.change(limits={"requests_per_second": 1})
    answers = [system.post("kgst", {**CHAIN_ID, "id": n}, permit.key).json() for n in range(8)]
    assert [each["id"] for each in answers] == list(range(8))
    assert any("error" in each for each in answers)
    (record,) = system.inside.refusals(0, permit=permit.number)
    assert (record["clause"], record["method"]) == ("requests_per_second", "eth_chainId")


def test_a_light_body_that_cannot_be_read_has_paid_its_place(system, permit):
    permit.change(limits={"requests_per_second": 1})
    answers = [system.post("kgst", b"{", permit.key).json() for _ in range(8)]
    assert answers[0]["error"]["data"]["code"] == "gateway.not_json"
    clauses = [each["error"]["data"].get("clause") for each in answers]
    assert set(clauses) == {None, "requests_per_second"}
    (record,) = system.inside.refusals(0, permit=permit.number)
    assert record["clause"] == "requests_per_second"


def test_what_was_paid_for_reading_counts_towards_the_prices(system, permit):
    batch = [CHAIN_ID] * 100
    assert weight(json.dumps(batch).encode()) > 0
    assert all("result" in each for each in system.post("kgst", batch, permit.key).json())
    assert system.inside.usage(permit.number)["units_per_day"] == 100


def test_a_message_of_a_websocket_has_paid_before_it_is_read(system, permit):
    permit.change(limits={"requests_per_second": 1})
    heavy, said = HEAVY["a batch too long"], []
    with connect(f"ws://127.0.0.1:{system.port}/rpc/kgst/{permit.key}") as open_:
        for _ in range(12):
            open_.send(heavy)
            said.append(json.loads(open_.recv(timeout=10))["error"]["data"])
    read = sum(each["code"] == "gateway.batch_too_long" for each in said)
    refused = sum(each.get("clause") == "requests_per_second" for each in said)
    assert read + refused == 12
    assert 1 <= read < 8
    assert system.inside.usage(permit.number)["units_per_day"] == read * weight(heavy)
