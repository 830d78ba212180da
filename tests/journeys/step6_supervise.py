"""Step 6. A regulator watches live, lowers a limit, suspends; two reinstate."""

from __future__ import annotations

import time

from eth_abi.abi import encode
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout
from web3 import HTTPProvider, Web3
from web3.exceptions import Web3RPCError

from sandbox.contracts.loader import artifact
from sandbox.contracts.typed import decode_refusal
from sandbox.sdk.labs.provider import EngineProvider
from tests.journeys import signing
from tests.journeys.stage import REGULATOR, SECOND_REGULATOR, THIRD_REGULATOR, Stage
from tests.journeys.step5_refuse import attempt, payment

KGST = 10**18
LOWERED = "4,000"
SOON = 20
"""Seconds within which an act of one regulator is in force."""


def watch_live(stage: Stage) -> None:
    """Usage, transactions and refusals arrive on the open page without a reload."""
    regulator = stage[REGULATOR]
    page = regulator.open(f"/desk/permits/{stage.permit}/console")
    page.evaluate("window.openedOnce = true")
    volume = int(stage.run("print(my.usage()['window_volume'].used)").strip().splitlines()[-1])
    assert attempt(stage, payment("customers[5]", "7")) is None
    _arrives(stage, page, f"{volume // KGST + 7:,}.00")
    _arrives(stage, page, "7.00")
    refused = attempt(stage, "customers[5].pay(merchants[0], '5000.02')")
    assert refused is not None
    _arrives(stage, page, "5,000.02")
    assert page.evaluate("window.openedOnce") is True
    for words in ("One transaction may move at most", "deployments"):
        assert words.lower() in regulator.text().lower(), words
    regulator.shot("6-console")
    stage.say("the regulator's open page showed the payment and the refusal as they came")


def _arrives(stage: Stage, page: Page, text: str) -> None:
    """A text comes to the live part; if it does not, the failure says what stood there instead."""
    live = page.locator("#live")
    try:
        live.get_by_text(text, exact=False).first.wait_for(timeout=60_000)
    except PlaywrightTimeout:
        live_lines = [line for line in stage.system.log("desk").splitlines() if "live" in line]
        raise AssertionError(
            f"{text!r} did not come to the live part in 60 s.\n"
            f"class: {live.get_attribute('class')!r}; page: {page.url}; "
            f"hidden: {page.evaluate('document.hidden')}; now by the desk: {_usage(stage)}\n"
            f"it shows:\n{live.inner_text()}\n"
            "the desk's log of live parts:\n" + "\n".join(live_lines[-15:])
        ) from None


def _usage(stage: Stage) -> str:
    return stage.run("print(repr(my.usage()['window_volume']))").strip()


def lower_a_limit(stage: Stage) -> None:
    """One regulator lowers a limit; it acts at once and on both sides of the line."""
    regulator = stage[REGULATOR]
    regulator.open(f"/desk/permits/{stage.permit}/console")
    began = time.monotonic()
    regulator.send(
        "/tighten", field="KGST.per_transaction", value=LOWERED, reasons="Complaints are rising."
    )
    call = "shop.functions.pay(merchants[0].address, minor('4000.01', 'KGST'), bytes(32))"
    check = f"my.check({call}, by=customers[6]).clauses"
    stage.until(
        "the lowered limit refuses", lambda: "per_transaction" in stage.run(check), seconds=SOON
    )
    took = time.monotonic() - began
    said = attempt(stage, payment("customers[6]", "4000.01"))
    assert (said["clause"], said["limit"]) == ("per_transaction", 4_000 * KGST), said
    assert attempt(stage, payment("customers[6]", "4000")) is None
    regulator.open(f"/desk/permits/{stage.permit}/console")
    regulator.shot("6-limit-lowered")
    stage.say(f"{REGULATOR} alone lowered the limit to 4,000 KGST: in force after {took:.1f} s")


def suspend(stage: Stage) -> None:
    """The next request is refused at the gateway; past it the Supervisor reverts."""
    raw = _signed_payment(stage)
    regulator = stage[REGULATOR]
    regulator.open(f"/desk/permits/{stage.permit}/console")
    regulator.send("/suspend", reasons="Customers cannot reach the call centre.")
    stage.until("the permit is suspended", lambda: stage.standing("suspended"), seconds=SOON)
    regulator.open(f"/desk/permits/{stage.permit}/console")
    regulator.shot("6-suspended")
    said = attempt(stage, "my.transact(my.kgst.functions.approve(shop.address, 1))")
    assert said["clause"] == "state", said
    _refused_at_the_gateway(stage, raw)
    _reverted_by_the_supervisor(stage, raw)
    stage.say(
        "suspended: refused at the gateway, and the same signed transaction put straight "
        "into the engine is reverted by the Supervisor"
    )


def redeem(stage: Stage) -> None:
    """Customers' money is not trapped: redemption works while the permit winds down."""
    before = int(stage.run("print(customers[0].balance())").strip().splitlines()[-1])
    assert attempt(stage, "customers[0].redeem('100')") is None
    after = int(stage.run("print(customers[0].balance())").strip().splitlines()[-1])
    assert before - after == 100 * KGST
    stage.say("a customer redeemed 100 KGST while the permit winds down")


def reinstate(stage: Stage) -> None:
    """Needs two regulators' signatures, on chain too."""
    author, second = stage[THIRD_REGULATOR], stage[SECOND_REGULATOR]
    author.open("/desk/sign-in")
    author.open(f"/desk/permits/{stage.permit}/console")
    author.send("/reinstate", reasons="The call centre answers again.")
    author.open(f"/desk/permits/{stage.permit}/console")
    reinstating = [each for each in _countersignatures(author) if each]
    assert stage.public()["standing"] == "suspended", "one signature is not enough"
    assert attempt(stage, "my.transact(my.kgst.functions.approve(shop.address, 1))") is not None
    second.open(f"/desk/permits/{stage.permit}/console")
    wanted = [each for each in _countersignatures(second) if each not in reinstating]
    assert wanted, "the second regulator is offered the countersignature"
    second.send(wanted[0])
    said = stage.until("the permit is valid again", lambda: stage.standing("valid"), seconds=30)
    supervisor = stage.kept["outside"].contract(
        stage.kept["outside"].national["kgst"]["supervisor"], list(artifact("Supervisor").abi)
    )
    signers = {each["address"] for each in said["signatures"]}
    assert len(signers) == 2, said["signatures"]
    for address in signers:
        assert supervisor.functions.isRegulator(Web3.to_checksum_address(address)).call()
    act = "my.transact(my.kgst.functions.approve(shop.address, 1))"
    stage.until("the start-up works again", lambda: attempt(stage, act) is None, seconds=SOON)
    second.open(f"/desk/permits/{stage.permit}/console")
    second.shot("6-reinstated")
    stage.say("reinstated by two regulators; one signature was not enough")


def _countersignatures(person) -> list[str]:
    actions = person.page.locator('main form[action$="/countersign"]').evaluate_all(
        "forms => forms.map(each => new URL(each.action).pathname)"
    )
    return [str(each) for each in actions]


def _signed_payment(stage: Stage) -> str:
    """A customer's payment of 5 KGST, signed by the signer as the gateway would."""
    _, address, _ = stage.kept["customer"]
    outside = stage.kept["outside"]
    call = {
        "to": outside.kgst.address,
        "data": "0xa9059cbb"
        + encode(["address", "uint256"], [stage.kept["merchant"], 5 * KGST]).hex(),
        "gas": 400_000,
        "gasPrice": 10**9,
        "nonce": outside.w3().eth.get_transaction_count(Web3.to_checksum_address(address)),
        "value": 0,
        "chainId": 56417,
    }
    return signing.signed_by_wallet(stage, address, call)


def _refused_at_the_gateway(stage: Stage, raw: str) -> None:
    _, _, token = stage.kept["customer"]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    url = f"http://127.0.0.1:{stage.system.port}/rpc/kgst"
    customer = Web3(HTTPProvider(url, request_kwargs={"headers": headers}))
    try:
        customer.eth.send_raw_transaction(raw)
    except Web3RPCError as error:
        said = error.rpc_response["error"]
    else:
        raise AssertionError("the gateway let a payment of a suspended permit through")
    assert said["code"] == -32003, said
    assert said["data"]["clause"] in {"state", "wind_down"}, said


def _reverted_by_the_supervisor(stage: Stage, raw: str) -> None:
    """Into the engine by its own socket, as no user's server can; undone afterwards."""
    engine = EngineProvider(stage.run_dir / "engine" / "kgst.ipc")
    snapshot = engine.call("evm_snapshot")
    try:
        tx_hash = engine.call("eth_sendRawTransaction", raw)
        receipt = engine.call("eth_getTransactionReceipt", tx_hash)
        assert receipt["status"] == "0x0", receipt
        trace = engine.call("debug_traceTransaction", tx_hash, {"tracer": "callTracer"})
        refusal = decode_refusal(bytes.fromhex(trace["output"][2:]))
        assert refusal is not None, trace
        assert refusal.clause in {"state", "wind_down"}, refusal
    finally:
        engine.call("evm_revert", snapshot)
        engine.disconnect()
