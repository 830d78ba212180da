"""The Merkle-sum tree: what it commits to, what a proof shows, and the lies that it refuses."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.forensics import CannotProve, Claim, Liabilities, Proof, audit, check_proof
from sandbox.forensics.reserves.claims import unnoticed
from sandbox.forensics.reserves.tree import LIMIT, Node, Step
from sandbox.kit.keccak import keccak

STEADY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""For a loaded machine as well."""
FIRM = 4711
BALANCES = st.dictionaries(
    st.text(min_size=1, max_size=8), st.integers(0, 10**30), min_size=1, max_size=20
)
SALT = bytes(16)


def number(value):
    return (value % 2**256).to_bytes(32, "big")


def by_hand(nodes):
    """The root by its other definition: the left part is the largest full tree that is smaller."""
    if len(nodes) == 1:
        return nodes[0]
    half = 1
    while 2 * half < len(nodes):
        half *= 2
    left, right = by_hand(nodes[:half]), by_hand(nodes[half:])
    packed = b"\x01" + left[0] + number(left[1]) + right[0] + number(right[1])
    return keccak(packed), left[1] + right[1]


def leaf_by_hand(firm, name, balance, salt):
    return keccak(b"\x00" + number(firm) + salt + number(balance) + name.encode()), balance


def refused(code, call, *arguments, **more):
    with pytest.raises(CannotProve) as error:
        call(*arguments, **more)
    assert error.value.code == code
    assert len({error.value.explain(each) for each in ("en", "ru", "ky")}) == 3


@STEADY
@given(BALANCES)
def test_the_root_is_the_one_of_the_definition_and_every_customer_is_included(balances):
    tree = Liabilities.of(FIRM, balances, salts=dict.fromkeys(balances, SALT))
    nodes = [leaf_by_hand(FIRM, *each, SALT) for each in balances.items()]
    assert (tree.root.hash, tree.root.total) == by_hand(nodes)
    assert tree.root.total == sum(balances.values())
    for customer, balance in balances.items():
        proof = tree.proof(customer)
        assert (proof.balance, check_proof(proof, tree.root)) == (balance, "included")
        assert len(proof.path) <= (len(balances) - 1).bit_length()


@STEADY
@given(BALANCES, st.data())
def test_what_was_changed_is_refused(balances, data):
    tree = Liabilities.of(FIRM, balances)
    proof = tree.proof(data.draw(st.sampled_from(sorted(balances))))
    lies = [
        replace(proof, balance=proof.balance + 1),
        replace(proof, customer=proof.customer + "x"),
        replace(proof, firm=FIRM + 1),
        replace(proof, salt=bytes(16)),
        replace(proof, path=(*proof.path, Step("left", Node(bytes(32), 0)))),
    ]
    for place, step in enumerate(proof.path):
        for other in (
            replace(step, side="left" if step.side == "right" else "right"),
            replace(step, node=replace(step.node, total=step.node.total + 1)),
            replace(step, node=replace(step.node, hash=bytes(32))),
        ):
            path = (*proof.path[:place], other, *proof.path[place + 1 :])
            lies.append(replace(proof, path=path))
        lies.append(replace(proof, path=proof.path[:place] + proof.path[place + 1 :]))
    assert {check_proof(lie, tree.root) for lie in lies} == {"mismatch"}
    for root in (replace(tree.root, total=tree.root.total + 1), Node(bytes(32), tree.root.total)):
        assert check_proof(proof, root) == "mismatch"


def test_salts_are_drawn_anew():
    one, other = (Liabilities.of(FIRM, {"Aida": 5}) for _ in range(2))
    assert one.root != other.root
    assert len(one.proof("Aida").salt) == 16


def test_what_no_tree_can_be_made_of_is_refused():
    refused("reserves.nobody", Liabilities.of, FIRM, {})
    refused("reserves.balance_negative", Liabilities.of, FIRM, {"a": 5, "b": -1})
    for wrong in (1.0, "5", True, None):
        refused("reserves.balance_malformed", Liabilities.of, FIRM, {"a": wrong})
    for wrong in (5, "\ud800"):
        refused("reserves.customer_malformed", Liabilities.of, FIRM, {wrong: 5})
    for wrong in (-1, LIMIT, 1.5, True):
        refused("reserves.firm_malformed", Liabilities.of, wrong, {"a": 5})
    refused("reserves.sum_too_large", Liabilities.of, FIRM, {"a": LIMIT - 1, "b": 1})
    assert Liabilities.of(FIRM, {"a": LIMIT - 1, "b": 0}).root.total == LIMIT - 1
    refused("reserves.salt_malformed", Liabilities.of, FIRM, {"a": 5}, salts={"a": b"short"})
    refused("reserves.customer_unknown", Liabilities.of(FIRM, {"a": 5}).proof, "b")


def dishonest(balances):
    """A tree as a firm would build it that hides a debt behind a negative account."""
    return Liabilities(FIRM, [(name, balance, SALT) for name, balance in balances.items()])


def test_a_negative_account_is_seen_by_who_has_it_in_the_path():
    tree = dishonest({"Aida": 40, "friend": -30, "Bek": 15, "Chynara": 25})
    assert tree.root.total == 50
    assert check_proof(tree.proof("Aida"), tree.root) == "negative"
    assert check_proof(tree.proof("friend"), tree.root) == "negative"
    assert check_proof(tree.proof("Bek"), tree.root) == "included", "10 is the sum of both"
    deep = dishonest({"Aida": 40, "friend": -70, "Bek": 15, "Chynara": 25})
    assert check_proof(deep.proof("Bek"), deep.root) == "negative"


def test_totals_that_overflow_are_refused():
    half = LIMIT // 2
    tree = dishonest({"a": half, "b": half})
    assert check_proof(tree.proof("a"), tree.root) == "overflow"
    assert check_proof(tree.proof("a"), Node(tree.root.hash, 0)) == "overflow"
    fine = dishonest({"a": half, "b": half - 1})
    assert check_proof(fine.proof("a"), fine.root) == "included"


def test_a_proof_of_another_form_is_refused():
    tree = Liabilities.of(FIRM, {"a": 5, "b": 6})
    proof = tree.proof("a")
    (step,) = proof.path
    for lie in (
        replace(proof, path=(replace(step, side="up"),)),
        replace(proof, path=(replace(step, node=Node(b"short", 6)),)),
        replace(proof, path=(step,) * 65),
        replace(proof, salt=b""),
        replace(proof, firm=-1),
    ):
        assert check_proof(lie, tree.root) == "malformed"


def test_the_sum_alone_in_the_hash_would_let_both_neighbours_be_cheated():
    """With both totals in it, what is told to one is not true for the other."""
    tree = Liabilities.of(FIRM, {"left": 40, "right": 15})
    for name, told in (("left", 0), ("right", 25)):
        proof = tree.proof(name)
        lie = replace(proof.path[0], node=replace(proof.path[0].node, total=told))
        assert check_proof(replace(proof, path=(lie,)), Node(tree.root.hash, 40)) == "mismatch"


def test_a_proof_survives_json():
    tree = Liabilities.of(FIRM, {"Айгүл": 10**30, "b": 6, "c": 1})
    proof = tree.proof("Айгүл")
    assert Proof.read(json.loads(json.dumps(proof.as_json()))) == proof
    said = proof.as_json()
    for wrong in (
        {**said, "salt": "xx"},
        {**said, "path": [["left"]]},
        {**said, "balance": "5.5"},
        {**said, "customer": 5},
        {**said, "customer": "\ud800"},
        {key: each for key, each in said.items() if key != "firm"},
        [],
    ):
        refused("reserves.proof_malformed", Proof.read, wrong)


def test_claims_find_what_is_hidden():
    tree = Liabilities.of(FIRM, {"Aida": 40, "Bek": 15, "Chynara": 25})
    other = Liabilities.of(FIRM, {"Daniyar": 7, "Emil": 1})
    foreign = Liabilities.of(FIRM + 1, {"Aida": 40})
    found = audit(
        [
            Claim("Aida", 40, tree.proof("Aida")),
            Claim("Bek", 20, tree.proof("Bek")),
            Claim("Gulnara", 30),
            Claim("Daniyar", 7, other.proof("Daniyar")),
            Claim("Chynara", 25, tree.proof("Chynara")),
            Claim("Emil", 25, tree.proof("Chynara")),
        ],
        tree.root,
        firm=FIRM,
    )
    assert found.table.select("customer", "finding", "hidden").rows() == [
        ("Aida", "included", "0"),
        ("Bek", "less", "5"),
        ("Gulnara", "missing", "30"),
        ("Daniyar", "mismatch", "7"),
        ("Chynara", "included", "0"),
        ("Emil", "shared", "25"),
    ]
    assert found.hidden == 67
    claim = Claim("Aida", 40, foreign.proof("Aida"))
    assert audit([claim], foreign.root, firm=FIRM).table["finding"].to_list() == ["mismatch"]
    assert audit([], tree.root, firm=FIRM).hidden == 0


def test_a_claim_over_a_negative_account_counts_whole():
    tree = dishonest({"Aida": 40, "friend": -30})
    found = audit([Claim("Aida", 40, tree.proof("Aida"))], tree.root, firm=FIRM)
    assert (found.table["finding"].to_list(), found.hidden) == (["negative"], 40)
    for owed in (-1, 1.0, True):
        refused("reserves.claim_malformed", audit, [Claim("a", owed)], tree.root, firm=FIRM)


@STEADY
@given(BALANCES, st.data())
def test_customers_who_were_left_out_are_what_is_hidden(balances, data):
    kept = data.draw(st.lists(st.sampled_from(sorted(balances)), min_size=1, unique=True))
    tree = Liabilities.of(FIRM, {name: balances[name] for name in kept})
    claims = [
        Claim(name, owed, tree.proof(name) if name in kept else None)
        for name, owed in balances.items()
    ]
    found = audit(claims, tree.root, firm=FIRM)
    assert tree.root.total + found.hidden == sum(balances.values())
    missing = set(found.table.filter(finding="missing")["customer"])
    assert missing == set(balances) - set(kept)


def test_how_likely_it_is_that_nobody_notices():
    assert unnoticed(10, 1, 2) == 0.8
    assert unnoticed(10, 0, 10) == 1
    assert unnoticed(10, 1, 10) == 0
    for wrong in ((10, 11, 1), (10, 1, 11), (10, -1, 1)):
        refused("reserves.sample_malformed", unnoticed, *wrong)
