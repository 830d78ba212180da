"""A team's own wallets join its permit by signing a challenge; their keys stay with the team.

How a wallet joins, in steps:

1. A person of the team asks for a challenge: one wallet, one chain, fifteen minutes
   (``sandbox.domain.team_wallets``). No key and no token of the trial can: a wallet outlives it.
2. The wallet signs the text (EIP-191) or the typed data (EIP-712); whoever holds the key may do
   that anywhere.
3. The signature is checked, the challenge is used up, and the worker registers the wallet with the
   chain's Supervisor as one of the permit's settlement wallets (``services.wallet_joining``).
4. Only then does the gateway take what it signs (``eth_sendRawTransaction``).

Contracts cannot join so: what ERC-1271 answers can change with the contract's next transaction, so
that nobody would know later who signed. A contract becomes a member when a member first pays it.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sandbox.domain.application import plain_text
from sandbox.domain.records import Permit
from sandbox.domain.seats import Actor, Channel, Right, require
from sandbox.domain.team_wallets import GOOD_FOR, TeamWallet, WalletState
from sandbox.kit.errors import Conflict, InvalidInput, NotAllowed
from sandbox.kit.ids import Address, ChainName, PermitNumber, checksum, permit_key
from sandbox.services.access import require_running, team_permit
from sandbox.services.acts import earlier, remember
from sandbox.services.calls import read
from sandbox.services.policies import push_after_commit, touch
from sandbox.services.ports import NationalChain, Ports
from sandbox.services.signing import national_of
from sandbox.services.views import ChallengeView, TeamWalletView
from sandbox.services.wallet_proof import challenge_of, how_signed
from sandbox.store import UnitOfWork

JOIN: Final = "wallet.join"
"""The outbox kind that registers a wallet with the Supervisor."""
LEAVE: Final = "wallet.leave"
"""The outbox kind that releases a wallet there."""
MOST_WALLETS: Final = 20
MOST_OPEN: Final = 20
"""Unanswered challenges of one permit at a time."""
_DELEGATED: Final = "0xef0100"
_NOBODY: Final = "0x" + "0" * 40


@dataclass(frozen=True)
class AskChallenge:
    """Ask for a challenge.

    Attributes:
        chain: where the wallet shall join.
        name: what it is for, for people.
        origin: scheme and host of the desk, as people see it.
    """

    permit: PermitNumber
    address: str
    chain: str
    name: str
    origin: str
    key: str | None = None


@dataclass(frozen=True)
class AnswerChallenge:
    """Answer one: ``signature`` is 65 bytes as ``0x`` hex, over the text or the typed data."""

    permit: PermitNumber
    challenge: str
    signature: str
    key: str | None = None


@dataclass(frozen=True)
class RemoveWallet:
    """Take a wallet out again, at once."""

    permit: PermitNumber
    wallet: str


def ask(
    u: UnitOfWork, actor: Actor, command: AskChallenge, *, at: datetime, ports: Ports
) -> ChallengeView:
    """Make a challenge for a wallet.

    Raises:
        InvalidInput: ``address.malformed``, ``wallet.chain``, ``wallet.unfit``, ``text.*``.
        NotAllowed: ``wallet.not_by_key``, ``permit.not_active``, ``seat.right_missing``,
            ``wallet.is_a_contract``.
        Conflict: ``wallet.taken``, ``wallet.too_many``, ``wallet.too_many_open``.
        Unavailable: gateway or chain out of reach.
    """
    permit, file = _team(u, actor, command.permit)
    require_running(file)
    chain = _chain(permit, command.chain)
    address = checksum(command.address)
    at = at.replace(microsecond=0)
    name = plain_text("name", command.name, limit=60, name=True) or address[:10]
    where = national_of(ports, permit.chains)[chain]
    before = earlier(u, actor, "wallet.ask", command.key)
    if before is not None:
        return challenge_of(_own(u, permit, before), where)
    _require_fit(u, permit, where, address, ports)
    u.wallets.forget_unanswered(permit.number, at)
    _require_room(u, permit)
    wallet = u.wallets.add(
        TeamWallet(
            id=uuid.uuid4().hex,
            permit=permit.number,
            chain=chain,
            address=address,
            name=name,
            origin=command.origin,
            nonce="0x" + secrets.token_hex(32),
            state=WalletState.ASKED,
            asked_by=actor.account,
            asked_at=at,
            expires_at=at + GOOD_FOR,
        )
    )
    remember(u, actor, "wallet.ask", command.key, wallet.id, at=at)
    return challenge_of(wallet, where)


def answer(
    u: UnitOfWork, actor: Actor, command: AnswerChallenge, *, at: datetime, ports: Ports
) -> TeamWalletView:
    """Check the answer, use the challenge up, let the worker register the wallet.

    Raises:
        InvalidInput: ``wallet.signature_malformed``.
        NotAllowed: ``wallet.signature_wrong`` (another key, another text, another permit, another
            chain), ``wallet.not_by_key``, ``permit.not_active``, ``wallet.is_a_contract``.
        NotFound: ``wallet.not_found``: no such challenge of this permit.
        Conflict: ``wallet.challenge_used``, ``wallet.challenge_expired``, ``wallet.taken``,
            ``wallet.too_many``.
        Unavailable: gateway or chain out of reach.
    """
    permit, file = _team(u, actor, command.permit)
    before = earlier(u, actor, "wallet.answer", command.key)
    wallet = _own(u, permit, command.challenge if before is None else before)
    if before is not None:
        return wallet_view(wallet)
    if wallet.state is not WalletState.ASKED:
        raise Conflict("wallet.challenge_used", wallet=wallet.address)
    if at >= wallet.expires_at:
        raise Conflict("wallet.challenge_expired", expired_at=wallet.expires_at.isoformat())
    require_running(file)
    where = national_of(ports, permit.chains)[wallet.chain]
    signed = how_signed(wallet, where, command.signature)
    _require_fit(u, permit, where, wallet.address, ports)
    _require_place(u, permit)
    joining = u.wallets.save(
        replace(
            wallet, state=WalletState.JOINING, signed=signed, signature=command.signature.lower()
        )
    )
    u.audit.append(
        kind="permit.wallet_joining",
        actor=actor.account,
        subject=permit.number,
        data={
            "wallet": wallet.address,
            "chain": wallet.chain,
            "nonce": wallet.nonce,
            "signed": signed,
            "signature": joining.signature or "",
        },
        at=at,
    )
    u.outbox.put(kind=JOIN, subject=wallet.address, payload={"wallet": wallet.id}, at=at)
    remember(u, actor, "wallet.answer", command.key, wallet.id, at=at)
    return wallet_view(joining)


def remove(
    u: UnitOfWork, actor: Actor, command: RemoveWallet, *, at: datetime, ports: Ports
) -> TeamWalletView:
    """Take a wallet out: the gateway refuses it before this is answered. Twice is once.

    Money that it holds stays where it is; the same wallet may join again to move it.

    Raises:
        NotAllowed: ``wallet.not_by_key``, ``seat.right_missing``.
        NotFound: ``wallet.not_found``.
    """
    permit, file = _team(u, actor, command.permit)
    wallet = _own(u, permit, command.wallet)
    if wallet.state in {WalletState.LEFT, WalletState.ASKED, WalletState.REFUSED}:
        return wallet_view(wallet)
    left = u.wallets.save(replace(wallet, state=WalletState.LEFT, left_at=at))
    u.audit.append(
        kind="permit.wallet_left",
        actor=actor.account,
        subject=permit.number,
        data={"wallet": wallet.address, "chain": wallet.chain},
        at=at,
    )
    u.outbox.put(kind=LEAVE, subject=wallet.address, payload={"wallet": wallet.id}, at=at)
    push_after_commit(u, touch(u, permit), file, ports)
    return wallet_view(left)


def list_wallets(
    u: UnitOfWork,
    actor: Actor,
    number: str,
    *,
    at: datetime,  # noqa: ARG001
) -> tuple[TeamWalletView, ...]:
    """The team's own wallets, without unanswered challenges; also for a permit key."""
    permit, _ = team_permit(u, actor, number)
    return tuple(
        wallet_view(each)
        for each in u.wallets.of_permit(permit.number)
        if each.state is not WalletState.ASKED
    )


def challenge_view(
    u: UnitOfWork,
    actor: Actor,
    number: str,
    challenge: str,
    *,
    at: datetime,  # noqa: ARG001
    ports: Ports,
) -> ChallengeView:
    """An open challenge again, for the page that asks for its signature.

    Raises:
        NotFound: ``wallet.not_found``.
    """
    permit, _ = _team(u, actor, PermitNumber(number))
    wallet = _own(u, permit, challenge)
    return challenge_of(wallet, national_of(ports, permit.chains)[wallet.chain])


def wallet_view(wallet: TeamWallet) -> TeamWalletView:
    """A wallet as its team sees it."""
    return TeamWalletView(
        id=wallet.id,
        address=wallet.address,
        chain=wallet.chain,
        name=wallet.name,
        state=wallet.state.value,
        asked_by=wallet.asked_by,
        asked_at=wallet.asked_at,
        joined_at=wallet.joined_at,
        left_at=wallet.left_at,
        refusal=wallet.refusal,
    )


def _team(u: UnitOfWork, actor: Actor, number: str) -> tuple[Permit, Any]:
    """The permit, held for writing, for a person of its team.

    A permit key may leak and be revoked; a wallet that it let in would stay.
    """
    require(actor, Right.MANAGE_KEYS)
    if actor.channel not in {Channel.BROWSER, Channel.SERVER}:
        raise NotAllowed("wallet.not_by_key")
    return team_permit(u, actor, number, lock=True)


def _own(u: UnitOfWork, permit: Permit, wallet_id: str) -> TeamWallet:
    """A wallet of this permit; another permit's challenge is simply not found."""
    found = u.wallets.find(wallet_id[:40], lock=True)
    if found is None or found.permit != permit.number:
        return u.wallets.get("")
    return found


def _chain(permit: Permit, text: str) -> ChainName:
    for chain in permit.chains:
        if chain == text:
            return chain
    raise InvalidInput("wallet.chain", chain=text[:16], offered=", ".join(permit.chains))


def _require_room(u: UnitOfWork, permit: Permit) -> None:
    if u.wallets.count(permit.number, WalletState.ASKED) >= MOST_OPEN:
        raise Conflict("wallet.too_many_open", most=MOST_OPEN)
    _require_place(u, permit)


def _require_place(u: UnitOfWork, permit: Permit) -> None:
    """Asked with the challenge and again with its answer: the permit is held for writing."""
    if u.wallets.count(permit.number, WalletState.JOINING, WalletState.REGISTERED) >= MOST_WALLETS:
        raise Conflict("wallet.too_many", most=MOST_WALLETS)


def _require_fit(
    u: UnitOfWork, permit: Permit, where: NationalChain, address: Address, ports: Ports
) -> None:
    """Refuse a contract, a wallet that the platform itself holds, and another's member."""
    if address == _NOBODY or address in {where.supervisor, *where.tokens.values()}:
        raise InvalidInput("wallet.unfit", wallet=address)
    code = str(ports.gateway.rpc(where.chain, "eth_getCode", [address, "latest"]))
    if code != "0x":
        delegated = code.startswith(_DELEGATED)
        raise NotAllowed("wallet.is_a_contract", wallet=address, delegated=delegated)
    member, kind, _ = read(ports.gateway, where.chain, where.supervisor, "memberOf", address)
    stayed = bytes(member) == permit_key(permit.number) and _was_ours(u, permit, where, address)
    held = u.wallets.held(where.chain, address) or u.wallets.kept_by_the_platform(address)
    if held or (kind and not stayed):
        raise Conflict("wallet.taken", wallet=address)


def _was_ours(u: UnitOfWork, permit: Permit, where: NationalChain, address: Address) -> bool:
    """Whether it left this permit while it still held money, so that the chain kept it."""
    return any(
        each.address == address and each.chain == where.chain and each.state is WalletState.LEFT
        for each in u.wallets.of_permit(permit.number)
    )
