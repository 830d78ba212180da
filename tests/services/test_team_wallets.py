"""A team's own wallets: joining by a signed challenge, and everything that must not."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data

from sandbox.domain.seats import Channel
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotFound
from sandbox.kit.ids import CHAIN_IDS
from sandbox.services import faucet, keys, team_wallets
from sandbox.services.faucet import AskFaucet
from sandbox.services.identity import actor_of_secret
from sandbox.services.interventions import Suspend, suspend
from sandbox.services.keys import CreateKey
from sandbox.services.team_wallets import AnswerChallenge, AskChallenge, RemoveWallet
from tests.gateway.support import transfer
from tests.services.world import KGST

LIMITED = {"max_customers": "2", "max_merchants": "1"}
BOTH = LIMITED | {
    "assets": "KGST,SOM",
    "SOM.per_transaction": "5 000",
    "SOM.window_volume": "9 000",
    "SOM.customer_cap": "20 000",
    "SOM.merchant_cap": "300 000",
}
ORIGIN = "http://synak.localhost:8000"


@pytest.fixture
def owner():
    return Account.create()


@pytest.fixture
def number(world):
    return world.active(**LIMITED)


def _ask(world, number, account, chain="kgst", who="bakyt"):
    command = AskChallenge(number, account.address, chain, "deployer", ORIGIN)
    return world.do(team_wallets.ask, who, command, ports=True)


def _text(challenge, account):
    signed = account.sign_message(encode_defunct(text=challenge.text))
    return "0x" + signed.signature.hex().removeprefix("0x")


def _typed(challenge, account):
    signed = account.sign_message(encode_typed_data(full_message=dict(challenge.typed_data)))
    return "0x" + signed.signature.hex().removeprefix("0x")


def _answer(world, number, challenge, signature, who="bakyt"):
    command = AnswerChallenge(number, challenge.id, signature)
    return world.do(team_wallets.answer, who, command, ports=True)


def _join(world, number, account, chain="kgst", sign=_text):
    challenge = _ask(world, number, account, chain)
    _answer(world, number, challenge, sign(challenge, account))
    world.settle()
    return _state(world, number, challenge)


def _state(world, number, challenge):
    listed = world.look(team_wallets.list_wallets, "bakyt", number)
    return next(each for each in listed if each.id == challenge.id)


def _key(world, number):
    made = world.do(keys.create_key, "bakyt", CreateKey(number, "tools"), ports=True)
    world.worker.beat()
    return made.secret


def _send(world, secret, account, data="0x", *, chain="kgst", to=None):
    """What any client does with a key of its own: count, sign, send."""

    def ask(method, *params):
        world.worker.beat()
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        return world.system.post(chain, body, secret).json()

    nonce = int(ask("eth_getTransactionCount", account.address, "pending")["result"], 16)
    (token,) = world.system.national[chain].tokens.values()
    fields = {"nonce": nonce, "to": to or token, "data": data, "gas": 300_000, "value": 0}
    fields |= {"gasPrice": int(ask("eth_gasPrice")["result"], 16), "chainId": CHAIN_IDS[chain]}
    raw = account.sign_transaction(fields).raw_transaction.hex().removeprefix("0x")
    answer = ask("eth_sendRawTransaction", "0x" + raw)
    if "result" in answer:
        deadline = time.monotonic() + 20
        while not (receipt := ask("eth_getTransactionReceipt", answer["result"])["result"]):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return receipt
    return answer["error"]


@pytest.mark.parametrize("sign", [_text, _typed])
def test_a_wallet_joins_by_either_signature_and_then_sends_with_its_own_key(
    world, number, owner, sign
):
    secret = _key(world, number)
    assert _send(world, secret, owner)["data"]["code"] == "gateway.wallet_not_permitted"
    joined = _join(world, number, owner, sign=sign)
    assert (joined.state, joined.refusal) == ("registered", None)
    asked = AskFaucet(number, owner.address, "KGST", str(50 * KGST))
    world.do(faucet.ask, world.actor("bakyt", channel=Channel.SERVER, permit=number), asked)
    world.settle()
    (customer,) = world.people(number, 1)
    paid = _send(world, secret, owner, transfer(customer.address, 20 * KGST))
    assert paid["status"] == "0x1"


def test_the_text_names_wallet_permit_chain_and_expiry(world, number, owner):
    text = _ask(world, number, owner).text
    lines = text.splitlines()
    assert lines[0] == "synak.localhost:8000 wants you to sign in with your Ethereum account:"
    assert lines[1] == owner.address
    for part in (f"permit:{number}", "Chain ID: 56417", "Nonce: ", "Expiration Time: "):
        assert part in text


def test_a_challenge_is_good_once(world, number, owner):
    challenge = _ask(world, number, owner)
    signature = _text(challenge, owner)
    _answer(world, number, challenge, signature)
    for again in (signature, _typed(challenge, owner)):
        with pytest.raises(Conflict, match=r"wallet\.challenge_used"):
            _answer(world, number, challenge, again)
    world.settle()
    with pytest.raises(Conflict, match=r"wallet\.challenge_used"):
        _answer(world, number, challenge, signature)
    with pytest.raises(Conflict, match=r"wallet\.taken"):
        _ask(world, number, owner)


def test_a_challenge_ends_after_fifteen_minutes(world, number, owner):
    challenge = _ask(world, number, owner)
    signature = _text(challenge, owner)
    world.clock.ahead = timedelta(minutes=14, seconds=50)
    other = Account.create()
    with pytest.raises(NotAllowed, match=r"wallet\.signature_wrong"):
        _answer(world, number, challenge, _text(challenge, other))
    world.clock.ahead = timedelta(minutes=15, seconds=1)
    with pytest.raises(Conflict, match=r"wallet\.challenge_expired"):
        _answer(world, number, challenge, signature)


def test_a_signature_for_one_permit_opens_no_other(world, number, owner):
    second = world.active(**LIMITED)
    first = _ask(world, number, owner)
    other = _ask(world, second, owner)
    with pytest.raises(NotAllowed, match=r"wallet\.signature_wrong"):
        _answer(world, second, other, _text(first, owner))
    with pytest.raises(NotFound, match=r"wallet\.not_found"):
        _answer(world, second, first, _text(first, owner))
    _answer(world, second, other, _typed(other, owner))
    world.settle()
    assert _state(world, second, other).state == "registered"
    with pytest.raises(Conflict, match=r"wallet\.taken"):
        _answer(world, number, first, _text(first, owner))


def test_a_wallet_sends_only_on_the_chain_that_it_joined(world, owner):
    number = world.active(**BOTH)
    kgst, som = _ask(world, number, owner), _ask(world, number, owner, "som")
    for sign in (_text, _typed):
        with pytest.raises(NotAllowed, match=r"wallet\.signature_wrong"):
            _answer(world, number, som, sign(kgst, owner))
    _answer(world, number, kgst, _text(kgst, owner))
    world.settle()
    secret = _key(world, number)
    call = "0x18160ddd"
    assert _send(world, secret, owner, call)["status"] == "0x1"
    refused = _send(world, secret, owner, call, chain="som")
    assert refused["data"]["code"] == "gateway.wallet_not_permitted"
    _answer(world, number, som, _typed(som, owner))
    world.settle()
    assert _send(world, secret, owner, call, chain="som")["status"] == "0x1"
    assert world.ports.gateway.rpc("som", "eth_getBalance", [owner.address, "latest"]) == "0x0"


@pytest.mark.parametrize(
    "signature", ["", "0x", "0x" + "00" * 64, "0x" + "zz" * 65, "ab" * 66, "0x" + "00" * 66]
)
def test_an_answer_that_is_no_signature_is_malformed(world, number, owner, signature):
    challenge = _ask(world, number, owner)
    with pytest.raises(InvalidInput, match=r"wallet\.signature_malformed"):
        _answer(world, number, challenge, signature)
    _answer(world, number, challenge, _text(challenge, owner))


def test_zeroes_in_the_form_of_a_signature_are_wrong(world, number, owner):
    challenge = _ask(world, number, owner)
    for odd in ("0x" + "00" * 65, "0x" + "ff" * 65):
        with pytest.raises(NotAllowed, match=r"wallet\.signature_wrong"):
            _answer(world, number, challenge, odd)


class _Address:
    """Somebody whose address alone matters."""

    def __init__(self, address):
        self.address = address


def test_a_contract_cannot_join_whatever_erc1271_would_say(world, number):
    create2 = _Address("0x4e59b44847b379578588920cA78FbF26c0B4956C")  # the engine's own
    assert world.ports.gateway.rpc("kgst", "eth_getCode", [create2.address, "latest"]) != "0x"
    with pytest.raises(NotAllowed, match=r"wallet\.is_a_contract"):
        _ask(world, number, create2)
    where = world.system.national["kgst"]
    for address in (where.supervisor, where.tokens["KGST"], "0x" + "0" * 40):
        with pytest.raises(InvalidInput, match=r"wallet\.unfit"):
            _ask(world, number, _Address(address))


def test_a_wallet_whose_key_the_platform_holds_cannot_join_not_even_elsewhere(world, number):
    (customer,) = world.people(number, 1)
    both = world.active(**BOTH)
    for address in (world.permit(number).settlement, customer.address):
        for permit, chain in ((number, "kgst"), (both, "kgst"), (both, "som")):
            with pytest.raises(Conflict, match=r"wallet\.taken"):
                _ask(world, permit, _Address(address), chain)


def test_a_chain_that_the_permit_does_not_use_is_refused(world, number, owner):
    for chain in ("som", "KGST", ""):
        with pytest.raises(InvalidInput, match=r"wallet\.chain"):
            _ask(world, number, owner, chain)


def test_a_key_lets_no_wallet_in_and_neither_does_a_regulator(world, number, owner):
    with world.store.unit(read_only=True) as u:
        holder = actor_of_secret(u, _key(world, number), at=world.at)
    with pytest.raises(NotAllowed, match=r"wallet\.not_by_key"):
        _ask(world, number, owner, who=holder)
    challenge = _ask(world, number, owner)
    with pytest.raises(NotAllowed, match=r"wallet\.not_by_key"):
        _answer(world, number, challenge, _text(challenge, owner), who=holder)
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        _ask(world, number, owner, who="ermek")


def test_nobody_joins_a_suspended_permit(world, number, owner):
    challenge = _ask(world, number, owner)
    world.do(suspend, "ermek", Suspend(number, "risk"), ports=True)
    with pytest.raises(NotAllowed, match=r"permit\.not_active"):
        _answer(world, number, challenge, _text(challenge, owner))
    with pytest.raises(NotAllowed, match=r"permit\.not_active"):
        _ask(world, number, Account.create())


def test_challenges_are_few_and_old_ones_make_room(world, number):
    for _ in range(team_wallets.MOST_OPEN):
        _ask(world, number, Account.create())
    with pytest.raises(Conflict, match=r"wallet\.too_many_open"):
        _ask(world, number, Account.create())
    world.clock.ahead = timedelta(minutes=16)
    _ask(world, number, Account.create())


def test_open_challenges_let_no_more_wallets_in_than_a_permit_may_have(world, number, monkeypatch):
    monkeypatch.setattr(team_wallets, "MOST_WALLETS", 2)
    owners = [Account.create() for _ in range(3)]
    asked = [_ask(world, number, each) for each in owners]
    signatures = [_text(each, one) for each, one in zip(asked, owners, strict=True)]
    first = _answer(world, number, asked[0], signatures[0])
    _answer(world, number, asked[1], signatures[1])
    with pytest.raises(Conflict, match=r"wallet\.too_many \(most"):
        _answer(world, number, asked[2], signatures[2])
    world.do(team_wallets.remove, "bakyt", RemoveWallet(number, first.id), ports=True)
    assert _answer(world, number, asked[2], signatures[2]).state == "joining"


def test_a_wallet_taken_out_is_refused_at_once_and_may_come_back(world, number, owner):
    secret = _key(world, number)
    joined = _join(world, number, owner)
    assert _send(world, secret, owner, "0x18160ddd")["status"] == "0x1"
    world.do(team_wallets.remove, "bakyt", RemoveWallet(number, joined.id), ports=True)
    refused = _send(world, secret, owner, "0x18160ddd")
    assert refused["data"]["code"] == "gateway.wallet_not_permitted"
    world.settle()
    again = _join(world, number, owner)
    assert again.state == "registered"
    assert _send(world, secret, owner, "0x18160ddd")["status"] == "0x1"


def test_a_wallet_that_left_with_money_is_kept_by_the_chain_for_this_permit_alone(
    world, number, owner
):
    joined = _join(world, number, owner)
    team = world.actor("bakyt", channel=Channel.SERVER, permit=number)
    world.do(faucet.ask, team, AskFaucet(number, owner.address, "KGST", str(KGST)))
    world.settle()
    world.do(team_wallets.remove, "bakyt", RemoveWallet(number, joined.id), ports=True)
    world.settle()
    listed = world.look(team_wallets.list_wallets, "bakyt", number)
    assert listed[0].refusal["clause"] == "still_holding"
    assert "StillHolding" in listed[0].refusal["reason"]
    with pytest.raises(Conflict, match=r"wallet\.taken"):
        _ask(world, world.active(**LIMITED), owner)
    assert _join(world, number, owner).state == "registered"


def test_test_money_goes_to_a_wallet_that_joined_and_not_before(world, number, owner):
    team = world.actor("bakyt", channel=Channel.SERVER, permit=number)
    asked = AskFaucet(number, owner.address, "KGST", "1")
    with pytest.raises(NotAllowed, match=r"faucet\.not_a_member"):
        world.do(faucet.ask, team, asked)
    _join(world, number, owner)
    assert world.do(faucet.ask, team, asked).state == "asked"
