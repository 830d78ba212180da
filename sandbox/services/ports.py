"""What use cases need from other processes, as protocols: the signer and the gateway.

The real ones are ``sandbox.chain.signer`` and ``sandbox.services.gateway_client``; all calls
here are synchronous (use cases run in a worker thread, never in a coroutine).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Protocol

from sandbox.domain.policy import KeyRecord, Policy
from sandbox.kit.ids import Address, ChainName, PermitNumber


class SignerPort(Protocol):
    """The signer's operations that the desk may use."""

    def address(self, key: str) -> Address:
        """The address of a named key."""
        ...

    def sign_typed(self, key: str, typed: Mapping[str, Any]) -> str:
        """An EIP-712 signature, ``0x`` hex of 65 bytes."""
        ...

    def sign_message(self, key: str, message: bytes | str) -> str:
        """An EIP-191 signature over a text, ``0x`` hex of 65 bytes."""
        ...


@dataclass(frozen=True)
class NationalChain:
    """Where the national contracts of one chain are; ``attestations`` on the KGST chain only."""

    chain: ChainName
    chain_id: int
    supervisor: Address
    tokens: Mapping[str, Address]
    attestations: Address | None = None


class GatewayPort(Protocol):
    """The gateway's internal interface."""

    def national(self) -> Mapping[ChainName, NationalChain]:
        """The national contracts, per chain."""
        ...

    def put_policy(self, policy: Policy) -> int:
        """Send a policy; returns the revision that is now in force."""
        ...

    def hold(self, permit: PermitNumber, state: str) -> str:
        """Hold a permit at once (``suspended`` or ``halted``); returns the hold's name."""
        ...

    def take_back(self, permit: PermitNumber, hold: str) -> None:
        """End a hold whose act came to nothing."""
        ...

    def put_keys(self, keys: Sequence[KeyRecord]) -> None:
        """Send all access keys."""
        ...

    def submit_system(  # noqa: PLR0913
        self,
        chain: ChainName,
        key: str,
        to: Address,
        data: str,
        *,
        idempotency_key: str,
        value: int = 0,
        permit: PermitNumber | None = None,
        wait: bool = True,
    ) -> Mapping[str, Any]:
        """Send a transaction of a system wallet and wait for its receipt."""
        ...

    def sign_consent(self, permit: PermitNumber, key: str, typed: Mapping[str, Any]) -> str:
        """Have a customer's managed wallet sign its consent."""
        ...

    def create_wallet(self, key: str) -> Address:
        """The address of a managed wallet."""
        ...

    def customer_act(self, chain: ChainName, asked: Mapping[str, str | None]) -> Mapping[str, Any]:
        """Do a customer's own act once: see ``GatewayClient.customer_act``."""
        ...

    def customer_found(
        self, chain: ChainName, asked: Mapping[str, str | None]
    ) -> Mapping[str, Any]:
        """What became of a customer's act: see ``GatewayClient.customer_found``."""
        ...

    def rpc(self, chain: ChainName, method: str, params: Sequence[Any]) -> Any:
        """A reading request to the chain."""
        ...

    def index(self, chain: ChainName, after: int, taken: int) -> Mapping[str, Any]:
        """Pieces of sealed blocks for the explorer's index."""
        ...

    def measure(
        self, chain: ChainName, block: int, asks: Sequence[tuple[str, str, str]]
    ) -> Sequence[str | None]:
        """Answers of contracts and codes at the end of one sealed block."""
        ...

    def layers(
        self, chain: ChainName, contract: str, *, upgrade: str | None = None
    ) -> Mapping[str, Any]:
        """What a contract is made of at the head, and what an upgrade would make of it."""
        ...

    def usage(self, permit: PermitNumber) -> Mapping[str, Any]:
        """The gateway's own counters of a permit."""
        ...

    def readings(
        self,
        permits: Sequence[PermitNumber],
        asked: Sequence[tuple[ChainName, str, Sequence[Any]]],
    ) -> tuple[Sequence[Mapping[str, Any]], Sequence[Any]]:
        """Counters of many permits and many reading requests, in one message."""
        ...

    def refusals(self, after: int, *, permit: PermitNumber | None = None, limit: int = 200) -> Any:
        """Refusal records after a sequence number."""
        ...

    def journal_batches(
        self, chain: ChainName, after: Mapping[str, Any] | None
    ) -> Sequence[Mapping[str, Any]]:
        """Closed batches of a chain's journal behind a place."""
        ...

    def public_state(self, chain: ChainName, part: int, of: str | None) -> dict[str, Any]:
        """One part of a copy of the public record: see ``GatewayClient.public_state``."""
        ...

    def blocks(
        self, chain: ChainName, after: int, *, limit: int = 50
    ) -> Sequence[Mapping[str, Any]]:
        """Whole sealed blocks after a number: ``{block, receipts, metas}`` each."""
        ...

    def journal_records(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """What one batch of a journal holds of a permit, with proofs."""
        ...

    def journal_behind(self, chain: ChainName, place: Mapping[str, Any]) -> Mapping[str, Any]:
        """How many records a chain's journal holds behind a place, and the last of them."""
        ...

    def journal_agrees(self, chain: ChainName, place: Mapping[str, Any]) -> bool:
        """Whether a chain's journal holds a place."""
        ...

    def heartbeat(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Tell the gateway that policies are watched over; answers what it holds."""
        ...

    def health(self) -> Mapping[str, Any]:
        """The gateway's health."""
        ...


class HubPort(Protocol):
    """What the worker asks of the hub about an account that left."""

    def held(self, account: str) -> Mapping[str, Any] | None:
        """``{servers, tokens}``: names and how many; None when it knows no such user."""
        ...

    def forget(self, account: str) -> None:
        """Stop its servers, take its tokens, forget the user."""
        ...

    def stop(self, account: str, server: str) -> None:
        """Stop one named server; one that does not run is as wanted."""
        ...


@dataclass(frozen=True)
class WorkspaceUse:
    """What a permit's workspaces use of the machine.

    Attributes:
        seconds: that they ran today, all of them together.
        disks: megabytes by account, of those whose disk is limited.
    """

    seconds: int
    disks: Mapping[str, int]


class WorkspacePort(Protocol):
    """Whoever counts what workspaces use."""

    def use(self, permit: PermitNumber) -> WorkspaceUse:
        """What the workspaces of a permit use."""
        ...


@dataclass(frozen=True)
class Ports:
    """The other processes a use case may need.

    Attributes:
        signer: holds every key.
        gateway: the way to the chains.
        workspaces: counts what workspaces use; None: nobody does.
        sending_keys: held while the set of keys is read and sent, so that an older set never
            overtakes a newer one.
    """

    signer: SignerPort
    gateway: GatewayPort
    workspaces: WorkspacePort | None = None
    sending_keys: Lock = field(default_factory=Lock, compare=False, repr=False)
