"""Investigations whose cases are executed: ordered, prepared, waited for, checked; no leaks."""

from __future__ import annotations

import html
import io
import json
import re
import time
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.classroom import JobState
from sandbox.kit.errors import IntegrityFailure, Unavailable
from sandbox.services.cases.makers import Finished, Maker
from sandbox.services.cases.packed import Packed
from sandbox.services.cases.verifying import verify
from sandbox.services.investigation_queue import CaseQueue
from sandbox.store.case_order_tables import CaseOrders
from sandbox.store.classroom_blobs import Blobs
from sandbox.store.investigation_tables import CaseFiles, Investigations, SentAnswers
from sandbox.web.app import create_app
from tests.web.investigation_world import kept, opened, worked_on
from tests.web.lesson_world import school
from tests.web.test_investigations import SECRET_WORDS
from tests.web.world import done

LONGEST = 800.0


class Broken:
    """A maker whose process is always lost, or breaks."""

    def __init__(self, error):
        self.error, self.given = error, False

    def give(self, seed, recipe):
        self.given = True

    def taken(self):
        answer = self.error if self.given else None
        self.given = False
        return answer

    def end(self):
        """Nothing runs."""


@pytest.fixture
def executing(desk):
    """A desk of which the worker executes cases; it is not running yet."""
    parts = replace(desk.parts, case_workers=1)
    world = replace(desk, parts=parts, app=create_app(parts))
    school(world, "asan")
    return world


def queue_of(world, *makers):
    return CaseQueue(world.parts.store, Blobs(world.parts.blobs), world.clock, makers)


def executed(world, maker=None):
    """The worker does all that is ordered."""
    queue = queue_of(world, maker or Maker())
    ends = time.monotonic() + LONGEST
    try:
        while any(each.waits for each in orders_of(world)):
            assert time.monotonic() < ends
            queue.turn() or time.sleep(0.05)
    finally:
        queue.close()


def orders_of(world):
    with world.parts.store.unit(read_only=True) as u:
        return CaseOrders(u.session).select()


def said(answer):
    return html.unescape(re.sub(r"\s+", " ", answer.text))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_prepared_case_starts_at_once_shows_its_chain_and_is_checked_by_executing_it_again(
    executing, tmp_path
):
    place, kanat, lira = opened(executing), executing.browser("kanat"), executing.browser("lira")
    wanted = len(orders_of(executing))
    assert f"Prepared cases: 0 of {wanted}" in said(kanat.get(place))
    executed(executing)
    assert f"Prepared cases: {wanted} of {wanted}" in said(kanat.get(place))
    case = done(lira.post(f"{place}/start"))
    assert case.startswith(f"{place}/cases/")
    assert f"Prepared cases: {wanted} of {wanted}" in said(kanat.get(place))
    _, sealed = kept(executing, case)
    found, secret = row_of(executing, case)

    cover = said(lira.get(case))
    (tx,) = set(re.findall(r"/transactions/(0x[0-9a-f]{64})", cover)[:1])
    page = lira.get(f"{case}/transactions/{tx}")
    assert (page.status_code, "1056417" in page.text) == (200, True)
    assert f"/transactions/{tx}" in lira.get(f"{case}/find?hash={tx[2:12]}").text
    assert f"/transactions/{tx}" in lira.get(f"{case}/trace").text
    for wrong in ("0x" + "0" * 64, "0x12", tx.upper()):
        assert lira.get(f"{case}/transactions/{wrong}").status_code == 404

    archive = lira.get(f"{case}/chains.zip")
    (tmp_path / "public-part").mkdir()
    with zipfile.ZipFile(io.BytesIO(archive.content)) as files:
        files.extractall(tmp_path / "public-part")
        names = files.namelist()
        inside = b"".join(files.read(each) for each in names)
    told = verify(tmp_path / "public-part")
    assert (told.replayed, told.manifest in cover) == (False, True)

    guilty = sorted(each["address"].lower() for each in sealed["control"] if each["guilty"])
    ends = ["", "/find", "/answer", "/answer.json", "/case.json", f"/find?hash={tx[2:8]}"]
    ends += [f"/trace?policy={each}" for each in ("fifo", "poison", "libr")]
    ends += [f"/addresses/{each}" for each in guilty[:4]] + [f"/papers/{n}" for n in (1, 2, 3)]
    texts = {end: lira.get(case + end) for end in ends}
    assert {each.status_code for each in texts.values()} == {200}
    shown = [page.text, lira.get(place).text, inside.decode("latin-1"), str(archive.headers)]
    salt, seed = kept(executing, case, "salt")[1].hex(), kept(executing, case, "seed")[1]
    for text in [*shown, *(each.text for each in texts.values())]:
        assert [each for each in SECRET_WORDS if each in text.lower()] == []
        sealed_names = (secret, salt, seed, found.sealed, found.engine)
        assert not any(each in text for each in sealed_names)
        assert json.dumps(sealed["recipe"])[:40] not in text
    assert not any("sealed" in name or "engine" in name for name in names)
    for who in ("lira", "asan"):
        assert executing.browser(who).get(f"{case}/whole.zip").status_code == 403
    assert executing.browser("asan").get(f"{case}/chains.zip").status_code == 404
    assert executing.browser("asan").get(f"{case}/transactions/{tx}").status_code == 404
    assert kanat.get(f"{case}/whole.zip").status_code == 409

    worked_on(executing, case)
    assert done(lira.post(f"{case}/hand-in")).endswith("case_handed_in")
    with executing.parts.store.unit(read_only=True) as u:
        marks = SentAnswers(u.session).get(found.id).marks
    assert marks["of"] == "100.00"
    assert [each.attempt for each in orders_of(executing) if each.trainee == "lira"] == [2]

    done(kanat.post(f"{case}/truth"))
    (tmp_path / "whole").mkdir()
    with zipfile.ZipFile(io.BytesIO(kanat.get(f"{case}/whole.zip").content)) as files:
        files.extractall(tmp_path / "whole")
    assert verify(tmp_path / "whole").replayed
    manifest = tmp_path / "whole" / "public" / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(b'"lab":"P3"', b'"lab":"P4"'))
    (tmp_path / "whole" / "public" / "tags.json").write_bytes(b"[]")
    with pytest.raises(IntegrityFailure):
        verify(tmp_path / "whole")


def row_of(world, case):
    with world.parts.store.unit(read_only=True) as u:
        found = CaseFiles(u.session).get(case.rpartition("/")[2])
        return found, Investigations(u.session).get(found.investigation).secret


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_who_starts_before_it_is_prepared_waits_first_and_finds_the_case_ready(executing):
    place, lira = opened(executing), executing.browser("lira")
    for _ in range(2):
        assert done(lira.post(f"{place}/start")).endswith("?said=case_ordered")
    waiting = said(lira.get(place))
    assert "Your case is being prepared" in waiting
    assert 'hx-trigger="every 2s"' in waiting
    queue = queue_of(executing, Maker())
    ends = time.monotonic() + LONGEST
    while not (there := cases_of(executing)):
        assert time.monotonic() < ends
        queue.turn() or time.sleep(0.05)
    queue.close()
    assert [(each.trainee, each.attempt) for each in there] == [("lira", 1)]
    ready = said(lira.get(place))
    assert "Your case is ready" in ready
    assert f"{place}/cases/{there[0].id}" in ready


def cases_of(world):
    with world.parts.store.unit(read_only=True) as u:
        return CaseFiles(u.session).select()


def test_what_cannot_be_executed_is_tried_some_times_and_then_told_with_its_code(executing):
    place, lira = opened(executing), executing.browser("lira")
    lira.post(f"{place}/start")
    executed(executing, Broken(Unavailable("cases.maker_lost")))
    assert {(each.state, each.tries) for each in orders_of(executing)} == {(JobState.FAILED, 3)}
    assert "cases.maker_lost" in lira.get(place).text
    kanat = executing.browser("kanat")
    assert "cases.maker_lost" in kanat.get(place).text
    assert done(lira.post(f"{place}/start")).endswith("case_ordered")
    executed(executing, Broken(IntegrityFailure("cases.not_as_planned", chain="kgst", block=1)))
    assert {each.tries for each in orders_of(executing) if each.trainee == "lira"} == {3}
    assert done(lira.post(f"{place}/start")).endswith("case_ordered")
    executed(executing, Broken(IntegrityFailure("cases.maker_broke")))
    assert {each.tries for each in orders_of(executing) if each.trainee == "lira"} == {1}
    assert done(kanat.post(f"{place}/prepare")).endswith("cases_ordered")
    assert all(each.waits and each.tries == 0 for each in orders_of(executing))
    assert lira.post(f"{place}/prepare").status_code == 403


def test_what_a_worker_left_begun_is_begun_again_and_what_is_past_due_is_taken_away(executing):
    opened(executing)
    first = queue_of(executing, Broken(None))
    first.turn()
    assert {each.state for each in orders_of(executing)} >= {JobState.RUNNING}
    queue_of(executing).turn()
    assert {each.state for each in orders_of(executing)} == {JobState.QUEUED}
    executing.clock.forward(timedelta(hours=49))
    queue_of(executing, Broken(None)).turn()
    assert orders_of(executing) == ()


def test_nothing_is_executed_for_who_is_in_a_team_nor_waited_for_any_more(executing):
    place, lira, kanat = opened(executing), executing.browser("lira"), executing.browser("kanat")
    assert done(lira.post(f"{place}/start")).endswith("?said=case_ordered")
    alone = {each.trainee for each in orders_of(executing)} - {"lira", "asan"}
    done(kanat.post(f"{place}/teams", {"team.lira": "1", "team.asan": "1"}))
    assert "being prepared" not in said(lira.get(place))
    assert f"Prepared cases: 0 of {len(alone)}" in said(kanat.get(place))
    executed(executing, Broken(Unavailable("cases.maker_lost")))
    assert {each.trainee for each in orders_of(executing)} == alone
    kanat.post(f"{place}/prepare")
    assert {each.trainee for each in orders_of(executing)} == alone
    case = done(lira.post(f"{place}/start"))
    assert done(executing.browser("asan").post(f"{place}/start")) == case
    assert [(each.team, each.tables) for each in cases_of(executing)] == [(1, None)]
    done(kanat.post(f"{case}/reset"))
    assert {each.trainee for each in orders_of(executing)} == alone


def test_what_is_made_in_a_pause_past_the_due_date_lies_ready_until_it_goes_on(executing):
    place = opened(executing, hours=1)
    lira, kanat = executing.browser("lira"), executing.browser("kanat")
    assert done(lira.post(f"{place}/start")).endswith("?said=case_ordered")
    done(kanat.post(f"{place}/pause", {"reason": "Lunch", "extends": "yes"}))
    executing.clock.forward(timedelta(minutes=61))
    executed(executing, Broken(Finished(b"{}", Packed("00", b"t", b"e", b"{}"))))
    assert cases_of(executing) == ()
    assert "lira" in {each.trainee for each in orders_of(executing)}
    assert "investigation.paused" in lira.post(f"{place}/start").text
    done(kanat.post(f"{place}/prepare"))
    done(kanat.post(f"{place}/resume"))
    assert "could not be prepared" not in said(lira.get(place))
    assert done(lira.post(f"{place}/start")).startswith(f"{place}/cases/")
    assert [each.trainee for each in cases_of(executing)] == ["lira"]


def test_a_desk_that_executes_nothing_says_so_and_refuses_to_prepare(desk):
    school(desk, "asan")
    place, kanat, lira = opened(desk), desk.browser("kanat"), desk.browser("lira")
    assert "Prepared cases" not in kanat.get(place).text
    assert "investigation.not_executed_here" in kanat.post(f"{place}/prepare").text
    case = done(lira.post(f"{place}/start"))
    assert "was not executed on a chain" in said(lira.get(case))
    assert lira.get(f"{case}/chains.zip").status_code == 404
    assert lira.get(f"{case}/transactions/0x{'0' * 64}").status_code == 404
    assert orders_of(desk) == ()
