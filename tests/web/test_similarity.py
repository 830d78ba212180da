"""Similar works on pages: comparing, two works side by side, setting a pair aside."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from sandbox.domain.classroom import Duty
from sandbox.services.course_staff import Appoint, appoint
from sandbox.services.identity import actor_of
from tests.web.course_world import COURSE, PAGE, hand_in
from tests.web.test_course_time import said, seat

PLACE = f"{PAGE}/lab/similarity"
LONG = "\n".join(
    f"def step_{n}(ledger, amount):\n"
    f"    if amount > {n} and ledger.total:\n"
    f"        ledger.rows.append((amount * {n + 2}, ledger.last))\n"
    f"    return [row for row in ledger.rows if row[{n}] != amount]"
    for n in range(2)
)
OTHER = """
import heapq
queue = []
while len(queue) < 40:
    heapq.heappush(queue, (len(queue) % 7, str(len(queue))))
names = {label: rank for rank, label in queue}
try:
    print(max(names.values()), sorted(names)[:3], names["12"] ** 2)
except KeyError as missing:
    raise RuntimeError("no such name") from missing
"""


def renamed(text: str) -> str:
    """The same with other names and numbers, and a comment."""
    for old, new in (("step", "go"), ("ledger", "book"), ("amount", "sum_"), ("row", "line")):
        text = text.replace(old, new)
    return "# all my own work\n" + text.replace("2", "17")


@pytest.fixture
def course(desk):
    seat(desk)
    return desk


@pytest.fixture
def alike(course):
    """Lira and Marat handed in nearly the same."""
    hand_in(course, "lira", LONG)
    hand_in(course, "marat", renamed(LONG))
    return course


def compared(desk, who="kanat"):
    return desk.browser(who).post(PLACE)


def pairs(desk):
    """The addresses of the pairs that are listed."""
    page = desk.browser("kanat").get(PLACE).text
    return re.findall(rf'href="({PLACE}/\w+/\w+)"', page.partition('id="aside"')[0])


def test_a_renamed_copy_is_listed_with_both_names(alike):
    before = said(alike.browser("kanat").get(PLACE))
    assert "Nothing was compared yet." in before
    assert compared(alike).status_code == 303
    page = said(alike.browser("kanat").get(PLACE))
    assert "Lira" in page
    assert "Marat" in page
    assert "100 %" in page
    assert len(pairs(alike)) == 1


def test_different_works_are_not_listed(course):
    hand_in(course, "lira", LONG)
    hand_in(course, "marat", OTHER)
    compared(course)
    assert pairs(course) == []
    assert "No two works are alike" in said(course.browser("kanat").get(PLACE))


def test_a_later_hand_in_is_told_on_the_list(alike):
    compared(alike)
    assert "Compare again" not in said(alike.browser("kanat").get(PLACE))
    alike.clock.forward(timedelta(minutes=1))
    hand_in(alike, "lira", OTHER)
    assert "Compare again" in said(alike.browser("kanat").get(PLACE))
    compared(alike)
    assert pairs(alike) == []


def test_two_works_stand_side_by_side_with_numbered_matches(alike):
    compared(alike)
    page = alike.browser("kanat").get(pairs(alike)[0]).text
    assert "all my own work" in page
    assert page.count('class="match-number">1<') == 2


def test_code_of_students_is_shown_as_text(alike):
    hand_in(alike, "lira", LONG + "\nshow('<script>alert(1)</script>')")
    compared(alike)
    page = alike.browser("kanat").get(pairs(alike)[0]).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_pair_that_is_set_aside_does_not_come_back(alike):
    compared(alike)
    (place,) = pairs(alike)
    teacher = alike.browser("kanat")
    empty = teacher.post(f"{place}/aside", {"note": " "})
    assert (empty.status_code, "similarity.no_note" in empty.text) == (400, True)
    assert teacher.post(f"{place}/aside", {"note": "They may work together."}).status_code == 303
    assert pairs(alike) == []
    compared(alike)
    assert pairs(alike) == []
    assert "They may work together." in said(teacher.get(PLACE))
    assert teacher.post(f"{place}/back").status_code == 303
    assert len(pairs(alike)) == 1


def test_a_pair_that_is_in_no_comparison_is_not_found(alike):
    compared(alike)
    assert alike.browser("kanat").get(f"{PLACE}/none/none").status_code == 404
    assert alike.browser("kanat").post(f"{PLACE}/none/none/aside", {"note": "x"}).status_code == 404


@pytest.mark.parametrize("who", ["lira", "aigul"])
def test_students_and_strangers_find_no_such_page(alike, who):
    compared(alike)
    (place,) = pairs(alike)
    for address in (PLACE, place):
        assert alike.browser(who).get(address).status_code in (403, 404)
    for address in (PLACE, f"{place}/aside", f"{place}/back"):
        assert alike.browser(who).post(address, {"note": "x"}).status_code in (403, 404)
    assert len(pairs(alike)) == 1


@pytest.mark.parametrize(
    ("duty", "status"),
    [(Duty.ASSISTANT, 403), (Duty.SECOND_MARKER, 403), (Duty.SUBSTITUTE, 200)],
)
def test_of_those_who_help_only_a_substitute_sees_it(alike, duty, status):
    at = alike.clock.now()
    with alike.parts.store.unit() as u:
        helper(u, at)
        command = Appoint(COURSE, "olga", duty.value, at, at + timedelta(days=7))
        appoint(u, actor_of(u, "kanat"), command, at=at)
        u.commit()
    compared(alike)
    assert alike.browser("olga").get(PLACE).status_code == status
    assert alike.browser("olga").get(pairs(alike)[0]).status_code == status
    tab = "/lab/similarity" in alike.browser("olga").get(f"{PAGE}/lab").text
    assert tab is (status == 200)


def helper(u, at):
    """Olga, who teaches elsewhere."""
    from sandbox.domain.records import Account
    from sandbox.domain.seats import Seat

    u.accounts.add(Account("olga", "Olga", "p-olga", None, (Seat.TEACHER,), "en", True, at))


def test_comparing_and_setting_aside_are_in_the_audit_log_without_words(alike):
    compared(alike)
    (place,) = pairs(alike)
    alike.browser("kanat").post(f"{place}/aside", {"note": "A private note."})
    alike.browser("kanat").post(f"{place}/back")
    with alike.parts.store.unit(read_only=True) as u:
        entries = u.audit.page(after=-1, limit=200)
    kinds = [each.kind for each in entries if "similarity" in each.kind]
    assert kinds == [
        "course.similarity_compared",
        "course.similarity_set_aside",
        "course.similarity_taken_back",
    ]
    assert "private note" not in str([each.body for each in entries])
