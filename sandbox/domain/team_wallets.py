"""A team's own wallets: keys that the platform does not hold, joined by signing a challenge.

Rules:

1. A challenge is good for one wallet, one permit, one chain, once, and for fifteen minutes.
2. It can be signed as a text that a person reads (EIP-4361 under EIP-191) or as typed data
   (EIP-712); both carry the same nonce, so one of them uses up the other.
3. The chain's id and its Supervisor are part of what is signed: the same signature opens nothing on
   another chain, nor for another permit, nor at another install.

Source: EIP-4361 (Sign-In with Ethereum), EIP-712, EIP-191.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sandbox.kit.ids import AccountName, Address, ChainName, PermitNumber

GOOD_FOR: Final = timedelta(minutes=15)
"""How long a challenge may be answered."""
STATEMENT: Final = (
    "This wallet joins the permit named below as a wallet of its team. "
    "Simulated money; signing costs nothing and moves nothing."
)


class WalletState(StrEnum):
    """Where a team's own wallet stands."""

    ASKED = "asked"
    JOINING = "joining"
    REGISTERED = "registered"
    REFUSED = "refused"
    LEFT = "left"


@dataclass(frozen=True)
class TeamWallet:
    """A wallet on one chain, from its challenge on.

    Attributes:
        id: random, names the challenge too.
        name: what it is for, for people.
        origin: scheme and host of the desk that asked, as the wallet's owner sees it.
        nonce: 32 random bytes, ``0x`` hex; never used twice.
        signed: how it was answered: ``text`` or ``typed``; None before.
        signature: the answer, kept as evidence.
        refusal: why registering was refused, in the form of ``RefusalRecord.as_params``.
    """

    id: str
    permit: PermitNumber
    chain: ChainName
    address: Address
    name: str
    origin: str
    nonce: str
    state: WalletState
    asked_by: AccountName
    asked_at: datetime
    expires_at: datetime
    signed: str | None = None
    signature: str | None = None
    joined_at: datetime | None = None
    left_at: datetime | None = None
    refusal: Mapping[str, Any] | None = None
    revision: int = 1


def challenge_text(wallet: TeamWallet, *, chain_id: int, supervisor: Address) -> str:
    """The text to sign with ``personal_sign``.

    Args:
        wallet: asked.
        chain_id: of its chain.
        supervisor: of its chain, so that no other install accepts it.

    Source: EIP-4361, message format.
    """
    lines = [
        f"{wallet.origin.split('://', 1)[-1]} wants you to sign in with your Ethereum account:",
        wallet.address,
        "",
        STATEMENT,
        "",
        f"URI: {wallet.origin}/desk/permits/{wallet.permit}/wallets",
        "Version: 1",
        f"Chain ID: {chain_id}",
        f"Nonce: {wallet.nonce[2:]}",
        f"Issued At: {_stamp(wallet.asked_at)}",
        f"Expiration Time: {_stamp(wallet.expires_at)}",
        "Resources:",
        f"- urn:synak:permit:{wallet.permit}",
        f"- urn:synak:supervisor:{supervisor}",
    ]
    return "\n".join(lines)


def challenge_typed(wallet: TeamWallet, *, chain_id: int, supervisor: Address) -> dict[str, Any]:
    """The same as typed data, for ``eth_signTypedData_v4``.

    Args:
        wallet: asked.
        chain_id: of its chain.
        supervisor: of its chain.
    """
    fields = {
        "statement": "string",
        "permit": "string",
        "wallet": "address",
        "nonce": "bytes32",
        "issuedAt": "uint256",
        "expiresAt": "uint256",
    }
    domain = {
        "name": "string",
        "version": "string",
        "chainId": "uint256",
        "verifyingContract": "address",
    }
    return {
        "types": {
            "EIP712Domain": [{"name": name, "type": kind} for name, kind in domain.items()],
            "JoinPermit": [{"name": name, "type": kind} for name, kind in fields.items()],
        },
        "primaryType": "JoinPermit",
        "domain": challenge_domain(chain_id, supervisor),
        "message": {
            "statement": STATEMENT,
            "permit": wallet.permit,
            "wallet": wallet.address,
            "nonce": wallet.nonce,
            "issuedAt": int(wallet.asked_at.timestamp()),
            "expiresAt": int(wallet.expires_at.timestamp()),
        },
    }


def challenge_domain(chain_id: int, supervisor: Address) -> dict[str, Any]:
    """The domain of a challenge: the platform's, at one chain's Supervisor."""
    return {
        "name": "Synak",
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": supervisor,
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
