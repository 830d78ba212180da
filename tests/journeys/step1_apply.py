"""Step 1. The start-up applies and the sponsor signs."""

from __future__ import annotations

import re

from tests.journeys.stage import PRODUCT, SPONSOR, STARTUP, Stage
from tests.support.browser import Person

HOSTILE = "Cheaper than cash <script>alert('x')</script> & quicker"
TEXTS = {
    "test_plan": "Twenty customers pay three merchants for ninety days; we count failed payments.",
    "safeguards": "Caps, a complaints line answered within a day, money back on demand.",
    "exit_plan": "Customers redeem; the sponsor completes every settlement within five days.",
}
REQUESTED = {
    "term_days": "90",
    "max_customers": "50",
    "max_merchants": "5",
    "transactions_per_day": "2000",
    "deployments": "5",
    "KGST__per_transaction": "10,000",
    "KGST__window_volume": "1,000,000",
    "KGST__customer_cap": "50,000",
    "KGST__merchant_cap": "500,000",
}


def apply(stage: Stage) -> None:
    """From the hub's menu to a signed application.

    1. Sign in at the hub, open the desk from its menu.
    2. Begin, submit too early: each missing part is named, nothing is lost.
    3. Fill in the rest, submit with the password.
    4. The sponsor signs.
    """
    startup = stage[STARTUP]
    _open_desk_from_the_hub(stage)
    startup.page.locator('form[action="/desk/files"] button').click()
    startup.page.wait_for_url(re.compile(r"/desk/files/F-\d{4}-\d{4}/form"))
    stage.file = re.search(r"F-\d{4}-\d{4}", startup.page.url)[0]
    _submit_too_early(stage)
    _complete(stage)
    startup.send("/submit")
    assert startup.page.url.split("?")[0].endswith(f"/desk/files/{stage.file}")
    startup.shot("1-submitted")
    stage.say(f"{STARTUP} submitted {stage.file}: {PRODUCT}")
    _sponsor_signs(stage)


def _open_desk_from_the_hub(stage: Stage) -> None:
    startup = stage[STARTUP]
    startup.open("/hub/home")
    startup.shot("1-hub-home")
    startup.page.locator('a[href*="/desk"]').first.click()
    startup.page.wait_for_url(re.compile(r"/desk/"))
    if startup.page.locator('a[href^="/desk/sign-in"]').count():
        startup.page.locator('a[href^="/desk/sign-in"]').first.click()
    startup.page.wait_for_selector('form[action="/desk/files"]')
    stage.say(f"{STARTUP} signed in at the hub and opened the desk from its menu")


def _submit_too_early(stage: Stage) -> None:
    startup = stage[STARTUP]
    startup.fill(product=PRODUCT, summary=HOSTILE)
    _go_on(startup, "applicant")
    startup.open(f"/desk/files/{stage.file}/form?section=check")
    startup.send("/submit", problem=True)
    said = startup.text()
    missing = startup.page.locator("#problem li a, #missing .note-warn li a").all_inner_texts()
    assert len(set(missing)) >= 4, said
    linked = startup.page.locator("#missing .note-warn li a, #problem li a").evaluate_all(
        "links => links.map(each => each.hash)"
    )
    for part in ("sponsor", "test_plan", "safeguards", "exit_plan"):
        assert f"#{part}" in linked, (part, linked)
    assert "#product" not in linked
    startup.shot("1-missing-parts")
    startup.open(f"/desk/files/{stage.file}/form?section=product")
    assert startup.page.input_value('[name="product"]') == PRODUCT
    assert startup.page.input_value('[name="summary"]') == HOSTILE
    stage.say(f"submitted too early: {len(set(missing))} missing parts named, nothing lost")


def _go_on(startup: Person, *sections: str) -> None:
    """Save the section and go on, through these sections."""
    for section in sections:
        startup.page.locator('main button[name="go"]').first.click()
        startup.page.wait_for_url(re.compile(f"section={section}"))


def _complete(stage: Stage) -> None:
    startup = stage[STARTUP]
    sponsor = startup.page.locator('[name="sponsor"] option', has_text="Ala-Too").first
    startup.page.select_option('[name="sponsor"]', sponsor.get_attribute("value"))
    _go_on(startup, "applicant", "test")
    startup.fill(**TEXTS)
    _go_on(startup, "rules", "documents")
    startup.page.locator('main a.button[href*="section=limits"]').click()
    startup.page.wait_for_url(re.compile("section=limits"))
    startup.page.locator('[name="asset.KGST"]').check()
    startup.page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
    startup.fill(**REQUESTED)
    startup.shot("1-application")
    _go_on(startup, "check")
    assert HOSTILE in startup.text(), "what was typed is shown as it was typed"
    assert startup.dialogs == []


def _sponsor_signs(stage: Stage) -> None:
    sponsor = stage[SPONSOR]
    sponsor.open("/desk/sign-in")
    sponsor.open(f"/desk/files/{stage.file}")
    assert "Ala-Too" in sponsor.text()
    sponsor.send("/sponsor-signature")
    assert sponsor.form("/sponsor-signature").count() == 0
    sponsor.shot("1-sponsor-signed")
    stage.say(f"{SPONSOR} signed for the sponsor, which will hold the permit")
