"""The lab: private, quick, the real national contracts, gone with its process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from sandbox.kit.errors import InvalidInput
from sandbox.sdk import ContractReverted, LabStopped, PermitRefused, SdkError, lab
from sandbox.sdk.labs import genesis

KGST = 10**18


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_new_lab_holds_ten_funded_people(chain):
    held = {(chain.kgst.balance(each), chain.som.balance(each)) for each in chain.accounts}
    assert held == {(10_000 * KGST, 1_000_000)}
    assert len(chain.accounts) == 10


def test_a_payment_moves_money_and_a_payment_above_the_balance_moves_none(chain):
    aida, bek = chain.accounts[:2]
    chain.kgst.transfer(aida, bek, "12.50")
    with pytest.raises(ContractReverted, match="ERC20InsufficientBalance"):
        chain.kgst.transfer(aida, bek, "10000")
    assert chain.kgst.balance(bek) == 10_012_500 * 10**15


def test_digital_som_pays_with_two_decimals_and_refuses_finer(chain):
    aida, bek = chain.accounts[:2]
    chain.som.transfer(aida, bek, "1.25")
    with pytest.raises(InvalidInput, match=r"amount\.too_fine"):
        chain.som.transfer(aida, bek, "1.255")
    assert chain.som.balance(bek) == 1_000_125


def test_a_float_is_refused_as_an_amount(chain):
    with pytest.raises(InvalidInput, match=r"amount\.float"):
        chain.kgst.transfer(chain.accounts[0], chain.accounts[1], 0.1)


def test_an_address_without_code_that_nobody_registered_is_refused_until_it_is(chain):
    stranger = "0x" + "11" * 20
    with pytest.raises(PermitRefused) as refusal:
        chain.kgst.transfer(chain.accounts[0], stranger, "1")
    assert refusal.value.clause == "not_a_member"
    chain.register(stranger)
    chain.kgst.transfer(chain.accounts[0], stranger, "1")
    assert chain.kgst.balance(stranger) == KGST


def test_a_new_account_consents_with_its_own_key_and_can_pay(chain):
    fresh = chain.new_account()
    chain.issue("KGST", fresh, "5")
    chain.kgst.transfer(fresh, chain.accounts[0], "5")
    assert chain.kgst.balance(fresh) == 0


def test_a_snapshot_can_be_restored_twice_and_a_later_one_is_gone(chain):
    aida, bek = chain.accounts[:2]
    early = chain.snapshot()
    chain.kgst.transfer(aida, bek, "1")
    late = chain.snapshot()
    for amount in ("2", "3"):
        chain.kgst.transfer(aida, bek, amount)
        chain.restore(early)
        assert chain.kgst.balance(bek) == 10_000 * KGST
    with pytest.raises(KeyError):
        chain.restore(late)


def test_time_starts_now_and_travels_forward(chain):
    assert abs(chain.w3.eth.get_block("latest")["timestamp"] - time.time()) < 30
    assert 86_380 < chain.travel(days=1) - time.time() < 86_430


def test_impersonation_sends_without_a_key_and_ends_with_its_block(chain):
    stranger = "0x" + "22" * 20
    chain.register(stranger)
    chain.issue("KGST", stranger, "7")
    with chain.impersonate(stranger) as who:
        chain.kgst.transfer(who, chain.accounts[0], "3")
    assert chain.kgst.balance(stranger) == 4 * KGST
    with pytest.raises(Exception, match="No Signer available"):
        chain.kgst.transfer(stranger, chain.accounts[0], "3")


def test_several_transactions_share_one_block_when_held(chain):
    aida, bek = chain.accounts[:2]
    before = chain.w3.eth.block_number
    with chain.one_block():
        for _ in range(3):
            chain.kgst.functions.transfer(bek.address, 1).transact({"from": aida.address})
    assert chain.w3.eth.block_number == before + 1
    assert len(chain.w3.eth.get_block("latest")["transactions"]) == 3


def test_a_drafts_limits_refuse_in_the_lab_as_in_the_trial(limited):
    aida, shop = limited.accounts[0], limited.accounts[-1]
    with pytest.raises(PermitRefused) as refusal:
        limited.kgst.transfer(aida, shop, "5000.01")
    assert (refusal.value.clause, refusal.value.limit) == ("per_transaction", 5_000 * KGST)
    limited.kgst.transfer(aida, shop, "5000")
    assert limited.kgst.balance(shop) == 15_000 * KGST


def test_the_window_refuses_above_and_frees_after_a_day(limited):
    aida, bek, shop = limited.accounts[0], limited.accounts[1], limited.accounts[-1]
    limited.kgst.transfer(aida, shop, "5000")
    limited.kgst.transfer(bek, shop, "5000")
    with pytest.raises(PermitRefused) as refusal:
        limited.kgst.transfer(aida, shop, "2000.01")
    assert refusal.value.clause == "window_volume"
    assert refusal.value.used == 10_000 * KGST
    assert refusal.value.frees_at is not None
    limited.kgst.transfer(aida, shop, "2000")
    limited.travel(hours=25)
    limited.kgst.transfer(aida, shop, "2000.01")


@pytest.mark.usefixtures("genesis_built")
def test_two_labs_do_not_know_each_other_and_one_crash_touches_no_other(chain):
    with lab() as other:
        other.kgst.transfer(other.accounts[0], other.accounts[1], "1")
        assert chain.kgst.balance(chain.accounts[1]) == 10_000 * KGST
        os.kill(other.pid, signal.SIGKILL)
        with pytest.raises(LabStopped):
            other.kgst.balance(other.accounts[0])
    chain.kgst.transfer(chain.accounts[0], chain.accounts[1], "1")


@pytest.mark.usefixtures("genesis_built")
def test_a_closed_lab_leaves_no_process_and_no_folder():
    with lab() as running:
        pid, folder = running.pid, running.ipc_path.parent
        assert _alive(pid)
        assert folder.stat().st_mode & 0o077 == 0
    assert not _alive(pid)
    assert not folder.exists()


def test_a_forked_child_that_ends_leaves_its_parents_lab_alone(chain):
    child = os.fork()
    if child == 0:
        chain._engine.stop()
        os._exit(0)
    os.waitpid(child, 0)
    assert chain.kgst.balance(chain.accounts[0]) == 10_000 * KGST


@pytest.mark.usefixtures("genesis_built")
def test_a_stale_or_missing_genesis_is_never_used(monkeypatch, tmp_path):
    monkeypatch.setattr(genesis, "folder", lambda: tmp_path)
    with pytest.raises(SdkError, match="not built") as error:
        lab()
    assert "build_lab" in error.value.what_to_do_next()
