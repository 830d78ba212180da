"""What a contract is made of: itself, and whatever it gets its code from.

Rules:

- Followed are the EIP-1967 implementation and beacon slots, the answer of a beacon's
  ``implementation()``, and the target inside an EIP-1167 clone; theirs again, at most
  ``MOST_LAYERS`` in all, each address once. More than that is refused.
- A pointer to an address without code is a layer with the hash of nothing: it is never
  as approved.
- An ``Overlay`` shows the state after a transaction that was only tried out.
- Code that is there does not change (no EIP-7702, no SELFDESTRUCT of what is older than
  its transaction: EIP-6780), so hashes are kept, and whether an address is written in it.

Source: EIP-1967, EIP-1167.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from eth_utils.crypto import keccak

from sandbox.chain.ipc import EngineError
from sandbox.domain.review import MOST_LAYERS, Layer, Layers
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import Address, checksum

IMPLEMENTATION_SLOT: Final = (
    "0x" + (int.from_bytes(keccak(text="eip1967.proxy.implementation")) - 1).to_bytes(32).hex()
)
BEACON_SLOT: Final = (
    "0x" + (int.from_bytes(keccak(text="eip1967.proxy.beacon")) - 1).to_bytes(32).hex()
)
_IMPLEMENTATION_CALL: Final = "0x5c60da1b"
_BEACON_GAS: Final = hex(200_000)
_CLONE: Final = (
    bytes.fromhex("363d3d373d3d3d363d73"),
    bytes.fromhex("5af43d82803e903d91602b57fd5bf3"),
)
_KEPT: Final = 10_000

Ask = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Overlay:
    """Pointers as a tried transaction would leave them; accounts in lower case.

    Attributes:
        storage: of an account its two slots.
        answers: what an account would answer to ``implementation()``; ``0x`` when it fails.
    """

    storage: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


class LayerReader:
    """Reads layers of one chain.

    Args:
        ask: asks the engine; sealed state only.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._clones: dict[str, tuple[str, Address | None]] = {}
        self._written: dict[tuple[str, str], bool] = {}

    async def layers(
        self, contract: str, *, overlay: Overlay | None = None, upgrade: str | None = None
    ) -> Layers:
        """The layers of a contract at the head, outermost first.

        Args:
            contract: its address.
            overlay: the state after a transaction that was tried out.
            upgrade: an implementation that shall be taken for the contract's (or its
                beacon's) own: what it will be made of after an upgrade.

        Raises:
            InvalidInput: ``review.no_code``, ``review.too_many_layers``, ``review.no_proxy``
                (an upgrade of what has no implementation slot in use).
            EngineError, Unavailable: as the engine answers.
        """
        overlay = overlay or Overlay()
        waiting, found = [(checksum(contract), False)], dict[Address, Layer]()
        upgraded = upgrade is None
        while waiting:
            account, beacon = waiting.pop(0)
            if account in found:
                continue
            if len(found) == MOST_LAYERS:
                raise InvalidInput("review.too_many_layers", most=MOST_LAYERS, contract=contract)
            code_hash, clone = await self._code(account)
            if not found and code_hash == _hex(keccak(b"")):
                raise InvalidInput("review.no_code", contract=contract)
            found[account] = Layer(account, code_hash)
            if clone is not None:
                waiting.append((clone, False))
            following = await self._pointers(account, overlay, beacon=beacon)
            for next_one, next_is_beacon in following:
                if not upgraded and not next_is_beacon and upgrade is not None:
                    waiting.append((checksum(upgrade), False))
                    upgraded = True
                else:
                    waiting.append((next_one, next_is_beacon))
        if not upgraded:
            raise InvalidInput("review.no_proxy", contract=contract)
        return tuple(found.values())

    async def written(self, accounts: Iterable[str], address: str) -> bool:
        """Whether the code of one of the accounts holds an address, as of a linked library.

        Args:
            accounts: whose code is read.
            address: looked for.

        Raises:
            EngineError, Unavailable: as the engine answers.
        """
        for account in accounts:
            key = (account.lower(), address.lower())
            found = self._written.get(key)
            if found is None:
                code = bytes.fromhex(
                    str(await self._ask("eth_getCode", checksum(account), "latest"))[2:]
                )
                found = bytes.fromhex(key[1][2:]) in code
                if code:
                    _keep(self._written, key, found)
            if found:
                return True
        return False

    async def _pointers(
        self, account: Address, overlay: Overlay, *, beacon: bool
    ) -> list[tuple[Address, bool]]:
        """What the account gets code from, and whether that is a beacon."""
        found: list[tuple[Address, bool]] = []
        for slot, is_beacon in ((BEACON_SLOT, True), (IMPLEMENTATION_SLOT, False)):
            word = overlay.storage.get(account.lower(), {}).get(slot)
            if word is None:
                word = str(await self._ask("eth_getStorageAt", account, slot, "latest"))
            number = int(word, 16) % 2**160
            if number:
                found.append((_address(number), is_beacon))
        if beacon:
            found.append((await self._answer(account, overlay), False))
        return found

    async def _answer(self, beacon: Address, overlay: Overlay) -> Address:
        """What a beacon answers; the zero address when it answers nothing sensible."""
        answer = overlay.answers.get(beacon.lower())
        if answer is None:
            call = {"to": beacon, "data": _IMPLEMENTATION_CALL, "gas": _BEACON_GAS}
            try:
                answer = str(await self._ask("eth_call", call, "latest"))
            except EngineError:
                return _address(0)
        return _address(int(answer, 16)) if len(answer) == 66 else _address(0)

    async def _code(self, account: Address) -> tuple[str, Address | None]:
        """The hash of an account's code, and the target of a clone."""
        kept = self._clones.get(account)
        if kept is not None:
            return kept
        code = bytes.fromhex(str(await self._ask("eth_getCode", account, "latest"))[2:])
        before, after = _CLONE
        target = None
        if len(code) == 45 and code.startswith(before) and code.endswith(after):
            target = _address(int.from_bytes(code[10:30]))
        read = _hex(keccak(code)), target
        if code:
            _keep(self._clones, account, read)
        return read


def _keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
    if len(kept) >= _KEPT:
        kept.clear()
    kept[key] = value


def _address(number: int) -> Address:
    return checksum("0x" + (number % 2**160).to_bytes(20).hex())


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
