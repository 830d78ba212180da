"""The register, a proof and the public page by hand in a real Chromium, on a phone, in the dark."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.domain.attestation import PermitAttestation, Standing
from sandbox.domain.mail import MailKind, Message
from sandbox.domain.witnesses import WitnessKind
from sandbox.services.witnessing import give
from tests.web.test_in_a_browser import chromium, context, look, site  # noqa: F401 - fixtures
from tests.web.test_witness_pages import PNG, Chain

PAGES = (
    "/desk/audit",
    "/desk/audit/witnesses",
    "/desk/audit/proof/1",
)


def _given(desk):
    """A mail that waits, one that was given up, and an anchor."""
    at = desk.clock.now()
    with desk.parts.store.unit() as u:
        for _ in range(2):
            name = uuid.uuid4().hex
            give(u, WitnessKind.MAILBOX, key=desk.parts.head_key, at=at, place=name)
            mail = Message(name, MailKind.HEAD, None, "reestr@archive.gov.kg", "Head", "x", at, at)
            u.mails.add(mail)
        u.mails.save(replace(mail, given_up_at=at, last_error="SMTPServerDisconnected"))
        place = "0x" + "ab" * 32
        give(u, WitnessKind.CHAIN, key=desk.parts.head_key, at=at, place=place, block=842)
        u.commit()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lang", "width", "scheme"),
    [("ky", 390, "dark"), ("ru", 1280, "light"), ("en", 360, "light")],
)
def test_a_clerk_keeps_the_register_and_anybody_looks_at_the_public_page(
    site,  # noqa: F811
    chromium,  # noqa: F811
    tmp_path: Path,
    lang: str,
    width: int,
    scheme: str,
) -> None:
    desk, url = site
    number = desk.granted()
    _given(desk)
    shown = desk.browser(None).get(f"/desk/api/v1/public/permits/{number}").json()
    chain = Chain(desk, shown)
    with desk.parts.store.unit() as u:
        if u.attestations.find(number) is None:
            document = "0x" + chain.document.hex()
            told = (number, 1, 1, Standing.VALID, document, "0x" + "ab" * 32, 842, None)
            u.attestations.add(PermitAttestation(*told, desk.clock.now()))
        u.commit()
    options = {"lang": lang, "width": width, "color_scheme": scheme, "bypass_csp": True}
    clerk = context(site, chromium, "ermek", accept_downloads=True, **options)
    page = clerk.new_page()
    page.goto(f"{url}/desk/audit/witnesses")
    page.click("#register form button")
    place = page.url
    with page.expect_download() as taken:
        page.click("#print form button")
    assert Path(taken.value.path()).read_bytes()[:5] == b"%PDF-"
    (tmp_path / "scan.png").write_bytes(PNG)
    page.goto(place)
    page.set_input_files("#scan", tmp_path / "scan.png")
    page.click("#scans form button")
    assert page.get_by_role("link", name="scan.png").count() == 1
    found = []
    for path in (*(f"{url}{each}" for each in PAGES), place):
        found += look(page, path)
    clerk.close()
    anybody = context(site, chromium, None, **options)
    page = anybody.new_page()
    found += look(page, f"{url}/desk/public/permits/{number}")
    anybody.close()
    assert found == []
