"""Uniswap v2 from its published packages, with a KGST pool that the Supervisor counts rightly.

The steps follow one another: each test goes on where the one before ended.
"""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError, Web3RPCError
from web3.middleware import SignAndSendRawMiddlewareBuilder

from sandbox.contracts.compiler import compile_sources
from sandbox.contracts.loader import artifact
from sandbox.kit.ids import permit_key
from tests.clients.desk import until
from tests.clients.published import at, deploy, mined

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # web3's own sessions
]
KGST = 10**18
CONTRACT = 4
FAR = 2**40
OWN = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract Own is ERC20 {
    constructor() ERC20("Own token", "OWN") { _mint(msg.sender, 1_000_000e18); }
}
"""


@pytest.fixture(scope="module")
def pool(trial, owner):
    """What the steps hand on: the team's client, the contracts, a customer's client."""
    w3 = Web3(HTTPProvider(trial.url("kgst")))
    w3.middleware_onion.inject(SignAndSendRawMiddlewareBuilder.build(owner), layer=0)
    w3.eth.default_account = owner.address
    national = trial.national("kgst")
    (customer,) = trial.people(1)
    trial.fund(customer["address"], "KGST", 9_000 * KGST)
    trial.fund(owner.address, "KGST", 20_000 * KGST)
    token = {"Authorization": f"Bearer {customer['token']}", "Content-Type": "application/json"}
    theirs = Web3(HTTPProvider(f"{trial.base}/rpc/kgst", request_kwargs={"headers": token}))
    theirs.eth.default_account = customer["address"]
    return SimpleNamespace(
        w3=w3,
        theirs=theirs,
        customer=customer["address"],
        kgst=national["token"],
        supervisor=w3.eth.contract(national["supervisor"], abi=artifact("Supervisor").abi),
        deployed=trial.used("deployments", None),
        volume=trial.used("window_volume"),
        outstanding=trial.used("outstanding"),
    )


def money(w3, address):
    return w3.eth.contract(address, abi=artifact("KGST").abi)


def test_1_factory_and_router_are_deployed_and_counted(pool, trial, owner):
    pool.weth = deploy(pool.w3, "WETH9")
    pool.factory = deploy(pool.w3, "UniswapV2Factory", owner.address)
    pool.router = deploy(pool.w3, "UniswapV2Router02", pool.factory.address, pool.weth.address)
    own = compile_sources({"Own.sol": OWN})["Own"]
    built = pool.w3.eth.contract(abi=own.abi, bytecode=own.bytecode)
    pool.own = mined(pool.w3, built.constructor().transact()).contractAddress
    assert pool.router.functions.factory().call() == pool.factory.address
    assert trial.used("deployments", None) == pool.deployed + 4


def test_2_the_pair_that_the_router_makes_joins_the_permit(pool, trial, owner):
    for each in (pool.kgst, pool.own):
        mined(
            pool.w3,
            money(pool.w3, each).functions.approve(pool.router.address, 10_000 * KGST).transact(),
        )
    add = pool.router.functions.addLiquidity(
        *(pool.kgst, pool.own, 10_000 * KGST, 10_000 * KGST, 0, 0, owner.address, FAR)
    )
    mined(pool.w3, add.transact())
    pair = pool.factory.functions.getPair(pool.kgst, pool.own).call()
    pool.pair = at(pool.w3, "UniswapV2Pair", pair)
    permit, kind, _ = pool.supervisor.functions.memberOf(pair).call()
    assert (bytes(permit), kind) == (permit_key(trial.number), CONTRACT)
    assert money(pool.w3, pool.kgst).functions.balanceOf(pair).call() == 10_000 * KGST
    assert trial.used("window_volume") == pool.volume, "a settlement wallet's money is no volume"
    assert trial.used("outstanding") == pool.outstanding + 10_000 * KGST


def test_3_a_customers_swap_counts_once(pool, trial):
    approve = money(pool.theirs, pool.kgst).functions.approve(pool.router.address, 2**255)
    mined(pool.theirs, approve.transact())
    router = at(pool.theirs, "UniswapV2Router02", pool.router.address)
    path = [pool.kgst, pool.own]
    swap = router.functions.swapExactTokensForTokens(1_000 * KGST, 0, path, pool.customer, FAR)
    mined(pool.theirs, swap.transact())
    assert trial.used("window_volume") == pool.volume + 1_000 * KGST
    assert trial.used("outstanding") == pool.outstanding + 10_000 * KGST, "it stayed in the permit"
    got = money(pool.w3, pool.own).functions.balanceOf(pool.customer).call()
    assert got == 10_000 * KGST * 997_000 // (10_000_000 + 997_000), "x * y = k less 0.3 %"


def test_4_what_comes_back_from_the_pool_counts_nothing(pool, trial):
    own = money(pool.theirs, pool.own)
    mined(pool.theirs, own.functions.approve(pool.router.address, 2**255).transact())
    router = at(pool.theirs, "UniswapV2Router02", pool.router.address)
    before = money(pool.w3, pool.kgst).functions.balanceOf(pool.customer).call()
    path = [pool.own, pool.kgst]
    swap = router.functions.swapExactTokensForTokens(100 * KGST, 0, path, pool.customer, FAR)
    mined(pool.theirs, swap.transact())
    assert money(pool.w3, pool.kgst).functions.balanceOf(pool.customer).call() > before
    assert trial.used("window_volume") == pool.volume + 1_000 * KGST


def test_5_a_customer_adds_liquidity_and_takes_it_out(pool, trial):
    router = at(pool.theirs, "UniswapV2Router02", pool.router.address)
    before = money(pool.w3, pool.kgst).functions.balanceOf(pool.customer).call()
    add = router.functions.addLiquidity(
        *(pool.kgst, pool.own, 200 * KGST, 1_000 * KGST, 0, 0, pool.customer, FAR)
    )
    mined(pool.theirs, add.transact())
    held = money(pool.w3, pool.kgst).functions.balanceOf(pool.customer).call()
    assert trial.used("window_volume") == pool.volume + 1_000 * KGST + before - held
    pair = at(pool.theirs, "UniswapV2Pair", pool.pair.address)
    shares = pair.functions.balanceOf(pool.customer).call()
    assert shares > 0
    mined(pool.theirs, pair.functions.approve(pool.router.address, shares).transact())
    volume = trial.used("window_volume")
    out = router.functions.removeLiquidity(*(pool.kgst, pool.own, shares, 0, 0, pool.customer, FAR))
    mined(pool.theirs, out.transact())
    assert money(pool.w3, pool.kgst).functions.balanceOf(pool.customer).call() > held
    assert trial.used("window_volume") == volume


def test_6_a_swap_above_the_limit_is_refused_through_the_router(pool, trial):
    router = at(pool.theirs, "UniswapV2Router02", pool.router.address)
    path = [pool.kgst, pool.own]
    volume = trial.used("window_volume")
    swap = router.functions.swapExactTokensForTokens(5_000 * KGST + 1, 0, path, pool.customer, FAR)
    with pytest.raises(ContractLogicError, match="TRANSFER_FROM_FAILED"):
        swap.transact()  # the estimate: the router's own words
    with pytest.raises(Web3RPCError) as caught:
        swap.transact({"gas": 400_000})  # the transaction: the Supervisor's
    said = caught.value.rpc_response["error"]["data"]
    assert (said["clause"], said["limit"]) == ("per_transaction", str(5_000 * KGST)), said
    assert trial.used("window_volume") == volume

    def over() -> list[dict[str, str]]:
        found = trial.api("GET", "/trial/refusals")
        return [each for each in found if each["clause"] == "per_transaction"]

    until(over, 20)
    (evidence,) = over()
    assert (evidence["clause"], evidence["sender"]) == ("per_transaction", pool.customer)


def test_7_the_pools_child_was_counted_as_a_deployment(pool, trial):
    """The pair was created by the factory inside addLiquidity; it is the permit's contract too."""
    assert trial.used("deployments", None) == pool.deployed + 5
