"""Every method name of the engine, classified. Matching is exact; the rest is refused.

=========  ==================================================================
kind       what happens
=========  ==================================================================
READ       parameters checked, then asked of the engine
ANSWERED   answered by the gateway itself; the engine is not asked
SUBMIT     a signed transaction: every check, then the journal
CHECK      the permit's rules are tried on a transaction; nothing is sent
SIGN       a managed wallet of the caller signs (and, for sending, submits)
FEED       subscriptions of a WebSocket connection
LAB        cheats and stateful helpers: in the lab plane only
NEVER      offered to nobody on a trial chain
=========  ==================================================================

``eth_getBlockReceipts`` takes time with the square of the block's length, and
``debug_traceBlockByNumber`` never answers for a long block: both are NEVER. So are the
traces of all calls: each call's input is copied into them, and copying is not paid for
by gas (``debug_trace…`` shows the outermost call alone).

Each offered method has a price in compute units: one for what is answered from memory
or by a look-up, more for what runs code, searches or signs. A transaction costs the same
whatever it does: its gas has a quota of its own.

A test reads the names out of the installed engine and fails on one that is not
listed here. Source: anvil 1.7.1.

>>> find("eth_call").kind is Kind.READ
True
>>> find(" eth_call") is None and find("ETH_CALL") is None
True
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from sandbox.gateway import parameters as p


class Kind(Enum):
    """What the gateway does with a method."""

    READ = "read"
    ANSWERED = "answered"
    CHECK = "check"
    SUBMIT = "submit"
    SIGN = "sign"
    FEED = "subscribe"
    LAB = "lab only"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table.

    Args:
        name: exactly as on the wire.
        kind: what happens with it.
        schema: reads the parameters; None where the method is not offered.
        probe: the engine runs code for it: a refusal in it is a probe, not evidence.
        units: its price in compute units.
    """

    name: str
    kind: Kind
    schema: p.Schema | None = None
    probe: bool = False
    units: int = 0


PRICES: Final = {
    "debug_traceCall": 20,
    "debug_traceTransaction": 20,
    "eth_call": 5,
    "eth_createAccessList": 20,
    "eth_estimateGas": 20,
    "eth_getLogs": 10,
    "eth_getProof": 5,
    "eth_sendRawTransaction": 20,
    "eth_sendRawTransactionSync": 20,
    "eth_sendTransaction": 40,
    "eth_signTypedData_v4": 5,
    "eth_subscribe": 10,
    "personal_sign": 5,
    "synak_check": 40,
}
"""Compute units of the methods that cost more than ``READ_UNITS``. Source: ours, from what
each takes of the engine; to be confirmed."""
READ_UNITS: Final = 1
PROBES: Final = frozenset(
    {"eth_call", "eth_estimateGas", "eth_createAccessList", "debug_traceCall", "synak_check"}
)


def _rows(kind: Kind, schemas: dict[str, p.Schema]) -> list[Method]:
    return [
        Method(name, kind, schema, name in PROBES, PRICES.get(name, READ_UNITS))
        for name, schema in schemas.items()
    ]


def _names(kind: Kind, names: str) -> list[Method]:
    return [Method(name, kind) for name in names.split()]


_READ = _rows(
    Kind.READ,
    {
        "eth_blockNumber": p.takes(),
        "eth_call": p.takes_block_last(p.call),
        "eth_createAccessList": p.takes_block_last(p.call),
        "eth_estimateGas": p.takes_block_last(p.call),
        "eth_getBalance": p.takes_block_last(p.address),
        "eth_getBlockByHash": p.takes(p.digest, optional=[p.boolean]),
        "eth_getBlockByNumber": p.takes(p.number_or_tag, optional=[p.boolean]),
        "eth_getBlockTransactionCountByHash": p.takes(p.digest),
        "eth_getBlockTransactionCountByNumber": p.takes(p.number_or_tag),
        "eth_getCode": p.takes_block_last(p.address),
        "eth_getLogs": p.takes(p.log_filter),
        "eth_getProof": p.takes_block_last(p.address, p.slots),
        "eth_getRawTransactionByBlockHashAndIndex": p.takes(p.digest, p.index),
        "eth_getRawTransactionByBlockNumberAndIndex": p.takes(p.number_or_tag, p.index),
        "eth_getRawTransactionByHash": p.takes(p.digest),
        "eth_getStorageAt": p.takes_block_last(p.address, p.quantity),
        "eth_getTransactionByBlockHashAndIndex": p.takes(p.digest, p.index),
        "eth_getTransactionByBlockNumberAndIndex": p.takes(p.number_or_tag, p.index),
        "eth_getTransactionByHash": p.takes(p.digest),
        "eth_getTransactionReceipt": p.takes(p.digest),
        "eth_getUncleCountByBlockHash": p.takes(p.digest),
        "eth_getUncleCountByBlockNumber": p.takes(p.number_or_tag),
        "debug_traceCall": p.takes(p.traced, p.block, p.tracing),
        "debug_traceTransaction": p.takes(p.digest, p.tracing),
        "web3_sha3": p.takes(p.data),
    },
)

_ANSWERED = _rows(
    Kind.ANSWERED,
    {
        "eth_chainId": p.takes(),
        "eth_feeHistory": p.takes(p.index, p.number_or_tag, optional=[p.percentiles]),
        "eth_gasPrice": p.takes(),
        "eth_getTransactionCount": p.takes(p.address, optional=[p.nonce_block]),
        "eth_maxPriorityFeePerGas": p.takes(),
        "eth_syncing": p.takes(),
        "net_listening": p.takes(),
        "net_version": p.takes(),
        "web3_clientVersion": p.takes(),
    },
)

_CHECK = _rows(Kind.CHECK, {"synak_check": p.checked})

_SUBMIT = _rows(
    Kind.SUBMIT,
    {
        "eth_sendRawTransaction": p.takes(p.raw),
        "eth_sendRawTransactionSync": p.takes(p.raw, optional=[p.timeout]),
    },
)

_SIGN = _rows(
    Kind.SIGN,
    {
        "eth_accounts": p.takes(),
        "eth_requestAccounts": p.takes(),
        "eth_sendTransaction": p.takes(p.sending),
        "eth_signTypedData_v4": p.takes(p.address, p.typed),
        "personal_sign": p.takes(p.message, p.address, optional=[p.password]),
    },
)

_FEED = _rows(
    Kind.FEED,
    {
        "eth_subscribe": p.subscribing,
        "eth_unsubscribe": p.takes(p.subscription),
    },
)

_LAB = _names(
    Kind.LAB,
    """
    anvil_addBalance anvil_autoImpersonateAccount anvil_dealERC20 anvil_dropAllTransactions
    anvil_dropTransaction anvil_dumpState anvil_getAutomine anvil_getBlobByHash
    anvil_getBlobsByTransactionHash anvil_getGenesisTime anvil_getIntervalMining
    anvil_impersonateAccount anvil_impersonateSignature anvil_increaseTime anvil_loadState
    anvil_metadata anvil_mine anvil_mine_detailed anvil_nodeInfo
    anvil_removeBlockTimestampInterval anvil_removePoolTransactions anvil_reorg anvil_reset
    anvil_revert anvil_rollback anvil_setAutomine anvil_setBalance anvil_setBlockGasLimit
    anvil_setBlockTimestampInterval anvil_setChainId anvil_setCode anvil_setCoinbase
    anvil_setERC20Allowance anvil_setERC20Balance anvil_setFeeAmmLiquidity anvil_setFeeToken
    anvil_setIntervalMining anvil_setLoggingEnabled anvil_setMinGasPrice
    anvil_setNextBlockBaseFeePerGas anvil_setNextBlockTimestamp anvil_setNonce anvil_setRpcUrl
    anvil_setStorageAt anvil_setTime anvil_setValidatorFeeToken anvil_snapshot
    anvil_stopImpersonatingAccount
    evm_increaseTime evm_mine evm_mine_detailed evm_revert evm_setAccountNonce evm_setAutomine
    evm_setBlockGasLimit evm_setIntervalMining evm_setNextBlockTimestamp evm_setTime evm_snapshot
    hardhat_addBalance hardhat_autoImpersonateAccount hardhat_dealERC20
    hardhat_dropAllTransactions hardhat_dropTransaction hardhat_dumpState hardhat_getAutomine
    hardhat_impersonateAccount hardhat_loadState hardhat_metadata hardhat_mine hardhat_reset
    hardhat_setBalance hardhat_setCode hardhat_setCoinbase hardhat_setLoggingEnabled
    hardhat_setMinGasPrice hardhat_setNextBlockBaseFeePerGas hardhat_setNonce
    hardhat_setStorageAt hardhat_stopImpersonatingAccount
    tenderly_addBalance tenderly_setBalance
    """,
)

_NEVER = _names(
    Kind.NEVER,
    """
    debug_codeByHash debug_dbGet debug_getRawTransaction debug_traceBlockByHash
    debug_traceBlockByNumber
    erigon_getHeaderByNumber
    eth_blobBaseFee eth_coinbase eth_config eth_fillTransaction eth_getAccount
    eth_getAccountInfo eth_getBlockReceipts eth_getFilterChanges eth_getFilterLogs
    eth_getStorageValues
    eth_getTransactionBySenderAndNonce eth_getUncleByBlockHashAndIndex
    eth_getUncleByBlockNumberAndIndex eth_getWork eth_hashrate eth_networkId eth_newBlockFilter
    eth_newFilter eth_newPendingTransactionFilter eth_protocolVersion eth_sendTransactionSync
    eth_sendUnsignedTransaction eth_sign eth_signTransaction eth_signTypedData
    eth_signTypedData_v3 eth_simulateV1 eth_submitHashrate eth_submitWork
    eth_uninstallFilter
    ots_getApiLevel ots_getBlockDetails ots_getBlockDetailsByHash ots_getBlockTransactions
    ots_getContractCreator ots_getInternalOperations ots_getTransactionBySenderAndNonce
    ots_getTransactionError ots_hasCode ots_searchTransactionsAfter ots_searchTransactionsBefore
    ots_traceTransaction
    trace_block trace_filter trace_replayBlockTransactions trace_transaction
    txpool_content txpool_inspect txpool_status
    """,
)

METHODS: Final[dict[str, Method]] = {
    row.name: row for row in [*_READ, *_ANSWERED, *_CHECK, *_SUBMIT, *_SIGN, *_FEED, *_LAB, *_NEVER]
}
"""The whole table by exact name."""

OFFERED: Final = frozenset(
    {Kind.READ, Kind.ANSWERED, Kind.CHECK, Kind.SUBMIT, Kind.SIGN, Kind.FEED}
)
"""Kinds that a trial chain answers."""


def table() -> list[Method]:
    """Every row, by name: for the reference."""
    return sorted(METHODS.values(), key=lambda row: row.name)


def find(name: str) -> Method | None:
    """The row of a method, or None when the engine has no such method.

    Args:
        name: as on the wire; case and blanks matter.
    """
    return METHODS.get(name)
