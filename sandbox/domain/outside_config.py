"""The file of providers and platforms that people may sign in with.

>>> read({"oidc": {}, "lti": {}})
Configured(providers=(), platforms=())
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.domain.lti import LtiPlatform, platform
from sandbox.domain.outside_accounts import OidcProvider, provider, table, wrong


@dataclass(frozen=True)
class Configured:
    """Whose word is taken on who somebody is."""

    providers: tuple[OidcProvider, ...] = ()
    platforms: tuple[LtiPlatform, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.providers or self.platforms)


def read(said: Mapping[str, Any], *, development: bool = False) -> Configured:
    """Everything that a file configures; names and issuers stand there once.

    Args:
        said: the file's content.
        development: whether http on this machine will do.

    Raises:
        InvalidInput: ``outside.config`` naming the entry.
    """
    if unknown := set(said) - {"oidc", "lti"}:
        raise wrong(min(unknown), "not known")
    oidc, lti = (table(kind, said.get(kind, {})) for kind in ("oidc", "lti"))
    found = Configured(
        tuple(provider(name, oidc[name], development=development) for name in oidc),
        tuple(platform(name, lti[name], development=development) for name in lti),
    )
    every: tuple[OidcProvider | LtiPlatform, ...] = (*found.providers, *found.platforms)
    for each in every:
        for key in ("name", "issuer"):
            if sum(getattr(one, key) == getattr(each, key) for one in every) > 1:
                raise wrong(each.name, f"{key}: stands there twice")
    return found
