from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from sandbox.chain.signer.client import SignerClient
from sandbox.contracts.typed import terms_typed_data
from sandbox.domain.document import document_hash, document_typed_data
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed, Unavailable
from sandbox.kit.ids import CHAIN_IDS, permit_key
from sandbox.services.calls import read
from sandbox.services.countersigning import Countersign, countersign
from sandbox.services.decisions import (
    ProposeGrant,
    ProposeRefusal,
    WithdrawProposal,
    propose_grant,
    propose_refusal,
    withdraw_proposal,
)
from sandbox.services.identity import actor_of
from sandbox.services.listing import list_files
from sandbox.services.permits import public_permit
from sandbox.services.policies import policy_of
from sandbox.services.ports import Ports
from sandbox.services.signing import chain_terms
from tests.services.world import KGST, LIMITS


def _effective(world, number):
    where = world.system.national["kgst"]
    return read(world.ports.gateway, "kgst", where.supervisor, "effective", permit_key(number))


def test_conditions_become_a_permit_on_chain_and_at_the_gateway(world):
    file = world.countersigned()
    assert file.state == "activating"
    assert world.permit(file.permit).acknowledged is False
    world.settle()
    permit = world.permit(file.permit)
    assert (permit.state, permit.acknowledged, permit.published_version) == ("active", True, 1)
    version, state, start, end, interim = _effective(world, permit.number)
    assert (version, state, interim) == (1, 1, 0)
    assert end - start == 90 * 86_400
    assert world.system.inside.heartbeat({})["policies"][permit.number] >= 1
    terms = permit.terms
    assert terms.assets[0].per_transaction == 5_000 * KGST
    assert (terms.max_customers, terms.max_merchants, terms.load.deployments) == (20, 3, 3)


def test_the_author_cannot_countersign(world):
    file = world.proposed()
    assert world.file(file.id, "ermek").decisions[-1].may_countersign is False
    assert world.file(file.id, "feruza").decisions[-1].may_countersign is True
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        world.do(countersign, "ermek", Countersign(file.decisions[-1].id), ports=True)
    assert world.file(file.id).state == "decided"


@pytest.mark.parametrize("who", ["aigul", "bakyt", "damira"])
def test_firm_and_sponsor_see_a_file_with_a_proposal_as_it_was_before(world, who):
    before = world.file(world.reviewed().id, who)
    grant = ProposeGrant(before.id, LIMITS, "in order")
    proposed = world.do(propose_grant, "ermek", grant, ports=True)
    after = world.file(proposed.id, who)
    assert (proposed.state, after.state, before.state) == ("decided", *["under_review"] * 2)
    assert after.decisions == ()
    assert after.timeline == before.timeline
    assert after.possible == before.possible
    assert "withdraw_proposal" in world.file(proposed.id, "ermek").possible
    with world.store.unit(read_only=True) as u:
        lines = list_files(u, actor_of(u, who), at=world.at)
    assert {each.state for each in lines} == {"under_review"}


def test_the_authors_second_account_cannot_countersign_either(world):
    file = world.proposed()
    with world.store.unit() as u:
        feruza = u.accounts.get("feruza")
        u.accounts.save(replace(feruza, person=u.accounts.get("ermek").person))
        u.commit()
    with pytest.raises(NotAllowed, match=r"approval\.author_cannot_countersign"):
        world.do(countersign, "feruza", Countersign(file.decisions[-1].id), ports=True)


def test_a_person_with_another_seat_in_the_file_cannot_decide(world):
    file = world.reviewed()
    with world.store.unit() as u:
        feruza = u.accounts.get("feruza")
        u.accounts.save(replace(feruza, person=u.accounts.get("damira").person))
        u.commit()
    with pytest.raises(NotAllowed, match=r"seat\.second_seat_in_file"):
        world.do(propose_refusal, "feruza", ProposeRefusal(file.id, "no"))


@pytest.mark.parametrize("who", ["aigul", "bakyt", "damira", "jyldyz", "operator", "kanat"])
def test_nobody_but_a_regulator_decides(world, who):
    file = world.reviewed()
    with pytest.raises(NotAllowed, match=r"seat\.right_missing"):
        world.do(propose_grant, who, ProposeGrant(file.id, LIMITS, ""), ports=True)


def test_two_regulators_deciding_at_once_come_to_one_outcome(world):
    file = world.reviewed()
    barrier, outcomes = threading.Barrier(2), []

    def decide(who):
        command = ProposeGrant(file.id, LIMITS, who)
        barrier.wait()
        try:
            outcomes.append(world.do(propose_grant, who, command, ports=True))
        except Conflict as error:
            outcomes.append(error)

    threads = [threading.Thread(target=decide, args=(who,)) for who in ("ermek", "feruza")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [each for each in outcomes if isinstance(each, Conflict)]
    assert [each.code for each in refused] == ["lifecycle.not_from_here"]
    assert len(world.file(file.id).decisions) == 1


def test_two_countersignatures_at_once_issue_one_permit(world):
    file = world.proposed()
    command = Countersign(file.decisions[-1].id)
    barrier, outcomes = threading.Barrier(2), []

    def sign(who):
        barrier.wait()
        try:
            outcomes.append(world.do(countersign, who, command, ports=True).state)
        except Conflict as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=sign, args=(who,)) for who in ("feruza", "gulnara")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["activating", "approval.not_open"]


def test_a_countersignature_posted_twice_is_one_act(world):
    file = world.proposed()
    command = Countersign(file.decisions[-1].id, key="form-9")
    first = world.do(countersign, "feruza", command, ports=True)
    second = world.do(countersign, "feruza", command, ports=True)
    assert first.permit == second.permit
    assert [each.kind for each in second.timeline].count("file.countersign_grant") == 1


@pytest.mark.parametrize(
    ("changed", "part", "code"),
    [
        ({"end": "2020-01-01", "start": "2020-01-02"}, "term_days", "terms.end_before_start"),
        ({"term_days": "0"}, "term_days", "terms.end_before_start"),
        ({"max_customers": "-1"}, "max_customers", "terms.below_zero"),
        ({"max_customers": "1.5"}, "max_customers", "amount.too_fine"),
        ({"KGST.customer_cap": "0.0000000000000000001"}, "KGST.customer_cap", "amount.too_fine"),
        ({"KGST.customer_cap": "9" * 40}, "KGST.customer_cap", "terms.too_large"),
        ({"deployments": "many"}, "deployments", "amount.malformed"),
        ({"assets": "GOLD"}, "assets", "terms.unknown_asset"),
    ],
)
def test_a_wrong_condition_is_named_and_nothing_is_proposed(world, changed, part, code):
    file = world.reviewed()
    command = ProposeGrant(file.id, {**LIMITS, **changed}, "")
    with pytest.raises(InvalidInput, match=r"conditions\.invalid") as caught:
        world.do(propose_grant, "ermek", command, ports=True)
    assert (part, code) in [(e["part"], e["code"]) for e in caught.value.params["missing"]]
    assert world.file(file.id).state == "under_review"


def test_zero_is_zero_and_no_limit_is_no_limit(world):
    number = world.active(**{"KGST.merchant_cap": "no limit", "deployments": "0"})
    terms = world.permit(number).terms
    assert terms.as_dict()["assets"][0]["merchant_cap"] == "no limit"
    assert terms.load.deployments == 0
    where = world.system.national["kgst"]
    (on_chain,) = read(world.ports.gateway, "kgst", where.supervisor, "termsOf", permit_key(number))
    assert on_chain[-1][0][4] == 2**256 - 1


def test_a_refusal_needs_a_second_person_too(world):
    file = world.reviewed()
    proposed = world.do(propose_refusal, "ermek", ProposeRefusal(file.id, "Not ready."))
    decision = Countersign(proposed.decisions[-1].id)
    with pytest.raises(NotAllowed):
        world.do(countersign, "ermek", decision, ports=True)
    assert world.do(countersign, "gulnara", decision, ports=True).state == "refused"


def test_a_withdrawn_proposal_keeps_its_number_for_the_next(world):
    file = world.proposed()
    first = file.decisions[-1]
    back = world.do(withdraw_proposal, "feruza", WithdrawProposal(first.id, "too wide"))
    assert back.state == "under_review"
    with pytest.raises(Conflict, match=r"approval\.not_open"):
        world.do(countersign, "feruza", Countersign(first.id), ports=True)
    again = world.do(propose_grant, "feruza", ProposeGrant(file.id, LIMITS, ""), ports=True)
    with world.store.unit(read_only=True) as u:
        numbers = {each.document["number"] for each in u.decisions.of_file(file.id)}
    assert len(numbers) == 1
    assert again.decisions[-1].author == "feruza"


def test_a_proposal_is_not_shown_to_the_applicant_before_it_is_in_force(world):
    file = world.proposed()
    seen = world.file(file.id, "aigul")
    assert seen.decisions == ()
    assert "file.propose_grant" not in [each.kind for each in seen.timeline]
    assert len(world.file(file.id, "ermek").decisions) == 1


def test_what_the_authority_wrote_in_an_entry_is_not_in_the_firms_story(world):
    file = world.proposed()
    with world.store.unit() as u:
        said = {"from": "decided", "reason": "the owner is looked at elsewhere"}
        u.audit.append(
            kind="file.take_off_agenda", actor="ermek", subject=file.id, data=said, at=world.at
        )
        u.commit()
    seen = {
        name: next(e.data for e in world.file(file.id, name).timeline if "take_off" in e.kind)
        for name in ("aigul", "ermek")
    }
    assert seen == {"aigul": {"from": "decided"}, "ermek": said}


def test_both_regulators_signatures_verify_over_terms_and_document(world):
    number = world.active()
    where = world.system.national["kgst"]
    with world.store.unit(read_only=True) as u:
        public = public_permit(u, number, at=world.at)
        decision = u.decisions.of_version(u.permits.get(number).file, 1)
    struct = chain_terms(
        where,
        terms=decision.terms,
        number=number,
        version=1,
        state=decision.trial_state,
    )
    typed = terms_typed_data(CHAIN_IDS["kgst"], where.supervisor, struct)
    document = document_typed_data(
        public.document, chain_id=CHAIN_IDS["kgst"], supervisor=where.supervisor
    )
    assert len({each["address"] for each in public.signatures}) == 2
    for each in public.signatures:
        for message, signature in ((typed, each["terms"]["kgst"]), (document, each["document"])):
            signable = encode_typed_data(full_message=message)
            assert Account.recover_message(signable, signature=signature) == each["address"]
    changed = {**public.document, "title": "Something else"}
    assert document_hash(changed) != public.document_hash
    assert set(public.notice) == {"en", "ru", "ky"}


def test_nothing_is_proposed_when_the_signer_is_out_of_reach(world, tmp_path):
    file = world.reviewed()
    world.ports = Ports(SignerClient(tmp_path / "nobody.sock"), world.ports.gateway)
    with pytest.raises(Unavailable, match=r"signer\.unavailable"):
        world.do(propose_grant, "ermek", ProposeGrant(file.id, LIMITS, ""), ports=True)
    assert world.file(file.id).state == "under_review"
    assert world.file(file.id).decisions == ()


def test_the_policy_that_the_gateway_holds_is_the_permit(world):
    number = world.active()
    with world.store.unit(read_only=True) as u:
        permit = u.permits.get(number)
        policy = policy_of(u, permit, u.files.get(permit.file))
    assert (policy.state, policy.version, policy.chains) == ("active", 1, ("kgst",))
    assert set(policy.operators) == {"aigul", "bakyt"}
    assert [each.kind for each in policy.wallets] == ["settlement"]
    assert policy.limits["transactions_per_day"] == 1000
    assert type(policy).from_dict(policy.as_dict()) == policy
