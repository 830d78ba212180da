"""What is signed for the Supervisor (EIP-712), and what it answers when it refuses.

Rules:

- Terms with further limits (``further``) are signed as ``FurtherTerms`` and published through the
  FurtherLimits contract; terms without them are signed and published as they always were.
- Typed data is complete (types, domain, message), so any wallet can sign it as it stands;
  its signing hash is the contract's ``hashTerms`` / ``hashConsent``.
- Revert data is read strictly: the right selector and exactly the right length, or it is
  no refusal. Nothing a product's contract returns can make this raise.

Source: EIP-712; Solidity ABI specification 0.8 (custom errors, Error, Panic).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from sandbox.contracts.made import further_address
from sandbox.kit.ids import Address

NO_LIMIT_256: Final = 2**256 - 1
VALUE_CLAUSES: Final = (
    "per_transaction",
    "window_volume",
    "customer_cap",
    "merchant_cap",
    "outstanding",
    "max_customers",
    "max_merchants",
    "week_volume",
    "month_volume",
    "customer_day_volume",
    "customer_total",
    "travel_rule",
    "ledger_claim",
)
MONEY_CLAUSES: Final = frozenset(VALUE_CLAUSES) - {"max_customers", "max_merchants"}
"""Clauses whose numbers are minor units of an asset."""
RULE_CLAUSES: Final = (
    "state",
    "not_started",
    "asset_scope",
    "not_a_member",
    "cross_permit",
    "consent",
    "person_kind",
    "wind_down",
    "contract_review",
    "residence",
    "ledger_closed",
)

_DOMAIN: Final = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
_ASSET: Final = [
    {"name": "token", "type": "address"},
    {"name": "perTransaction", "type": "uint256"},
    {"name": "windowVolume", "type": "uint256"},
    {"name": "customerCap", "type": "uint256"},
    {"name": "merchantCap", "type": "uint256"},
    {"name": "outstandingCap", "type": "uint256"},
]
_TERMS: Final = [
    {"name": "permit", "type": "bytes32"},
    {"name": "version", "type": "uint64"},
    {"name": "state", "type": "uint8"},
    {"name": "start", "type": "uint64"},
    {"name": "end", "type": "uint64"},
    {"name": "maxCustomers", "type": "uint32"},
    {"name": "maxMerchants", "type": "uint32"},
    {"name": "contractReview", "type": "bool"},
    {"name": "assets", "type": "Asset[]"},
]
_FURTHER_ASSET: Final = [
    {"name": "token", "type": "address"},
    {"name": "weekVolume", "type": "uint256"},
    {"name": "monthVolume", "type": "uint256"},
    {"name": "customerDayVolume", "type": "uint256"},
    {"name": "customerTotal", "type": "uint256"},
    {"name": "travelRule", "type": "uint256"},
    {"name": "waterfall", "type": "bool"},
]
_FURTHER: Final = [
    {"name": "residences", "type": "bytes2[]"},
    {"name": "assets", "type": "FurtherAsset[]"},
]
_FURTHER_TERMS: Final = [
    {"name": "terms", "type": "Terms"},
    {"name": "further", "type": "Further"},
]
_CONSENT: Final = [
    {"name": "permit", "type": "bytes32"},
    {"name": "wallet", "type": "address"},
    {"name": "person", "type": "bytes32"},
    {"name": "deadline", "type": "uint256"},
]
_LAYER: Final = [
    {"name": "account", "type": "address"},
    {"name": "codeHash", "type": "bytes32"},
]
_APPROVAL: Final = [
    {"name": "permit", "type": "bytes32"},
    {"name": "nonce", "type": "uint256"},
    {"name": "layers", "type": "Layer[]"},
]
_WITHDRAWAL: Final = [
    {"name": "permit", "type": "bytes32"},
    {"name": "account", "type": "address"},
    {"name": "nonce", "type": "uint256"},
]
_LEDGER: Final = [
    {"name": "permit", "type": "bytes32"},
    {"name": "ledger", "type": "address"},
    {"name": "nonce", "type": "uint256"},
]
_CHANGE: Final = [
    {"name": "regulator", "type": "address"},
    {"name": "registered", "type": "bool"},
    {"name": "nonce", "type": "uint256"},
]


def terms_typed_data(chain_id: int, supervisor: str, terms: Mapping[str, Any]) -> dict[str, Any]:
    """What two regulators sign to publish terms.

    Args:
        chain_id: EIP-155 id of the chain that publishes them.
        supervisor: the Supervisor's address on that chain.
        terms: the fields of the contract's ``Terms`` by their names there: ``permit`` as bytes or
            ``0x`` hex, ``assets`` a list of mappings; "no limit" is the type's maximum. Beside
            them ``further``, the fields of ``Further`` in the same way, where there are any.
    """
    message = {field["name"]: terms[field["name"]] for field in _TERMS}
    message["permit"] = _hex(message["permit"])
    message["assets"] = [
        {field["name"]: asset[field["name"]] for field in _ASSET} for asset in terms["assets"]
    ]
    types = {"Terms": _TERMS, "Asset": _ASSET}
    further = terms.get("further")
    if further is None:
        return _typed(chain_id, supervisor, "Terms", types, message)
    types |= {"FurtherTerms": _FURTHER_TERMS, "Further": _FURTHER, "FurtherAsset": _FURTHER_ASSET}
    both = {"terms": message, "further": _further_message(further)}
    return _typed(chain_id, supervisor, "FurtherTerms", types, both)


def _further_message(further: Mapping[str, Any]) -> dict[str, Any]:
    assets = [
        {field["name"]: asset[field["name"]] for field in _FURTHER_ASSET}
        for asset in further["assets"]
    ]
    return {"residences": [_hex(each) for each in further["residences"]], "assets": assets}


def terms_argument(terms: Mapping[str, Any]) -> tuple[Any, ...]:
    """The same terms as the tuple that ``publish`` and ``hashTerms`` take."""
    assets = [tuple(asset[field["name"]] for field in _ASSET) for asset in terms["assets"]]
    head = [terms[field["name"]] for field in _TERMS[:-1]]
    head[0] = bytes.fromhex(_hex(head[0])[2:])
    return (*head, assets)


def further_argument(further: Mapping[str, Any]) -> tuple[Any, ...]:
    """Further limits as the tuple that ``FurtherLimits.publish`` and ``hashFurther`` take."""
    said = _further_message(further)
    residences = [bytes.fromhex(each[2:]) for each in said["residences"]]
    assets = [tuple(asset[field["name"]] for field in _FURTHER_ASSET) for asset in said["assets"]]
    return residences, assets


_ASSETS: Final = f"({','.join(field['type'] for field in _ASSET)})[]"
_PUBLISHED: Final = f"({','.join([*(field['type'] for field in _TERMS[:-1]), _ASSETS])})"
_PUBLISH: Final = keccak(text=f"publish({_PUBLISHED},bytes[])")[:4]


_FURTHER_ARGUMENT: Final = f"(bytes2[],({','.join(field['type'] for field in _FURTHER_ASSET)})[])"
_PUBLISH_FURTHER: Final = keccak(text=f"publish({_PUBLISHED},{_FURTHER_ARGUMENT},bytes[])")[:4]


def publish_to(supervisor: str, terms: Mapping[str, Any]) -> Address:
    """Which contract takes these terms: the Supervisor, or its FurtherLimits.

    Args:
        supervisor: the Supervisor's address.
        terms: as for :func:`terms_typed_data`.
    """
    return Address(supervisor) if terms.get("further") is None else further_address(supervisor)


def publish_call(terms: Mapping[str, Any], signatures: Sequence[bytes]) -> bytes:
    """The call data of ``publish``; needs no compiled contract, so that anybody can compare it.

    It is the Supervisor's, or, for terms with further limits, its FurtherLimits' (``publish_to``).

    Args:
        terms: as for :func:`terms_typed_data`.
        signatures: one or two regulators', over the same terms.
    """
    plain, signed = terms_argument(terms), list(signatures)
    further = terms.get("further")
    if further is None:
        return _PUBLISH + encode([_PUBLISHED, "bytes[]"], [plain, signed])
    types = [_PUBLISHED, _FURTHER_ARGUMENT, "bytes[]"]
    return _PUBLISH_FURTHER + encode(types, [plain, further_argument(further), signed])


def consent_typed_data(
    chain_id: int,
    supervisor: str,
    *,
    permit: bytes | str,
    wallet: str,
    person: bytes | str,
    deadline: int,
) -> dict[str, Any]:
    """What a customer's or merchant's wallet signs to take part.

    Args:
        chain_id: EIP-155 id of the chain.
        supervisor: the Supervisor's address there.
        permit: the permit's 32 bytes.
        wallet: the wallet that consents and signs.
        person: the salted 32 bytes of the person behind it, not zero.
        deadline: unix seconds until which the registrar may use the consent.
    """
    message = {
        "permit": _hex(permit),
        "wallet": wallet,
        "person": _hex(person),
        "deadline": deadline,
    }
    return _typed(chain_id, supervisor, "Consent", {"Consent": _CONSENT}, message)


def change_regulator_typed_data(
    chain_id: int, supervisor: str, *, regulator: str, registered: bool, nonce: int
) -> dict[str, Any]:
    """What two regulators sign to admit or remove a regulator.

    Args:
        chain_id: EIP-155 id of the chain.
        supervisor: the Supervisor's address there.
        regulator: whose registration changes.
        registered: true to admit, false to remove.
        nonce: the contract's ``regulatorNonce``.
    """
    message = {"regulator": regulator, "registered": registered, "nonce": nonce}
    return _typed(chain_id, supervisor, "ChangeRegulator", {"ChangeRegulator": _CHANGE}, message)


def approval_typed_data(
    chain_id: int,
    reviews: str,
    *,
    permit: bytes | str,
    nonce: int,
    layers: Sequence[tuple[str, bytes | str]],
) -> dict[str, Any]:
    """What two regulators sign to approve a contract for one permit.

    Args:
        chain_id: EIP-155 id of the chain.
        reviews: the ContractReviews' address there (``made.reviews_address``).
        permit: the permit's 32 bytes.
        nonce: the contract's ``reviewOf(permit, account)`` nonce.
        layers: the contract first, then whatever it gets code from, outermost first: address and
            code hash of each.
    """
    message = {
        "permit": _hex(permit),
        "nonce": nonce,
        "layers": [{"account": account, "codeHash": _hex(code)} for account, code in layers],
    }
    types = {"ContractApproval": _APPROVAL, "Layer": _LAYER}
    return _typed(chain_id, reviews, "ContractApproval", types, message)


def approval_argument(
    permit: bytes | str, nonce: int, layers: Sequence[tuple[str, bytes | str]]
) -> tuple[bytes, int, list[tuple[str, bytes]]]:
    """The same approval as the tuple that ``approveContract`` and ``hashApproval`` take."""
    listed = [(account, bytes.fromhex(_hex(code)[2:])) for account, code in layers]
    return bytes.fromhex(_hex(permit)[2:]), nonce, listed


def withdrawal_typed_data(
    chain_id: int, reviews: str, *, permit: bytes | str, account: str, nonce: int
) -> dict[str, Any]:
    """What one regulator signs to withdraw the approval of a contract.

    Args:
        chain_id: EIP-155 id of the chain.
        reviews: the ContractReviews' address there.
        permit: the permit's 32 bytes.
        account: the contract.
        nonce: the contract's ``reviewOf(permit, account)`` nonce.
    """
    message = {"permit": _hex(permit), "account": account, "nonce": nonce}
    types = {"ContractWithdrawal": _WITHDRAWAL}
    return _typed(chain_id, reviews, "ContractWithdrawal", types, message)


_WITHDRAW: Final = keccak(text="withdrawContract(bytes32,address,uint256,bytes[])")[:4]


def withdrawal_call(
    permit: bytes, account: str, nonce: int, signatures: Sequence[bytes] = ()
) -> bytes:
    """The call data of ``withdrawContract``; the registrar's own call carries no signature.

    Args:
        permit: the permit's 32 bytes.
        account: the contract.
        nonce: the contract's ``reviewOf(permit, account)`` nonce.
        signatures: one regulator's, over :func:`withdrawal_typed_data`.
    """
    types = ["bytes32", "address", "uint256", "bytes[]"]
    return _WITHDRAW + encode(types, [permit, account, nonce, list(signatures)])


def ledger_typed_data(
    chain_id: int, ledgers: str, *, permit: bytes | str, ledger: str, nonce: int, admit: bool
) -> dict[str, Any]:
    """What two regulators sign to admit a supervised ledger, or one to close it.

    Args:
        chain_id: EIP-155 id of the chain.
        ledgers: the SupervisedLedgers' address there (``made.ledgers_address``).
        permit: the permit's 32 bytes.
        ledger: the contract.
        nonce: the contract's ``ledgerOf(permit, account)`` nonce.
        admit: admit, else close.
    """
    name = "LedgerAdmission" if admit else "LedgerClosing"
    message = {"permit": _hex(permit), "ledger": ledger, "nonce": nonce}
    return _typed(chain_id, ledgers, name, {name: _LEDGER}, message)


@dataclass(frozen=True)
class ChainRefusal:
    """A refusal by the Supervisor.

    Attributes:
        permit: the permit's 32 bytes; zero when no permit is concerned.
        version: the version of the terms that refused.
        clause: one of :data:`VALUE_CLAUSES` or :data:`RULE_CLAUSES`.
        limit: minor units or persons; None for a rule clause. :data:`NO_LIMIT_256` never refuses.
        used: what stood against the limit before.
        requested: what was asked for.
        frees_at: unix seconds from which it fits; None when waiting alone does not help.
        subject: the address that a rule clause is about; None for a value clause.
    """

    permit: bytes
    version: int
    clause: str
    limit: int | None = None
    used: int | None = None
    requested: int | None = None
    frees_at: int | None = None
    subject: Address | None = None


_LIMIT_EXCEEDED: Final = "bytes32,uint64,bytes32,uint256,uint256,uint256,uint64"
_NOT_PERMITTED: Final = "bytes32,uint64,bytes32,address"
_LIMIT_SELECTOR: Final = keccak(text=f"LimitExceeded({_LIMIT_EXCEEDED})")[:4]
_PERMIT_SELECTOR: Final = keccak(text=f"NotPermitted({_NOT_PERMITTED})")[:4]
_ERROR_SELECTOR: Final = keccak(text="Error(string)")[:4]
_PANIC_SELECTOR: Final = keccak(text="Panic(uint256)")[:4]

PANICS: Final[Mapping[int, str]] = {
    0x01: "an assertion failed",
    0x11: "arithmetic overflow or underflow",
    0x12: "division by zero",
    0x21: "a number that is no value of its enum",
    0x22: "a badly encoded storage byte array",
    0x31: "pop of an empty array",
    0x32: "array index out of bounds",
    0x41: "too much memory",
    0x51: "a call to an uninitialised function pointer",
}
"""Solidity's panic codes in words. Source: Solidity documentation, "Panic via assert"."""


def decode_refusal(data: bytes) -> ChainRefusal | None:
    """Read revert data as a refusal of the Supervisor.

    Args:
        data: what the transaction or call returned.

    Returns:
        The refusal; None when the data is anything else.
    """
    if data[:4] == _LIMIT_SELECTOR:
        values = _decode(_LIMIT_EXCEEDED, data)
        clause = _word(values[2], VALUE_CLAUSES) if values else None
        if values is None or clause is None:
            return None
        permit, version, _, limit, used, requested, frees = values
        return ChainRefusal(permit, version, clause, limit, used, requested, frees or None)
    if data[:4] == _PERMIT_SELECTOR:
        values = _decode(_NOT_PERMITTED, data)
        clause = _word(values[2], RULE_CLAUSES) if values else None
        if values is None or clause is None:
            return None
        subject = Address(to_checksum_address(values[3]))
        return ChainRefusal(values[0], values[1], clause, subject=subject)
    return None


def decode_reason(data: bytes) -> str | None:
    """Read revert data that is no refusal: ``Error(string)`` or ``Panic(uint256)``, in words.

    Args:
        data: what the transaction or call returned.

    Returns:
        At most 500 characters, or None for empty data and other errors.
    """
    if data[:4] == _ERROR_SELECTOR:
        values = _decode("string", data, exact=False)
        return str(values[0])[:500] if values else None
    if data[:4] == _PANIC_SELECTOR:
        values = _decode("uint256", data)
        return PANICS.get(values[0], f"panic {values[0]:#x}") if values else None
    return None


def _typed(
    chain_id: int,
    supervisor: str,
    primary: str,
    types: Mapping[str, Any],
    message: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "types": {"EIP712Domain": _DOMAIN, **types},
        "primaryType": primary,
        "domain": typed_domain(chain_id, supervisor),
        "message": dict(message),
    }


def typed_domain(chain_id: int, supervisor: str) -> dict[str, Any]:
    """The Supervisor's EIP-712 domain on one chain.

    Args:
        chain_id: of the chain.
        supervisor: the contract's address there.
    """
    return {
        "name": "Synak",
        "version": "2",
        "chainId": chain_id,
        "verifyingContract": supervisor,
    }


def _decode(types: str, data: bytes, *, exact: bool = True) -> Sequence[Any] | None:
    names = types.split(",")
    if exact and len(data) != 4 + 32 * len(names):
        return None
    try:
        return decode(names, data[4:])
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return None


def _word(value: bytes, known: Sequence[str]) -> str | None:
    text = value.rstrip(b"\0").decode("ascii", errors="replace")
    return text if text in known else None


def _hex(value: bytes | str) -> str:
    return value if isinstance(value, str) else "0x" + value.hex()
