"""What the authorities do in a lab, with the lab's well-known keys.

Rules: the same transactions as in a trial: terms carry two regulators'
signatures, a person's registration carries that wallet's consent.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3
from web3.contract.contract import Contract as Web3Contract
from web3.types import TxReceipt

from sandbox.contracts.loader import artifact
from sandbox.contracts.made import further_address, reviews_address
from sandbox.contracts.typed import (
    approval_argument,
    approval_typed_data,
    consent_typed_data,
    further_argument,
    terms_argument,
    terms_typed_data,
)
from sandbox.domain.residence import HOME, attributes
from sandbox.domain.supervisor import further_terms, supervisor_terms
from sandbox.domain.terms import CHAIN_OF, Terms, TrialState
from sandbox.kit.ids import Address, AssetCode, PermitNumber, permit_key
from sandbox.sdk.labs import keys
from sandbox.sdk.labs.keys import LabAccount
from sandbox.sdk.labs.terms import read
from sandbox.sdk.labs.tokens import address_of

if TYPE_CHECKING:
    from sandbox.sdk.labs.lab import Lab

KINDS: Final = {"customer": 1, "merchant": 2, "settlement": 3}
MAX_UINT64: Final = 2**64 - 1
PERMIT: Final = permit_key(PermitNumber(keys.PERMIT))


class Office:
    """Registrar, regulators, issuer and central bank of one lab.

    Args:
        lab: the lab.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def publish(
        self, terms: Terms | None, state: TrialState = TrialState.ACTIVE, *, signatures: int = 2
    ) -> int:
        """Put terms in force.

        Args:
            terms: ``None`` limits nothing, from the beginning of time.
            state: active, wind-down or halted.
            signatures: of how many regulators: two for anything, one for what only tightens.

        Returns:
            The version that was published.
        """
        functions = self._lab.supervisor.functions
        with self._lab.apart():
            version = int(functions.lastVersion(PERMIT).call()) + 1
        said = self._struct(terms or no_limits(), version, state)
        if terms is None:
            said = {**said, "start": 1, "end": MAX_UINT64}
        typed = terms_typed_data(keys.LAB_CHAIN_ID, str(self._lab.supervisor.address), said)
        signed, further = self._signed(typed, signatures), said["further"]
        if further is None:
            call = functions.publish(terms_argument(said), signed)
        else:
            book = self._further().functions
            call = book.publish(terms_argument(said), further_argument(further), signed)
        self._lab.send(call, keys.account("registrar"))
        return version

    def describe(
        self, people: Sequence[LabAccount], residence: str = HOME, level: str = "none"
    ) -> TxReceipt:
        """Say where people live and how well they are identified; later words replace earlier ones.

        Args:
            people: their accounts.
            residence: an ISO 3166-1 alpha-2 code.
            level: ``none``, ``simplified`` or ``full``.

        Raises:
            InvalidInput: ``terms.residence_malformed``, ``customer.level``.
        """
        said = attributes(residence, level)
        found = [
            (_person(each), said.residence.encode("ascii"), said.level.code) for each in people
        ]
        call = self._further().functions.describe(PERMIT, found)
        return self._lab.send(call, keys.account("registrar"))

    def _further(self) -> Web3Contract:
        where = str(further_address(str(self._lab.supervisor.address)))
        return self._lab.contract(where, list(artifact("FurtherLimits").abi))

    def enrol(self, who: LabAccount, kind: str) -> TxReceipt:
        """Register a person, with the consent of the wallet.

        Args:
            who: the person's account.
            kind: ``customer`` or ``merchant``.
        """
        person = _person(who)
        typed = consent_typed_data(
            keys.LAB_CHAIN_ID,
            str(self._lab.supervisor.address),
            permit=PERMIT,
            wallet=who.address,
            person=person,
            deadline=MAX_UINT64,
        )
        consent = Account.sign_typed_data(who.key, full_message=typed).signature
        return self._register(who.address, KINDS[kind], person, MAX_UINT64, consent)

    def settle(self, address: Address) -> TxReceipt:
        """Register an address as one of the permit's own wallets, without consent."""
        return self._register(address, KINDS["settlement"], bytes(32), 0, b"")

    def approve(self, *layers: object) -> TxReceipt:
        """Approve a contract as it is now, as two regulators do under the term of contract review.

        Args:
            *layers: the contract, then whatever it gets code from (implementation, beacon),
                outermost first.

        Raises:
            ContractReverted: it is not fit to be approved.
        """
        where = str(reviews_address(str(self._lab.supervisor.address)))
        with self._lab.apart():
            reviews = self._lab.contract(where, list(artifact("IContractReviews").abi))
            listed = [(str(each), self._code_hash(each)) for each in map(address_of, layers)]
            nonce = reviews.functions.reviewOf(PERMIT, listed[0][0]).call()[1]
        typed = approval_typed_data(
            keys.LAB_CHAIN_ID, where, permit=PERMIT, nonce=nonce, layers=listed
        )
        approval = approval_argument(PERMIT, nonce, listed)
        call = reviews.functions.approveContract(approval, self._signed(typed, 2))
        return self._lab.send(call, keys.account("registrar"))

    def _code_hash(self, address: Address) -> bytes:
        return keccak(self._lab.w3.eth.get_code(Web3.to_checksum_address(address)))

    def _signed(self, typed: dict[str, Any], count: int) -> list[bytes]:
        """The first regulators' signatures."""
        return [
            bytes(Account.sign_typed_data(keys.account(name).key, full_message=typed).signature)
            for name in ("regulator 1", "regulator 2")[:count]
        ]

    def release(self, address: Address) -> TxReceipt:
        """Let a member go who holds nothing."""
        call = self._lab.supervisor.functions.release(address)
        return self._lab.send(call, keys.account("registrar"))

    def issue(self, asset: AssetCode, to: Address, amount: int) -> TxReceipt:
        """Issue money: KGST by its issuer; digital som by the central bank through a bank."""
        if asset == "KGST":
            call = self._lab.kgst.functions.issue(to, amount)
            return self._lab.send(call, keys.account("issuer"))
        som, bank = self._lab.som.functions, keys.account("bank")
        self._lab.send(som.issue(bank.address, amount), keys.account("central bank"))
        return self._lab.send(som.transfer(to, amount), bank)

    def _register(
        self, address: Address, kind: int, person: bytes, deadline: int, consent: bytes
    ) -> TxReceipt:
        functions = self._lab.supervisor.functions
        call = functions.register(PERMIT, address, kind, person, deadline, consent)
        receipt = self._lab.send(call, keys.account("registrar"))
        wallet = self._lab.som.functions.registerWallet(address, True)
        self._lab.send(wallet, keys.account("central bank"))
        return receipt

    def _struct(self, terms: Terms, version: int, state: TrialState) -> dict[str, Any]:
        """The contract's ``Terms`` of both chains' assets: a lab is one chain with both."""
        tokens: dict[str, Address] = {asset: self._lab.token(asset).address for asset in CHAIN_OF}
        by_chain = [
            supervisor_terms(
                terms,
                number=PermitNumber(keys.PERMIT),
                version=version,
                state=state,
                chain=chain,
                tokens=tokens,
            )
            for chain in terms.chains
        ]
        ordered = [
            each for chain in terms.chains for each in terms.assets if CHAIN_OF[each.asset] == chain
        ]
        return {
            **by_chain[0],
            "assets": [each for said in by_chain for each in said["assets"]],
            "further": further_terms(terms, ordered, tokens),
        }


def _person(who: LabAccount) -> bytes:
    return keccak(text=f"synak lab person {who.address}")


def no_limits() -> Terms:
    """Terms that limit nothing."""
    return read({}, now=datetime.now(UTC))
