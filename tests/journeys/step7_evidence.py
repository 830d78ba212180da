"""Step 7. An auditor hands evidence over; a stranger checks it with nothing but the file."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.journeys.stage import AUDITOR, Stage

ENTERED = 90
"""Seconds within which what happened is in the audit log and the file is made."""


def hand_over(stage: Stage) -> None:
    """Ordered and taken at the desk, checked offline; a bent copy is named."""
    auditor = stage[AUDITOR]
    auditor.open("/desk/sign-in")
    page = auditor.open("/desk/evidence")
    page.select_option("#order-permit", stage.permit)
    page.fill("#order-recipient", "Court of Bishkek")
    page.fill("#order-legal_basis", "Criminal Procedure Code, article 200")
    page.locator('form[action="/desk/evidence"] button[type=submit]').click()
    take = page.locator("#exports form button").first

    def ready() -> bool:
        page.goto(f"{stage.system.url}/desk/evidence")
        return take.count() > 0

    stage.until("the evidence file is made", ready, seconds=ENTERED, every=1)
    auditor.shot("7-evidence")
    with page.expect_download() as download:
        take.click()
    file = stage.home / "evidence.zip"
    download.value.save_as(file)
    with stage.system.anonymous() as client:
        key = client.get("/desk/api/v1/audit/head").json()["public_key"]
    checked = _verify(str(file), "--key", key, "--json")
    report = json.loads(checked.stdout)
    assert (checked.returncode, report["problems"]) == (0, []), checked.stdout
    facts = report["facts"]
    assert facts["permit"] == stage.permit
    assert facts["succeeded"] > 0
    bent = stage.home / "bent.zip"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    bent.write_bytes(bytes(content))
    assert _verify(str(bent), "--key", key).returncode == 1
    stage.say(
        f"evidence of {facts['transactions']} transactions and {facts['refusals']} refusals,"
        f" {file.stat().st_size // 1024} KiB, checked without the platform"
    )
    chain = str(stage.system.state / "chain" / "kgst")
    compared = subprocess.run(
        [sys.executable, "-m", "sandbox", "journal", "verify", chain, "--audit"],
        env=stage.system.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert compared.returncode == 0, compared.stdout + compared.stderr
    stage.say(compared.stdout.strip().splitlines()[-1])


def _verify(*arguments: str) -> subprocess.CompletedProcess[str]:
    """In an empty environment, in another folder: nothing of the platform is near."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox", "evidence", "verify", *arguments],
        cwd="/",
        env={},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
