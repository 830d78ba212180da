"""Errors name the clause, the limit, what is used and what to do, in three languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from web3 import Web3

from sandbox.contracts.typed import RULE_CLAUSES, VALUE_CLAUSES
from sandbox.kit.errors import InvalidInput, Refused
from sandbox.locale import LANGUAGES, has_wording
from sandbox.sdk import DeskProblem, PermitRefused, SdkError
from sandbox.sdk.amounts import minor, spoken
from sandbox.sdk.desk import Desk
from sandbox.sdk.place import Place
from sandbox.sdk.reverts import reason_of
from sandbox.sdk.rpc import GatewayProvider
from sandbox.sdk.tables import Refusals, Usage
from tests.sdk.desk_server import served

WINDOW = {
    "code": "refused.window_volume",
    "clause": "window_volume",
    "permit": "SB-2026-0001",
    "version": 2,
    "asset": "KGST",
    "limit": str(500_000 * 10**18),
    "used": str(499_000 * 10**18),
    "requested": str(5_000 * 10**18),
    "frees_at": "2026-11-22T10:30:00+00:00",
    "request_id": "r-1",
}


def _web3(url):
    return Web3(GatewayProvider(Place.of(url, token="t"), "kgst"))


def test_a_refusal_carries_every_number_of_its_clause():
    refusal = PermitRefused(WINDOW)
    assert isinstance(refusal, Refused)
    assert refusal.clause == "window_volume"
    assert (refusal.limit, refusal.used) == (500_000 * 10**18, 499_000 * 10**18)
    assert refusal.requested == 5_000 * 10**18
    assert refusal.frees_at == datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
    assert (refusal.permit, refusal.version) == ("SB-2026-0001", 2)


def test_diagnostics_show_amounts_in_whole_tokens_and_counts_as_they_are():
    told = PermitRefused(WINDOW).diagnostics()
    assert "limit: 500 000.00 KGST\nused: 499 000.00 KGST\nrequested: 5 000.00 KGST" in told
    assert "000000000000" not in told
    paced = {"clause": "requests_per_second", "limit": "50", "used": "50", "asset": "KGST"}
    assert "limit: 50\nused: 50" in PermitRefused(paced).diagnostics()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_speaks_each_language_with_its_numbers(language):
    refusal = PermitRefused(WINDOW, language=language)
    told = refusal.diagnostics().replace("\u00a0", " ").replace("\u202f", " ")
    assert "500" in told
    assert "KGST" in told
    assert refusal.what_to_do
    assert "{" not in told


def test_each_language_says_it_differently():
    assert len({str(PermitRefused(WINDOW, language=each)) for each in LANGUAGES}) == 3


@pytest.mark.parametrize("clause", [*VALUE_CLAUSES, *RULE_CLAUSES])
def test_every_clause_of_the_chain_has_words_and_help(clause):
    assert has_wording(f"refused.{clause}")
    assert has_wording(f"what_to_do.{clause}")


def test_an_unknown_clause_is_still_named():
    assert "new_clause" in str(PermitRefused({"clause": "new_clause"}))


def test_zero_is_a_limit_and_absent_is_none():
    assert PermitRefused({"clause": "deployments", "limit": "0"}).limit == 0
    assert PermitRefused({"clause": "state"}).limit is None


@given(st.integers(0, 2**112))
def test_an_amount_is_read_back_exactly_as_it_is_spoken(value):
    for asset in ("KGST", "SOM"):
        text = spoken(value, asset).rsplit(" ", 1)[0]
        assert minor(text, asset) == value


@pytest.mark.parametrize("wrong", ["-1", "1e3", "", "NaN", "1,000", True, 1.0, -5])
def test_what_is_no_amount_is_refused(wrong):
    with pytest.raises(InvalidInput):
        minor(wrong, "KGST")


@given(st.binary(max_size=200))
def test_no_revert_data_makes_the_reader_fail(data):
    assert isinstance(reason_of(data), str)


def test_a_problem_of_the_desk_keeps_its_code_and_a_clause_becomes_a_refusal():
    said = {
        "/no": (404, {"code": "permit.unknown", "title": "No such permit", "params": {}}),
        "/clause": (422, WINDOW),
        "/html": (502, b"<html>"),
    }
    with served(lambda _m, path, _h, _b: said[path.removeprefix("/desk/api/v1")]) as url:
        desk = Desk(Place.of(url, token="t"))
        with pytest.raises(DeskProblem) as problem:
            desk.get("/no")
        assert (problem.value.code, problem.value.status_code) == ("permit.unknown", 404)
        with pytest.raises(PermitRefused):
            desk.post("/clause", {})
        with pytest.raises(SdkError) as strange:
            desk.get("/html")
        assert strange.value.code == "sdk.not_a_synak"
        desk.close()


def test_a_desk_out_of_reach_is_one_clear_error():
    with served(lambda *_: (200, {})) as url:
        pass
    desk = Desk(Place.of(url, token="t"))
    with pytest.raises(SdkError, match="does not answer") as error:
        desk.get("/trial")
    assert "synak doctor" in error.value.diagnostics()
    desk.close()


def test_a_token_is_sent_in_the_header_and_under_the_names_own_host():
    seen = {}

    def answer(_method, _path, headers, _body):
        seen.update(headers)
        return 200, {}

    with served(answer) as url:
        port = url.rsplit(":", 1)[1]
        desk = Desk(Place.of(f"http://synak.localhost:{port}", token="spk_x"))
        desk.get("/trial")
        desk.close()
    assert seen["Host"] == f"synak.localhost:{port}"
    assert seen["Authorization"] == "Bearer spk_x"


@pytest.mark.parametrize("url", ["ftp://x", "http://user:pw@x", "http://", "http://x/?key=1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(InvalidInput, match=r"sdk\.address"):
        Place.of(url, token="t")


@pytest.mark.parametrize("status", [200, 429])
def test_web3_raises_a_refusal_whatever_the_status(status):
    error = {"code": -32003, "message": "refused", "data": WINDOW}
    with served(lambda *_: (status, {"jsonrpc": "2.0", "id": 0, "error": error})) as url:
        web3 = _web3(url)
        with pytest.raises(PermitRefused) as refusal:
            web3.eth.send_raw_transaction(b"\x01")
        assert refusal.value.clause == "window_volume"


def test_web3_raises_another_error_of_the_gateway_by_its_code():
    error = {"code": -32001, "message": "who?", "data": {"code": "gateway.no_token", "params": {}}}
    with served(lambda *_: (401, {"jsonrpc": "2.0", "id": None, "error": error})) as url:
        web3 = _web3(url)
        with pytest.raises(DeskProblem) as problem:
            web3.eth.block_number  # noqa: B018
        assert problem.value.code == "gateway.no_token"


def test_usage_shows_room_and_escapes_what_came_from_outside():
    usage = Usage(
        {
            "permit": "<script>x</script>",
            "as_of": "2026-11-21T10:00:00+00:00",
            "version": 1,
            "limits": [
                {"clause": "window_volume", "asset": "KGST", "limit": WINDOW["limit"], "used": "1"},
                {"clause": "deployments", "asset": None, "limit": "no limit", "used": "2"},
                {"clause": "per_transaction", "asset": "KGST", "limit": "5", "used": None},
            ],
        }
    )
    assert usage["window_volume"].room == 500_000 * 10**18 - 1
    assert usage["deployments"].shown(usage["deployments"].room) == "no limit"
    assert "<script>" not in usage._repr_html_()
    assert "500 000.00 KGST" in repr(usage)
    with pytest.raises(KeyError):
        usage["nothing"]


def test_a_list_of_refusals_reads_as_reasons():
    listed = Refusals([{**WINDOW, "seq": 7, "at": "2026-11-21T10:00:00+00:00"}])
    assert listed.last == 7
    assert "rolling 24 hours" in repr(listed)
    assert "nothing was refused" in repr(Refusals([]))


def test_a_request_above_the_rate_is_asked_again_and_another_refusal_is_not(monkeypatch):
    monkeypatch.setattr("sandbox.sdk.rpc.PAUSES", (0.01, 0.01))
    asked = []

    def answer(clause, times):
        def said(*_):
            asked.append(clause)
            if len(asked) > times:
                return 200, {"jsonrpc": "2.0", "id": 0, "result": "0x5"}
            error = {"code": -32005, "message": "no", "data": {**WINDOW, "clause": clause}}
            return 200, {"jsonrpc": "2.0", "id": 0, "error": error}

        return said

    with served(answer("requests_per_second", 2)) as url:
        assert _web3(url).eth.block_number == 5
    asked.clear()
    with served(answer("window_volume", 2)) as url, pytest.raises(PermitRefused):
        _web3(url).eth.block_number  # noqa: B018
    assert asked == ["window_volume"]
