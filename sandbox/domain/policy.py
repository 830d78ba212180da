"""What the gateway holds of a permit, complete in one record.

The desk writes a policy whenever anything in it changes; ``revision`` only grows, ``version`` is
the permit's version in force and may fall back to the base version when an interim act lapses.
The gateway keeps the policy with the highest revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sandbox.domain.key_scope import KeyScope
from sandbox.domain.review import ApprovedContract
from sandbox.domain.scope import Scope, scope_from_json, scope_to_json
from sandbox.domain.terms import LATER_LOAD_LIMITS, LOAD_LIMITS, Terms
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import Address, AssetCode, ChainName, PermitNumber, permit_key
from sandbox.kit.money import NO_LIMIT, Limit, limit_from_json, limit_to_json

PolicyState = Literal["activating", "active", "wind_down", "suspended", "halted", "ended"]
"""``suspended``, ``wind_down`` and ``ended`` all let members bring money home: the Supervisor
says how; ``activating`` and ``halted`` let nothing through."""

WalletKind = Literal["settlement", "customer", "merchant"]

LIMIT_NAMES: Final = LOAD_LIMITS
"""The gateway's limits, by the names they have in the terms."""


@dataclass(frozen=True)
class PolicyWallet:
    """One wallet of the permit.

    Attributes:
        signer_key: None for an external wallet, whose key the platform does not hold.
        chains: where it may send; None for every chain of the permit.
        suspended: an order of an authority stops what it sends and signs.
    """

    address: Address
    kind: WalletKind
    signer_key: str | None
    chains: tuple[ChainName, ...] | None = None
    suspended: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        plain: dict[str, Any] = {
            "address": self.address,
            "kind": self.kind,
            "signer_key": self.signer_key,
        }
        if self.suspended:
            plain["suspended"] = True
        return plain if self.chains is None else {**plain, "chains": list(self.chains)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PolicyWallet:
        """Read the JSON form again; raises ``TypeError`` when it is none."""
        chains = data.get("chains")
        return cls(**{**data, "chains": None if chains is None else tuple(chains)})


@dataclass(frozen=True)
class Policy:
    """A permit as the gateway enforces it; limits as in ``LoadTerms``, conditions as in ``Terms``.

    What came later has a default, so that a policy kept by an older gateway is still read.
    """

    permit: PermitNumber
    revision: int
    version: int
    state: PolicyState
    start: datetime
    end: datetime
    chains: tuple[ChainName, ...]
    assets: tuple[AssetCode, ...]
    operators: tuple[str, ...]
    wallets: tuple[PolicyWallet, ...]
    limits: Mapping[str, Limit]
    contract_review: bool = False
    failed_deployments_count: bool = False
    contracts: Scope = None
    approved: tuple[ApprovedContract, ...] = ()

    def __post_init__(self) -> None:
        later = {
            name: self.limits.get(name, NO_LIMIT)
            for name in LIMIT_NAMES
            if name in LATER_LOAD_LIMITS
        }
        object.__setattr__(self, "limits", {**self.limits, **later})

    @property
    def permit_id(self) -> str:
        """The permit's key on chain, ``0x`` hex of 32 bytes."""
        return "0x" + permit_key(self.permit).hex()

    def as_dict(self) -> dict[str, Any]:
        """The JSON that goes to the gateway; limits are strings or ``no limit``."""
        return {
            "permit": self.permit,
            "permit_id": self.permit_id,
            "revision": self.revision,
            "version": self.version,
            "state": self.state,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "chains": list(self.chains),
            "assets": list(self.assets),
            "operators": list(self.operators),
            "wallets": [each.as_dict() for each in self.wallets],
            "limits": {name: limit_to_json(self.limits[name]) for name in LIMIT_NAMES},
            "contract_review": self.contract_review,
            "failed_deployments_count": self.failed_deployments_count,
            "contracts": scope_to_json(self.contracts),
            "approved": [each.as_dict() for each in self.approved],
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Policy:
        """Read the JSON again.

        Raises:
            InvalidInput: ``policy.malformed``.
        """
        try:
            return cls(
                permit=PermitNumber(data["permit"]),
                revision=int(data["revision"]),
                version=int(data["version"]),
                state=data["state"],
                start=datetime.fromisoformat(data["start"]),
                end=datetime.fromisoformat(data["end"]),
                chains=tuple(data["chains"]),
                assets=tuple(data["assets"]),
                operators=tuple(data["operators"]),
                wallets=tuple(PolicyWallet.from_dict(each) for each in data["wallets"]),
                limits={
                    name: limit_from_json(data["limits"][name])
                    for name in LIMIT_NAMES
                    if name not in LATER_LOAD_LIMITS or name in data["limits"]
                },
                contract_review=bool(data.get("contract_review", False)),
                failed_deployments_count=bool(data.get("failed_deployments_count", False)),
                contracts=scope_from_json(data.get("contracts")),
                approved=tuple(
                    ApprovedContract.from_dict(each) for each in data.get("approved", ())
                ),
            )
        except (KeyError, TypeError, ValueError, InvalidInput) as error:
            raise InvalidInput("policy.malformed", reason=str(error)[:120]) from error


@dataclass(frozen=True)
class KeyRecord:
    """An access key as the gateway knows it: a digest, never the secret.

    Attributes:
        digest: sha256 of the secret, hex.
        kind: ``permit_key`` or ``customer_token``.
        wallet: the one wallet of a customer token.
        scope: what the key is limited to; None for nothing beside the permit.
    """

    digest: str
    kind: Literal["permit_key", "customer_token"]
    permit: PermitNumber
    expires_at: datetime
    revoked: bool = False
    wallet: Address | None = None
    scope: KeyScope | None = None

    def as_dict(self) -> dict[str, Any]:
        """The JSON that goes to the gateway."""
        return {
            "digest": self.digest,
            "kind": self.kind,
            "permit": self.permit,
            "expires_at": self.expires_at.isoformat(),
            "revoked": self.revoked,
            "wallet": self.wallet,
            "scope": None if self.scope is None else self.scope.as_dict(),
        }


def limits_of(terms: Terms) -> dict[str, Limit]:
    """The gateway's part of the terms, by name."""
    return {name: getattr(terms.load, name) for name in LIMIT_NAMES}
