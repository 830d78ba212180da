"""Whether a challenge was signed by the wallet that it names; what there is to sign."""

from __future__ import annotations

from typing import Final

from eth_account import Account
from eth_account.messages import SignableMessage, encode_defunct, encode_typed_data

from sandbox.domain.team_wallets import TeamWallet, challenge_text, challenge_typed
from sandbox.kit.errors import InvalidInput, NotAllowed
from sandbox.services.ports import NationalChain
from sandbox.services.views import ChallengeView

SIGNATURE_LENGTH: Final = 132
"""Characters of 65 bytes as ``0x`` hex."""


def how_signed(wallet: TeamWallet, where: NationalChain, signature: str) -> str:
    """``text`` or ``typed``: whichever the wallet's own key signed.

    Raises:
        InvalidInput: ``wallet.signature_malformed``.
        NotAllowed: ``wallet.signature_wrong``.
    """
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(signature) != SIGNATURE_LENGTH or len(raw) != 65:
        raise InvalidInput("wallet.signature_malformed")
    challenge = challenge_of(wallet, where)
    text = encode_defunct(text=challenge.text)
    typed = encode_typed_data(full_message=dict(challenge.typed_data))
    for how, message in (("text", text), ("typed", typed)):
        if _signer(message, raw) == wallet.address:
            return how
    raise NotAllowed("wallet.signature_wrong", wallet=wallet.address)


def _signer(message: SignableMessage, signature: bytes) -> str | None:
    try:
        return str(Account.recover_message(message, signature=signature))
    except Exception:  # noqa: BLE001 - the library raises many kinds for odd signatures
        return None


def challenge_of(wallet: TeamWallet, where: NationalChain) -> ChallengeView:
    """What a wallet's owner is given to sign, in both forms."""
    chain_id, supervisor = where.chain_id, where.supervisor
    return ChallengeView(
        id=wallet.id,
        address=wallet.address,
        chain=wallet.chain,
        name=wallet.name,
        text=challenge_text(wallet, chain_id=chain_id, supervisor=supervisor),
        typed_data=challenge_typed(wallet, chain_id=chain_id, supervisor=supervisor),
        expires_at=wallet.expires_at,
    )
