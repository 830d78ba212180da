"""Products for contract review: a till behind a proxy, behind a beacon, and a factory."""

from functools import cache

from sandbox.contracts.compiler import compile_sources
from sandbox.contracts.made import reviews_address
from sandbox.contracts.typed import approval_argument, approval_typed_data
from sandbox.domain.review import ApprovedContract, layers_from_json
from sandbox.kit.ids import CHAIN_IDS, checksum
from tests.gateway.support import REGULATORS, TOKEN, Permit, encode, transfer

NOTHING = "0x" + "0" * 64
"""The code hash of no approval."""

SOURCE = """
// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

contract Till {
    function payOut(IERC20 token, address to, uint256 amount) external {
        token.transfer(to, amount);
    }
}
contract OtherTill {
    function payOut(IERC20 token, address to, uint256 amount) external {
        token.transfer(to, amount / 2);
    }
}
contract Switch { bool public on; function flip() external { on = true; } }
contract Proxy {
    bytes32 private constant SLOT = bytes32(uint256(keccak256("eip1967.proxy.implementation")) - 1);
    constructor(address implementation) { _set(implementation); }
    function upgradeTo(address implementation) external { _set(implementation); }
    function upgradeIf(Switch gate, address implementation) external {
        if (gate.on()) _set(implementation);
    }
    function _set(address implementation) private {
        bytes32 slot = SLOT;
        assembly { sstore(slot, implementation) }
    }
    fallback() external {
        bytes32 slot = SLOT;
        assembly {
            calldatacopy(0, 0, calldatasize())
            let done := delegatecall(gas(), sload(slot), 0, calldatasize(), 0, 0)
            returndatacopy(0, 0, returndatasize())
            if iszero(done) { revert(0, returndatasize()) }
            return(0, returndatasize())
        }
    }
}
contract Dodger {
    function payOut(Proxy proxy, address evil, address good, bytes calldata data) external {
        proxy.upgradeTo(evil);
        (bool done,) = address(proxy).call(data);
        require(done);
        proxy.upgradeTo(good);
    }
}
contract QueueDodger {
    function payOut(Switch gate, Proxy proxy, address evil, address good, bytes calldata data)
        external
    {
        if (!gate.on()) return;
        proxy.upgradeTo(evil);
        (bool done,) = address(proxy).call(data);
        require(done);
        proxy.upgradeTo(good);
    }
    function payOutAndFail(
        Switch gate, Proxy proxy, address evil, address good, bytes calldata data
    ) external {
        if (!gate.on()) return;
        this.payOut(gate, proxy, evil, good, data);
        revert("undone");
    }
}
contract Beacon {
    address public implementation;
    constructor(address first) { implementation = first; }
    function upgradeTo(address next) external { implementation = next; }
}
contract BeaconProxy {
    constructor(address beacon) {
        bytes32 slot = bytes32(uint256(keccak256("eip1967.proxy.beacon")) - 1);
        assembly { sstore(slot, beacon) }
    }
    fallback() external {}
}
contract Bomb { constructor() { revert("never"); } }
contract Brief { constructor() { selfdestruct(payable(msg.sender)); } }
contract Factory {
    function make(uint256 count) external { for (uint256 i = 0; i < count; ++i) new Till(); }
    function makeAt(bytes32 salt) external { new Till{salt: salt}(); }
    function makeFactory(uint256 count) external { new SubFactory(count); }
    function tryBomb() external { try new Bomb() {} catch {} }
    function makeBrief() external { new Brief(); }
    function makeAndFail() external { new Till(); revert("undone"); }
    function makeIf(Switch gate, uint256 count) external {
        if (gate.on()) for (uint256 i = 0; i < count; ++i) new Till();
    }
}
contract SubFactory {
    constructor(uint256 count) { for (uint256 i = 0; i < count; ++i) new Till(); }
}
"""


@cache
def built():
    return compile_sources({"Review.sol": SOURCE})


def call(name, function, *values):
    from web3 import Web3

    return Web3().eth.contract(abi=built()[name].abi).encode_abi(function, list(values))


def deploy(system, permit, name, *arguments, **fields):
    """Deploy with the permit's wallet; its address."""
    receipt = deployed(system, permit, name, *arguments, **fields)
    assert receipt["status"] == "0x1"
    from web3 import Web3

    return Web3.to_checksum_address(receipt["contractAddress"])


def deployed(system, permit, name, *arguments, gas=3_000_000):
    from eth_abi import encode as abi_encode

    made = built()[name]
    types = next(
        ([i["type"] for i in one["inputs"]] for one in made.abi if one["type"] == "constructor"), []
    )
    data = "0x" + (made.bytecode + abi_encode(types, list(arguments))).hex()
    raw = permit.sign(to=b"", data=data, gas=gas)
    return system.receipt(permit, system.ok(permit, "eth_sendRawTransaction", raw))


def send(system, permit, to, data, **fields):
    """Send with the permit's wallet and wait; the receipt."""
    raw = permit.sign(to=to, data=data, gas=fields.pop("gas", 2_000_000), **fields)
    return system.receipt(permit, system.ok(permit, "eth_sendRawTransaction", raw))


def review_of(system, permit, contract):
    """Code hash and nonce on chain."""
    supervisor = permit.national.supervisor
    data = encode("ContractReviews", "reviewOf", permit.terms["permit"], contract)
    call_ = {"to": reviews_address(supervisor), "data": data}
    answer = system.inside.rpc(permit.chain, "eth_call", [call_, "latest"])
    return answer[:66], int(answer[66:], 16)


def approve(system, permit, contract, *, upgrade=None):
    """Two regulators approve; the policy says so."""
    supervisor, permit_id = permit.national.supervisor, permit.terms["permit"]
    book = reviews_address(supervisor)
    said = system.inside.layers(permit.chain, contract, upgrade=upgrade)
    now, after = layers_from_json(said["layers"]), said["upgraded"]
    layers = layers_from_json(after) if after else now
    pairs = [(each.account, each.code_hash) for each in layers]
    _, nonce = review_of(system, permit, contract)
    typed = approval_typed_data(
        CHAIN_IDS[permit.chain], book, permit=permit_id, nonce=nonce, layers=pairs
    )
    signatures = [system.signer.sign_typed(key, typed) for key in REGULATORS[:2]]
    argument = approval_argument(permit_id, nonce, pairs)
    system.system(
        permit.chain,
        "relayer",
        book,
        encode("ContractReviews", "approveContract", argument, signatures),
    )
    one = ApprovedContract(permit.chain, contract, nonce, layers, now if after else None)
    others = tuple(each for each in permit.policy.approved if each.address != contract)
    permit.change(approved=(*others, one))
    return one


def reviewed_permit(system, number):
    """A permit with the term, and a funded customer."""
    permit = Permit(system, number, terms={"contractReview": True})
    permit.change(contract_review=True)
    permit.wallet, permit.token_of_customer = permit.customer(1, 1_000 * TOKEN)
    return permit


def pay(system, permit, to, amount=TOKEN):
    """The customer pays; the answer of the gateway."""
    call_ = {"from": permit.wallet, "to": permit.token, "data": transfer(to, amount)}
    call_["gas"] = hex(500_000)
    return system.rpc(permit, "eth_sendTransaction", call_, token=permit.token_of_customer)


def refused(answer, subject):
    data = answer["error"]["data"]
    assert (data["clause"], checksum(data["subject"])) == ("contract_review", subject), answer
    return True


def refused_quietly(answer, subject):
    data = answer.get("error", {}).get("data", {})
    return data.get("clause") == "contract_review" and checksum(data["subject"]) == subject


def clauses(system, permit):
    return [each["clause"] for each in system.inside.refusals(0, permit=permit.number)]


def until_withdrawn(system, permit, contract):
    system.until(lambda: review_of(system, permit, contract)[0] == NOTHING)


def in_one_block(system, permit, *calls):
    """Transactions of one wallet that are mined together; their receipts.

    The first is sent last, so that the others are tried before it is in the queue.
    """
    pending = system.ok(permit, "eth_getTransactionCount", permit.account.address, "pending")
    raws = [
        permit.sign(int(pending, 16) + place, to=to, data=data, gas=400_000)
        for place, (to, data) in enumerate(calls)
    ]
    later = [system.ok(permit, "eth_sendRawTransaction", raw) for raw in raws[1:]]
    first = system.ok(permit, "eth_sendRawTransaction", raws[0])
    receipts = [system.receipt(permit, digest) for digest in (first, *later)]
    assert len({each["blockNumber"] for each in receipts}) == 1
    return receipts
