"""What a managed wallet never signs: the platform's own typed data.

Terms, ``ChangeRegulator``, ``Consent`` and ``JoinPermit`` are signed over the Supervisor's domain.
Who signs them acts towards the platform itself: regulators at the desk, customers by their consent,
external wallets by their challenge, each on a path of its own. A token of a trial that could have
a managed wallet sign over that domain could speak for it there; so the domain is reserved, told by
its separator and not by the names that a request happens to use.

Source: EIP-712, definition of domainSeparator.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from eth_account.messages import encode_typed_data

from sandbox.contracts.typed import typed_domain
from sandbox.domain.team_wallets import challenge_domain
from sandbox.gateway.parameters import wrong
from sandbox.kit.errors import NotAllowed
from sandbox.kit.ids import CHAIN_IDS, Address

_DOMAIN: Final = (
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
)
_ANY: Final = "Any"


def check_not_reserved(typed: Mapping[str, Any], supervisor: Address) -> None:
    """Refuse typed data over the Supervisor's domain on any of the chains.

    Args:
        typed: EIP-712 data as it came; what cannot be read the signer refuses by itself.
        supervisor: at the same address on every chain.

    Raises:
        NotAllowed: ``gateway.typed_data_reserved``.
    """
    domain, types = typed.get("domain"), typed.get("types")
    if not isinstance(domain, Mapping) or not isinstance(types, Mapping):
        return
    separator = _separator(domain, types.get("EIP712Domain"))
    if separator is not None and separator in _reserved(supervisor):
        raise NotAllowed("gateway.typed_data_reserved", primary=str(typed.get("primaryType"))[:64])


def typed_chain(typed: Mapping[str, Any]) -> int | None:
    """The chain id of the domain that is signed over; None where it names none.

    Args:
        typed: EIP-712 data as it came.

    Raises:
        InvalidInput: ``gateway.params_invalid``: a chain id that is no number.

    >>> typed_chain({"domain": {"chainId": "0x10"}}), typed_chain({"domain": {}})
    (16, None)
    """
    domain = typed.get("domain")
    if not isinstance(domain, Mapping) or "chainId" not in domain:
        return None
    stated = domain["chainId"]
    try:
        if isinstance(stated, str):
            return int(stated, 16 if stated[:2] in ("0x", "0X") else 10)
        if type(stated) is int:
            return stated
    except ValueError:
        pass
    raise wrong("typed data: domain.chainId")


@lru_cache(maxsize=4)
def _reserved(supervisor: Address) -> frozenset[bytes | None]:
    domains = [challenge_domain(number, supervisor) for number in CHAIN_IDS.values()]
    domains += [typed_domain(number, supervisor) for number in CHAIN_IDS.values()]
    return frozenset(_separator(each, list(_DOMAIN)) for each in domains)


def _separator(domain: Mapping[str, Any], fields: Any) -> bytes | None:
    """The domain's hash, or None when nobody could sign over it."""
    types: dict[str, Any] = {_ANY: [{"name": "value", "type": "uint8"}]}
    if fields is not None:
        types["EIP712Domain"] = fields
    message = {
        "types": types,
        "primaryType": _ANY,
        "domain": dict(domain),
        "message": {"value": 0},
    }
    try:
        return bytes(encode_typed_data(full_message=message).header)
    except Exception:  # noqa: BLE001 - the library raises many kinds for bad fields
        return None
