// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {Kind} from "../../src/lib/Words.sol";
import {IContractReviews} from "../../src/synak/IContractReviews.sol";
import {ISupervisor, Terms} from "../../src/synak/ISupervisor.sol";
import {Escrow, Splitter} from "./Products.sol";
import {ReviewWorld} from "./ReviewWorld.sol";

/// @title Random payments to, from and through contracts that are approved, withdrawn and changed at random.
///
/// The oracle: what a contract held when its approval ended is all that it may ever hold until it is
/// approved again; and every movement that went through had only approved contracts in it, or went home.
contract ReviewHandler is ReviewWorld {
    Escrow[] public vaults;
    Splitter[] private _spenders;
    address[] private _people;
    address public shop;
    address public desk;
    bytes private _own;
    bytes private _other;

    /// @notice The most that a contract without approval may hold: what it held when that ended.
    mapping(address vault => uint256) public allowedRest;
    /// @notice How many movements broke the rule. Never any.
    uint256 public broken;
    uint256 public passed;
    uint256 public refused;
    uint256 public home;

    function setUp() public override {
        super.setUp();
        Terms memory terms = terms1();
        terms.contractReview = true;
        (terms.end, terms.assets[0].windowVolume) = (type(uint64).max, NO_LIMIT);
        (terms.assets[0].perTransaction, terms.assets[0].customerCap) = (NO_LIMIT, NO_LIMIT);
        publish(terms);
        for (uint256 i = 0; i < 3; ++i) {
            _people.push(customer());
            vaults.push(new Escrow(kgst));
            _spenders.push(new Splitter());
        }
        (shop, desk) = (merchant(), settlement());
        (_own, _other) = (address(vaults[0]).code, address(_spenders[0]).code);
        for (uint256 i = 0; i < 3; ++i) {
            issue(_people[i], 1_000_000 * ONE);
            for (uint256 j = 0; j < 3; ++j) {
                vm.prank(_people[i]);
                kgst.approve(address(vaults[j]), NO_LIMIT);
                vm.prank(_people[i]);
                kgst.approve(address(_spenders[j]), NO_LIMIT);
                vm.prank(address(vaults[i]));
                kgst.approve(address(_spenders[j]), NO_LIMIT);
            }
        }
    }

    function allow(uint256 which) external {
        approve(pick(which));
    }

    function end(uint256 which, bool byRegistrar) external {
        address account = pick(which);
        (bytes32 codeHash, uint256 nonce) = reviews().reviewOf(PERMIT, account);
        if (codeHash == 0) return;
        if (approved(account)) allowedRest[account] = kgst.balanceOf(account);
        if (!byRegistrar) return withdraw(account);
        vm.prank(REGISTRAR);
        reviews().withdrawContract(PERMIT, account, nonce, new bytes[](0));
    }

    /// @notice The code of a contract becomes another's, with its money in it.
    function change(uint256 which) external {
        address account = address(vaults[which % 3]);
        if (approved(account)) allowedRest[account] = kgst.balanceOf(account);
        vm.etch(account, account.code.length == _other.length ? _own : _other);
    }

    function deposit(uint256 from, uint256 to, uint256 amount) external {
        address payee = address(vaults[to % 3]);
        bytes memory data = abi.encodeCall(kgst.transfer, (payee, within(amount, 1, 100 * ONE)));
        bool fair = approved(payee);
        judge(attempt(_people[from % 3], address(kgst), data), fair);
    }

    function through(uint256 from, uint256 by, uint256 amount, bool toVault) external {
        address spender = address(_spenders[by % 3]);
        address payee = toVault ? address(vaults[amount % 3]) : shop;
        bool fair = approved(spender) && (!toVault || approved(payee));
        amount = within(amount, 1, 100 * ONE);
        bytes memory data = abi.encodeCall(Splitter.split, (kgst, payee, amount, 1));
        judge(attempt(_people[from % 3], spender, data), fair);
    }

    /// @notice A vault pays, as if its code did: to somebody of the permit or to another vault.
    function payOut(uint256 from, uint256 to, uint256 amount) external {
        address payer = address(vaults[from % 3]);
        address[4] memory payees = [_people[to % 3], desk, shop, address(vaults[(from % 3 + 1) % 3])];
        address payee = payees[to % 4];
        bool homeward = to % 4 < 2;
        uint256 held = kgst.balanceOf(payer);
        if (held == 0) return;
        bytes memory data = abi.encodeCall(kgst.transfer, (payee, within(amount, 1, held)));
        bool fair = approved(payer) ? to % 4 != 3 || approved(payee) : homeward;
        vm.prank(payer, _people[0]);
        (bool done, bytes memory answer) = address(kgst).call(data);
        // The vault that calls is the payer: as an operator it must be approved, or on the way home.
        judgeAnswer(done, answer, fair);
        if (done && !approved(payer)) ++home;
        if (!approved(payer)) allowedRest[payer] = kgst.balanceOf(payer);
    }

    function attempt(address sender, address to, bytes memory data) private returns (bool done) {
        vm.prank(sender, sender);
        bytes memory answer;
        (done, answer) = to.call(data);
        if (!done && bytes4(answer) != ISupervisor.NotPermitted.selector) ++broken;
    }

    function judgeAnswer(bool done, bytes memory answer, bool fair) private {
        if (!done && bytes4(answer) != ISupervisor.NotPermitted.selector) ++broken;
        judge(done, fair);
    }

    function judge(bool done, bool fair) private {
        if (done != fair) ++broken;
        if (done) ++passed;
        else ++refused;
    }

    function pick(uint256 which) private view returns (address) {
        return which % 6 < 3 ? address(vaults[which % 3]) : address(_spenders[which % 3]);
    }

    function approved(address account) public view returns (bool) {
        return reviews().isApproved(PERMIT, account);
    }

    function held(address account) external view returns (uint256) {
        return kgst.balanceOf(account);
    }

    /// @notice Brings home all that a vault holds; whether it worked.
    function rescue(uint256 which) external returns (bool done) {
        address vault = address(vaults[which]);
        uint256 amount = kgst.balanceOf(vault);
        if (amount == 0) return true;
        vm.prank(vault, _people[0]);
        (done,) = address(kgst).call(abi.encodeCall(kgst.transfer, (_people[which], amount)));
    }
}
