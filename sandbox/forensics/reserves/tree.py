"""A Merkle-sum tree: one root commits to every customer's balance and to their sum.

Definition, as in the course's assignment "Proof of reserves" (numbers as 32 bytes, the name in
UTF-8, everything one after the other)::

    leaf   = keccak(0x00, firm, salt, balance, customer)                  total: balance
    parent = keccak(0x01, left hash, left total, right hash, right total) total: left + right

Rules:

1. A balance is a whole number of minor units, not below 0; the sum fits in 256 bits.
2. A salt is 16 random bytes that only its customer is told: without them whoever knows a name tries
   balances until the hash fits.
3. Both totals are hashed. With their sum alone a firm can tell each of two neighbours another total
   for the other one.
4. A node without a neighbour goes up as it is; nobody counts twice.
5. A proof is refused where any total in it is below 0: that is room for a debt left out.

A path shows a customer the total of each neighbour, the first of which is one other customer's
balance: leaves are best given in random order.

Sources: Maxwell's tree of 2013 as written down by Todd and Wilcox; rule 3: Hu, Zhang, Guo,
"Breaking the Binding" (2019). Salts and prefixes as in RFC 6962 and the course.

>>> tree = Liabilities.of(7, {"Aida": 40_000, "Bek": 15_000, "Chynara": 25_000})
>>> tree.root.total, check_proof(tree.proof("Bek"), tree.root)
(80000, 'included')
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sandbox.forensics.errors import CannotProve
from sandbox.kit.keccak import keccak

SALT_BYTES: Final = 16
LIMIT: Final = 2**256
"""Totals lie below this."""
HIGHEST: Final = 64
"""Steps of a path at most."""
HASH_BYTES: Final = 32
Side = Literal["left", "right"]
Held = Literal["included", "negative", "overflow", "malformed", "mismatch"]


@dataclass(frozen=True)
class Node:
    """A node of the tree.

    Attributes:
        hash: 32 bytes.
        total: of all balances below, minor units.
    """

    hash: bytes
    total: int


@dataclass(frozen=True)
class Step:
    """One neighbour on the way up.

    Attributes:
        side: where the neighbour stands.
        node: what it is.
    """

    side: Side
    node: Node


@dataclass(frozen=True)
class Proof:
    """What a customer is told, to see that the balance is counted.

    Attributes:
        firm: number of the firm, which keeps leaves of one firm out of another's tree.
        customer: as the firm calls the customer.
        balance: minor units.
        salt: 16 bytes.
        path: the neighbours, the lowest first.
    """

    firm: int
    customer: str
    balance: int
    salt: bytes
    path: tuple[Step, ...]

    @property
    def leaf(self) -> Node:
        """The customer's own node."""
        return leaf(self.firm, self.customer, self.balance, self.salt)

    def as_json(self) -> dict[str, Any]:
        """The proof as JSON: numbers as text, bytes as hex."""
        return {
            "firm": str(self.firm),
            "customer": self.customer,
            "balance": str(self.balance),
            "salt": self.salt.hex(),
            "path": [[each.side, each.node.hash.hex(), str(each.node.total)] for each in self.path],
        }

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Proof:
        """A proof from JSON.

        Raises:
            CannotProve: ``reserves.proof_malformed``.
        """
        try:
            path = tuple(
                Step(side, Node(bytes.fromhex(hashed), int(total)))
                for side, hashed, total in said["path"]
            )
            numbers = int(said["firm"]), int(said["balance"])
            salt, customer = bytes.fromhex(said["salt"]), said["customer"]
        except (KeyError, TypeError, ValueError) as error:
            raise CannotProve("reserves.proof_malformed") from error
        if not _name(customer):
            raise CannotProve("reserves.proof_malformed")
        return cls(numbers[0], customer, numbers[1], salt, path)


class Liabilities:
    """The tree of one firm at one moment; ``Liabilities.of`` makes one.

    Attributes:
        firm: its number.
        root: what it publishes.
        customers: in the order of the leaves.
    """

    def __init__(self, firm: int, accounts: Sequence[tuple[str, int, bytes]]) -> None:
        self.firm = firm
        self._accounts = {name: (balance, salt) for name, balance, salt in accounts}
        self._places = {name: place for place, name in enumerate(self._accounts)}
        self._levels = [[leaf(firm, *each) for each in accounts]]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))
        self.root = self._levels[-1][0]
        self.customers = tuple(self._places)

    @classmethod
    def of(
        cls,
        firm: int,
        balances: Mapping[str, int],
        *,
        salts: Mapping[str, bytes] | None = None,
    ) -> Liabilities:
        """Build the tree.

        Args:
            firm: number of the firm, 0 to 2**256 - 1.
            balances: minor units by customer, in the order of the leaves.
            salts: 16 bytes by customer; drawn anew if left out.

        Raises:
            CannotProve: ``reserves.nobody``, ``reserves.firm_malformed``,
                ``reserves.customer_malformed``, ``reserves.balance_malformed``,
                ``reserves.balance_negative``, ``reserves.sum_too_large``,
                ``reserves.salt_malformed``.
        """
        if not balances:
            raise CannotProve("reserves.nobody")
        if not (_whole(firm) and 0 <= firm < LIMIT):
            raise CannotProve("reserves.firm_malformed")
        for customer, balance in balances.items():
            if not _name(customer):
                raise CannotProve("reserves.customer_malformed")
            if not _whole(balance):
                raise CannotProve("reserves.balance_malformed", customer=customer)
            if balance < 0:
                raise CannotProve("reserves.balance_negative", customer=customer)
        if sum(balances.values()) >= LIMIT:
            raise CannotProve("reserves.sum_too_large")
        known = {name: secrets.token_bytes(SALT_BYTES) for name in balances}
        known |= salts or {}
        for name in balances:
            if len(known[name]) != SALT_BYTES:
                raise CannotProve("reserves.salt_malformed", customer=name)
        return cls(firm, [(name, balance, known[name]) for name, balance in balances.items()])

    def proof(self, customer: str) -> Proof:
        """What a customer is told.

        Raises:
            CannotProve: ``reserves.customer_unknown``.
        """
        if customer not in self._places:
            raise CannotProve("reserves.customer_unknown", customer=customer[:40])
        place, path = self._places[customer], []
        for level in self._levels[:-1]:
            other = place ^ 1
            if other < len(level):
                path.append(Step("left" if other < place else "right", level[other]))
            place //= 2
        return Proof(self.firm, customer, *self._accounts[customer], tuple(path))


def leaf(firm: int, customer: str, balance: int, salt: bytes) -> Node:
    """The node of one customer; a number below 0 is packed as its two's complement."""
    packed = b"\x00" + _packed(firm) + salt + _packed(balance) + customer.encode("utf-8")
    return Node(keccak(packed), balance)


def parent(left: Node, right: Node) -> Node:
    """The node above two nodes."""
    packed = left.hash + _packed(left.total) + right.hash + _packed(right.total)
    return Node(keccak(b"\x01" + packed), left.total + right.total)


def check_proof(proof: Proof, root: Node) -> Held:
    """Whether a proof leads to a published root.

    Args:
        proof: what the customer was told.
        root: what the firm published.

    Returns:
        ``included``; ``negative``: a total in it is below 0; ``overflow``: one does not fit in 256
        bits; ``malformed``: a side, a salt or a hash of another form, or more than ``HIGHEST``
        steps; ``mismatch``: it leads elsewhere, or to another sum.
    """
    totals = [proof.balance, root.total, *(each.node.total for each in proof.path)]
    if min(totals) < 0:
        return "negative"
    sides = all(each.side in {"left", "right"} for each in proof.path)
    hashes = all(len(each.node.hash) == HASH_BYTES for each in proof.path)
    firm = 0 <= proof.firm < LIMIT
    if not (sides and hashes and firm) or len(proof.path) > HIGHEST:
        return "malformed"
    if len(proof.salt) != SALT_BYTES:
        return "malformed"
    if max(totals) >= LIMIT or proof.balance + sum(totals[2:]) >= LIMIT:
        return "overflow"
    node = proof.leaf
    for each in proof.path:
        node = parent(each.node, node) if each.side == "left" else parent(node, each.node)
    return "included" if node == root else "mismatch"


def _above(level: list[Node]) -> list[Node]:
    """One level up."""
    made = [parent(*level[place : place + 2]) for place in range(0, len(level) - 1, 2)]
    return made + level[2 * len(made) :]


def _packed(number: int) -> bytes:
    return (number % LIMIT).to_bytes(HASH_BYTES, "big")


def _whole(number: object) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def _name(customer: object) -> bool:
    """Whether something is a text that has UTF-8: half a surrogate pair has none."""
    return isinstance(customer, str) and not any("\ud800" <= each <= "\udfff" for each in customer)
