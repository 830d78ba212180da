"""Verification of sources: who may ask, what is compared, what is kept.

Rules:

- The team that deployed a contract hands in its source; the national contracts are verified
  from our own when the index first knows them.
- One compilation at a time; a second asker is told to come again.
- What does not fit leaves nothing behind; what fits replaces an earlier source of the same
  contract, and an audit entry says who handed it in.

Steps:

1. Who asks, and the contract's creation, from the index.
2. Code and creation data from the chain.
3. Compile, compare, read the constructor's arguments.
4. Keep source and audit entry together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from sandbox.contracts.standard_input import (
    Compiled,
    compile_standard,
    national,
)
from sandbox.contracts.verification import arguments, compare
from sandbox.domain.ledger import KnownAddress, VerifiedSource
from sandbox.domain.seats import Actor
from sandbox.kit.errors import InvalidInput, NotAllowed, NotFound, SynakError, Unavailable
from sandbox.kit.ids import ChainName, checksum
from sandbox.services.compiling import alone
from sandbox.services.explorer import CHAINS, chain_of, may_verify, visible_sources
from sandbox.services.explorer_behind import national_contracts
from sandbox.services.ports import GatewayPort
from sandbox.services.publication import Desk
from sandbox.store import Store, UnitOfWork

_log = structlog.get_logger()


@dataclass(frozen=True)
class Verify:
    """What somebody hands in."""

    chain: str
    address: str
    input: str
    name: str
    compiler: str


@dataclass(frozen=True, slots=True)
class SourceView:
    """A verified source; who handed it in is not told.

    Attributes:
        chain: ``kgst`` or ``som``.
        address: the contract's.
        name: the contract's.
        file: in which source it is defined.
        compiler: the whole version.
        match: ``full``, or ``partial`` when only the metadata differs or is missing.
        arguments: the constructor's, ``0x`` hex; None when they could not be told apart.
        settings: what decided the code: optimizer, EVM version, libraries.
        abi: JSON ABI.
        sources: path to text.
        at: when it was verified.
    """

    chain: str
    address: str
    name: str
    file: str
    compiler: str
    match: str
    arguments: str | None
    settings: Mapping[str, Any]
    abi: Sequence[Mapping[str, Any]]
    sources: Mapping[str, str]
    at: datetime


def source_view(source: VerifiedSource) -> SourceView:
    """A source as everybody who may see it is shown it."""
    return SourceView(
        chain=source.chain,
        address=checksum(source.address),
        name=source.name,
        file=source.file,
        compiler=source.compiler,
        match=source.match,
        arguments=None if source.arguments is None else f"0x{source.arguments}",
        settings=source.settings,
        abi=source.abi,
        sources=source.sources,
        at=source.at,
    )


def open_source(u: UnitOfWork, actor: Actor, chain: str, address: str) -> SourceView:
    """The verified source of a contract, when this reader may see it.

    Raises:
        NotFound: ``explorer.no_source``: there is none, or it is not for this reader.
        InvalidInput: ``address.malformed``.
    """
    right = checksum(address)
    found = visible_sources(u, actor, chain_of(chain), [right.lower()]).get(right.lower())
    if found is None:
        raise NotFound("explorer.no_source", address=right)
    return source_view(found)


def verify(
    store: Store, actor: Actor, command: Verify, *, gateway: GatewayPort, at: datetime
) -> VerifiedSource:
    """Verify a source and keep it.

    Raises:
        NotFound: ``explorer.not_found``.
        NotAllowed: ``verify.not_yours``.
        InvalidInput: ``verify.…``, ``compile.…``: why it does not fit.
        Unavailable: ``verify.busy``, ``gateway.unreachable``.
    """
    chain, low = chain_of(command.chain), checksum(command.address).lower()
    with store.unit(read_only=True) as u:  # 1
        known = u.explorer.addresses(chain, [low]).get(low)
        allowed = may_verify(u, actor, chain, low)
    if known is None:
        raise NotFound("explorer.not_found", what=command.address[:66])
    if not allowed:
        raise NotAllowed("verify.not_yours")
    with alone():
        compiled = compile_standard(command.input, command.name, command.compiler)
    source = _fitting(compiled, known, gateway, account=actor.account, at=at)
    with store.unit() as u:  # 4
        u.explorer.put([source])
        u.audit.append(
            kind="permit.source_verified",
            actor=actor.account,
            subject=known.permit or "explorer",
            data={
                "chain": chain,
                "address": checksum(low),
                "contract": source.name,
                "match": source.match,
                "code_hash": known.code_hash or "",
            },
            at=at,
        )
        u.commit()
    return source


def verify_national(desk: Desk, chain: ChainName) -> int:
    """Verify the national contracts of a chain from our own sources, once.

    Returns:
        How many were verified.

    Raises:
        InvalidInput: ``verify.other_code``, ``verify.other_length``: the chain was deployed from
            other sources than these.
    """
    with desk.store.unit(read_only=True) as u:
        cursor = u.explorer.cursor(chain)
        if cursor is None:
            return 0
        wanted = national_contracts(u, cursor)
        known = u.explorer.addresses(chain, wanted)
        have = u.explorer.sources(chain, wanted)
    missing = {a: name for a, name in wanted.items() if a in known and a not in have}
    if not missing:
        return 0
    for address, name in missing.items():
        source = _fitting(
            national(name), known[address], desk.gateway, account=None, at=desk.clock.now()
        )
        with desk.store.unit() as u:
            u.explorer.put([source])
            u.commit()
        _log.info("explorer.national_verified", chain=chain, contract=name, match=source.match)
    return len(missing)


class NationalSources:
    """Verifies the national contracts as soon as they are known, as a loop of the worker.

    Where it cannot succeed (no compiler in this install, a chain that was deployed from other
    sources) it says so once and rests: their ABI comes from the build anyway.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._given_up: set[ChainName] = set()
        self.told = ""

    def turn(self) -> int:
        """Verify what is missing."""
        done = 0
        for chain in CHAINS:
            if chain in self._given_up:
                continue
            try:
                done += verify_national(self._desk, chain)
            except (InvalidInput, Unavailable) as error:
                if error.code.startswith(("gateway.", "store.", "verify.busy")):
                    raise
                self._given_up.add(chain)
                self.told = f"not verified: {chain}: {error.code}"
                _log.warning("explorer.national_not_verified", chain=chain, code=error.code)
        return done


def _fitting(
    compiled: Compiled,
    known: KnownAddress,
    gateway: GatewayPort,
    *,
    account: str | None,
    at: datetime,
) -> VerifiedSource:
    """Steps 2 and 3."""
    chain = chain_of(known.chain)
    code = bytes.fromhex(gateway.rpc(chain, "eth_getCode", [known.address, "latest"])[2:])
    if not code:
        raise InvalidInput("verify.no_code", address=checksum(known.address))
    match = compare(compiled, code)
    given = _creation(known, gateway)
    told = arguments(compiled, given) if given is not None else None
    return VerifiedSource(
        chain=chain,
        address=known.address,
        name=compiled.name,
        file=compiled.file,
        compiler=compiled.compiler,
        match=match.value,
        arguments=None if told is None else told.hex(),
        settings=compiled.settings,
        abi=tuple(compiled.abi),
        sources=compiled.sources,
        account=account,
        permit=known.permit,
        at=at,
    )


def _creation(known: KnownAddress, gateway: GatewayPort) -> bytes | None:
    """The data of the transaction that created a contract; None when a contract created it."""
    if known.created_by is None:
        return None
    try:
        sent = gateway.rpc(chain_of(known.chain), "eth_getTransactionByHash", [known.created_by])
    except SynakError:
        return None
    if not sent or sent.get("to"):
        return None
    return bytes.fromhex(str(sent["input"])[2:])
