// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {KGST} from "../../src/KGST.sol";
import {SupervisedLedgers} from "../../src/SupervisedLedgers.sol";
import {Supervisor} from "../../src/Supervisor.sol";
import {Kind, State} from "../../src/lib/Words.sol";
import {Asset, ISupervisor, Terms} from "../../src/synak/ISupervisor.sol";
import {Test} from "./Test.sol";

/// @title One chain with its roles, a permit with the trial journey's terms, and its people.
/// @dev Each call from a test is a transaction of its own (`isolate` in foundry.toml).
abstract contract World is Test {
    uint256 internal constant ONE = 1e18;
    uint256 internal constant NO_LIMIT = type(uint256).max;
    bytes32 internal constant PERMIT = keccak256("SB-2026-0001");
    bytes32 internal constant OTHER = keccak256("SB-2026-0002");

    address internal constant ADMIN = address(0xAD);
    address internal constant REGISTRAR = address(0x4E);
    address internal constant ISSUER = address(0x15);
    uint256 internal constant FIRST = 0xA11;
    uint256 internal constant SECOND = 0xB22;
    uint256 internal constant THIRD = 0xC33;
    uint256 internal constant STRANGER = 0xD44;

    Supervisor internal supervisor;
    KGST internal kgst;
    uint256 private _keys = 0x1000;

    function setUp() public virtual {
        address[] memory regulators = new address[](3);
        (regulators[0], regulators[1], regulators[2]) = (vm.addr(FIRST), vm.addr(SECOND), vm.addr(THIRD));
        supervisor = new Supervisor(ADMIN, REGISTRAR, regulators);
        vm.prank(ADMIN);
        supervisor.makeLedgers(abi.encodePacked(type(SupervisedLedgers).creationCode, abi.encode(supervisor)));
        kgst = new KGST(address(supervisor), ISSUER);
        vm.prank(ADMIN);
        supervisor.registerToken(address(kgst));
    }

    // ---- terms ----

    function termsFor(bytes32 permit) internal view returns (Terms memory terms) {
        terms.permit = permit;
        terms.version = supervisor.lastVersion(permit) + 1;
        terms.state = State.ACTIVE;
        (terms.start, terms.end) = (uint64(time() - 60), uint64(time() + 90 days));
        (terms.maxCustomers, terms.maxMerchants) = (20, 3);
        terms.assets = new Asset[](1);
        terms.assets[0] = Asset({
            token: address(kgst),
            perTransaction: 5_000 * ONE,
            windowVolume: 500_000 * ONE,
            customerCap: 20_000 * ONE,
            merchantCap: 300_000 * ONE,
            outstandingCap: NO_LIMIT
        });
    }

    function terms1() internal view returns (Terms memory) {
        return termsFor(PERMIT);
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function signed(bytes32 digest, uint256 one) internal pure returns (bytes[] memory signatures) {
        signatures = new bytes[](1);
        signatures[0] = signature(one, digest);
    }

    function signed(bytes32 digest, uint256 one, uint256 two) internal pure returns (bytes[] memory signatures) {
        signatures = new bytes[](2);
        (signatures[0], signatures[1]) = (signature(one, digest), signature(two, digest));
    }

    function publish(Terms memory terms) internal {
        supervisor.publish(terms, signed(supervisor.hashTerms(terms), FIRST, SECOND));
    }

    function publishAlone(Terms memory terms, uint256 key) internal {
        supervisor.publish(terms, signed(supervisor.hashTerms(terms), key));
    }

    function publishState(uint8 state) internal {
        Terms memory terms = terms1();
        terms.state = state;
        publish(terms);
    }

    function stateNow() internal view returns (uint8 state) {
        (, state,,,) = supervisor.effective(PERMIT);
    }

    /// @dev Publishes by two and expects the refusal.
    function expectUnpublished(Terms memory terms, bytes memory reason) internal {
        expectUnpublished(terms, signed(supervisor.hashTerms(terms), FIRST, SECOND), reason);
    }

    function expectUnpublished(Terms memory terms, bytes[] memory signatures, bytes memory reason) internal {
        uint64 before = supervisor.lastVersion(terms.permit);
        vm.expectRevert(reason);
        supervisor.publish(terms, signatures);
        eq(supervisor.lastVersion(terms.permit), before, "a refused publication issues no version");
    }

    // ---- people ----

    function newKey() internal returns (uint256) {
        return ++_keys;
    }

    function person(uint256 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("person", number));
    }

    function register(bytes32 permit, uint256 key, uint8 kind, bytes32 who) internal returns (address wallet) {
        wallet = vm.addr(key);
        uint256 deadline = time() + 1 hours;
        bytes memory consent = signature(key, supervisor.hashConsent(permit, wallet, who, deadline));
        vm.prank(REGISTRAR);
        supervisor.register(permit, wallet, kind, who, deadline, consent);
    }

    function customer() internal returns (address) {
        uint256 key = newKey();
        return register(PERMIT, key, Kind.CUSTOMER, person(key));
    }

    function merchant() internal returns (address) {
        uint256 key = newKey();
        return register(PERMIT, key, Kind.MERCHANT, person(key));
    }

    function settlement() internal returns (address wallet) {
        wallet = vm.addr(newKey());
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, wallet, Kind.SETTLEMENT, 0, 0, "");
    }

    function registerContract(address account) internal {
        vm.prank(REGISTRAR);
        supervisor.register(PERMIT, account, Kind.CONTRACT, 0, 0, "");
    }

    function institution() internal returns (address account) {
        account = vm.addr(newKey());
        vm.prank(ADMIN);
        supervisor.registerInstitution(account, true);
    }

    function issue(address to, uint256 amount) internal {
        vm.prank(ISSUER);
        kgst.issue(to, amount);
    }

    /// @dev A payment in a transaction that the payer sends.
    function pay(address from, address to, uint256 amount) internal {
        vm.prank(from, from);
        kgst.transfer(to, amount);
    }

    function redeem(address holder, uint256 amount) internal {
        vm.prank(holder, holder);
        kgst.redeem(amount);
    }

    function volume() internal view returns (uint256 used) {
        (used,,,) = supervisor.usage(PERMIT, address(kgst));
    }

    function outstanding() internal view returns (uint256 owed) {
        (, owed,,) = supervisor.usage(PERMIT, address(kgst));
    }

    // ---- refusals ----

    function expectLimit(bytes32 clause, uint256 limit, uint256 used, uint256 requested, uint64 freesAt) internal {
        vm.expectRevert(_limit(clause, limit, used, requested, freesAt));
    }

    function expectRule(bytes32 clause, address subject) internal {
        expectRule(PERMIT, clause, subject);
    }

    function expectRule(bytes32 permit, bytes32 clause, address subject) internal {
        (uint64 version,,,,) = supervisor.effective(permit);
        vm.expectRevert(abi.encodeWithSelector(ISupervisor.NotPermitted.selector, permit, version, clause, subject));
    }

    function _limit(bytes32 clause, uint256 limit, uint256 used, uint256 requested, uint64 freesAt)
        private
        view
        returns (bytes memory)
    {
        (uint64 version,,,,) = supervisor.effective(PERMIT);
        return abi.encodeWithSelector(
            ISupervisor.LimitExceeded.selector, PERMIT, version, clause, limit, used, requested, freesAt
        );
    }
}
