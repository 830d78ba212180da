"""What the authorities do in a lab, with the lab's well-known keys.

Rules: the same transactions as in a trial: terms carry two regulators'
signatures, a person's registration carries that wallet's consent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from eth_account import Account
from eth_utils.crypto import keccak
from web3.types import TxReceipt

from sandbox.contracts.typed import consent_typed_data, terms_argument, terms_typed_data
from sandbox.kit.ids import Address, AssetCode, PermitNumber, permit_key
from sandbox.kit.money import MAX_UINT256, limit_from_json
from sandbox.sdk.labs import keys
from sandbox.sdk.labs.keys import LabAccount

if TYPE_CHECKING:
    from sandbox.sdk.labs.lab import Lab

KINDS: Final = {"customer": 1, "merchant": 2, "settlement": 3}
ACTIVE: Final = 1
MAX_UINT64: Final = 2**64 - 1
MAX_UINT32: Final = 2**32 - 1
PERMIT: Final = permit_key(PermitNumber(keys.PERMIT))
_VALUES: Final = {
    "perTransaction": "per_transaction",
    "windowVolume": "window_volume",
    "customerCap": "customer_cap",
    "merchantCap": "merchant_cap",
    "outstandingCap": "outstanding_cap",
}


class Office:
    """Registrar, regulators, issuer and central bank of one lab.

    Args:
        lab: the lab.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab

    def publish(self, said: Mapping[str, Any] | None, state: int = ACTIVE) -> TxReceipt:
        """Put terms in force, signed by both regulators.

        Args:
            said: terms in the desk's JSON form; ``None`` limits nothing.
            state: 1 active, 2 wind-down, 3 halted.
        """
        functions = self._lab.supervisor.functions
        terms = {
            "permit": PERMIT,
            "version": int(functions.lastVersion(PERMIT).call()) + 1,
            "state": state,
            "start": 1,
            "end": MAX_UINT64,
            "maxCustomers": _limit(said, "max_customers", MAX_UINT32),
            "maxMerchants": _limit(said, "max_merchants", MAX_UINT32),
            "contractReview": bool(said and said.get("contract_review", False)),
            "assets": self._assets(said),
        }
        typed = terms_typed_data(keys.LAB_CHAIN_ID, str(self._lab.supervisor.address), terms)
        signatures = [
            Account.sign_typed_data(keys.account(name).key, full_message=typed).signature
            for name in ("regulator 1", "regulator 2")
        ]
        return self._lab.send(
            functions.publish(terms_argument(terms), signatures), keys.account("registrar")
        )

    def enrol(self, who: LabAccount, kind: str) -> TxReceipt:
        """Register a person, with the consent of the wallet.

        Args:
            who: the person's account.
            kind: ``customer`` or ``merchant``.
        """
        person = keccak(text=f"synak lab person {who.address}")
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

    def _assets(self, said: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        listed: list[tuple[AssetCode, Mapping[str, Any] | None]] = [("KGST", None), ("SOM", None)]
        if said is not None:
            listed = [(each["asset"], each) for each in said["assets"]]
        return [
            {
                "token": self._lab.token(asset).address,
                **{name: _limit(values, key, MAX_UINT256) for name, key in _VALUES.items()},
            }
            for asset, values in listed
        ]


def _limit(said: Mapping[str, Any] | None, name: str, no_limit: int) -> int:
    """A limit as the contract takes it: the type's maximum means "no limit"."""
    if said is None:
        return no_limit
    limit = limit_from_json(said[name])
    return limit if isinstance(limit, int) else no_limit
