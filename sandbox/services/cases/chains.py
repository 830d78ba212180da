"""The two chains of a case before its first block: tokens, wallets and what each begins with.

Rules:

1. What is there before the case begins stands in the genesis: so block n of the plan is block n of
   the chain, and nobody was funded by anybody.
2. Tokens are the national contracts, at addresses that are the same in every case. Gold (USDKG) is
   KGST's contract under its own name, and with KGST's ``decimals()``: its amounts have six. Where
   they ask the Supervisor there is an account that has nothing to keep back: a case has no permits.
3. A chain knows the wallets that are used on it and no others, in the order of their addresses.
4. Chain ids are of no other chain: what is signed here is good nowhere else.
5. Hard fork Cancun. Since Prague every block adds to the state (EIP-2935), the root of which is
   reckoned anew in each: that takes half of a case's time again.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import rlp
from eth_abi.abi import encode

from sandbox.chain.engine import GAS_LIMIT, HARDFORK, EngineSpec
from sandbox.contracts.loader import artifact
from sandbox.contracts.storage import place
from sandbox.forensics.cases import Public, Transaction
from sandbox.forensics.cases.scene import CHAIN_OF, LEDGERS, LedgerName
from sandbox.kit.ids import Address, ChainName, checksum
from sandbox.kit.keccak import keccak
from sandbox.services.cases.wallets import Call, address_of, derived, signed

CHAINS: Final[tuple[ChainName, ...]] = ("kgst", "som")
CHAIN_IDS: Final[Mapping[ChainName, int]] = {"kgst": 1_056_417, "som": 1_000_417}
"""EIP-155 chain ids of cases."""
OFFICE: Final = derived(b"synak/case/office/1", "office")
"""Issues all tokens. Everybody may know its key: a case's engine takes no transactions."""
OFFICE_ADDRESS: Final = address_of(OFFICE)
_DEPLOYERS: Final = {each: derived(b"synak/case/office/1", f"deployer/{each}") for each in CHAINS}
_SUPERVISOR: Final = checksum("0x" + keccak(b"synak/case/supervisor/1")[12:].hex())
_NOTHING_KEPT_BACK: Final = "0x60405ff3"
"""Code that answers (0, 0) to everything: push1 64, push0, return."""
_CONTRACTS: Final[Mapping[LedgerName, str]] = {"kgst": "KGST", "som": "DigitalSom", "usdkg": "KGST"}
_NAMES: Final[Mapping[LedgerName, tuple[str, str]]] = {"usdkg": ("USDKG (simulated)", "USDKG")}
_HARDFORK: Final = "cancun"
_DEPLOY_GAS: Final = 10_000_000
_MUCH: Final = 10**24
_DAY: Final = 86_400
_NONE: Final = "0x" + "00" * 32


class CaseSpec(EngineSpec):
    """A case's engine: the flags of the trial's, with an older hard fork."""

    @property
    def flags(self) -> tuple[str, ...]:
        """The flags that decide what the engine calculates."""
        return tuple(_HARDFORK if each == HARDFORK else each for each in super().flags)

    def command(self, anvil: Path, ipc_path: Path, genesis_path: Path) -> list[str]:
        """The whole command line; of older blocks no state is kept, and one thread does it all."""
        return [*super().command(anvil, ipc_path, genesis_path)[:-1], "--threads", "1"]


@cache
def token(ledger: LedgerName) -> Address:
    """Where a token is.

    Source: Ethereum yellow paper, section 7.
    """
    chain = chain_of(ledger)
    maker, nonce = address_of(_DEPLOYERS[chain]), ledgers_of(chain).index(ledger)
    return checksum("0x" + keccak(rlp.encode([bytes.fromhex(maker[2:]), nonce]))[12:].hex())


def chain_of(ledger: LedgerName) -> ChainName:
    """On which chain a token lives."""
    return "som" if CHAIN_OF[ledger] == "som" else "kgst"


def ledgers_of(chain: ChainName) -> list[LedgerName]:
    """The tokens of a chain, in the order of their making."""
    return [each for each in LEDGERS if chain_of(each) == chain]


def deployments(chain: ChainName) -> Iterator[str]:
    """Signed transactions that create a chain's tokens on an engine of its own, hex."""
    for nonce, ledger in enumerate(ledgers_of(chain)):
        made = artifact(_CONTRACTS[ledger]).bytecode
        made += encode(["address", "address"], [_SUPERVISOR, OFFICE_ADDRESS])
        call = Call(nonce, None, made, _DEPLOY_GAS, 0)
        yield "0x" + signed(_DEPLOYERS[chain], CHAIN_IDS[chain], call).hex()


def before_deployment(chain: ChainName) -> CaseSpec:
    """An engine on which ``deployments`` can be sent."""
    rich: dict[str, Any] = {address_of(_DEPLOYERS[chain]): {"balance": hex(_MUCH)}}
    return CaseSpec(chain, CHAIN_IDS[chain], _genesis(chain, 1, rich), 0)


def deployed(chain: ChainName, dump: bytes) -> dict[str, Any]:
    """The tokens as a genesis holds them.

    Args:
        chain: whose tokens.
        dump: of the engine after ``deployments``, as ``anvil_dumpState`` gives it.
    """
    held = json.loads(gzip.decompress(dump))["accounts"]
    by_address = {address.lower(): account for address, account in held.items()}
    found: dict[str, Any] = {_SUPERVISOR: {"balance": "0x0", "code": _NOTHING_KEPT_BACK}}
    for ledger in ledgers_of(chain):
        account = by_address[token(ledger).lower()]
        storage = {
            _word(int(slot, 16)): _word(int(to, 16)) for slot, to in account["storage"].items()
        }
        layout = artifact(_CONTRACTS[ledger]).storage
        for label, said in zip(("_name", "_symbol"), _NAMES.get(ledger, ()), strict=False):
            storage[_word(place(layout, label).slot)] = _text(said)
        found[token(ledger)] = {
            "balance": "0x0",
            "nonce": "0x1",
            "code": account["code"],
            "storage": storage,
        }
    return found


def spec(chain: ChainName, public: Public, tokens: Mapping[str, Any]) -> CaseSpec:
    """The engine of one chain of a case.

    Args:
        chain: which one.
        public: the planned case.
        tokens: as ``deployed`` gives them.
    """
    rows = [each for each in public.transactions if chain_of(each.ledger) == chain]
    used = {each.payer for each in rows} | {each.payee for each in rows}
    alloc: dict[str, Any] = {address: dict(account) for address, account in tokens.items()}
    alloc[OFFICE_ADDRESS] = {"balance": hex(_MUCH)}
    for each in public.accounts:
        if each.address in used:
            alloc[each.address] = {"balance": hex(each.coin), "nonce": hex(each.nonce)}
    if chain == "som":
        registered = _registered(rows)
        storage = alloc[token("som")]["storage"] | registered
        alloc[token("som")] = alloc[token("som")] | {"storage": storage}
    first = min(int(each.time.timestamp()) for each in rows)
    ordered = dict(sorted(alloc.items(), key=lambda pair: pair[0].lower()))
    genesis = _genesis(chain, (first // _DAY - 1) * _DAY, ordered)
    return CaseSpec(chain, CHAIN_IDS[chain], genesis, 0)


def _registered(rows: Iterable[Transaction]) -> dict[str, str]:
    """Who pays or is paid in digital som has a wallet; who is issued to is a bank."""
    layout, found = artifact("DigitalSom").storage, dict[str, str]()
    keeper = int(OFFICE_ADDRESS, 16)
    for each in rows:
        for account in {int(each.payer, 16), int(each.payee, 16)} - {0}:
            kept = place(layout, "keeperOf", account)
            found[_word(kept.slot)] = _word(kept.put(0, keeper))
        if each.kind == "issue":
            bank = place(layout, "isBank", int(each.payee, 16))
            found[_word(bank.slot)] = _word(bank.put(0, 1))
    return dict(sorted(found.items()))


def _genesis(chain: ChainName, time: int, alloc: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "config": {"chainId": CHAIN_IDS[chain]},
        "nonce": "0x0",
        "timestamp": hex(time),
        "extraData": "0x" + b"synak case".hex(),
        "gasLimit": hex(GAS_LIMIT),
        "difficulty": "0x0",
        "mixHash": _NONE,
        "coinbase": "0x" + "00" * 20,
        "number": "0x0",
        "gasUsed": "0x0",
        "parentHash": _NONE,
        "baseFeePerGas": "0x0",
        "alloc": dict(alloc),
    }


def _word(value: int) -> str:
    return f"0x{value:064x}"


def _text(said: str) -> str:
    """A short text as Solidity keeps it: to the left, its doubled length in the last byte."""
    return "0x" + (said.encode().ljust(31, b"\0") + bytes([2 * len(said)])).hex()
