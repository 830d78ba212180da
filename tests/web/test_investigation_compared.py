"""What a class thought, without names: when it opens, what it counts, whom it never tells."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from tests.web.exam_desk import typed
from tests.web.investigation_world import ALL, kept, opened, started
from tests.web.lesson_world import school
from tests.web.world import done

CLASS = ("lira", "asan", "nurlan")


@pytest.fixture
def course(desk):
    school(desk, *CLASS[1:])
    return desk


@pytest.fixture
def place(course):
    now = course.clock.now()
    form = {
        "lab": "P3",
        "difficulty": "easy",
        "opens": typed(now - timedelta(hours=1)),
        "due": typed(now + timedelta(hours=48)),
        "attempts": "1",
        "kind": "common",
    }
    return done(course.browser("kanat").post(ALL, form)).partition("?")[0]


def answered(desk, place, who, opinions):
    """A trainee says what they think of the first addresses of tags, and hands in."""
    cover = started(desk, place, who)
    browser = desk.browser(who)
    for address, opinion in opinions.items():
        done(browser.post(f"{cover}/addresses/{address.lower()}", {"opinion": opinion}))
    for what in ("hops", "located"):
        done(browser.post(f"{cover}/trace", {"what": what, "policy": "fifo", "tags": "yes"}))
    done(browser.post(f"{cover}/policy", {"policy": "fifo"}))
    done(browser.post(f"{cover}/hand-in"))
    return cover


def thought(desk, place, who="kanat"):
    answer = desk.browser(who).get(f"{place}/compared")
    assert answer.status_code == 200
    return html.unescape(answer.text)


def figures(page):
    """Thieves, service, innocent and no opinion, in the order of the rows."""
    rows = page.partition('id="same-title"')[2].partition("</section>")[0].split("<tr>")[2:]
    return [[int(each) for each in re.findall(r'<td class="number"[^>]*>(\d+)<', r)] for r in rows]


def test_it_opens_with_the_truth_counts_opinions_and_names_nobody(course, place):
    first = started(course, place)
    one, two = [each.address for each in kept(course, first)[0].tags[:2]]
    answered(course, place, "lira", {one: "thieves", two: "service"})
    answered(course, place, "asan", {one: "innocent", two: "service"})
    assert "nothing to compare" in thought(course, place)
    answered(course, place, "nurlan", {one: "thieves"})
    sealed = thought(course, place)
    assert "nothing to compare" in sealed
    assert figures(sealed) == []
    done(course.browser("kanat").post(f"{first}/truth"))
    page = thought(course, place)
    assert figures(page) == [[2, 0, 1, 0], [0, 2, 0, 1]]
    assert page.count("Opinions part<") == 1
    main = page.partition("<main")[2].partition("</main>")[0]
    assert not re.search("lira|asan|nurlan|асан|нурлан", main.lower())
    assert course.browser("lira").get(f"{place}/compared").status_code == 403


def test_of_two_nothing_is_shown_even_after_the_due_date(course, place):
    cover = answered(course, place, "lira", {})
    answered(course, place, "asan", {})
    started(course, place, "nurlan")
    course.clock.forward(timedelta(hours=49))
    assert cover
    assert "nothing to compare" in thought(course, place)


def test_of_cases_of_ones_own_only_the_shares_are_compared(course):
    place = opened(course)
    for who in CLASS:
        cover = answered(course, place, who, {})
        done(course.browser("kanat").post(f"{cover}/truth"))
    page = thought(course, place)
    assert "The same case" not in page
    rows = page.partition('id="shares-title"')[2].split("<tr>")[2:]
    counts = [
        [int(each) for each in re.findall(r'<td class="number"[^>]*>(\d+)<', r)] for r in rows
    ]
    assert counts
    assert all(sum(each) == len(CLASS) for each in counts)
