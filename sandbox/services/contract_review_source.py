"""The source under review: compared with the code on chain, shown file by file.

Rules:

1. It is Solidity's standard JSON input with every source's text in it. It must compile, by the
   installed compiler, to the code of one of the contract's layers: another source is no source of
   it and is refused. Compiling and comparing are the explorer's (``sandbox.contracts``).
2. A source for a compiler that is not installed cannot be compared. It is taken, and whoever reads
   it is told so.
3. At most ``MAX_BYTES``: what one field of a form may hold.

Source: Solidity documentation, "Compiler Input and Output JSON Description".
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from sandbox.contracts.standard_input import Compiled, compile_standard
from sandbox.contracts.verification import compare
from sandbox.domain.review import Layers
from sandbox.kit.errors import InvalidInput
from sandbox.kit.ids import ChainName
from sandbox.services.compiling import alone
from sandbox.services.ports import GatewayPort

MAX_BYTES: Final = 200_000
NOT_COMPARED: Final = "not_compared"
_NO_COMPILER: Final = "verify.compiler_not_installed"


def compare_source(
    text: str, name: str, compiler: str, *, layers: Layers, gateway: GatewayPort, chain: ChainName
) -> dict[str, Any]:
    """Compare a source with what a contract is made of. Takes seconds.

    Args:
        text: the standard JSON input.
        name: of the contract in it.
        compiler: its version.
        layers: the source must be of one of these, the innermost first.
        gateway: knows the code on chain.
        chain: where.

    Returns:
        ``{matches, contract, compiler, layer}``; ``matches`` is ``full``, ``partial`` or
        ``not_compared``.

    Raises:
        InvalidInput: ``review.source_too_long``, ``review.source_malformed``, ``verify.…``,
            ``compile.…``: why it does not fit.
        Unavailable: ``verify.busy``, gateway or chain out of reach.
    """
    if len(text.encode()) > MAX_BYTES:
        raise InvalidInput("review.source_too_long", most=MAX_BYTES)
    files_of(text)
    said = {"contract": name[:200], "compiler": compiler[:40]}
    try:
        with alone():
            compiled = compile_standard(text, name, compiler)
    except InvalidInput as error:
        if error.code != _NO_COMPILER:
            raise
        return {**said, "matches": NOT_COMPARED, "layer": None}
    layer, match = _fitting(compiled, [each.account for each in layers[::-1]], gateway, chain)
    return {**said, "compiler": compiled.compiler, "matches": match, "layer": layer}


def _fitting(
    compiled: Compiled, accounts: Sequence[str], gateway: GatewayPort, chain: ChainName
) -> tuple[str, str]:
    first: InvalidInput | None = None
    for account in accounts:
        code = bytes.fromhex(str(gateway.rpc(chain, "eth_getCode", [account, "latest"]))[2:])
        try:
            return account, compare(compiled, code).value
        except InvalidInput as error:
            first = first or error
    raise first or InvalidInput("review.source_malformed")


def files_of(text: str) -> dict[str, str]:
    """The sources of an input by their names, in order.

    Raises:
        InvalidInput: ``review.source_malformed``.
    """
    try:
        sources = json.loads(text)["sources"]
        found = {str(name): source["content"] for name, source in sources.items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InvalidInput("review.source_malformed") from error
    if not found or not all(isinstance(each, str) for each in found.values()):
        raise InvalidInput("review.source_malformed")
    return found
