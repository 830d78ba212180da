"""A course that is given to another lead, at a really running hub: server stopped, none started."""

import time

import pytest

from tests.hub.test_leaving import fields

pytestmark = pytest.mark.slow
COURSE = "course-digital-money"
PLACE = "/desk/departments/fintech/courses/digital-money"


@pytest.fixture
def burul(running_system):
    """The department's coordinator, signed in at the desk through the hub."""
    client = running_system.client("burul")
    assert client.get(f"/desk/sign-in?next={PLACE}").url.path == PLACE
    return client


def give(running_system, burul, leads):
    form = fields(burul.get(PLACE).text, f"{PLACE}/leads")
    headers = {"Origin": running_system.url}
    answer = burul.post(f"{PLACE}/leads", data={**form, "leads": leads}, headers=headers)
    assert "said=course_reassigned" in str(answer.url), answer.text[-500:]


def servers(running_system, user):
    return running_system.hub_api(user, "GET", f"/users/{user}").json()["servers"]


def test_the_old_lead_loses_the_server_and_the_new_one_starts_one(running_system, burul):
    own = running_system.hub_api("burul", "GET", "/user").json()
    assert (own["groups"], own["admin"]) == (["coordinators"], False)
    assert running_system.ask_for_server("sultan", COURSE).status_code == 403
    running_system.start_server("kanat", COURSE)
    base = running_system.server_url("kanat", COURSE)
    assert running_system.client("kanat").get(base + "api/status").status_code == 200
    give(running_system, burul, "sultan")
    try:
        deadline = time.monotonic() + 90
        while COURSE in servers(running_system, "kanat"):
            assert time.monotonic() < deadline, "the server still runs"
            time.sleep(0.5)
        assert running_system.ask_for_server("kanat", COURSE).status_code == 403
        running_system.await_server("sultan", COURSE)
        running_system.stop_server("sultan", COURSE)
    finally:
        give(running_system, burul, "kanat")
    running_system.await_server("kanat", COURSE)
    running_system.stop_server("kanat", COURSE)
