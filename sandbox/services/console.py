"""The regulator's live page: limits and use, refusals, newest movements of one permit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from eth_abi.abi import decode

from sandbox.domain.records import Permit, PermitFile
from sandbox.domain.seats import Actor
from sandbox.domain.words import MemberKind
from sandbox.kit.errors import SynakError
from sandbox.kit.ids import ChainName, checksum, permit_key
from sandbox.services.access import readable_permit
from sandbox.services.calls import event_topic
from sandbox.services.desk_limits import desk_lines
from sandbox.services.permits import view_of
from sandbox.services.ports import NationalChain, Ports
from sandbox.services.refusals import newest_refusals
from sandbox.services.usage import usage_of
from sandbox.services.views import ConsoleView, TransactionView
from sandbox.services.workspaces import left_of
from sandbox.store import UnitOfWork

LOOKS_BACK: Final = (40, 400, 2_000)
"""How many blocks a page looks back for movements: at first, and when too few were found."""
NEWEST: Final = 50


def console(u: UnitOfWork, actor: Actor, number: str, *, at: datetime, ports: Ports) -> ConsoleView:
    """Everything the live page shows.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit, file = readable_permit(u, actor, number)
    return console_of(u, permit, file, at=at, ports=ports)


def console_of(
    u: UnitOfWork, permit: Permit, file: PermitFile, *, at: datetime, ports: Ports
) -> ConsoleView:
    """The same for records that were read already: alike for everybody who may see the permit."""
    people = u.customers.registered(permit.number)
    desk = desk_lines(u, [permit], at=at).get(permit.number, ())
    left = left_of(u, [permit]).get(permit.number, ())
    return ConsoleView(
        permit=view_of(u, permit, file),
        usage=usage_of(permit, file, at=at, ports=ports, desk=desk, left=left),
        refusals=newest_refusals(u, permit.number, NEWEST),
        transactions=movements(u, permit, limit=NEWEST, ports=ports),
        customers=people.get(MemberKind.CUSTOMER, 0),
        merchants=people.get(MemberKind.MERCHANT, 0),
    )


def transactions(
    u: UnitOfWork,
    actor: Actor,
    number: str,
    *,
    limit: int = 50,
    at: datetime,  # noqa: ARG001
    ports: Ports,
) -> tuple[TransactionView, ...]:
    """A permit's newest movements, newest first.

    Raises:
        NotFound: ``permit.not_found``.
    """
    permit, _ = readable_permit(u, actor, number)
    return movements(u, permit, limit=limit, ports=ports)


def movements(
    u: UnitOfWork, permit: Permit, *, limit: int, ports: Ports
) -> tuple[TransactionView, ...]:
    """The Supervisor's newest ``Moved`` events of a permit; none when the chain is out of reach.

    As many are decoded, and as many people looked up, as are shown, however busy the permit is.
    """
    found: list[TransactionView] = []
    try:
        national = ports.gateway.national()
        for chain in permit.chains:
            found += _of_chain(permit, national[chain], limit, ports)
    except (SynakError, KeyError, ValueError):
        return ()
    found.sort(key=lambda each: (each.at is not None, each.at, each.block), reverse=True)
    newest = found[:limit]
    wallets = {
        hashed.lower(): checksum(wallet)
        for hashed, wallet in u.customers.wallets_of(
            permit.number, {side for each in newest for side in (each.from_person, each.to_person)}
        ).items()
    }
    return tuple(
        replace(
            each,
            from_wallet=wallets.get(each.from_person),
            to_wallet=wallets.get(each.to_person),
        )
        for each in newest
    )


def _of_chain(
    permit: Permit, where: NationalChain, limit: int, ports: Ports
) -> list[TransactionView]:
    """The newest events: of few blocks, of more only when those hold too few."""
    latest = int(ports.gateway.rpc(where.chain, "eth_blockNumber", []), 16)
    logs: list[Mapping[str, Any]] = []
    for back in LOOKS_BACK:
        logs = ports.gateway.rpc(
            where.chain,
            "eth_getLogs",
            [
                {
                    "address": where.supervisor,
                    "fromBlock": hex(max(0, latest - back)),
                    "toBlock": "latest",
                    "topics": [
                        event_topic("Supervisor", "Moved"),
                        "0x" + permit_key(permit.number).hex(),
                    ],
                }
            ],
        )
        if len(logs) >= limit or back >= latest:
            break
    names = {address.lower(): asset for asset, address in where.tokens.items()}
    return [_transaction(where.chain, log, names) for log in logs[-limit:]]


def _transaction(
    chain: ChainName,
    log: Mapping[str, Any],
    names: Mapping[str, str],
) -> TransactionView:
    payer, payee, amount, counted = decode(
        ("bytes32", "bytes32", "uint256", "uint256"), bytes.fromhex(log["data"][2:])
    )
    token = checksum("0x" + log["topics"][2][-40:])
    stamp = log.get("blockTimestamp")
    return TransactionView(
        chain=chain,
        block=int(log["blockNumber"], 16),
        at=datetime.fromtimestamp(int(stamp, 16), UTC) if stamp else None,
        tx_hash=log["transactionHash"],
        asset=names.get(token.lower(), "?"),
        from_person="0x" + payer.hex(),
        to_person="0x" + payee.hex(),
        from_wallet=None,
        to_wallet=None,
        amount=str(amount),
        counted=str(counted),
    )
