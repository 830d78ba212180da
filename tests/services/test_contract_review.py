"""Contract review at the desk: who may ask, see, decide; what the chain and the owner then know."""

import json
from types import SimpleNamespace

import pytest
from eth_abi import encode
from web3 import Web3

from sandbox.contracts.compiler import EVM_VERSION, USERS_RUNS
from sandbox.contracts.standard_input import installed
from sandbox.domain.review import ReviewState
from sandbox.domain.seats import Channel
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound
from sandbox.kit.ids import CHAIN_IDS
from sandbox.services import contract_review_chain, contract_reviews, keys
from sandbox.services.contract_review_views import review_view, reviews_of
from sandbox.services.contract_reviews import AskReview, Decide, NameReviewers
from sandbox.services.publication import Desk
from tests.gateway.review_support import SOURCE, built, call
from tests.gateway.support import transfer
from tests.services.world import KGST

pytestmark = pytest.mark.slow

INPUT = json.dumps(
    {
        "language": "Solidity",
        "sources": {"Review.sol": {"content": SOURCE}},
        "settings": {
            "optimizer": {"enabled": True, "runs": USERS_RUNS},
            "evmVersion": EVM_VERSION,
            "metadata": {"bytecodeHash": "none"},
        },
    }
)
TERM = {"contract_review": "yes", "deployments": "40"}


class Trial:
    """An active permit with the term, its key and what its team sends."""

    def __init__(self, world, **conditions):
        self.world, self.number = world, world.active(**{**TERM, **conditions})
        command = keys.CreateKey(self.number, "tests")
        self.permit = SimpleNamespace(
            key=world.do(keys.create_key, "bakyt", command, ports=True).secret
        )
        with world.store.unit(read_only=True) as u:
            self.wallet = u.permits.get(self.number).settlement
        self.deployed = {}

    def rpc(self, to, data, token=None, sender=None):
        call_ = {"from": sender or self.wallet, "data": data, "gas": hex(2_000_000)}
        call_ |= {"to": to} if to else {}
        return self.world.system.rpc(self.permit, "eth_sendTransaction", call_, token=token)

    def signed(self, nonce, to, data):
        fields = {"nonce": nonce, "to": to, "data": data, "gas": 400_000, "value": 0}
        fields |= {"gasPrice": 10**9, "chainId": CHAIN_IDS["kgst"]}
        signed = self.world.system.signer.sign_transaction(f"permit/{self.number}/0", fields)
        return "0x" + signed.raw.hex()

    def send(self, to, data):
        answer = self.rpc(to, data)
        return self.world.system.receipt(self.permit, answer["result"])

    def deploy(self, name, *arguments):
        made = built()[name]
        found = [one["inputs"] for one in made.abi if one["type"] == "constructor"]
        types = [each["type"] for each in found[0]] if found else []
        data = "0x" + (made.bytecode + encode(types, list(arguments))).hex()
        receipt = self.send(None, data)
        address = Web3.to_checksum_address(receipt["contractAddress"])
        self.deployed[address] = receipt["transactionHash"]
        return address

    def asked(self, contract, **more):
        return asked(self.world, "bakyt", self.command(contract, **more))

    def command(self, contract, *, source=None, name="Till", compiler=None, upgrade=""):
        text, version = source or INPUT, compiler or installed()[0]
        return AskReview(self.number, "kgst", contract, "Till", text, name, version, upgrade)

    def read_by(self, review, *accounts):
        command = NameReviewers(review.id, accounts)
        self.world.do(contract_reviews.name_reviewers, "ermek", command)
        for account in accounts:
            self.world.do(open_source, account, review.id)

    def approved(self, contract, **more):
        review = self.asked(contract, **more)
        self.read_by(review, "ermek", "feruza")
        for account in ("ermek", "feruza"):
            self.world.do(contract_reviews.approve, account, Decide(review.id), ports=True)
        self.world.settle()
        return self.look(review)

    def look(self, review, who="bakyt"):
        return self.world.look(review_view, who, review.id)


def asked(world, who, command):
    actor = world.actor(who) if isinstance(who, str) else who
    return contract_reviews.ask(world.store, actor, command, at=world.at, ports=world.ports)


def open_source(u, actor, review_id, *, at):
    return contract_reviews.open_source(u, actor, review_id, at=at)


def kinds(world, number):
    with world.store.unit(read_only=True) as u:
        return [each.kind for each in u.audit.scan() if each.subject == number]


@pytest.fixture
def trial(world):
    return Trial(world)


def test_two_reviewers_approve_and_the_contract_is_paid(world, trial):
    till = trial.deploy("Till")
    (payer,) = world.people(trial.number)
    world.system.system(
        "kgst",
        "issuer",
        world.system.national["kgst"].tokens["KGST"],
        call_issue(payer.address, 100 * KGST),
    )
    token = world.system.national["kgst"].tokens["KGST"]
    data = transfer(till, KGST)
    refused = trial.rpc(token, data, token=payer.token, sender=payer.address)["error"]["data"]
    assert refused["clause"] == "contract_review"

    review = trial.asked(till)
    trial.read_by(review, "ermek", "feruza")
    first = world.do(contract_reviews.approve, "ermek", Decide(review.id), ports=True)
    assert first.state is ReviewState.SIGNED, "one signature loosens nothing"
    second = world.do(contract_reviews.approve, "feruza", Decide(review.id), ports=True)
    assert second.state is ReviewState.APPROVING
    world.settle()
    seen = trial.look(review)
    assert seen.review.state is ReviewState.APPROVED
    assert seen.review.tx_hash
    answer = trial.rpc(token, data, token=payer.token, sender=payer.address)
    assert world.system.receipt(trial.permit, answer["result"])["status"] == "0x1"
    found = [kind for kind in kinds(world, trial.number) if kind.startswith("review.")]
    assert found == [
        "review.asked",
        "review.reviewers_named",
        "review.source_viewed",
        "review.source_viewed",
        "review.signed",
        "review.approved",
        "review.in_force",
    ]


def call_issue(to, amount):
    from tests.gateway.support import encode as encoded

    return encoded("KGST", "issue", to, amount)


def test_every_view_is_logged_and_shown_to_the_owner(world, trial):
    review = trial.asked(trial.deploy("Till"))
    command = NameReviewers(review.id, ("feruza", "jyldyz"))
    world.do(contract_reviews.name_reviewers, "ermek", command)
    assert world.do(open_source, "jyldyz", review.id).text == INPUT
    world.do(open_source, "feruza", review.id)
    world.do(open_source, "feruza", review.id)
    assert [each.account for each in trial.look(review).views] == ["jyldyz", "feruza", "feruza"]
    assert kinds(world, trial.number).count("review.source_viewed") == 3


def test_who_is_not_named_does_not_see_the_source(world, trial):
    review = trial.asked(trial.deploy("Till"))
    world.do(contract_reviews.name_reviewers, "ermek", NameReviewers(review.id, ("feruza",)))
    for who in ("ermek", "gulnara", "jyldyz", "aigul", "bakyt", "damira", "operator"):
        with pytest.raises(NotFound, match=r"review\.not_found"):
            world.do(open_source, who, review.id)
    assert trial.look(review).views == ()
    assert "review.source_viewed" not in kinds(world, trial.number)


def test_a_named_reviewers_server_does_not_see_the_source(world, trial):
    review = trial.asked(trial.deploy("Till"))
    world.do(contract_reviews.name_reviewers, "ermek", NameReviewers(review.id, ("feruza",)))
    with pytest.raises(NotAllowed, match=r"seat\.needs_browser"):
        world.do(open_source, world.actor("feruza", channel=Channel.SERVER), review.id)


@pytest.mark.parametrize(
    ("act", "more", "ports"),
    [
        (contract_reviews.approve, (), True),
        (contract_reviews.refuse, ("no",), False),
        (contract_reviews.withdraw, ("no",), True),
    ],
)
def test_no_other_seat_names_decides_or_withdraws(world, trial, act, more, ports):
    review = trial.asked(trial.deploy("Till"))
    world.do(contract_reviews.name_reviewers, "ermek", NameReviewers(review.id, ("jyldyz",)))
    for who in ("aigul", "bakyt", "cholpon", "damira", "jyldyz", "operator"):
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            world.do(contract_reviews.name_reviewers, who, NameReviewers(review.id, (who,)))
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            world.do(act, who, Decide(review.id, *more), ports=ports)
    assert trial.look(review).review.state is ReviewState.ASKED


def test_a_regulator_approves_only_named_after_reading_and_once(world, trial):
    review = trial.asked(trial.deploy("Till"))
    approve, command = contract_reviews.approve, Decide(review.id)
    with pytest.raises(NotAllowed, match=r"review\.not_named"):
        world.do(approve, "ermek", command, ports=True)
    world.do(contract_reviews.name_reviewers, "ermek", NameReviewers(review.id, ("ermek",)))
    with pytest.raises(NotAllowed, match=r"review\.not_read"):
        world.do(approve, "ermek", command, ports=True)
    world.do(open_source, "ermek", review.id)
    stale = world.actor("ermek", fresh=False)
    with pytest.raises(NotAuthenticated, match=r"seat\.needs_reauthentication"):
        world.do(approve, stale, command, ports=True)
    world.do(approve, "ermek", command, ports=True)
    with pytest.raises(NotAllowed, match=r"review\.signed_twice"):
        world.do(approve, "ermek", command, ports=True)


def test_applicants_and_sponsors_are_not_named(world, trial):
    review = trial.asked(trial.deploy("Till"))
    for account in ("aigul", "damira", "operator", "nobody"):
        with pytest.raises(NotAllowed, match=r"review\.unfit_reviewer"):
            world.do(contract_reviews.name_reviewers, "ermek", NameReviewers(review.id, (account,)))
    with pytest.raises(InvalidInput, match=r"review\.no_reviewer"):
        world.do(contract_reviews.name_reviewers, "ermek", NameReviewers(review.id, ()))


def test_a_refusal_needs_a_reason_that_the_owner_reads(world, trial):
    review = trial.asked(trial.deploy("Till"))
    trial.read_by(review, "ermek")
    with pytest.raises(InvalidInput, match=r"text\.empty"):
        world.do(contract_reviews.refuse, "ermek", Decide(review.id, "  "))
    world.do(contract_reviews.refuse, "ermek", Decide(review.id, "The owner can take everything."))
    seen = trial.look(review).review
    assert (seen.state, seen.reason) == (ReviewState.REFUSED, "The owner can take everything.")
    with pytest.raises(Conflict, match=r"review\.decided"):
        world.do(contract_reviews.approve, "ermek", Decide(review.id), ports=True)
    assert trial.asked(review.address).state is ReviewState.ASKED, "asked again"


def test_one_regulator_withdraws_for_good(world, trial):
    till = trial.deploy("Till")
    review = trial.approved(till).review
    with pytest.raises(InvalidInput, match=r"text\.empty"):
        world.do(contract_reviews.withdraw, "gulnara", Decide(review.id), ports=True)
    world.do(contract_reviews.withdraw, "gulnara", Decide(review.id, "A flaw."), ports=True)
    world.settle()
    seen = trial.look(review).review
    assert (seen.state, seen.reason) == (ReviewState.WITHDRAWN, "A flaw.")
    assert standing(world, seen).approved is None
    with pytest.raises(Conflict, match=r"review\.not_approved"):
        world.do(contract_reviews.withdraw, "gulnara", Decide(review.id, "again"), ports=True)


def standing(world, review):
    where = world.system.national["kgst"]
    return contract_review_chain.standing_of(world.system.inside, where, review)


def test_a_lapse_is_written_down_with_what_changed(world, trial):
    till, other = trial.deploy("Till"), trial.deploy("OtherTill")
    proxy, gate = trial.deploy("Proxy", till), trial.deploy("Switch")
    review = trial.approved(proxy).review
    # The second is sent first: at the head, where it is tried, nothing is switched yet.
    nonce = int(
        world.system.ok(trial.permit, "eth_getTransactionCount", trial.wallet, "pending"), 16
    )
    second = trial.signed(nonce + 1, proxy, call("Proxy", "upgradeIf", gate, other))
    digest = world.system.ok(trial.permit, "eth_sendRawTransaction", second)
    first = trial.signed(nonce, gate, call("Switch", "flip"))
    world.system.ok(trial.permit, "eth_sendRawTransaction", first)
    world.system.receipt(trial.permit, digest)
    world.system.until(lambda: standing(world, review).approved is None)
    contract_review_chain.follow(world.worker.desk)
    seen = trial.look(review)
    assert seen.review.state is ReviewState.LAPSED
    assert [each.account for each in seen.found] == [proxy, other]
    assert "review.lapsed" in kinds(world, trial.number)
    assert contract_review_chain.follow(world.worker.desk) == 0, "once"


def test_an_upgrade_is_approved_before_it_is_made(world, trial):
    till, other = trial.deploy("Till"), trial.deploy("OtherTill")
    proxy = trial.deploy("Proxy", till)
    first = trial.approved(proxy).review
    refused = trial.rpc(proxy, call("Proxy", "upgradeTo", other))["error"]["data"]
    assert refused["clause"] == "contract_review"
    second = trial.approved(proxy, upgrade=other, name="OtherTill").review
    assert second.state is ReviewState.APPROVED
    assert trial.look(first).review.state is ReviewState.OVERTAKEN
    assert trial.send(proxy, call("Proxy", "upgradeTo", other))["status"] == "0x1"
    contract_review_chain.follow(world.worker.desk)
    assert trial.look(second).review.state is ReviewState.APPROVED


def test_what_changed_between_asking_and_signing_is_not_signed(world, trial):
    till, other = trial.deploy("Till"), trial.deploy("OtherTill")
    proxy = trial.deploy("Proxy", till)
    review = trial.asked(proxy)
    trial.read_by(review, "ermek")
    trial.send(proxy, call("Proxy", "upgradeTo", other))
    with pytest.raises(Conflict, match=r"review\.changed"):
        world.do(contract_reviews.approve, "ermek", Decide(review.id), ports=True)


WRONG_SOURCES = {
    "no JSON": "pragma solidity;",
    "no sources": json.dumps({"language": "Solidity", "settings": {}, "sources": {}}),
    "another language": json.dumps({"language": "Vyper", "settings": {}, "sources": {"a": {}}}),
    "a link instead of text": json.dumps(
        {"language": "Solidity", "settings": {}, "sources": {"a": {"urls": ["ipfs://x"]}}}
    ),
    "no settings": json.dumps({"language": "Solidity", "sources": {"a": {"content": "x"}}}),
}


def test_a_source_that_is_none_is_refused_whole(world, trial):
    till = trial.deploy("Till")
    for source in WRONG_SOURCES.values():
        with pytest.raises(
            InvalidInput, match=r"review\.source_malformed|verify\.language|compile"
        ):
            trial.asked(till, source=source)
    assert world.look(reviews_of, "bakyt", trial.number) == ()


def test_a_source_of_something_else_is_refused(world, trial):
    till = trial.deploy("Till")
    with pytest.raises(InvalidInput, match=r"verify\.other"):
        trial.asked(till, name="OtherTill")
    assert world.look(reviews_of, "bakyt", trial.number) == ()
    assert trial.asked(till).comparison["matches"] in {"full", "partial"}


def test_a_contract_may_be_named_by_the_transaction_that_deployed_it(world, trial):
    till, other = trial.deploy("Till"), trial.deploy("Till")
    digest = trial.deployed[till]
    review = asked(world, "bakyt", trial.command(digest))
    assert review.address == till != other
    plain = trial.send(till, call("Till", "payOut", till, till, 0))["transactionHash"]
    with pytest.raises(InvalidInput, match=r"review\.no_deployment"):
        asked(world, "bakyt", trial.command(plain))
    for neither in ("0x" + "g" * 64, "ө" * 66, digest + "00"):
        with pytest.raises(InvalidInput, match=r"address\.malformed"):
            asked(world, "bakyt", trial.command(neither))


def test_a_proxys_source_is_its_implementations_or_its_own(trial):
    till = trial.deploy("Till")
    proxy = trial.deploy("Proxy", till)
    assert trial.asked(proxy).comparison["layer"] == till
    other = trial.deploy("Proxy", till)
    assert trial.asked(other, name="Proxy").comparison["layer"] == other


def test_a_source_for_another_compiler_is_taken_and_said_to_be_uncompared(trial):
    review = trial.asked(trial.deploy("Till"), compiler="0.5.16")
    assert review.comparison["matches"] == "not_compared"


def test_asking_is_for_the_team_about_a_contract_once(world, trial):
    till = trial.deploy("Till")
    command = trial.command(till)
    for who in ("ermek", "damira", "jyldyz", "cholpon"):
        with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
            asked(world, who, command)
    actor = world.actor("bakyt", channel=Channel.PERMIT_KEY, permit=trial.number)
    with pytest.raises(NotAllowed, match=r"review\.not_by_key"):
        asked(world, actor, command)
    with pytest.raises(InvalidInput, match=r"review\.no_code"):
        trial.asked(trial.wallet)
    asked(world, "bakyt", command)
    with pytest.raises(Conflict, match=r"review\.already_asked"):
        asked(world, "bakyt", command)


def test_without_the_term_there_is_nothing_to_ask(world):
    trial = Trial(world, contract_review="no")
    till = trial.deploy("Till")
    with pytest.raises(NotAllowed, match=r"review\.no_term"):
        trial.asked(till)


class Killed(BaseException):
    """kill -9, at one step."""


@pytest.mark.slow
@pytest.mark.parametrize("step", ["approve.begun", "approve.sent", "approve.before_commit"])
def test_an_approval_killed_at_any_step_ends_approved_once(world, trial, step):
    review = trial.asked(trial.deploy("Till"))
    trial.read_by(review, "ermek", "feruza")
    for account in ("ermek", "feruza"):
        world.do(contract_reviews.approve, account, Decide(review.id), ports=True)

    def die(name):
        if name == step:
            raise Killed

    with world.store.unit(read_only=True) as u:
        (row,) = [each for each in u.outbox.due(world.at) if each.kind == "contract.approve"]
    with pytest.raises(Killed):
        contract_review_chain.approve(Desk(world.store, world.system.inside, world.clock, die), row)
    world.settle()
    assert trial.look(review).review.state is ReviewState.APPROVED
    assert standing(world, trial.look(review).review).nonce == 1, "on chain once"
    assert kinds(world, trial.number).count("review.in_force") == 1
