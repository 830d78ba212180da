"""The national contracts of a lab, with the few things people do most."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from web3.contract.contract import Contract as Web3Contract
from web3.contract.contract import ContractEvents, ContractFunctions
from web3.types import TxReceipt

from sandbox.kit.ids import Address, AssetCode, checksum
from sandbox.sdk.amounts import Amount, minor, spoken
from sandbox.sdk.labs.keys import LabAccount

if TYPE_CHECKING:
    from web3.contract.contract import ContractFunction

Who = LabAccount | str
Send = Callable[["ContractFunction", Who], TxReceipt]


class LabToken:
    """A national asset in a lab.

    Args:
        contract: its contract.
        asset: KGST or SOM.
        send: how the lab sends a call for an account.
        issue: how the lab issues money to an address.
    """

    def __init__(
        self,
        contract: Web3Contract,
        asset: AssetCode,
        send: Send,
        issue: Callable[[AssetCode, str, Amount], TxReceipt],
    ) -> None:
        self.contract = contract
        self.asset = asset
        self._send = send
        self._issue = issue

    @property
    def address(self) -> Address:
        """Where the contract is."""
        return checksum(str(self.contract.address))

    @property
    def abi(self) -> list[dict[str, Any]]:
        """The contract's interface."""
        return [dict(item) for item in self.contract.abi]

    @property
    def functions(self) -> ContractFunctions:
        """As of a web3.py contract."""
        return self.contract.functions

    @property
    def events(self) -> ContractEvents:
        """As of a web3.py contract."""
        return self.contract.events

    def balance(self, who: Who) -> int:
        """What somebody holds, minor units."""
        held: int = self.contract.functions.balanceOf(address_of(who)).call()
        return held

    def transfer(self, by: Who, to: Who, amount: Amount) -> TxReceipt:
        """Pay.

        Args:
            by: who pays; an account of the lab, or an impersonated address.
            to: who receives.
            amount: whole tokens as text, or minor units as ``int``.
        """
        call = self.contract.functions.transfer(address_of(to), minor(amount, self.asset))
        return self._send(call, by)

    def approve(self, by: Who, spender: Who, amount: Amount) -> TxReceipt:
        """Let a contract or somebody take up to an amount."""
        call = self.contract.functions.approve(address_of(spender), minor(amount, self.asset))
        return self._send(call, by)

    def issue(self, to: Who, amount: Amount) -> TxReceipt:
        """Issue new money to a member of the lab's permit."""
        return self._issue(self.asset, address_of(to), amount)

    def __repr__(self) -> str:
        supply: int = self.contract.functions.totalSupply().call()
        return f"<{self.asset} at {self.address}, {spoken(supply, self.asset)} issued>"


def address_of(who: Any) -> Address:
    """The address of an account, a contract or itself."""
    return checksum(str(getattr(who, "address", who)))
