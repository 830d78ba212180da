"""What is left of a test, read of the chains at blocks that have a number and a hash.

Rules: people's wallets one by one, the rest from the Supervisor's own count, all of one block of a
chain; every asset that any version named; nothing of it is kept or guessed here.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from eth_abi.abi import decode

from sandbox.domain.records import Customer, Permit
from sandbox.domain.settlement import Block, Held, Statement
from sandbox.domain.terms import CHAIN_OF
from sandbox.domain.words import CustomerState, DecisionStatus
from sandbox.kit.errors import Unavailable
from sandbox.kit.ids import AssetCode, ChainName, PersonId, permit_key
from sandbox.services.calls import call_data
from sandbox.services.customer_home import CONTRACT
from sandbox.services.ports import GatewayPort, NationalChain
from sandbox.store import UnitOfWork

AT_ONCE: Final = 400
"""Questions of one request: ``internal_blocks.MOST_ASKED``."""
NEVER_A_MEMBER: Final = frozenset({CustomerState.INVITED, CustomerState.CONSENTED})
"""States in which a wallet cannot have come to hold anything: tokens refuse who is no member."""
Ask = tuple[str, str, str]


def assets_of(u: UnitOfWork, permit: Permit) -> tuple[AssetCode, ...]:
    """Every asset that any version of a permit ever named: it may still be held."""
    named: dict[AssetCode, None] = dict.fromkeys(each.asset for each in permit.terms.assets)
    for decision in u.decisions.of_file(permit.file):
        if decision.terms and decision.status in {DecisionStatus.IN_FORCE, DecisionStatus.LAPSED}:
            named |= dict.fromkeys(each.asset for each in decision.terms.assets)
    return tuple(named)


def people_of(u: UnitOfWork, permit: Permit) -> tuple[Customer, ...]:
    """Everybody of a permit whose wallet may hold something, in the order of invitation."""
    return tuple(
        each for each in u.customers.of_permit(permit.number) if each.state not in NEVER_A_MEMBER
    )


def statement_of(u: UnitOfWork, permit: Permit, gateway: GatewayPort) -> Statement:
    """What is left of a test now.

    Args:
        u: a reading unit of work.
        permit: which one.
        gateway: the way to the chains.

    Raises:
        Unavailable: gateway or chain out of reach, ``settlement.chain_silent``: nothing is known.
    """
    return _statement(u, permit, gateway, people_of(u, permit))


def holders_among(
    u: UnitOfWork, permit: Permit, gateway: GatewayPort, people: Collection[Customer]
) -> frozenset[PersonId]:
    """Who of some people of a permit still holds money; asks nobody where nobody can.

    Raises:
        Unavailable: as ``statement_of``.
    """
    asked = tuple(each for each in people if each.state not in NEVER_A_MEMBER)
    if not asked:
        return frozenset()
    return frozenset(each.customer for each in _statement(u, permit, gateway, asked).held)


def _statement(
    u: UnitOfWork, permit: Permit, gateway: GatewayPort, people: tuple[Customer, ...]
) -> Statement:
    national, assets = gateway.national(), assets_of(u, permit)
    blocks, outstanding, held = [], {}, []
    for chain in dict.fromkeys(CHAIN_OF[each] for each in assets):
        if chain not in national:
            raise Unavailable("chain.unknown", chain=chain)
        block, where = newest_block(gateway, chain), national[chain]
        blocks.append(block)
        for asset in (each for each in assets if CHAIN_OF[each] == chain):
            sums = _measured(gateway, block, _asks(where, permit, asset, people))
            outstanding[asset] = sums[0]
            held += [
                Held(each.id, each.wallet, each.kind.value, each.place, chain, asset, amount)
                for each, amount in zip(people, sums[1:], strict=True)
                if amount
            ]
    return Statement(tuple(blocks), outstanding, tuple(held), len(people))


def newest_block(gateway: GatewayPort, chain: ChainName) -> Block:
    """A chain's newest block.

    Raises:
        Unavailable: gateway or chain out of reach.
    """
    head = gateway.rpc(chain, "eth_getBlockByNumber", ["latest", False])
    return Block(chain, int(head["number"], 16), str(head["hash"]))


def _asks(
    where: NationalChain, permit: Permit, asset: AssetCode, people: tuple[Customer, ...]
) -> list[Ask]:
    """First the Supervisor's count, then each wallet."""
    token = where.tokens[asset]
    usage = call_data("Supervisor", "usage", permit_key(permit.number), token)
    return [
        ("call", where.supervisor, usage),
        *(("call", token, call_data(CONTRACT[asset], "balanceOf", each.wallet)) for each in people),
    ]


def _measured(gateway: GatewayPort, block: Block, asks: list[Ask]) -> list[int]:
    found: list[int] = []
    for start in range(0, len(asks), AT_ONCE):
        part = asks[start : start + AT_ONCE]
        for answer in gateway.measure(block.chain, block.number, part):
            if answer is None:
                raise Unavailable("settlement.chain_silent", chain=block.chain)
            found.append(_sum(answer, first=not found))
    return found


def _sum(answer: str, *, first: bool) -> int:
    content = bytes.fromhex(answer[2:])
    if first:
        return int(decode(("uint256", "uint256", "uint32", "uint32"), content)[1])
    return int(decode(("uint256",), content)[0])
