"""The SDK's pace against a real gateway: what is merely fast leaves no refusal on record."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from web3.types import RPCEndpoint

from sandbox.sdk.pace import Pace
from sandbox.sdk.place import Place
from sandbox.sdk.rpc import GatewayProvider

LIMIT = 20
REQUESTS = 60


def ask(system, permit, pace):
    """Sixty requests from three wallets' providers at once; the refusals they left."""
    place = Place.of(f"http://127.0.0.1:{system.port}", token=permit.key)
    providers = [GatewayProvider(place, "kgst", pace=pace) for _ in range(3)]
    with ThreadPoolExecutor(len(providers)) as threads:
        asked = [
            threads.submit(providers[n % 3].make_request, RPCEndpoint("eth_chainId"), [])
            for n in range(REQUESTS)
        ]
    assert [each.result()["result"] for each in asked]
    for each in providers:
        each.session.close()
    return [each["clause"] for each in system.inside.refusals(0, permit=permit.number)]


def test_a_trials_wallets_at_its_pace_are_never_refused(system, permit):
    permit.change(limits={"requests_per_second": LIMIT})
    assert ask(system, permit, Pace(lambda: LIMIT)) == []


def test_without_the_pace_the_same_requests_are_refused(system, permit, monkeypatch):
    monkeypatch.setattr("sandbox.sdk.rpc.PAUSES", (0.5,) * 20)
    permit.change(limits={"requests_per_second": LIMIT})
    assert ask(system, permit, None) == ["requests_per_second"]


@pytest.mark.parametrize("limit", [1, 2, 10, 50])
def test_no_second_holds_more_turns_than_the_share(limit):
    pace = Pace(lambda: limit)
    turns = [pace.turn(now=0.0) for _ in range(5 * limit)]
    most = max(1, int(0.8 * limit))
    for first in turns:
        assert sum(first <= each < first + 1 for each in turns) <= most
    assert turns[most - 1] == 0.0


def test_a_change_of_the_permit_counts_from_the_next_turn():
    limits = [10]
    pace = Pace(lambda: limits[0])
    assert [pace.turn(now=0.0) for _ in range(9)] == [0.0] * 8 + [1.0]
    limits[0] = 5
    assert pace.turn(now=1.5) == 0.0
    limits[0] = None
    assert [pace.turn(now=1.5) for _ in range(50)] == [0.0] * 50
