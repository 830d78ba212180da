"""Who is asking: always one permit, never a network address."""

from __future__ import annotations

import hashlib
import itertools
import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple

from sandbox.domain.key_scope import KeyScope
from sandbox.kit.errors import NotAuthenticated
from sandbox.kit.ids import Address, PermitNumber

PERMIT_KEY: Final = "spk_"
CUSTOMER_TOKEN: Final = "sct_"  # noqa: S105
LONGEST: Final = 512
"""Characters of a token."""


class Identity(NamedTuple):
    """What a credential proves.

    Attributes:
        permit: for which permit it speaks.
        kind: a server's hub token, a permit key, or a customer's token.
        account: hub user name, or the first digits of a key's digest: for records.
        wallet: the one wallet of a customer's token; None speaks for the permit's own.
        scope: what the key is limited to; None for nothing beside the permit.
    """

    permit: PermitNumber
    kind: Literal["server", "permit_key", "customer_token"]
    account: str
    wallet: Address | None = None
    scope: KeyScope | None = None


@dataclass(frozen=True)
class Credential:
    """What a request carried.

    Attributes:
        bearer: after ``Authorization: Bearer``, None when missing.
        in_path: the last part of the path, None when missing.
    """

    bearer: str | None
    in_path: str | None = None

    @cached_property
    def token(self) -> str:
        """The one secret that was carried, wherever.

        Raises:
            NotAuthenticated: ``gateway.token_missing``, ``gateway.token_in_url``,
                ``gateway.two_tokens``, ``gateway.token_unknown``.
        """
        if self.in_path is not None:
            if not self.in_path.startswith(PERMIT_KEY):
                raise NotAuthenticated("gateway.token_in_url")
            if self.bearer is not None and self.bearer != self.in_path:
                raise NotAuthenticated("gateway.two_tokens")
        token = self.bearer if self.in_path is None else self.in_path
        if not token:
            raise NotAuthenticated("gateway.token_missing")
        if len(token) > LONGEST or not token.isascii():
            raise NotAuthenticated("gateway.token_unknown")
        return token

    @cached_property
    def digest(self) -> str:
        """Its sha256, hex. Raises as ``token``."""
        return hashlib.sha256(self.token.encode()).hexdigest()


_START: Final = secrets.token_hex(4)
_NUMBERS: Final = itertools.count(1)


def next_id() -> str:
    """A name for a request, in its answer, our log and the journal: 16 characters.

    Different for every request and, but for chance, every start; not secret.
    """
    return f"{_START}{next(_NUMBERS):08x}"
