"""Attestations: what regulators signed is what is attested, and nobody else's word is."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak
from web3.contract.contract import Contract

from sandbox.contracts.loader import artifact
from sandbox.domain.document import document_hash, document_typed_data
from tests.contracts.support import DAY, PERMIT, REVERTS, World

SOM = (417, "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512")
ROOT = hashlib.sha256(b"root").digest()


class Book:
    """The contract, its recorder, and documents that regulators sign."""

    def __init__(self, world: World) -> None:
        self.world, self.recorder = world, Account.create()
        self.contract: Contract = world.engine.deploy(
            world.admin, artifact("Attestations"), world.supervisor.address, self.recorder.address
        )
        self.home = (world.chain_id, world.supervisor.address)

    def document(self, version: int, **changes: Any) -> dict[str, Any]:
        return {"permit_id": "0x" + PERMIT.hex(), "version": version, "title": "x"} | changes

    def signed(self, document: Any, *signers: Any, domain: Any = None) -> list[bytes]:
        chain_id, supervisor = domain or self.home
        typed = document_typed_data(document, chain_id=chain_id, supervisor=supervisor)
        return [bytes(each.sign_typed_data(full_message=typed).signature) for each in signers]

    def attest(
        self,
        document: Any,
        signatures: Any,
        *,
        standing: int = 1,
        domain: Any = None,
        by: Any = None,
        days: int = 90,
    ) -> Any:
        digest = bytes.fromhex(document_hash(document)[2:])
        now = self.world.engine.now()
        term = (now - 60, now - 60 + days * DAY)
        statement = (PERMIT, document["version"], digest, standing, *term)
        call = self.contract.functions.attest(statement, domain or self.home, signatures)
        return self.world.engine.send(by or self.recorder, call)

    def said(self) -> Any:
        return self.contract.functions.permitOf(PERMIT).call()

    def valid(self) -> bool:
        return bool(self.contract.functions.isValid(PERMIT).call())


@pytest.fixture
def book(world: World) -> Book:
    return Book(world)


def refused(name: str) -> Any:
    selectors = {
        entry["name"]: keccak(
            text=f"{entry['name']}({','.join(each['type'] for each in entry['inputs'])})"
        )[:4].hex()
        for kind in ("IAttestations", "ISupervisor")
        for entry in artifact(kind).abi
        if entry["type"] == "error"
    }
    return pytest.raises(REVERTS, match=selectors[name])


def test_the_digest_is_that_of_the_document_that_the_desk_has_signed(book: Book) -> None:
    document = book.document(3)
    typed = document_typed_data(document, chain_id=SOM[0], supervisor=SOM[1])
    signable = encode_typed_data(full_message=typed)
    digest = keccak(b"\x19" + signable.version + signable.header + signable.body)
    content = bytes.fromhex(document_hash(document)[2:])
    found = book.contract.functions.hashDocument(PERMIT, 3, content, SOM).call()
    assert found == digest
    assert book.contract.functions.hashDocument(PERMIT, 3, content, book.home).call() != digest


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("domain", [None, SOM])
def test_a_version_is_attested_with_its_regulators_signatures(book: Book, count, domain) -> None:
    document = book.document(1)
    signers = book.world.regulators[:count]
    book.attest(document, book.signed(document, *signers, domain=domain), domain=domain)
    version, standing, signatures, *_, held = book.said()
    assert (version, standing, signatures) == (1, 1, count)
    assert held.hex() == document_hash(document)[2:]
    assert book.valid()


def test_nothing_is_attested_on_anybody_elses_word(book: Book) -> None:
    document, (one, two, *_) = book.document(1), book.world.regulators
    good = book.signed(document, one, two)
    with refused("NotRecorder"):
        book.attest(document, good, by=Account.create())
    with refused("SignatureCount"):
        book.attest(document, [])
    with refused("SignatureCount"):
        book.attest(document, [*good, good[0]])
    with refused("SignerRepeated"):
        book.attest(document, [good[0], good[0]])
    with refused("NotRegulator"):
        book.attest(document, book.signed(document, one, Account.create()))
    with refused("NotRegulator"):
        book.attest(book.document(1, title="another"), good)
    with refused("NotRegulator"):
        book.attest(document, good, domain=SOM)
    for standing in (0, 9):
        with refused("StandingUnknown"):
            book.attest(document, good, standing=standing)
    with refused("TermMalformed"):
        book.attest(document, good, days=0)
    assert book.said()[0] == 0
    assert not book.valid()


def test_later_statements_change_the_standing_and_never_the_document(book: Book) -> None:
    first, second = book.document(1), book.document(2)
    both, (one, *_) = book.world.regulators[:2], book.world.regulators
    book.attest(first, book.signed(first, *both))
    book.attest(second, book.signed(second, one), standing=2)
    assert (*book.said()[:3], book.valid()) == (2, 2, 1, False)
    with refused("SignatureCount"):
        book.attest(second, book.signed(second, *both))
    with refused("OtherDocument"):
        book.attest(book.document(1, title="another"), [])
    book.attest(first, [])
    assert (*book.said()[:3], book.valid()) == (1, 1, 2, True), "a lone act lapsed: the base again"
    for standing in range(2, 9):
        book.attest(first, [], standing=standing)
        assert (book.said()[1], book.valid()) == (standing, False)


def test_valid_ends_with_the_term_by_the_chains_own_clock(book: Book) -> None:
    document = book.document(1)
    book.attest(document, book.signed(document, *book.world.regulators[:2]))
    end = book.said()[4]
    book.world.engine.travel(end - 1)
    assert book.contract.functions.isValid(PERMIT).call(block_identifier="latest")
    book.world.engine.travel(end)
    assert not book.contract.functions.isValid(PERMIT).call(block_identifier="latest")


def test_anchors_only_grow_and_are_read_in_parts(book: Book) -> None:
    functions, send = book.contract.functions, book.world.engine.send
    for size in (1, 5, 6):
        send(book.recorder, functions.anchor(size, ROOT))
    for size in (0, 5, 6):
        with refused("HeadNotNewer"):
            send(book.recorder, functions.anchor(size, ROOT))
    with refused("NotRecorder"):
        send(book.world.admin, functions.anchor(7, ROOT))
    sizes = [each[0] for each in functions.anchors(0, 500).call()]
    assert (sizes, functions.anchorCount().call()) == ([1, 5, 6], 3)
    assert [each[0] for each in functions.anchors(1, 1).call()] == [5]
    assert functions.anchors(3, 1).call() == functions.anchors(2**255, 2**255).call() == []
    assert functions.anchors(2, 2**256 - 1).call()[0][2] == ROOT


def test_what_a_statement_costs_is_as_the_decision_says(book: Book) -> None:
    document = book.document(1)
    first = book.attest(document, book.signed(document, *book.world.regulators[:2]))
    changed = book.attest(document, [], standing=2)
    functions, send = book.contract.functions, book.world.engine.send
    send(book.recorder, functions.anchor(1, ROOT))
    anchored = send(book.recorder, functions.anchor(2, ROOT))
    spent = [each["gasUsed"] for each in (first, changed, anchored)]
    assert spent[0] < 250_000
    assert spent[1] < spent[0] // 2
    assert spent[2] < 100_000
