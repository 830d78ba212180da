"""What no log explains: balances and supplies measured at the newest indexed block.

USDKG issues without an event; a contract may write any log. So for every token that is
known, balances are asked of the chain and compared with what the logs lead to.

1. Ask for the code of addresses seen for the first time; a contract that answers
   ``totalSupply()`` and ``balanceOf(address)`` is a token, whatever it logged.
2. Measure holdings that a block touched (``explorer_reading``), and a few that were not
   measured for longest, so that a movement that touched nobody visible is found as well.
3. What differs is a movement of source ``difference`` to or from that holder.
4. Measure supplies of which no holding waits. What differs lets the newest holders be
   measured once more; what is left then went to or came from somebody unknown.

When the follower lagged, or the gateway was away: the state of older blocks is not kept
after an epoch, so what happened meanwhile is measured at the newest block, and the movement
carries the span of blocks in which it may have happened (``since`` to ``block``). While the
state of the block before the first touch can still be asked, the span begins at that touch.

What stays unseen: a movement without a log between two measures that another such movement
undoes; amounts that a contract shows only to somebody else.

Every question runs the product's code: it has a bound of gas, and an answer proves only
what the contract says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from sandbox.domain.ledger import ZERO, Holding, KnownAddress, Movement, Source, Token
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import ChainName
from sandbox.kit.money import MAX_UINT256
from sandbox.services.explorer_reading import words
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork

MOST_CODES: Final = 100
MOST_TOUCHED: Final = 250
MOST_SWEPT: Final = 25
MOST_TOKENS: Final = 50
SEARCHED: Final = 500
"""Holders that are measured once more for a change of supply that nobody explains."""
SWEEP_AFTER: Final = 50
"""Blocks after which a holding may be measured though nothing touched it."""
LOGS_KEPT: Final = 1_000
"""Logs of a transaction that the index keeps (``sandbox.gateway.internal_blocks``)."""

Ask = tuple[str, str, str]


def _selector(signature: str) -> str:
    return "0x" + keccak(text=signature)[:4].hex()


_SUPPLY, _NAME, _SYMBOL, _DECIMALS = map(
    _selector, ("totalSupply()", "name()", "symbol()", "decimals()")
)
_BALANCE: Final = _selector("balanceOf(address)")
_NOBODY: Final = "0x" + "11" * 20


@dataclass(frozen=True, slots=True)
class _Measured:
    holding: Holding
    now: int | None
    first: int
    """The first block in which a difference may have happened."""


def measure(desk: Desk, chain: ChainName, block: int) -> int:
    """Steps 1 to 4 at one block, which is the last one in the index.

    Args:
        desk: store and gateway.
        chain: which one.
        block: its number.

    Returns:
        How many questions were asked; 0 when nothing waited or the state is gone.

    Raises:
        Unavailable: gateway or store out of reach.
    """
    try:
        return _look(desk, chain, block) + _weigh(desk, chain, block)
    except InvalidInput as error:
        if error.code != "history.state_not_kept":
            raise
        return 0


def _look(desk: Desk, chain: ChainName, block: int) -> int:
    """Step 1."""
    with desk.store.unit(read_only=True) as u:
        fresh = u.explorer.unasked(chain, MOST_CODES)
    if not fresh:
        return 0
    codes = desk.gateway.measure(chain, block, [("code", each.address, "0x") for each in fresh])
    hashes = {
        each.address: None if code in {None, "0x"} else _hash(str(code))
        for each, code in zip(fresh, codes, strict=True)
    }
    contracts = [each for each in fresh if hashes[each.address]]
    tokens = _probe(desk, chain, block, contracts)
    with desk.store.unit() as u:
        u.explorer.hold(chain)
        for address, found in hashes.items():
            u.explorer.looked(chain, address, found)
        _admit(u, chain, tokens)
        u.commit()
    return len(fresh)


def _probe(
    desk: Desk, chain: ChainName, block: int, contracts: Sequence[KnownAddress]
) -> list[Token]:
    """Which of these contracts are tokens, with what they say of themselves."""
    asks: list[Ask] = []
    for each in contracts:
        asks += [
            ("call", each.address, _SUPPLY),
            ("call", each.address, _balance_of(_NOBODY)),
            ("call", each.address, _NAME),
            ("call", each.address, _SYMBOL),
            ("call", each.address, _DECIMALS),
        ]
    answers: list[str | None] = []
    for start in range(0, len(asks), 400):
        answers += desk.gateway.measure(chain, block, asks[start : start + 400])
    found = []
    for place, each in enumerate(contracts):
        supply, balance, name, symbol, decimals = answers[5 * place : 5 * place + 5]
        if number(supply) is None or number(balance) is None:
            continue
        born = each.first_block if each.created_block is None else each.created_block
        places = number(decimals) or 0
        found.append(
            Token(
                chain=chain,
                address=each.address,
                name=text(name, 80),
                symbol=text(symbol, 20),
                decimals=places if places <= 36 else 0,
                first_block=born,
                asked=True,
                supply=0,
                measured=born - 1,
                since=born,
            )
        )
    return found


def _admit(u: UnitOfWork, chain: str, tokens: Sequence[Token]) -> None:
    """Keep new tokens; whom their transactions so far name is measured."""
    known = u.explorer.tokens(chain, [each.address for each in tokens])
    for each in tokens:
        before = known.get(each.address)
        if before is not None:
            named = replace(
                before, name=each.name, symbol=each.symbol, decimals=each.decimals, asked=True
            )
            u.explorer.put([named])
            continue
        u.explorer.put([each])
        sent = u.explorer.transactions_of(chain, each.address, None, SEARCHED)
        people = {word for one in sent for word in (one.sender, *words(one.input))}
        u.explorer.put(
            [
                Holding(chain, each.address, person, 0, each.measured, since=each.first_block)
                for person in sorted(people)
            ]
        )


def _weigh(desk: Desk, chain: ChainName, block: int) -> int:
    """Steps 2 to 4."""
    with desk.store.unit(read_only=True) as u:
        touched = u.explorer.touched(chain, MOST_TOUCHED)
        swept = u.explorer.stale(chain, block - SWEEP_AFTER, MOST_SWEPT)
        tokens = u.explorer.due_tokens(chain, block - SWEEP_AFTER, MOST_TOKENS)
    holdings = [*touched, *swept]
    asks: list[Ask] = [("call", each.token, _balance_of(each.holder)) for each in holdings]
    asks += [("call", each.address, _SUPPLY) for each in tokens]
    if not asks:
        return 0
    answers = [number(each) for each in desk.gateway.measure(chain, block, asks)]
    found = [
        _Measured(each, now, each.measured + 1)
        for each, now in zip(holdings, answers, strict=False)
    ]
    found = _narrowed(desk, chain, found)
    supplies = dict(zip((each.address for each in tokens), answers[len(holdings) :], strict=True))
    with desk.store.unit() as u:
        cursor = u.explorer.hold(chain)
        at = u.explorer.block(chain, block)
        if cursor is None or cursor.block != block or cursor.taken or at is None:
            return 0
        keys = [(each.holding.token, each.holding.holder) for each in found]
        current = {(each.token, each.holder): each for each in u.explorer.holdings(chain, keys)}
        same = [each for key, each in zip(keys, found, strict=True) if current[key] == each.holding]
        _settle(u, block, at.at, same)
        _supplies(u, chain, block, at.at, supplies)
        u.commit()
    return len(asks)


def _narrowed(desk: Desk, chain: ChainName, found: Sequence[_Measured]) -> list[_Measured]:
    """Where a balance differs, look whether it still was right before the first touch."""
    wrong = [each for each in found if _differs(each) and each.holding.since is not None]
    better: dict[tuple[str, str], int] = {}
    for each in wrong:
        before = (each.holding.since or 0) - 1
        if before < each.first:
            continue
        ask = ("call", each.holding.token, _balance_of(each.holding.holder))
        try:
            (then,) = desk.gateway.measure(chain, before, [ask])
        except InvalidInput:
            continue
        if (number(then) or 0) == each.holding.balance:
            better[each.holding.token, each.holding.holder] = before + 1
    return [
        replace(each, first=better.get((each.holding.token, each.holding.holder), each.first))
        for each in found
    ]


def _differs(each: _Measured) -> bool:
    return each.now is not None and each.now != each.holding.expected


def _settle(u: UnitOfWork, block: int, at: datetime, found: Iterable[_Measured]) -> None:
    """Step 3: write what was measured, and what it differs by."""
    settled, moved, changes = [], [], dict[str, int]()
    for each in found:
        held, now = each.holding, each.now
        settled.append(
            replace(
                held,
                balance=held.balance if now is None else now,
                measured=block,
                pending="0" if now is not None else held.pending,
                since=None,
            )
        )
        if now is None or now == held.expected:
            continue
        change = now - held.expected
        changes[held.token] = changes.get(held.token, 0) + change
        payer, payee = (None, held.holder) if change > 0 else (held.holder, None)
        moved.append(
            _difference(u, held.chain, held.token, (payer, payee), change, each.first, block, at)
        )
    u.explorer.put(settled)
    u.explorer.add(moved)
    for one in moved:
        u.explorer.see(one.chain, [(str(one.payer or one.payee), block)])
    if changes:
        chain = moved[0].chain
        tokens = u.explorer.tokens(chain, list(changes))
        u.explorer.put(
            [
                replace(
                    each,
                    pending=str(int(each.pending) + changes[each.address]),
                    since=block if each.since is None else each.since,
                )
                for each in tokens.values()
            ]
        )


def _supplies(
    u: UnitOfWork, chain: str, block: int, at: datetime, supplies: Mapping[str, int | None]
) -> None:
    """Step 4."""
    for token in u.explorer.tokens(chain, list(supplies)).values():
        now = supplies[token.address]
        if now is not None and u.explorer.any_touched(chain, token.address):
            continue
        if now is not None and now != token.expected:
            if not token.searched:
                u.explorer.touch_all(chain, token.address, block, SEARCHED)
                since = block if token.since is None else token.since
                u.explorer.put([replace(token, searched=True, since=since)])
                continue
            change = now - token.expected
            sides = (ZERO, None) if change > 0 else (None, ZERO)
            first = token.measured + 1
            u.explorer.add([_difference(u, chain, token.address, sides, change, first, block, at)])
        u.explorer.put(
            [
                replace(
                    token,
                    supply=token.supply if now is None else now,
                    measured=block,
                    pending="0" if now is not None else token.pending,
                    since=None,
                    searched=False,
                )
            ]
        )


def _difference(  # noqa: PLR0913, PLR0917
    u: UnitOfWork,
    chain: str,
    token: str,
    sides: tuple[str | None, str | None],
    change: int,
    first: int,
    block: int,
    at: datetime,
) -> Movement:
    folded = u.explorer.any_longer(chain, first, block, LOGS_KEPT)
    return Movement(
        chain=chain,
        block=block,
        since=min(first, block),
        at=at,
        token=token,
        payer=sides[0],
        payee=sides[1],
        amount=min(abs(change), MAX_UINT256),
        source=(Source.FOLDED if folded else Source.DIFFERENCE).value,
    )


def number(answer: str | None) -> int | None:
    """An answer of one word as an integer; None for anything else.

    >>> number("0x" + "00" * 31 + "07"), number("0x"), number(None)
    (7, None, None)
    """
    return int(answer, 16) if answer is not None and len(answer) == 66 else None


def text(answer: str | None, most: int) -> str:
    """A contract's name for itself: ``string`` or ``bytes32``, printable characters only."""
    raw = bytes.fromhex(answer[2:]) if answer else b""
    try:
        said = raw.rstrip(b"\0").decode() if len(raw) == 32 else str(decode(["string"], raw)[0])
    except (DecodingError, UnicodeDecodeError, OverflowError):
        return ""
    return "".join(each for each in said if each.isprintable())[:most]


def _hash(code: str) -> str:
    return "0x" + keccak(hexstr=code).hex()


def _balance_of(holder: str) -> str:
    return _BALANCE + encode(["address"], [to_checksum_address(holder)]).hex()
