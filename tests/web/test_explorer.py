"""The explorer's pages over what a real chain sealed, and who may learn what from them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from eth_utils.abi import function_signature_to_4byte_selector

from sandbox.contracts.compiler import compiler_version
from sandbox.contracts.made import further_address, ledgers_address, reviews_address
from sandbox.services import explorer_functions
from tests.gateway.support import encode
from tests.services.explorer_world import SOURCE, follow
from tests.web.explorer_world import KGST, SOMEBODY, fill, standard_input, system
from tests.web.world import world

OUTSIDERS = ["omar", "operator", "lira"]
INSIDERS = ["aigul", "bakyt", "cholpon", "damira", "ermek", "jyldyz"]
PRIVATE = ["SB-2026-0001", "Kattap", "Customer 1", "Merchant 2", 'class="behind"']
VALUES = re.compile(r'name="_(csrf|key)" value="[^"]*"|Omar Omarov|Oleg Sadykov|Lira Beisheeva')


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    with system() as running, world(tmp_path_factory.mktemp("desk")) as desk:
        yield fill(desk, running)


def _main(text):
    """The page without the frame, which names the reader."""
    return VALUES.sub("", text[text.index("<main") : text.index("</main>")])


def _get(ledger, who, path, lang="en"):
    answer = ledger.desk.browser(who, lang).get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[-2000:])
    return answer.text


@pytest.mark.parametrize("lang", ["ky", "ru", "en"])
def test_every_kind_of_page_is_there_in_each_language(ledger, lang):
    for path in ledger.pages:
        assert "<h1" in _get(ledger, "lira", path, lang)


def test_who_is_not_signed_in_is_sent_to_sign_in(ledger):
    for path in [*ledger.pages, "/desk/explorer/search?q=1"]:
        answer = ledger.desk.browser(None).get(path)
        assert answer.status_code == 303, path
        assert "sign-in" in answer.headers["location"]


@pytest.mark.parametrize("path", ["/desk/explorer/kgst/live", "/desk/permits/SB-2026-0001/live"])
def test_a_stream_of_somebody_who_is_not_signed_in_ends_and_leads_nowhere(ledger, path):
    answer = ledger.desk.browser(None).get(path)
    assert answer.status_code == 401
    assert "location" not in answer.headers


def test_a_payment_shows_its_movement_call_and_events(ledger):
    text = _get(ledger, "lira", f"{ledger.base}/transactions/{ledger.paid}")
    assert "150.00" in text
    assert '<h1><span class="mono">transfer</span>' in text
    for name in ("Moved", "Transfer"):
        assert f'<span class="strong mono">{name}</span>' in text


def test_money_issued_without_an_event_is_shown_as_a_difference(ledger):
    for path in (f"transactions/{ledger.silent}", f"addresses/{ledger.quiet}"):
        text = _get(ledger, "lira", f"{ledger.base}/{path}")
        assert "without a log: found by comparing balances" in text
        assert "2.5</span> <a" in text
    assert "2.5</span>" in _get(ledger, "lira", f"{ledger.base}/addresses/{SOMEBODY}")


def test_a_refusal_by_the_supervisor_is_in_words(ledger):
    text = _get(ledger, "lira", f"{ledger.base}/transactions/{ledger.refused}")
    assert "The customer would hold too much" in text
    assert "Refused by the Supervisor" in text
    assert "20,000.00" in text


def test_what_stands_beside_the_supervisor_is_named_and_its_events_are_read(ledger):
    where = ledger.system.inside.national()["kgst"]
    supervisor, attestations = where.supervisor, where.attestations
    named = {
        "ContractReviews": reviews_address(supervisor),
        "FurtherLimits": further_address(supervisor),
        "SupervisedLedgers": ledgers_address(supervisor),
        "Attestations": attestations,
    }
    for name, address in named.items():
        assert f'<h1 class="break">{name}</h1>' in _get(
            ledger, "lira", f"{ledger.base}/addresses/{address}"
        )
    head = encode("Attestations", "anchor", 7, bytes.fromhex("5a" * 32))
    sent = ledger.system.system("kgst", "relayer", attestations, head)["transactionHash"]
    ledger.follow()
    text = _get(ledger, "lira", f"{ledger.base}/transactions/{sent}")
    assert '<h1><span class="mono">anchor</span>' in text
    assert '<span class="strong mono">HeadAnchored</span>' in text
    assert "5a" * 32 in text


def test_the_reason_of_a_product_is_in_its_own_words(ledger):
    text = _get(ledger, "lira", f"{ledger.base}/transactions/{ledger.failed}")
    assert "<q>only nothing</q>" in text
    assert "Refused by the Supervisor" not in text


def test_a_creation_inside_a_transaction_is_shown(ledger):
    text = _get(ledger, "lira", f"{ledger.base}/transactions/{ledger.built}")
    assert "Creation of a contract" in text


@pytest.mark.parametrize("who", INSIDERS)
def test_parties_and_supervisors_see_who_is_behind_an_address(ledger, who):
    text = _get(ledger, who, f"{ledger.base}/addresses/{ledger.wallet}")
    assert "Customer 1 · SB-2026-0001" in text
    assert "Kattap Pay" in text
    sent = _get(ledger, who, f"{ledger.base}/transactions/{ledger.paid}")
    assert 'href="/desk/permits/SB-2026-0001"' in sent


@pytest.mark.parametrize("who", OUTSIDERS)
def test_nobody_else_sees_who_is_behind_anything(ledger, who):
    browser = ledger.desk.browser(who)
    for path in [*ledger.pages, f"{ledger.base}/addresses/{ledger.wallet}/movements.csv"]:
        text = browser.get(path).text
        main = _main(text) if "<main" in text else text
        assert [word for word in PRIVATE if word in main] == [], path


def test_outsiders_see_the_same_page_to_the_letter(ledger):
    for path in ledger.pages:
        pages = {_main(_get(ledger, who, path)) for who in OUTSIDERS}
        assert len(pages) == 1, path


def test_lists_and_pages_do_not_depend_on_the_reader(ledger):
    for path in ledger.pages:
        hashes = {
            tuple(re.findall(r'id="tx-(0x\w+)"|\?(?:before|after|movements)=([\w-]+)', text))
            for text in (_get(ledger, who, path) for who in ("omar", "ermek", "bakyt"))
        }
        assert len(hashes) == 1, path


@pytest.mark.parametrize("who", ["omar", "ermek"])
@pytest.mark.parametrize("typed", ["SB-2026-0001", "Kattap Pay", "customer 1", "person-0", "0x12"])
def test_a_search_knows_nothing_private_whoever_asks(ledger, who, typed):
    answer = ledger.desk.browser(who).get("/desk/explorer/search", params={"q": typed})
    assert answer.status_code == 400
    assert "no block number, no hash and no address" in answer.text


def test_a_search_leads_to_its_one_result(ledger):
    browser = ledger.desk.browser("lira")
    block = ledger.block(ledger.paid)
    with ledger.desk.parts.store.unit(read_only=True) as u:
        digest = u.explorer.block("kgst", block).hash
    for typed, end in [
        (str(block), f"/blocks/{block}"),
        (f" {digest} ", f"/blocks/{block}"),
        (ledger.paid.upper().replace("0X", "0x"), f"/transactions/{ledger.paid}"),
        (ledger.wallet.lower(), f"/addresses/{ledger.wallet}"),
    ]:
        answer = browser.get("/desk/explorer/search", params={"q": typed, "chain": "kgst"})
        assert answer.status_code == 303, typed
        assert answer.headers["location"] == f"/desk/explorer/kgst{end}"


@pytest.mark.parametrize("typed", ["99999999", "0x" + "77" * 32, "0x" + "7" * 40])
def test_what_is_not_there_is_said_to_be_not_found(ledger, typed):
    answer = ledger.desk.browser("lira").get("/desk/explorer/search", params={"q": typed})
    assert answer.status_code == 404
    assert "Nothing is known under" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/desk/explorer/gold",
        "/desk/explorer/kgst/blocks/-1",
        "/desk/explorer/kgst/blocks/9999999999999999999999",
        "/desk/explorer/kgst/transactions/0x00",
        "/desk/explorer/som/transactions/{paid}",
        "/desk/explorer/kgst/addresses/0x" + "9" * 40,
    ],
)
def test_an_address_of_nothing_is_not_found(ledger, path):
    answer = ledger.desk.browser("lira").get(path.format(paid=ledger.paid))
    assert answer.status_code == 404


@pytest.mark.parametrize("query", ["before=x", "before=1", "before=1-", "before=-1-1"])
def test_a_place_that_does_not_exist_is_refused(ledger, query):
    answer = ledger.desk.browser("lira").get(f"{ledger.base}?{query}")
    assert answer.status_code == 400


def test_the_console_leads_to_the_transactions_that_are_indexed(ledger, monkeypatch):
    monkeypatch.setattr(ledger.desk.gateway, "national", lambda: ledger.system.national)
    page = ledger.desk.browser("ermek").get(f"/desk/permits/{ledger.number}/console").text
    assert f'href="{ledger.base}/transactions/{ledger.paid}"' in page


def test_an_export_holds_what_the_page_shows(ledger):
    answer = ledger.desk.browser("lira").get(
        f"{ledger.base}/addresses/{ledger.wallet}/movements.csv"
    )
    rows = [line.split(",") for line in answer.text.lstrip("\ufeff").splitlines()]
    assert rows[0][:4] == ["block", "first_block", "time", "transaction"]
    assert any(ledger.paid in row and str(150 * KGST) in row for row in rows)


def test_the_first_page_says_when_the_chain_is_out_of_reach(ledger, monkeypatch):
    def gone(*_):
        from sandbox.kit.errors import Unavailable

        raise Unavailable("gateway.unreachable")

    monkeypatch.setattr(ledger.desk.gateway, "rpc", gone)
    text = _get(ledger, "lira", ledger.base)
    assert "The chain is out of reach" in text
    assert ledger.paid[:10] in text


def test_a_lagging_index_says_how_far_it_is_behind(ledger, monkeypatch):
    monkeypatch.setattr(ledger.desk.gateway, "rpc", lambda *_: hex(10**6))
    assert "blocks behind the chain" in _get(ledger, "lira", ledger.base)


# ---------- verified sources ----------
def _verify(ledger, who, address, **changes):
    fields = {
        "input": standard_input(),
        "name": "Factory",
        "compiler": compiler_version(),
    } | changes
    return ledger.desk.browser(who).post(f"{ledger.base}/addresses/{address}/verify", fields)


@pytest.mark.parametrize("who", ["omar", "damira", "ermek", "cholpon", "lira"])
def test_only_the_team_that_deployed_may_verify(ledger, who):
    answer = _verify(ledger, who, ledger.factory)
    assert answer.status_code == 403
    assert "No public source" in _get(ledger, "lira", f"{ledger.base}/addresses/{ledger.factory}")


def test_a_wrong_source_is_refused_and_leaves_nothing(ledger):
    answer = _verify(
        ledger, "bakyt", ledger.factory, input=standard_input(SOURCE.replace("== 0", "== 1"))
    )
    assert answer.status_code == 400
    assert "The compiled code " in answer.text
    assert "only nothing" in answer.text
    assert "No public source" in _get(ledger, "lira", f"{ledger.base}/addresses/{ledger.factory}")


def test_a_verified_source_is_shown_to_all_and_decodes_calls(ledger):
    answer = _verify(ledger, "bakyt", ledger.factory)
    assert answer.status_code == 303, answer.text
    text = _get(ledger, "lira", f"{ledger.base}/addresses/{ledger.factory}")
    assert "verified but for its metadata" in text
    assert "Issues without an event, as USDKG does." in text
    sent = _get(ledger, "lira", f"{ledger.base}/transactions/{ledger.built}")
    assert '<p class="strong mono">build</p>' in sent
    with ledger.desk.parts.store.unit(read_only=True) as u:
        kinds = [each.kind for each in u.audit.of_subjects(ledger.number)]
    assert "permit.source_verified" in kinds


def test_under_contract_review_only_the_team_sees_source_and_names(ledger):
    assert _verify(ledger, "bakyt", ledger.factory).status_code == 303
    store = ledger.desk.parts.store
    with store.unit() as u:
        permit = u.permits.get(ledger.number)
        u.permits.save(replace(permit, terms=replace(permit.terms, contract_review=True)))
        u.commit()
    try:
        page, sent = f"{ledger.base}/addresses/{ledger.factory}", ledger.built
        for who in ("omar", "lira", "damira", "jyldyz", "ermek"):
            assert "No public source" in _get(ledger, who, page)
            assert '">build<' not in _get(ledger, who, f"{ledger.base}/transactions/{sent}")
        assert "Issues without an event" in _get(ledger, "aigul", page)
    finally:
        with store.unit() as u:
            u.permits.save(replace(u.permits.get(ledger.number), terms=permit.terms))
            u.commit()


# ---------- reading a contract ----------
BALANCE_OF = "0x70a08231"


def _read(ledger, who, address, **query):
    return ledger.desk.browser(who).get(
        f"{ledger.base}/addresses/{address}/read?{urlencode(query)}"
    )


def test_everybody_reads_the_national_money_by_its_functions(ledger):
    answer = _read(ledger, "lira", ledger.permit.token, f=BALANCE_OF, a1=ledger.shop)
    assert answer.status_code == 200
    assert f'id="read-{BALANCE_OF}" open' in answer.text
    assert str(150 * KGST) in answer.text
    assert ledger.shop in answer.text


def test_an_argument_that_does_not_fit_is_said_beside_its_function(ledger):
    answer = _read(ledger, "lira", ledger.permit.token, f=BALANCE_OF, a1="<b>me")
    assert answer.status_code == 400
    assert "is no address" in answer.text
    assert "&lt;b&gt;me" in answer.text
    assert "<b>me" not in answer.text
    assert _read(ledger, "lira", ledger.permit.token, f=BALANCE_OF).status_code == 400


@pytest.mark.parametrize("selector", ["0xa9059cbb", "0x00000000", "", "balanceOf"])
def test_what_does_not_only_read_cannot_be_called(ledger, selector):
    answer = _read(ledger, "lira", ledger.permit.token, f=selector, a1=ledger.shop, a2="1")
    assert answer.status_code == 404


def test_a_contract_without_a_source_cannot_be_read_and_with_one_says_why_it_failed(ledger):
    refuse = "0x" + function_signature_to_4byte_selector("refuse(uint256)").hex()
    assert _read(ledger, "lira", ledger.quiet, f=BALANCE_OF, a1=ledger.shop).status_code == 404
    assert _verify(ledger, "bakyt", ledger.factory).status_code == 303
    answer = _read(ledger, "lira", ledger.factory, f=refuse, a1="7")
    assert answer.status_code == 200
    assert "only nothing" in answer.text


def test_readers_beyond_the_places_are_told_to_come_again(ledger):
    taken = [explorer_functions._places.acquire(blocking=False) for _ in range(2)]
    try:
        answer = _read(ledger, "lira", ledger.permit.token, f=BALANCE_OF, a1=ledger.shop)
    finally:
        for _ in taken:
            explorer_functions._places.release()
    assert taken == [True, True]
    assert answer.status_code == 503
    assert "try again" in answer.text
    again = _read(ledger, "lira", ledger.permit.token, f=BALANCE_OF, a1=ledger.shop)
    assert again.status_code == 200


# ---------- sources by the JSON interface ----------
def _api(ledger, token, method="GET", **body):
    path = f"/desk/api/v1/contracts/kgst/{ledger.factory}/source"
    headers = {"authorization": f"Bearer {token}"} if token else {}
    client = ledger.desk.browser(None).client
    return client.request(method, path, headers=headers, **({"json": body} if body else {}))


def _server(ledger, name, number=None):
    where = f"{name}/permit-{(number or ledger.number).lower()}"
    return ledger.desk.hub.token_for(name, f"access:servers!server={where}", "custom:synak:trial")


def test_a_team_verifies_and_everybody_with_a_token_reads_by_the_json_interface(ledger):
    body = {"input": json.loads(standard_input()), "name": "Factory"}
    answer = _api(ledger, _server(ledger, "bakyt"), "POST", **body)
    assert answer.status_code == 201, answer.text
    assert (answer.json()["match"], answer.json()["file"]) == ("partial", "Quiet.sol")
    read = _api(ledger, _server(ledger, "omar", "SB-2026-0099"))
    assert read.status_code == 200
    said = read.json()
    assert said["sources"]["Quiet.sol"] == SOURCE
    assert {each["name"] for each in said["abi"] if each["type"] == "function"} >= {"build"}
    assert "account" not in said
    assert _api(ledger, None).status_code == 401


def test_by_the_json_interface_another_team_verifies_nothing_and_errors_have_codes(ledger):
    body = {"input": standard_input(), "name": "Factory"}
    other = _api(ledger, _server(ledger, "omar", "SB-2026-0099"), "POST", **body)
    assert (other.status_code, other.json()["code"]) == (403, "verify.not_yours")
    wrong = _api(ledger, _server(ledger, "bakyt"), "POST", input="{", name="Factory")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "verify.not_json")
    more = _api(ledger, _server(ledger, "bakyt"), "POST", **body, extra=1)
    assert (more.status_code, more.json()["code"]) == (400, "api.malformed")
    client = ledger.desk.browser(None).client
    gone = client.get(
        f"/desk/api/v1/contracts/kgst/{ledger.wallet}/source",
        headers={"authorization": f"Bearer {_server(ledger, 'bakyt')}"},
    )
    assert (gone.status_code, gone.json()["code"]) == (404, "explorer.no_source")
    assert compiler_version() in client.get("/desk/api/v1/compilers").json()


def test_a_token_cannot_call_itself_by_markup(ledger):
    with ledger.desk.parts.store.unit() as u:
        token = u.explorer.tokens("kgst", [ledger.quiet])[ledger.quiet]
        u.explorer.put([replace(token, name="<script>alert(1)</script>", symbol="<b>")])
        u.commit()
    text = _get(ledger, "lira", f"{ledger.base}/addresses/{ledger.quiet}")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;" in text


def test_the_index_is_followed_on(ledger):
    from sandbox.services.publication import Desk

    desk = Desk(ledger.desk.parts.store, ledger.system.inside, ledger.desk.clock)
    assert follow(desk).lag == 0
