"""Somebody from a class list, at a really running hub: slip, own password, the course's server."""

import re

import pytest

from tests.hub.test_leaving import fields
from tests.support.system import cookie

pytestmark = pytest.mark.slow
COURSE = "/desk/courses/digital-money"
LIST = "№ зачётки;Фамилия;Имя;Группа\r\n2026-001;Өмүрбеков;Ыдырыс;ПИ-1\r\n".encode()
PASSWORD = "алтын балык 7"


@pytest.fixture
def kanat(running_system):
    """The course's teacher, signed in at the desk through the hub."""
    client = running_system.client("kanat")
    assert client.get(f"/desk/sign-in?next={COURSE}/people").url.path == f"{COURSE}/people"
    return client


def log_in(client, name, password):
    """Sign in at the hub's own form; whether it let them in."""
    client.get("/hub/login")
    form = {"username": name, "password": password, "_xsrf": cookie(client, "_xsrf", "/hub/")}
    return client.post("/hub/login", data=form, follow_redirects=False).status_code == 302


def test_a_student_comes_by_a_list_and_starts_the_courses_server(running_system, kanat):
    headers = {"Origin": running_system.url}
    page = kanat.get(f"{COURSE}/people").text
    form = {**fields(page, f"{COURSE}/lists"), "term": "2026/27-1"}
    sent = {"file": ("list.csv", LIST)}
    preview = kanat.post(f"{COURSE}/lists", data=form, files=sent, headers=headers)
    action = f"{preview.url.path}/confirm"
    kanat.post(action, data=fields(preview.text, action), headers=headers)
    action = f"{COURSE}/slips"
    form = fields(kanat.get(f"{COURSE}/people").text, action)
    slips = kanat.post(action, data={**form, "everybody": "yes"}, headers=headers).text
    code = re.search(r"[0-9A-Z]{4}-[0-9A-Z]{3}-[0-9A-Z]{3}", slips)[0]
    name = "omurbekovy"
    with running_system.anonymous() as student:
        assert not log_in(student, name, running_system.password), "the shared one is not theirs"
        assert "/desk/first" in student.get("/hub/login").text
        form = fields(student.get("/desk/first").text, "/desk/first")
        typed = {**form, "code": code, "new": PASSWORD, "again": PASSWORD}
        assert name in student.post("/desk/first", data=typed, headers=headers).text
        assert not log_in(student, name, "another password")
        assert not log_in(student, "lira", PASSWORD), "nor is theirs somebody else's"
        assert log_in(student, name, PASSWORD)
        with running_system.anonymous() as again:
            assert not log_in(again, name, running_system.password), "nor is it later"
            assert log_in(again, name, PASSWORD), "the next day as well"
        assert "course-digital-money" in student.get("/hub/home").text
        xsrf = {"X-XSRFToken": cookie(student, "_xsrf", "/hub/")}
        own = student.get("/hub/api/user", headers=xsrf).json()
        assert own["groups"] == ["students"], "as the desk has the account's seats"
        assert own["admin"] is False
        student.get("/desk/sign-in?next=/desk/courses")
        assert "digital-money" in student.get("/desk/courses").text
        begun = student.post(
            f"/hub/api/users/{name}/servers/course-digital-money", headers=xsrf, timeout=90
        )
        assert begun.status_code in {201, 202}, begun.text
        student.delete(f"/hub/api/users/{name}/servers/course-digital-money", headers=xsrf)


def test_the_groups_of_a_demo_account_are_its_seats_and_nobody_can_change_them(running_system):
    client = running_system.client("kanat")
    assert running_system.hub_api("kanat", "GET", "/user").json()["groups"] == ["teachers"]
    joined = running_system.hub_api(
        "kanat", "POST", "/groups/operators/users", json={"users": ["kanat"]}
    )
    assert joined.status_code in {403, 404}
    assert client.get("/hub/admin").status_code in {403, 404}
