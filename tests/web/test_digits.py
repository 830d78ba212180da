"""Numbers that people type: what Python calls a digit is not always a number."""

from __future__ import annotations

import pytest

from tests.web.world import World

ODD = ["²", "1²", "٣", "9" * 5000, "-1", "1.0", ""]


@pytest.mark.parametrize("typed", ODD)
def test_odd_numbers_are_refused_in_words(desk: World, typed: str) -> None:
    number = desk.granted()
    bakyt = desk.browser("bakyt")
    for what, fields, code in (
        ("keys", {"name": "Laptop", "days": typed}, "A key is valid for"),
        ("customers", {"count": typed, "kind": "customer"}, "people at a time"),
    ):
        answer = bakyt.post(f"/desk/permits/{number}/{what}", fields)
        assert answer.status_code == 400, what
        assert code in answer.text


def test_plain_numbers_are_taken(desk: World) -> None:
    number = desk.granted()
    bakyt = desk.browser("bakyt")
    made = bakyt.post(f"/desk/permits/{number}/keys", {"name": "Laptop", "days": " 030 "})
    assert made.status_code == 200
    assert "spk_" in made.text


@pytest.mark.parametrize("typed", ["²", "9" * 5000])
def test_an_odd_term_of_an_application_is_shown_as_typed(desk: World, typed: str) -> None:
    file_id = desk.draft()
    aigul = desk.browser("aigul")
    for section in ("limits", "check"):
        page = aigul.get(f"/desk/files/{file_id}/form?section={section}").text
        revision = page.split("revision", 1)[1].split('value="', 1)[1].split('"', 1)[0]
        fields = {"term_days": typed, "revision": revision}
        aigul.post(f"/desk/files/{file_id}/form?section=limits", fields)
        assert aigul.get(f"/desk/files/{file_id}").status_code == 200
    odd = aigul.post(f"/desk/files/{file_id}/form?section=limits", {"revision": "²"})
    assert odd.status_code < 500


@pytest.mark.parametrize("typed", [*ODD, "123456789x"])
def test_an_odd_revision_of_a_report_of_suspicion_is_an_old_one(desk: World, typed: str) -> None:
    number, cholpon = desk.granted(), desk.browser("cholpon")
    begun = cholpon.post("/desk/suspicion", {"permit": number}).headers["location"]
    report = begun.partition("?")[0]
    odd = cholpon.post(report, {"revision": typed, "do": "save"})
    assert odd.status_code == 409
    assert cholpon.post(report, {"revision": "1", "do": "save"}).status_code == 303
