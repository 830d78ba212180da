"""Money is moved from a phrase's addresses into a wallet of two persons, on a chain that runs.

A log has one act a line, written by hand::

    1 prove                             an empty payment of the wallet to itself is proposed
    2 confirm                           by the other person, and only now it happens
    1 gas m/44'/60'/0'/0/3 0.01         coins for fees, from person 1's official purse
    1 move m/44'/60'/0'/0/3 KGST 0.01   an order; the other person confirms it
    2 confirm
    1 move m/44'/60'/0'/0/3 KGST all

Rules:

1. What leaves a seized address, or the wallet, needs both: an order is signed by one person and
   confirmed by the other. Both signatures are checked before a key of the phrase signs anything.
2. One order waits at a time. Its own author cannot confirm it.
3. ``all`` of a token is all of it. ``all`` of the coin that pays fees is what the fee leaves.
4. A line that cannot be carried out changes nothing, is told by a code, and the next one is tried.
5. Where money goes is no choice: always into the wallet of two.

Source: EIP-191 (signed texts); ERC-20.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from eth_account import Account
from eth_account.messages import encode_defunct
from web3 import Web3
from web3.exceptions import Web3Exception

from sandbox.forensics.errors import NotAPhrase
from sandbox.forensics.lessons.scenes import PLACES
from sandbox.kit.ids import Address, checksum

Keys = Callable[[str], bytes]
COIN: Final = "BNB"
DUST: Final = 10**14
"""What may stay of the coin at an address, in its smallest unit: less than moving it costs."""
MOST_LINES: Final = 200
_LINE: Final = re.compile(r"([12])\s+(prove|confirm|gas|move)\b(.*)", re.ASCII)
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?", re.ASCII)
_PLAIN_GAS: Final = 60_000
_CALL_GAS: Final = 400_000
_ERC20: Final[Any] = [
    {"type": "function", "name": "transfer", "stateMutability": "nonpayable",
     "inputs": [{"name": "to", "type": "address"}, {"name": "amount", "type": "uint256"}],
     "outputs": [{"name": "", "type": "bool"}]},
    {"type": "function", "name": "balanceOf", "stateMutability": "view",
     "inputs": [{"name": "who", "type": "address"}],
     "outputs": [{"name": "", "type": "uint256"}]},
]  # fmt: skip


@dataclass(frozen=True)
class Line:
    """What became of a line of the log.

    Attributes:
        number: from 1; empty lines are counted too.
        act: ``prove``, ``confirm``, ``gas`` or ``move``; empty where the line is none of them.
        code: ``done``, ``waits`` (for the other person), ``not_a_line``, ``waits_already``,
            ``nothing_waits``, ``same_person``, ``no_such_path``, ``no_such_token``,
            ``not_an_amount``, ``nothing_there``, ``no_gas``, ``not_enough`` or ``refused``.
        path: of the address, if one is named.
        token: that is moved.
        amount: in its smallest unit; what was moved once it is ``done``.
        whole: whether all was asked for.
    """

    number: int
    act: str
    code: str
    path: str = ""
    token: str = ""
    amount: int = 0
    whole: bool = False


class Seizure:
    """Carries a log out.

    Args:
        w3: a connection to the chain; nothing but what the log says is sent.
        tokens: symbol → address of its contract.
        wallet: web3's contract of the police wallet (``POLICE_WALLET``).
        people: keys of person 1 and person 2.
        keys: gives the key at a path of the phrase, or raises `NotAPhrase`.
    """

    def __init__(
        self,
        w3: Web3,
        tokens: Mapping[str, str],
        wallet: Any,
        *,
        people: Sequence[bytes],
        keys: Keys,
    ) -> None:
        self._w3, self._wallet, self._keys = w3, wallet, keys
        self._tokens = {
            symbol: w3.eth.contract(address=Web3.to_checksum_address(address), abi=_ERC20)
            for symbol, address in tokens.items()
        }
        self._people = [Account.from_key(key) for key in people]
        self._waiting: tuple[str, Line, bytes] | None = None
        self._proposed = 0

    def carry_out(self, log: str) -> tuple[Line, ...]:
        """Try each line of a log, in order.

        Args:
            log: text; empty lines and what follows ``#`` are passed over.

        Returns:
            What became of each line that is not empty.
        """
        said = [text.split("#")[0].strip() for text in log.splitlines()[:MOST_LINES]]
        return tuple(self._tried(n, text) for n, text in enumerate(said, 1) if text)

    def held(self, address: str, token: str) -> int:
        """What lies at an address, in the token's smallest unit."""
        if token == COIN:
            return int(self._w3.eth.get_balance(Web3.to_checksum_address(address)))
        return int(self._tokens[token].functions.balanceOf(checksum(address)).call())

    def _tried(self, number: int, text: str) -> Line:
        found = _LINE.fullmatch(text)
        if not found:
            return Line(number, "", "not_a_line")
        person, act, rest = int(found[1]) - 1, found[2], found[3].split()
        try:
            return self._act(Line(number, act, ""), text, person, rest)
        except NotAPhrase:
            return Line(number, act, "no_such_path")
        except Web3Exception:
            self._waiting = None
            return Line(number, act, "refused")

    def _act(self, line: Line, text: str, person: int, rest: list[str]) -> Line:
        if line.act == "confirm":
            return self._confirmed(line, person) if not rest else _with(line, "not_a_line")
        if self._waiting:
            return _with(line, "waits_already")
        if line.act == "prove":
            return self._proves(line, text, person) if not rest else _with(line, "not_a_line")
        if line.act == "gas":
            return self._gas(line, person, rest)
        return self._ordered(line, text, person, rest)

    # -- one person

    def _gas(self, line: Line, person: int, rest: list[str]) -> Line:
        if len(rest) != 2:
            return _with(line, "not_a_line")
        path, amount = rest[0], _minor(rest[1], COIN)
        if amount is None:
            return _with(line, "not_an_amount")
        to = self._address(path)
        purse = self._people[person]
        if self.held(purse.address, COIN) < amount + _PLAIN_GAS * self._price():
            return _with(line, "not_enough")
        self._send(purse.key, {"to": to, "value": amount}, _PLAIN_GAS)
        return Line(line.number, line.act, "done", path, COIN, amount)

    def _proves(self, line: Line, text: str, person: int) -> Line:
        call = self._wallet.functions.propose("0x" + "00" * 20, self._wallet.address, 0)
        self._call(self._people[person].key, call)
        self._wait(text, line, person)
        return _with(line, "waits")

    def _ordered(self, line: Line, text: str, person: int, rest: list[str]) -> Line:
        if len(rest) != 3:
            return _with(line, "not_a_line")
        path, token, said = rest[0], rest[1].upper(), rest[2]
        if token != COIN and token not in self._tokens:
            return _with(line, "no_such_token")
        amount = 0 if said == "all" else _minor(said, token)
        if amount is None:
            return _with(line, "not_an_amount")
        self._address(path)
        order = Line(line.number, "move", "waits", path, token, amount, said == "all")
        self._wait(text, order, person)
        return order

    def _wait(self, text: str, line: Line, person: int) -> None:
        signed = Account.sign_message(encode_defunct(text=text), self._people[person].key)
        self._waiting = (text, line, bytes(signed.signature))

    # -- the other one

    def _confirmed(self, line: Line, person: int) -> Line:
        if not self._waiting:
            return _with(line, "nothing_waits")
        text, order, signature = self._waiting
        by = Account.recover_message(encode_defunct(text=text), signature=signature)
        other = self._people[person]
        if by == other.address:
            return _with(line, "same_person")
        self._waiting = None
        if order.act == "prove":
            number = int(self._wallet.functions.count().call()) - 1
            self._call(other.key, self._wallet.functions.confirm(number))
            return _with(line, "done")
        return self._moved(line, order)

    def _moved(self, line: Line, order: Line) -> Line:
        key = self._keys(order.path)
        address, price = Account.from_key(key).address, self._price()
        lies, coins = self.held(address, order.token), self.held(address, COIN)
        if lies == 0:
            return _with(line, "nothing_there")
        if order.token == COIN:
            return self._coins_moved(line, order, key, (coins, price))
        amount = lies if order.whole else order.amount
        call = self._tokens[order.token].functions.transfer(self._wallet.address, amount)
        if amount > lies:
            return _with(line, "not_enough")
        gas = call.estimate_gas({"from": address})
        if coins < gas * price:
            return _with(line, "no_gas")
        self._call(key, call, gas)
        return Line(line.number, "confirm", "done", order.path, order.token, amount, order.whole)

    def _coins_moved(self, line: Line, order: Line, key: bytes, held: tuple[int, int]) -> Line:
        coins, price = held
        to = self._wallet.address
        gas = self._w3.eth.estimate_gas({"from": Account.from_key(key).address, "to": to})
        amount = coins - gas * price if order.whole else order.amount
        if amount <= 0 or amount + gas * price > coins:
            return _with(line, "not_enough")
        self._send(key, {"to": to, "value": amount}, gas)
        return Line(line.number, "confirm", "done", order.path, COIN, amount, order.whole)

    # -- the chain

    def _address(self, path: str) -> Address:
        return checksum(Account.from_key(self._keys(path)).address)

    def _price(self) -> int:
        return int(self._w3.eth.gas_price)

    def _call(self, key: bytes, call: Any, gas: int = _CALL_GAS) -> None:
        self._send(key, call.build_transaction(self._frame(key, gas)), gas)

    def _frame(self, key: bytes, gas: int) -> dict[str, Any]:
        """What every transaction of a key says."""
        by = Account.from_key(key).address
        return {
            "from": by,
            "gas": gas,
            "gasPrice": self._price(),
            "nonce": self._w3.eth.get_transaction_count(by),
            "chainId": self._w3.eth.chain_id,
        }

    def _send(self, key: bytes, what: Mapping[str, Any], gas: int) -> None:
        """Sign, send and see that it came through."""
        whole = {"value": 0, **self._frame(key, gas), **what}
        signed = Account.sign_transaction(whole, key)
        sent = self._w3.eth.send_raw_transaction(signed.raw_transaction)
        found = self._w3.eth.wait_for_transaction_receipt(sent, timeout=10, poll_latency=0.01)
        if found["status"] != 1:
            raise Web3Exception("failed in its block")


def _with(line: Line, code: str) -> Line:
    return Line(line.number, line.act, code)


def _minor(said: str, token: str) -> int | None:
    """An amount in the smallest unit; None where it is none, or has too many places, or is 0."""
    if not _AMOUNT.fullmatch(said):
        return None
    amount = Decimal(said).scaleb(PLACES[token])
    return int(amount) if amount == amount.to_integral_value() and amount > 0 else None


POLICE_WALLET: Final = """// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.27;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// What comes in lies here until both persons let it out.
contract PoliceWallet {
    using SafeERC20 for IERC20;

    struct Order {
        address token;
        address to;
        uint256 amount;
        address by;
        bool done;
    }

    error NotOurs();
    error SamePerson();
    error DoneBefore();
    error NotPaid();

    event Proposed(uint256 indexed number, address by);
    event Confirmed(uint256 indexed number, address by);

    address public immutable first;
    address public immutable second;
    Order[] public orders;

    constructor(address first_, address second_) {
        if (first_ == second_) revert SamePerson();
        first = first_;
        second = second_;
    }

    receive() external payable {}

    modifier ours() {
        if (msg.sender != first && msg.sender != second) revert NotOurs();
        _;
    }

    function count() external view returns (uint256) {
        return orders.length;
    }

    function propose(address token, address to, uint256 amount) external ours {
        orders.push(Order(token, to, amount, msg.sender, false));
        emit Proposed(orders.length - 1, msg.sender);
    }

    function confirm(uint256 number) external ours {
        Order storage order = orders[number];
        if (order.done) revert DoneBefore();
        if (order.by == msg.sender) revert SamePerson();
        order.done = true;
        emit Confirmed(number, msg.sender);
        if (order.token != address(0)) {
            IERC20(order.token).safeTransfer(order.to, order.amount);
            return;
        }
        (bool paid, ) = order.to.call{value: order.amount}("");
        if (!paid) revert NotPaid();
    }
}

/// Gold of the lab.
contract Gold is ERC20 {
    constructor(uint256 amount) ERC20("Gold of the lab", "USDKG") {
        _mint(msg.sender, amount);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }
}
"""
"""Solidity of the wallet of two persons and of the lab's gold."""
