// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {Signatures} from "./lib/Signatures.sol";
import {Anchor, Attested, Domain, IAttestations, Statement} from "./synak/IAttestations.sol";
import {ISupervisor} from "./synak/ISupervisor.sol";

/// @title Attestations: where each permit stands, and heads of the audit log. KGST chain only.
///
/// Stands beside the Supervisor and is asked by no contract: nothing is enforced here, and a mistake
/// here stops nobody's money. Roles: the Supervisor's *regulators*, who signed the permit's document,
/// and the *recorder*, the platform's relayer, fixed for ever.
///
/// attest(statement, domain, signatures): recorder. The first statement about a version needs one or two
/// distinct regulators' signatures over PermitDocument, made under `domain` (EIP-712, "Synak", "1"): so
/// the recorder alone cannot invent a version, nor pass one signature off as two. Later statements about
/// that version carry no signature and the same document: they say only that its standing changed, or
/// that it is in force again after a lone act lapsed. Fails with NotRecorder, StandingUnknown,
/// TermMalformed, OtherDocument, SignatureCount, SignerRepeated, NotRegulator. Event PermitAttested.
///
/// anchor(size, root): recorder; a head of the audit log that is larger than every one before. Fails with
/// NotRecorder, HeadNotNewer. Event HeadAnchored.
///
/// STANDINGS: 1 valid, 2 suspended (may be lifted), 3 halted, 4 expired, 5 revoked, 6 surrendered,
/// 7 completed, 8 graduated. In 2, 4, 5 and 6 customers are still paid out (wind-down). The recorder's
/// word, unlike the document; what is enforced is the Supervisor's `effective`. No standing is a licence.
///
/// Nothing private is here: the permit's key is the hash of its public number.
contract Attestations is IAttestations {
    uint8 private constant VALID = 1;
    uint8 private constant LAST_STANDING = 8;
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant DOCUMENT_TYPEHASH =
        keccak256("PermitDocument(bytes32 permit,uint64 version,bytes32 document)");

    struct Document {
        bytes32 document;
        uint8 signatures;
    }

    struct Current {
        uint64 version;
        uint64 start;
        uint64 end;
        uint48 at;
        uint8 standing;
    }

    ISupervisor private immutable _supervisor;
    address public immutable recorder;
    Anchor[] private _anchors;
    mapping(bytes32 permit => Current) private _current;
    mapping(bytes32 permit => mapping(uint64 version => Document)) private _documents;

    constructor(ISupervisor supervisor_, address recorder_) {
        (_supervisor, recorder) = (supervisor_, recorder_);
    }

    modifier onlyRecorder() {
        if (msg.sender != recorder) revert NotRecorder(msg.sender);
        _;
    }

    function attest(Statement calldata statement, Domain calldata domain, bytes[] calldata signatures)
        external
        onlyRecorder
    {
        if (statement.standing < VALID || statement.standing > LAST_STANDING) {
            revert StandingUnknown(statement.standing);
        }
        if (statement.end <= statement.start) revert TermMalformed(statement.start, statement.end);
        Document storage held = _documents[statement.permit][statement.version];
        if (held.document == 0) {
            _requireSigned(statement, domain, signatures);
            (held.document, held.signatures) = (statement.document, uint8(signatures.length));
        } else if (held.document != statement.document) {
            revert OtherDocument(statement.permit, statement.version, held.document);
        } else if (signatures.length != 0) {
            revert ISupervisor.SignatureCount(signatures.length, 0);
        }
        _current[statement.permit] = Current({
            version: statement.version,
            start: statement.start,
            end: statement.end,
            at: uint48(block.timestamp),
            standing: statement.standing
        });
        emit PermitAttested(
            statement.permit, statement.version, statement.standing, statement.document, held.signatures
        );
    }

    function anchor(uint64 size, bytes32 root) external onlyRecorder {
        uint256 count = _anchors.length;
        uint64 last = count == 0 ? 0 : _anchors[count - 1].size;
        if (size <= last) revert HeadNotNewer(last, size);
        _anchors.push(Anchor({size: size, at: uint64(block.timestamp), root: root}));
        emit HeadAnchored(size, root);
    }

    function permitOf(bytes32 permit) external view returns (Attested memory) {
        Current storage now_ = _current[permit];
        Document storage held = _documents[permit][now_.version];
        return Attested({
            version: now_.version,
            standing: now_.standing,
            signatures: held.signatures,
            start: now_.start,
            end: now_.end,
            at: now_.at,
            document: held.document
        });
    }

    function isValid(bytes32 permit) external view returns (bool) {
        Current storage now_ = _current[permit];
        return now_.standing == VALID && block.timestamp >= now_.start && block.timestamp < now_.end;
    }

    function documentOf(bytes32 permit, uint64 version) external view returns (bytes32 document, uint8 signatures) {
        Document storage held = _documents[permit][version];
        return (held.document, held.signatures);
    }

    function anchorCount() external view returns (uint256) {
        return _anchors.length;
    }

    function anchors(uint256 first, uint256 count) external view returns (Anchor[] memory found) {
        uint256 length = _anchors.length;
        if (first >= length) return found;
        if (count > length - first) count = length - first;
        found = new Anchor[](count);
        for (uint256 i = 0; i < count; ++i) {
            found[i] = _anchors[first + i];
        }
    }

    function supervisor() external view returns (address) {
        return address(_supervisor);
    }

    function hashDocument(bytes32 permit, uint64 version, bytes32 document, Domain calldata domain)
        public
        pure
        returns (bytes32)
    {
        bytes32 separator = keccak256(
            abi.encode(DOMAIN_TYPEHASH, keccak256("Synak"), keccak256("1"), domain.chainId, domain.supervisor)
        );
        bytes32 struct_ = keccak256(abi.encode(DOCUMENT_TYPEHASH, permit, version, document));
        return MessageHashUtils.toTypedDataHash(separator, struct_);
    }

    function _requireSigned(Statement calldata statement, Domain calldata domain, bytes[] calldata signatures)
        private
        view
    {
        bytes32 digest = hashDocument(statement.permit, statement.version, statement.document, domain);
        (address first, address second) = Signatures.signers(digest, signatures, 1);
        if (!_supervisor.isRegulator(first)) revert ISupervisor.NotRegulator(first);
        if (second != address(0) && !_supervisor.isRegulator(second)) revert ISupervisor.NotRegulator(second);
    }
}
