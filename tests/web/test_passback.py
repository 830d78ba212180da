"""Marks that go back to a learning platform which really runs on loopback and checks us."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from sandbox.domain.classroom import CourseRole, Duty, Member
from sandbox.domain.passback import MarkState, Outcome
from sandbox.domain.records import Account
from sandbox.domain.seats import Seat
from sandbox.services import passback
from sandbox.store.classroom import Members
from sandbox.store.passback_tables import Launches, OutsideMarks
from tests.support.grade_book import ENDPOINT, LINE_ITEM, SCORE, GradePlatform
from tests.web.course_world import COURSE, LAB, grade, hand_in, release
from tests.web.passback_world import (
    CLASS,
    FULL,
    HALF,
    PAGE,
    SUBJECT,
    came,
    given,
    go,
    graded,
    later,
    mark,
    none,
    released,
    row,
    sent,
)
from tests.web.test_lti import come, configured
from tests.web.test_outside import (
    STUDENT,
    by_code,
    code_of,
    kanat,  # noqa: F401 - the teacher, whose class list is confirmed
)
from tests.web.world import URL, Browser, World

pytestmark = pytest.mark.usefixtures("kanat")


def bound(desk: World) -> str:
    """The only outside account of the student, by its id."""
    with desk.parts.store.unit(read_only=True) as u:
        (found,) = u.outside.of_accounts([STUDENT])
    return found.id


def launches(desk: World) -> tuple[tuple[str, str, str], ...]:
    with desk.parts.store.unit(read_only=True) as u:
        found = Launches(u.session).select()
    return tuple((each.assignment, each.line_item, each.line_items) for each in found)


def test_a_released_mark_goes_into_the_column_of_the_link(
    desk: World, moodle: GradePlatform
) -> None:
    release(desk)
    came(desk, moodle)
    graded(desk, HALF)
    go(desk)
    assert (moodle.scores, none(desk)) == ([], True), "graded is not released"
    assert "Waits for the feedback" in row(desk)
    released(desk)
    assert mark(desk) == ("mark_waiting", None)
    go(desk)
    ((item, score),) = moodle.scores
    moment = score.pop("timestamp")
    assert (item, score) == (
        "lab",
        {
            "userId": SUBJECT,
            "scoreGiven": 2.0,
            "scoreMaximum": 4.0,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        },
    )
    assert datetime.fromisoformat(moment) == desk.clock.now()
    assert mark(desk) == ("mark_sent", "sent")
    assert "Moodle 2 / 4 Sent" in row(desk)
    assert "Moodle · Sent" in desk.browser(STUDENT).get(f"/desk/courses/{COURSE}").text
    assert "Moodle" not in desk.browser("lira").get(f"/desk/courses/{COURSE}").text
    go(desk)
    assert len(moodle.scores) == 1, "once"


def test_a_mark_that_changed_goes_again_once_it_is_released_again(
    desk: World, moodle: GradePlatform
) -> None:
    sent(desk, moodle, HALF)
    grade(desk, {STUDENT: FULL}, "regrade")
    later(desk)
    assert given(moodle) == [("lab", 2.0, 4.0)], "students see the first"
    released(desk)
    later(desk)
    released(desk)
    later(desk)
    assert given(moodle) == [("lab", 2.0, 4.0), ("lab", 4.0, 4.0)], "and not the same twice"


def test_who_did_not_come_by_a_platform_is_not_told_of(desk: World, moodle: GradePlatform) -> None:
    release(desk)
    came(desk, moodle)
    graded(desk, FULL, "lira")
    released(desk)
    go(desk)
    assert (moodle.scores, none(desk)) == ([], True)
    assert "Came by no platform" in row(desk, name="Lira")


def test_who_comes_after_the_feedback_gets_the_mark_there_as_well(
    desk: World, moodle: GradePlatform
) -> None:
    release(desk)
    graded(desk)
    released(desk)
    assert none(desk)
    came(desk, moodle)
    go(desk)
    came(desk, moodle)
    go(desk)
    assert given(moodle) == [("lab", 4.0, 4.0)]


def test_who_links_by_a_slip_gets_the_mark_there_from_then_on(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    release(desk)
    graded(desk)
    released(desk)
    moodle.claims.pop("https://purl.imsglobal.org/spec/lti/claim/lis")
    stranger = desk.browser(None)
    assert come(stranger, moodle).headers["location"] == "/desk/outside"
    assert none(desk), "nobody here yet"
    assert by_code(stranger, code_of(kanat)).status_code == 303
    go(desk)
    assert given(moodle) == [("lab", 4.0, 4.0)]


def test_a_stranger_is_forgotten_after_a_day(desk: World, moodle: GradePlatform) -> None:
    moodle.claims.pop("https://purl.imsglobal.org/spec/lti/claim/lis")
    come(desk.browser(None), moodle)
    go(desk)
    assert len(launches(desk)) == 1
    later(desk, timedelta(days=1, seconds=1))
    assert launches(desk) == ()
    moodle.claims |= {
        "https://purl.imsglobal.org/spec/lti/claim/lis": {"person_sourcedid": "2026-001"}
    }
    came(desk, moodle)
    later(desk, timedelta(days=2))
    assert len(launches(desk)) == 1, "known here"


def test_a_link_to_the_course_has_a_column_made_for_each_assignment_once(
    desk: World, moodle: GradePlatform
) -> None:
    moodle.target = f"{URL}/desk/courses/{COURSE}"
    moodle.link("of-the-course")
    sent(desk, moodle, HALF)
    assert given(moodle) == [("made-1", 2.0, 4.0)], "never into the link's own"
    made = moodle.items["made-1"]
    assert made == {
        "label": "First payments",
        "scoreMaximum": 4.0,
        "resourceId": f"{COURSE}/{LAB}",
        "tag": "mark",
    }
    grade(desk, {STUDENT: FULL}, "regrade")
    released(desk)
    later(desk)
    assert given(moodle)[1:] == [("made-1", 4.0, 4.0)], "another worker finds it"
    del moodle.items["made-1"]
    hand_in(desk, STUDENT, "2")
    grade(desk, {STUDENT: HALF})
    released(desk)
    later(desk)
    assert given(moodle)[2:] == [("made-1", 2.0, 4.0)], "made again"


def test_without_leave_to_make_columns_a_link_to_the_course_sends_nothing(
    desk: World, moodle: GradePlatform
) -> None:
    moodle.target = f"{URL}/desk/courses/{COURSE}"
    moodle.link("of-the-course", scopes=(SCORE,))
    sent(desk, moodle)
    assert (moodle.scores, launches(desk)) == ([], ())


def test_a_platform_that_is_not_told_to_take_marks_gets_none(
    desk: World, moodle: GradePlatform
) -> None:
    configured(desk, moodle, university="uni")
    sent_to = moodle.claims[ENDPOINT]
    release(desk)
    came(desk, moodle)
    assert launches(desk) == ()
    configured(desk, moodle, university="uni", token=f"{moodle.url}/token")
    for scopes in ([], [LINE_ITEM], "x", None):
        moodle.claims[ENDPOINT] = {**sent_to, "scope": scopes}
        came(desk, moodle)
    moodle.claims[ENDPOINT] = "x"
    came(desk, moodle)
    assert launches(desk) == ()


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example/items/1/lineitem",
        "http://169.254.169.254/latest",
        "{url}.example/items/1",
        "{url}@elsewhere.example/items/1",
        "{url}\\@elsewhere.example/items/1",
        "{url}/items/1#x",
        "{url}/items/\n1",
        "//elsewhere.example/1",
        "http://[",
        "",
        7,
    ],
)
def test_an_address_that_is_not_the_platforms_own_is_not_kept(
    desk: World, moodle: GradePlatform, address: object
) -> None:
    wrong = address.format(url=moodle.url) if isinstance(address, str) else address
    said = moodle.claims[ENDPOINT]
    moodle.claims[ENDPOINT] = {**said, "lineitem": wrong, "lineitems": wrong}
    came(desk, moodle)
    assert launches(desk) == ()


def test_a_column_that_is_made_elsewhere_is_not_written_to(
    desk: World, moodle: GradePlatform
) -> None:
    moodle.target = f"{URL}/desk/courses/{COURSE}"
    moodle.link()
    moodle.elsewhere = "http://127.0.0.1:1"
    sent(desk, moodle)
    assert mark(desk) == ("mark_failed", "no_line_item")


def test_work_that_waits_for_a_person_is_not_sent(desk: World, moodle: GradePlatform) -> None:
    sent(desk, moodle, {"q1": 2.0, "q2": None})
    assert none(desk)
    assert "Waits for a teacher's mark" in row(desk)
    grade(desk, {STUDENT: FULL}, "regrade")
    released(desk)
    go(desk)
    assert given(moodle) == [("lab", 4.0, 4.0)]


def test_switched_off_nothing_goes_and_switched_on_what_was_held_does(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    release(desk)
    came(desk, moodle)
    assert kanat.post(PAGE, {"on": "no"}).status_code == 303
    graded(desk)
    released(desk)
    go(desk)
    assert (moodle.scores, mark(desk)) == ([], ("mark_held", None))
    assert "Switched off" in kanat.get(PAGE).text
    again = kanat.post(f"{PAGE}/again")
    assert (again.status_code, "passback.off" in again.text) == (409, True)
    assert kanat.post(PAGE, {"on": "yes"}).status_code == 303
    go(desk)
    assert given(moodle) == [("lab", 4.0, 4.0)]
    assert kanat.post(PAGE, {"on": "yes"}).status_code == 303, "the same again"
    with desk.parts.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.audit.scan()]
    assert kinds.count("course.passback_set") == 2


def test_switched_off_while_it_waits_it_does_not_go(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    release(desk)
    came(desk, moodle)
    graded(desk)
    released(desk)
    kanat.post(PAGE, {"on": "no"})
    go(desk)
    assert (moodle.scores, mark(desk)) == ([], ("mark_held", None))


def test_who_may_see_and_who_may_act(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    sent(desk, moodle)
    with desk.parts.store.unit() as u:
        at = desk.clock.now()
        u.accounts.add(Account("olga", "Olga", "p-olga", None, (Seat.TEACHER,), "en", True, at))
        member = Member(
            COURSE, "olga", CourseRole.TEACHER, at, at + timedelta(days=9), duty=Duty.ASSISTANT
        )
        Members(u.session).add(member)
        u.commit()
    olga = desk.browser("olga")
    assert "Send again" not in olga.get(PAGE).text
    assert "2026-001" not in olga.get(PAGE).text
    assert olga.post(PAGE, {"on": "no"}).status_code == 403
    assert olga.post(f"{PAGE}/again").status_code == 403
    student = desk.browser(STUDENT)
    assert student.get(PAGE).status_code == 404
    assert student.get(f"{PAGE}?form=csv").status_code == 404
    assert student.post(PAGE, {"on": "no"}).status_code == 404
    assert desk.browser("aigul").get(PAGE).status_code == 404
    nothing = kanat.post(f"{PAGE}/again")
    assert (nothing.status_code, "passback.nothing" in nothing.text) == (404, True)
    assert kanat.post(f"{PAGE}/again", {"student": "lira"}).status_code == 404


def test_a_link_that_is_taken_back_ends_it(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    release(desk)
    came(desk, moodle)
    graded(desk)
    released(desk)
    kanat.post(f"/desk/courses/{COURSE}/outside/{bound(desk)}/remove")
    go(desk)
    assert (moodle.scores, launches(desk), none(desk)) == ([], (), True)


def test_a_link_that_is_taken_back_ends_it_at_every_platform_of_the_issuer(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    sent(desk, moodle)
    with desk.parts.store.unit() as u:
        (one,) = Launches(u.session).select()
        for name, issuer in (("second", one.issuer), ("stranger", "https://elsewhere.example")):
            Launches(u.session).keep(replace(one, platform=name, issuer=issuer))
        passback.queue(u, COURSE, at=desk.clock.now())
        u.commit()
    with desk.parts.store.unit(read_only=True) as u:
        assert {each.platform for each in OutsideMarks(u.session).of(COURSE)} == {
            "moodle",
            "second",
        }
    kanat.post(f"/desk/courses/{COURSE}/outside/{bound(desk)}/remove")
    assert none(desk)
    with desk.parts.store.unit(read_only=True) as u:
        assert [each.platform for each in Launches(u.session).select()] == ["stranger"]


def test_a_mark_without_points_is_not_sent_again_and_others_are(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    sent(desk, moodle)
    with desk.parts.store.unit() as u:
        marks = OutsideMarks(u.session)
        (one,) = marks.of(COURSE)
        failed = replace(one, score=0.0, points=0.0, state=MarkState.FAILED, sent_at=None)
        marks.save(replace(failed, outcome=Outcome.NO_POINTS))
        u.commit()
    page = kanat.get(PAGE).text
    assert ("There are no points to get." in page, "Send again what failed" in page) == (
        True,
        False,
    )
    assert kanat.post(f"{PAGE}/again").status_code == 404
    refused = kanat.post(f"{PAGE}/again", {"student": STUDENT})
    assert (refused.status_code, "passback.no_points" in refused.text) == (409, True)
    assert mark(desk) == ("mark_failed", "no_points")
    assert len(given(moodle)) == 1
    with desk.parts.store.unit() as u:
        (one,) = OutsideMarks(u.session).of(COURSE)
        OutsideMarks(u.session).save(replace(one, points=4.0, outcome=Outcome.REJECTED))
        u.commit()
    assert "Send again what failed" in kanat.get(PAGE).text
    assert kanat.post(f"{PAGE}/again").status_code == 303
    go(desk)
    assert len(given(moodle)) == 2


def test_without_a_platform_there_is_no_page_until_one_was_told_a_mark(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    release(desk)
    configured(desk, moodle, university="uni")
    assert kanat.get(PAGE).status_code == 404
    assert kanat.get(f"{PAGE}?form=csv").status_code == 404
    assert "Marks to platforms" not in kanat.get(CLASS).text
    configured(desk, moodle, university="uni", token=f"{moodle.url}/token")
    assert kanat.get(PAGE).status_code == 200
    assert "Marks to platforms" in kanat.get(CLASS).text
    came(desk, moodle)
    graded(desk)
    released(desk)
    configured(desk, moodle, university="uni")
    assert kanat.get(PAGE).status_code == 200


def test_with_an_account_goes_what_platforms_were_told(desk: World, moodle: GradePlatform) -> None:
    sent(desk, moodle)
    with desk.parts.store.unit() as u:
        u.erasures.take_account(STUDENT)
        u.commit()
    assert (launches(desk), none(desk)) == ((), True)


def test_the_table_is_a_file_too(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    moodle.fault = lambda _method, path: 422 if path.endswith("/scores") else None
    sent(desk, moodle)
    text = kanat.get(f"{PAGE}?form=csv").text.removeprefix("\ufeff")
    rows = {each["account"]: each for each in csv.DictReader(io.StringIO(text))}
    own = rows[STUDENT]
    assert (own["platform"], own["state"], own["mark"], own["points"]) == (
        *("Moodle", "Not sent", "4", "4"),
    )
    assert own["reason"].startswith("The platform refuses the mark")
    assert rows["lira"]["platform"] == ""
    assert kanat.get(f"{PAGE}?form=xlsx").status_code == 200
    assert "Found: 1" in kanat.get(f"{PAGE}?state=mark_failed").text
    assert kanat.get(f"{PAGE}?state=x&start=-1").status_code == 200


def test_a_platforms_link_leads_each_to_the_own_page(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
) -> None:
    release(desk)
    place = come(desk.browser(None), moodle).headers["location"]
    assert place.endswith("digital-money%2Flab%2Fopen")
    assert kanat.get(f"{CLASS}/open").headers["location"] == CLASS
    own = desk.browser(STUDENT).get(f"{CLASS}/open")
    assert own.headers["location"] == f"/desk/courses/{COURSE}#lab"
    assert desk.browser("aigul").get(f"{CLASS}/open").status_code == 404


def test_an_administrator_reads_how_to_set_the_tool_up(desk: World, moodle: GradePlatform) -> None:
    stranger = desk.browser(None)
    told = stranger.get("/desk/lti/moodle/tool.json").json()
    assert told["oidc_initiation_url"] == f"{URL}/desk/lti/moodle/login"
    assert told["redirect_uris"] == [f"{URL}/desk/lti/moodle/launch"]
    assert told["public_jwk_url"] == f"{URL}/desk/lti/keys.json"
    assert told["scopes"] == [LINE_ITEM, SCORE]
    assert stranger.get("/desk/lti/canvas/tool.json").status_code == 404
    configured(desk, moodle, university="uni")
    assert stranger.get("/desk/lti/moodle/tool.json").json()["scopes"] == []


def test_locks_are_taken_in_one_order_by_whoever_queues(
    desk: World,
    moodle: GradePlatform,
    kanat: Browser,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken: list[str] = []
    for place in ("services.passback", "store.audit"):
        monkeypatch.setattr(
            f"sandbox.{place}.lock_name", lambda _, name: taken.append(name.split(":")[0])
        )
    release(desk)
    moodle.claims.pop("https://purl.imsglobal.org/spec/lti/claim/lis")
    stranger, code = desk.browser(None), code_of(kanat)
    come(stranger, moodle)
    graded(desk)
    ways = {
        "released": lambda: released(desk),
        "linked": lambda: by_code(stranger, code),
        "switched": lambda: kanat.post(PAGE, {"on": "no"}),
        "taken back": lambda: kanat.post(f"/desk/courses/{COURSE}/outside/{bound(desk)}/remove"),
    }
    for way, go_it in ways.items():
        taken.clear()
        go_it()
        assert taken[0] == "passback", way
        assert "audit" in taken, way
