"""The forms posted for real, from the first draft to a permit in force."""

from __future__ import annotations

import re

from tests.web.world import ANSWERS, LIMITS, World


def test_a_file_goes_from_draft_to_permit(desk: World) -> None:
    number = desk.granted()
    page = desk.browser("aigul").get(f"/desk/permits/{number}").text
    assert "5,000.00" in page and "500,000.00" in page
    assert "Simulated money" in page and "Симуляцияланган акча" in page
