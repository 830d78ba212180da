"""Calls of the national contracts, encoded from their ABI.

>>> call_data("Supervisor", "lastVersion", bytes(32))[:10]
'0xff29dd47'
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from sandbox.contracts.loader import artifact
from sandbox.kit.errors import NotFound
from sandbox.kit.ids import Address, ChainName
from sandbox.services.ports import GatewayPort


@cache
def _shape(contract: str, function: str) -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
    """Selector, argument types and result types."""
    for entry in artifact(contract).abi:
        if entry.get("type") == "function" and entry["name"] == function:
            inputs = tuple(str(collapse_if_tuple(each)) for each in entry["inputs"])
            outputs = tuple(str(collapse_if_tuple(each)) for each in entry["outputs"])
            return keccak(text=f"{function}({','.join(inputs)})")[:4], inputs, outputs
    raise NotFound("contracts.unknown", name=f"{contract}.{function}")


def call_data(contract: str, function: str, *arguments: Any) -> str:
    """Call data for a function, ``0x`` hex.

    Args:
        contract: the artifact's name.
        function: not overloaded.
        *arguments: as ``eth_abi`` takes them.
    """
    selector, inputs, _ = _shape(contract, function)
    return "0x" + (selector + encode(inputs, arguments)).hex()


def read(
    gateway: GatewayPort,
    chain: ChainName,
    to: Address,
    function: str,
    *arguments: Any,
    contract: str = "Supervisor",
) -> tuple[Any, ...]:
    """Ask a national contract, the Supervisor by default, at a chain's latest block.

    Returns:
        The results in order.

    Raises:
        Unavailable: gateway or engine out of reach.
    """
    asked = Call(chain, to, function, arguments, contract)
    return asked.read(gateway.rpc(*asked.request()))


@dataclass(frozen=True)
class Call:
    """One question to a national contract at a chain's latest block.

    Attributes:
        chain: where.
        to: the contract.
        function: not overloaded.
        arguments: as ``eth_abi`` takes them.
        contract: the artifact's name.
    """

    chain: ChainName
    to: Address
    function: str
    arguments: tuple[Any, ...]
    contract: str = "Supervisor"

    def request(self) -> tuple[ChainName, str, list[Any]]:
        """Chain, method and parameters."""
        data = call_data(self.contract, self.function, *self.arguments)
        return self.chain, "eth_call", [{"to": self.to, "data": data}, "latest"]

    def read(self, answer: str) -> tuple[Any, ...]:
        """The results in order.

        Args:
            answer: the chain's, ``0x`` hex.
        """
        _, _, outputs = _shape(self.contract, self.function)
        return decode(outputs, bytes.fromhex(answer[2:]))


@cache
def event_topic(contract: str, event: str) -> str:
    """The first topic of an event, ``0x`` hex."""
    for entry in artifact(contract).abi:
        if entry.get("type") == "event" and entry["name"] == event:
            inputs = ",".join(str(collapse_if_tuple(each)) for each in entry["inputs"])
            return "0x" + keccak(text=f"{event}({inputs})").hex()
    raise NotFound("contracts.unknown", name=f"{contract}.{event}")
