"""The explorer for readers: the pseudonymous ledger for everybody who is signed in.

Rules:

- What is found, its order and its pages are the same for every reader; only names beside
  addresses differ (``explorer_behind``).
- A search knows block numbers, hashes and addresses, nothing that is private.
- Names of calls and events come from sources that this reader may see.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final, get_args

from sandbox.domain.ledger import (
    ZERO,
    Cursor,
    Log,
    Movement,
    Transaction,
    VerifiedSource,
)
from sandbox.domain.seats import Actor, Right, require
from sandbox.kit.digits import is_digits
from sandbox.kit.errors import InvalidInput, NotFound, SynakError
from sandbox.kit.ids import ChainName, checksum
from sandbox.services import explorer_views as views
from sandbox.services.explorer_behind import (
    behind,
    national_contracts,
    public_names,
    visible_permits,
)
from sandbox.services.explorer_decode import (
    Abi,
    Decoded,
    decode_call,
    decode_log,
    decode_revert,
    method_name,
    national_abi,
)
from sandbox.services.ports import GatewayPort
from sandbox.store import UnitOfWork

PAGE: Final = 25
BLOCKS: Final = 10
EXPORTED: Final = 5_000
"""Movements in one CSV file."""
MOST_HOLDINGS: Final = 100
LONGEST_INPUT: Final = 131_072
"""Bytes of call data that are fetched from the chain when the index has cut them."""
CHAINS: Final[tuple[ChainName, ...]] = get_args(ChainName)
SYMBOLS: Final[dict[str, str]] = {"kgst": "KGST", "som": "SOM"}
_HASH: Final = re.compile(r"0x[0-9a-f]{64}")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


def chain_of(name: str) -> ChainName:
    """A chain's name from an address of a page.

    Raises:
        NotFound: ``explorer.not_found``.
    """
    for chain in CHAINS:
        if chain == name:
            return chain
    raise NotFound("explorer.not_found", what=name[:66])


def cursors(u: UnitOfWork) -> dict[str, Cursor]:
    """The chains that are indexed."""
    return {each.chain: each for each in u.explorer.cursors()}


def overview(
    u: UnitOfWork,
    actor: Actor,
    chain: str,
    *,
    gateway: GatewayPort,
    before: str | None = None,
) -> views.Overview:
    """A chain's newest blocks and transactions.

    Raises:
        NotFound: ``explorer.not_found`` until the first block is indexed.
        InvalidInput: ``explorer.bad_place``.
    """
    cursor = _cursor(u, chain)
    found = u.explorer.transactions(chain, _place(before), PAGE + 1)
    return views.Overview(
        cursor=cursor,
        head=_head(gateway, chain),
        blocks=u.explorer.blocks(chain, None, BLOCKS),
        lines=_lines(u, actor, cursor, found[:PAGE]),
        names=_names(u, actor, cursor, _sides(found[:PAGE])),
        more=_more(found),
    )


def block_page(
    u: UnitOfWork, actor: Actor, chain: str, number: int, *, after: int = -1
) -> views.BlockPage:
    """A block and its transactions after a place.

    Raises:
        NotFound: ``explorer.not_found``.
    """
    cursor = _cursor(u, chain)
    block = u.explorer.block(chain, number) if number < 2**62 else None
    if block is None:
        raise NotFound("explorer.not_found", what=str(number)[:20])
    found = u.explorer.transactions_of_block(chain, number, after, PAGE + 1)
    differences = u.explorer.movements_of_block(chain, number, None, PAGE)
    shown = found[:PAGE]
    return views.BlockPage(
        cursor=cursor,
        block=block,
        lines=_lines(u, actor, cursor, shown),
        differences=differences,
        names=_names(u, actor, cursor, {*_sides(shown), *_parties(differences)}),
        more=str(shown[-1].place) if len(found) > PAGE else None,
    )


def transaction_page(
    u: UnitOfWork, actor: Actor, chain: str, digest: str, *, gateway: GatewayPort
) -> views.TransactionPage:
    """One transaction, decoded as far as forms are known.

    Raises:
        NotFound: ``explorer.not_found``.
    """
    sent = u.explorer.transaction(digest.lower()) if _HASH.fullmatch(digest.lower()) else None
    if sent is None or sent.chain != chain:
        raise NotFound("explorer.not_found", what=digest[:66])
    cursor = _cursor(u, chain)
    logs = u.explorer.logs(chain, sent.block, sent.place)
    movements = u.explorer.movements_of_block(chain, sent.block, sent.place, 200)
    forms = _abis(u, actor, cursor, {*(each.address for each in logs), *_some(sent.to)})
    data = _whole_input(sent, gateway)
    whole = len(data) == 2 + 2 * sent.input_bytes
    called = forms.get(sent.to or "")
    events = tuple(views.EventLine(each, _event(forms.get(each.address), each)) for each in logs)
    call = decode_call(called, data, whole=whole) if sent.to else None
    mentioned = {
        argument.address
        for found in [call, *(each.decoded for each in events)]
        for argument in (found.arguments if found else ())
        if argument.address
    }
    tokens = {*(each.address for each in logs), *_some(sent.to)}
    differences = tuple(
        each
        for each in u.explorer.movements_of_block(chain, sent.block, None, 200)
        if each.token in tokens
    )
    operations = {side for _, a, b, _ in sent.operations or () for side in (a, b)}
    sides = {*_sides([sent]), *_parties((*movements, *differences)), *mentioned, *operations}
    return views.TransactionPage(
        cursor=cursor,
        line=_lines(u, actor, cursor, [sent])[0],
        call=call,
        input=data,
        whole=whole,
        revert=decode_revert(
            called, sent.output, national=sent.to in national_contracts(u, cursor)
        ),
        events=events,
        movements=movements,
        differences=differences,
        names=_names(u, actor, cursor, {*sides, *tokens}),
    )


def address_page(  # noqa: PLR0913
    u: UnitOfWork,
    actor: Actor,
    chain: str,
    address: str,
    *,
    gateway: GatewayPort,
    movements_before: str | None = None,
    lines_before: str | None = None,
) -> views.AddressPage:
    """One address: what it holds, what it moved, what it sent.

    Raises:
        NotFound: ``explorer.not_found``: it was never seen on this chain.
        InvalidInput: ``address.malformed``, ``explorer.bad_place``.
    """
    low = checksum(address).lower()
    cursor = _cursor(u, chain)
    known = u.explorer.addresses(chain, [low]).get(low)
    if known is None:
        raise NotFound("explorer.not_found", what=address[:66])
    before = None if movements_before is None else _number(movements_before)
    token = u.explorer.tokens(chain, [low]).get(low)
    listed = u.explorer.movements_of_token if token else u.explorer.movements_of
    moved = listed(chain, low, before, PAGE + 1)
    sent = u.explorer.transactions_of(chain, low, _place(lines_before), PAGE + 1)
    holdings = [
        each
        for each in u.explorer.holdings_of(chain, low, MOST_HOLDINGS)
        if each.balance or each.since is not None
    ]
    sides = {low, *_sides(sent), *_parties(moved), *(each.token for each in holdings)}
    names = _names(u, actor, cursor, {*sides, *_some(known.creator)})
    return views.AddressPage(
        cursor=cursor,
        known=known,
        native=_native(gateway, chain, low),
        token=token,
        holdings=tuple(holdings),
        movements=moved[:PAGE],
        lines=_lines(u, actor, cursor, sent[:PAGE]),
        names=names,
        source=visible_sources(u, actor, chain, [low]).get(low),
        may_verify=may_verify(u, actor, chain, low),
        more_movements=str(moved[PAGE - 1].id) if len(moved) > PAGE else None,
        more_lines=_more(sent),
    )


def export(u: UnitOfWork, chain: str, address: str) -> tuple[tuple[Movement, ...], views.Names]:
    """The movements that an address's page lists, newest first, for a file."""
    low = checksum(address).lower()
    token = low in u.explorer.tokens(chain, [low])
    listed = u.explorer.movements_of_token if token else u.explorer.movements_of
    found = listed(chain, low, None, EXPORTED)
    tokens = u.explorer.tokens(chain, {each.token for each in found})
    return found, views.Names({}, frozenset(), {}, tokens)


def search(u: UnitOfWork, chain: str, text: str) -> str:
    """Where what somebody typed leads to, as the end of a page's address.

    Args:
        u: a reading unit of work.
        chain: the chain that a number, or an address seen on both, is meant on.
        text: a block's number, a hash, or an address.

    Raises:
        InvalidInput: ``explorer.not_a_search``, ``address.malformed``.
        NotFound: ``explorer.not_found``.
    """
    typed = text.strip()
    compact = re.sub(r"[\s.,\u00a0\u202f]", "", typed)
    if is_digits(compact) and len(compact) <= 15:
        if u.explorer.block(chain, int(compact)) is not None:
            return f"{chain}/blocks/{int(compact)}"
    elif _HASH.fullmatch(typed.lower()):
        sent = u.explorer.transaction(typed.lower())
        if sent is not None:
            return f"{sent.chain}/transactions/{sent.hash}"
        block = u.explorer.block_by_hash(typed.lower())
        if block is not None:
            return f"{block.chain}/blocks/{block.number}"
    elif _ADDRESS.fullmatch(typed):
        right = checksum(typed)
        where = [each.chain for each in u.explorer.seen_on(right.lower())]
        if where:
            return f"{chain if chain in where else where[0]}/addresses/{right}"
    else:
        raise InvalidInput("explorer.not_a_search", what=typed[:66])
    raise NotFound("explorer.not_found", what=typed[:66])


def visible_sources(
    u: UnitOfWork, actor: Actor, chain: str, addresses: Collection[str]
) -> dict[str, VerifiedSource]:
    """Verified sources that this reader may see.

    All are public but those of a permit under contract review: they are for the permit's own
    team here, and for its named reviewers on the page of the review, where each view is logged.
    """
    return {
        address: source
        for address, source in u.explorer.sources(chain, addresses).items()
        if _is_open(u, actor, source)
    }


def _is_open(u: UnitOfWork, actor: Actor, source: VerifiedSource) -> bool:
    permit = u.permits.find(source.permit) if source.permit else None
    if permit is None or not permit.terms.contract_review:
        return True
    visible = visible_permits(u, actor, [permit.number])
    return permit.number in visible and permit.org == actor.org


def may_verify(u: UnitOfWork, actor: Actor, chain: str, address: str) -> bool:
    """Whether this reader is of the team that deployed a contract."""
    known = u.explorer.addresses(chain, [address]).get(address)
    if known is None or not known.contract or known.permit is None:
        return False
    try:
        require(actor, Right.RUN_TRIAL)
    except SynakError:
        return False
    permit = visible_permits(u, actor, [known.permit]).get(known.permit)
    return permit is not None and permit.org == actor.org


# ---------- parts ----------
def _cursor(u: UnitOfWork, chain: str) -> Cursor:
    cursor = u.explorer.cursor(chain_of(chain))
    if cursor is None:
        raise NotFound("explorer.not_found", what=chain)
    return cursor


def _lines(
    u: UnitOfWork, actor: Actor, cursor: Cursor, sent: Sequence[Transaction]
) -> tuple[views.Line, ...]:
    forms = _abis(u, actor, cursor, {each.to for each in sent if each.to and each.input_bytes})
    permits = visible_permits(u, actor, {each.permit for each in sent})
    found = []
    for each in sent:
        named = method_name(forms.get(each.to or ""), each.input) if each.to else None
        found.append(
            views.Line(
                sent=each,
                method=named[0] if named else None,
                guessed=bool(named and named[1]),
                permit=each.permit if each.permit in permits else None,
            )
        )
    return tuple(found)


def _abis(
    u: UnitOfWork, actor: Actor, cursor: Cursor, addresses: Collection[str]
) -> dict[str, Abi]:
    """The ABIs of contracts, as far as they are known to this reader."""
    sources = visible_sources(u, actor, cursor.chain, addresses)
    found: dict[str, Abi] = {address: source.abi for address, source in sources.items()}
    return found | {
        address: national_abi(name) for address, name in national_contracts(u, cursor).items()
    }


def known_abi(u: UnitOfWork, actor: Actor, chain: str, address: str) -> Abi | None:
    """The interface of one contract, as far as it is known to this reader.

    Raises:
        NotFound: ``explorer.not_found``: nothing of the chain is indexed.
    """
    return _abis(u, actor, _cursor(u, chain), [address]).get(address)


def _event(abi: Abi | None, log: Log) -> Decoded | None:
    """An event in words; a log whose data was cut is not decoded."""
    if len(log.data) != 2 + 2 * log.data_bytes:
        return None
    return decode_log(abi, log.topics, log.data)


def _names(u: UnitOfWork, actor: Actor, cursor: Cursor, addresses: Collection[str]) -> views.Names:
    wanted = {each for each in addresses if each and each != ZERO}
    known = u.explorer.addresses(cursor.chain, wanted)
    sources = visible_sources(u, actor, cursor.chain, wanted)
    public = {address: source.name for address, source in sources.items()}
    public |= public_names(u, cursor, SYMBOLS[cursor.chain])
    return views.Names(
        public=public,
        contracts=frozenset(each.address for each in known.values() if each.contract),
        behind=behind(u, actor, known.values(), wanted),
        tokens=u.explorer.tokens(cursor.chain, wanted),
    )


def _sides(sent: Iterable[Transaction]) -> set[str]:
    return {side for each in sent for side in (each.sender, each.to, each.created) if side}


def _parties(moved: Iterable[Movement]) -> set[str]:
    return {side for each in moved for side in (each.payer, each.payee, each.token) if side}


def _some(*values: str | None) -> list[str]:
    return [each for each in values if each]


def _whole_input(sent: Transaction, gateway: GatewayPort) -> str:
    """The whole call data; from the chain when the index has cut it."""
    if len(sent.input) == 2 + 2 * sent.input_bytes or sent.input_bytes > LONGEST_INPUT:
        return sent.input
    with contextlib.suppress(SynakError, KeyError, TypeError):
        answer = gateway.rpc(chain_of(sent.chain), "eth_getTransactionByHash", [sent.hash])
        return str(answer["input"])
    return sent.input


def _head(gateway: GatewayPort, chain: str) -> int | None:
    with contextlib.suppress(SynakError, ValueError, TypeError):
        return int(gateway.rpc(chain_of(chain), "eth_blockNumber", []), 16)
    return None


def _native(gateway: GatewayPort, chain: str, address: str) -> int | None:
    with contextlib.suppress(SynakError, ValueError, TypeError):
        return int(gateway.rpc(chain_of(chain), "eth_getBalance", [address, "latest"]), 16)
    return None


def _more(found: Sequence[Transaction]) -> str | None:
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1]
    return f"{last.block}-{last.place}"


def _place(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    block, _, place = text.partition("-")
    return _number(block), _number(place)


def _number(text: str) -> int:
    if not is_digits(text) or len(text) > 18:
        raise InvalidInput("explorer.bad_place")
    return int(text)
