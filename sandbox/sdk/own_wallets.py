"""A wallet whose key stays with the team joins the trial: ask, sign here, answer, wait.

Rule: the key is used on this machine, for the challenge's text alone; only the signature leaves it.
"""

from __future__ import annotations

from time import monotonic, sleep
from typing import Any, Final, Protocol

from eth_account.messages import SignableMessage, encode_defunct

from sandbox.kit.ids import ChainName
from sandbox.locale.catalogue import Language
from sandbox.sdk.desk import Desk
from sandbox.sdk.errors import PermitRefused, SdkError

SECONDS: Final = 60.0
"""How long registering may take."""
_POLL_SECONDS: Final = 0.2


class Key(Protocol):
    """Whoever signs, for example ``eth_account``'s ``Account.from_key(…)``."""

    @property
    def address(self) -> str:
        """The wallet's address."""

    def sign_message(self, signable_message: SignableMessage) -> Any:
        """Sign a message; the answer has ``signature``."""


def join_wallet(
    desk: Desk, key: Key, chain: ChainName, name: str, *, language: Language
) -> dict[str, Any]:
    """Let a wallet join and wait until it is registered on chain.

    Args:
        desk: the trial's desk; with the notebook server's token, no permit key.
        key: of the wallet.
        chain: where it joins.
        name: what it is for.
        language: of errors.

    Returns:
        The wallet as the desk lists it.

    Raises:
        PermitRefused: the Supervisor said no.
        SdkError: ``wallet.*`` from the desk; ``sdk.still_waiting``.
    """
    asked = desk.post(
        "/trial/wallets/challenges", {"address": key.address, "chain": chain, "name": name}
    )
    signed = key.sign_message(encode_defunct(text=str(asked["text"])))
    signature = "0x" + bytes(signed.signature).hex()
    desk.post("/trial/wallets", {"challenge": asked["id"], "signature": signature})
    deadline = monotonic() + SECONDS
    while monotonic() < deadline:
        said: dict[str, Any] = next(
            each for each in desk.get("/trial/wallets") if each["id"] == asked["id"]
        )
        if said["state"] == "refused":
            raise PermitRefused(said["refusal"], language=language)
        if said["state"] == "registered":
            return said
        sleep(_POLL_SECONDS)
    raise SdkError("sdk.still_waiting", language=language, seconds=int(SECONDS))
