"""The pages of webhooks in a real Chromium: axe and widths, every fold open."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.web.served import served
from tests.web.test_in_a_browser import chromium, context, look  # noqa: F401 - the browser

pytestmark = pytest.mark.slow


def test_no_page_has_serious_findings_or_scrolls_sideways(
    tmp_path: Path,
    chromium: Browser,  # noqa: F811
) -> None:
    with served(tmp_path) as site:
        url = "https://hooks.a-very-long-name-of-a-start-up.example.kg:8443/" + "x" * 90
        made = site[0].browser("aigul").post("/desk/webhooks", {"url": url})
        own = re.search(r"/desk/webhooks/(wh_[0-9a-f]+)", made.text)[0]
        found = []
        for width, scheme, lang in ((360, "dark", "ky"), (1280, "light", "en")):
            people = context(
                site,
                chromium,
                "aigul",
                lang=lang,
                width=width,
                color_scheme=scheme,
                bypass_csp=True,
            )
            page = people.new_page()
            for path in ("/desk/webhooks", own, "/desk/me"):
                found += look(page, path)
            people.close()
        assert found == []
