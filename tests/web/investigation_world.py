"""A course with an investigation, and a trainee who works on a case, for tests of pages."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sandbox.domain.investigation_acts import ActFile
from sandbox.forensics.cases import Public, read_public
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.investigation_tables import ActFiles, CaseFiles
from tests.web.course_world import PAGE
from tests.web.exam_desk import typed
from tests.web.world import World, done

ALL = f"{PAGE}/investigations"
FACTS = "The victim was promised a car from abroad and paid to this address."


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


def file_of(desk: World, cover: str) -> ActFile | None:
    """What was done on a case; None: nothing yet."""
    with desk.parts.store.unit(read_only=True) as u:
        return ActFiles(u.session).find(cover.rpartition("/")[2])


def revision(desk: World, cover: str) -> str:
    """Of the acts, as a form sends it."""
    found = file_of(desk, cover)
    return str(found.revision if found else 0)


def act(desk: World, cover: str, who: str = "lira", **form: str) -> Any:
    """Look at an act and confirm it; the answer to the confirmation, or to what was refused."""
    sent = form | {"revision": form.get("revision", revision(desk, cover))}
    browser = desk.browser(who)
    first = browser.post(f"{cover}/acts", sent)
    if first.status_code != 200:
        return first
    assert "never taken back" in first.text
    return browser.post(f"{cover}/acts", sent | {"sure": "yes"})


def wait(desk: World, cover: str, hours: int | None = None) -> Any:
    """Let the clock go on: some hours, or until the next letter."""
    form = {"hours": str(hours)} if hours else {"until": "letter"}
    return desk.browser("lira").post(f"{cover}/wait", form | {"revision": revision(desk, cover)})


def target(desk: World, cover: str) -> dict[str, str]:
    """Where the first reported payment went."""
    return {"ledger": "kgst", "address": kept(desk, cover)[0].reports[0].transaction.payee}


def motion(desk: World, cover: str, measure: str, **more: str) -> dict[str, str]:
    """The form of a motion that lacks nothing."""
    base = {"kind": "motion", "measure": measure, "report": "1", "policy": "fifo", "days": "30"}
    aims = {**target(desk, cover), "amount": "1", "facts": FACTS, "grounds": "route"}
    return base | aims | more


def traced(desk: World, cover: str) -> None:
    """A trainee has taken a trace over and declared the policy."""
    lira = desk.browser("lira")
    done(lira.post(f"{cover}/trace", {"what": "hops", "policy": "fifo", "tags": "yes"}))
    done(lira.post(f"{cover}/policy", {"policy": "fifo"}))


def raced(desk: World, second: str = "kanat") -> str:
    """A freeze race with every kind of paper, and a seizure that waits for a signature."""
    cover = started(desk, opened(desk, lab="P9"))
    traced(desk, cover)
    done(act(desk, cover, kind="freeze", **target(desk, cover)))
    done(act(desk, cover, **motion(desk, cover, "freeze", confirms="1")))
    done(act(desk, cover, **motion(desk, cover, "freeze", grounds="none", facts="")))
    for _ in range(4):
        done(wait(desk, cover))
    done(act(desk, cover, **motion(desk, cover, "seize")))
    for _ in range(2):
        done(wait(desk, cover))
    done(act(desk, cover, kind="seize", basis="4", amount="1", second=second))
    return cover
