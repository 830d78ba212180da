"""Witness pages: the printed register, a proof step by step, what the chain says of a permit."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from html import unescape

import pytest
from eth_abi.abi import encode
from typer.testing import CliRunner

from sandbox.domain.attestation import PermitAttestation, Standing
from sandbox.domain.lifecycle import FileState
from sandbox.domain.terms import TrialState
from sandbox.domain.witnesses import WitnessKind
from sandbox.kit.merkle import node_hash
from sandbox.services.calls import call_data
from sandbox.services.commands import app
from sandbox.services.papers_kept import missing_papers
from tests.web.seams import SUPERVISOR
from tests.web.world import World

WITNESSES = "/desk/audit/witnesses"
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f"
    b"\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND"
    b"\xaeB`\x82"
)


def _made(browser):
    place = browser.post("/desk/audit/pages")
    assert place.status_code == 303, place.text
    return place.headers["location"]


def test_a_clerk_makes_prints_reprints_and_attaches_the_scan_of_a_page(desk: World, tmp_path):
    desk.under_review()
    ermek = desk.browser("ermek")
    place = _made(ermek)
    assert place == "/desk/audit/pages/1"
    early = _upload(ermek, place)
    assert (early.status_code, "not printed yet" in early.text) == (400, True)
    original = ermek.post(f"{place}/print")
    reprint = ermek.post(f"{place}/print")
    assert [each.content[:5] for each in (original, reprint)] == [b"%PDF-", b"%PDF-"]
    assert "reprint-1" in reprint.headers["content-disposition"]
    assert "reprint" not in original.headers["content-disposition"]
    assert original.content != reprint.content
    path, url = tmp_path / "page.pdf", f"sqlite:///{desk.database}"
    path.write_bytes(original.content)
    done = CliRunner().invoke(app, ["verify", "--database", url, "--witness", str(path)])
    assert done.exit_code == 0, done.stdout
    page = ermek.get(place).text
    assert "Prints so far: 2" in page
    typed = tmp_path / "typed.txt"
    typed.write_text(re.search(r'(?s)id="typed">(.*?)</p>', page)[1])
    done = CliRunner().invoke(app, ["verify", "--database", url, "--witness", str(typed)])
    assert done.exit_code == 0, done.stdout
    typed.write_text(typed.read_text().replace("size: ", "size: 1"))
    done = CliRunner().invoke(app, ["verify", "--database", url, "--witness", str(typed)])
    assert done.exit_code == 2, done.stdout
    assert _upload(ermek, place).status_code == 303
    assert _upload(ermek, place).status_code == 409
    scan = re.search(rf"{place}/scans/[0-9a-f]+", ermek.get(place).text)[0]
    taken = desk.browser("jyldyz").get(scan)
    assert (taken.content, "attachment" in taken.headers["content-disposition"]) == (PNG, True)
    with desk.parts.store.unit(read_only=True) as u:
        kinds = [
            each.kind.removeprefix("witness.page_") for each in u.audit.of_subjects("register-1")
        ]
        assert missing_papers(u, desk.parts.blobs) == ()
        elsewhere = missing_papers(u, tmp_path / "another")
    assert kinds == ["made", "printed", "printed", "scanned"]
    assert elsewhere == (f"register-1 {hashlib.sha256(PNG).hexdigest()}",)


def _upload(browser, place):
    files = {"scan": ("page.png", PNG, "image/png")}
    return browser.post(f"{place}/scans", files=files)


def test_pages_are_numbered_without_gaps_and_a_second_click_makes_and_prints_none(desk: World):
    desk.under_review()
    ermek, jyldyz = desk.browser("ermek"), desk.browser("jyldyz")
    twice = [ermek.post("/desk/audit/pages", {"_key": "once"}).headers["location"] for _ in "ab"]
    assert twice == ["/desk/audit/pages/1"] * 2
    first, second = (ermek.post("/desk/audit/pages/1/print", {"_key": "p"}) for _ in "ab")
    assert first.content == second.content
    refused = jyldyz.post("/desk/audit/pages")
    assert (refused.status_code, "since page 1" in refused.text) == (409, True)
    with desk.parts.store.unit() as u:
        u.audit.append(kind="test", actor="x", subject="y", data={}, at=desk.clock.now())
        u.commit()
    assert _made(jyldyz) == "/desk/audit/pages/2"
    with desk.parts.store.unit(read_only=True) as u:
        pages = u.witnessed.newest(WitnessKind.PAGE, 9)
    assert [(each.number, each.prints) for each in pages] == [(2, 0), (1, 1)]


@pytest.mark.parametrize(
    "who",
    [
        "aigul",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("damira", "operator", "timur", "lira")),
    ],
)
def test_for_everybody_else_there_is_no_register(desk: World, who):
    _made(desk.browser("ermek"))
    browser = desk.browser(who)
    for path in (
        WITNESSES,
        "/desk/audit/pages/1",
        "/desk/audit/pages/9",
        "/desk/audit/pages/1/scans/a",
    ):
        assert browser.get(path).status_code == 404, path
    for path in ("/desk/audit/pages", "/desk/audit/pages/1/print"):
        assert browser.post(path).status_code == 404, path
    assert _upload(browser, "/desk/audit/pages/1").status_code == 404
    assert WITNESSES not in browser.get("/desk/audit").text


@pytest.mark.parametrize(
    "lang", ["ky", *(pytest.param(n, marks=pytest.mark.slow) for n in ("ru", "en"))]
)
def test_the_pages_show_what_the_witnesses_have(desk: World, lang):
    ermek = desk.browser("ermek", lang)
    for path in (WITNESSES, _made(ermek), "/desk/audit/proof/0"):
        page = ermek.get(path)
        assert (page.status_code, page.headers["content-language"]) == (200, lang)
    for number in (0, 2**31, 2**70):
        assert ermek.get(f"/desk/audit/pages/{number}").status_code == 404


def test_every_step_of_a_proof_is_shown_and_leads_to_the_signed_root(desk: World):
    desk.under_review()
    stranger = desk.browser(None)
    head = stranger.get("/desk/api/v1/audit/head").json()
    for index in (0, head["size"] - 1):
        page = stranger.get(f"/desk/audit/proof/{index}").text
        rows = re.findall(r"SHA-256\(01 ‖ (.*?) ‖ (.*?)\)</td><td[^>]*>([0-9a-f]{64})", page)
        assert "ermek" not in page.lower()
        result = bytes.fromhex(
            re.search(r"\(00 ‖ commitment\)</td><td[^>]*>([0-9a-f]{64})", page)[1]
        )
        for left, right, said in rows:
            sides = [
                result if each == "result before" else bytes.fromhex(each) for each in (left, right)
            ]
            result = node_hash(*sides)
            assert result.hex() == said
        assert result.hex() == head["root"]
    beyond = stranger.get(f"/desk/audit/proof/{head['size']}")
    assert beyond.status_code == 404
    moved = stranger.get("/desk/audit/proof?entry=1")
    assert moved.headers["location"] == "/desk/audit/proof/1"
    assert "Application" in desk.browser("ermek").get("/desk/audit/proof/1").text


class Chain:
    """What the contract answers on the seam: one statement about every permit."""

    def __init__(self, desk: World, view) -> None:
        self.version, self.standing = view["version"], 1
        self.document = bytes.fromhex(view["document_hash"][2:])
        gateway = desk.gateway
        national, rpc = gateway.national, gateway.rpc

        def known():
            return {"kgst": replace(national()["kgst"], attestations=SUPERVISOR)}

        def asked(chain, method, params):
            data = params[0]["data"] if method == "eth_call" else ""
            if data[:10] == call_data("Attestations", "permitOf", bytes(32))[:10]:
                said = (self.version, self.standing, 2, 1, 2, 3, self.document)
                kinds = "(uint64,uint8,uint8,uint64,uint64,uint64,bytes32)"
                return "0x" + encode((kinds,), (said,)).hex()
            if data[:10] == call_data("Attestations", "isValid", bytes(32))[:10]:
                return "0x" + encode(("bool",), (self.standing == 1,)).hex()
            return rpc(chain, method, params)

        gateway.national, gateway.rpc = known, asked


def test_the_public_page_says_what_the_chain_says(desk: World):
    number = desk.granted()
    public, stranger = f"/desk/public/permits/{number}", desk.browser(None)
    json_path = f"/desk/api/v1/public/permits/{number}"
    assert "The chain cannot be asked" in stranger.get(public).text
    assert stranger.get(f"{json_path}/attestation").status_code == 503
    chain = Chain(desk, stranger.get(json_path).json())
    with desk.parts.store.unit() as u:
        document = "0x" + chain.document.hex()
        told = (number, 1, 1, Standing.VALID, document, "0x" + "ab" * 32, 842, None)
        u.attestations.add(PermitAttestation(*told, desk.clock.now()))
        u.commit()
    page = stranger.get(public).text
    assert "The same: version 1, Valid, the same document; signatures of regulators: 2." in page
    assert "/desk/explorer/kgst/blocks/842" in page
    assert "/desk/explorer/kgst/transactions/0x" + "ab" * 32 in page
    said = stranger.get(f"{json_path}/attestation").json()
    assert (said["same"], said["block"], said["standing"], said["valid"]) == (
        *(True, 842, "valid", True),
    )
    chain.standing = 5
    page = stranger.get(public).text
    assert "It names version 1, Revoked." in page
    said = stranger.get(f"{json_path}/attestation").json()
    assert (said["same"], said["block"], said["transaction"]) == (False, None, "")
    chain.version = 0
    assert "no statement about this permit yet" in stranger.get(public).text
    assert stranger.get(f"{json_path}/attestation").json()["standing"] == ""


PRIVATE = ("aigul", "bakyt", "ermek", "feruza", "Osmonova", "Loss of a phone", "F-2026")


def test_nothing_private_is_attested_or_shown(desk: World):
    number = desk.granted()
    stranger = desk.browser(None)
    Chain(desk, stranger.get(f"/desk/api/v1/public/permits/{number}").json())
    said = stranger.get(f"/desk/api/v1/public/permits/{number}/attestation")
    assert sorted(said.json()) == [
        *("block", "chain_id", "contract", "document_hash", "number", "permit_id", "same"),
        *("signatures", "standing", "transaction", "valid", "version"),
    ]
    page = stranger.get(f"/desk/public/permits/{number}").text
    assert [word for word in PRIVATE if word in page + said.text] == []
    for unknown in ("SB-2020-0001", "SB-2026-9999"):
        missing = stranger.get(f"/desk/api/v1/public/permits/{unknown}/attestation")
        assert missing.status_code == 404


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("expired", "its term is over"),
        ("graduated", "a statement of what was tested is signed"),
        *(
            pytest.param(state, said, marks=pytest.mark.slow)
            for state, said in (
                ("suspended", "This permit is suspended"),
                ("halted", "This permit is halted"),
                ("revoked", "it was revoked"),
                ("revocation_appealed", "it was revoked"),
                ("surrendered", "its holder returned it"),
                ("completed", "money is home"),
            )
        ),
    ],
)
def test_each_standing_has_its_own_words_in_three_languages(desk: World, state, said):
    number = desk.granted()
    with desk.parts.store.unit() as u:
        permit = u.permits.get(number)
        trial = TrialState.HALTED if state == "halted" else TrialState.WIND_DOWN
        u.permits.save(replace(permit, trial_state=trial))
        u.files.save(replace(u.files.get(permit.file), state=FileState(state)))
        u.commit()
    page = unescape(desk.browser(None).get(f"/desk/public/permits/{number}").text)
    assert said in page
    verdict = page[page.index('class="verdict') : page.index('class="facts"')]
    assert 'lang="ru"' in verdict
    assert 'lang="ky"' in verdict
    assert "licen" not in verdict
