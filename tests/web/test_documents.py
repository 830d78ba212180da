"""Documents: what is taken, what is refused and leaves nothing, who sees what, what is signed."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from eth_account import Account
from eth_account.messages import encode_defunct

from sandbox.domain.documents import LARGEST
from sandbox.services.sponsorship import signature_holds, sponsor_text, submitted_documents
from tests.support.papers import BAD, GOOD, pdf
from tests.web.papers_world import (
    attach,
    bytes_kept,
    documents,
    give_back,
    save,
    sign,
    submit,
    take_up,
)
from tests.web.world import World


def test_each_format_is_kept_with_its_hash_and_comes_back_as_a_download(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    for name, content in GOOD.items():
        answer = attach(aigul, file_id, name, content, kind="technical")
        assert answer.status_code == 303, (name, answer.text)
    with desk.parts.store.unit(read_only=True) as u:
        kept = {each.sha256: each for each in u.documents.of_file(file_id)}
    for name, content in GOOD.items():
        document = kept[hashlib.sha256(content).hexdigest()]
        answer = aigul.get(f"/desk/files/{file_id}/documents/{document.id}")
        assert answer.content == content
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"
        assert document.name == name[:-3] + name[-3:].lower()
    page = aigul.get(f"/desk/files/{file_id}/form?section=documents").text
    assert page.count("SHA-256") == len(GOOD)


REFUSED = [
    *((name, content, "document.not_what_it_says") for name, content in BAD.items()),
    ("run.exe", b"MZ", "document.format"),
    ("page.html", b"<p>", "document.format"),
    ("plan", pdf(), "document.no_name"),
    ("empty.pdf", b"", "document.empty"),
    ("large.txt", b"a" * (LARGEST + 1), "document.too_large"),
    ("huge.txt", b"a" * (LARGEST + 2_000_000), "document.too_large"),
]


def test_what_is_refused_gives_one_reason_and_leaves_nothing(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    for name, content, code in REFUSED:
        answer = attach(aigul, file_id, name, content)
        assert answer.status_code == 400, name
        assert answer.text.count(code) == 1, (name, code)
        assert bytes_kept(desk, file_id) == [], name
    assert documents(desk, file_id) == {}


def test_the_largest_document_is_taken(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    assert attach(aigul, file_id, "large.txt", b"a" * LARGEST).status_code == 303
    assert list(documents(desk, file_id)) == ["large.txt"]


def test_a_post_without_a_file_or_a_kind_says_so(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    nothing = aigul.post(f"/desk/files/{file_id}/documents", {"kind": "other"})
    assert (nothing.status_code, "document.none" in nothing.text) == (400, True)
    odd = attach(aigul, file_id, "plan.pdf", pdf(), kind="secret")
    assert (odd.status_code, "document.kind" in odd.text) == (400, True)
    assert bytes_kept(desk, file_id) == []


def test_the_same_content_is_attached_once(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    assert attach(aigul, file_id, "plan.pdf", pdf()).status_code == 303
    again = attach(aigul, file_id, "other.pdf", pdf())
    assert (again.status_code, "document.same" in again.text) == (409, True)
    assert len(bytes_kept(desk, file_id)) == 1


def test_a_form_sent_twice_attaches_once(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    for _ in range(2):
        assert attach(aigul, file_id, "plan.pdf", pdf(), _key="one-key").status_code == 303
    assert len(documents(desk, file_id)) == 1


def test_a_draft_and_its_documents_exist_for_the_applicant_alone(desk: World) -> None:
    file_id = desk.draft()
    assert attach(desk.browser("aigul"), file_id, "plan.pdf", pdf()).status_code == 303
    path = f"/desk/files/{file_id}/documents/{documents(desk, file_id)['plan.pdf']}"
    assert desk.browser(None).get(path).status_code == 303
    for name in ("omar", "damira", "ermek", "jyldyz", "lira", "operator"):
        other = desk.browser(name)
        assert other.get(path).status_code == 404, name
        assert attach(other, file_id, "mine.pdf", pdf("mine")).status_code in (403, 404), name
        assert other.post(f"{path}/remove").status_code in (403, 404), name
    assert desk.browser("bakyt").post(f"{path}/remove").status_code == 403
    assert list(documents(desk, file_id)) == ["plan.pdf"]
    assert len(bytes_kept(desk, file_id)) == 1


def test_after_submission_sponsor_and_regulators_see_it_and_no_other_firm(desk: World) -> None:
    file_id = desk.draft()
    attach(desk.browser("aigul"), file_id, "plan.pdf", pdf())
    submit(desk, file_id)
    path = f"/desk/files/{file_id}/documents/{documents(desk, file_id)['plan.pdf']}"
    for name, status in (
        *(("aigul", 200), ("bakyt", 200), ("damira", 200), ("ermek", 200), ("jyldyz", 200)),
        *(("omar", 404), ("lira", 404), ("operator", 404)),
    ):
        assert desk.browser(name).get(path).status_code == status, name
    assert (
        hashlib.sha256(pdf()).hexdigest()
        in desk.browser("damira").get(f"/desk/files/{file_id}").text
    )


def test_a_document_of_another_file_is_not_reached_through_ones_own(desk: World) -> None:
    first, aigul = desk.draft(), desk.browser("aigul")
    attach(aigul, first, "plan.pdf", pdf())
    document = documents(desk, first)["plan.pdf"]
    second = aigul.post("/desk/files").headers["location"].split("/")[3]
    assert aigul.get(f"/desk/files/{second}/documents/{document}").status_code == 404
    assert aigul.get(f"/desk/files/..%2f..%2f/documents/{document}").status_code == 404
    assert attach(aigul, "F-2026-0001%2f..", "x.pdf", pdf("x")).status_code == 404


def test_what_was_never_submitted_is_taken_away_whole(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    attach(aigul, file_id, "wrong.pdf", pdf("a stranger's passport"))
    document = documents(desk, file_id)["wrong.pdf"]
    assert aigul.post(f"/desk/files/{file_id}/documents/{document}/remove").status_code == 303
    assert documents(desk, file_id) == {}
    assert bytes_kept(desk, file_id) == []
    assert aigul.get(f"/desk/files/{file_id}/documents/{document}").status_code == 404
    with desk.parts.store.unit(read_only=True) as u:
        said = str([each.body for each in u.audit.of_subjects(file_id)])
    assert "file.document_removed" in said
    assert "wrong.pdf" not in said


def test_a_submitted_file_takes_no_document_and_gives_none_up(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    attach(aigul, file_id, "plan.pdf", pdf())
    submit(desk, file_id)
    document = documents(desk, file_id)["plan.pdf"]
    attach(aigul, file_id, "late.pdf", pdf("late"))
    aigul.post(f"/desk/files/{file_id}/documents/{document}/remove")
    assert list(documents(desk, file_id)) == ["plan.pdf"]
    assert len(bytes_kept(desk, file_id)) == 1


def test_the_signature_covers_the_hash_of_each_document_and_old_ones_still_hold(
    desk: World,
) -> None:
    plain = desk.submitted()
    sign(desk, plain)
    with_one = desk.draft()
    attach(desk.browser("aigul"), with_one, "plan.pdf", pdf())
    submit(desk, with_one)
    sign(desk, with_one)
    with desk.parts.store.unit(read_only=True) as u:
        old, new = u.files.get(plain), u.files.get(with_one)
        lines = submitted_documents(u, new)
        assert submitted_documents(u, old) == ()
    text = old.sponsor_signature["text"]
    assert len(text.splitlines()) == 5
    assert text.splitlines()[-1].startswith("application sha-256: ")
    assert sponsor_text(old) == text
    signer = Account.recover_message(
        encode_defunct(text=text), signature=old.sponsor_signature["signature"]
    )
    assert signer == old.sponsor_signature["address"]
    assert signature_holds(old, ())
    assert hashlib.sha256(pdf()).hexdigest() in new.sponsor_signature["text"]
    assert signature_holds(new, lines)
    assert not signature_holds(new, ())
    assert not signature_holds(new, [{**lines[0], "sha256": "0" * 64}])
    assert not signature_holds(replace(new, answers={**new.answers, "risks": "none"}), lines)
    page = desk.browser("ermek").get(f"/desk/files/{with_one}").text
    assert "covers this application and these documents" in page.replace("&#39;", "'")


def test_a_later_version_leaves_the_submitted_one_as_it_was(desk: World) -> None:
    file_id = desk.draft()
    aigul, ermek = desk.browser("aigul"), desk.browser("ermek")
    attach(aigul, file_id, "plan.pdf", pdf("one"))
    attach(aigul, file_id, "gone.pdf", pdf("gone"))
    submit(desk, file_id)
    sign(desk, file_id)
    take_up(desk, file_id)
    give_back(desk, file_id)
    before = documents(desk, file_id)
    attach(aigul, file_id, "plan v2.pdf", pdf("two"), replaces=before["plan.pdf"])
    aigul.post(f"/desk/files/{file_id}/documents/{before['gone.pdf']}/remove")
    save(desk, file_id, "test", safeguards="Caps of 3 000 som, a complaint line, money back.")
    assert list(documents(desk, file_id)) == ["plan v2.pdf"]
    meanwhile = ermek.get(f"/desk/files/{file_id}").text
    assert "gone.pdf" in meanwhile
    assert "plan v2.pdf" not in meanwhile
    assert "3 000 som" not in meanwhile
    fresh = documents(desk, file_id)["plan v2.pdf"]
    assert ermek.get(f"/desk/files/{file_id}/documents/{fresh}").status_code == 404
    submit(desk, file_id)
    for document, content in (
        (before["plan.pdf"], pdf("one")),
        (before["gone.pdf"], pdf("gone")),
        (fresh, pdf("two")),
    ):
        assert ermek.get(f"/desk/files/{file_id}/documents/{document}").content == content
    page = ermek.get(f"/desk/files/{file_id}/versions").text
    assert "<ins>plan v2.pdf</ins>" in page
    assert "<del>gone.pdf</del>" in page
    assert "[gone: </span>Caps" in page or "<del>" in page
    assert "3 000" in page.split('id="changes"')[1]
    with desk.parts.store.unit(read_only=True) as u:
        first, second = u.submissions.of_file(file_id)
    assert (len(first.documents), len(second.documents)) == (2, 1)
    assert second.documents[0]["version"] == 2
    assert desk.browser("omar").get(f"/desk/files/{file_id}/versions").status_code == 404
    assert ermek.get(f"/desk/files/{file_id}/versions?first=1&second=9").status_code == 404


def test_the_same_document_sent_by_many_at_once_is_attached_once(desk: World) -> None:
    file_id = desk.draft()
    people = [desk.browser(name) for name in ("aigul", "cholpon") * 3]
    with ThreadPoolExecutor(6) as pool:
        codes = list(
            pool.map(lambda each: attach(each, file_id, "plan.pdf", pdf()).status_code, people)
        )
    assert sorted(codes) == [303, *[409] * 5]
    assert (len(documents(desk, file_id)), len(bytes_kept(desk, file_id))) == (1, 1)


def test_bytes_that_changed_on_the_disk_are_never_sent(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    attach(aigul, file_id, "plan.pdf", pdf())
    (path,) = bytes_kept(desk, file_id)
    path.chmod(0o600)
    path.write_bytes(pdf("something else"))
    document = documents(desk, file_id)["plan.pdf"]
    answer = aigul.get(f"/desk/files/{file_id}/documents/{document}")
    assert answer.status_code == 500
    assert "something else" not in answer.text


def test_bytes_without_a_record_are_swept_at_the_next_act(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    attach(aigul, file_id, "plan.pdf", pdf())
    left = desk.parts.blobs / "papers" / file_id / "aa" / ("aa" * 32)
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"an act that failed half-way")
    attach(aigul, file_id, "more.pdf", pdf("more"))
    assert not left.exists()
    assert len(bytes_kept(desk, file_id)) == 2


def test_a_product_kind_requires_its_own_parts_and_none_requires_the_five(desk: World) -> None:
    file_id, aigul = desk.draft(), desk.browser("aigul")
    check = f"/desk/files/{file_id}/form?section=check"
    assert "Every part is complete." in aigul.get(check).text
    save(desk, file_id, "product", product_kind="virtual_asset")
    page = aigul.get(check).text
    for part in ("aml_policy", "client_agreement"):
        assert f'section=rules#{part}"' in page
    answer = aigul.post(
        f"/desk/files/{file_id}/form?section=product", {"product_kind": "bank", "revision": "1"}
    )
    assert answer.status_code in (400, 409)
    save(desk, file_id, "rules", aml_policy="KYC of everybody.", client_agreement="A test.")
    assert "Every part is complete." in aigul.get(check).text
