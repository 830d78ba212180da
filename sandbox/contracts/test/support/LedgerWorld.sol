// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {Clause} from "../../src/lib/Words.sol";
import {ISupervisedLedgers} from "../../src/synak/ISupervisedLedgers.sol";
import {ISupervisor} from "../../src/synak/ISupervisor.sol";
import {SupervisedLedger} from "../../src/synak/SupervisedLedger.sol";
import {World} from "./World.sol";

/// @notice The reference, with a reward out of the pool's own share.
contract Pool is SupervisedLedger {
    constructor(IERC20 token_, ISupervisor supervisor_) SupervisedLedger(token_, supervisor_) {}

    function reward(address to, uint256 amount) external {
        _credit(to, amount);
    }

    function payOut(address to, uint256 amount) external {
        token.transfer(to, amount);
    }
}

/// @notice Takes deposits, keeps its own book, tells nobody, and pays out by its own book.
contract SilentPool {
    IERC20 internal immutable token;
    mapping(address => uint256) public book;

    constructor(IERC20 token_) {
        token = token_;
    }

    function deposit(uint256 amount) external {
        token.transferFrom(msg.sender, address(this), amount);
        book[msg.sender] += amount;
    }

    function pay(address to, uint256 amount) external {
        book[msg.sender] -= amount;
        book[to] += amount;
    }

    function withdraw(uint256 amount) external {
        book[msg.sender] -= amount;
        token.transfer(msg.sender, amount);
    }

    function send(address to, uint256 amount) external {
        token.transfer(to, amount);
    }

    /// @notice Reports some of what happened, or what never did.
    function say(ISupervisedLedgers ledgers, address from, address to, uint256 amount) external {
        ledgers.report(address(token), from, to, amount);
    }
}

/// @notice A token of one's own that stands for deposited money and is traded by anybody.
contract Iou is ERC20("IOU", "IOU") {
    IERC20 internal immutable money;

    constructor(IERC20 money_) {
        money = money_;
    }

    function mint(uint256 amount) external {
        money.transferFrom(msg.sender, address(this), amount);
        _mint(msg.sender, amount);
    }

    function redeem(uint256 amount) external {
        _burn(msg.sender, amount);
        money.transfer(msg.sender, amount);
    }
}

/// @title Ledgers admitted and closed, beside the roles of World.
abstract contract LedgerWorld is World {
    ISupervisedLedgers internal ledgers;

    function setUp() public virtual override {
        super.setUp();
        ledgers = supervisor.ledgers();
    }

    function admit(address account) internal {
        registerContract(account);
        bytes[] memory signatures = admission(account, 0);
        ledgers.admitLedger(PERMIT, account, 0, signatures);
    }

    function admission(address account, uint256 nonce) internal view returns (bytes[] memory) {
        return signed(ledgers.hashAdmission(PERMIT, account, nonce), FIRST, SECOND);
    }

    function close(address account) internal {
        bytes[] memory signatures = signed(ledgers.hashClosing(PERMIT, account, 1), SECOND);
        ledgers.closeLedger(PERMIT, account, 1, signatures);
    }

    function allow(address wallet, address account) internal {
        vm.prank(wallet, wallet);
        kgst.approve(account, NO_LIMIT);
    }

    function personOf(address wallet) internal view returns (bytes32 who) {
        (,, who) = supervisor.memberOf(wallet);
    }

    function held(address wallet) internal view returns (uint256) {
        return supervisor.heldBy(PERMIT, personOf(wallet), address(kgst));
    }

    function claim(address ledger, address wallet) internal view returns (uint256) {
        return ledgers.claimOf(ledger, address(kgst), personOf(wallet));
    }

    function expectClaim(uint256 claim_, uint256 requested) internal {
        expectLimit(Clause.LEDGER_CLAIM, claim_, 0, requested, 0);
    }
}
