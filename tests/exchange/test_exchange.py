"""The exchange through nbgrader's plugins and the real API: who may what, and what stays."""

from __future__ import annotations

import base64
import json

import pytest
from nbgrader.exchange import ExchangeError

from sandbox.domain.receipts import verify_receipt
from sandbox.hub.exchange.client import CourseDesk, DeskProblem
from sandbox.hub.exchange.folders import read_folder
from sandbox.hub.exchange.listing import List
from sandbox.hub.exchange.student import FetchAssignment, FetchFeedback, Submit
from sandbox.hub.exchange.teacher import Collect, ReleaseAssignment
from sandbox.kit.errors import IntegrityFailure
from sandbox.store.classroom import Actions
from tests.exchange.conftest import BLANK

LAB = "/assignments/lab"
BOOK = {"lab.ipynb": BLANK}


def packed(**files: bytes):
    return [{"path": p, "content": base64.b64encode(c).decode()} for p, c in files.items()]


def fetch_and_submit(world, who, text=None):
    if not (world.home(who) / "lab").exists():
        world.plugin(FetchAssignment, who).start()
    if text is not None:
        (world.home(who) / "lab" / "notes.txt").write_text(text)
    world.plugin(Submit, who).start()
    return sorted((world.home(who) / "receipts").glob("*.json"))


def test_student_fetches_what_was_released_without_solution_or_hidden_test(released):
    released.plugin(FetchAssignment, "lira").start()
    text = (released.home("lira") / "lab" / "lab.ipynb").read_text()
    assert "YOUR CODE HERE" in text
    assert "return 2 * x" not in text
    assert "double(21)" not in text


def test_fetch_never_overwrites_work(released):
    released.plugin(FetchAssignment, "lira").start()
    mine = released.home("lira") / "lab" / "lab.ipynb"
    mine.write_text("my work")
    with pytest.raises(ExchangeError):
        released.plugin(FetchAssignment, "lira").start()
    released.plugin(FetchAssignment, "lira", replace_missing_files=True).start()
    assert mine.read_text() == "my work"


def test_fetch_of_what_is_not_released_is_refused(released):
    with pytest.raises(ExchangeError, match="not_released"):
        released.plugin(FetchAssignment, "lira", "other").start()


def test_release_that_shows_a_hidden_test_is_refused(world, course_folder):
    leak = course_folder / "release" / "lab" / "notes.md"
    leak.write_text("look: assert double(21) == 42, 'double(21) is 42'\nassert double(LIMIT) == 20")
    with pytest.raises(ExchangeError, match="shows_tests"):
        world.plugin(ReleaseAssignment, "kanat").start()
    leak.unlink()
    world.plugin(ReleaseAssignment, "kanat").start()
    assert [a["assignment"] for a in world.desk("lira").get("/assignments")] == ["lab"]


def test_release_of_the_source_itself_is_refused(world, course_folder):
    source = course_folder / "source" / "lab" / "lab.ipynb"
    (course_folder / "release" / "lab" / "lab.ipynb").write_bytes(source.read_bytes())
    with pytest.raises(ExchangeError, match="shows_solution"):
        world.plugin(ReleaseAssignment, "kanat").start()


def test_student_may_not_release(world, course_folder):
    body = {"files": packed(**{"a.txt": b"x"}), "master": packed(**{"a.txt": b"x"})}
    with pytest.raises(DeskProblem, match="wrong_role"):
        world.desk("lira").put(f"{LAB}/release", body)


def test_master_is_named_to_teachers_only(released):
    assert released.desk("kanat").get("/assignments")[0]["master"]
    assert released.desk("lira").get("/assignments")[0]["master"] == ""


def test_receipt_holds_offline_and_names_the_student_by_the_token(released):
    (receipt,) = fetch_and_submit(released, "lira")
    said = json.loads(receipt.read_text())
    key = released.client.get(
        "/desk/api/v1/courses/receipt-key", headers={"Authorization": "Bearer t-lira"}
    ).json()["public_key"]
    files = read_folder(released.home("lira") / "lab")
    body = verify_receipt(said, key, files)
    assert (body["student"], body["course"], body["assignment"]) == ("lira", "digital-money", "lab")


@pytest.mark.parametrize("change", ["student", "at", "files", "signature", "other key"])
def test_changed_receipt_does_not_hold(released, change):
    (receipt,) = fetch_and_submit(released, "lira")
    said, key = json.loads(receipt.read_text()), json.loads(receipt.read_text())["public_key"]
    if change == "student":
        said["body"]["student"] = "marat"
    elif change == "at":
        said["body"]["at"] = "2020-01-01T00:00:00+00:00"
    elif change == "files":
        said["body"]["files"][0]["size"] += 1
    elif change == "signature":
        said["signature"] = base64.b64encode(bytes(64)).decode()
    else:
        key = "11" * 32
    with pytest.raises(IntegrityFailure):
        verify_receipt(said, key)


def test_same_files_again_are_one_submission_and_other_files_a_new_one(released):
    fetch_and_submit(released, "lira", "one")
    released.later(minutes=5)
    assert len(fetch_and_submit(released, "lira", "one")) == 1
    released.later(minutes=5)
    assert len(fetch_and_submit(released, "lira", "two")) == 2
    found = released.desk("lira").get("/submissions")
    assert [each["number"] for each in found] == sorted(each["number"] for each in found)
    assert len(found) == 2


def test_going_back_to_an_earlier_version_is_a_new_submission(released):
    for text in ("one", "two", "one"):
        released.later(minutes=1)
        fetch_and_submit(released, "lira", text)
    assert len(released.desk("lira").get("/submissions")) == 3


class Posts:
    """A desk that notes what is posted."""

    def __init__(self, desk):
        self.desk, self.sent = desk, []

    def __getattr__(self, name):
        return getattr(self.desk, name)

    def hand_in(self, *given, **named):
        return CourseDesk.hand_in(self, *given, **named)

    def post(self, path, body):
        self.sent.append((path, body))
        return self.desk.post(path, body)


def test_repeat_that_arrives_late_is_the_submission_it_was(released):
    fetch_and_submit(released, "lira", "one")
    notes = released.home("lira") / "lab" / "notes.txt"
    posts = Posts(released.desk("lira"))
    for text in ("two", "three"):
        released.later(minutes=1)
        notes.write_text(text)
        plugin = released.plugin(Submit, "lira")
        plugin.desk = posts
        plugin.start()
    receipts = [released.desk("lira").post(*sent) for sent in (*posts.sent, posts.sent[0])]
    found = released.desk("lira").get("/submissions")
    assert len(found) == 3
    told = [receipt["body"]["number"] for receipt in receipts]
    assert told == [found[1]["number"], found[2]["number"], found[1]["number"]]


def test_hand_in_that_was_overtaken_is_refused_and_keeps_the_newest(released):
    desk = released.desk("lira")
    first = {"files": packed(**BOOK, **{"a.txt": b"first"}), "after": 0}
    desk.post(f"{LAB}/submissions", {"files": packed(**BOOK, **{"a.txt": b"later"}), "after": 0})
    with pytest.raises(DeskProblem, match="overtaken"):
        desk.post(f"{LAB}/submissions", first)
    assert len(desk.get("/submissions")) == 1
    first["after"] = desk.get("/submissions")[0]["number"]
    desk.post(f"{LAB}/submissions", first)
    assert len(desk.get("/submissions")) == 2


def test_no_student_sees_or_takes_anothers_submission(released):
    fetch_and_submit(released, "lira", "mine")
    (hers,) = released.desk("lira").get("/submissions")
    other = released.desk("marat")
    assert other.get("/submissions") == []
    for path in ("receipt", "files", "marks", "feedback", "grading"):
        with pytest.raises(DeskProblem, match=r"no_submission|wrong_role|no_feedback"):
            other.get(f"/submissions/{hers['submission']}/{path}")


def test_a_name_in_the_body_is_refused_not_believed(released):
    body = {"files": packed(**{"a.txt": b"x"}), "student": "lira"}
    with pytest.raises(DeskProblem):
        released.desk("marat").post(f"{LAB}/submissions", body)
    assert released.desk("lira").get("/submissions") == []


def test_nbgrader_student_option_changes_nothing(released):
    released.plugin(FetchAssignment, "marat").start()
    plugin = released.plugin(Submit, "marat")
    plugin.coursedir.student_id = "lira"
    plugin.start()
    assert released.desk("lira").get("/submissions") == []
    assert len(released.desk("marat").get("/submissions")) == 1


@pytest.mark.parametrize(
    ("token", "code"),
    [
        ("t-nobody", "token.unknown"),
        ("nonsense", "token.unknown"),
        ("t-lira@course-other", "classroom.wrong_server"),
        ("t-lira@home", "classroom.wrong_server"),
        ("t-nurlan", "course.not_found"),
    ],
)
def test_only_the_token_of_a_members_course_server_enters(released, token, code):
    desk = CourseDesk("digital-money", "http://desk", token, http=released.client)
    with pytest.raises(DeskProblem) as refused:
        desk.get("/assignments")
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("../lira/lab.ipynb", "coursework.bad_path"),
        ("/etc/passwd.txt", "coursework.bad_path"),
        ("a/../../b.txt", "coursework.bad_path"),
        ("a\\b.txt", "coursework.bad_path"),
        (".hidden.txt", "coursework.bad_path"),
        ("a/.ssh/x.txt", "coursework.bad_path"),
        ("evil<script>.txt", "coursework.bad_path"),
        ("line\nbreak.txt", "coursework.bad_path"),
        ("right\u202eto-left.txt", "coursework.bad_path"),
        ("program.exe", "coursework.bad_type"),
        ("page.html", "coursework.bad_type"),
        ("broken.ipynb", "coursework.bad_notebook"),
    ],
)
def test_bad_file_is_refused_by_code_and_nothing_is_kept(released, path, code):
    files = [*packed(**{"good.txt": b"good"}), *packed(**{path: b"{}"})]
    with pytest.raises(DeskProblem) as refused:
        released.desk("lira").post(f"{LAB}/submissions", {"files": files})
    assert refused.value.code == code
    assert released.desk("lira").get("/submissions") == []


def test_two_names_that_fall_together_are_refused(released):
    for pair in (("a.txt", "A.txt"), ("a.txt", "a.txt/b.txt")):
        with pytest.raises(DeskProblem, match="same_name"):
            released.desk("lira").post(
                f"{LAB}/submissions", {"files": packed(**dict.fromkeys(pair, b"x"))}
            )


def test_too_large_is_refused(released):
    big = {"files": packed(**{"big.txt": bytes(5 << 20)})}
    with pytest.raises(DeskProblem, match="too_large"):
        released.desk("lira").post(f"{LAB}/submissions", big)


def test_symbolic_link_is_not_followed_when_handing_in(released, tmp_path):
    released.plugin(FetchAssignment, "lira").start()
    (tmp_path / "secret.txt").write_text("of another")
    (released.home("lira") / "lab" / "link.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(ExchangeError, match="link or a special file"):
        released.plugin(Submit, "lira").start()


def test_collect_takes_the_newest_and_keeps_the_time(released):
    fetch_and_submit(released, "lira", "one")
    released.later(minutes=1)
    fetch_and_submit(released, "lira", "two")
    released.plugin(Collect, "kanat", update=True).start()
    folder = released.home("kanat") / "digital-money" / "submitted" / "lira" / "lab"
    assert (folder / "notes.txt").read_text() == "two"
    assert (folder / "timestamp.txt").read_text() == "2026-11-21 09:01:00.000000 UTC\n"


def test_collect_without_update_keeps_what_is_there(released):
    fetch_and_submit(released, "lira", "one")
    released.plugin(Collect, "kanat").start()
    released.later(minutes=1)
    fetch_and_submit(released, "lira", "two")
    released.plugin(Collect, "kanat").start()
    folder = released.home("kanat") / "digital-money" / "submitted" / "lira" / "lab"
    assert (folder / "notes.txt").read_text() == "one"


def test_list_has_the_form_of_the_assignment_list(released):
    (before,) = released.plugin(List, "lira").start()
    assert (before["status"], before["assignment_id"]) == ("released", "lab")
    fetch_and_submit(released, "lira")
    (after,) = released.plugin(List, "lira").start()
    assert after["status"] == "fetched"
    assert [n["notebook_id"] for n in after["notebooks"]] == ["lab"]
    (group,) = released.plugin(List, "lira", cached=True).start()
    assert group["student_id"] == "lira"
    (one,) = group["submissions"]
    assert one["timestamp"] == "2026-11-21 09:00:00.000000 UTC"
    assert (one["has_exchange_feedback"], one["local_feedback_path"]) == (False, None)


def test_nothing_can_be_removed(released):
    with pytest.raises(ExchangeError, match="stays"):
        released.plugin(List, "kanat", remove=True).start()


def test_feedback_before_release_is_not_there(released):
    fetch_and_submit(released, "lira")
    released.plugin(FetchFeedback, "lira").start()
    assert not (released.home("lira") / "lab" / "feedback").exists()


def test_actions_cannot_be_changed_or_deleted(released):
    fetch_and_submit(released, "lira")
    for statement in (
        "UPDATE classroom_action SET actor = 'marat'",
        "DELETE FROM classroom_action",
    ):
        with pytest.raises(Exception, match="append only"), released.store.engine.begin() as c:
            c.exec_driver_sql(statement)


def test_every_act_is_noted_with_who_and_when(released):
    fetch_and_submit(released, "lira")
    released.plugin(Collect, "kanat").start()
    with released.store.unit(read_only=True) as u:
        noted = [(a.number, a.kind.value, a.actor) for a in Actions(u.session).select()]
    assert noted == [
        (1, "released", "kanat"),
        (2, "fetched", "lira"),
        (3, "submitted", "lira"),
        (4, "collected", "kanat"),
    ]


def test_work_without_the_assignments_notebook_is_refused_and_the_earlier_stays(released):
    fetch_and_submit(released, "lira", "one")
    desk, folder = released.desk("lira"), released.home("lira") / "lab"
    before, kept = desk.get("/submissions"), sum(1 for _ in released.parts.blobs.rglob("*"))
    (folder / "lab.ipynb").rename(folder / "my.ipynb")
    (folder / "notes.txt").write_text("two")
    said = r"notebook is missing: lab\.ipynb\. Here are: my\.ipynb, notes\.txt\."
    with pytest.raises(ExchangeError, match=said):
        released.plugin(Submit, "lira").start()
    for path in ("lab.ipynb.txt", "sub/lab.ipynb"):
        body = {"files": packed(**{path: BLANK})}
        with pytest.raises(DeskProblem, match="notebooks_missing"):
            desk.post(f"{LAB}/submissions", body)
    assert desk.get("/submissions") == before
    assert sum(1 for _ in released.parts.blobs.rglob("*")) == kept
    assert len(list((released.home("lira") / "receipts").glob("*.json"))) == 1
    (folder / "my.ipynb").rename(folder / "lab.ipynb")
    assert len(fetch_and_submit(released, "lira", "two")) == 2


def test_too_large_names_the_largest_file_and_its_size(released, monkeypatch):
    monkeypatch.setenv("SYNAK_LANGUAGE", "ky")
    released.plugin(FetchAssignment, "lira").start()
    folder = released.home("lira") / "lab"
    (folder / "rows.csv").write_bytes(bytes(30 << 20))
    with pytest.raises(ExchangeError, match=r"rows\.csv файлы өтө чоң: 30\xa0МБ, .* 4\xa0МБ"):
        released.plugin(Submit, "lira").start()
    for name, size in (("rows.csv", 4 << 20), ("a.txt", 3 << 20), ("b.txt", 3 << 20)):
        (folder / name).write_bytes(bytes(size))
    with pytest.raises(ExchangeError, match=r"чоңу: rows\.csv .*too_large_together"):
        released.plugin(Submit, "lira").start()
    assert released.desk("lira").get("/submissions") == []
