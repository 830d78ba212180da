"""The Merkle tree of RFC 6962: roots, inclusion and consistency proofs.

A leaf is hashed with prefix 0x00 and a node with 0x01, so that neither can be
passed off as the other. Trees are lists of leaf hashes in order; nothing here
stores anything.

>>> leaves = [leaf_hash(bytes([n])) for n in range(5)]
>>> proof = inclusion_proof(leaves, 3)
>>> verify_inclusion(leaves[3], 3, 5, proof, root(leaves))
True
>>> verify_consistency(2, 5, root(leaves[:2]), root(leaves), consistency_proof(leaves, 2))
True

Source: RFC 6962 section 2.1; the verifiers follow RFC 9162 section 2.1.3.2 and 2.1.4.2.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.kit.errors import InvalidInput

EMPTY_ROOT = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's bytes."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The right edge of a growing tree: append in O(log n), keep only the peaks."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash (32 bytes)."""
        self._peaks.append(leaf)
        self.size += 1
        for _ in range((self.size & -self.size).bit_length() - 1):
            right = self._peaks.pop()
            self._peaks.append(node_hash(self._peaks.pop(), right))

    def root(self) -> bytes:
        """The root over everything appended so far."""
        if not self._peaks:
            return EMPTY_ROOT
        result = self._peaks[-1]
        for peak in reversed(self._peaks[:-1]):
            result = node_hash(peak, result)
        return result


def root(leaves: Sequence[bytes]) -> bytes:
    """The root of a tree.

    Args:
        leaves: leaf hashes in order, 32 bytes each; none gives ``EMPTY_ROOT``.
    """
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    return frontier.root()


class Tree:
    """All nodes of a tree: many proofs of it in O(log n) each.

    A node without a sibling moves up unchanged, which gives RFC 6962's tree.

    Args:
        leaves: leaf hashes in order.
    """

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        self._levels = [list(leaves)]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            above = [node_hash(a, b) for a, b in zip(below[::2], below[1::2], strict=False)]
            self._levels.append(above + below[len(above) * 2 :])

    def root(self) -> bytes:
        """The root over all leaves."""
        return self._levels[-1][0] if self.size else EMPTY_ROOT

    def inclusion(self, index: int) -> list[bytes]:
        """As ``inclusion_proof``. Raises ``merkle.index_outside``."""
        if not 0 <= index < self.size:
            raise InvalidInput("merkle.index_outside", index=index, size=self.size)
        proof = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                proof.append(level[index ^ 1])
            index >>= 1
        return proof

    def consistency(self, first: int) -> list[bytes]:
        """As ``consistency_proof``. Raises ``merkle.index_outside``."""
        if not 0 <= first <= self.size:
            raise InvalidInput("merkle.index_outside", index=first, size=self.size)
        if first in (0, self.size):
            return []
        return self._subproof(first, 0, self.size, whole=True)

    def _subproof(self, first: int, begin: int, size: int, *, whole: bool) -> list[bytes]:
        if first == size:
            return [] if whole else [self._node(begin, size)]
        half = 1 << ((size - 1).bit_length() - 1)
        right = self._node(begin + half, size - half)
        if first <= half:
            return [*self._subproof(first, begin, half, whole=whole), right]
        left = self._node(begin, half)
        return [*self._subproof(first - half, begin + half, size - half, whole=False), left]

    def _node(self, begin: int, size: int) -> bytes:
        """The root of a subtree of this tree: complete, or ending where the tree ends."""
        level = (size - 1).bit_length()
        return self._levels[level][begin >> level]


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The path that shows a leaf to be in a tree.

    Args:
        leaves: leaf hashes of the whole tree.
        index: the leaf's place, from 0.

    Returns:
        Sibling hashes from the leaf upwards.

    Raises:
        InvalidInput: ``merkle.index_outside``.
    """
    return Tree(leaves).inclusion(index)


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """The proof that today's tree begins with yesterday's.

    Args:
        leaves: leaf hashes of today's tree.
        first: how many leaves yesterday's tree had, 0 to ``len(leaves)``.

    Returns:
        Hashes in the order of RFC 6962 section 2.1.2; empty when ``first`` is 0 or all.

    Raises:
        InvalidInput: ``merkle.index_outside``.
    """
    return Tree(leaves).consistency(first)


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes
) -> bool:
    """Whether a leaf stands at a place of the tree with that root.

    Args:
        leaf: the leaf hash.
        index: its place, from 0.
        size: leaves in the tree.
        proof: what ``inclusion_proof`` gave.
        expected_root: the root of a head one trusts.
    """
    steps = climb(leaf, index, size, proof)
    return steps is not None and (steps[-1].result if steps else leaf) == expected_root


@dataclass(frozen=True)
class Step:
    """One step from a leaf towards the root.

    Attributes:
        sibling: the hash beside.
        left: whether it stands on the left.
        result: the hash of both.
    """

    sibling: bytes
    left: bool
    result: bytes


def climb(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> tuple[Step, ...] | None:
    """Every step of an inclusion proof; the last result is to be the root.

    Args:
        leaf: the leaf hash.
        index: its place, from 0.
        size: leaves in the tree.
        proof: what ``inclusion_proof`` gave.

    Returns:
        The steps, none in a tree of one leaf; None when the proof does not fit the tree's size.
    """
    if not 0 <= index < size:
        return None
    place, last, result = index, size - 1, leaf
    steps: list[Step] = []
    for sibling in proof:
        if last == 0:
            return None
        left = bool(place & 1 or place == last)
        result = node_hash(sibling, result) if left else node_hash(result, sibling)
        steps.append(Step(sibling, left, result))
        while left and not place & 1 and place:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    return tuple(steps) if last == 0 else None


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of ``second`` leaves begins with the tree of ``first`` leaves.

    Args:
        first: leaves of the older tree.
        second: leaves of the newer tree.
        first_root: the root that was kept.
        second_root: the root that is shown now.
        proof: what ``consistency_proof`` gave.
    """
    if not 0 <= first <= second:
        return False
    if first == 0:
        return not proof and first_root == EMPTY_ROOT
    if first == second:
        return not proof and first_root == second_root
    path = list(proof) if first & (first - 1) else [first_root, *proof]
    if not path:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root
