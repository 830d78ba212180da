"""The follower: takes sealed blocks from the gateway into the explorer's index.

Rules:

1. Exactly once: what a turn writes and how far it came are one transaction of the store. A
   worker killed anywhere goes on from the cursor; two workers take turns.
2. One chain, one index: another genesis, another hash of the block at the cursor, or a head
   below it stop the follower with ``explorer.other_chain``; nothing is mixed. The remedy is
   ``synak explorer rebuild``, since the index is derived.
3. Bounded: an answer of the gateway is a few megabytes, also in the middle of a block.
4. Balances are measured only where the follower has caught up (``explorer_measure``).

Example: ``Follower(desk, "kgst").turn()`` returns how many transactions and blocks it took.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.domain.ledger import Cursor, Holding, Token
from sandbox.kit.errors import IntegrityFailure
from sandbox.kit.ids import ChainName
from sandbox.services.explorer_measure import measure
from sandbox.services.explorer_reading import Found, read_piece
from sandbox.services.explorer_verify import NationalSources
from sandbox.services.loops import Loop
from sandbox.services.publication import Desk
from sandbox.store import UnitOfWork

PAUSE: Final = 1.0
"""Seconds between turns at the head of the chain."""
LATE: Final = 50
"""Blocks behind the head from which the follower says that it is catching up."""
CHAINS: Final[tuple[ChainName, ...]] = ("kgst", "som")


@dataclass
class Follower:
    """Follows one chain.

    Attributes:
        desk: store, gateway, clock.
        chain: which one.
        lag: blocks behind the head after the last turn; None before the first.
    """

    desk: Desk
    chain: ChainName
    lag: int | None = None

    def turn(self) -> int:
        """Take the next pieces, or measure at the head.

        Returns:
            What was done: blocks and transactions taken, or questions asked.

        Raises:
            IntegrityFailure: ``explorer.other_chain``.
            Unavailable: gateway or store out of reach; the next turn goes on from the same place.
        """
        with self.desk.store.unit(read_only=True) as u:
            cursor = u.explorer.cursor(self.chain)
        after, taken = (cursor.block, cursor.taken) if cursor else (-1, 0)
        answer = self.desk.gateway.index(self.chain, after, taken)
        if cursor is not None:
            check_same_chain(cursor, answer)
        did = 0
        for piece in answer["pieces"]:
            found = read_piece(self.chain, piece)
            cursor = self._take(cursor, answer, piece, found)
            if cursor is None:
                return 0
            did += len(found.transactions) + 1
        if cursor is None:
            return 0
        self.lag = max(0, int(answer["head"]) - cursor.block)
        if self.lag == 0 and cursor.taken == 0:
            measure(self.desk, self.chain, cursor.block)
        return did

    def _take(
        self,
        before: Cursor | None,
        answer: Mapping[str, Any],
        piece: Mapping[str, Any],
        found: Found,
    ) -> Cursor | None:
        """Write one piece; None when another follower was faster."""
        whole = found.block is not None
        cursor = Cursor(
            chain=self.chain,
            genesis=answer["genesis"],
            block=piece["number"] if whole else piece["number"] - 1,
            block_hash=piece["hash"] if whole else piece["parent"],
            taken=0 if whole else piece["to"],
            head=answer["head"],
            supervisor=answer["supervisor"].lower(),
            token=answer["token"].lower(),
            at=self.desk.clock.now(),
        )
        self.desk.at_step("explorer.begun")
        with self.desk.store.unit() as u:
            if u.explorer.hold(self.chain) != before:
                return None
            keep(u, self.chain, found)
            u.explorer.move(cursor)
            self.desk.at_step("explorer.before_commit")
            u.commit()
        self.desk.at_step("explorer.written")
        return cursor

    def tell(self) -> str:
        """How far behind it is, for the worker's health."""
        if self.lag is None:
            return "not started"
        return f"{self.lag} blocks behind" + (", catching up" if self.lag > LATE else "")


def check_same_chain(cursor: Cursor, answer: Mapping[str, Any]) -> None:
    """Refuse to go on behind another chain.

    Raises:
        IntegrityFailure: ``explorer.other_chain`` with the block that differs.
    """
    same = answer["genesis"] == cursor.genesis
    if same and cursor.block >= 0:
        same = answer["anchor"] == cursor.block_hash
    if not same:
        raise IntegrityFailure(
            "explorer.other_chain", chain=cursor.chain, block=cursor.block, head=answer["head"]
        )


def keep(u: UnitOfWork, chain: str, found: Found) -> None:
    """Write what a piece says."""
    if found.block is not None:
        u.explorer.add([found.block])
    u.explorer.add(found.transactions)
    u.explorer.add(found.logs)
    u.explorer.add(found.movements)
    blocks = {each.block for each in found.transactions}
    u.explorer.see(chain, ((each, number) for each in found.seen for number in blocks))
    u.explorer.made(found.made)
    if found.tokens:
        _account(u, chain, found, min(blocks))


def _account(u: UnitOfWork, chain: str, found: Found, block: int) -> None:
    """Carry the logs into holdings and supplies, and note what is to be measured."""
    tokens = u.explorer.tokens(chain, found.tokens)
    logged = {each.token for each in found.movements}
    fresh = logged - tokens.keys()
    if fresh:
        tokens |= {each.address: each for each in _new_tokens(u, chain, fresh, block)}
    u.explorer.put(
        [_issued(each, found.issued.get(each.address, 0), block) for each in tokens.values()]
    )
    keys = {key for key in found.touched if key[0] in tokens}
    known = {(each.token, each.holder): each for each in u.explorer.holdings(chain, keys)}
    u.explorer.put(
        [
            _touched(
                known.get(key) or Holding(chain, *key, 0, tokens[key[0]].first_block - 1),
                found.moved.get(key, 0),
                block,
            )
            for key in sorted(keys)
        ]
    )


def _new_tokens(u: UnitOfWork, chain: str, fresh: Iterable[str], block: int) -> list[Token]:
    made = u.explorer.addresses(chain, list(fresh))
    return [new_token(chain, address, _born(made, address, block)) for address in fresh]


def _born(made: Mapping[str, Any], address: str, block: int) -> int:
    known = made.get(address)
    if known is None:
        return block
    return int(known.first_block if known.created_block is None else known.created_block)


def new_token(chain: str, address: str, born: int) -> Token:
    """A token whose supply was nothing before the block in which it came to be."""
    return Token(chain, address, "", "", 0, born, False, 0, born - 1, since=born)


def _issued(token: Token, amount: int, block: int) -> Token:
    since = block if token.since is None else token.since
    return replace(token, pending=str(int(token.pending) + amount), since=since)


def _touched(holding: Holding, change: int, block: int) -> Holding:
    since = block if holding.since is None else holding.since
    return replace(holding, pending=str(int(holding.pending) + change), since=since)


def explorer_loops(desk: Desk, chains: Sequence[ChainName] = CHAINS) -> list[Loop]:
    """The followers, and what verifies the national contracts, as loops of the worker."""
    followers = [Follower(desk, chain) for chain in chains]
    sources = NationalSources(desk)
    return [
        *(Loop(f"explorer.{each.chain}", each.turn, PAUSE, tells=each.tell) for each in followers),
        Loop("explorer.sources", sources.turn, 5.0, patience=300, tells=lambda: sources.told),
    ]
