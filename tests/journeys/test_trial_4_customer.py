"""A customer's journey on a small phone, in Kyrgyz, on a really running system with real chains.

Invited by a slip, code, consent, money, pays a merchant's QR link, is refused at a limit in words,
complains and is answered, is suspended and takes the money home, leaves.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page

from tests.journeys import step1_apply, step2_decide, step4_run
from tests.journeys.stage import REGULATOR, SPONSOR, STARTUP, Stage
from tests.support.browser import SCREENSHOTS

pytestmark = [pytest.mark.journey, pytest.mark.timeout(600), pytest.mark.slow]
KGST = 10**18
CODE = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{3}-[0-9A-Z]{3}")
API = "/desk/api/v1"


@pytest.fixture(scope="module")
def trial(running_system: Any, people: Any, tmp_path_factory: Any) -> Iterator[Stage]:
    """An active permit of its own, with a key."""
    one = Stage(running_system, people, tmp_path_factory.mktemp("customer"), say=print)
    step1_apply.apply(one)
    step2_decide.decide(one)
    step2_decide.come_into_force(one)
    step4_run.make_key(one)
    yield one
    one.close()


def phone(trial: Stage) -> BrowserContext:
    return trial.people._browser.new_context(
        viewport={"width": 360, "height": 740}, locale="ky-KG", base_url=trial.system.url
    )


def ask(trial: Stage, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    with trial.system.anonymous() as client:
        answer: httpx.Response = client.request(
            method, API + path, json=body, headers={"authorization": f"Bearer {trial.key}"}
        )
    assert answer.status_code < 300, answer.text
    return answer.json()


def invited(trial: Stage, kind: str, label: str = "") -> tuple[str, str]:
    """Invite a person on the permit's page; their wallet and the code of their slip."""
    startup = trial[STARTUP]
    startup.open(f"/desk/permits/{trial.permit}")
    startup.send("/customers", count="1", kind=kind)
    startup.open(f"/desk/permits/{trial.permit}")
    row = startup.page.locator("#customers tbody tr").last
    if label:
        row.locator('input[name="label"]').fill(label)
    row.locator("button").click()
    startup.page.wait_for_selector(".slip")
    found = CODE.search(startup.text())
    assert found
    assert startup.page.locator(".slip svg.qr-drawing").count() == 1
    startup.shot(f"8-slip-{kind}")
    return str(ask(trial, "GET", "/trial/customers")[-1]["address"]), found[0]


def joins(trial: Stage, context: BrowserContext, code: str) -> Page:
    """Open the QR's address, join, consent, wait for the registration."""
    page = context.new_page()
    page.goto(f"/desk/c/join/{code}")
    page.click("main button[type=submit]")
    page.wait_for_url(re.compile("/desk/c/$"))
    assert "оюн акча" in page.inner_text("main")
    page.check("#understood")
    page.click("main form button[type=submit]")
    page.wait_for_selector("[data-balance]", timeout=60_000)  # the page asks by itself
    return page


def until(what: str, holds: Callable[[], Any], seconds: float = 60) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, what
        time.sleep(0.3)
    return found


def balance(page: Page) -> str:
    page.goto("/desk/c/")
    return page.inner_text("[data-balance]").replace("\u00a0", " ")


def shot(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def test_a_customer_pays_is_refused_complains_and_takes_the_money_home(trial: Stage) -> None:
    wallet, code = invited(trial, "customer")
    _, shop_code = invited(trial, "merchant", "«Ак-Буура»")
    mine, till = phone(trial), phone(trial)
    page, shop = joins(trial, mine, code), joins(trial, till, shop_code)

    # Money: the start-up asks for test money for the customer's wallet.
    amount = str(9_000 * KGST)
    ask(trial, "POST", "/trial/faucet", {"address": wallet, "asset": "KGST", "amount": amount})
    until("the money arrives", lambda: balance(page) == "9 000,00 сом")
    until("the movement is shown", lambda: "Сизге берилген акча" in _home(page))
    shot(page, "8-customer-home")

    # A merchant's QR link, paid once, seen by the till without a reload.
    shop.goto("/desk/c/bills")
    shop.fill("#amount", "250,50")
    shop.fill("#ref", "Эки нан")
    shop.click("main form button[type=submit]")
    shop.wait_for_selector("#bill svg.qr-drawing")
    shop.click("summary")
    page.goto(shop.inner_text("#link"))
    asked = page.inner_text("main").replace("\u00a0", " ")
    assert "«Ак-Буура»" in asked
    assert "250,50 сом" in asked
    assert "Эки нан" in asked
    page.dblclick("main form button[type=submit]")
    page.wait_for_selector("#receipt .verdict-good", timeout=30_000)
    shot(page, "8-customer-receipt")
    shop.wait_for_selector("#bill .verdict-good", timeout=30_000)
    assert balance(page) == "8 749,50 сом"

    # Above the permit's limit: refused by the chain, in plain words; nothing moved.
    merchant = ask(trial, "GET", "/trial/customers")[-1]["address"]
    page.goto(f"/desk/c/pay?to={merchant}&amount=5000.01&asset=KGST")
    page.click("main form button[type=submit]")
    page.wait_for_selector("#receipt .verdict-bad", timeout=30_000)
    said = page.inner_text("#receipt").replace("\u00a0", " ")
    assert "Бир төлөмдө эң көп 5 000,00 сом төлөөгө болот" in said
    shot(page, "8-customer-refused")
    assert balance(page) == "8 749,50 сом"

    def refused() -> list[str]:
        found = ask(trial, "GET", "/trial/refusals")
        return [each["clause"] for each in found if each["sender"] == wallet]

    assert trial.until("the refusal is kept", refused) == ["per_transaction"]

    # A complaint, answered by the sponsor, read by the customer.
    page.goto("/desk/c/complaint")
    page.fill("#text", "Төлөм өтпөй калды, себебин түшүнбөйм.")
    page.click("main form button[type=submit]")
    number = page.inner_text("#number")
    sponsor = trial[SPONSOR]
    sponsor.open(f"/desk/complaints/{number}")
    sponsor.send("/answer", answer="Бир төлөмдө 5 000 сомдон ашпайт.")
    page.goto(f"/desk/c/complaints/{number}")
    assert "5 000 сомдон ашпайт" in page.inner_text("main")

    # Suspended: nobody pays, the money goes home, then the customer leaves.
    regulator = trial[REGULATOR]
    regulator.open(f"/desk/permits/{trial.permit}/console")
    regulator.send("/suspend", reasons="The journey asks for it.")
    page.goto("/desk/c/")
    assert page.locator('a[href="/desk/c/pay"]').count() == 0
    page.goto("/desk/c/redeem")
    page.click("main form button[type=submit]")
    page.wait_for_selector("#receipt .verdict-good", timeout=30_000)
    assert balance(page) == "0,00 сом"
    page.goto("/desk/c/leave")
    page.check("#understood")
    page.click("main form button[type=submit]")
    page.wait_for_url(re.compile("/desk/c/left"))
    people = "/trial/customers"
    until(
        "released",
        lambda: (
            {each["address"]: each["state"] for each in ask(trial, "GET", people)}[wallet]
            == "released"
        ),
    )

    # No code in any log.
    logs = list(Path(trial.system.state).rglob("*.log"))
    assert any("/desk/c/join/…" in each.read_text("utf-8", "replace") for each in logs)
    for log in logs:
        kept = log.read_text("utf-8", "replace")
        assert code not in kept, log
        assert shop_code not in kept, log
    mine.close()
    till.close()


def _home(page: Page) -> str:
    page.goto("/desk/c/")
    return page.inner_text("main")
