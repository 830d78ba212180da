"""The page of requirements, as each seat meets it; and residence and identification of people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.world import LIMITS, World

pytestmark = pytest.mark.slow

WANTED = {
    "kind": "capital",
    "what": "Own funds of a million som.",
    "expected": "A bank's statement.",
}


def _set(desk: World, file: str, days: int = 30, **more: str) -> str:
    """A requirement's id."""
    due = (desk.clock.now() + timedelta(days=days)).date().isoformat()
    path = f"/desk/files/{file}/requirements"
    done = desk.browser("ermek").act(path, {**WANTED, "due": due, **more})
    assert done.status_code == 303, done.text
    return _ids(desk, file)[-1]


def _ids(desk: World, file: str) -> list[str]:
    with desk.parts.store.unit(read_only=True) as u:
        return [each.id for each in u.requirements.of_file(file)]  # type: ignore[arg-type]


def _text(desk: World, who: str, path: str, lang: str = "en") -> str:
    answer = desk.browser(who, lang).get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


@pytest.fixture
def file(desk: World) -> str:
    return desk.under_review()


def test_from_setting_to_met_through_one_rejection(desk: World, file: str) -> None:
    one = _set(desk, file)
    path = f"/desk/files/{file}/requirements"
    assert "Own funds of a million som." in _text(desk, "aigul", path)
    assert "Not shown yet" in _text(desk, "aigul", path)
    shown = {"evidence": "Statement no. 5 of 1 December."}
    assert desk.browser("aigul").act(f"{path}/{one}/file", shown).status_code == 303
    judged = {"reason": "It is older than ten days."}
    assert desk.browser("ermek").sign(path, f"{path}/{one}/reject", judged).status_code == 303
    assert "It is older than ten days." in _text(desk, "aigul", path)
    again = {"evidence": "Statement no. 6."}
    assert desk.browser("damira").act(f"{path}/{one}/file", again).status_code == 303
    until = (desk.clock.now() + timedelta(days=60)).date().isoformat()
    good = {"good_until": until}
    assert desk.browser("ermek").sign(path, f"{path}/{one}/confirm", good).status_code == 303
    seen = _text(desk, "aigul", path)
    assert ("Statement no. 6." in seen, "It is older than ten days." in seen) == (True, False)
    assert "Met" in seen
    timeline = _text(desk, "ermek", f"/desk/files/{file}")
    for line in ("Requirement set", "Evidence filed for a requirement", "Requirement met"):
        assert line in timeline
    desk.clock.forward(timedelta(days=61))
    assert "Expired" in _text(desk, "aigul", path)


def test_what_is_overdue_is_red_on_the_file_and_the_first_page(desk: World, file: str) -> None:
    _set(desk, file, days=3)
    for who in ("aigul", "damira"):
        assert "Due soon" in _text(desk, who, "/desk/")
    assert "Due soon" not in _text(desk, "ermek", "/desk/")
    assert "sheet-danger" not in _text(desk, "aigul", f"/desk/files/{file}")
    desk.clock.forward(timedelta(days=4))
    for who in ("aigul", "ermek", "damira"):
        for path in ("/desk/", f"/desk/files/{file}", f"/desk/files/{file}/requirements"):
            text = _text(desk, who, path)
            assert ("Overdue" in text, "sheet-danger" in text) == (True, True), (who, path)


def test_a_report_that_is_confirmed_is_followed_by_the_next(desk: World, file: str) -> None:
    one = _set(desk, file, kind="report", every="1")
    page = f"/desk/files/{file}/requirements"
    desk.browser("aigul").act(f"{page}/{one}/file", {"evidence": "November's report."})
    assert desk.browser("ermek").sign(page, f"{page}/{one}/confirm").status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        first, second = u.requirements.of_file(file)  # type: ignore[arg-type]
    assert (first.state.value, second.state.value) == ("met", "requirement_open")
    assert 28 <= (second.due - first.due).days <= 31
    assert (first.every_months, second.every_months) == (None, 1)


def test_nobody_acts_out_of_turn_and_strangers_learn_nothing(desk: World, file: str) -> None:
    one = _set(desk, file)
    path = f"/desk/files/{file}/requirements"
    for who in ("aigul", "damira", "jyldyz"):
        for act in ("confirm", "reject", "lift"):
            done = desk.browser(who).act(f"{path}/{one}/{act}", {"reason": "Because."})
            assert done.status_code == 403, (who, act)
        assert desk.browser(who).act(path, {**WANTED, "due": "2099-01-01"}).status_code == 403
    assert desk.browser("ermek").act(f"{path}/{one}/confirm", {}).status_code == 409
    assert desk.browser("ermek").act(f"{path}/{one}/file", {"evidence": "x"}).status_code == 403
    assert desk.browser("ermek").act(f"{path}/nothing/lift", {"reason": "x"}).status_code == 404
    other = desk.under_review()
    wrong = f"/desk/files/{other}/requirements/{one}/lift"
    assert desk.browser("ermek").act(wrong, {"reason": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"due": "2020-01-01"}, "lies in the past"),
        ({"due": "soon"}, "is no day"),
        ({"due": ""}, "is no day"),
        ({"kind": "luck"}, "is no kind of requirement"),
        ({"every": "25"}, "comes back after 1 to 24 months"),
        ({"every": "-1"}, "comes back after 1 to 24 months"),
        ({"what": " "}, "empty"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    desk: World, file: str, change: dict[str, str], said: str
) -> None:
    form = {**WANTED, "due": "2099-01-01", **change}
    done = desk.browser("ermek").act(f"/desk/files/{file}/requirements", form)
    assert done.status_code == 400, done.text
    assert said in done.text
    assert "A bank&#39;s statement." in done.text
    assert _ids(desk, file) == []


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_the_page_reads_in_each_language(desk: World, file: str, lang: str) -> None:
    _set(desk, file)
    words = {"ky": "Талаптар", "ru": "Требования", "en": "Requirements"}
    for who in ("aigul", "ermek"):
        assert words[lang] in _text(desk, who, f"/desk/files/{file}/requirements", lang)


def test_further_limits_are_asked_for_granted_and_shown(desk: World) -> None:
    form = {"KGST.customer_total": "9,000", "KGST.waterfall": "yes", "residences": "KG kz"}
    file = desk.under_review()
    grant = {**LIMITS, **form, "reasons": "In order."}
    done = desk.browser("ermek").act(f"/desk/files/{file}/grant", grant)
    assert done.status_code == 303, done.text
    text = _text(desk, "feruza", f"/desk/files/{file}")
    for words in ("9,000.00", "KG, KZ", "What exceeds a holding cap goes to the settlement wallet"):
        assert words in text, words


def test_the_team_says_where_people_live(desk: World) -> None:
    number = desk.granted()
    bakyt, path = desk.browser("bakyt"), f"/desk/permits/{number}/customers"
    invited = {"count": "1", "kind": "customer", "residence": "kz", "level": "simplified"}
    assert bakyt.post(path, invited).status_code == 200
    with desk.parts.store.unit(read_only=True) as u:
        (known,) = u.known_people.of_permit(number).values()  # type: ignore[arg-type]
    assert (known.residence, known.level.value) == ("KZ", "simplified")
    full = {"customer": "all", "residence": "KG", "level": "full"}
    assert bakyt.post(f"{path}/describe", full).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        (known,) = u.known_people.of_permit(number).values()  # type: ignore[arg-type]
    assert (known.residence, known.level.value) == ("KG", "full")
    wrong = bakyt.post(f"{path}/describe", {**full, "residence": "1"})
    assert (wrong.status_code, "no country codes" in wrong.text) == (400, True)
    assert desk.browser("ermek").post(f"{path}/describe", full).status_code in (403, 404)
