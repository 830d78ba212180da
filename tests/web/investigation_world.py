"""A course with an investigation, and a trainee who works on a case, for tests of pages."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sandbox.forensics.cases import Public, read_public
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.investigation_tables import CaseFiles
from tests.web.course_world import PAGE
from tests.web.exam_desk import typed
from tests.web.world import World, done

ALL = f"{PAGE}/investigations"


def opened(
    desk: World,
    *,
    lab: str = "P3",
    difficulty: str = "easy",
    attempts: int = 2,
    hours: int = 48,
) -> str:
    """Kanat opens an investigation that is open already; the address of its page."""
    form = {
        "lab": lab,
        "difficulty": difficulty,
        "opens": typed(desk.clock.now() - timedelta(hours=1)),
        "due": typed(desk.clock.now() + timedelta(hours=hours)),
        "attempts": str(attempts),
    }
    return done(desk.browser("kanat").post(ALL, form)).partition("?")[0]


def started(desk: World, place: str, who: str = "lira") -> str:
    """A trainee starts a case; the address of its cover."""
    return done(desk.browser(who).post(f"{place}/start"))


def kept(desk: World, cover: str, part: str = "truth") -> tuple[Public, Any]:
    """What may be seen of a case, and a part of what is sealed: the truth, or the salt."""
    with desk.parts.store.unit(read_only=True) as u:
        case = CaseFiles(u.session).get(cover.rpartition("/")[2])
    blobs = Blobs(desk.parts.blobs)
    sealed = json.loads(blobs.within("investigations-sealed").get(case.sealed))
    found = bytes.fromhex(sealed[part]) if part == "salt" else sealed[part]
    return read_public(blobs.within("investigations").get(case.public)), found


def worked_on(desk: World, cover: str, who: str = "lira") -> None:
    """A trainee has marked an address and taken a trace over."""
    browser, public = desk.browser(who), kept(desk, cover)[0]
    place = f"{cover}/addresses/{public.reports[0].transaction.payee.lower()}"
    done(browser.post(place, {"opinion": "thieves", "note": "Биринчи капчык."}))
    for what in ("hops", "located"):
        done(browser.post(f"{cover}/trace", {"what": what, "policy": "fifo", "tags": "yes"}))
    done(browser.post(f"{cover}/policy", {"policy": "fifo"}))
