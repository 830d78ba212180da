"""What survives a restart, and what goes on when a part is gone."""

import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import pytest

from tests.gateway.support import Permit, System, transfer

pytestmark = pytest.mark.slow

CODE = "0x600160005360016000f3"


@pytest.fixture
def own():
    """A gateway that a test may break."""
    root = Path(tempfile.mkdtemp(prefix="gw-"))
    running = System(root).start()
    yield running
    running.stop()
    shutil.rmtree(root, ignore_errors=True)


def again(running):
    running.stop()
    return running.start()


def test_counters_policies_and_idempotency_survive_a_restart(own):
    permit = Permit(own, "SB-2026-0001", limits={"transactions_per_day": 4, "deployments": 2})
    for nonce, to in ((0, ""), (1, None)):
        raw = permit.sign(nonce, to=to, data=CODE if to == "" else "0x18160ddd", gas=200_000)
        assert own.ok(permit, "eth_sendRawTransactionSync", raw)["status"] == "0x1"
    data = transfer(permit.managed, 0)
    asked = ("kgst", "system/treasury", permit.managed, "0x")
    first = own.inside.submit_system(*asked, idempotency_key="act 7", value=5)
    refused = own.error(permit, "eth_sendRawTransaction", permit.sign(2, value=1))
    assert refused["data"]["clause"] == "native_value"
    before = own.inside.usage(permit.number)

    again(own)

    after = own.inside.usage(permit.number)
    assert (after["transactions_per_day"], after["deployments"]) == (2, 1)
    assert after["gas_per_day"] == 400_000
    assert after["units_per_day"] == before["units_per_day"] == 60
    of_the_moment = {"as_of": 0, "requests_per_second": 0, "acknowledged_at": None}
    assert {**after, **of_the_moment} == {**before, **of_the_moment}
    (record,) = own.inside.refusals(0, permit=permit.number)
    assert record["clause"] == "native_value"
    same = own.inside.submit_system(*asked, idempotency_key="act 7", value=5)
    assert same["transactionHash"] == first["transactionHash"]
    for nonce in (2, 3):
        own.ok(permit, "eth_sendRawTransaction", permit.sign(nonce, data=data))
    error = own.error(permit, "eth_sendRawTransaction", permit.sign(4, data=data))
    assert (error["data"]["clause"], error["data"]["used"]) == ("transactions_per_day", "4")


def test_after_a_restart_nothing_is_decided_before_the_desk_has_been_heard(own):
    permit = Permit(own, "SB-2026-0001", on_chain=False)
    own.stop()
    own.start(beat=False)
    error = own.error(permit, "eth_chainId")
    assert (error["code"], error["data"]["code"]) == (-32002, "gateway.policy_stale")
    held = own.inside.heartbeat({"as_of": "now"})
    nothing = {"journals": {}, "interruptions": []}
    assert held == {"policies": {permit.number: 1}, "keys": 1, **nothing}
    assert own.ok(permit, "eth_chainId") == "0xdc61"


def test_a_killed_engine_comes_back_by_itself_and_nothing_is_lost(own):
    permit = Permit(own, "SB-2026-0001")
    own.ok(permit, "eth_sendRawTransactionSync", permit.sign(0, data=transfer(permit.managed, 0)))
    os.kill(own.launcher.pid("kgst"), signal.SIGKILL)
    digest = own.ok(permit, "eth_sendRawTransaction", permit.sign(1, data="0x18160ddd"))
    assert own.receipt(permit, digest)["status"] == "0x1"
    (told,) = own.inside.heartbeat({"as_of": "now"})["interruptions"]
    assert (told["what"], told["chain"]) == ("engine", "kgst")
    known = {"as_of": "now", "interruptions": told["number"]}
    assert own.inside.heartbeat(known)["interruptions"] == []
    again(own)
    assert own.inside.heartbeat(known)["interruptions"] == [], "a planned stop is none"
    own.until(lambda: own.http.get("/rpc/healthz").status_code == 200)


def test_without_the_signer_managed_wallets_wait_and_signed_transactions_pass(own):
    permit = Permit(own, "SB-2026-0001")
    fields = {"from": permit.managed, "to": permit.token, "gas": "0x7a120", "data": "0x18160ddd"}
    own.signer_down()
    error = own.error(permit, "eth_sendTransaction", fields)
    assert (error["code"], error["data"]["code"]) == (-32002, "signer.unavailable")
    health = own.http.get("/rpc/healthz")
    assert (health.status_code, health.json()["checks"]["signer"]["ok"]) == (503, False)
    own.ok(permit, "eth_sendRawTransaction", permit.sign(0, data="0x18160ddd"))
    own.signer_up()
    own.ok(permit, "eth_sendTransaction", fields)


def test_a_damaged_journal_stops_its_chain_and_leaves_the_other_alone(own):
    permit = Permit(own, "SB-2026-0001", on_chain=False)
    own.stop()
    journal = own.root / "chain" / "kgst" / "journal"
    content = bytearray(journal.read_bytes())
    content[len(content) // 2] ^= 1
    journal.write_bytes(content)
    own.start(wait=False)
    own.until(lambda: own.http.get("/rpc/healthz").json()["checks"]["chain.som"]["ok"], 30)
    own.inside.heartbeat({})
    health = own.http.get("/rpc/healthz")
    assert health.status_code == 503
    assert "journal." in health.json()["checks"]["chain.kgst"]["detail"]
    error = own.error(permit, "eth_blockNumber")
    assert (error["code"], error["data"]["code"]) == (-32002, "gateway.chain_unavailable")
    assert own.ok(permit, "eth_blockNumber", chain="som").startswith("0x")


def test_suspension_reaches_a_sender_in_full_swing(own):
    """What is acknowledged after the policy was acknowledged: nothing."""
    import threading

    permit = Permit(own, "SB-2026-0001")
    raws = [permit.sign(nonce, data="0x18160ddd") for nonce in range(400)]
    acknowledged, stop = [], threading.Event()

    def send():
        for raw in raws:
            answer = own.rpc(permit, "eth_sendRawTransaction", raw)
            if "result" in answer:
                acknowledged.append(time.monotonic())
            if stop.is_set():
                return

    thread = threading.Thread(target=send)
    thread.start()
    own.until(lambda: len(acknowledged) > 20)
    permit.change(state="suspended")
    suspended = time.monotonic()
    time.sleep(0.3)
    stop.set()
    thread.join()
    assert acknowledged[-1] < suspended + 0.05
    assert len(acknowledged) < len(raws)
    usage = own.inside.usage(permit.number)
    assert usage["transactions_per_day"] == len(acknowledged)
