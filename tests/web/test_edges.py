"""Input at the edge of what the parts below can hold: refused in words, its neighbour is taken."""

from __future__ import annotations

import io
import zipfile

import pytest

from sandbox.domain.documents import LARGEST
from sandbox.domain.seats import Actor
from sandbox.kit.errors import InvalidInput
from sandbox.services import document_content, documents, paper_cases
from sandbox.services.acts import LONGEST_KEY, earlier
from sandbox.services.document_content import check_content
from tests.store.postgres import HOW, binaries, cluster
from tests.support.papers import GOOD, many_lines, office
from tests.web.papers_world import attach
from tests.web.test_requirements import WANTED
from tests.web.world import LIMITS, World, world

FAR = ["0001-01-01", "9999-12-31"]
OUT = "date.out_of_range"


@pytest.mark.parametrize("typed", FAR)
def test_a_far_day_of_an_application_is_shown_beside_its_field(desk: World, typed: str) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    path = f"/desk/files/{file_id}/form?section=limits"

    def saved(**more: str) -> str:
        with desk.parts.store.unit(read_only=True) as u:
            revision = str(u.files.get(file_id).revision)
        assert aigul.post(path, LIMITS | more | {"revision": revision}).status_code == 303
        return aigul.get(f"/desk/files/{file_id}/form?section=check").text

    for name in ("start", "end"):
        assert "the year must be from 2000 to 2100" in saved(
            **{"start": "", "end": "", name: typed}
        )
    assert "the year must be" in saved(start="2100-12-31", end="")
    assert "the year must be" not in saved(start="2026-12-31", end="")


@pytest.mark.parametrize("typed", FAR)
def test_far_days_of_the_authorities_are_refused_and_near_ones_taken(
    desk: World, typed: str
) -> None:
    number, ermek = desk.granted(), desk.browser("ermek")
    order = {"recipient": "Court", "legal_basis": "Article 200", "permit": number}
    duty = {"account": "feruza", "starts": "2026-12-01T09:00", "ends": "2026-12-02T09:00"}
    posts = [
        ("/desk/committee/sittings", {"place": "Here", "held_at": f"{typed}T10:00"}),
        ("/desk/duty", duty | {"starts": f"{typed}T00:00"}),
        ("/desk/duty", duty | {"ends": f"{typed}T23:59"}),
        ("/desk/evidence", order | {"since": typed}),
        ("/desk/evidence", order | {"until": typed}),
        ("/desk/calendar/days", {"day": typed, "kind": "day_off", "reason": "A feast"}),
    ]
    for path, fields in posts:
        answer = ermek.act(path, fields)
        assert (answer.status_code, OUT in answer.text) == (400, True), (path, fields)
    assert ermek.act("/desk/duty", duty).status_code == 303
    assert ermek.act("/desk/evidence", order | {"until": "2026-12-31"}).status_code == 303


def test_a_requirement_is_due_within_ten_years_and_its_follower_is_made(desk: World) -> None:
    file_id, ermek = desk.under_review(), desk.browser("ermek")
    path = f"/desk/files/{file_id}/requirements"
    for due, code in (("9999-12-31", OUT), ("2099-12-31", "requirement.due_too_far")):
        answer = ermek.act(path, {**WANTED, "due": due, "every": "12"})
        assert (answer.status_code, code in answer.text) == (400, True)
    assert ermek.act(path, {**WANTED, "due": "2036-01-31", "every": "12"}).status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        (one,) = u.requirements.of_file(file_id)
    shown = desk.browser("aigul").act(f"{path}/{one.id}/file", {"evidence": "Here it is."})
    assert shown.status_code == 303
    assert ermek.act(f"{path}/{one.id}/confirm", {"good_until": "9999-12-31"}).status_code == 400
    assert ermek.sign(path, f"{path}/{one.id}/confirm").status_code == 303
    with desk.parts.store.unit(read_only=True) as u:
        dues = sorted(each.due.date().isoformat() for each in u.requirements.of_file(file_id))
    assert dues == ["2036-01-31", "2037-01-31"]


@pytest.mark.parametrize("zip64", [False, True])
def test_a_directory_longer_than_its_members_need_is_never_read(
    monkeypatch: pytest.MonkeyPatch, *, zip64: bool
) -> None:
    read: list[int] = []

    class Told(zipfile.ZipFile):
        def infolist(self) -> list[zipfile.ZipInfo]:
            found = super().infolist()
            read.append(len(found))
            return found

    monkeypatch.setattr(document_content.zipfile, "ZipFile", Told)
    check_content("plan.docx", io.BytesIO(office(**{f"word/{n}.xml": b"<a/>" for n in range(50)})))
    assert read == [52]
    lines = (LARGEST - 1000) // 47
    for bomb in (many_lines(lines, zip64=zip64), many_lines(lines, told=5000, zip64=zip64)):
        with pytest.raises(InvalidInput, match=r"document\.not_what_it_says"):
            check_content("plan.docx", io.BytesIO(bomb))
    assert read == [52]


def test_content_is_looked_into_while_no_transaction_is_open(
    desk: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    seen: list[str] = []
    for module, name in ((documents, "check_content"), (documents, "add_document")):
        real = getattr(module, name)

        def noted(*given, name=name, real=real, **more):
            seen.append(name)
            return real(*given, **more)

        monkeypatch.setattr(module, name, noted)
    assert attach(aigul, file_id, "plan.pdf", GOOD["plan.pdf"]).status_code == 303
    assert attach(aigul, file_id, "plan.docx", b"MZ").status_code == 400
    assert seen == ["check_content", "add_document", "check_content"]
    assert not hasattr(paper_cases, "check_content")


def test_a_key_is_printable_ascii_of_at_most_a_hundred_characters(desk: World) -> None:
    who = Actor("aigul", "person-aigul", "kattap", frozenset())
    with desk.parts.store.unit(read_only=True) as u:
        for key in ("k", "act 7", "~" * LONGEST_KEY, "0b0e-4f{}:/.", None):
            assert earlier(u, who, "anything", key) is None
        for key, code in (
            ("", "once.key_too_long"),
            ("k" * (LONGEST_KEY + 1), "once.key_too_long"),
            ("a\x00b", "once.key_malformed"),
            ("a\nb", "once.key_malformed"),
            ("a\n", "once.key_malformed"),
            ("ачкыч", "once.key_malformed"),
            ("\u202e", "once.key_malformed"),
            ("\x7f", "once.key_malformed"),
        ):
            with pytest.raises(InvalidInput) as caught:
                earlier(u, who, "anything", key)
            assert caught.value.code == code, repr(key)


def test_nul_in_a_path_a_search_or_a_form_is_no_error_of_the_database(tmp_path) -> None:
    if binaries() is None:
        pytest.skip(HOW)
    with cluster() as url, world(tmp_path, database=url) as desk:
        desk.keys.append("no stage of another store")
        file_id = desk.under_review()
        ermek = desk.browser("ermek")
        for place in ("files", "permits", "cohort/alerts", "audit", "cohort"):
            assert ermek.get(f"/desk/{place}?q=%00&state=%00").status_code == 200, place
        assert file_id in ermek.get(f"/desk/files?q={file_id}%00").text
        assert ermek.get(f"/desk/files/{file_id}").status_code == 200
        for path in (f"files/{file_id}%00", "committee/sittings/%00", "expert/%00"):
            assert ermek.get(f"/desk/{path}").status_code == 404, path
        reason = {"reason": "A\x00 reason."}
        asked = ermek.act(f"/desk/files/{file_id}/requirements/%00/lift", reason)
        assert asked.status_code == 404
        made = ermek.act(
            f"/desk/files/{file_id}/requirements", {**WANTED, "what": "A\x00b", "due": "2026-12-31"}
        )
        assert made.status_code == 303
        with desk.parts.store.unit(read_only=True) as u:
            assert [each.what for each in u.requirements.of_file(file_id)] == ["Ab"]
