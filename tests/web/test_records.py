"""Checklist and notes: regulators write, auditors read, nobody else learns that they exist."""

from __future__ import annotations

from sandbox.domain.records import FileActor
from sandbox.domain.seats import FileSeat
from tests.web.world import START, World

SECRET = "Their lawyer is the minister's cousin."


def page_of(file_id: str) -> str:
    return f"/desk/files/{file_id}/records"


def recorded(desk: World) -> str:
    file_id = desk.under_review()
    ermek = desk.browser("ermek")
    marks = {"verdict.aml": "not_met", "remark.aml": SECRET, "revision.aml": "0"}
    assert ermek.post(f"{page_of(file_id)}/checklist", marks).status_code == 303
    assert ermek.post(f"{page_of(file_id)}/notes", {"text": SECRET}).status_code == 303
    return file_id


def test_regulators_write_and_auditors_read(desk: World) -> None:
    file_id = recorded(desk)
    for name in ("ermek", "feruza", "jyldyz"):
        text = desk.browser(name).get(page_of(file_id)).text.replace("&#39;", "'")
        assert text.count(SECRET) == 2, name
        assert "1 of 16" in text
        assert page_of(file_id) in desk.browser(name).get(f"/desk/files/{file_id}").text
    assert (
        desk.browser("jyldyz")
        .post(f"{page_of(file_id)}/notes", {"text": "An auditor's"})
        .status_code
        == 404
    )


def test_for_everybody_else_there_is_no_such_page(desk: World) -> None:
    file_id = recorded(desk)
    for name in ("aigul", "bakyt", "cholpon", "damira", "omar", "lira", "operator"):
        browser = desk.browser(name)
        assert browser.get(page_of(file_id)).status_code == 404, name
        for form in ("checklist", "notes"):
            answer = browser.post(f"{page_of(file_id)}/{form}", {"text": "x"})
            assert answer.status_code == 404, name
        for path in ("", "/print", "/versions"):
            text = browser.get(f"/desk/files/{file_id}{path}").text
            assert "records" not in text
            assert "cousin" not in text
            assert "Record of the authority" not in text
    assert desk.browser("ermek").get(page_of(file_id)).text.count("cousin") == 2


def test_the_log_holds_that_something_was_recorded_and_no_word_of_it(desk: World) -> None:
    file_id = recorded(desk)
    with desk.parts.store.unit(read_only=True) as u:
        found = u.audit.of_subjects(f"authority:{file_id}")
        assert [each.kind for each in found] == ["authority.recorded"] * 2
        assert "cousin" not in str([each.body for each in found])
        assert not any(each.kind.startswith("authority") for each in u.audit.of_subjects(file_id))


def test_a_mark_that_somebody_else_changed_is_not_overwritten(desk: World) -> None:
    file_id = recorded(desk)
    form = f"{page_of(file_id)}/checklist"
    late = {"verdict.aml": "met", "remark.aml": "", "revision.aml": "0"}
    answer = desk.browser("feruza").post(form, late)
    assert (answer.status_code, "checklist.changed" in answer.text) == (409, True)
    assert desk.browser("feruza").post(form, late | {"revision.aml": "1"}).status_code == 303
    same = {"verdict.aml": "met", "remark.aml": "", "revision.aml": "0"}
    assert desk.browser("ermek").post(form, same).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        mark = u.marks.of_file(file_id)["aml"]
    assert (mark.verdict.value, mark.by, mark.revision) == ("met", "feruza", 2)


def test_what_is_no_mark_is_refused(desk: World) -> None:
    file_id, ermek = desk.under_review(), desk.browser("ermek")
    for fields, code in (
        ({"verdict.aml": "perhaps"}, "checklist.unknown"),
        ({"remark.aml": "no mark"}, "checklist.no_verdict"),
        ({"verdict.aml": "met", "remark.aml": "x" * 2001}, "text.too_long"),
    ):
        answer = ermek.post(f"{page_of(file_id)}/checklist", fields)
        assert (answer.status_code, code in answer.text) == (400, True)
    empty = ermek.post(f"{page_of(file_id)}/notes", {"text": " "})
    assert (empty.status_code, "text.empty" in empty.text) == (400, True)


def test_a_regulator_with_another_seat_in_the_file_has_no_such_page(desk: World) -> None:
    file_id = recorded(desk)
    assert desk.browser("feruza").get(page_of(file_id)).status_code == 200
    with desk.parts.store.unit() as u:
        seat = FileActor(file_id, "person-feruza", "feruza", FileSeat.SPONSOR, START)
        u.file_actors.add(seat)
        u.commit()
    assert desk.browser("feruza").get(page_of(file_id)).status_code == 404
    assert page_of(file_id) not in desk.browser("feruza").get(f"/desk/files/{file_id}").text
