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

from sandbox.gateway.hub import HubTokens
from sandbox.gateway.identity import CUSTOMER_TOKEN, PERMIT_KEY, Credential, Identity
from sandbox.gateway.policies import PolicyStore
from sandbox.kit.clock import Clock
from sandbox.kit.errors import NotAllowed, NotAuthenticated
from sandbox.kit.ids import PermitNumber


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
    token = credential.token
    policies.check_fresh()
    if token.startswith((PERMIT_KEY, CUSTOMER_TOKEN)):
        return _by_key(credential, policies, clock)
    user = await hub.user(token)
    permit = PermitNumber(user.permit)
    if user.name not in policies.standing(permit).policy.operators:
        raise NotAllowed("gateway.not_an_operator", account=user.name, permit=permit)
    return Identity(permit, "server", user.name)


def _by_key(credential: Credential, policies: PolicyStore, clock: Clock) -> Identity:
    record = policies.key(credential.digest)
    prefix = PERMIT_KEY if record and record.kind == "permit_key" else CUSTOMER_TOKEN
    if record is None or not credential.token.startswith(prefix):
        raise NotAuthenticated("gateway.token_unknown")
    if record.revoked:
        raise NotAuthenticated("gateway.token_revoked")
    if record.expires_at <= clock.now():
        raise NotAuthenticated("gateway.token_expired", expired_at=record.expires_at.isoformat())
    account = f"key:{record.digest[:12]}"
    return Identity(record.permit, record.kind, account, record.wallet, record.scope)
