"""Steps 2 and 3. Two regulators decide; the permit is in force when both halves say so."""

from __future__ import annotations

import contextlib
import re

import psutil

from tests.journeys.stage import (
    REGULATOR,
    SECOND_REGULATOR,
    STARTUP,
    Stage,
)

CONDITIONS = {
    "term_days": "90",
    "max_customers": "20",
    "max_merchants": "3",
    "transactions_per_day": "1000",
    "deployments": "3",
    "KGST__per_transaction": "5,000",
    "KGST__window_volume": "500,000",
    "KGST__customer_cap": "20,000",
    "KGST__merchant_cap": "300,000",
}


def decide(stage: Stage) -> None:
    """From review to two signatures.

    1. A regulator takes the file up, asks, and is answered.
    2. The regulator proposes the grant under conditions.
    3. The author cannot countersign: no button, and a post by hand is refused.
    4. A second regulator countersigns.
    """
    _ask_and_answer(stage)
    regulator = stage[REGULATOR]
    regulator.open(f"/desk/files/{stage.file}")
    regulator.page.locator('form[action$="/grant"] [name="asset.KGST"]').check()
    regulator.send("/grant", **CONDITIONS, reasons="Small, capped and reversible.")
    regulator.shot("2-proposed")
    decision = _proposed(stage)
    stage.say(f"{REGULATOR} proposed the grant under conditions ({decision})")
    _author_cannot_countersign(stage, decision)
    second = stage[SECOND_REGULATOR]
    second.open("/desk/sign-in")
    second.open(f"/desk/files/{stage.file}")
    assert "90" in second.text()
    second.shot("2-before-countersigning")
    worker = _part(stage, "worker")
    worker.suspend()
    second.send("/countersign")
    stage.say(f"{SECOND_REGULATOR} countersigned")
    second.open(f"/desk/files/{stage.file}")
    stage.permit = re.search(r"SB-\d{4}-\d{4}", second.text())[0]
    stage.kept["worker"] = worker


def come_into_force(stage: Stage) -> None:
    """kill -9 of the worker and the gateway in between ends in active all the same.

    The worker was held before the second signature, so that nothing is published yet.
    """
    team = stage[STARTUP]
    team.open(f"/desk/permits/{stage.permit}")
    assert "Being put in force" in team.text()
    assert stage.standing("valid") is None
    stage.kept.pop("worker").kill()
    _part(stage, "gateway").kill()
    said = stage.until("the permit is valid", lambda: stage.standing("valid"), seconds=90)
    assert len(said["signatures"]) == 2, said["signatures"]
    assert len({each["address"] for each in said["signatures"]}) == 2
    stage[STARTUP].open(f"/desk/permits/{stage.permit}")
    assert "5,000.00" in stage[STARTUP].text()
    stage[STARTUP].shot("3-permit")
    stage.say(
        f"{stage.permit} is in force although worker and gateway were killed in between; "
        "it carries two regulators' signatures"
    )


def _ask_and_answer(stage: Stage) -> None:
    regulator = stage[REGULATOR]
    regulator.open("/desk/sign-in")
    regulator.open(f"/desk/files/{stage.file}")
    regulator.send("/take-up")
    question = "Who answers a customer's complaint at night?"
    regulator.send("/questions", text=question)
    regulator.shot("2-question")
    startup = stage[STARTUP]
    startup.open(f"/desk/files/{stage.file}")
    assert question in startup.text()
    form = startup.page.locator('main form[action*="/questions/"]').first
    form.locator("textarea").fill("The sponsor's call centre, around the clock.")
    form.locator('button[type="submit"]').click()
    startup.page.wait_for_load_state()
    startup.confirm()
    regulator.open(f"/desk/files/{stage.file}")
    assert "around the clock" in regulator.text()
    stage.say(f"{REGULATOR} asked a question and {STARTUP} answered it")


def _proposed(stage: Stage) -> str:
    action = stage[REGULATOR].page.locator('form[action*="/decisions/"]').first
    return re.search(r"/decisions/([^/]+)/", action.get_attribute("action"))[1]


def _author_cannot_countersign(stage: Stage, decision: str) -> None:
    regulator = stage[REGULATOR]
    assert regulator.form("/countersign").count() == 0
    status, text = regulator.page.evaluate(
        """async ([path]) => {
            const form = document.querySelector('main form');
            const body = new URLSearchParams({
                _csrf: form.querySelector('[name=_csrf]').value,
                _key: crypto.randomUUID(),
            });
            const answer = await fetch(path, {method: 'POST', body});
            return [answer.status, await answer.text()];
        }""",
        [f"/desk/files/{stage.file}/decisions/{decision}/countersign"],
    )
    assert status == 403, status
    assert "approval.author_cannot_countersign" in text
    stage.say(f"{REGULATOR}, the author, cannot countersign, by hand neither")


def _part(stage: Stage, name: str) -> psutil.Process:
    """A process of the running system."""
    for process in stage.system.processes():
        with contextlib.suppress(psutil.Error):
            line = process.cmdline()
            if "sandbox.run.serve" in line and line[-1] == name and "bwrap" not in line[0]:
                return process
    raise AssertionError(f"{name} does not run")
