"""Who is asking: always one permit, never a network address."""

from __future__ import annotations

import itertools
import secrets
from typing import Final, Literal, NamedTuple

from sandbox.domain.key_scope import KeyScope
from sandbox.kit.ids import Address, PermitNumber


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


class Credential(NamedTuple):
    """What a request carried.

    Attributes:
        bearer: after ``Authorization: Bearer``, None when missing.
        in_path: the last part of the path, None when missing.
    """

    bearer: str | None
    in_path: str | None = None


_START: Final = secrets.token_hex(4)
_NUMBERS: Final = itertools.count(1)


def next_id() -> str:
    """A name for a request, in its answer, our log and the journal: 16 characters.

    Different for every request and, but for chance, every start; not secret.
    """
    return f"{_START}{next(_NUMBERS):08x}"
