"""A supervised ledger on the gateway's chain."""

from __future__ import annotations

from eth_abi import encode as abi_encode
from web3 import Web3

from sandbox.contracts.made import ledgers_address
from sandbox.contracts.typed import ledger_typed_data
from sandbox.kit.ids import CHAIN_IDS
from tests.contracts.ledger_support import pools
from tests.gateway.support import REGULATORS, encode


def pool_call(function, *values):
    """Call data of the reference contract."""
    return Web3().eth.contract(abi=pools()["Pool"].abi).encode_abi(function, list(values))


def admitted_pool(system, permit):
    """The reference contract, deployed by the permit's wallet and admitted by two regulators."""
    supervisor = permit.national.supervisor
    arguments = abi_encode(["address", "address"], [permit.token, supervisor])
    data = "0x" + (pools()["Pool"].bytecode + arguments).hex()
    raw = permit.sign(to=b"", data=data, gas=3_000_000)
    receipt = system.receipt(permit, system.ok(permit, "eth_sendRawTransaction", raw))
    assert receipt["status"] == "0x1"
    pool = Web3.to_checksum_address(receipt["contractAddress"])
    permit.register(pool, 4)
    ledgers, key = ledgers_address(supervisor), permit.terms["permit"]
    typed = ledger_typed_data(
        CHAIN_IDS[permit.chain], ledgers, permit=key, ledger=pool, nonce=0, admit=True
    )
    signed = [system.signer.sign_typed(each, typed) for each in REGULATORS[:2]]
    signatures = [bytes.fromhex(str(each).removeprefix("0x")) for each in signed]
    call = encode("SupervisedLedgers", "admitLedger", key, pool, 0, signatures)
    system.system(permit.chain, "relayer", ledgers, call)
    return pool
