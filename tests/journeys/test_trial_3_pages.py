"""The pages by real log-in: axe finds nothing serious, 390 px is enough.

Each seat in one language, the public pages in all three; every page in every language is
``tests/web/test_in_a_browser``.
"""

from __future__ import annotations

import pytest

from tests.journeys.stage import AUDITOR, REGULATOR, SPONSOR, STARTUP

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300), pytest.mark.slow]
LANGUAGES = ("ky", "ru", "en")
SPOKEN = {STARTUP: "ky", SPONSOR: "ru", REGULATOR: "ru", AUDITOR: "en"}
SEATS = {
    STARTUP: ("/hub/home", "/desk/", "/desk/files", "FILE", "/desk/permits", "PERMIT"),
    SPONSOR: ("/desk/", "FILE", "PERMIT"),
    REGULATOR: ("/desk/", "/desk/files", "FILE", "/desk/cohort", "CONSOLE", "/desk/audit"),
    AUDITOR: ("/desk/", "/desk/audit", "FILE", "CONSOLE"),
}
PUBLIC = ("/hub/login", "/desk/", "/desk/about", "/desk/public/permits", "PUBLIC", "/desk/audit")


def _places(stage, names):
    known = {
        "FILE": stage.file and f"/desk/files/{stage.file}",
        "PERMIT": stage.permit and f"/desk/permits/{stage.permit}",
        "CONSOLE": stage.permit and f"/desk/permits/{stage.permit}/console",
        "PUBLIC": stage.permit and f"/desk/public/permits/{stage.permit}",
    }
    return [place for place in (known.get(name, name) for name in names) if place]


def _look(person, place, language):
    """What is wrong with one page."""
    person.open(place)
    shown = person.page.locator("html").get_attribute("lang")
    wrong = [] if shown == language else [f"{place}: in {shown}, not in {language}"]
    wide = person.too_wide()
    if wide > 0:
        wrong.append(f"{place}: {wide} px too wide")
    return wrong + [f"{place}: {each}" for each in person.serious_findings()]


def _look_in_each_language(person, places, name, languages=LANGUAGES):
    wrong = []
    for language in languages:
        person.open("/desk/")
        person.language(language)
        for place in places:
            wrong += _look(person, place, language)
        person.shot(f"phone-{name}-{language}")
    return wrong


@pytest.mark.parametrize("user", SEATS)
def test_a_seats_pages_on_a_phone(stage, user):
    person = stage.people.fresh(user, phone=True).sign_in()
    person.open("/desk/sign-in")
    places = _places(stage, SEATS[user])
    wrong = _look_in_each_language(person, places, user, [SPOKEN[user]])
    person.context.close()
    assert wrong == []
    assert person.errors == []


def test_the_public_pages_on_a_phone_in_each_language(stage):
    person = stage.people.fresh("nobody", phone=True)
    wrong = _look_in_each_language(person, _places(stage, PUBLIC), "public")
    person.context.close()
    assert wrong == []


def test_a_serious_finding_would_be_found(stage):
    person = stage.people.fresh("nobody", phone=True)
    person.page.set_content(
        "<!doctype html><html lang=en><title>x</title><main><img src=x>"
        "<div style='width:800px'>wide</div></main>"
    )
    assert any("image-alt" in each for each in person.serious_findings())
    assert person.too_wide() > 0
    person.context.close()
