"""No token has a managed wallet sign what speaks to the platform itself."""

from __future__ import annotations

import copy
import json

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from sandbox.contracts.typed import consent_typed_data, terms_typed_data
from sandbox.domain.team_wallets import TeamWallet, WalletState, challenge_typed
from sandbox.gateway.reserved import check_not_reserved
from sandbox.kit.errors import NotAllowed
from sandbox.kit.ids import CHAIN_IDS
from tests.gateway.support import now

ORDER = {
    "types": {
        "EIP712Domain": [{"name": "name", "type": "string"}],
        "Order": [{"name": "amount", "type": "uint256"}],
    },
    "primaryType": "Order",
    "domain": {"name": "Synak"},
    "message": {"amount": 1},
}


def _consent(permit, chain="kgst"):
    return consent_typed_data(
        CHAIN_IDS[chain],
        permit.national.supervisor,
        permit=permit.terms["permit"],
        wallet=permit.managed,
        person=b"\1" * 32,
        deadline=2**40,
    )


def _joining(permit):
    wallet = TeamWallet(
        id="a",
        permit=permit.number,
        chain="kgst",
        address=permit.managed,
        name="mine",
        origin="http://synak.localhost:8000",
        nonce="0x" + "11" * 32,
        state=WalletState.ASKED,
        asked_by="bakyt",
        asked_at=now(),
        expires_at=now(),
    )
    return challenge_typed(wallet, chain_id=56417, supervisor=permit.national.supervisor)


def _plain(typed):
    return json.loads(json.dumps(typed, default=lambda raw: "0x" + raw.hex()))


def test_the_platforms_own_typed_data_is_signed_for_no_token(system, permit):
    terms = terms_typed_data(CHAIN_IDS["kgst"], permit.national.supervisor, permit.terms)
    for typed in (_consent(permit), _consent(permit, "som"), _joining(permit), terms):
        for sent in (_plain(typed), json.dumps(_plain(typed))):
            error = system.error(permit, "eth_signTypedData_v4", permit.managed, sent)
            assert error["data"]["code"] == "gateway.typed_data_reserved", error


def test_a_customer_signs_no_consent_with_its_token_either(system, permit):
    wallet, token = permit.customer(1)
    typed = _plain(_consent(permit))
    error = system.error(permit, "eth_signTypedData_v4", wallet, typed, token=token)
    assert error["data"]["code"] == "gateway.typed_data_reserved"


def test_anybody_elses_typed_data_is_signed_also_by_the_name_of_synak(system, permit):
    elsewhere = _plain(_consent(permit))
    elsewhere["domain"]["verifyingContract"] = permit.token
    for typed in (ORDER, elsewhere):
        signature = system.ok(permit, "eth_signTypedData_v4", permit.managed, typed)
        message = encode_typed_data(full_message=typed)
        assert Account.recover_message(message, signature=signature) == permit.managed


def _variants(typed):
    """The same domain, written in other ways that a library might hash alike."""
    for change in (
        {"chainId": hex(typed["domain"]["chainId"])},
        {"chainId": str(typed["domain"]["chainId"])},
        {"verifyingContract": typed["domain"]["verifyingContract"].lower()},
        {"verifyingContract": typed["domain"]["verifyingContract"].upper().replace("0X", "0x")},
        {"extra": "field"},
    ):
        other = copy.deepcopy(typed)
        other["domain"] |= change
        yield other
    other = copy.deepcopy(typed)
    other["primaryType"] = "Harmless"
    other["types"]["Harmless"] = other["types"].pop("Consent")
    yield other
    other = copy.deepcopy(typed)
    del other["types"]["EIP712Domain"]
    yield other


def test_another_spelling_of_the_domain_is_not_signed_over_it(system, permit):
    """Either it is refused, or what is signed is over another domain."""
    typed = _plain(_consent(permit))
    reserved = encode_typed_data(full_message=typed).header
    for other in _variants(typed):
        answer = system.rpc(permit, "eth_signTypedData_v4", permit.managed, other)
        if "result" in answer:
            assert encode_typed_data(full_message=other).header != reserved, other["domain"]


@pytest.mark.parametrize(
    "typed", [{}, {"domain": 1, "types": 2}, {"domain": {}, "types": {"EIP712Domain": "x"}}]
)
def test_what_nobody_could_sign_is_left_to_the_signer(typed):
    check_not_reserved(typed, "0x" + "1" * 40)


def test_a_domain_is_told_by_its_separator(permit):
    with pytest.raises(NotAllowed, match=r"typed_data_reserved"):
        check_not_reserved(_plain(_consent(permit)), permit.national.supervisor)
