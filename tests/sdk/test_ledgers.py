"""A lab's real chain, traced: what a trainee does in three lines."""

from __future__ import annotations

import pytest

from sandbox.forensics import CannotTrace, Stop, trace
from sandbox.sdk import SdkError, ledger
from sandbox.sdk.labs.tokens import address_of

KGST = 10**18


def test_a_theft_in_a_lab_is_followed_to_where_the_money_lies(chain):
    victim, thief, mule, exchange = chain.accounts[:4]
    theft = chain.kgst.transfer(victim, thief, "700.5")
    chain.kgst.transfer(thief, mule, "10100")
    with chain.one_block():
        pay = chain.kgst.functions.transfer(exchange.address, 20_000 * KGST + 1)
        sent = chain.submit(pay, by=mule)
    chain.wait(sent)
    found = trace(ledger(chain.kgst), "fifo", theft["transactionHash"])
    assert found.hops.select("hop", "payer", "payee", "tainted").rows() == [
        (0, *(address_of(each).lower() for each in (victim, thief)), 700_500 * KGST // 1000),
        (1, *(address_of(each).lower() for each in (thief, mule)), 100 * KGST),
        (2, *(address_of(each).lower() for each in (mule, exchange)), 1),
    ]
    held = dict(found.nodes.select("account", "held").rows())
    assert held[thief.address.lower()] == 600_500 * KGST // 1000
    assert held[mule.address.lower()] == 100 * KGST - 1
    last = trace(ledger(chain.kgst), "lifo", theft["transactionHash"])
    assert last.nodes.filter(account=exchange.address.lower())["held"].item() == (
        700_500 * KGST // 1000
    )
    stop = Stop(services={mule.address: "exchange"})
    stopped = trace(ledger(chain.kgst), "haircut", theft["transactionHash"], stop=stop)
    assert stopped.nodes.filter(account=mule.address.lower())["stop"].item() == "service"


def test_a_ledger_agrees_with_every_balance_and_holds_both_assets(chain):
    aida, bek = chain.accounts[:2]
    chain.kgst.transfer(aida, bek, "12.5")
    chain.issue("SOM", aida, "40")
    chain.som.transfer(aida, bek, "0.07")
    for token in (chain.kgst, chain.som, chain.som.contract):
        read = ledger(token)
        balance_of = getattr(token, "contract", token).functions.balanceOf
        for who in (aida, bek):
            assert read.balance(who.address) == balance_of(who.address).call()
    assert len(ledger(chain.kgst)) == 1
    assert ledger(chain.som).table["payer"][0] == "0x" + "00" * 20


def test_a_ledger_has_the_moments_of_its_blocks_when_they_are_asked_for(chain):
    aida, bek = chain.accounts[:2]
    paid = chain.kgst.transfer(aida, bek, "1")
    made = chain.w3.eth.get_block(paid["blockNumber"])["timestamp"]
    rows = ledger(chain.kgst, times=True).table
    assert [each.timestamp() for each in rows["time"]] == [made]
    assert "time" not in ledger(chain.kgst).table.columns


def test_before_the_first_payment_there_is_nothing_to_trace(chain):
    empty = ledger(chain.kgst, times=True)
    assert len(empty) == 0
    with pytest.raises(CannotTrace, match="seed_unknown"):
        trace(empty, "fifo", "0x" + "11" * 32)


def test_what_is_no_token_is_refused(chain):
    for other in (chain.supervisor, chain, "0x" + "11" * 20):
        with pytest.raises(SdkError) as refused:
            ledger(other)
        assert refused.value.code == "sdk.not_a_token"
