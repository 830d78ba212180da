"""Letters: sent out once, the same bytes for everybody, Kyrgyz that can be copied."""

from __future__ import annotations

import hashlib
import io
import re

import pytest
from pypdf import PdfReader

from tests.support.papers import pdf as document
from tests.web.papers_world import attach, documents, sign, submit, take_up
from tests.web.world import World

KY = "Өнөктөш жооптуу; чектөөлөр түздөн-түз аткарылат, кардарлардын укугу корголот: ң ү ө Ң Ү Ө."
RU = "Лимиты малы, партнёр отвечает за клиентов."
DER = b"\x30\x82\x00\x10" + bytes(16)


def words(content: bytes) -> str:
    """All text of a PDF with its spaces made equal."""
    pages = PdfReader(io.BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def decided(desk: World) -> tuple[str, str]:
    """A granted file and its decision's letter."""
    desk.granted()
    with desk.parts.store.unit(read_only=True) as u:
        decision = u.decisions.select()[0]
    return decision.file, f"/desk/files/{decision.file}/letters/{decision.id}"


def issue(desk: World, path: str, name: str = "ermek", **fields: str):
    texts = {"text_ky": KY, "text_other": RU, "language": "ru"} | fields
    return desk.browser(name).act(f"{path}/issue", texts)


def test_a_letter_goes_out_once_with_its_number_and_everybody_gets_the_same_bytes(
    desk: World,
) -> None:
    file_id, path = decided(desk)
    draft = words(desk.browser("aigul").get(f"{path}/letter.pdf").content)
    assert "Долбоор, номери жок" in draft
    assert issue(desk, path).headers["location"].endswith("said=letter_issued")
    again = issue(desk, path, "feruza", text_ky="Башка текст")
    assert (again.status_code, "letter.issued" in again.text) == (409, True)
    taken = {
        name: desk.browser(name).get(f"{path}/letter.pdf").content
        for name in ("aigul", "damira", "ermek", "jyldyz")
    }
    assert len(set(taken.values())) == 1
    page = desk.browser("aigul").get(path).text
    assert hashlib.sha256(taken["aigul"]).hexdigest() in page
    assert "Чыгыш № 2026-0001" in page
    assert "Исх. № 2026-0001" in page
    assert "2026-0001" in desk.browser("aigul").get(f"/desk/files/{file_id}").text
    for name in ("omar", "lira", "operator"):
        assert desk.browser(name).get(path).status_code == 404
        assert desk.browser(name).get(f"{path}/letter.pdf").status_code == 404


def test_the_pdf_has_kyrgyz_letters_an_embedded_face_the_notice_and_the_pages_number(
    desk: World,
) -> None:
    _, path = decided(desk)
    issue(desk, path)
    content = desk.browser("aigul").get(f"{path}/letter.pdf").content
    text = words(content)
    for part in (
        *("ң ү ө Ң Ү Ө", "Уруксат берүү", "Выдача разрешения", "Ermek Abdyldaev"),
        *("Feruza Mamatova", "Чыгыш № 2026-0001", "Исх. № 2026-0001", "1 / "),
        *("Simulated money. This is not a licence", "Симулированные деньги", "лицензия эмес"),
        "/desk/public/permits/SB-2026-0001",
    ):
        assert part in text, part
    assert KY.split(";", maxsplit=1)[0] in text
    faces = {
        font["/FontDescriptor"]["/FontFile2"] is not None
        for page in PdfReader(io.BytesIO(content)).pages
        for font in (each.get_object() for each in page["/Resources"]["/Font"].values())
        if "/FontDescriptor" in font
    }
    assert faces == {True}


def test_only_regulators_send_letters_and_only_of_what_was_decided(desk: World) -> None:
    file_id, decision = desk.proposed()
    path = f"/desk/files/{file_id}/letters/{decision}"
    early = issue(desk, path)
    assert (early.status_code, "letter.not_decided" in early.text) == (409, True)
    assert desk.browser("aigul").get(path).status_code == 404
    assert desk.browser("ermek").get(path).status_code == 200
    for name, status in (("aigul", 404), ("damira", 404), ("jyldyz", 403), ("omar", 404)):
        assert issue(desk, path, name).status_code == status


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"language": "de"}, "letter.language"),
        ({"text_ky": ""}, "text.empty"),
        ({"text_ky": f" {RU.upper()}\n"}, "letter.same_text"),
        ({"text_other": "\u202eturned"}, "text.control_character"),
    ],
)
def test_a_letter_that_cannot_go_out_takes_no_number(desk: World, fields, code) -> None:
    _, path = decided(desk)
    answer = issue(desk, path, **fields)
    assert (answer.status_code, code in answer.text) == (400, True)
    assert issue(desk, path).status_code == 303
    assert "2026-0001" in desk.browser("aigul").get(path).text


def test_the_kyrgyz_reasons_wait_to_be_written(desk: World) -> None:
    _, path = decided(desk)
    with desk.parts.store.unit(read_only=True) as u:
        signed = u.decisions.select()[0].reasons
    page = desk.browser("ermek").get(path).text
    fields = dict(
        re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    )
    assert fields == {"text_ky": "", "text_other": signed}
    kept = issue(desk, path, text_ky=KY, text_other=KY).text
    assert kept.count(f">{KY}</textarea>") == 2


def test_a_detached_signature_is_kept_as_handed_in_and_shown_with_its_hash(desk: World) -> None:
    _, path = decided(desk)
    ermek, aigul = desk.browser("ermek"), desk.browser("aigul")

    def send(name: str, content: bytes, who=ermek):
        return who.post(f"{path}/signatures", files={"signature": (name, content)})

    assert send("letter.p7s", DER).status_code == 404
    issue(desk, path)
    for name, content in (
        *(("letter.p7s", b"not a signature"), ("letter.pdf", DER), ("letter.p7s", DER + b"x")),
        ("letter.sig", b"\x30\x82\xff\xff" + bytes(16)),
    ):
        answer = send(name, content)
        assert (answer.status_code, "letter.no_signature" in answer.text) == (400, True), name
    large = send("letter.p7s", b"\x30\x80" + bytes(1_100_000))
    assert large.status_code == 400
    assert send("letter.p7s", DER, aigul).status_code == 403
    assert send("../letter.p7s", DER).status_code == 303
    twice = send("again.p7s", DER)
    assert (twice.status_code, "letter.signature_twice" in twice.text) == (409, True)
    page = aigul.get(path).text
    assert hashlib.sha256(DER).hexdigest() in page
    link = re.search(r'href="([^"]+/signatures/[0-9a-f]+)"', page)[1]
    taken = aigul.get(link)
    assert taken.content == DER
    assert "attachment" in taken.headers["content-disposition"]
    assert desk.browser("omar").get(link).status_code == 404


def test_the_whole_file_is_one_pdf_with_an_inventory_and_no_record_of_the_authority(
    desk: World,
) -> None:
    file_id = desk.draft()
    attach(desk.browser("aigul"), file_id, "Өтүнмө.pdf", document(), kind="business_plan")
    submit(desk, file_id)
    sign(desk, file_id)
    take_up(desk, file_id)
    ermek = desk.browser("ermek", "ky")
    ermek.post(f"/desk/files/{file_id}/records/notes", {"text": "A secret of ours"})
    ermek.act(
        f"/desk/files/{file_id}/questions", {"text": "Түнкүсүн ким жооп берет?\n" + "сөз " * 4000}
    )
    content = ermek.get(f"/desk/files/{file_id}/file.pdf").content
    text = words(content)
    pages = len(PdfReader(io.BytesIO(content)).pages)
    assert pages > 3
    assert f"{pages} / {pages}" in text
    for part in (
        *("Документтердин тизмеси", "Өтүнмө.pdf", "Түнкүсүн ким жооп берет?"),
        *(hashlib.sha256(document()).hexdigest()[:40], "Kattap Pay", "Симулированные деньги"),
    ):
        assert part in text, part
    assert "secret" not in text
    page = ermek.get(f"/desk/files/{file_id}/print").text
    assert hashlib.sha256(document()).hexdigest() in page
    assert "secret" not in page
    assert desk.browser("omar").get(f"/desk/files/{file_id}/file.pdf").status_code == 404
    assert desk.browser("omar").get(f"/desk/files/{file_id}/print").status_code == 404
    assert documents(desk, file_id)


def test_markup_in_what_people_typed_is_text_on_paper_too(desk: World) -> None:
    _, path = decided(desk)
    hostile = '<font color="[x for x in 1]">a</font> & <img src="file:///etc/passwd"/> <b>b'
    assert issue(desk, path, text_ky=f"{hostile} ky", text_other=hostile).status_code == 303
    text = words(desk.browser("aigul").get(f"{path}/letter.pdf").content)
    assert "passwd" in text
    assert "<b>b" in text


def test_the_public_page_has_a_code_and_speaks_three_languages(desk: World) -> None:
    number = desk.granted()
    stranger = desk.browser(None, "ru")
    page = stranger.get(f"/desk/public/permits/{number}").text
    assert "EN · This permit is valid" in page
    assert "KY · " in page
    assert "RU · " not in page
    code = stranger.get(f"/desk/public/permits/{number}/qr.svg")
    assert code.headers["content-type"].startswith("image/svg+xml")
    assert f"{desk.parts.public_url}/desk/public/permits/{number}" in code.text
    assert "<script" not in code.text
    assert stranger.get("/desk/public/permits/SB-2026-0999/qr.svg").status_code == 404
    assert f"{number}/qr.svg" in desk.browser("aigul").get(f"/desk/permits/{number}").text
