"""The Merkle tree against the definition of RFC 6962, and every proof against forgery."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.kit import merkle
from sandbox.kit.errors import InvalidInput

leaves_of = st.lists(st.binary(max_size=4), max_size=40).map(
    lambda items: [merkle.leaf_hash(item) for item in items]
)


def definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word (recursive), as an oracle."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    inner = definition(leaves[:half]) + definition(leaves[half:])
    return hashlib.sha256(b"\x01" + inner).digest()


def test_root_of_known_vectors() -> None:
    """Vectors published with the certificate-transparency reference implementation."""
    data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    data.append("606162636465666768696a6b6c6d6e6f")
    leaves = [merkle.leaf_hash(bytes.fromhex(item)) for item in data]
    assert merkle.root([]).hex().startswith("e3b0c44298fc1c14")
    assert (
        merkle.root(leaves).hex()
        == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@given(leaves_of)
def test_root_is_the_definition(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == definition(leaves)


@given(leaves_of, st.data())
def test_inclusion_holds_and_does_not_for_another_leaf(leaves: list[bytes], data) -> None:
    if not leaves:
        with pytest.raises(InvalidInput):
            merkle.inclusion_proof(leaves, 0)
        return
    place = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = merkle.inclusion_proof(leaves, place), merkle.root(leaves)
    assert merkle.verify_inclusion(leaves[place], place, len(leaves), proof, root)
    forged = merkle.leaf_hash(b"forged leaf")
    assert not merkle.verify_inclusion(forged, place, len(leaves), proof, root)
    assert not merkle.verify_inclusion(leaves[place], len(leaves), len(leaves), proof, root)
    assert not merkle.verify_inclusion(leaves[place], place, len(leaves), [*proof, forged], root)
    if proof:
        assert not merkle.verify_inclusion(leaves[place], place, len(leaves), proof[:-1], root)


@given(leaves_of, st.data())
def test_consistency_holds_and_exposes_a_rewritten_log(leaves: list[bytes], data) -> None:
    first = data.draw(st.integers(0, len(leaves)))
    old, new = merkle.root(leaves[:first]), merkle.root(leaves)
    proof = merkle.consistency_proof(leaves, first)
    assert merkle.verify_consistency(first, len(leaves), old, new, proof)
    if first:
        place = data.draw(st.integers(0, first - 1))
        rewritten = [*leaves]
        rewritten[place] = merkle.leaf_hash(b"rewritten")
        rewritten_proof = merkle.consistency_proof(rewritten, first)
        assert not merkle.verify_consistency(
            first, len(leaves), old, merkle.root(rewritten), rewritten_proof
        )


def test_consistency_beyond_the_tree_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        merkle.consistency_proof([merkle.leaf_hash(b"a")], 2)
    assert caught.value.code == "merkle.index_outside"
    assert not merkle.verify_consistency(2, 1, b"", b"", [])


@given(leaves=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70))
def test_a_kept_tree_gives_the_root_and_proofs_of_the_definition(leaves: list[bytes]) -> None:
    tree = merkle.Tree(leaves)
    assert tree.root() == definition(leaves)
    for index in range(len(leaves)):
        proof = tree.inclusion(index)
        assert merkle.verify_inclusion(leaves[index], index, len(leaves), proof, definition(leaves))
    for first in range(len(leaves) + 1):
        proof = tree.consistency(first)
        old = definition(leaves[:first])
        assert merkle.verify_consistency(first, len(leaves), old, definition(leaves), proof)
    with pytest.raises(InvalidInput):
        tree.inclusion(len(leaves))


def test_an_empty_tree_has_the_empty_root() -> None:
    assert merkle.Tree([]).root() == merkle.EMPTY_ROOT
