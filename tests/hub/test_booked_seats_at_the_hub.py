"""A hub with two seats, both of them booked for a course: who comes in, and what others read."""

import re
import time
from datetime import datetime, timedelta

import pytest

from sandbox.locale.forms import ZONE
from tests.support.system import system

COURSE = "course-digital-money"
BOOKINGS = "/desk/courses/digital-money/bookings"
LONG = 120
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hub():
    """A system with two seats."""
    with system(SYNAK_SEATS="2", SYNAK_SERVERS_AT_ONCE="2") as one:
        one.start()
        yield one


def _await(met, seconds=LONG):
    deadline = time.monotonic() + seconds
    while not (found := met()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return found


def _look(hub, user, name="", language="en"):
    path = f"/hub/spawn-pending/{user}/{name}".rstrip("/")
    return hub.client(user).get(path, headers={"Accept-Language": language}).text


def _come(hub, user, name=""):
    hub.client(user).get(f"/hub/spawn/{user}/{name}".rstrip("/"))


def _servers(hub, user):
    return hub.hub_api(user, "GET", f"/users/{user}").json()["servers"]


def _ready(hub, user, name=""):
    return _servers(hub, user).get(name, {}).get("ready", False)


def _book(hub, begins, ends):
    """Kanat books both seats for the whole course."""
    kanat = hub.client("kanat")
    page = kanat.get(BOOKINGS)
    assert page.status_code == 200, page.text[-500:]
    form = {
        "_csrf": re.search(r'name="_csrf" value="([^"]+)"', page.text)[1],
        "class": "|",
        "day": f"{begins:%Y-%m-%d}",
        "from": f"{begins:%H:%M}",
        "to": f"{ends:%H:%M}",
        "seats": "2",
    }
    booked = kanat.post(BOOKINGS, data=form, headers={"Origin": hub.url})
    assert booked.status_code == 200, booked.text[-500:]
    return form["_csrf"], re.search(rf"{BOOKINGS}/(\w{{32}})/cancel", booked.text)[1]


def test_booked_seats_are_for_the_class_and_others_read_until_when(hub):
    now = datetime.now(ZONE)
    ends = now + timedelta(hours=2)
    csrf, booking = _book(hub, now, ends)
    _come(hub, "aigul")
    page = _await(lambda: "Seats are booked for a class" in (seen := _look(hub, "aigul")) and seen)
    assert f"{ends:%H:%M}" in page
    assert "lira" not in page.lower()
    assert "kanat" not in page.lower()
    assert "Места забронированы для группы" in _look(hub, "aigul", language="ru")
    assert "Орундар топко брондолгон" in _look(hub, "aigul", language="ky")
    hub.start_server("lira", COURSE)
    hub.start_server("kanat", COURSE)
    assert not _ready(hub, "aigul"), "who came first waits for a seat that is not booked"
    hub.stop_server("lira", COURSE)
    _await(lambda: not _servers(hub, "lira").get(COURSE))
    assert "Seats are booked for a class" in _look(hub, "aigul"), "the seat is still the class's"
    given_up = hub.client("kanat").post(
        f"{BOOKINGS}/{booking}/cancel", data={"_csrf": csrf}, headers={"Origin": hub.url}
    )
    assert given_up.status_code == 200, given_up.text[-500:]
    _await(lambda: _ready(hub, "aigul"))
