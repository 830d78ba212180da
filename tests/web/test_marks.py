"""Proofs of marks: what the log says of them, to whom, and that nothing altered holds."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from sandbox.domain.classroom import Mark
from sandbox.kit.errors import IntegrityFailure
from sandbox.services import classroom_grading, mark_proofs
from sandbox.services.audit import verify_log
from sandbox.services.mark_commands import app
from sandbox.store.classroom import Marks
from tests.web.certificate_world import marked
from tests.web.course_world import enter, hand_in
from tests.web.test_course_time import said, seat
from tests.web.world import World

MARKS = "/desk/marks"


@pytest.fixture
def course(desk):
    """A released lab, and nothing marked."""
    seat(desk)
    return desk


def work_of(desk: World, who: str = "lira") -> str:
    """Somebody's submission with one test that waits for a teacher."""
    wanted = hand_in(desk, who, "1")["body"]["submission"]
    task = Mark(wanted, "lab", "q1", "Task", 2.0, None, "manual", {})
    enter(desk, "kanat", lambda room: Marks(room.u.session).replace(wanted, (task,)))
    return wanted


def give(desk: World, wanted: str, mark: float) -> None:
    enter(
        desk,
        "kanat",
        lambda room: classroom_grading.set_teacher_mark(
            room, wanted, ("lab", "q1"), mark=mark, comment=""
        ),
    )


def proofs(desk: World, who: str = "lira") -> list[bytes]:
    """What somebody can download, newest first."""
    browser = desk.browser(who)
    paths = re.findall(r'href="(/desk/marks/\d+\.json)"', browser.get(MARKS).text)
    return [browser.get(each).content for each in paths]


def check(desk: World, content: bytes):
    headers = {"origin": desk.parts.public_url, "sec-fetch-site": "same-origin"}
    files = {"proof": ("mark.json", content, "application/json")}
    return desk.browser(None).client.post(MARKS, headers=headers, files=files)


@pytest.fixture
def released(course):
    wanted = work_of(course)
    give(course, wanted, 1.5)
    marked(course, "lira", 1.5, wanted)
    return course


def test_each_mark_of_record_has_a_proof_that_page_and_command_check(released, tmp_path):
    feedback, given_ = proofs(released)
    key = released.parts.head_key.public
    assert mark_proofs.check(feedback, key)["entry"]["data"]["score"] == "1.5"
    assert mark_proofs.check(given_, key)["entry"]["data"]["mark"] == "1.5"
    shown = check(released, feedback)
    assert shown.status_code == 200
    assert "The proof holds" in shown.text
    assert "1.5 / 2<" in shown.text
    kept = tmp_path / "mark.json"
    kept.write_bytes(feedback)
    done = CliRunner().invoke(app, ["verify", str(kept), "--key", key])
    assert (done.exit_code, "score: 1.5" in done.output) == (0, True)
    done = CliRunner().invoke(app, ["verify", str(kept), "--key", "11" * 32])
    assert (done.exit_code, "mark_proof.other_key" in done.output) == (2, True)
    kept.write_bytes(feedback.replace(b'"1.5"', b'"2.0"'))
    done = CliRunner().invoke(app, ["verify", str(kept), "--key", key])
    assert (done.exit_code, "mark_proof.not_in_log" in done.output) == (1, True)


def test_a_correction_is_another_entry_and_the_earlier_proof_still_holds(released):
    before = proofs(released)
    wanted = json.loads(before[0])["entry"]["data"]["submission"]
    give(released, wanted, 2.0)
    marked(released, "lira", 2.0, wanted)
    after = proofs(released)
    assert len(after) == 4
    for each in (*before, *after):
        assert check(released, each).status_code == 200


def test_a_mark_that_is_not_released_is_nobodys_to_see(course):
    give(course, work_of(course), 1.0)
    assert proofs(course) == []
    with course.parts.store.unit(read_only=True) as u:
        (entry,) = [each for each in u.audit.scan() if each.kind == "course.marked"]
    assert course.browser("lira").get(f"{MARKS}/{entry.index}.json").status_code == 404


def test_the_proof_of_a_teachers_mark_names_its_task(released):
    feedback, given_ = proofs(released)
    data = json.loads(given_)["entry"]["data"]
    task = f"{data['notebook']} / {data['cell']}"
    assert task in said(check(released, given_))
    assert task in said(released.browser("lira").get(MARKS))
    assert task not in said(check(released, feedback))


@pytest.mark.parametrize("who", ["marat", "kanat", "aigul"])
def test_nobody_takes_the_proof_of_anothers_mark(released, who):
    index = json.loads(proofs(released)[0])["entry"]["index"]
    assert released.browser(who).get(f"{MARKS}/{index}.json").status_code == 404
    assert released.browser("lira").get(f"{MARKS}/999999.json").status_code == 404


def test_the_log_tells_outsiders_nothing_of_a_mark(released):
    for path in ("/desk/audit", "/desk/audit/head.json"):
        page = said(released.browser(None).get(path))
        assert "1.5" not in page
        assert "lira" not in page.lower()
    proof = json.loads(proofs(released)[0])
    assert len(proof["salt"]) == 64
    other = json.loads(proofs(released)[1])
    assert proof["salt"] != other["salt"]


def test_erasing_an_entry_leaves_every_proof_and_the_log_whole(released):
    feedback, given_ = proofs(released)
    index = json.loads(feedback)["entry"]["index"]
    with released.parts.store.unit() as u:
        u.audit.erase(index, actor="operator", at=released.clock.now())
        u.commit()
    assert [json.loads(each)["entry"] for each in proofs(released)] == [json.loads(given_)["entry"]]
    assert released.browser("lira").get(f"{MARKS}/{index}.json").status_code == 404
    for each in (feedback, given_):
        assert check(released, each).status_code == 200
    with released.parts.store.unit(read_only=True) as u:
        assert verify_log(u, public_key=released.parts.head_key.public).ok
        assert index in verify_log(u).erased


def test_no_altered_byte_holds(released):
    whole, key = proofs(released)[0], released.parts.head_key.public
    meant = json.loads(whole)

    @settings(max_examples=400, deadline=None)
    @given(st.integers(0, len(whole) - 1), st.integers(0, 255))
    def altered(place: int, byte: int) -> None:
        content = whole[:place] + bytes([byte]) + whole[place + 1 :]
        try:
            mark_proofs.check(content, key)
        except IntegrityFailure:
            return
        assert json.loads(content) == meant

    altered()


@pytest.mark.parametrize(
    "change",
    [
        {"note": 1},
        {"kind": "other"},
        {"version": 2},
        {"entry": []},
        {"entry": {}},
        {"salt": ""},
        {"salt": "AB" * 32},
        {"proof": None},
        {"proof": ["x"]},
        {"head": {}},
        {"head": None},
    ],
)
def test_what_is_no_proof_is_said_to_be_none(released, change):
    said_ = json.loads(proofs(released)[0]) | change
    answer = check(released, json.dumps(said_).encode())
    assert (answer.status_code, "mark_proof.malformed" in answer.text) == (400, True)
    assert "The proof holds" not in answer.text


@pytest.mark.parametrize("content", [b"", b"[]", b"{" * 9000, b"\xff", b" " * 70_000])
def test_what_is_nothing_at_all_is_refused(released, content):
    assert check(released, content).status_code == 400
