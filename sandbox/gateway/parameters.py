"""What a method's parameters may look like: checked before the engine sees them.

The engine can be brought down by one odd parameter, so every method that is let
through has a schema here, made of small readers. A reader takes what the JSON
held and returns what is sent on; what it does not know it refuses. Rules:

- numbers are ``0x`` quantities, and block numbers fit in 63 bits;
- ``pending`` is our own queue, never the engine's: reads on it answer ``latest``;
- state and block overrides are refused (free computing on invented states);
- the tracer is ``callTracer`` by exact name, of the outermost call alone;
- every call carries a gas limit, at most that of one transaction;
- a log range is bounded.

>>> block(["0x10"][0])
'0x10'
>>> block("pending")
'latest'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from sandbox.gateway.top_call import TOP_CALL
from sandbox.kit.errors import InvalidInput

Reader = Callable[[Any], Any]
Schema = Callable[[list[Any]], list[Any]]

TRANSACTION_GAS: Final = 16_777_216
"""The most gas one transaction or call may take. Source: EIP-7825 (2**24)."""
LOG_RANGE: Final = 10_000
"""Blocks that one ``eth_getLogs`` may span."""
LOG_ADDRESSES: Final = 100
LOG_ALTERNATIVES: Final = 50
PROOF_SLOTS: Final = 64
ACCESS_LIST_ENTRIES: Final = 256
CALL_DATA_BYTES: Final = 131_072

_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_TAGS: Final = frozenset({"latest", "earliest", "safe", "finalized"})
_CALL_QUANTITIES: Final = ("value", "gasPrice", "maxFeePerGas", "maxPriorityFeePerGas")
TRACE_GAS: Final = 1_000_000
"""The most gas of a call that is traced."""


def wrong(what: str) -> InvalidInput:
    """The error for a parameter that cannot be right.

    Args:
        what: which parameter, and what it has to be, in English words.
    """
    return InvalidInput("gateway.params_invalid", what=what)


def integer(value: Any, *, bits: int = 256) -> int:
    """Read a quantity as a number.

    Args:
        value: ``0x`` and 1 to 64 hex digits.
        bits: how many bits it may have.

    Raises:
        InvalidInput: ``gateway.params_invalid``.
    """
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise wrong("quantity: 0x and 1 to 64 hex digits")
    number = int(value, 16)
    if number.bit_length() > bits:
        raise wrong(f"quantity: at most {bits} bits")
    return number


def quantity(value: Any) -> str:
    """Read a quantity, and write it the short way (``0x`` without leading zeros)."""
    return hex(integer(value))


def index(value: Any) -> str:
    """Read a place in a list: a quantity of at most 31 bits."""
    return hex(integer(value, bits=31))


def address(value: Any) -> str:
    """Read an address, in either case."""
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise wrong("address: 0x and 40 hex digits")
    return value.lower()


def digest(value: Any) -> str:
    """Read a hash of 32 bytes."""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise wrong("hash: 0x and 64 hex digits")
    return value.lower()


def data(value: Any) -> str:
    """Read bytes as hex, at most ``CALL_DATA_BYTES``."""
    if not isinstance(value, str) or value[:2] != "0x" or not _is_hex(value[2:]):
        raise wrong("data: 0x and an even number of hex digits")
    if len(value) > 2 + 2 * CALL_DATA_BYTES:
        raise wrong(f"data: at most {CALL_DATA_BYTES} bytes")
    return value


def _is_hex(digits: str) -> bool:
    """Whether whole bytes are written; several times as fast as a pattern.

    >>> [_is_hex(each) for each in ("", "0aF0", "0", "0g", "00 00", "٣٣")]
    [True, True, False, False, False, False]
    """
    try:
        return len(bytes.fromhex(digits)) * 2 == len(digits)  # it passes over spaces
    except ValueError:
        return False


def boolean(value: Any) -> bool:
    """Read true or false, and nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise wrong("true or false")
    return value


def mapping(value: Any, allowed: frozenset[str]) -> dict[str, Any]:
    """Read an object with no key outside ``allowed``; null values count as missing."""
    if not isinstance(value, dict):
        raise wrong("an object")
    for key in value:
        if key not in allowed:
            raise _not_taken(key)
    return {key: inner for key, inner in value.items() if inner is not None}


def _not_taken(key: str) -> InvalidInput:
    return wrong(f"key {key[:40]!r} is not taken here")


def block(value: Any) -> Any:
    """Read a block: a number, a tag, or an EIP-1898 object."""
    if value is None or value == "pending":
        return "latest"
    if isinstance(value, str):
        return value if value in _TAGS else hex(integer(value, bits=63))
    named = mapping(value, frozenset({"blockNumber", "blockHash", "requireCanonical"}))
    if ("blockNumber" in named) == ("blockHash" in named):
        raise wrong("block: either blockNumber or blockHash")
    if "blockNumber" in named:
        return {"blockNumber": hex(integer(named["blockNumber"], bits=63))}
    return {"blockHash": digest(named["blockHash"])}


def number_or_tag(value: Any) -> str:
    """Read a block that cannot be named by its hash."""
    if isinstance(value, dict):
        raise wrong("block: a number or a tag")
    return str(block(value))


def access_list(value: Any) -> list[dict[str, Any]]:
    """Read an EIP-2930 access list of bounded length."""
    if not isinstance(value, list) or len(value) > ACCESS_LIST_ENTRIES:
        raise wrong(f"accessList: a list of at most {ACCESS_LIST_ENTRIES}")
    entries = []
    for entry in value:
        named = mapping(entry, frozenset({"address", "storageKeys"}))
        keys = named.get("storageKeys", [])
        if not isinstance(keys, list) or len(keys) > ACCESS_LIST_ENTRIES:
            raise wrong(f"storageKeys: a list of at most {ACCESS_LIST_ENTRIES}")
        entries.append(
            {"address": address(named.get("address")), "storageKeys": [digest(k) for k in keys]}
        )
    return entries


def call(value: Any) -> dict[str, Any]:
    """Read a call object; give it a gas limit, and never more than one transaction's.

    Args:
        value: the object as sent; ``data`` and ``input`` are one field.

    Raises:
        InvalidInput: ``gateway.params_invalid``, also for blob and authorisation fields.
    """
    if not isinstance(value, dict):
        raise wrong("an object")
    read: dict[str, Any] = {"gas": _MOST_GAS}
    for key, inner in value.items():
        reader = _CALL.get(key)
        if reader is None:
            raise _not_taken(key)
        if inner is not None:
            read[key] = reader(inner)
    if "input" in read:
        if read.setdefault("data", read["input"]) != read["input"]:
            raise wrong("data and input differ")
        del read["input"]
    read.pop("chainId", None)
    read.pop("type", None)
    return read


def _gas(value: Any) -> str:
    return hex(min(integer(value), TRANSACTION_GAS))


def _nonce(value: Any) -> str:
    return hex(integer(value, bits=63))


def _type(value: Any) -> None:
    if integer(value, bits=8) > 2:
        raise wrong("type: 0x0, 0x1 or 0x2")


_MOST_GAS: Final = hex(TRANSACTION_GAS)
_CALL: Final[dict[str, Reader]] = {
    **dict.fromkeys(_CALL_QUANTITIES, quantity),
    "from": address,
    "to": address,
    "gas": _gas,
    "data": data,
    "input": data,
    "nonce": _nonce,
    "chainId": quantity,
    "type": _type,
    "accessList": access_list,
}
"""How each key of a call object is read; the chain id and the type are checked and left out."""


def traced(value: Any) -> dict[str, Any]:
    """Read a call to be traced: at most ``TRACE_GAS``, also when no gas is named."""
    read = call(value)
    if isinstance(value, dict) and value.get("gas") is None:
        read["gas"] = hex(TRACE_GAS)
    elif int(read["gas"], 16) > TRACE_GAS:
        raise wrong(f"gas: at most {TRACE_GAS}")
    return read


def tracing(value: Any) -> dict[str, Any]:
    """Read trace options: ``callTracer`` by its exact name, of the outermost call alone.

    Every call below copies its input into the trace without paying for it, so a trace of
    all calls could be as long as its author likes. The engine is asked for ``TOP_CALL``.
    """
    named = mapping(value, frozenset({"tracer", "tracerConfig", "timeout"}))
    if named.get("tracer") != "callTracer":
        raise wrong("tracer: callTracer")
    config = mapping(named.get("tracerConfig", {}), frozenset({"onlyTopCall"}))
    if not boolean(config.get("onlyTopCall", False)):
        raise wrong("tracerConfig: onlyTopCall true")
    return dict(TOP_CALL)


def _topic(value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, list):
        if len(value) > LOG_ALTERNATIVES:
            raise wrong(f"topics: at most {LOG_ALTERNATIVES} alternatives")
        return [digest(one) for one in value]
    return digest(value)


def log_filter(value: Any) -> dict[str, Any]:
    """Read a log filter; a numeric range spans at most ``LOG_RANGE`` blocks.

    A range that ends or begins at a tag is measured later, against the head
    (``sandbox.gateway.reads``).
    """
    keys = frozenset({"fromBlock", "toBlock", "blockHash", "address", "topics"})
    named = mapping(value, keys)
    read: dict[str, Any] = {}
    if "blockHash" in named:
        if "fromBlock" in named or "toBlock" in named:
            raise wrong("blockHash excludes fromBlock and toBlock")
        read["blockHash"] = digest(named["blockHash"])
    else:
        read["fromBlock"] = number_or_tag(named.get("fromBlock", "latest"))
        read["toBlock"] = number_or_tag(named.get("toBlock", "latest"))
    if "address" in named:
        many = named["address"] if isinstance(named["address"], list) else [named["address"]]
        if len(many) > LOG_ADDRESSES:
            raise wrong(f"address: at most {LOG_ADDRESSES}")
        read["address"] = [address(one) for one in many]
    if "topics" in named:
        if not isinstance(named["topics"], list) or len(named["topics"]) > 4:
            raise wrong("topics: a list of at most 4")
        read["topics"] = [_topic(one) for one in named["topics"]]
    return read


def slots(value: Any) -> list[str]:
    """Read storage keys for a proof, at most ``PROOF_SLOTS``."""
    if not isinstance(value, list) or len(value) > PROOF_SLOTS:
        raise wrong(f"storage keys: a list of at most {PROOF_SLOTS}")
    return [quantity(one) for one in value]


def percentiles(value: Any) -> list[Any]:
    """Read the reward percentiles of a fee history: at most 100 numbers."""
    if not isinstance(value, list) or len(value) > 100:
        raise wrong("percentiles: a list of at most 100 numbers")
    if any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in value):
        raise wrong("percentiles: numbers")
    return value


def nonce_block(value: Any) -> Any:
    """Read the block of a transaction count; ``pending`` stays, it means our queue."""
    return "pending" if value == "pending" else block(value)


def typed(value: Any) -> Any:
    """Read EIP-712 typed data: an object, or the same as JSON text (the signer checks it)."""
    if not isinstance(value, (dict, str)):
        raise wrong("typed data: an object")
    return value


def timeout(value: Any) -> int:
    """Read how long to wait for a receipt: milliseconds, a number or a quantity, <= 60,000."""
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    number = integer(value, bits=31) if number is None else number
    if not 0 <= number <= 60_000:
        raise wrong("timeout: 0 to 60000 milliseconds")
    return number


def message(value: Any) -> str:
    """Read what ``personal_sign`` signs: bytes as hex."""
    return data(value)


def password(value: Any) -> None:
    """Read and drop the third parameter of ``personal_sign``: managed wallets have none."""
    if not isinstance(value, str):
        raise wrong("password: text")


def sending(value: Any) -> dict[str, Any]:
    """Read the transaction of ``eth_sendTransaction``; the sender must be named."""
    read = call(value)
    if "from" not in read:
        raise wrong("from: the wallet that sends")
    if isinstance(value, dict) and value.get("gas") is None:
        del read["gas"]
    elif integer(value["gas"]) > TRANSACTION_GAS:
        raise wrong(f"gas: at most {TRANSACTION_GAS}")
    if "chainId" in value and value["chainId"] is not None:
        read["chainId"] = quantity(value["chainId"])
    return read


def checked(params: list[Any]) -> list[Any]:
    """Read what ``synak_check`` is asked about: a transaction that nobody has signed.

    Args:
        params: ``[{from, to, data, value, gas}]``; with ``bytes`` (how long the request would
            be) in place of ``data`` that is longer than the permit lets a request be.

    Returns:
        The transaction, and ``bytes`` or None.

    Raises:
        InvalidInput: ``gateway.params_invalid``.
    """
    said = takes(lambda value: mapping(value, frozenset({*_CHECKED, "bytes"})))(params)[0]
    length = said.pop("bytes", None)
    if length is not None:
        length = integer(length, bits=53)
    read = {name: _CHECKED[name](value) for name, value in said.items() if value is not None}
    if "from" not in read:
        raise wrong("from: the wallet that would send")
    return [read, length]


_CHECKED: Final[dict[str, Reader]] = {
    "from": address,
    "to": address,
    "data": data,
    "value": quantity,
    "gas": quantity,
}


FEEDS: Final = ("newHeads", "logs", "newPendingTransactions")
"""What may be subscribed to."""


def subscribing(params: list[Any]) -> list[Any]:
    """Read ``eth_subscribe``: the feed, and for logs a filter without a range.

    Args:
        params: ``["newHeads"]``, ``["logs", {address, topics}]`` or
            ``["newPendingTransactions"]`` (hashes only).

    Returns:
        The feed's name and its filter (``{}`` unless logs).

    Raises:
        InvalidInput: ``gateway.params_invalid``.
    """
    if not params or params[0] not in FEEDS or len(params) > 2:
        raise wrong("feed: " + ", ".join(FEEDS))
    name, more = params[0], params[1] if len(params) == 2 else None
    if name != "logs":
        if more not in (None, False, {}):
            raise wrong(f"{name}: takes nothing more")
        return [name, {}]
    named = {} if more is None else mapping(more, frozenset({"address", "topics"}))
    read = log_filter(named)
    return [name, {key: read[key] for key in ("address", "topics") if key in read}]


def subscription(value: Any) -> str:
    """Read the id of a subscription: a quantity as ``eth_subscribe`` gave it."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise wrong("subscription: the id that eth_subscribe gave")
    return value.lower()


def raw(value: Any) -> str:
    """Read a signed transaction as hex; its length is judged by the permit's own limit."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise wrong("transaction: 0x and hex digits")
    return value


def _counted(least: int, most: int) -> str:
    span = f"{least}" if least == most else f"{least} to {most}"
    return f"{span} parameter" if most == 1 else f"{span} parameters"


def takes(*required: Reader, optional: Sequence[Reader] = ()) -> Schema:
    """A schema: so many parameters in this order, and none more.

    Args:
        *required: readers of the parameters that must be there.
        optional: readers of those that may be left out, from the right.
    """
    readers = [*required, *optional]

    def read(params: list[Any]) -> list[Any]:
        if not len(required) <= len(params) <= len(readers):
            raise wrong(f"{_counted(len(required), len(readers))}, not {len(params)}")
        return [reader(value) for reader, value in zip(readers, params, strict=False)]

    read.takes = [  # type: ignore[attr-defined]
        (reader, place >= len(required)) for place, reader in enumerate(readers)
    ]
    return read


def takes_block_last(*required: Reader) -> Schema:
    """A schema whose last parameter is a block, ``latest`` when it is left out."""
    plain = takes(*required, optional=[block])
    count = len(required)

    def read(params: list[Any]) -> list[Any]:
        given = len(params)
        if given > count + 1:
            raise InvalidInput("gateway.override_refused")
        if given < count:
            return plain(params)  # which says what is missing
        values = [reader(value) for reader, value in zip(required, params, strict=False)]
        values.append(block(params[count]) if given > count else "latest")
        return values

    read.takes = [*plain.takes]  # type: ignore[attr-defined]
    return read


def described(schema: Schema) -> list[tuple[str, str, bool]]:
    """What a schema takes, for the reference.

    Args:
        schema: of the method table.

    Returns:
        Name, meaning (in English) and whether it may be left out, of each parameter.

    >>> described(takes(address, optional=[block]))
    [('address', 'an address, in either case', False), ('block', 'a block', True)]
    """
    readers = getattr(schema, "takes", [(schema, False)])
    return [(reader.__name__.lstrip("_"), _meaning(reader), may) for reader, may in readers]


def _meaning(reader: Callable[..., Any]) -> str:
    """The first sentence of a reader's docstring, without its verb and what follows a colon."""
    first = (reader.__doc__ or "").split("\n", 1)[0]
    return first.removeprefix("Read ").split(":", 1)[0].rstrip(".")
