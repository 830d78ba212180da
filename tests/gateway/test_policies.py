"""The policy store: forward only, on disk, fresh or nothing."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.domain.policy import KeyRecord, Policy, PolicyWallet
from sandbox.gateway.policies import PolicyStore
from sandbox.kit.errors import Conflict, IntegrityFailure, NotAllowed, Unavailable
from sandbox.kit.money import NO_LIMIT

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
POLICY = Policy(
    permit="SB-2026-0001",
    revision=3,
    version=1,
    state="active",
    start=NOON,
    end=NOON + timedelta(days=1),
    chains=("kgst",),
    assets=("KGST",),
    operators=("bakyt",),
    wallets=(PolicyWallet("0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359", "settlement", None),),
    limits={
        "transactions_per_day": 1000,
        "deployments": 0,
        "requests_per_second": NO_LIMIT,
        "gas_per_transaction": 1,
        "payload_bytes": 1,
    },
)
KEY = KeyRecord("ab" * 32, "permit_key", "SB-2026-0001", NOON)


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def seconds():
    return Seconds()


@pytest.fixture
def store(tmp_path, seconds):
    opened = PolicyStore(tmp_path / "policies.json", max_age=30.0, monotonic=seconds)
    opened.heartbeat()
    return opened


def put(store, policy):
    return asyncio.run(store.put_policy(policy))


def test_a_policy_is_in_force_and_on_disk_when_it_is_acknowledged(store, tmp_path, seconds):
    assert put(store, POLICY) == 3
    asyncio.run(store.put_keys([KEY]))
    again = PolicyStore(tmp_path / "policies.json", max_age=30.0, monotonic=seconds)
    again.heartbeat()
    assert again.standing(POLICY.permit).policy == POLICY
    assert again.key(KEY.digest) == KEY
    assert (tmp_path / "policies.json").stat().st_mode & 0o777 == 0o600


def test_the_highest_revision_stands_whatever_comes_later(store):
    put(store, POLICY)
    assert put(store, replace(POLICY, revision=2, state="halted")) == 3
    assert store.standing(POLICY.permit).policy.state == "active"
    assert put(store, replace(POLICY, revision=4, state="suspended", version=0)) == 4
    assert store.standing(POLICY.permit).policy.state == "suspended"


def test_the_same_revision_is_acknowledged_again_but_never_with_other_content(store):
    put(store, POLICY)
    assert put(store, POLICY) == 3
    with pytest.raises(Conflict) as caught:
        put(store, replace(POLICY, state="halted"))
    assert caught.value.code == "policy.revision_conflict"


def test_without_a_heartbeat_nothing_is_decided(tmp_path, seconds):
    store = PolicyStore(tmp_path / "policies.json", max_age=30.0, monotonic=seconds)
    put(store, POLICY)
    with pytest.raises(Unavailable) as caught:
        store.standing(POLICY.permit)
    assert caught.value.code == "gateway.policy_stale"
    store.heartbeat()
    store.standing(POLICY.permit)
    seconds.now += 30.1
    with pytest.raises(Unavailable):
        store.check_fresh()


def test_an_unknown_permit_is_not_allowed(store):
    with pytest.raises(NotAllowed):
        store.standing("SB-2026-0009")


def test_keys_that_are_not_sent_again_are_forgotten(store):
    asyncio.run(store.put_keys([KEY]))
    asyncio.run(store.put_keys([]))
    assert store.key(KEY.digest) is None


@pytest.mark.parametrize("content", ["", "{", '{"policies": [{}], "keys": []}', "[]"])
def test_a_damaged_file_stops_the_start_and_is_not_written_over(tmp_path, seconds, content):
    path = tmp_path / "policies.json"
    path.write_text(content)
    with pytest.raises(IntegrityFailure) as caught:
        PolicyStore(path, max_age=30.0, monotonic=seconds)
    assert caught.value.code == "gateway.policy_file_damaged"
    assert path.read_text() == content


def test_the_file_holds_no_secret(store, tmp_path):
    asyncio.run(store.put_keys([KEY]))
    held = json.loads((tmp_path / "policies.json").read_text())
    assert set(held["keys"][0]) == {
        "digest",
        "kind",
        "permit",
        "expires_at",
        "revoked",
        "wallet",
        "scope",
    }
