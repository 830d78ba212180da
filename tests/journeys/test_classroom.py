"""The classroom, acted by a teacher and two students in their real servers.

Numbered plan: 1 the teacher finds the course and releases the assignment; 2 a student
fetches, solves and hands it in, another hands it in untouched; 3 the teacher grades with
one click and with nbgrader; 4 the student gets feedback and sees the mark.
"""

from __future__ import annotations

import json
import re
import time

import nbformat
import pytest

from sandbox.domain.receipts import verify_receipt
from sandbox.toolchain.layout import CHECKOUT
from tests.attacks.markup import runnable
from tests.support.system import _server_headers

pytestmark = [pytest.mark.journey, pytest.mark.timeout(1500)]
COURSE = "digital-money"
CONTEXT = f"course-{COURSE}"
LAB = "first-payments"
SOURCE = CHECKOUT / "courses" / COURSE / "wallets-and-tokens" / LAB / f"{LAB}.ipynb"
HIDDEN = "addresses of other keys"
NBGRADER = """
import subprocess
def nbgrader(*words):
    done = subprocess.run(["nbgrader", *words], capture_output=True, text=True)
    print(" ".join(words), "->", done.returncode)
    if done.returncode:
        print(done.stdout[-1500:], done.stderr[-3000:])
"""


class Seat:
    """Somebody in the course's server: files, nbgrader's list, a kernel."""

    def __init__(self, system, user):
        self.system, self.user = system, user
        self.base = system.start_server(user, CONTEXT)
        self.client = system.client(user)

    def read(self, path, kind="text"):
        answer = self.client.get(self.base + f"api/contents/{path}", params={"type": "file"})
        assert answer.status_code == 200, (path, answer.text[:300])
        content = answer.json()["content"]
        return content if isinstance(content, str) else json.dumps(content)

    def names(self, path):
        answer = self.client.get(self.base + f"api/contents/{path}")
        if answer.status_code == 404:
            return []
        return sorted(each["name"] for each in answer.json()["content"])

    def write_notebook(self, path, content):
        headers = _server_headers(self.client, self.base)
        body = {"type": "notebook", "format": "json", "content": content}
        answer = self.client.put(self.base + f"api/contents/{path}", json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text[:300]

    def listed(self):
        answer = self.client.get(self.base + "assignments", params={"course_id": COURSE})
        found = answer.json()
        assert found["success"], found
        return found["value"]

    def act(self, action):
        headers = _server_headers(self.client, self.base)
        body = {"course_id": COURSE, "assignment_id": LAB}
        answer = self.client.post(self.base + f"assignments/{action}", json=body, headers=headers)
        found = answer.json()
        assert found["success"], found
        return found["value"]

    def run(self, code, timeout=240):
        return self.system.run_cell(self.user, CONTEXT, code, timeout=timeout)


def solved(fetched: dict) -> dict:
    """The fetched notebook with the answers of the source."""
    master = nbformat.read(SOURCE, as_version=4)
    answers = {
        each.metadata["nbgrader"]["grade_id"]: each.source
        for each in master.cells
        if each.metadata.get("nbgrader", {}).get("solution")
    }
    for each in fetched["cells"]:
        name = each.get("metadata", {}).get("nbgrader", {}).get("grade_id")
        if name in answers:
            each["source"] = answers[name]
    return fetched


@pytest.fixture(scope="module")
def seats(running_system):
    return {who: Seat(running_system, who) for who in ("kanat", "lira", "marat")}


def wait_for(question, seconds=240):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = question()
        if found:
            return found
        time.sleep(1)
    raise AssertionError("did not happen in time")


def test_1_teacher_finds_the_course_and_releases(seats):
    teacher = seats["kanat"]
    wait_for(lambda: f"{LAB}.ipynb" in teacher.names(f"{COURSE}/source/{LAB}"))
    said = teacher.run(
        NBGRADER + f"nbgrader('generate_assignment', '{LAB}')\n"
        f"nbgrader('release_assignment', '{LAB}')"
    )
    assert f"generate_assignment {LAB} -> 0" in said, said
    assert f"release_assignment {LAB} -> 0" in said, said
    page = teacher.client.get(teacher.base + "formgrader")
    assert page.status_code == 200
    assert "formgrader" in page.text.lower()


def test_2_student_fetches_solves_and_hands_in(seats):
    student = seats["lira"]
    (offered,) = [each for each in student.listed() if each["status"] == "released"]
    assert offered["assignment_id"] == LAB
    student.act("fetch")
    fetched = json.loads(student.read(f"{LAB}/{LAB}.ipynb"))
    assert HIDDEN not in json.dumps(fetched)
    assert "Биринчи төлөмдөр" in "".join(fetched["cells"][0]["source"]), "the account's language"
    assert "".join(fetched["cells"][0]["source"]).startswith("> "), "no native reader signed it"
    assert student.names(LAB) == [f"{LAB}.ipynb"], "nothing of the authors lies beside it"
    assert "raise NotImplementedError" in json.dumps(fetched)
    student.write_notebook(f"{LAB}/{LAB}.ipynb", solved(fetched))
    said = student.run(
        "import json\n"
        f"cells = json.load(open('{LAB}/{LAB}.ipynb'))['cells']\n"
        "shared = {}\n"
        "for cell in cells:\n"
        "    if cell['cell_type'] == 'code':\n"
        "        exec(''.join(cell['source']), shared)\n"
        "print('all visible checks hold')"
    )
    assert "all visible checks hold" in said
    student.act("submit")
    (receipt,) = [each for each in student.names("receipts") if each.endswith(".json")]
    (key_file,) = [each for each in student.names("receipts") if each != receipt]
    kept = json.loads(student.read(f"receipts/{receipt}"))
    key = student.read(f"receipts/{key_file}").strip()
    assert kept["public_key"] == key, "the platform's own"
    assert verify_receipt(kept, key)["student"] == "lira"


def test_2_another_student_hands_in_nothing_but_a_script(seats):
    student = seats["marat"]
    student.act("fetch")
    fetched = json.loads(student.read(f"{LAB}/{LAB}.ipynb"))
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)> [a](javascript:alert(3))"
    fetched["cells"].insert(1, nbformat.v4.new_markdown_cell(evil))
    student.write_notebook(f"{LAB}/{LAB}.ipynb", fetched)
    student.act("submit")


def test_2_no_student_reaches_anothers_work_or_the_hidden_tests(seats):
    said = seats["marat"].run(
        "from sandbox.hub.exchange.client import CourseDesk, DeskProblem\n"
        "desk = CourseDesk.here()\n"
        "print([each['student'] for each in desk.get('/submissions')])\n"
        "for path in ('/source', '/assignments/first-payments/grading'):\n"
        "    try:\n"
        "        desk.get(path); print('OPEN', path)\n"
        "    except DeskProblem as no:\n"
        "        print(no.code)\n"
        "import pathlib\n"
        "for path in (*pathlib.Path('/').rglob('*.ipynb'), *pathlib.Path('/').rglob('*.po')):\n"
        f"    if '{HIDDEN[:9]}' + '{HIDDEN[9:]}' in path.read_text(errors='replace'):\n"
        "        print('OPEN', path)\n"
    )
    assert "['marat']" in said
    assert said.count("classroom.wrong_role") == 2
    assert "OPEN" not in said


def test_3_teacher_grades_with_one_click(seats, people):
    teacher = people["kanat"]
    teacher.open(f"/desk/courses/{COURSE}/{LAB}")
    teacher.send(f"/{LAB}/grade")

    def done():
        teacher.open(f"/desk/courses/{COURSE}/{LAB}")
        return set(re.findall(r"\b(\d+) / 20", teacher.text())) == {"20", "0"}

    wait_for(done, 400)
    assert teacher.serious_findings() == []
    teacher.shot("classroom-teacher")


def test_3_nbgrader_in_the_teachers_server_gets_the_same_marks(seats):
    said = seats["kanat"].run(
        NBGRADER + f"nbgrader('collect', '{LAB}')\nnbgrader('autograde', '{LAB}')\n"
        "from nbgrader.api import Gradebook\n"
        f"with Gradebook('sqlite:////home/kanat/{COURSE}/gradebook.db') as book:\n"
        f"    for each in book.assignment_submissions('{LAB}'):\n"
        "        print(each.student.id, each.score, each.max_score)\n",
        timeout=600,
    )
    assert f"autograde {LAB} -> 0" in said, said
    assert "lira 20.0 20.0" in said
    assert "marat 0.0 20.0" in said


def test_3_script_of_a_student_does_not_run_in_formgrader(seats):
    teacher = seats["kanat"]
    said = teacher.run(
        "from nbgrader.api import Gradebook\n"
        f"with Gradebook('sqlite:////home/kanat/{COURSE}/gradebook.db') as book:\n"
        f"    print(book.find_submission_notebook('{LAB}', '{LAB}', 'marat').id)\n"
    )
    page = teacher.client.get(teacher.base + f"formgrader/submissions/{said.strip()}/")
    assert page.status_code == 200
    assert "Биринчи төлөмдөр" in page.text
    assert runnable(page.text) == []


def test_4_feedback_reaches_the_student(seats, people):
    student = seats["lira"]
    said = seats["kanat"].run(NBGRADER + f"nbgrader('release_feedback', '{LAB}')")
    assert f"release_feedback {LAB} -> 0" in said, said
    (group,) = [each for each in student.listed() if each["status"] == "submitted"]
    assert group["submissions"][0]["has_exchange_feedback"]
    student.act("fetch_feedback")
    (at,) = student.names(f"{LAB}/feedback")
    page = student.read(f"{LAB}/feedback/{at}/{LAB}.html")
    assert "20" in page
    assert HIDDEN not in page
    assert "<script" not in page
    mine = people["lira"]
    mine.open(f"/desk/courses/{COURSE}")
    assert "20 of 20" in mine.text()
    assert mine.serious_findings() == []
    assert mine.too_wide() == 0
    mine.shot("classroom-student")


def test_4_the_other_students_mark_is_0_and_his_own(people):
    his = people["marat"]
    his.open(f"/desk/courses/{COURSE}")
    assert set(re.findall(r"\b(\d+) of 20", his.text())) == {"0"}
