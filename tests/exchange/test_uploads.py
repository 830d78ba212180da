"""Handing in file by file: taken up where it broke off, and never with somebody else's file."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.domain.receipts import verify_receipt
from sandbox.hub.exchange.client import DeskProblem
from sandbox.services.classroom_exchange import MOST_AN_HOUR
from tests.exchange.conftest import BLANK

HAND_IN = "/assignments/lab/submissions"
LARGE = {
    "lab.ipynb": BLANK,
    **{f"part-{n}.txt": bytes([65 + n]) * (500 << 10) for n in range(3)},
}


def sha(content):
    return hashlib.sha256(content).hexdigest()


def send(desk, content):
    return desk.put(f"/uploads/{sha(content)}", {"content": base64.b64encode(content).decode()})


def named(files):
    return {"files": [{"path": path, "sha256": sha(content)} for path, content in files.items()]}


def key(world):
    return world.desk("lira").receipt_key()


def test_large_work_goes_file_by_file_and_has_an_ordinary_receipt(released):
    receipt = released.desk("lira").hand_in("lab", LARGE)
    verify_receipt(receipt, key(released), LARGE)
    assert receipt == released.desk("lira").hand_in("lab", LARGE)
    assert len(released.desk("lira").get("/submissions")) == 1


def test_what_broke_off_is_taken_up_where_it_broke_off(released, monkeypatch):
    desk = released.desk("lira")
    sent, put = [], desk.put

    def breaks(path, body):
        if len(sent) == 2:
            raise DeskProblem("exchange.unreachable", "gone")
        sent.append(path)
        return put(path, body)

    monkeypatch.setattr(desk, "put", breaks)
    with pytest.raises(DeskProblem):
        desk.hand_in("lab", LARGE)
    assert released.desk("lira").get("/submissions") == []
    again = released.desk("lira")
    later, put_again = [], again.put
    monkeypatch.setattr(
        again, "put", lambda path, body: later.append(path) or put_again(path, body)
    )
    verify_receipt(again.hand_in("lab", LARGE), key(released), LARGE)
    assert len(later) == 2
    assert not set(later) & set(sent)


def test_a_part_sent_again_changes_nothing(released):
    desk = released.desk("lira")
    assert send(desk, b"one") == send(desk, b"one") == {"sha256": sha(b"one"), "size": 3}
    assert desk.get("/uploads") == [sha(b"one")]


def test_knowing_the_hash_of_anothers_file_is_not_having_it(released):
    secret = {"lab.ipynb": BLANK, "answer.txt": b"lira's own answer"}
    send(released.desk("lira"), secret["answer.txt"])
    released.desk("lira").hand_in("lab", secret)
    other = released.desk("marat")
    assert other.get("/uploads") == []
    with pytest.raises(DeskProblem, match="part_missing"):
        other.post(HAND_IN, named(secret))
    assert other.get("/submissions") == []


def test_a_damaged_part_is_refused_and_not_kept(released):
    with pytest.raises(DeskProblem, match="part_damaged"):
        released.desk("lira").put(f"/uploads/{sha(b'a')}", {"content": "Yg=="})
    assert released.desk("lira").get("/uploads") == []


def test_a_teacher_sends_no_parts(released):
    with pytest.raises(DeskProblem, match="wrong_role"):
        send(released.desk("kanat"), b"x")


def test_parts_that_are_too_many_or_too_old_are_let_go_the_oldest_first(released):
    desk = released.desk("lira")
    folder = released.parts.blobs / "incoming" / "digital-money" / "lira"
    parts = [bytes([n]) * (3 << 20) for n in range(1, 7)]
    for place, part in enumerate(parts):
        send(desk, part)
        path = folder / sha(part)[:2] / sha(part)
        at = released.clock.now().timestamp() - 1000 + place
        os.utime(path, (at, at))
    assert set(desk.get("/uploads")) == {sha(part) for part in parts[1:]}
    os.utime(folder / sha(parts[1])[:2] / sha(parts[1]), (0, 0))
    send(desk, b"new")
    assert sha(parts[1]) not in desk.get("/uploads")


def kept(world):
    """The contents that the desk keeps for ever."""
    return len(list(world.parts.blobs.glob("[0-9a-f][0-9a-f]/*")))


def test_a_student_fills_no_disk_by_handing_in(released):
    desk = released.desk("lira")
    for number in range(MOST_AN_HOUR):
        first = desk.hand_in("lab", {"lab.ipynb": BLANK, "a.txt": b"%d" % number})
    before = kept(released)
    with pytest.raises(DeskProblem, match="too_often"):
        desk.hand_in("lab", {"lab.ipynb": BLANK, "a.txt": b"more"})
    assert kept(released) == before
    last = {"lab.ipynb": BLANK, "a.txt": b"%d" % (MOST_AN_HOUR - 1)}
    assert desk.hand_in("lab", last) == first, "a repeat is none"
    released.desk("marat").hand_in("lab", {"lab.ipynb": BLANK, "a.txt": b"another's"})
    released.later(hours=1)
    assert desk.hand_in("lab", {"lab.ipynb": BLANK, "a.txt": b"more"})


def test_content_and_part_at_once_or_neither_is_refused(released):
    for file in ({"path": "a.txt"}, {"path": "a.txt", "content": "", "sha256": sha(b"")}):
        with pytest.raises(DeskProblem, match="content_or_part"):
            released.desk("lira").post(HAND_IN, {"files": [file]})


def test_an_upload_too_large_is_refused_before_it_is_read(released):
    begun = time.monotonic()
    with pytest.raises(DeskProblem, match="too_large"):
        released.desk("lira").put(f"/uploads/{'0' * 64}", {"content": "A" * (14 << 20)})
    assert time.monotonic() - begun < 5


CONTENT = st.one_of(
    st.binary(max_size=64),
    st.just(b'{"cells": [], "nbformat": 4}'),
    st.just(b"\xff\xfe" * 10),
)
FILES = st.lists(
    st.fixed_dictionaries(
        {"path": st.one_of(st.text(max_size=20), st.sampled_from(["a.txt", "A.txt", "lab.ipynb"]))},
        optional={
            "content": st.one_of(
                st.text(max_size=20), CONTENT.map(lambda c: base64.b64encode(c).decode())
            ),
            "sha256": st.one_of(st.just(sha(b"known")), st.text("0123456789abcdef", max_size=65)),
        },
    ),
    max_size=4,
)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(files=FILES)
def test_whatever_is_sent_is_a_receipt_or_one_clear_refusal(released, files):
    desk = released.desk("lira")
    send(desk, b"known")
    before = desk.get("/submissions")
    answer = released.client.post(
        f"/desk/api/v1/courses/digital-money{HAND_IN}",
        content=json.dumps({"files": files}),
        headers={"Authorization": "Bearer t-lira", "Content-Type": "application/json"},
    )
    after = desk.get("/submissions")
    if answer.status_code == 200:
        body = verify_receipt(answer.json(), key(released))
        assert {each["path"] for each in body["files"]} == {each["path"] for each in files}
        assert after[-1]["submission"] == body["submission"]
    else:
        assert answer.status_code in (400, 409, 422), answer.text
        assert "." in answer.json()["code"]
        assert after == before
