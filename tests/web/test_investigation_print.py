"""Printed case files: what stands in them, for whom, and what never does."""

from __future__ import annotations

import html
import io
import re
from datetime import timedelta

import pytest
from pypdf import PdfReader

from sandbox.forensics.cases.wording import text as worded
from sandbox.services import investigation_print
from sandbox.web.investigation_print_paper import AFTER, BEFORE, first_payments
from tests.web.exam_desk import typed
from tests.web.investigation_world import ALL, kept, opened, started, worked_on
from tests.web.lesson_world import school
from tests.web.world import done

NOTICES = {
    "en": "Training material, not evidence.",
    "ru": "Учебный материал, не доказательство.",
    "ky": "Окуу материалы, далил эмес.",
}
TITLES = {
    "en": ("Hop ledger", "Question sheet"),
    "ru": ("Журнал переходов", "Лист вопросов"),
    "ky": ("Өтүүлөр журналы", "Суроолор барагы"),
}


ADDRESS = re.compile("0x[0-9a-fA-F]{40}")


def said_in(public):
    """The addresses that reports, tags and papers name in whole."""
    paid = [each.transaction for each in public.reports]
    ends = {each.payer for each in paid} | {each.payee for each in paid}
    papers = " ".join(worded(each, "en") for each in public.papers)
    return ends | {each.address for each in public.tags} | set(ADDRESS.findall(papers))


@pytest.fixture
def course(desk):
    school(desk, "asan")
    return desk


@pytest.fixture
def case(course):
    return started(course, opened(course))


def pages(answer):
    """The text of each page of a file, without its line breaks."""
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["content-type"] == "application/pdf"
    found = PdfReader(io.BytesIO(answer.content)).pages
    return [re.sub(r"\s+", " ", each.extract_text()) for each in found]


def file_of(desk, case, who="lira", lang="en"):
    return pages(desk.browser(who, lang).get(f"{case}/case.pdf"))


def squeezed(text):
    return re.sub(r"\s+", "", text)


def codes(answer):
    return set(
        re.findall(r">(?:investigation|classroom|course)\.(\w+)<", html.unescape(answer.text))
    )


@pytest.mark.parametrize("lang", ["en", "ru", "ky"])
def test_a_trainee_prints_their_case_in_their_language(course, case, lang):
    found, public = file_of(course, case, lang=lang), kept(course, case)[0]
    assert all(NOTICES[lang] in each for each in found)
    whole = squeezed(" ".join(found))
    for title in TITLES[lang]:
        assert squeezed(title) in whole
    for paper in public.papers:
        assert squeezed(worded(paper, lang).splitlines()[0]) in whole
    for tag in public.tags:
        assert tag.address in whole
        assert squeezed(tag.label) in whole
    for each in public.reports:
        assert each.transaction.payer in whole
        assert each.transaction.payee in whole
    page = course.browser("lira", lang).get(case).text
    assert f'href="{case}/case.pdf"' in page


def test_the_first_payments_are_chosen_by_their_order_alone(course, case):
    public = kept(course, case)[0]
    found = first_payments(public)
    assert set(found) == {each.transaction.payee for each in public.reports}
    for name, rows in found.items():
        every = [each for each in public.transactions if name in (each.payer, each.payee)]
        every.sort(key=lambda each: (each.time, each.ledger, each.block, each.index))
        first = min(
            every.index(each.transaction)
            for each in public.reports
            if each.transaction.payee == name
        )
        assert rows == every[max(first - BEFORE, 0) : first + AFTER]


def test_a_file_tells_nothing_that_is_sealed_or_noted(course, case):
    before = file_of(course, case)
    worked_on(course, case)
    assert file_of(course, case) == before
    whole = " ".join(before)
    truth, salt = kept(course, case)[1], kept(course, case, "salt")[1]
    assert salt.hex() not in squeezed(whole)
    assert not re.search(r"\b(mule|thief|guilty|recipe|haircut)\b", whole.lower())
    told = {each["address"] for each in truth["control"]} & set(ADDRESS.findall(squeezed(whole)))
    assert told <= said_in(kept(course, case)[0])
    assert told < {each["address"] for each in truth["control"]}


def test_nobody_prints_anybody_elses_case(course, case):
    assert course.browser("asan").get(f"{case}/case.pdf").status_code == 404
    assert course.browser(None).get(f"{case}/case.pdf").status_code != 200
    place = case.partition("/cases/")[0]
    other = opened(course)
    elsewhere = f"{other}/cases/{case.rpartition('/')[2]}/case.pdf"
    assert course.browser("lira").get(elsewhere).status_code == 404
    assert course.browser("kanat").get(elsewhere).status_code == 404
    assert course.browser("kanat").get(f"{place}/cases/{'0' * 32}/case.pdf").status_code == 404
    assert course.browser("lira").get(f"{place}/cases.pdf").status_code == 403


def test_a_trainer_prints_the_same_file_and_a_pause_lets_people_read(course, case):
    place = case.partition("/cases/")[0]
    assert file_of(course, case, "kanat") == file_of(course, case)
    room = course.browser("kanat").get(place).text
    assert f'href="{case}/case.pdf"' in room
    assert f'href="{place}/cases.pdf"' in room
    done(course.browser("kanat").post(f"{place}/pause", {"reason": "Lunch", "extends": "yes"}))
    assert len(file_of(course, case)) > 3


def test_with_the_laws_clock_nothing_of_later_is_printed(course):
    cover = started(course, opened(course, lab="P9"))
    end = kept(course, cover)[0]
    clock = min(each.moment for each in end.reports)
    for who in ("lira", "kanat"):
        whole = squeezed(" ".join(file_of(course, cover, who)))
        used = {
            end
            for each in end.transactions
            if each.time <= clock
            for end in (each.payer, each.payee)
        }
        later = [each for each in end.papers if each.moment > clock]
        unused = [each for each in end.tags if each.address not in used]
        assert later or unused, "nothing is still to come"
        assert not any(each.address in whole for each in unused)
        for each in end.reports:
            assert (each.transaction.payer in whole) == (each.moment <= clock)
        assert "Theclockofthecase" in whole


def test_a_class_is_one_file_in_which_each_case_that_counts_is_once(course, case, monkeypatch):
    kanat, place = course.browser("kanat"), case.partition("/cases/")[0]
    other = started(course, place, "asan")
    done(kanat.post(f"{case}/reset"))
    again = started(course, place)
    whole = squeezed(" ".join(pages(kanat.get(f"{place}/cases.pdf"))))
    reset, counts, asans = (kept(course, each)[0] for each in (case, again, other))
    victim = lambda public: public.reports[0].transaction.payer  # noqa: E731
    assert victim(counts) in whole
    assert victim(asans) in whole
    assert victim(reset) not in whole
    monkeypatch.setattr(investigation_print, "MOST", 1)
    refused = kanat.get(f"{place}/cases.pdf")
    assert (refused.status_code, codes(refused)) == (409, {"print_many"})


def test_where_nobody_has_started_there_is_nothing_to_print(course):
    place = opened(course)
    refused = course.browser("kanat").get(f"{place}/cases.pdf")
    assert (refused.status_code, codes(refused)) == (409, {"print_none"})


def test_a_case_of_all_is_printed_once_with_everybodys_name(course):
    now = course.clock.now()
    form = {
        "lab": "P3",
        "difficulty": "easy",
        "opens": typed(now - timedelta(hours=1)),
        "due": typed(now + timedelta(hours=48)),
        "attempts": "1",
        "kind": "common",
    }
    place = done(course.browser("kanat").post(ALL, form)).partition("?")[0]
    alone = len(file_of(course, started(course, place)))
    started(course, place, "asan")
    found = pages(course.browser("kanat").get(f"{place}/cases.pdf"))
    assert len(found) == alone
    assert "Lira" in found[0]
    assert "san" in found[0].replace("асан", "san").lower()
