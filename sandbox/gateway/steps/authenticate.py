"""Step 1: whose request is this?

1. Exactly one credential: in the header, or a permit key as the last path part
   (for clients that only take a URL). A hub or customer token in a URL is
   refused: URLs end up in logs.
2. ``spk_`` (permit key) and ``sct_`` (customer token) are known by their sha256;
   revoked and expired ones are refused.
3. Anything else is a server's hub token, and the hub says whose.
4. A server's user must be an operator of the permit.

Nothing is decided on old news: a policy without heartbeat refuses everybody.
"""

from __future__ import annotations

import hashlib

from sandbox.gateway.hub import HubTokens
from sandbox.gateway.identity import Credential, Identity
from sandbox.gateway.policies import PolicyStore
from sandbox.kit.clock import Clock
from sandbox.kit.errors import NotAllowed, NotAuthenticated
from sandbox.kit.ids import PermitNumber

PERMIT_KEY = "spk_"
CUSTOMER_TOKEN = "sct_"  # noqa: S105
LONGEST = 512


async def authenticate(
    credential: Credential, *, policies: PolicyStore, hub: HubTokens, clock: Clock
) -> Identity:
    """Find out for which permit a request speaks.

    Args:
        credential: what it carried.
        policies: keys and operators.
        hub: whose server tokens are.
        clock: for expiry.

    Raises:
        NotAuthenticated: ``gateway.token_missing``, ``gateway.token_in_url``,
            ``gateway.two_tokens``, ``gateway.token_unknown``, ``gateway.token_revoked``,
            ``gateway.token_expired``, ``gateway.token_without_permit``.
        NotAllowed: ``gateway.not_an_operator``, ``gateway.permit_unknown``.
        Unavailable: ``gateway.policy_stale``, ``gateway.hub_unavailable``.
    """
    token = _only(credential)
    policies.check_fresh()
    if token.startswith((PERMIT_KEY, CUSTOMER_TOKEN)):
        return _by_key(token, policies, clock)
    user = await hub.user(token)
    permit = PermitNumber(user.permit)
    if user.name not in policies.standing(permit).policy.operators:
        raise NotAllowed("gateway.not_an_operator", account=user.name, permit=permit)
    return Identity(permit, "server", user.name)


def _only(credential: Credential) -> str:
    bearer, in_path = credential.bearer, credential.in_path
    if in_path is not None:
        if not in_path.startswith(PERMIT_KEY):
            raise NotAuthenticated("gateway.token_in_url")
        if bearer is not None and bearer != in_path:
            raise NotAuthenticated("gateway.two_tokens")
    token = bearer if in_path is None else in_path
    if not token:
        raise NotAuthenticated("gateway.token_missing")
    if len(token) > LONGEST or not token.isascii():
        raise NotAuthenticated("gateway.token_unknown")
    return token


def _by_key(token: str, policies: PolicyStore, clock: Clock) -> Identity:
    record = policies.key(hashlib.sha256(token.encode()).hexdigest())
    prefix = PERMIT_KEY if record and record.kind == "permit_key" else CUSTOMER_TOKEN
    if record is None or not token.startswith(prefix):
        raise NotAuthenticated("gateway.token_unknown")
    if record.revoked:
        raise NotAuthenticated("gateway.token_revoked")
    if record.expires_at <= clock.now():
        raise NotAuthenticated("gateway.token_expired", expired_at=record.expires_at.isoformat())
    account = f"key:{record.digest[:12]}"
    return Identity(record.permit, record.kind, account, record.wallet, record.scope)
