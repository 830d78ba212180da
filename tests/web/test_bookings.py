"""Booked seats on pages: booked, refused with other windows offered, given up, had back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from sandbox.domain.bookings import Booking
from sandbox.domain.records import Account, Organisation
from sandbox.domain.seats import Seat
from sandbox.domain.words import OrganisationKind
from sandbox.locale.forms import ZONE
from sandbox.services import seat_bookings
from sandbox.services.department_admin import (
    add_department,
    appoint_coordinator,
    give_to_department,
)
from sandbox.store.booking_tables import Bookings
from sandbox.store.classroom import Members
from tests.web.course_world import COURSE, PAGE
from tests.web.exam_desk import EXAM, EXAMS, TERM, people, plan
from tests.web.world import World, done

BOOKINGS = f"{PAGE}/bookings"
DAY = "2026-12-01"
GROUP = f"ПИ-1|{TERM}"
SEATS = 20
"""Of the machine of this world."""


@pytest.fixture
def room(desk: World) -> World:
    people(desk)
    return desk


def said(page: httpx.Response) -> str:
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", page.text))


def fields(**more: str) -> dict[str, str]:
    return {"class": GROUP, "day": DAY, "from": "09:00", "to": "11:00", "seats": ""} | more


def book(desk: World, who: str = "kanat", **more: str) -> httpx.Response:
    return desk.browser(who).post(BOOKINGS, fields(**more))


def kept(desk: World) -> tuple[Booking, ...]:
    with desk.parts.store.unit(read_only=True) as u:
        return Bookings(u.session).of_course(COURSE, desk.clock.now())


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def others_book(desk: World, seats: int, begins: str, ends: str) -> None:
    """A course that nobody here is in."""
    with desk.parts.store.unit() as u:
        window = local(f"{DAY}T{begins}"), local(f"{DAY}T{ends}")
        one = Booking("o" * 32, "secret-course", "", "", *window, seats, "sultan", window[0])
        Bookings(u.session).add(one)
        u.commit()


def test_a_teacher_books_for_a_group_and_a_seat_for_the_teacher_is_in_it(room: World) -> None:
    done(book(room))
    (one,) = kept(room)
    assert (one.group, one.term, one.seats) == ("ПИ-1", TERM, 3)
    assert (one.begins, one.ends) == (local(f"{DAY}T09:00"), local(f"{DAY}T11:00"))
    done(book(room))
    assert kept(room) == (one,), "the same again changes nothing"
    page = said(room.browser("kanat").get(f"{BOOKINGS}?day={DAY}"))
    assert "Seats: 3" in page
    assert "08:00 0 20" in page
    assert "09:00 3 17" in page
    assert "11:00 0 20" in page
    done(book(room, **{"class": "|", "day": "2026-12-02", "from": "22:00", "to": "01:00"}))
    whole = kept(room)[1]
    assert (whole.group, whole.seats) == ("", 4)
    assert whole.ends == local("2026-12-03T01:00"), "of the next day"


def test_after_booking_the_hours_of_the_booked_day_stand_on_the_page(room):
    answer = book(room)
    assert answer.headers["location"].endswith(f"&day={DAY}")
    page = said(room.browser("kanat").get(answer.headers["location"]))
    assert "09:00 3 17" in page
    assert "1 December 2026, 09:00 – 11:00" in page


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"seats": "5"}, 400, "booking.seats"),
        ({"seats": "0"}, 400, "booking.seats"),
        ({"seats": "three"}, 400, "booking.number"),
        ({"seats": "-1"}, 400, "booking.number"),
        ({"seats": "٣"}, 400, "booking.number"),
        ({"day": "tomorrow"}, 400, "booking.time"),
        ({"from": "nine"}, 400, "booking.time"),
        ({"to": ""}, 400, "booking.time"),
        ({"day": "2026-01-01"}, 400, "booking.window"),
        ({"day": "2099-01-01"}, 400, "booking.window"),
        ({"class": "ПИ-9|x"}, 400, "booking.no_class"),
    ],
)
def test_what_cannot_be_booked_is_refused_with_a_code(
    room: World, more: dict[str, str], status: int, code: str
) -> None:
    answer = book(room, **more)
    assert (answer.status_code, code in answer.text) == (status, True), answer.text[-800:]
    assert kept(room) == ()


def test_more_than_the_machine_is_refused_and_another_window_is_offered_and_taken(
    room: World,
) -> None:
    others_book(room, SEATS - 2, "08:00", "10:30")
    full = book(room)
    assert (full.status_code, "booking.full" in full.text) == (409, True)
    assert "2 of them are not booked yet, and you want 3" in said(full)
    assert kept(room) == ()
    offers = re.findall(
        r'name="from" value="([\d:]+)"><input type="hidden" name="to" value="([\d:]+)"', full.text
    )
    assert ("10:30", "12:30") in offers
    done(book(room, **{"from": "10:30", "to": "12:30"}))
    done(book(room, seats="2", **{"class": f"ПИ-2|{TERM}"}))
    page = room.browser("kanat").get(f"{BOOKINGS}?day={DAY}")
    assert f"09:00 {SEATS} 0" in said(page)
    assert "secret-course" not in page.text, "others' bookings are numbers alone"
    assert "Sultan" not in page.text


def test_one_class_has_one_booking_at_a_time(room: World) -> None:
    done(book(room))
    for more in ({"seats": "1"}, {"class": "|"}, {"from": "10:59", "to": "12:00"}):
        answer = book(room, **more)
        assert (answer.status_code, "booking.twice" in answer.text) == (409, True)
    done(book(room, **{"class": f"ПИ-2|{TERM}"}))
    done(book(room, **{"from": "11:00", "to": "12:00"}))


def test_given_up_seats_are_free_and_can_be_had_back_while_they_are(room: World) -> None:
    done(book(room))
    (one,) = kept(room)
    kanat, place = room.browser("kanat"), f"{BOOKINGS}/{one.id}"
    done(kanat.post(f"{place}/cancel"))
    done(kanat.post(f"{place}/cancel"))
    assert "Given up" in said(kanat.get(BOOKINGS))
    assert "09:00 0 20" in said(kanat.get(f"{BOOKINGS}?day={DAY}"))
    done(kanat.post(f"{place}/restore"))
    assert kept(room)[0].cancelled_at is None
    done(kanat.post(f"{place}/cancel"))
    others_book(room, SEATS, "10:00", "12:00")
    full = kanat.post(f"{place}/restore")
    assert (full.status_code, "booking.full" in full.text) == (409, True)
    assert kept(room)[0].cancelled_at is not None
    assert kanat.post(f"{BOOKINGS}/{'o' * 32}/cancel").status_code == 404, "of another course"
    room.clock.forward(one.ends - room.clock.now())
    over = room.browser("kanat").post(f"{place}/restore")
    assert (over.status_code, "booking.over" in over.text) == (409, True)
    with room.parts.store.unit(read_only=True) as u:
        said_of = u.audit.of_subjects(f"course/{COURSE}")
        kinds = [each.kind for each in said_of if each.kind.startswith("course.seats")]
    assert kinds == [
        *("course.seats_booked", "course.seats_cancelled"),
        *("course.seats_restored", "course.seats_cancelled"),
    ]


def test_giving_up_and_having_back_is_no_way_round_the_number_of_bookings(
    room: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat_bookings, "MOST_OPEN", 1)
    done(book(room))
    place = f"{BOOKINGS}/{kept(room)[0].id}"
    done(room.browser("kanat").post(f"{place}/cancel"))
    done(book(room, **{"from": "14:00", "to": "15:00"}))
    refused = room.browser("kanat").post(f"{place}/restore")
    assert (refused.status_code, "booking.many" in refused.text) == (409, True)
    assert sum(each.cancelled_at is None for each in kept(room)) == 1


def test_seats_of_who_has_left_the_class_are_not_held(room: World) -> None:
    done(book(room))
    (one,) = kept(room)
    with room.parts.store.unit() as u:
        members = Members(u.session)
        members.save(replace(members.find(COURSE, "marat"), group="ПИ-2"))
        u.commit()
    with room.parts.store.unit(read_only=True) as u:
        (told,) = seat_bookings.holds_of(u, one.begins)
    assert (one.seats, told["seats"], sorted(told["people"])) == (3, 2, ["kanat", "lira"])


def test_whole_course_is_booked_without_a_term(room: World) -> None:
    done(book(room, **{"class": f"|{'x' * 100}"}))
    assert kept(room)[0].term == "", "no column takes more"


def test_only_who_leads_or_coordinates_books(room: World) -> None:
    done(book(room))
    (one,) = kept(room)
    for who in ("lira", "olga"):
        browser = room.browser(who)
        assert browser.get(BOOKINGS).status_code == 403
        assert browser.get(f"{BOOKINGS}/seats.ics").status_code == 403
        assert book(room, who, **{"class": f"ПИ-2|{TERM}"}).status_code == 403
        assert browser.post(f"{BOOKINGS}/{one.id}/cancel").status_code == 403
    assert room.browser("aigul").get(BOOKINGS).status_code == 404
    assert kept(room) == (one,)
    coordinator(room)
    assert room.browser("omur").get(BOOKINGS).status_code == 200
    done(book(room, "omur", **{"class": f"ПИ-2|{TERM}"}))
    done(room.browser("omur").post(f"{BOOKINGS}/{one.id}/cancel"))


def coordinator(desk: World) -> None:
    """Omur coordinates the department that gives the course."""
    store, at = desk.parts.store, desk.clock.now()
    names = {"ky": "Каржы", "ru": "Финансы", "en": "Finance"}
    with store.unit() as u:
        u.organisations.add(Organisation("uni", "University", OrganisationKind.UNIVERSITY, at))
        u.accounts.add(
            Account("omur", "Omur", "p-omur", "uni", (Seat.COORDINATOR,), "en", True, at)
        )
        add_department(u, "fin", "uni", names, at=at)
        appoint_coordinator(u, "fin", "omur", at=at)
        give_to_department(u, COURSE, "fin", TERM, at=at)
        u.commit()


def test_bookings_go_into_a_calendar(room: World) -> None:
    done(book(room))
    answer = room.browser("kanat", "ru").get(f"{BOOKINGS}/seats.ics")
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    lines = answer.text.split("\r\n")
    assert (lines[0], lines[-2:]) == ("BEGIN:VCALENDAR", ["END:VCALENDAR", ""])
    assert "DTSTART:20261201T030000Z" in lines
    assert "DTEND:20261201T050000Z" in lines
    assert all(len(each.encode()) <= 75 for each in lines)
    assert "· ПИ-1 (3)" in answer.text.replace("\r\n ", "")
    done(room.browser("kanat").post(f"{BOOKINGS}/{kept(room)[0].id}/cancel"))
    assert "VEVENT" not in room.browser("kanat").get(f"{BOOKINGS}/seats.ics").text


def test_an_exams_room_books_in_one_press(room: World) -> None:
    kanat = room.browser("kanat")
    done(kanat.post(EXAMS, {"assignment": "lab", "minutes": "60", "own": "yes"}))
    done(plan(room))
    page = kanat.get(f"{EXAM}/plan")
    form = re.search(r'action="[^"]*/bookings">(.*?)</form>', page.text, re.DOTALL)[1]
    pressed = dict(re.findall(r'name="(class|day|from|to)" value="([^"]*)"', form))
    done(kanat.post(BOOKINGS, pressed))
    (one,) = kept(room)
    assert (one.group, one.ends - one.begins) == ("ПИ-1", timedelta(hours=3))
    page = kanat.get(f"{EXAM}/plan")
    assert "Seats are booked for this room." in said(page)
    assert 'bookings">' not in page.text.replace(f'href="{BOOKINGS}">', "")


def test_hub_learns_who_may_sit_where_and_nobody_else_does(room: World) -> None:
    done(book(room))
    ask = "/desk/api/v1/internal/bookings"
    client = room.browser(None).client
    assert client.get(ask).status_code == 401
    assert client.get(ask, headers={"authorization": "Bearer guess"}).status_code == 401
    hub = {"authorization": f"Bearer {room.parts.hub_secret}"}
    far = kept(room)[0].begins - room.clock.now() - timedelta(days=2, hours=1)
    assert far > timedelta(0)
    room.clock.forward(far)
    assert client.get(ask, headers=hub).json() == {"bookings": []}, "told two days ahead"
    room.clock.forward(timedelta(hours=1, minutes=1))
    (told,) = client.get(ask, headers=hub).json()["bookings"]
    assert (told["seats"], told["server"]) == (3, f"course-{COURSE}")
    assert sorted(told["people"]) == ["kanat", "lira", "marat"], "Olga helps no more by then"


def test_open_bookings_of_a_course_take_so_many_hours_together(
    room: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seat_bookings, "MOST_TIME", timedelta(hours=2))
    done(book(room, **{"from": "10:00", "to": "11:30"}))
    done(book(room, **{"from": "14:00", "to": "14:30"}))
    page = said(room.browser("kanat").get(BOOKINGS))
    assert "Taken: 2 of 240 hours, 2 of 60 bookings." in page, "said before it is refused"
    refused = book(room, **{"from": "16:00", "to": "16:30"})
    assert (refused.status_code, "booking.hours" in refused.text) == (409, True)
    assert len(kept(room)) == 2
